"""The signed root of a likelihood, both ways."""

import numpy as np
import pytest
from scipy import stats

from adbayes.errors import DataError
from adbayes.paper.likelihood import Likelihood, odds_ratio
from adbayes.paper.root_table import RootTable


def normal(centre: float, se: float) -> Likelihood:
    return Likelihood(lambda theta: -0.5 * ((theta - centre) / se) ** 2, centre, se, "")


def test_the_root_of_a_normal_likelihood_is_its_z() -> None:
    # A first guess that is off, as that of a skewed likelihood is.
    shape = normal(-1.2, 0.4)
    table = RootTable.of(Likelihood(shape.log, -1.0, 0.5, ""))
    assert table.root[0] == pytest.approx(-40)
    assert table.root[-1] == pytest.approx(40)
    assert table.theta == pytest.approx(-1.2 + 0.4 * table.root, abs=1e-7)
    assert np.exp(table.log_slope) == pytest.approx(0.4, rel=1e-5)
    assert table.at(0.0) == pytest.approx(3.0, abs=1e-6)


def test_a_t_likelihood_in_closed_form() -> None:
    df = 6.0
    shape = Likelihood(lambda theta: stats.t(df).logpdf(theta - 2), 2.0, 1.0, "")
    table = RootTable.of(shape)
    theta = np.array([-4.0, 0.0, 1.9, 2.1, 3.0, 9.0])
    root = np.sign(theta - 2) * np.sqrt((df + 1) * np.log1p((theta - 2) ** 2 / df))
    assert [table.at(value) for value in theta] == pytest.approx(root, abs=1e-5)


def test_the_likelihood_of_an_odds_ratio_comes_back_from_its_root() -> None:
    shape = odds_ratio((0.0675, 0.0685), (0.0025, 0.0035), (0.5995, 0.6005), (0.0365, 0.0375))
    table = RootTable.of(shape)
    height = shape.log(table.theta)
    assert -0.5 * table.root**2 == pytest.approx(height - height.max(), abs=1e-5)
    # The slopes are the derivative of the parameter: they integrate back to it.
    steps = np.diff(table.root)
    slope = np.exp(table.log_slope)
    rise = np.cumsum(steps * (slope[1:] + slope[:-1]) / 2)
    assert rise == pytest.approx(table.theta[1:] - table.theta[0], rel=1e-4)


def test_two_peaks_are_refused() -> None:
    def log(theta: np.ndarray) -> np.ndarray:
        return np.logaddexp(stats.norm(-3, 1).logpdf(theta), stats.norm(3, 1).logpdf(theta))

    with pytest.raises(DataError, match="more than one peak"):
        RootTable.of(Likelihood(log, 3.0, 1.0, ""))
