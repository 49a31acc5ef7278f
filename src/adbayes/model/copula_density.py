"""The log density of `adbayes.model.copula_structure` and its gradient, compiled by Numba.

A score's values that occur are its categories. Their shares are gammas over their sum, which makes them
Dirichlet and keeps the posterior of each log gamma nearly free of the others. A latent normal lies between
the thresholds of its category: it is sampled as its place between them, on the logit scale, or as the log
distance from the only threshold of the lowest and the highest. The density of a patient is that of the
multivariate normal, no integral left to do.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from adbayes.model.covariance_density import covariance, inverse, through_factor
from adbayes.model.joint_density import placed_partials

Floats = NDArray[np.float64]
_ROOT = math.sqrt(2.0 * math.pi)


@njit(cache=True, error_model="numpy")
def threshold(below: float, above: float) -> float:  # pragma: no cover - compiled
    """The standard normal quantile, by Halley's method from a bound that is near it.

    Parameters
    ----------
    below, above : float
        The probabilities on either side, each > 0; their sum is 1.

    Returns
    -------
    float
        The quantile; the smaller probability decides, so neither tail loses digits.
    """
    tail = min(below, above)
    x = -math.sqrt(max(-2.0 * math.log(2.0 * tail), 0.0))  # a tail is below exp(-x^2 / 2) / 2
    for _ in range(50):
        step = (0.5 * math.erfc(-x / math.sqrt(2.0)) - tail) * _ROOT * math.exp(0.5 * x * x)
        step /= 1.0 + 0.5 * x * step
        x -= step
        if abs(step) < 1e-14 * (1.0 + abs(x)):
            break
    return x if below < above else -x


@njit(cache=True, error_model="numpy", nogil=True)  # chains run side by side
def value_and_gradient(
    theta: Floats,
    gradient: Floats,
    category: Floats,
    first: Floats,
    count: Floats,
    correlation_shape: Floats,
    margin_weight: Floats,
) -> float:  # pragma: no cover - compiled
    """The log posterior density up to a constant, and its gradient.

    Parameters
    ----------
    theta : ndarray
        Logits of the positions of partial correlations, log gammas of all categories, places of the
        latent normals by unit and score.
    gradient : ndarray
        Holds the gradient on return.
    category : ndarray of shape (units, scores)
        Category of each value, from 0; -1 where missing.
    first, count : ndarray of shape (scores,)
        Where the categories of a score begin among all, and how many it has (2 or more).
    correlation_shape, margin_weight : ndarray
        The priors' values.

    Returns
    -------
    float
        Minus infinity where a matrix is singular or two thresholds are one in floating point.
    """
    units, size = category.shape
    pairs = correlation_shape.size
    total = theta.size - pairs - units * size
    placed, slope = np.empty(pairs), np.empty(pairs)
    value = placed_partials(theta[:pairs], correlation_shape, placed, slope, gradient[:pairs])
    if not np.isfinite(value):
        return -np.inf
    gamma = np.empty(total)
    for k in range(total):
        gamma[k] = math.exp(theta[pairs + k])
        value += margin_weight[0] * theta[pairs + k] - gamma[k]
    cut = np.empty(total)  # above each category but a score's last
    share = np.empty(total)
    by_cut = np.zeros(total)
    for j in range(size):
        start, n = int(first[j]), int(count[j])
        whole = np.sum(gamma[start : start + n])
        below, above = 0.0, whole
        for k in range(start, start + n - 1):
            below += gamma[k]
            above = np.sum(gamma[k + 1 : start + n])
            share[k] = below / whole
            cut[k] = threshold(below / whole, above / whole)
            if k > start and not cut[k] > cut[k - 1]:
                return -np.inf
    z = np.empty((units, size))
    by_z = np.empty((units, size))
    at = pairs + total
    for u in range(units):
        for j in range(size):
            v = theta[at + u * size + j]
            k = int(category[u, j])
            if k < 0:
                z[u, j] = v
            elif k == 0:
                z[u, j] = cut[int(first[j])] - math.exp(v)
                value += v
            elif k == int(count[j]) - 1:
                z[u, j] = cut[int(first[j]) + k - 1] + math.exp(v)
                value += v
            else:
                low, high = cut[int(first[j]) + k - 1], cut[int(first[j]) + k]
                place = 1.0 / (1.0 + math.exp(-v))
                z[u, j] = low + (high - low) * place
                value += math.log(high - low) - abs(v) - 2.0 * math.log1p(math.exp(-abs(v)))
    ones = np.ones(size)
    root = np.zeros((size, size))
    C = covariance(ones, placed, size, root)[0]
    P = np.empty((size, size))
    log_det = inverse(C, ones, P)
    if np.isnan(log_det):
        return -np.inf
    value -= 0.5 * units * log_det
    H = -0.5 * units * P
    for u in range(units):
        for j in range(size):
            by_z[u, j] = 0.0
            for q in range(size):
                by_z[u, j] -= P[j, q] * z[u, q]
            value += 0.5 * by_z[u, j] * z[u, j]
        for j in range(size):
            for q in range(size):
                H[j, q] += 0.5 * by_z[u, j] * by_z[u, q]
    by_partial, unused = np.zeros(pairs), np.zeros(size)
    through_factor(H, ones, placed, root, unused, by_partial)
    for k in range(pairs):
        gradient[k] += by_partial[k] * slope[k]
    for u in range(units):
        for j in range(size):
            at_v = at + u * size + j
            v = theta[at_v]
            k = int(category[u, j])
            if k < 0:
                gradient[at_v] = by_z[u, j]
            elif k == 0:
                gradient[at_v] = 1.0 - by_z[u, j] * math.exp(v)
                by_cut[int(first[j])] += by_z[u, j]
            elif k == int(count[j]) - 1:
                gradient[at_v] = 1.0 + by_z[u, j] * math.exp(v)
                by_cut[int(first[j]) + k - 1] += by_z[u, j]
            else:
                low, high = cut[int(first[j]) + k - 1], cut[int(first[j]) + k]
                place = 1.0 / (1.0 + math.exp(-v))
                gradient[at_v] = (
                    1.0 - 2.0 * place + by_z[u, j] * (high - low) * place * (1.0 - place)
                )
                by_cut[int(first[j]) + k] += by_z[u, j] * place + 1.0 / (high - low)
                by_cut[int(first[j]) + k - 1] += by_z[u, j] * (1.0 - place) - 1.0 / (high - low)
    for j in range(size):
        start, n = int(first[j]), int(count[j])
        whole = np.sum(gamma[start : start + n])
        common, later = 0.0, 0.0
        for k in range(start, start + n - 1):
            by_cut[k] *= _ROOT * math.exp(0.5 * cut[k] ** 2)  # by the share below
            common += by_cut[k] * share[k]
        for k in range(start + n - 1, start - 1, -1):
            if k < start + n - 1:
                later += by_cut[k]
            gradient[pairs + k] = margin_weight[0] - gamma[k] + gamma[k] / whole * (later - common)
    return value if np.isfinite(value) else -np.inf
