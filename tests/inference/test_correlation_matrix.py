"""The posterior of a correlation matrix against Fisher's integral, dense quadrature and known truth."""

import numpy as np
import pytest
from scipy import integrate, stats

from adbayes.errors import DataError
from adbayes.inference.correlation_matrix import (
    as_matrix,
    lkj_margin,
    matrix_posterior,
    pairs,
    partial_correlations,
    rank_inflation,
)

FIG2 = [(0.32, 0.32), (0.24, 0.24), (0.18, 0.18), (0.66, 0.66), (0.62, 0.62), (0.78, 0.78)]


def fisher(r: float, rho: float, n: int) -> float:
    """Density of a sample correlation, up to a constant in n (Fisher 1915), by its integral."""
    tail = integrate.quad(lambda w: (np.cosh(w) - rho * r) ** -(n - 1), 0, 30)[0]
    return float((1 - rho**2) ** ((n - 1) / 2) * (1 - r**2) ** ((n - 4) / 2) * tail)


@pytest.mark.parametrize(("r", "n"), [(0.32, 99), (0.78, 20), (-0.5, 8), (0.0, 5)])
def test_one_pair_under_a_uniform_prior_is_the_exact_posterior(r: float, n: int) -> None:
    found = matrix_posterior([(r, r)], n, eta=1.0, seed=1, draws=2**16)
    rho = np.linspace(-1, 1, 601)[1:-1]
    density = np.array([fisher(r, value, n) for value in rho])
    density /= density.sum()
    mean = float(density @ rho)
    assert abs(found.mean()[0] - mean) < 4 * found.mcse_mean()[0]
    assert found.sd()[0] == pytest.approx(np.sqrt(density @ (rho - mean) ** 2), rel=0.02)
    below = np.cumsum(density) - density / 2
    for level in (0.025, 0.5, 0.975):
        at = float(np.interp(found.quantile(level)[0, 0], rho, below))
        error = np.sqrt(level * (1 - level) / found.ess_tail()[0])
        assert abs(at - level) < 4 * error + 1e-3, level


def test_a_wide_rounding_is_averaged_by_the_probability_of_the_print() -> None:
    """A box so wide that an even average of posteriors would be wrong."""
    n, low, high = 7, 0.0, 0.95
    found = matrix_posterior([(low, high)], n, eta=2.0, seed=2, draws=2**16)
    rho = np.linspace(-1, 1, 101)[1:-1]
    inside = np.linspace(low, high, 39)
    middle = (inside[1:] + inside[:-1]) / 2
    likelihood = np.array([[fisher(r, value, n) for r in middle] for value in rho]).sum(axis=1)
    density = likelihood * lkj_margin(2.0, 2).pdf(rho)
    mean = float(density @ rho / density.sum())
    assert abs(found.mean()[0] - mean) < 4 * found.mcse_mean()[0] + 5e-4


def test_three_variables_against_dense_quadrature() -> None:
    """|P|^(-v/2) times the integral over scales of prod(a^(v-1)) exp(-a' (P^-1 o R) a / 2)."""
    sample, n, eta = np.array([0.5, 0.1, -0.3]), 9, 2.0
    axis = np.linspace(-1, 1, 28)[1:-1]
    cells = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    matrices = as_matrix(cells)
    definite = np.linalg.eigvalsh(matrices)[:, 0] > 1e-9
    cells, matrices = cells[definite], matrices[definite]
    power = n - 1
    q = np.linalg.inv(matrices) * as_matrix(sample)
    # a = s u(x, y): the length s is integrated in closed form, u over log ratios of its parts.
    x, y = (part.ravel() for part in np.meshgrid(*(np.linspace(-2.5, 2.5, 31),) * 2))
    u = np.exp(np.stack([x, y, np.zeros_like(x)], axis=1))
    form = np.einsum("ga,cab,gb->cg", u, q, u, optimize=True)
    scales = (np.exp(power * (x + y)) * form ** (-3 * power / 2)).sum(axis=1)
    determinant = np.linalg.det(matrices)
    density = determinant ** (eta - 1 - power / 2) * scales
    density /= density.sum()
    found = matrix_posterior([(r, r) for r in sample], n, eta, seed=3)
    mean = density @ cells
    # Half a cell of the grid is 0.03; a midpoint rule over a smooth density does far better.
    assert found.mean() == pytest.approx(mean, abs=0.004)
    assert found.sd() == pytest.approx(np.sqrt(density @ (cells - mean) ** 2), rel=0.02)
    both = density @ (cells[:, 0] * cells[:, 1]) - mean[0] * mean[1]
    drawn = found.values - found.mean()
    assert found.weight @ (drawn[:, 0] * drawn[:, 1]) == pytest.approx(both, abs=0.002)


def test_many_patients_leave_the_sample_itself() -> None:
    n = 200_000
    found = matrix_posterior(FIG2, n, eta=2.0, seed=4, draws=2**14)
    r = np.array([low for low, _ in FIG2])
    assert found.mean() == pytest.approx(r, abs=1e-4)
    assert found.sd() == pytest.approx((1 - r**2) / np.sqrt(n), rel=0.03)


def test_every_draw_is_a_correlation_matrix_and_a_seed_is_a_result() -> None:
    found = matrix_posterior(FIG2, 20, eta=1.0, seed=5, draws=2**12)
    assert np.linalg.eigvalsh(as_matrix(found.values))[:, 0].min() > 0
    again = matrix_posterior(FIG2, 20, eta=1.0, seed=5, draws=2**12)
    assert np.array_equal(found.values, again.values)
    assert np.array_equal(found.weight, again.weight)
    other = matrix_posterior(FIG2, 20, eta=1.0, seed=6, draws=2**12)
    assert not np.array_equal(found.values, other.values)


