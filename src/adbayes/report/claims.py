"""What other beliefs would have made of the paper's claims: from print alone, in every run."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from adbayes.checks.claims import claims
from adbayes.checks.multiverse import moves
from adbayes.plots.multiverse import multiverse
from adbayes.plots.tipping import tipping
from adbayes.report.markup import Section, figure, heading, paragraph, table
from adbayes.report.numbers import ABSENT, interval, number, ratio_interval
from adbayes.report.sensitivity import FROM_PRINT, claim_name, claim_quantity, tornados
from adbayes.results.run import Run

TITLE = "What other priors and choices would have made of the claims"
MULTIVERSE, CURVES, VERDICTS = "multiverse.csv", "tipping.csv", "claims.csv"
"""Files of a run that hold the tables of this section."""

_TORNADOS = ("tornado-odds_ratio", "tornado-mean_change")
"""Kinds of claims that the page draws: the two responses are in the table."""

_SHOWN = ("table5.ldh_baseline.or", "fig1.easi90.w52.pct")
"""Claims whose combinations are drawn on the page: the abstract's baseline predictor, and the response."""


def claims_section(run: Run, figures: Mapping[str, Figure]) -> Section:
    """The section of claims against other priors, likelihoods and denominators.

    Parameters
    ----------
    run : Run
        What was found.
    figures : mapping of str to Figure
        From `draw_figures`.

    Returns
    -------
    Section
        Empty where the run did not look at the print.
    """
    if MULTIVERSE not in run.more:
        return Section("claims", TITLE, "")
    universe = run.more[MULTIVERSE]
    cells = universe[universe["median"].notna()]
    body = paragraph(
        f"{cells['claim'].nunique()} claims of the paper, each under every combination of prior set, "
        f"likelihood and denominator that the print allows: {len(cells)} posteriors, none sampled. A claim "
        "stands where its 95 % interval excludes no effect. The tipping SD is that of a prior centred at "
        "no effect, below which the interval includes it: a reader who believes in effects that small "
        "is not convinced. Box's p is the probability, under the prior, of a print as far from its centre as "
        "this one or further (Box 1980, doi:10.2307/2982063): below 0.05, prior and print disagree."
    )
    if "tipping" in figures:
        body += figure(
            "tipping", figures["tipping"], "Every odds ratio against the width of its prior."
        )
    body += table(
        _rows(cells, run.more[CURVES], run.more.get(VERDICTS)),
        "Claims, the prior that takes them away, and the choice that moves them most",
        id="claims-table",
        left=1,
        groups="Kind",
    )
    body += heading("Every combination of choices", "claims-multiverse")
    for name in _TORNADOS:
        if name in figures:
            kind = "odds ratios" if name.endswith("ratio") else "mean changes"
            body += figure(
                name, figures[name], f"How far one choice alone moves each claim: {kind}."
            )
    for id in _SHOWN:
        name = f"multiverse-{id}"
        if name in figures:
            body += figure(name, figures[name], f"Every combination of choices: {_names()[id]}.")
    body += paragraph(
        f"All combinations are in {MULTIVERSE}, posteriors along prior SDs in {CURVES}. The command "
        "adbayes sensitivity published draws a picture of every claim; adbayes sensitivity MODEL refits "
        "patients under 21 priors a term.",
        "small",
    )
    return Section("claims", TITLE, body)


def claims_figures(run: Run) -> dict[str, Figure]:
    """Draw claims against other priors and choices.

    Parameters
    ----------
    run : Run
        What was found.

    Returns
    -------
    dict of str to Figure
        Empty where the run did not look at the print.
    """
    if MULTIVERSE not in run.more:
        return {}
    names, universe, curves = _names(), run.more[MULTIVERSE], run.more[CURVES]
    by_id = {claim.id: claim for claim in claims()}
    odds = curves[curves["published_id"].map(lambda id: by_id[id].estimand == "odds_ratio")]
    figures = {
        "tipping": tipping(odds.assign(panel=odds["published_id"].map(names)), label=FROM_PRINT)
    }
    drawn = tornados(universe, FROM_PRINT)
    figures |= {name: drawn[name] for name in _TORNADOS if name in drawn}
    for id in _SHOWN:
        cells = universe[(universe["claim"] == id) & universe["median"].notna()]
        if cells.empty:
            continue
        figures[f"multiverse-{id}"] = multiverse(
            cells,
            label=FROM_PRINT,
            title=f"{names[id]}: every combination of choices",
            quantity=claim_quantity(by_id[id], str(cells["unit"].iloc[0])),
            null=by_id[id].null,
            ratio=by_id[id].estimand == "odds_ratio",
        )
    return figures


def _names() -> dict[str, str]:
    return {claim.id: claim_name(claim) for claim in claims()}


_KINDS = {
    "odds_ratio": "Odds ratios of EASI-90 at week 52 (prior SD: of the log odds ratio)",
    "mean_change": "Mean changes from baseline (prior SD: in units of the outcome)",
    "response": "Responses",
}


def _rows(cells: pd.DataFrame, curves: pd.DataFrame, verdicts: pd.DataFrame | None) -> pd.DataFrame:
    words, conflicts = _verdicts(verdicts)
    names = _names()
    first = curves.drop_duplicates("published_id")
    tips = dict(zip(first["published_id"], first["tipping"].astype(float), strict=True))
    furthest = moves(cells)
    furthest = furthest.sort_values("range", ascending=False, kind="stable")
    furthest = furthest.drop_duplicates("claim")
    most = {row["claim"]: row for row in furthest.to_dict("records")}
    shown = []
    for kind, named in _KINDS.items():
        for claim in (one for one in claims() if one.estimand == kind):
            mine = cells[cells["claim"] == claim.id]
            if mine.empty:
                continue
            reported = mine.iloc[0].to_dict()
            stands = mine["stands"].astype(str)
            judged = int(stands.isin(["True", "False"]).sum())
            line = {
                "Kind": named,
                "Claim": names[claim.id],
                "Reported": _value(reported, kind),
                "Tipping SD": ABSENT,
                "Stands in": f"{int((stands == 'True').sum())} of {judged}" if judged else ABSENT,
                "Moved most by": "",
                "As far as, SDs": "",
            }
            if claim.id in tips:
                tip = tips[claim.id]
                line["Tipping SD"] = f"{tip:.2g}" if tip == tip else "none"
            if claim.id in most:
                row = most[claim.id]
                line["Moved most by"] = str(row["dimension"])
                far = max(float(row["smallest"]), float(row["largest"]), key=abs)
                line["As far as, SDs"] = number(far, 2)
            if verdicts is not None:
                line["Box's p"] = (
                    number(conflicts[claim.id], 2) if claim.id in conflicts else ABSENT
                )
                line["In words"] = words.get(claim.id, "")
            shown.append(line)
    return pd.DataFrame(shown)


def _verdicts(table: pd.DataFrame | None) -> tuple[dict[str, str], dict[str, float]]:
    """Claim to its sentence, and to Box's p."""
    if table is None:
        return {}, {}
    said = table[table["method"] == "reverse_bayes"]
    held = table[table["method"] == "conflict"]
    p = held["setting"].str.extract(r"box_p=([^;]+)")[0].astype(float)
    return (
        dict(zip(said["published_id"], said["diagnosis"], strict=True)),
        dict(zip(held["published_id"], p, strict=True)),
    )


def _value(row: Mapping[Any, Any], kind: str) -> str:
    if kind == "odds_ratio":
        return ratio_interval(row, "median")
    return interval(row, 1, middle="median", factor=100 if kind == "response" else 1)
