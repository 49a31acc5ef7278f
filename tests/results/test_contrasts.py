"""Simultaneous intervals: joint coverage of a Gaussian, and the table of visits."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.read import cohort_from_frame
from adbayes.errors import SpecError
from adbayes.inference.fit import Fit
from adbayes.results.contrasts import COLUMNS, contrasts, simultaneous


def test_joint_coverage_of_a_gaussian() -> None:
    rng = np.random.default_rng(3)
    # All pairwise differences of four independent normal means.
    means = np.array([0.0, 1.0, 3.0, 3.2])
    pairs = [(j, i) for i in range(4) for j in range(i + 1, 4)]
    to_pairs = np.zeros((6, 4))
    for row, (late, early) in enumerate(pairs):
        to_pairs[row, [late, early]] = 1, -1
    draws = to_pairs @ (means[:, None] + rng.standard_normal((4, 40_000)))
    low, high, _ = simultaneous(draws, 0.95)
    fresh = to_pairs @ (means[:, None] + rng.standard_normal((4, 40_000)))
    inside = ((fresh > low[:, None]) & (fresh < high[:, None])).all(axis=0).mean()
    error = np.sqrt(0.95 * 0.05 / 40_000)
    assert inside == pytest.approx(0.95, abs=5 * error * np.sqrt(2))
    # Tukey: the range of four normal means, known variance.
    reach = stats.studentized_range.ppf(0.95, 4, np.inf)
    np.testing.assert_allclose((high - low) / 2, reach, rtol=0.02)
    # One by one they would hold all six only in about 80 %.
    alone = np.abs(fresh - draws.mean(axis=1, keepdims=True)) < 1.96 * np.sqrt(2)
    assert alone.all(axis=0).mean() < 0.85


def test_simultaneous_probability_is_where_the_interval_touches_zero() -> None:
    rng = np.random.default_rng(4)
    draws = np.array([[2.5], [1.0]]) + rng.standard_normal((2, 20_000))
    _, _, sure = simultaneous(draws, 0.95)
    for row in (0, 1):
        low, _, _ = simultaneous(draws, float(sure[row]))
        assert low[row] == pytest.approx(0, abs=0.01)
    # Independent rows: P(both |z| below the row's own).
    expected = (2 * stats.norm.cdf([2.5, 1.0]) - 1) ** 2
    np.testing.assert_allclose(sure, expected, atol=0.02)


VISITS = """
name = "own"
title = "t"
[data]
outcome = "y"
[model]
formula = "y ~ week"
family = "gaussian"
[priors.only]
Intercept = { distribution = "Normal", mu = 0, sigma = 30, why = "w" }
week = { distribution = "Normal", mu = 0, sigma = 30, why = "w" }
sigma = { distribution = "HalfNormal", sigma = 30, why = "w" }
[estimands]
by = "week"
"""


@pytest.fixture(scope="module")
def of_weeks(given_draws: Callable[..., Fit], known_patients: Cohort) -> Fit:
    frame = known_patients.frame.assign(week=lambda d: "w" + d["week"].astype(str))
    rng = np.random.default_rng(1)
    return given_draws(
        VISITS,
        cohort_from_frame(frame[["y", "week"]], evidence="simulated"),
        Intercept=20 + rng.normal(size=(4, 500)),
        week=np.array([-6.0, -0.5]) + rng.normal(size=(4, 500, 2)),
        sigma=np.full((4, 500), 3.0),
    )


def test_pairs_of_levels(of_weeks: Fit) -> None:
    table = contrasts(of_weeks)
    assert list(table.columns) == COLUMNS
    levels = of_weeks.frame.data["week"].cat.categories
    pairs = list(zip(table["level"], table["reference"], strict=True))
    assert pairs == [(levels[1], levels[0]), (levels[2], levels[0]), (levels[2], levels[1])]
    beta = of_weeks.posterior["week"].to_numpy().reshape(-1, 2)
    np.testing.assert_allclose(
        table["mean"], [beta[:, 0].mean(), beta[:, 1].mean(), (beta[:, 1] - beta[:, 0]).mean()]
    )
    assert (table["sim_low"] < table["ci_low"]).all()
    assert (table["sim_high"] > table["ci_high"]).all()
    assert (table["prob_simultaneous"] < table["prob_direction"] + 1e-9).all()
    signs = (beta[:, 0] < 0) & (beta[:, 1] < 0) & (beta[:, 1] > beta[:, 0])
    assert set(table["prob_all"]) == {signs.mean()}
    one = contrasts(of_weeks, pairs=[(levels[0], levels[1])])
    assert one["mean"].iloc[0] == pytest.approx(-table["mean"].iloc[0])
    # Alone, simultaneous is pointwise up to the skew of the draws.
    assert one["sim_high"].iloc[0] == pytest.approx(one["ci_high"].iloc[0], abs=0.15)


def test_what_cannot_be_contrasted(of_weeks: Fit) -> None:
    with pytest.raises(SpecError, match="no predictor 'visit' to contrast"):
        contrasts(of_weeks, by="visit")
    with pytest.raises(SpecError, match="has no level w99"):
        contrasts(of_weeks, pairs=[("w99", "w0")])
