"""LOO-PIT values are uniform where the model is true, on a grid too, and not where it is false."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

from adbayes.checks.loo_pit import loo_pit, loo_pit_checks, pit_curves
from adbayes.checks.predictive import COLUMNS
from adbayes.cohort.read import cohort_from_frame
from adbayes.inference.fit import Fit

TEXT = """
name = "own"
title = "t"
[data]
outcome = "nrs"
visit = 0
[model]
formula = "nrs ~ 1"
family = "gaussian"
[priors.only]
Intercept = { distribution = "Normal", mu = 0, sigma = 30, why = "w" }
sigma = { distribution = "HalfNormal", sigma = 30, why = "w" }
"""


def fitted(given_draws: Callable[..., Fit], y: np.ndarray, believed_sd: float | None) -> Fit:
    """Exact posterior draws of a normal model of integer scores, or with a wrong SD."""
    frame = pd.DataFrame({"patient": [f"p{i:03}" for i in range(len(y))], "visit": 0, "nrs": y})
    rng = np.random.default_rng(2)
    n, sd = len(y), y.std(ddof=1)
    sigma = sd * np.sqrt((n - 1) / rng.chisquare(n - 1, (4, 500)))
    if believed_sd is not None:
        sigma = np.full((4, 500), believed_sd)
    mu = y.mean() + sigma / np.sqrt(n) * rng.standard_normal((4, 500))
    found = given_draws(
        TEXT, cohort_from_frame(frame, evidence="simulated"), Intercept=mu, sigma=sigma
    )
    density = stats.norm(mu[..., None], sigma[..., None]).logpdf(y)
    found.__dict__["patient_log_likelihood"] = xr.DataArray(
        density,
        dims=("chain", "draw", "unit"),
        coords={**found.posterior.coords, "unit": frame["patient"].to_list()},
    )
    return found


@pytest.fixture(scope="module")
def scores() -> np.ndarray:
    # Whole numbers, an SD of 1.5 steps: without the grid a model's PIT would have 7 places.
    return np.clip(np.round(np.random.default_rng(9).normal(5, 1.5, 300)), 0, 10)


def test_uniform_under_the_truth(given_draws: Callable[..., Fit], scores: np.ndarray) -> None:
    found = loo_pit(fitted(given_draws, scores, None))
    assert len(found) == 300
    assert found["pit"].between(0, 1).all()
    assert stats.kstest(found["pit"], "uniform").pvalue > 0.05
    # Ties are spread out, one value of the score over its whole share.
    own = found[found["value"] == 5]["pit"]
    assert own.max() - own.min() == pytest.approx((scores == 5).mean(), abs=0.06)
    rows = loo_pit_checks(fitted(given_draws, scores, None))
    assert list(rows.columns) == COLUMNS
    assert rows["tail_area"].between(0.01, 0.99).all()


@pytest.mark.parametrize(("wrong", "outside"), [(0.6, "more"), (4.0, "fewer")])
def test_a_wrong_spread_is_seen(
    given_draws: Callable[..., Fit], scores: np.ndarray, wrong: float, outside: str
) -> None:
    rows = loo_pit_checks(fitted(given_draws, scores, wrong)).set_index("statistic")
    assert rows.loc["uniformity", "tail_area"] < 1e-3
    share = rows.loc["share outside central 95 %"]
    if outside == "more":
        assert share["observed"] > share["replicated_high"]
        assert share["tail_area"] < 1e-3
    else:
        assert share["observed"] < share["replicated_low"]
    assert rows.loc["mean PIT", "tail_area"] > 0.01


def test_curves_leave_the_band_only_where_the_model_is_wrong(
    given_draws: Callable[..., Fit], scores: np.ndarray
) -> None:
    true, false = (pit_curves(loo_pit(fitted(given_draws, scores, sd))) for sd in (None, 0.6))
    for curve, leaves in ((true, False), (false, True)):
        outside = (curve["difference"] < curve["low"]) | (curve["difference"] > curve["high"])
        assert outside.any() == leaves
        assert set(curve["n"]) == {300}


def test_one_row_an_observation_by_visit(mixed_fit: Fit) -> None:
    found = loo_pit(mixed_fit)
    assert len(found) == mixed_fit.frame.n_rows
    assert list(found["visit"].unique()) == ["0", "16", "32", "52"]
    data = mixed_fit.frame.data
    merged = found.merge(
        data.assign(unit=data["patient"].astype(str), visit=data["visit"].astype(str)),
        on=["unit", "visit"],
    )
    np.testing.assert_allclose(merged["value"], merged["easi"])
    # Higher values lie higher in one visit's prediction.
    for _, part in merged.groupby("visit"):
        assert stats.spearmanr(part["value"], part["pit"])[0] > 0.9
