"""The posterior of a correlation matrix from the sample's, standard deviations integrated out.

With n rows of a multivariate normal the scatter matrix is Wishart with n - 1 degrees of freedom and
scale D P D, P the correlations and D the standard deviations. The density of the sample correlation
matrix R alone does not depend on D (Fisher 1962, Sankhya A 24:1-8), and is what is left of the
Wishart likelihood of a scatter matrix R when D has the scale-invariant density prod(1 / d). Under that
density and |P|^(-(k+1)/2) for k variables, D P D has density |D P D|^(-(k+1)/2), and its posterior is
inverse Wishart (Box and Tiao 1973, Bayesian Inference in Statistical Analysis, chapter 8). So

- correlation matrices of inverse Wishart draws are independent draws from the posterior under
  |P|^(-(k+1)/2), with no integral left to do;
- weights |P|^c, c = eta - 1 + (k+1)/2, turn that prior into the LKJ(eta) density |P|^(eta - 1)
  (Lewandowski, Kurowicka and Joe 2009, doi:10.1016/j.jmva.2009.04.008);
- most of |P|^c = |V|^c / prod(V_jj)^c, V = D P D, can go into the draws: with V0 near the mode,
  -c log V_jj is c (V0 V^-1 V0)_jj / V0_jj to first order, which makes the draws inverse Wishart with
  2c fewer degrees of freedom and scale R - 2c V0 diag(V0)^-1 V0. Weights correct the rest exactly;
- where R is known up to its rounding, it is drawn evenly from the box of matrices that print so, and
  weighted by its probability.
"""

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from adbayes.errors import DataError
from adbayes.inference.weighted import WeightedDraws

Array = NDArray[np.float64]
Interval = tuple[float, float]

DRAWS = 2**16
"""Draws of a matrix: means are then known to a thousandth."""

_SHARES = (1.0, 0.5, 0.25)
"""How much of the prior goes into the draws; the first that leaves an inverse Wishart, else none."""


def pairs(variables: int) -> tuple[tuple[int, int], ...]:
    """The pairs of variables, in the order in which all functions here take correlations.

    Parameters
    ----------
    variables : int
        At least 2.

    Returns
    -------
    tuple of (int, int)
        (0, 1), (0, 2), ..., (1, 2), ...
    """
    return tuple(combinations(range(variables), 2))


def as_matrix(correlations: Array) -> Array:
    """Correlation matrices from their upper triangles.

    Parameters
    ----------
    correlations : numpy.ndarray
        ``(..., pairs)``, in the order of `pairs`.

    Returns
    -------
    numpy.ndarray
        ``(..., variables, variables)``, ones on the diagonal; not checked to be positive definite.

    Raises
    ------
    DataError
        Where the number of pairs is not that of any number of variables.
    """
    correlations = np.asarray(correlations, dtype=float)
    variables = round((1 + np.sqrt(1 + 8 * correlations.shape[-1])) / 2)
    if variables * (variables - 1) // 2 != correlations.shape[-1]:
        raise DataError(
            f"{correlations.shape[-1]} correlations are not all pairs of some variables."
        )
    matrix = np.zeros((*correlations.shape[:-1], variables, variables))
    matrix[..., range(variables), range(variables)] = 1.0
    for value, (i, j) in zip(np.moveaxis(correlations, -1, 0), pairs(variables), strict=True):
        matrix[..., i, j] = matrix[..., j, i] = value
    return matrix


def matrix_posterior(
    printed: list[Interval], n: int, eta: float, seed: int, draws: int = DRAWS
) -> WeightedDraws:
    """Posterior draws of a correlation matrix.

    Parameters
    ----------
    printed : list of (float, float)
        What rounds to each printed correlation, in the order of `pairs`; an interval of no width is
        an exact value.
    n : int
        Rows behind them all, more than the number of variables.
    eta : float
        Of the LKJ prior, > 0; 1 is uniform over matrices.
    seed : int
        Of the draws; the same seed gives the same draws.
    draws : int
        How many.

    Returns
    -------
    WeightedDraws
        ``(draws, pairs)`` correlations.

    Raises
    ------
    DataError
        For too few rows, an eta that is not positive, or where no matrix within the rounding is
        positive definite.
    """
    low, high = np.array(printed, dtype=float).T
    variables = as_matrix(low).shape[-1]
    if n <= variables:
        raise DataError(
            f"n is {n}; a matrix of {variables} variables needs at least {variables + 1}."
        )
    if eta <= 0:
        raise DataError(f"eta is {eta:g}; the LKJ prior needs a positive one.")
    rng = np.random.default_rng(seed)
    sample = as_matrix(low + (high - low) * rng.random((draws, len(printed))))
    possible = np.linalg.eigvalsh(sample)[:, 0] > 0
    if not possible.any():
        raise DataError(
            "No correlation matrix within the rounding is positive definite; they cannot be "
            "correlations of the same patients."
        )
    sample = sample[possible]
    drawn, log_weight = _drawn(sample, n - 1, eta - 1 + (variables + 1) / 2, rng)
    log_weight += ((n - 1) - variables - 1) / 2 * np.linalg.slogdet(sample)[1]
    upper = np.array(pairs(variables)).T
    return WeightedDraws.of(drawn[:, upper[0], upper[1]], log_weight)