def test_a_prior_far_from_the_print_is_still_sampled_well() -> None:
    """Draws that carry the prior agree with draws that leave all of it to the weights."""
    for n, eta in ((99, 11.0), (40, 2.0), (12, 2.0)):
        found = matrix_posterior(FIG2, n, eta, seed=11)
        assert found.pareto_k < 0.5
        if n > 12:
            assert 1 / (found.weight**2).sum() > 0.3 * len(found.weight)
    carried = matrix_posterior(FIG2, 40, 2.0, seed=12)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("adbayes.inference.correlation_matrix._SHARES", ())
        plain = matrix_posterior(FIG2, 40, 2.0, seed=13)
    error = np.hypot(carried.mcse_mean(), plain.mcse_mean())
    assert np.all(np.abs(carried.mean() - plain.mean()) < 4 * error)
    assert carried.sd() == pytest.approx(plain.sd(), rel=0.03)


def test_a_larger_eta_pulls_to_independence() -> None:
    determinants = []
    for eta in (0.5, 1, 2, 11):
        found = matrix_posterior(FIG2, 99, eta, seed=7, draws=2**14)
        determinants.append(found.weight @ np.linalg.det(as_matrix(found.values)))
    assert np.all(np.diff(determinants) > 0)


def test_the_rounding_of_the_print_is_negligible_and_counted() -> None:
    exact = matrix_posterior(FIG2, 99, 2.0, seed=8)
    rounded = matrix_posterior([(r - 0.005, r + 0.005) for r, _ in FIG2], 99, 2.0, seed=8)
    assert np.abs(rounded.mean() - exact.mean()).max() < 1e-3
    assert rounded.sd() == pytest.approx(exact.sd(), rel=5e-3)
    assert not np.array_equal(rounded.values, exact.values)


def test_partial_correlations() -> None:
    r12, r13, r23 = 0.5, 0.1, -0.3
    by_hand = (r12 - r13 * r23) / np.sqrt((1 - r13**2) * (1 - r23**2))
    assert partial_correlations(np.array([r12, r13, r23]))[0] == pytest.approx(by_hand)
    # Four variables: the correlation of what is left after regression on the other two.
    matrix = as_matrix(np.array([low for low, _ in FIG2]))
    one, rest = [0, 1], [2, 3]
    left = matrix[np.ix_(one, one)] - matrix[np.ix_(one, rest)] @ np.linalg.solve(
        matrix[np.ix_(rest, rest)], matrix[np.ix_(rest, one)]
    )
    expected = left[0, 1] / np.sqrt(left[0, 0] * left[1, 1])
    assert partial_correlations(np.array([low for low, _ in FIG2]))[0] == pytest.approx(expected)
    assert pairs(4)[0] == (0, 1)
    assert pairs(4)[-1] == (2, 3)


def test_spearmans_coefficient_varies_more_by_simulation() -> None:
    rng = np.random.default_rng(9)
    n, rho = 99, 0.78
    x = rng.normal(size=(4000, n))
    y = rho * x + np.sqrt(1 - rho**2) * rng.normal(size=(4000, n))
    ranks = (stats.rankdata(x, axis=1), stats.rankdata(y, axis=1))
    found = [np.corrcoef(a, b)[0, 1] for a, b in zip(*ranks, strict=True)]
    inflation = np.var(np.arctanh(found)) * (n - 3)
    assert rank_inflation(float(np.mean(found))) == pytest.approx(inflation, rel=0.08)


def test_what_is_refused() -> None:
    impossible = [(0.9, 0.9), (0.9, 0.9), (-0.9, -0.9)]
    with pytest.raises(DataError, match="positive definite"):
        matrix_posterior(impossible, 50, 1.0, seed=1, draws=64)
    with pytest.raises(DataError, match="at least 5"):
        matrix_posterior(FIG2, 4, 1.0, seed=1, draws=64)
    with pytest.raises(DataError, match="positive one"):
        matrix_posterior(FIG2, 50, 0.0, seed=1, draws=64)
    with pytest.raises(DataError, match="not all pairs"):
        as_matrix(np.zeros(4))


@pytest.mark.slow
def test_the_posterior_is_calibrated() -> None:
    """Simulation-based calibration: matrices from LKJ(2), 82 patients, correlations rounded as printed."""
    rng = np.random.default_rng(10)
    levels = []
    for seed in range(400):
        truth = _lkj(2.0, rng)
        data = rng.normal(size=(82, 4)) @ np.linalg.cholesky(as_matrix(truth)).T
        sample = np.round(np.corrcoef(data.T)[np.triu_indices(4, 1)], 2)
        found = matrix_posterior(
            [(r - 0.005, r + 0.005) for r in sample], 82, 2.0, seed, draws=4096
        )
        levels.append([float(found[k].below(value)[0]) for k, value in enumerate(truth)])
    for k in range(6):
        assert stats.kstest([row[k] for row in levels], "uniform").pvalue > 1e-3, k


def _lkj(eta: float, rng: np.random.Generator) -> np.ndarray:
    """One draw of four variables' correlations by the vine method (Lewandowski et al. 2009)."""
    partial = np.zeros((4, 4))
    matrix = np.eye(4)
    beta = eta + (4 - 1) / 2
    for k in range(3):
        beta -= 0.5
        for i in range(k + 1, 4):
            partial[k, i] = 2 * rng.beta(beta, beta) - 1
            p = partial[k, i]
            for j in range(k - 1, -1, -1):
                p = p * np.sqrt((1 - partial[j, i] ** 2) * (1 - partial[j, k] ** 2))
                p += partial[j, i] * partial[j, k]
            matrix[k, i] = matrix[i, k] = p
    return matrix[np.triu_indices(4, 1)]
