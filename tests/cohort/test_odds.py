"""The compiled row of a table of odds ratios against the package's own regression."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from adbayes.cohort.odds import Z_MAX, limits, wald
from adbayes.results.frequentist import logistic


@pytest.mark.parametrize("share", [0.06, 0.2, 0.45])
@pytest.mark.parametrize("seed", range(4))
def test_estimate_error_and_limits_are_those_of_the_regression(share: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(99)
    z = (rng.random(99) < share).astype(np.int8)
    z[:4] = 1
    z[rng.permutation(99)[: 14 + seed]] = -1
    y = (rng.random(99) < 1 / (1 + np.exp(-0.5 * x - z))).astype(np.int8)
    beta = np.zeros(3)
    estimate, se, deviance = wald(x, y, z, beta)
    low, high = limits(x, y, z, beta, se, deviance)
    seen = z >= 0
    X = pd.DataFrame({"Intercept": 1.0, "z": z[seen].astype(float), "x": x[seen]})
    expected = logistic(X, y[seen].astype(float)).table.set_index("term").loc["z"]
    assert estimate == pytest.approx(expected["estimate"], abs=1e-7)
    assert se == pytest.approx(expected["se"], abs=1e-7)
    # R prints three decimals of the odds ratio: 1e-6 of a log odds is far below them.
    assert (low, high) == pytest.approx((expected["ci_low"], expected["ci_high"]), abs=1e-6)


def test_separation_has_no_error() -> None:
    x = np.linspace(-1, 1, 20)
    z = np.repeat(np.array([0, 1], dtype=np.int8), 10)
    assert np.isnan(wald(x, z.copy(), z, np.zeros(3))[1])


def test_the_profile_stops_where_mass_stops() -> None:
    assert pytest.approx(np.sqrt(chi2.ppf(1 - 0.05 / 4, 1)), rel=1e-12) == Z_MAX