def _drawn(
    sample: Array, freedom: int, power: float, rng: np.random.Generator
) -> tuple[Array, Array]:
    """A correlation matrix for each sample matrix, with the log weight of |P|^power times its likelihood.

    Of the density of the sample all but |R|^((freedom - k - 1) / 2) is in the weight.
    """
    fewer, scale, moved = float(freedom), sample, np.zeros(sample.shape[1:])
    for share in _SHARES:
        carried = power * share
        less = _moved(sample.mean(axis=0), freedom, carried)
        if less is None or freedom - 2 * carried <= sample.shape[-1] + 2:
            continue
        if np.linalg.eigvalsh(sample - less)[:, 0].min() > 0:
            fewer, scale, moved = freedom - 2 * carried, sample - less, less
            break
    covariance, half = _inverse_wishart(np.linalg.cholesky(scale), fewer, rng)
    sd = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    drawn = covariance / (sd[:, :, None] * sd[:, None, :])
    log_weight = power * np.linalg.slogdet(drawn)[1]
    log_weight -= (freedom - fewer) / 2 * np.linalg.slogdet(covariance)[1]
    log_weight -= fewer / 2 * np.linalg.slogdet(scale)[1]
    # tr(V^-1 moved), from V = half' half.
    back = np.linalg.inv(half)
    log_weight -= np.einsum("dij,ik,dkj->d", back, moved, back, optimize=True) / 2
    return drawn, log_weight


def _moved(sample: Array, freedom: int, power: float) -> Array | None:
    """What the prior takes from the scale of the draws; None where nothing would be left of it."""
    centre = sample / (freedom + sample.shape[0] + 1)
    moved = np.zeros_like(sample)
    for _ in range(200):
        moved = 2 * power * (centre / np.diag(centre)) @ centre
        after = (sample - moved) / (freedom - 2 * power)
        if freedom <= 2 * power or np.linalg.eigvalsh(after)[0] <= 0:
            return None
        if np.abs(after - centre).max() < 1e-12:
            break
        centre = (centre + after) / 2
    return moved


def _inverse_wishart(root: Array, freedom: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Inverse Wishart draws V with scale root root', one a root, and X with V = X'X.

    Bartlett: with A lower triangular, chi on its diagonal and normal below, A A' is standard Wishart,
    and V = (root A^-T)(root A^-T)'.
    """
    draws, variables = root.shape[:2]
    bartlett = np.zeros_like(root)
    for k in range(variables):
        bartlett[:, k, k] = np.sqrt(rng.chisquare(freedom - k, draws))
        bartlett[:, k, :k] = rng.standard_normal((draws, k))
    # Solving A X = root' gives X = A^-1 root'.
    half = np.linalg.solve(bartlett, np.swapaxes(root, 1, 2))
    return np.swapaxes(half, 1, 2) @ half, half


def partial_correlations(correlations: Array) -> Array:
    """Each pair's correlation given all the other variables.

    Parameters
    ----------
    correlations : numpy.ndarray
        ``(..., pairs)``, of positive definite matrices.

    Returns
    -------
    numpy.ndarray
        The same shape: minus the scaled elements of the inverse.
    """
    inverse = np.linalg.inv(as_matrix(correlations))
    root = np.sqrt(np.diagonal(inverse, axis1=-2, axis2=-1))
    scaled = -inverse / (root[..., :, None] * root[..., None, :])
    upper = np.array(pairs(inverse.shape[-1])).T
    return np.asarray(scaled[..., upper[0], upper[1]], dtype=float)


def rank_inflation(correlation: float) -> float:
    """How much larger the variance of Fisher's z is for Spearman's coefficient than for Pearson's.

    Parameters
    ----------
    correlation : float
        Within -1 and 1.

    Returns
    -------
    float
        1 + r^2 / 2 (Bonett and Wright 2000, doi:10.1007/BF02294183), at least 1.
    """
    return 1 + correlation**2 / 2


def lkj_margin(eta: float, variables: int) -> Any:
    """The prior of one correlation under LKJ(eta).

    Parameters
    ----------
    eta : float
        > 0.
    variables : int
        Of the matrix, at least 2.

    Returns
    -------
    object
        A frozen distribution on (-1, 1): (r + 1) / 2 is Beta with both parameters
        eta - 1 + variables / 2.
    """
    shape = eta - 1 + variables / 2
    return stats.beta(shape, shape, loc=-1, scale=2)
