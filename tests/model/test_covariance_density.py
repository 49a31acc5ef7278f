"""The compiled pieces against NumPy; the whole against PyMC in `test_visit_covariance.py`."""

import numpy as np
import pytest

from adbayes.model.covariance_density import covariance, inverse
from adbayes.model.lkj import correlations, matrices

PARTIAL = np.array([0.5, -0.3, 0.7, 0.2, -0.6, 0.4])
SD = np.array([1.0, 2.0, 0.5, 3.0])


def test_covariance_is_that_of_the_partial_correlations() -> None:
    root = np.zeros((4, 4))
    S, free = covariance(SD, PARTIAL, 4, root)
    C = matrices(np.array(correlations(list(PARTIAL), 4)))
    assert free
    np.testing.assert_allclose(S, C * np.outer(SD, SD), rtol=1e-12)
    np.testing.assert_allclose(root @ root.T, C, rtol=1e-12)


def test_one_sd_means_one_correlation() -> None:
    S, free = covariance(np.array([2.0]), np.array([0.25]), 3, np.zeros((3, 3)))
    assert not free
    np.testing.assert_array_equal(S, [[4, 1, 1], [1, 4, 1], [1, 1, 4]])


@pytest.mark.parametrize("here", [(1, 1, 1, 1), (0, 1, 0, 1), (1, 0, 0, 0)])
def test_inverse_is_of_the_visits_that_are_present(here: tuple[int, ...]) -> None:
    S, _ = covariance(SD, PARTIAL, 4, np.zeros((4, 4)))
    P = np.empty((4, 4))
    log_det = inverse(S, np.array(here, dtype=float), P)
    at = np.flatnonzero(here)
    inside = S[np.ix_(at, at)]
    assert log_det == pytest.approx(np.linalg.slogdet(inside)[1], rel=1e-10)
    expected = np.zeros((4, 4))
    expected[np.ix_(at, at)] = np.linalg.inv(inside)
    np.testing.assert_allclose(P, expected, rtol=1e-10, atol=1e-14)


def test_what_is_not_positive_definite_has_no_density() -> None:
    S, _ = covariance(np.array([1.0]), np.array([-0.6]), 3, np.zeros((3, 3)))
    assert np.isnan(inverse(S, np.ones(3), np.empty((3, 3))))
