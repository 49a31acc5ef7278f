"""Figures from tables: what is drawn is what the tables hold, and doubt is drawn hollow."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from adbayes.checks.predictive import predictive_checks
from adbayes.errors import SpecError
from adbayes.inference.fit import Fit
from adbayes.inference.fits import Fits
from adbayes.paper.published import load_paper
from adbayes.plots.from_tables import (
    draw_forest,
    draw_predictive,
    draw_trajectories,
    has_trajectories,
    printed_ratio,
    separated,
)
from adbayes.results.refit import refit
from adbayes.results.summary import summarize


def points(figure: Figure, series: str) -> list[float]:
    axes = figure.axes[0]
    return [
        float(line.get_xdata()[0]) for line in axes.lines if line.get_gid() == f"estimate:{series}"
    ]


def fills(figure: Figure, series: str) -> set[str]:
    axes = figure.axes[0]
    return {
        str(line.get_markerfacecolor())
        for line in axes.lines
        if line.get_gid() == f"estimate:{series}"
    }


def test_a_forest_has_print_posterior_and_refit(joint_fit: Fit) -> None:
    summary, again = summarize(joint_fit), refit(joint_fit)
    assert again is not None
    figure = draw_forest([joint_fit], [summary], [again], load_paper(), failed=False)
    odds = summary[summary["estimand"] == "odds_ratio"]
    assert points(figure, "Bayes") == pytest.approx(odds["median"].to_list())
    assert points(figure, "Paper") == [0.708, 3.321, 1.456, 0.451, 0.802, 1.077, 0.252]
    coefficients = again.coefficients.set_index("term").loc[odds["term"], "estimate"]
    assert points(figure, "Maximum likelihood") == pytest.approx(np.exp(coefficients).to_list())


def test_what_is_in_doubt_is_hollow(female_fit: Fit) -> None:
    summary, again = summarize(female_fit), refit(female_fit)
    assert again is not None
    assert not separated(again, "female")
    sure = draw_forest([female_fit], [summary], [again], None, failed=False)
    assert "white" not in fills(sure, "Bayes") | fills(sure, "Maximum likelihood")
    assert points(sure, "Paper") == []
    doubtful = summary.assign(flag="not converged")
    parted = replace(again, coefficients=again.coefficients.assign(separated=True))
    assert separated(parted, "female")
    figure = draw_forest([female_fit], [doubtful], [parted], None, failed=True)
    assert fills(figure, "Bayes") == fills(figure, "Maximum likelihood") == {"white"}
    assert any("NOT CONVERGED" in text.get_text() for text in figure.texts)


def test_the_print_belongs_to_its_table(female_fit: Fit, joint_fit: Fit, mixed_fit: Fit) -> None:
    paper = load_paper()
    alone = printed_ratio(female_fit, "female", paper)
    assert alone == {"estimate": 2.509, "ci_low": 1.077, "ci_high": 6.089}
    assert printed_ratio(joint_fit, "female", paper)["estimate"] == 3.321
    assert printed_ratio(mixed_fit, "female", paper) == {}
    assert printed_ratio(joint_fit, "easi_baseline", paper) == {}


def test_trajectories_show_the_means_and_the_patients(mixed_fit: Fit) -> None:
    summary = summarize(mixed_fit)
    assert has_trajectories(mixed_fit)
    figure = draw_trajectories(mixed_fit, summary, failed=False)
    axes = figure.axes[0]
    patients = [line for line in axes.lines if line.get_gid() == "patient"]
    assert len(patients) == mixed_fit.frame.n_units
    means = summary.loc[summary["estimand"] == "mean", "mean"].to_list()
    drawn = [line for line in axes.lines if line.get_marker() == "o" and len(line.get_xdata()) == 4]
    assert drawn[0].get_ydata() == pytest.approx(means)


def test_a_response_has_no_trajectory_and_a_score_no_forest(
    mixed_fit: Fit, female_fit: Fit
) -> None:
    assert not has_trajectories(female_fit)
    with pytest.raises(SpecError, match="no means by a number of weeks"):
        draw_trajectories(female_fit, summarize(female_fit), failed=False)
    with pytest.raises(SpecError, match="reports no odds ratio"):
        draw_forest([mixed_fit], [summarize(mixed_fit)], [None], None, failed=False)


def test_a_response_is_checked_by_predictor_in_one_panel(one_predictor_fits: Fits) -> None:
    fits = [one_predictor_fits[name] for name in ("female", "age_over_30")]
    checks = predictive_checks(fits[0])
    both = pd.concat([checks, predictive_checks(fits[1])], ignore_index=True)
    figure = draw_predictive(fits, both, failed=False)
    (axes,) = figure.axes
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == [
        "all patients",
        "Female sex: no",
        "Female sex: yes",
        "Age > 30 years: no",
        "Age > 30 years: yes",
    ]
    shown = [float(line.get_xdata()[0]) for line in axes.lines if line.get_gid() == "observed"]
    posterior = checks[checks["check"] == "posterior_predictive"]["observed"].to_list()
    assert shown[:3] == pytest.approx(posterior)
    assert axes.get_xlabel() == "Share with EASI-90 (%)"
    title = figure.get_suptitle().replace("\n", " ")
    assert title == (
        "EASI-90 at week 52: one predictor at a time, adjusted for baseline EASI: posterior predictive "
        "checks"
    )
