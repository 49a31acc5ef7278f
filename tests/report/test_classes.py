"""Responders three ways: variance ratios are those of the summary, and only of the same patients."""

from dataclasses import replace

import pandas as pd
import pytest

from adbayes.report.classes import FIGURE, classes_figure, classes_section
from adbayes.results.run import Run
from adbayes.results.summary import NOT_CONVERGED, identity


@pytest.fixture(scope="module")
def both(run: Run) -> Run:
    mine = identity(run.fits[0])

    def row(model: str, sd: float, n: int) -> dict[str, object]:
        who = {"model": model, "variant": "base", "priors": "weakly_informative", "x": ""}
        what = {"estimand": "response", "outcome": "easi90", "visit": "52", "term": "easi90"}
        numbers = {"mean": 50.0, "sd": sd, "ci_low": 40.0, "ci_high": 60.0, "mcse_mean": 0.05}
        found = {"evidence": mine["evidence"], "cohort": mine["cohort"], "n": n, "flag": ""}
        return {**who, **what, **numbers, **found}

    rows = [
        row("easi90_visits", 6.0, 99),
        row("easi_classes", 5.0, 82),
        row("easi_fraction", 4.0, 99),
    ]
    summary = pd.concat([run.summary, pd.DataFrame(rows)], ignore_index=True)
    return replace(run, summary=summary)


def test_the_cost_of_cutting_is_a_ratio_of_variances(both: Run) -> None:
    body = classes_section(both, {}).body
    logistic = body.split("Cut in two (logistic)</td>")[1].split("</tr>")[0]
    assert ">2.25</td>" in logistic
    assert ">50.0 [40.0, 60.0]</td>" in logistic
    classes = body.split("Three ordered classes</td>")[1].split("</tr>")[0]
    assert classes.rstrip().endswith(">–</td>")  # other patients
    assert body.index("Continuous fraction</td>") < body.index("Three ordered classes</td>")


def test_the_figure_has_the_print_beside_the_models(both: Run) -> None:
    figure = classes_figure(both)[FIGURE]
    gids = {line.get_gid() for ax in figure.axes for line in ax.lines}
    assert "estimate:Print alone (82 patients)" in gids
    assert "estimate:Continuous fraction" in gids


def test_one_model_alone_is_no_comparison(run: Run) -> None:
    assert classes_section(run, {}).body == ""
    assert classes_figure(run) == {}


def test_the_figure_says_what_did_not_converge(both: Run) -> None:
    summary = both.summary.copy()
    summary.loc[summary["model"] == "easi_classes", "flag"] = NOT_CONVERGED
    figure = classes_figure(replace(both, summary=summary))[FIGURE]
    footer = next(t.get_text() for t in figure.texts if t.get_gid() == "footer")
    assert "NOT CONVERGED: easi_classes" in footer
    assert "easi_fraction" not in footer
