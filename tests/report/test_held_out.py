"""The section of what was held out: its numbers are those of the tables, and nothing judges them."""

from dataclasses import replace

import numpy as np
import pytest

from adbayes.plots.held_out import SERIES
from adbayes.report.figures import draw_figures
from adbayes.report.held_out import FIGURE, draw_held_out, held_out_section
from adbayes.report.numbers import ratio_interval
from adbayes.results.held_out import placed
from adbayes.results.run import Run
from adbayes.results.summary import NOT_CONVERGED


def test_every_predictor_has_print_cohorts_and_posterior(ensemble_run: Run) -> None:
    html = held_out_section(ensemble_run, {}).body
    assert html.count("<tr>") >= 7
    pooled = ensemble_run.pooled
    for place in placed(ensemble_run.held_out).to_dict("records"):
        assert f"{place['published']:.3f} [" in html
        mine = (pooled["estimand"] == "odds_ratio") & (pooled["term"] == place["term"])
        assert ratio_interval(pooled[mine].to_dict("records")[0], "median") in html
    first = ensemble_run.refits["easi90_multivariable.base.weakly_informative"].coefficients
    row = first[first["term"] == "female"].iloc[0]
    shown = {key: float(np.exp(row[key])) for key in ("estimate", "ci_low", "ci_high")}
    assert ratio_interval(shown, "estimate", 3) in html


def test_the_text_counts_what_the_table_has(ensemble_run: Run) -> None:
    text = held_out_section(ensemble_run, {}).body
    places = placed(ensemble_run.held_out)
    inside = int(places["inside"].sum())
    assert f"{inside} of 7 printed odds ratios lie within the range of the 3 cohorts" in text
    assert "with probability 0.50, and 3.5 of 7 would be expected" in text
    # All cohorts moved far away: the same sentences, other numbers.
    far = ensemble_run.held_out.copy()
    ratios = far["statistic"] != "p_value"
    far.loc[ratios, "refit"] = 1e6
    moved = held_out_section(replace(ensemble_run, held_out=far), {}).body
    assert "0 of 7 printed odds ratios lie within the range" in moved


def test_a_posterior_that_did_not_converge_is_flagged(ensemble_run: Run) -> None:
    summary = ensemble_run.summary.copy()
    mine = (summary["cohort"] == "pooled") & (summary["term"] == "female")
    summary.loc[mine & (summary["estimand"] == "odds_ratio"), "flag"] = "not converged"
    assert "#b00020" not in held_out_section(ensemble_run, {}).body
    assert held_out_section(replace(ensemble_run, summary=summary), {}).body.count("#b00020") == 1


def test_the_figure_has_every_cohort(ensemble_run: Run) -> None:
    figure = draw_held_out(ensemble_run)
    points = {
        name: sum(
            len(line.get_xdata())
            for line in figure.axes[0].lines
            if line.get_gid() == f"estimate:{name}"
        )
        for name in SERIES
    }
    arrows = [line for line in figure.axes[0].lines if line.get_gid() == "arrow"]
    beyond = sum(len(line.get_xdata()) for line in arrows)
    paper, others, first, pooled = (points[name] for name in SERIES)
    assert paper == pooled == 7
    assert others + first + beyond == 21
    marks = {str(text.get_gid()): text.get_text() for text in figure.texts}
    assert marks["footer"].startswith("3 reconstructed cohorts (synthetic patients), n = ")
    assert "NOT CONVERGED" not in marks["footer"]
    assert "NOT PATIENTS" in marks["watermark"]


def test_without_anything_held_out_there_is_no_section(run: Run) -> None:
    assert held_out_section(run, {}).body == ""


@pytest.mark.parametrize("further", [True, False])
def test_the_figure_is_among_those_of_a_run(ensemble_run: Run, further: bool) -> None:
    summary = ensemble_run.summary
    kept = summary if further else summary[summary["cohort"] != "pooled"]
    one = replace(
        ensemble_run,
        summary=kept,
        fits=ensemble_run.fits[:1],
        diagnostics=ensemble_run.diagnostics.iloc[:1],
    )
    figures = draw_figures(one)
    assert FIGURE in figures
    assert 'id="held-out-table"' in held_out_section(one, figures).body
    assert ("Posterior, pooled" in held_out_section(one, figures).body) == further


def test_the_figure_says_what_did_not_converge(ensemble_run: Run) -> None:
    summary = ensemble_run.summary.copy()
    model = ensemble_run.held_out["model"].iloc[0]
    summary.loc[(summary["cohort"] == "pooled") & (summary["model"] == model), "flag"] = (
        NOT_CONVERGED
    )
    figure = draw_held_out(replace(ensemble_run, summary=summary))
    assert any(f"NOT CONVERGED: {model}" in text.get_text() for text in figure.texts)
