"""The LKJ prior: PyMC's density, matrices that are correlations, margins that are betas."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from adbayes.errors import SpecError
from adbayes.model.lkj import Lkj, correlations, from_positions, matrices, matrix_in_pymc, pairs
from adbayes.model.priors import Prior


def test_pairs_and_matrices_have_one_order() -> None:
    assert pairs(["0", "16", "52"]) == ["0, 16", "0, 52", "16, 52"]
    found = matrices(np.array([[0.1, 0.2, 0.3]]))
    np.testing.assert_array_equal(found[0], [[1, 0.1, 0.2], [0.1, 1, 0.3], [0.2, 0.3, 1]])


def test_correlations_have_the_partial_correlations_they_were_made_of() -> None:
    partial = np.array([0.5, -0.3, 0.7, 0.2, -0.6, 0.4])
    matrix = matrices(np.array(correlations(list(partial), 4)))
    for (first, second), value in zip(combinations(range(4), 2), partial, strict=True):
        # The partial correlation given the variables before the first is read off the inverse.
        kept = [*range(first), first, second]
        inverse = np.linalg.inv(matrix[np.ix_(kept, kept)])
        found = -inverse[-2, -1] / np.sqrt(inverse[-2, -2] * inverse[-1, -1])
        assert found == pytest.approx(value, abs=1e-12)


def test_positions_are_partial_correlations_between_0_and_1() -> None:
    position = np.random.default_rng(2).uniform(size=(5, 2, 3))
    found = from_positions(position, 3)
    assert found.shape == position.shape
    first, second, third = (2 * position - 1)[4, 1]  # of 1 and 2, of 1 and 3, of 2 and 3 given 1
    rest = first * second + third * np.sqrt((1 - first**2) * (1 - second**2))
    np.testing.assert_allclose(found[4, 1], [first, second, rest], rtol=1e-12)


def test_the_graph_of_a_matrix_is_the_matrix() -> None:
    import pytensor.tensor as pt

    values = np.array([0.1, 0.2, 0.3])
    whole = matrix_in_pymc([pt.constant(one) for one in values], 3)
    np.testing.assert_array_equal(whole.eval(mode="FAST_COMPILE"), matrices(values))


@pytest.mark.parametrize("eta", [0.7, 1.0, 3.5])
@pytest.mark.parametrize("n", [2, 4])
def test_density_is_pymcs(eta: float, n: int) -> None:
    import pymc as pm

    values = Lkj(1.0).sample(3, n, np.random.default_rng(1))
    factors = np.linalg.cholesky(matrices(values))
    # PyMC's is over the Cholesky factor: the Jacobian gives n - i a diagonal element.
    log_diagonal = np.log(np.diagonal(factors, axis1=-2, axis2=-1))
    jacobian = (log_diagonal * (n - np.arange(1, n + 1))).sum(axis=-1)
    theirs = [
        float(pm.logp(pm.LKJCorr.dist(n=n, eta=eta), factor).eval(mode="FAST_COMPILE"))
        for factor in factors
    ]
    np.testing.assert_allclose(Lkj(eta).log_density(values), theirs - jacobian, rtol=1e-8)


def test_two_variables_have_the_margin_as_density() -> None:
    r = np.linspace(-0.9, 0.9, 7)
    np.testing.assert_allclose(
        Lkj(2.5).log_density(r[:, None]), Lkj(2.5).margin(2).logpdf(r), rtol=1e-10
    )


@pytest.mark.parametrize("eta", [1.0, 4.0])
def test_every_correlation_of_the_draws_has_the_margin(eta: float) -> None:
    values = Lkj(eta).sample(4000, 4, np.random.default_rng(7))
    assert values.shape == (4000, 6)
    assert np.linalg.eigvalsh(matrices(values)).min() > 0
    for pair in range(6):  # six tests at 1e-4 each
        assert stats.kstest(values[:, pair], Lkj(eta).margin(4).cdf).pvalue > 1e-4
    wrong = Lkj(eta + 2).margin(4).cdf
    assert stats.kstest(values[:, 5], wrong).pvalue < 1e-4


def test_a_spec_states_it_by_eta() -> None:
    prior = Prior.of("LKJ", eta=2)
    assert str(prior) == "LKJ(eta=2)"
    low, high = prior.frozen(4).ppf([0.025, 0.975])
    assert (round(low, 2), round(high, 2)) == (-0.71, 0.71)
    with pytest.raises(SpecError, match="eta must be positive"):
        Prior.of("LKJ", eta=0)
    assert prior.sample(5, np.random.default_rng(1), 3).shape == (5, 3)
