"""Power-scaling against closed forms: a normal prior and a normal likelihood."""

import dataclasses

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from adbayes.checks.power_scaling import scaled
from adbayes.results.estimands import Estimand

DRAWS = 4000


def normal_normal(
    prior_mean: float, prior_sd: float, estimate: float, se: float, unit: str = "points"
) -> tuple[Estimand, xr.Dataset, xr.Dataset]:
    """Exact posterior draws of a normal mean, with their log densities."""
    precision = prior_sd**-2 + se**-2
    mean = (prior_mean * prior_sd**-2 + estimate * se**-2) / precision
    # Quantiles, not random numbers: the posterior without Monte Carlo error in its centre.
    values = stats.norm(mean, precision**-0.5).ppf((np.arange(DRAWS) + 0.5) / DRAWS)
    values = np.random.default_rng(1).permutation(values).reshape(4, -1)
    array = xr.DataArray(values, dims=("chain", "draw"))
    shown = array if unit != "ratio" else array.copy(data=np.exp(values))
    null = 0.0 if unit != "ratio" else 1.0
    quantity = Estimand("mean_change", "y", "16", "", unit, null, shown)
    log_prior = xr.Dataset({"mu": array.copy(data=stats.norm(prior_mean, prior_sd).logpdf(values))})
    log_likelihood = xr.Dataset({"y": array.copy(data=stats.norm(estimate, se).logpdf(values))})
    return quantity, log_prior, log_likelihood


@pytest.mark.parametrize("alpha", [0.8, 0.9])
@pytest.mark.parametrize(
    "case", [(0.0, 1.0, 1.5, 0.7), (0.0, 0.355, 0.92, 0.44), (2.0, 3.0, -1.0, 1.0)]
)
def test_scaled_posteriors_have_their_closed_form(
    case: tuple[float, float, float, float], alpha: float
) -> None:
    prior_mean, prior_sd, estimate, se = case
    quantity, log_prior, log_likelihood = normal_normal(*case)
    rows = scaled([quantity], log_prior, log_likelihood, alpha, 0.95)
    for row, (a, b) in zip(rows, [(alpha, 1.0), (1.0, alpha)], strict=True):
        precision = a * prior_sd**-2 + b * se**-2
        exact = stats.norm(
            (a * prior_mean * prior_sd**-2 + b * estimate * se**-2) / precision, precision**-0.5
        )
        error = exact.std() / np.sqrt(DRAWS)
        assert row["mean"] == pytest.approx(exact.mean(), abs=2 * error)
        assert row["median"] == pytest.approx(exact.median(), abs=3 * error)
        assert row["ci_low"] == pytest.approx(exact.ppf(0.025), abs=6 * error)
        assert row["ci_high"] == pytest.approx(exact.ppf(0.975), abs=6 * error)
        direction = max(exact.cdf(0), exact.sf(0))
        assert row["prob_direction"] == pytest.approx(direction, abs=0.02)
        assert row["khat"] < 0.5


def test_shift_is_in_posterior_sds() -> None:
    quantity, log_prior, log_likelihood = normal_normal(0.0, 1.0, 1.5, 0.7)
    row = scaled([quantity], log_prior, log_likelihood, 0.8, 0.95)[0]
    before = quantity.draws.to_numpy()
    assert row["shift_in_sd"] == pytest.approx((row["mean"] - before.mean()) / before.std(ddof=1))
    assert row["shift_in_sd"] > 0  # a weaker prior at 0 lets the mean move towards 1.5


def test_diagnoses_follow_what_dominates() -> None:
    far, *rest = normal_normal(0.0, 0.5, 3.0, 0.5)
    assert scaled([far], *rest, 0.8, 0.95)[0]["diagnosis"] == "prior-data conflict"
    strong, *rest = normal_normal(0.0, 0.05, 0.05, 5.0)
    assert scaled([strong], *rest, 0.8, 0.95)[0]["diagnosis"] == "strong prior or weak likelihood"
    clear, *rest = normal_normal(0.0, 50.0, 1.0, 0.5)
    assert scaled([clear], *rest, 0.8, 0.95)[0]["diagnosis"] == ""


def test_each_of_several_quantities_has_its_own_diagnosis() -> None:
    far, *rest = normal_normal(0.0, 0.5, 3.0, 0.5)
    noise = np.random.default_rng(2).normal(size=far.draws.shape)
    other = dataclasses.replace(far, draws=far.draws.copy(data=noise))  # nothing depends on it
    alone = scaled([far], *rest, 0.8, 0.95)[0]
    for place, order in enumerate(([far, other], [other, far])):
        rows = scaled(order, *rest, 0.8, 0.95)
        expected = ["", ""]
        expected[place] = "prior-data conflict"
        assert [row["diagnosis"] for row in rows] == 2 * expected
        assert rows[place] == alone


def test_more_conflict_moves_the_posterior_more() -> None:
    shifts = []
    for estimate in (0.5, 1.5, 3.0):
        quantity, *rest = normal_normal(0.0, 1.0, estimate, 0.7)
        shifts.append(scaled([quantity], *rest, 0.8, 0.95)[0]["shift_in_sd"])
    assert shifts == sorted(shifts)


def test_a_ratio_is_judged_on_the_log_scale_and_shown_as_a_ratio() -> None:
    ratio, *rest = normal_normal(0.0, 1.0, 0.9, 0.4, unit="ratio")
    log, *_ = normal_normal(0.0, 1.0, 0.9, 0.4)
    as_ratio, as_log = (scaled([q], *rest, 0.8, 0.95)[0] for q in (ratio, log))
    assert as_ratio["diagnosis"] == as_log["diagnosis"]
    assert as_ratio["median"] == pytest.approx(np.exp(as_log["median"]), rel=1e-3)
    assert as_ratio["prob_direction"] == pytest.approx(as_log["prob_direction"])
