"""Leave-one-out against its closed form, and models compared only where they explain the same data."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

from adbayes.checks.loo import COMPARED, compare_models, comparison_rows, leave_one_out, loo
from adbayes.checks.predictive import COLUMNS
from adbayes.cohort.cohort import Cohort
from adbayes.cohort.read import cohort_from_frame
from adbayes.errors import SpecError
from adbayes.inference.fit import Fit

PRIOR_SD, SIGMA = 3.0, 2.0
Gaussian = Callable[[Cohort, str, float, float], Fit]


@pytest.fixture(scope="module")
def values() -> np.ndarray:
    return np.random.default_rng(4).normal(1.5, SIGMA, size=40)


def known_fit(values: np.ndarray, fitted: Fit, prior_mean: float = 0.0) -> Fit:
    """A fit whose likelihood is that of a conjugate normal model with known SD."""
    precision = PRIOR_SD**-2 + len(values) * SIGMA**-2
    mean = (prior_mean * PRIOR_SD**-2 + values.sum() * SIGMA**-2) / precision
    mu = stats.norm(mean, precision**-0.5).rvs((4, 1000), random_state=2)
    posterior = xr.Dataset(
        {"Intercept": (("chain", "draw"), mu)},
        coords={"chain": np.arange(4), "draw": np.arange(1000)},
    )
    density = stats.norm(mu[..., None], SIGMA).logpdf(values)
    likelihood = xr.DataArray(
        density,
        dims=("chain", "draw", "unit"),
        coords={**posterior.coords, "unit": np.arange(len(values)).astype(str)},
    )
    found = dataclasses.replace(fitted, posterior=posterior)
    found.__dict__["patient_log_likelihood"] = likelihood
    return found


def test_conjugate_normal_has_its_exact_leave_one_out(values: np.ndarray, unsampled: Fit) -> None:
    found = leave_one_out(known_fit(values, unsampled))
    exact = []
    for i in range(len(values)):
        rest = np.delete(values, i)
        precision = PRIOR_SD**-2 + len(rest) * SIGMA**-2
        centre = rest.sum() * SIGMA**-2 / precision
        exact.append(stats.norm(centre, np.sqrt(SIGMA**2 + 1 / precision)).logpdf(values[i]))
    np.testing.assert_allclose(found.elpd.elpd_i, exact, atol=0.02)
    assert found.elpd.elpd == pytest.approx(sum(exact), abs=0.05)
    assert found.elpd.se == pytest.approx(np.sqrt(40) * np.std(exact), rel=0.02)
    np.testing.assert_allclose(found.weights.sum(axis=0), 1)
    assert found.khat.max() < 0.5
    # In-sample density is higher: leaving nothing out would not pass.
    inside = stats.norm(values.mean(), SIGMA).logpdf(values).sum()
    assert inside - sum(exact) > 0.5


@pytest.fixture(scope="module")
def easi_rows() -> Cohort:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {"patient": np.repeat([f"p{i}" for i in range(12)], 2), "visit": [0, 16] * 12}
    )
    start = np.round(rng.uniform(16, 50, 12), 1)
    after = np.round(start * rng.uniform(0.05, 0.6, 12), 1)
    frame["easi"] = np.column_stack([start, after]).ravel()
    return cohort_from_frame(frame)


TEXT = """
name = "{name}"
title = "t"
[data]
outcome = "{outcome}"
visit = 16
missing = "drop"
[model]
formula = "{outcome} ~ 1"
family = "{family}"
[priors.only]
Intercept = {{ distribution = "Normal", mu = 0, sigma = 30, why = "w" }}
sigma = {{ distribution = "HalfNormal", sigma = 30, why = "w" }}
"""


@pytest.fixture(scope="module")
def unsampled(given_draws: Callable[..., Fit], easi_rows: Cohort) -> Fit:
    text = TEXT.format(name="points", outcome="easi", family="gaussian")
    return given_draws(text, easi_rows, Intercept=np.zeros((4, 10)))


@pytest.fixture
def gaussian(given_draws: Callable[..., Fit]) -> Gaussian:
    """Gaussian models of an outcome with draws around given parameters."""

    def make(cohort: Cohort, outcome: str, centre: float, spread: float) -> Fit:
        # The sign of the noise is that of the spread: a falling scale has mirrored draws.
        noise = np.random.default_rng(1).standard_normal((4, 200))
        mu, sigma = centre + spread / 5 * noise, abs(spread)
        text = TEXT.format(name=f"of_{outcome}", outcome=outcome, family="gaussian")
        found = given_draws(text, cohort, Intercept=mu)
        y = found.frame.data[outcome].to_numpy()
        found.__dict__["patient_log_likelihood"] = xr.DataArray(
            stats.norm(mu[..., None], sigma).logpdf(y),
            dims=("chain", "draw", "unit"),
            coords={**found.posterior.coords, "unit": found.frame.data["patient"].astype(str)},
        )
        return found

    return make


def test_a_change_is_brought_to_the_scale_of_the_score(
    gaussian: Gaussian, easi_rows: Cohort
) -> None:
    # z = y - b is a shift: the same density. f = y / b has log |df/dy| = -log b.
    b = easi_rows.frame.loc[easi_rows.frame["visit"] == 16, "easi_baseline"].to_numpy()
    change = gaussian(easi_rows, "easi_change", -20, 9)
    fraction = gaussian(easi_rows, "easi_fraction", 0.3, 0.2)
    percent = gaussian(easi_rows, "easi_percent_change", 70, -20)
    score = gaussian(easi_rows, "easi", 10, 6)
    table = compare_models([score, change, fraction, percent]).set_index("outcome")
    alone = {fit.frame.outcome: leave_one_out(fit).elpd.elpd for fit in (score, change, fraction)}
    assert table.loc["easi", "elpd"] == pytest.approx(alone["easi"])
    assert table.loc["easi_change", "elpd"] == pytest.approx(alone["easi_change"])
    assert table.loc["easi_fraction", "elpd"] == pytest.approx(
        alone["easi_fraction"] - np.log(b).sum()
    )
    # 100 (1 - f): another parametrisation of one model, up to the draws' noise.
    assert table.loc["easi_percent_change", "elpd"] == pytest.approx(
        table.loc["easi_fraction", "elpd"], abs=1e-6
    )
    assert list(table["rank"]) == [0, 1, 2, 3]
    best = table["elpd"].max()
    np.testing.assert_allclose(table["elpd_diff"], best - table["elpd"], atol=1e-9)
    assert table["weight"].sum() == pytest.approx(1)


def test_other_rows_are_refused(gaussian: Gaussian, easi_rows: Cohort) -> None:
    whole = gaussian(easi_rows, "easi", 10, 6)
    fewer = cohort_from_frame(easi_rows.frame[["patient", "visit", "easi"]].iloc[:-2])
    with pytest.raises(SpecError, match=r"uses 12 rows of 12 and .* 11 of 11 patients; fit both"):
        compare_models([whole, gaussian(fewer, "easi", 10, 6)])
    moved = easi_rows.frame[["patient", "visit", "easi"]].copy()
    moved.loc[moved["visit"] == 16, "easi"] += 0.1
    other = gaussian(cohort_from_frame(moved), "easi", 10, 6)
    with pytest.raises(SpecError, match="other values of easi"):
        compare_models([whole, other])
    with pytest.raises(SpecError, match="give two or more"):
        compare_models([whole])


def test_rows_of_checks(mixed_fit: Fit, female_fit: Fit) -> None:
    table = loo(mixed_fit)
    assert list(table.columns) == COLUMNS
    found = table.set_index("statistic")["observed"]
    assert list(found.index) == ["elpd", "se", "p_loo", "max_k", "patients_above_0.7"]
    # 99 patients, four visits: means, two SDs. Rows as units would count the patients' effects too.
    assert 4 < found["p_loo"] < 15
    assert found["max_k"] < 0.7
    assert table["note"].str.contains("simulated patients").all()
    assert table["note"].str.contains("99 left out in turn").all()
    with pytest.raises(SpecError, match="density are not on one scale"):
        compare_models([mixed_fit, female_fit])


def test_a_comparison_as_checks(gaussian: Gaussian, easi_rows: Cohort) -> None:
    table = compare_models(
        [gaussian(easi_rows, name, m, s) for name, m, s in
         (("easi", 10, 6), ("easi_change", -20, 9))]
    )  # fmt: skip
    assert list(table.columns) == COMPARED
    rows = comparison_rows(table)
    assert list(rows.columns) == COLUMNS
    assert len(rows) == 8
    assert set(rows["check"]) == {"loo_compare"}
