"""Box's p is a p value under the prior, and orders conflicts."""

import numpy as np
import pytest
from scipy import stats

from adbayes.checks.conflict import box_p, contraction
from adbayes.checks.marginal import Marginal


def marginal(estimate: float, se: float) -> Marginal:
    return Marginal.of_likelihood(lambda t: -0.5 * ((t - estimate) / se) ** 2, estimate, se, 0.0)


def test_it_is_the_tail_area_of_the_prior_predictive() -> None:
    rng = np.random.default_rng(1)
    theta = rng.normal(0.3, 1.1, 400_000)
    estimates = rng.normal(theta, 0.6)
    share = np.mean(np.abs(estimates - 0.3) >= abs(2.0 - 0.3))
    mcse = np.sqrt(share * (1 - share) / 400_000)
    assert box_p(marginal(2.0, 0.6), 0.3, 1.1) == pytest.approx(share, abs=4 * mcse)


def test_it_is_uniform_where_the_prior_is_true() -> None:
    rng = np.random.default_rng(2)
    estimates = rng.normal(rng.normal(0, 1.0, 200), 0.5)
    found = [box_p(marginal(e, 0.5), 0.0, 1.0) for e in estimates]
    assert stats.kstest(found, "uniform").pvalue > 0.001
    wrong = [box_p(marginal(e + 2, 0.5), 0.0, 1.0) for e in estimates]
    assert stats.kstest(wrong, "uniform").pvalue < 1e-6


def test_more_conflict_is_a_smaller_p() -> None:
    found = [box_p(marginal(e, 0.5), 0.0, 1.0) for e in (0.0, 1.0, 2.0, 4.0)]
    assert found[0] == pytest.approx(1.0, abs=1e-6)
    assert np.all(np.diff(found) < 0)


def test_contraction_of_a_normal_is_the_data_s_share_of_the_precision() -> None:
    prior, se = 1.5, 0.5
    posterior = (1 / prior**2 + 1 / se**2) ** -0.5
    share = (1 / se**2) / (1 / prior**2 + 1 / se**2)
    assert contraction(prior, posterior) == pytest.approx(share)
    assert contraction(1.0, 1.0) == 0.0
    assert contraction(1.0, 1.2) < 0
