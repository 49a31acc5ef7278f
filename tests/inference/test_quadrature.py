import numpy as np
import pytest
from scipy import stats

from adbayes.errors import ConvergenceError
from adbayes.inference.quadrature import ACCURACY, Grid

LEVELS = np.array([0.001, 0.025, 0.5, 0.9, 0.975])

# A wrong first guess, a skewed density, heavy tails: what printed numbers meet.
CASES = {
    "normal": (stats.norm(3, 0.2), 2.9, 0.3),
    "far guess": (stats.norm(-26, 1), 0.0, 7.0),
    "narrow guess": (stats.norm(0, 5), 1.0, 0.2),
    "t": (stats.t(8, 1, 2), 1.2, 2.0),
    "skewed": (stats.skewnorm(6, 0, 1), 0.5, 1.0),
    "log of a gamma": (stats.loggamma(0.9), -1.0, 1.0),
}


@pytest.mark.parametrize("name", CASES)
def test_it_agrees_with_closed_forms(name):
    truth, centre, width = CASES[name]
    grid = Grid.of(lambda theta: truth.logpdf(theta) + 17.0, centre, width)
    mean, sd = grid.moments()
    assert mean == pytest.approx(truth.mean(), abs=ACCURACY * truth.std())
    assert sd == pytest.approx(truth.std(), rel=ACCURACY)
    assert truth.cdf(grid.quantile(LEVELS)) == pytest.approx(LEVELS, abs=ACCURACY)
    for value in truth.ppf(LEVELS):
        assert grid.cdf(value) == pytest.approx(truth.cdf(value), abs=ACCURACY)
    assert grid.density == pytest.approx(truth.pdf(grid.theta), rel=1e-5, abs=1e-12)


def test_values_outside_the_grid_have_no_or_all_probability():
    grid = Grid.of(stats.norm(0, 1).logpdf, 0.0, 1.0)
    assert grid.cdf(-1e6) == 0
    assert grid.cdf(1e6) == 1


def test_a_function_may_overflow_where_there_is_no_density():
    grid = Grid.of(stats.norm(0, 12).logpdf, 0.0, 12.0)
    with np.errstate(over="ignore"):
        values = np.exp(grid.theta)
    assert grid.expect(values) == pytest.approx(np.exp(72), rel=1e-5)


def test_a_density_with_jumps_is_refused_not_approximated():
    with (
        np.errstate(divide="ignore"),
        pytest.raises(ConvergenceError, match="prior whose density is smooth"),
    ):
        Grid.of(stats.uniform(0, 1).logpdf, 0.5, 0.3)
