"""Claims against other priors, on the page: the numbers of the tables, and when there are none."""

from collections.abc import Mapping
from dataclasses import replace

from matplotlib.figure import Figure

from adbayes.report.claims import CURVES, MULTIVERSE, VERDICTS, claims_figures, claims_section
from adbayes.results.run import Run


def row(body: str, name: str) -> str:
    return body.split(f">{name}</td>")[1].split("</tr>")[0]


def test_each_claim_has_its_tipping_prior_and_how_often_it_stands(
    run: Run, figures: Mapping[str, Figure]
) -> None:
    body = claims_section(run, figures).body
    tips = run.more[CURVES].drop_duplicates("published_id").set_index("published_id")["tipping"]
    told = row(body, "LDH ≥ 250, baseline")
    assert f">{tips['table5.ldh_baseline.or']:.2g}</td>" in told
    cells = run.more[MULTIVERSE]
    cells = cells[(cells["claim"] == "table5.ldh_baseline.or") & cells["median"].notna()]
    stands = cells["stands"].astype(str)
    assert f">{(stands == 'True').sum()} of {len(cells)}</td>" in told
    said = run.more[VERDICTS]
    mine = said[said["published_id"] == "table5.ldh_baseline.or"].set_index("method")
    assert mine.loc["reverse_bayes", "diagnosis"] in told
    p = float(mine.loc["conflict", "setting"].split("box_p=")[1].split(";")[0])
    assert f">{p:.2f}</td>" in told
    share = row(body, "EASI-90, week 52")
    assert share.count(">–</td>") == 3


def test_figures_are_drawn_and_shown(run: Run, figures: Mapping[str, Figure]) -> None:
    body = claims_section(run, figures).body
    for name in ("tipping", "tornado-odds_ratio", "multiverse-table5.ldh_baseline.or"):
        assert name in figures
        assert f'id="figure-{name}"' in body


def test_a_run_without_print_has_none(run: Run) -> None:
    alone = replace(run, more={})
    assert claims_section(alone, {}).body == ""
    assert claims_figures(alone) == {}
