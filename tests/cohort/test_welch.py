"""Welch's t test from sums, against SciPy's."""

import numpy as np
import pytest
from scipy import stats

from adbayes.cohort.welch import GRID, welch_bounds, welch_miss, welch_window
from adbayes.cohort.windows import MARGIN


def groups(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    first = rng.normal(80, 8, rng.integers(6, 60))
    return first, rng.normal(80 + rng.normal(0, 6), 15, rng.integers(6, 30))


def distance(
    first: np.ndarray, second: np.ndarray, p: tuple[float, float], second_larger: bool
) -> float:
    both = (first, second)
    return float(
        welch_window(
            [np.array(float(len(x))) for x in both],
            [np.array(x.sum()) for x in both],
            [np.array((x**2).sum()) for x in both],
            p,
            second_larger,
        )
    )


def missing(
    first: np.ndarray, second: np.ndarray, p: tuple[float, float], second_larger: bool
) -> float:
    sums = [f(x) for x in (first, second) for f in (len, np.sum, lambda x: np.sum(x**2))]
    bounds = welch_bounds(p)
    return float(welch_miss(*map(float, sums), bounds, 1.0 if second_larger else -1.0))


def shifted(t: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Two groups whose Welch t, second minus first, is as wanted; and the degrees of freedom."""
    first, second = groups(1)
    test = stats.ttest_ind(second, first, equal_var=False)
    error = (second.mean() - first.mean()) / test.statistic
    return first, second - second.mean() + first.mean() + t * error, float(test.df)


@pytest.mark.parametrize("p", [(0.0455, 0.0465), (0.2, 0.6), (0.01, 1.0)])
def test_ends_and_middle_of_the_interval(p: tuple[float, float]) -> None:
    df = shifted(0.0)[2]
    low, high = stats.t.isf(p[1] / 2, df), stats.t.isf(p[0] / 2, df)
    for t, wanted in ((low, -1 / MARGIN), ((low + high) / 2, 0.0), (high, 1 / MARGIN)):
        first, second, _ = shifted(t)
        assert distance(first, second, p, second_larger=True) == pytest.approx(wanted, abs=1e-6)
        assert distance(second, first, p, second_larger=False) == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("p", [(0.05, 0.5), (0.2, 0.9), (0.001, 0.05)])
def test_inside_means_that_scipy_prints_such_a_p(p: tuple[float, float]) -> None:
    inside = 0
    for seed in range(200):
        first, second = groups(seed)
        found = stats.ttest_ind(second, first, equal_var=False)
        wanted = p[0] <= found.pvalue <= p[1] and found.statistic > 0
        assert (abs(distance(first, second, p, True)) <= 1 / MARGIN) == wanted, seed
        # The compiled table of bounds is interpolated over df; draws this near an end are rare.
        near = min(abs(found.pvalue - end) for end in p) < 1e-4
        assert near or (missing(first, second, p, True) == 0) == wanted, seed
        inside += wanted
    assert 10 < inside < 190


def test_the_mirror_image_does_not_agree() -> None:
    first, second, df = shifted(2.0)
    p = float(2 * stats.t.sf(2.0, df))
    near = (p - 0.0005, p + 0.0005)
    assert abs(distance(first, second, near, True)) < 1 / MARGIN
    assert distance(first, second, near, False) < -10
    assert missing(first, second, near, True) == 0
    assert missing(first, second, near, False) > 1


def test_a_bound_is_met_from_just_below_it() -> None:
    bound = (0.0, 0.001)
    df = shifted(0.0)[2]
    least = stats.t.isf(0.0005, df)
    for t, agrees in ((0.99, False), (1.01, True), (1.59, True)):
        first, second, _ = shifted(t * least)
        assert (abs(distance(first, second, bound, True)) <= 1 / MARGIN) is agrees
        assert (missing(first, second, bound, True) == 0) is agrees
    first, second, _ = shifted(5 * least)
    assert missing(first, second, bound, True) == 0


def test_distance_grows_in_tenths_of_t() -> None:
    df = shifted(0.0)[2]
    p = (0.04, 0.05)
    low, high = stats.t.isf(0.025, df), stats.t.isf(0.02, df)
    for t, wanted in ((0.8 * low, 2.0), (high + 0.3 * low, 3.0)):
        assert missing(*shifted(t)[:2], p, True) == pytest.approx(wanted, rel=1e-3)


def test_bounds_are_those_of_the_t_distribution() -> None:
    bounds = welch_bounds((0.02, 0.3))
    assert bounds.shape == (2, GRID)
    for df in (2.0, 4.0, 10.0, 80.0):
        k = round(2 / df * (GRID - 1))
        assert bounds[:, k] == pytest.approx(stats.t.isf([0.15, 0.01], df), rel=1e-9)
    assert bounds[:, 0] == pytest.approx(stats.norm.isf([0.15, 0.01]), rel=1e-6)
    assert np.isinf(welch_bounds((0.0, 0.05))[1]).all()


def test_groups_without_spread_have_no_t() -> None:
    one = np.full(5, 3.0)
    assert missing(one, one + 1, (0.1, 0.2), True) == np.inf
