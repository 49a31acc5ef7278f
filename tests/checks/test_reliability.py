"""Calibration: probabilities that come true are told from those that do not."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.special import expit, logit
from scipy.stats import bernoulli

from adbayes.checks.predictive import COLUMNS
from adbayes.checks.reliability import reliability, reliability_checks
from adbayes.cohort.read import cohort_from_frame
from adbayes.errors import SpecError
from adbayes.inference.fit import Fit

TEXT = """
name = "own"
title = "t"
[data]
outcome = "y"
[model]
formula = "y ~ x"
family = "bernoulli"
[priors.only]
Intercept = { distribution = "Normal", mu = 0, sigma = 3, why = "w" }
x = { distribution = "Normal", mu = 0, sigma = 3, why = "w" }
"""


def believing(given_draws: Callable[..., Fit], slope: float) -> Fit:
    """A model that is sure of a slope; the data have slope 1."""
    rng = np.random.default_rng(5)
    x = np.round(rng.normal(0, 1.5, 400), 1)  # equal predictions occur
    y = (rng.random(400) < expit(x)).astype(int)
    b = slope + 0.01 * rng.standard_normal((4, 100))
    a = 0.01 * rng.standard_normal((4, 100))
    cohort = cohort_from_frame(pd.DataFrame({"x": x, "y": y}), evidence="simulated")
    found = given_draws(TEXT, cohort, Intercept=a, x=b)
    p = expit(a[..., None] + b[..., None] * x)
    found.__dict__["patient_log_likelihood"] = xr.DataArray(
        bernoulli(p).logpmf(y),
        dims=("chain", "draw", "unit"),
        coords={**found.posterior.coords, "unit": np.arange(400).astype(str)},
    )
    return found


def test_true_probabilities_are_calibrated(given_draws: Callable[..., Fit]) -> None:
    fit = believing(given_draws, 1.0)
    rows = reliability_checks(fit).set_index("statistic")
    assert rows.loc["miscalibration", "tail_area"] > 0.05
    assert rows.loc["Brier score", "tail_area"] == pytest.approx(0.5, abs=0.48)
    table = reliability(fit)
    inside = table["calibrated"].between(table["low"], table["high"])
    assert inside.mean() > 0.9
    assert table["predicted"].is_monotonic_increasing
    assert table["calibrated"].is_monotonic_increasing


@pytest.mark.parametrize("slope", [3.0, 0.25])
def test_probabilities_too_sure_or_too_timid_are_found(
    given_draws: Callable[..., Fit], slope: float
) -> None:
    fit = believing(given_draws, slope)
    rows = reliability_checks(fit).set_index("statistic")
    assert list(rows.reset_index().reindex(columns=COLUMNS).columns) == COLUMNS
    row = rows.loc["miscalibration"]
    assert row["observed"] > row["replicated_high"]
    assert row["tail_area"] < 0.01
    table = reliability(fit)
    assert table["calibrated"].between(table["low"], table["high"]).mean() < 0.8
    # The order of the patients is right whatever the slope, and so is their discrimination.
    true = reliability_checks(believing(given_draws, 1.0)).set_index("statistic")
    assert rows.loc["discrimination", "observed"] == pytest.approx(
        true.loc["discrimination", "observed"], abs=1e-6
    )


def test_parts_add_up_and_ties_are_one_prediction(given_draws: Callable[..., Fit]) -> None:
    fit = believing(given_draws, 1.0)
    table = reliability(fit)
    # Equal x: equal predictions up to the leave-one-out of the patient's own outcome.
    assert (logit(table["predicted"]).diff().dropna() > -1e-9).all()
    rows = reliability_checks(fit).set_index("statistic")["observed"]
    y = table["observed"].to_numpy()
    brier = ((table["predicted"] - y) ** 2).mean()
    assert rows["Brier score"] == pytest.approx(brier)
    uncertainty = y.mean() * (1 - y.mean())
    assert rows["miscalibration"] - rows["discrimination"] + uncertainty == pytest.approx(brier)


def test_other_families_are_refused(mixed_fit: Fit) -> None:
    with pytest.raises(SpecError, match="look at its loo_pit"):
        reliability(mixed_fit)
