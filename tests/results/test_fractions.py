"""Quantities of the fraction of baseline against closed forms, brute force and whole steps."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from adbayes.cohort.cohort import Cohort
from adbayes.inference.fit import Fit
from adbayes.results.estimands import estimands
from adbayes.results.fractions import baselines, fractions, last_scores

MakeFit = Callable[..., Fit]
WEEKS = ["16", "32", "52"]
MU, CHANGE, TAU = -1.4, (-0.5, -0.75), 0.42
SHAPE, ZERO = (9.0, 5.0, 2.3), (0.01, 0.02, 0.05)


@pytest.fixture(scope="module")
def made(patients: Cohort, fit_with: MakeFit) -> MakeFit:
    """The fraction model with known parameters."""

    def make(variant: str = "base", tau: float = TAU) -> Fit:
        values = {
            "Intercept": MU,
            "visit": CHANGE,
            "1|patient_sigma": tau,
            "alpha_visit": np.log(SHAPE),
            "kappa_visit": np.log(SHAPE),
            "psi_visit": -np.log(np.array(ZERO) / (1 - np.array(ZERO))),
        }
        return fit_with("easi_fraction", patients, values, variant)

    return make


def of(fit: Fit, name: str) -> dict[str, float]:
    """One draw of a quantity, by week and rule."""
    return {
        f"{e.visit}{e.term}": float(e.draws[0, 0]) for e in estimands(fit) if e.estimand == name
    }


def mean_of(week: int) -> float:
    return float(np.exp(MU + (0.0, *CHANGE)[week]))


def test_without_patient_effect_the_distribution_is_scipys(made: MakeFit) -> None:
    hurdle, plain = fractions(made(tau=0.0)), fractions(made("gamma", tau=0.0))
    beta = fractions(made("beta", tau=0.0))
    for k, week in enumerate(WEEKS):
        gamma = stats.gamma(SHAPE[k], scale=mean_of(k) / SHAPE[k])
        odds = mean_of(k)
        bounded = stats.beta(SHAPE[k] * odds / (1 + odds), SHAPE[k] / (1 + odds))
        for q in (0.1, 0.25, 0.9):
            np.testing.assert_allclose(plain[week].at_most(q), gamma.cdf(q), rtol=1e-10)
            np.testing.assert_allclose(
                hurdle[week].at_most(q), ZERO[k] + (1 - ZERO[k]) * gamma.cdf(q), rtol=1e-10
            )
            np.testing.assert_allclose(beta[week].at_most(q), bounded.cdf(q), rtol=1e-10)
        for found, theirs in ((plain[week], gamma), (beta[week], bounded)):
            np.testing.assert_allclose(found.expectation(), theirs.mean(), rtol=1e-10)
            square = theirs.var() + theirs.mean() ** 2
            np.testing.assert_allclose(found.second_moment(), square, rtol=1e-10)


def test_percent_changes_have_the_moments_of_a_log_normal_mixture(made: MakeFit) -> None:
    fit = made()
    means, sds = of(fit, "mean_percent_change"), of(fit, "percent_change_sd")
    scores, spreads = of(fit, "mean_score"), of(fit, "score_sd")
    before = baselines(fit)
    assert len(before) == fit.frame.n
    for k, week in enumerate(WEEKS):
        mean = (1 - ZERO[k]) * mean_of(k) * np.exp(TAU**2 / 2)
        square = (1 - ZERO[k]) * mean_of(k) ** 2 * np.exp(2 * TAU**2) * (1 + 1 / SHAPE[k])
        np.testing.assert_allclose(means[week], 100 * (1 - mean), rtol=1e-7)
        np.testing.assert_allclose(sds[week], 100 * np.sqrt(square - mean**2), rtol=1e-7)
        np.testing.assert_allclose(scores[week], mean * before.mean(), rtol=1e-7)
        variance = square * (before**2).mean() - (mean * before.mean()) ** 2
        np.testing.assert_allclose(spreads[week], np.sqrt(variance), rtol=1e-7)


@pytest.mark.parametrize("variant", ["base", "beta"])
def test_shares_are_those_of_simulated_recorded_scores(variant: str, made: MakeFit) -> None:
    fit = made(variant)
    rng = np.random.default_rng(3)
    times = 1500
    before = np.tile(np.round(baselines(fit) * 10), times)
    n = len(before)
    found = of(fit, "response") | of(fit, "share_mild")
    means, spreads = of(fit, "mean_score"), of(fit, "score_sd")
    for k, week in enumerate(WEEKS):
        eta = MU + (0.0, *CHANGE)[k] + TAU * rng.standard_normal(n)
        if variant == "beta":
            m = 1 / (1 + np.exp(-eta))
            fraction = rng.beta(m * SHAPE[k], (1 - m) * SHAPE[k])
        else:
            above = rng.random(n) > ZERO[k]
            fraction = above * rng.gamma(SHAPE[k], np.exp(eta) / SHAPE[k])
        score = np.round(fraction * before)  # recorded on the grid of 0.1, as whole steps
        for name, met in (
            (f"{week}easi75", 100 * (before - score) >= 75 * before),
            (f"{week}easi90", 100 * (before - score) >= 90 * before),
            (week, score <= 70),
        ):
            p = met.mean()
            assert abs(found[name] / 100 - p) < 4 * np.sqrt(p * (1 - p) / n), (week, name)
        assert abs(means[week] - score.mean() / 10) < 4 * score.std() / 10 / np.sqrt(n)
        # The SD of an SD by the fourth moment: these are skewed.
        fourth = ((score - score.mean()) ** 4).mean()
        error = np.sqrt((fourth - score.var() ** 2) / n) / (2 * score.std()) / 10
        assert abs(spreads[week] - score.std() / 10) < 4 * error + 1e-4


@pytest.mark.parametrize("variant", ["base", "beta"])
def test_quadrature_has_converged(variant: str, made: MakeFit) -> None:
    fit = made(variant, tau=0.7)
    coarse, fine = fractions(fit), fractions(fit, 200)
    thresholds = 7.05 / baselines(fit)
    for week in WEEKS:
        for q in (0.1, 0.25, 0.4):
            np.testing.assert_allclose(coarse[week].at_most(q), fine[week].at_most(q), atol=2e-5)
        direct = np.mean([fine[week].at_most(q) for q in thresholds], axis=0)
        np.testing.assert_allclose(coarse[week].share(thresholds), direct, atol=3e-5)


def test_a_share_is_the_same_to_the_last_digit(made: MakeFit) -> None:
    one, thresholds = fractions(made())["52"], 7.05 / baselines(made())
    first = one.share(thresholds)
    for _ in range(20):
        np.testing.assert_array_equal(one.share(thresholds), first)


def test_one_threshold_for_all_is_no_polynomial(made: MakeFit) -> None:
    found = fractions(made())["16"]
    np.testing.assert_array_equal(found.share(np.full(5, 0.25)), found.at_most(0.25))


def test_last_scores_are_judged_in_whole_steps() -> None:
    base = np.arange(160, 721) / 10
    for percent in (75, 90):
        last = np.round(last_scores("easi", base, percent) * 10)
        steps = np.round(base * 10)
        assert (100 * (steps - last) >= percent * steps).all()
        assert (100 * (steps - last - 1) < percent * steps).all()
    np.testing.assert_allclose(last_scores("ldh", np.array([250.0]), 90), [25.0])


def test_one_precision_for_all_visits(made: MakeFit) -> None:
    fit = made("gamma", tau=0.0)
    one = dict(fit.analysis.formulas)
    del one["alpha"]
    posterior = fit.posterior.drop_vars("alpha_visit").assign(
        alpha=(("chain", "draw"), np.full((1, 2), 4.0))
    )
    same = dataclasses.replace(
        fit, analysis=dataclasses.replace(fit.analysis, formulas=one), posterior=posterior
    )
    for k, week in enumerate(WEEKS):
        expected = stats.gamma(4.0, scale=mean_of(k) / 4).cdf(0.25)
        np.testing.assert_allclose(fractions(same)[week].at_most(0.25), expected)
