"""The symmetric Dirichlet: SciPy's density but for a constant, and beta margins."""

import numpy as np
import pytest
from scipy import stats

from adbayes.errors import SpecError
from adbayes.model.dirichlet import Dirichlet
from adbayes.model.priors import Prior


def test_density_is_scipys_but_for_a_constant() -> None:
    values = np.random.default_rng(1).dirichlet(np.ones(5), 3)
    expected = stats.dirichlet(np.full(5, 0.7)).logpdf(values.T)
    found = Dirichlet(0.7).log_density(values)
    np.testing.assert_allclose(found - found[0], expected - expected[0])


def test_margins_of_draws_are_betas() -> None:
    prior = Prior.of("Dirichlet", a=0.5)
    draws = prior.sample(4000, np.random.default_rng(2), 6)
    np.testing.assert_allclose(draws.sum(axis=1), 1)
    assert stats.kstest(draws[:, 3], prior.frozen(6).cdf).pvalue > 0.001
    assert prior.log_density(draws[:2]).shape == (2,)


def test_a_weight_is_positive() -> None:
    with pytest.raises(SpecError, match="a must be positive"):
        Prior.of("Dirichlet", a=0)
