"""The kernel around a printed interval."""

import math

import numpy as np
import pytest

from adbayes.cohort.kernel import PULL, WEIGHT, cost, miss, spread, width_at


def test_distance_to_an_interval() -> None:
    assert [miss(x, 1.0, 2.0) for x in (0.5, 1.0, 1.5, 2.0, 2.25)] == [0.5, 0, 0, 0, 0.25]
    assert miss(math.nan, 1.0, 2.0) == math.inf
    assert miss(3.0, -math.inf, math.inf) == 0


def test_cost_is_a_logarithm_near_and_a_line_far_away() -> None:
    assert cost(0.0, 0.1) == 0
    assert cost(1e-4, 1e-4) == pytest.approx(WEIGHT * math.log(2) + PULL * 1e-4)
    assert cost(20.0, 0.1) - cost(19.0, 0.1) == pytest.approx(PULL, rel=0.02)
    assert math.isfinite(cost(math.inf, 0.1))


def test_width_falls_and_then_stays() -> None:
    assert width_at(0.0, 0.5, 1e-4) == 0.5
    assert width_at(0.8, 0.5, 1e-4) == pytest.approx(1e-4)
    assert width_at(1.0, 0.5, 1e-4) == pytest.approx(1e-4)


def test_spread_is_the_sample_standard_deviation() -> None:
    x = np.array([1.0, 4.0, 4.5, 9.0])
    assert spread(x.sum(), (x**2).sum(), 4.0) == pytest.approx(x.std(ddof=1))
