"""Partial correlations of the joint density; its value is tested in test_joint_structure.py."""

import numpy as np
import pytest
from scipy import stats

from adbayes.model.joint_density import placed_partials


def test_partials_are_betas_between_minus_1_and_1() -> None:
    theta, shape = np.array([0.3, -1.2, 4.0]), np.array([2.0, 2.5, 1.5])
    placed, slope, gradient = (np.empty(3) for _ in range(3))
    value = placed_partials(theta, shape, placed, slope, gradient)
    u = 1 / (1 + np.exp(-theta))
    np.testing.assert_allclose(placed, 2 * u - 1)
    beta = stats.beta(shape, shape)
    other = placed_partials(theta + 0.1, shape, placed.copy(), slope.copy(), gradient.copy())
    v = 1 / (1 + np.exp(-theta - 0.1))
    expected = np.sum(beta.logpdf(v) - beta.logpdf(u) + np.log(v * (1 - v)) - np.log(u * (1 - u)))
    assert other - value == pytest.approx(expected)


def test_one_list_of_shapes_serves_every_matrix() -> None:
    theta, shape = np.array([0.3, -1.2, 0.3, -1.2]), np.array([2.0, 3.0])
    placed, slope, gradient = (np.empty(4) for _ in range(3))
    value = placed_partials(theta, shape, placed, slope, gradient)
    half = placed_partials(theta[:2], shape, placed[:2], slope[:2], gradient[:2])
    assert value == pytest.approx(2 * half)


def test_a_singular_matrix_has_no_density() -> None:
    parts = (np.empty(1) for _ in range(3))
    assert placed_partials(np.array([40.0]), np.array([2.0]), *parts) == -np.inf
