"""The log density of `adbayes.model.joint_structure` and its gradient, compiled by Numba.

Given its effects b a patient's visits are independent. With the residual covariances S_t of the scores
that are present, their inverses P_t (zero where missing), P their sum, and D = L L' the covariance of
the effects, the effects are integrated out exactly:

    log p(y) = -1/2 [ m log 2 pi + sum_t log det S_t + log det(I + L' P L)
                      + sum_t (r_t - b)' P_t (r_t - b) + c' c ],

with c = M L' sum_t P_t r_t, M = (I + L' P L)^-1, and b = L c, the patient's most probable effects. Squares
are only added: the shorter r_t' P_t r_t - b' sum_t P_t r_t loses all its digits where two residuals are
nearly one line, and chains have stopped there. Everything is as small as the number of scores, and what
depends on the pattern of missing values alone is done once a pattern. A test holds value and gradient to
PyMC's graph of the whole covariance.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from adbayes.model.covariance_density import covariance, inverse, partial_prior, through_factor

Floats = NDArray[np.float64]


@njit(cache=True, error_model="numpy")  # a division by 0 is no exception
def placed_partials(
    theta: Floats, shape: Floats, placed: Floats, slope: Floats, gradient: Floats
) -> float:  # pragma: no cover - compiled
    """Partial correlations under an LKJ prior.

    Parameters
    ----------
    theta : ndarray
        Logits of their positions between -1 and 1.
    shape : ndarray
        Of the beta distributions.
    placed, slope : ndarray
        Hold the partial correlations and their derivatives by `theta` on return.
    gradient : ndarray
        Holds the prior's gradient on return.

    Returns
    -------
    float
        The prior's log density; minus infinity where a matrix is singular in floating point.
    """
    value = 0.0
    for k in range(theta.size):
        of = k % shape.size
        position, density, by = partial_prior(theta[k], shape[of], shape[of])
        placed[k] = 2.0 * position - 1.0
        slope[k] = 2.0 * position * (1.0 - position)
        if placed[k] ** 2 >= 1.0:
            return -np.inf
        value += density
        gradient[k] = by
    return value


@njit(cache=True, error_model="numpy", nogil=True)  # chains run side by side
def value_and_gradient(
    theta: Floats,
    gradient: Floats,
    X: Floats,
    row_of: Floats,
    y: Floats,
    pattern_of: Floats,
    present: Floats,
    prior_mu: Floats,
    prior_sigma: Floats,
    beta_start: Floats,
    beta_root: Floats,
    effect_scale: Floats,
    sigma_scale: Floats,
    effect_shape: Floats,
    residual_shape: Floats,
) -> float:  # pragma: no cover - compiled
    """The log posterior density up to a constant, and its gradient.

    Parameters
    ----------
    theta : ndarray
        Coefficients, log SDs of effects and residuals over their scales, logits of the positions of
        the effects' and the residuals' partial correlations.
    gradient : ndarray
        Holds the gradient on return.
    X, row_of, y, pattern_of, present : ndarray
        The data, as `adbayes.model.joint_structure.swap_data` gives them.
    prior_mu, prior_sigma, effect_scale, sigma_scale, effect_shape, residual_shape : ndarray
        The priors' values.
    beta_start, beta_root : ndarray
        Where the coefficients' scale has its origin, and its unit.

    Returns
    -------
    float
        Minus infinity where a covariance is not positive definite.
    """
    units, times, size = y.shape
    width = prior_mu.size
    pairs = effect_shape.size
    at_effect = width
    at_sigma = at_effect + size
    at_partial = at_sigma + times * size
    at_residual = at_partial + pairs
    groups = (theta.size - at_residual) // pairs  # 1, or one a time
    beta = beta_start + beta_root @ theta[:width]
    z = (beta - prior_mu) / prior_sigma
    value = -0.5 * np.sum(z**2)
    by_beta = -z / prior_sigma
    effect = np.empty(size)
    for j in range(size):
        t = theta[at_effect + j]
        effect[j] = effect_scale[j] * np.exp(t)
        value += t - 0.5 * np.exp(2.0 * t)
        gradient[at_effect + j] = 1.0 - np.exp(2.0 * t)
    sigma = np.empty((times, size))
    for s in range(times):
        for j in range(size):
            k = at_sigma + s * size + j
            sigma[s, j] = sigma_scale[j] * np.exp(theta[k])
            value += theta[k] - 0.5 * np.exp(2.0 * theta[k])
            gradient[k] = 1.0 - np.exp(2.0 * theta[k])
    placed_e, slope_e = np.empty(pairs), np.empty(pairs)
    placed_r, slope_r = np.empty(groups * pairs), np.empty(groups * pairs)
    value += placed_partials(
        theta[at_partial:at_residual],
        effect_shape,
        placed_e,
        slope_e,
        gradient[at_partial:at_residual],
    )
    value += placed_partials(
        theta[at_residual:], residual_shape, placed_r, slope_r, gradient[at_residual:]
    )
    if not np.isfinite(value):
        return -np.inf
    root_e = np.zeros((size, size))
    covariance(effect, placed_e, size, root_e)
    L = np.empty((size, size))
    for i in range(size):
        for column in range(size):
            L[i, column] = effect[i] * root_e[i, column]
    S = np.empty((times, size, size))
    root_r = np.zeros((times, size, size))
    for s in range(times):
        g = s if groups > 1 else 0
        S[s] = covariance(sigma[s], placed_r[g * pairs : (g + 1) * pairs], size, root_r[s])[0]
    patterns = present.shape[0]
    P = np.empty((patterns, times, size, size))
    C = np.empty((patterns, size, size))  # M L'
    constant = np.empty(patterns)
    number = np.zeros(patterns)
    for u in range(units):
        number[int(pattern_of[u])] += 1.0
    H_e = np.zeros((size, size))  # derivatives of the log-likelihood by the covariances
    H_r = np.zeros((times, size, size))
    all_there = np.ones(size)
    M = np.empty((size, size))
    for p in range(patterns):
        total = np.zeros((size, size))
        constant[p] = 0.0
        for s in range(times):
            log_det = inverse(S[s], present[p, s], P[p, s])
            if np.isnan(log_det):
                return -np.inf
            constant[p] += log_det + np.sum(present[p, s]) * np.log(2.0 * np.pi)
            total += P[p, s]
        inside = np.eye(size) + L.T @ total @ L
        log_det = inverse(inside, all_there, M)
        if np.isnan(log_det):
            return -np.inf
        constant[p] += log_det
        C[p] = M @ L.T
        # Blocks of the inverse of the whole covariance, as sums of squares.
        V = L @ C[p]
        off = np.eye(size) - V @ total
        shrunk = C[p] @ total
        H_e -= 0.5 * number[p] * (off.T @ total @ off + shrunk.T @ shrunk)
        for s in range(times):
            pulled = V @ P[p, s]
            off = np.eye(size) - pulled
            shrunk = C[p] @ P[p, s]
            block = off.T @ P[p, s] @ off + pulled.T @ (total - P[p, s]) @ pulled
            H_r[s] -= 0.5 * number[p] * (block + shrunk.T @ shrunk)
    mean = X @ beta
    by_mean = np.zeros(mean.size)
    residual = np.empty((times, size))
    alpha = np.empty((times, size))
    h = np.empty(size)
    c = np.empty(size)
    b = np.empty(size)
    a = np.empty(size)
    for u in range(units):
        p = int(pattern_of[u])
        quadratic = 0.0
        for j in range(size):
            h[j] = 0.0
        for s in range(times):
            for j in range(size):
                residual[s, j] = y[u, s, j] - mean[int(row_of[u, s, j])]
            for j in range(size):
                for q in range(size):
                    h[j] += P[p, s, j, q] * residual[s, q]
        for j in range(size):
            c[j] = 0.0
            for q in range(size):
                c[j] += C[p, j, q] * h[q]
            quadratic += c[j] ** 2
            a[j] = 0.0
        for j in range(size):
            b[j] = 0.0
            for q in range(size):
                b[j] += L[j, q] * c[q]
        for s in range(times):
            for j in range(size):
                residual[s, j] -= b[j]
            for j in range(size):
                alpha[s, j] = 0.0
                for q in range(size):
                    alpha[s, j] += P[p, s, j, q] * residual[s, q]
                quadratic += alpha[s, j] * residual[s, j]
                a[j] += alpha[s, j]
                by_mean[int(row_of[u, s, j])] += alpha[s, j]
            for j in range(size):
                for q in range(size):
                    H_r[s, j, q] += 0.5 * alpha[s, j] * alpha[s, q]
        for j in range(size):
            for q in range(size):
                H_e[j, q] += 0.5 * a[j] * a[q]
        value -= 0.5 * (constant[p] + quadratic)
    gradient[:width] = beta_root.T @ (by_beta + X.T @ by_mean)
    by_partial = np.zeros(pairs)
    through_factor(
        H_e, effect, placed_e, root_e, gradient[at_effect : at_effect + size], by_partial
    )
    for k in range(pairs):
        gradient[at_partial + k] += by_partial[k] * slope_e[k]
    for s in range(times):
        g = s if groups > 1 else 0
        here = at_sigma + s * size
        by_partial[:] = 0.0
        through_factor(
            H_r[s],
            sigma[s],
            placed_r[g * pairs : (g + 1) * pairs],
            root_r[s],
            gradient[here : here + size],
            by_partial,
        )
        for k in range(pairs):
            gradient[at_residual + g * pairs + k] += by_partial[k] * slope_r[g * pairs + k]
    return value if np.isfinite(value) else -np.inf
