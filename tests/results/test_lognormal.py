"""Lognormal values over patients: closed forms, and simulated patients."""

import numpy as np
import pytest
from scipy import stats

from adbayes.inference.course import Course
from adbayes.inference.fit import Fit
from adbayes.results.estimands import estimands
from adbayes.results.lab_cutoff import lab_cutoff
from adbayes.results.lognormal import value_quantities

CENTRE = {"0": 7.2, "16": 6.9, "52": 6.4}
SIGMA = {"0": 0.6, "16": 0.4, "52": 0.8}


def course(between: float) -> Course:
    """One draw."""
    return Course(
        levels=tuple(CENTRE),
        baseline="0",
        centre={level: np.array([[value]]) for level, value in CENTRE.items()},
        spread={level: np.array([[value]]) for level, value in SIGMA.items()},
        between=np.array([[between]]),
    )


@pytest.mark.parametrize("between", [0.0, 0.9])
def test_moments_and_shares_are_scipys(between: float) -> None:
    found = value_quantities(course(between), 500.5)
    for level in CENTRE:
        own = stats.lognorm(np.hypot(between, SIGMA[level]), scale=np.exp(CENTRE[level]))
        np.testing.assert_allclose(found["mean"][level], own.mean())
        np.testing.assert_allclose(found["predictive_sd"][level], own.std())
        np.testing.assert_allclose(found["share_above"][level], 100 * own.sf(500.5))
        if level == "0":
            assert level not in found["geometric_mean_ratio"]
            continue
        ratio = own.median() / np.exp(CENTRE["0"])
        np.testing.assert_allclose(found["geometric_mean_ratio"][level], ratio)


def test_without_a_cutoff_there_is_no_share() -> None:
    assert "share_above" not in value_quantities(course(0.5), None)


def test_quantities_are_those_of_simulated_patients() -> None:
    rng = np.random.default_rng(2)
    n, tau = 400_000, 0.5
    found = value_quantities(course(tau), 250.0)
    effect = rng.normal(0, tau, n)
    for level in CENTRE:
        values = np.exp(CENTRE[level] + effect + rng.normal(0, SIGMA[level], n))
        error = values.std() / np.sqrt(n)
        assert abs(found["mean"][level].item() - values.mean()) < 4.5 * error
        share = (values > 250).mean()
        error = 100 * np.sqrt(share * (1 - share) / n)
        assert abs(found["share_above"][level].item() - 100 * share) < 4.5 * error


def test_a_fit_reports_what_its_draws_say(lab_by_hand: Fit) -> None:
    fit = lab_by_hand
    found = {(e.estimand, e.visit): e for e in estimands(fit)}
    assert list(dict.fromkeys(name for name, _ in found)) == list(fit.analysis.estimands.report)
    p = fit.posterior
    cutoff = lab_cutoff(fit.frame)
    assert cutoff is not None
    for at in ((0, 1), (1, 0), (1, 1)):
        tau = float(p["1|patient_sigma"].to_numpy()[at])
        start = float(p["Intercept"].to_numpy()[at])
        change = float(p["visit"].sel(visit_dim="52").to_numpy()[at])
        spread = np.hypot(tau, np.exp(p["sigma_visit"].sel(sigma_visit_dim="52").to_numpy()[at]))
        own = stats.lognorm(spread, scale=np.exp(start + change))
        np.testing.assert_allclose(found["mean", "52"].draws.to_numpy()[at], own.mean())
        np.testing.assert_allclose(found["predictive_sd", "52"].draws.to_numpy()[at], own.std())
        np.testing.assert_allclose(
            found["share_above", "52"].draws.to_numpy()[at], 100 * own.sf(cutoff.boundary)
        )
        np.testing.assert_allclose(
            found["geometric_mean_ratio", "52"].draws.to_numpy()[at], np.exp(change)
        )
    ratio = found["geometric_mean_ratio", "16"]
    assert (ratio.unit, ratio.null) == ("ratio", 1.0)
    assert found["share_above", "0"].unit == "% at or above 250"
