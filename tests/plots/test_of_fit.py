"""Plots of a fit: one call each, for one fit or several."""

from collections.abc import Callable

import pytest
from matplotlib.figure import Figure

from adbayes.errors import SpecError
from adbayes.inference.fit import Fit
from adbayes.inference.fits import Fits
from adbayes.model.spec import load_spec
from adbayes.paper.published import load_paper
from adbayes.plots.of_checks import plot_calibration, plot_loo_pit
from adbayes.plots.of_fit import (
    each,
    passed,
    plot_forest,
    plot_posterior_predictive,
    plot_prior_posterior,
    plot_trajectories,
)
from adbayes.plots.ranks import plot_ranks


def footer(figure: Figure) -> str:
    return next(text.get_text() for text in figure.texts if text.get_gid() == "footer")


@pytest.fixture(scope="module")
def two(one_predictor_fits: Fits) -> Fits:
    return Fits({x: one_predictor_fits[x] for x in ("female", "tec_gt_500_w0")})


def test_either_is_taken(mixed_fit: Fit, two: Fits) -> None:
    assert each(mixed_fit) == (mixed_fit,)
    assert [fit.analysis.x for fit in each(two)] == ["female", "tec_gt_500_w0"]
    assert passed(mixed_fit)


def test_plots_of_one_fit_carry_its_label(mixed_fit: Fit, female_fit: Fit) -> None:
    for figure in (
        plot_trajectories(mixed_fit),
        plot_prior_posterior(mixed_fit),
        plot_posterior_predictive(mixed_fit),
        plot_forest(female_fit, load_paper()),
    ):
        assert footer(figure).startswith(mixed_fit.cohort.label)
        assert any(text.get_gid() == "watermark" for text in figure.texts)


def test_plots_of_several_show_each_predictor_once(two: Fits) -> None:
    forest = plot_forest(two)
    labels = [label.get_text() for label in forest.axes[0].get_yticklabels()]
    assert labels == ["Female sex", "TEC > 500, baseline"]
    densities = plot_prior_posterior(two)
    assert [ax.get_title() for ax in densities.axes] == ["Female sex", "TEC > 500, baseline"]
    assert len(plot_posterior_predictive(two).axes[0].get_yticklabels()) == 5


def test_a_standardised_predictor_says_per_how_much(joint_fit: Fit) -> None:
    panels = {ax.get_title(): ax for ax in plot_prior_posterior(joint_fit).axes}
    assert panels["EASI at baseline, per 10"].get_xscale() == "log"
    assert panels["Intercept"].get_xscale() == "linear"
    assert len(panels["EASI at baseline, per 10"].get_xticks()) >= 3


def test_what_has_no_such_plot_says_what_to_do(mixed_fit: Fit, two: Fits) -> None:
    with pytest.raises(SpecError, match="plot its trajectories"):
        plot_forest(mixed_fit)
    with pytest.raises(SpecError, match="of female, tec_gt_500_w0"):
        plot_trajectories(two)


@pytest.mark.parametrize(
    "plot", [plot_trajectories, plot_forest, plot_ranks, plot_loo_pit, plot_calibration]
)
def test_a_spec_is_no_fit(plot: Callable[[object], Figure]) -> None:
    with pytest.raises(SpecError, match=r"given a Spec, .*ab\.fit\('easi_change', cohort\)"):
        plot(load_spec("easi_change"))


@pytest.mark.parametrize("plot", [plot_trajectories, plot_ranks, plot_loo_pit, plot_calibration])
def test_a_plot_of_one_fit_refuses_several(plot: Callable[[object], Figure], two: Fits) -> None:
    with pytest.raises(SpecError, match=r"these are 2; give one, as in fits\['female'\]"):
        plot(two)
