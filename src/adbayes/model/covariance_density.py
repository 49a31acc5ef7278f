"""The log density of `adbayes.model.visit_covariance` and its gradient, compiled by Numba.

PyTensor's graph of the same density took over a minute to compile, this takes seconds, once a
machine; a test holds value and gradient to the graph's. The sampler sees ``beta = start + root z``,
with start and root near the posterior's mean and covariance, ``sigma = scale exp(t)`` and
``position = 1 / (1 + exp(-s))``.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@njit(cache=True, error_model="numpy")  # a division by 0 is no exception
def covariance(
    sigma: Floats, placed: Floats, size: int, root: Floats
) -> tuple[Floats, bool]:  # pragma: no cover - compiled
    """The covariance of all times, and the Cholesky factor of its correlations.

    Parameters
    ----------
    sigma : ndarray
        SDs, one a time; a single one means one common correlation.
    placed : ndarray
        Partial correlations by pair, or the common correlation.
    size : int
        Number of times.
    root : ndarray of shape (size, size)
        Holds the factor on return; not used for a common correlation.

    Returns
    -------
    S : ndarray of shape (size, size)
        The covariance.
    free : bool
        Whether every time has its own SD.
    """
    S = np.empty((size, size))
    free = sigma.size > 1
    if not free:
        for i in range(size):
            for j in range(size):
                S[i, j] = sigma[0] ** 2 * (1.0 if i == j else placed[0])
        return S, free
    root[:] = 0.0
    left = np.ones(size)
    k = 0
    for column in range(size):
        root[column, column] = np.sqrt(left[column])
        for row in range(column + 1, size):
            root[row, column] = placed[k] * np.sqrt(left[row])
            left[row] *= 1.0 - placed[k] ** 2
            k += 1
    for i in range(size):
        for j in range(size):
            total = 0.0
            for c in range(min(i, j) + 1):
                total += root[i, c] * root[j, c]
            S[i, j] = sigma[i] * sigma[j] * total
    return S, free


@njit(cache=True, error_model="numpy")  # a division by 0 is no exception
def inverse(S: Floats, here: Floats, P: Floats) -> float:  # pragma: no cover - compiled
    """Inverse of the rows and columns that are present, zero elsewhere.

    Parameters
    ----------
    S : ndarray of shape (size, size)
        A covariance.
    here : ndarray of shape (size,)
        1 for a time that is present, 0 for a missing one.
    P : ndarray of shape (size, size)
        Holds the inverse on return.

    Returns
    -------
    float
        Log determinant of what is present; NaN where it is not positive definite.
    """
    size = S.shape[0]
    L = np.zeros((size, size))
    K = np.zeros((size, size))  # inverse of L
    log_det = 0.0
    for i in range(size):
        for j in range(i + 1):
            total = S[i, j] * here[i] * here[j]
            if i == j and here[i] == 0.0:
                total = 1.0
            for q in range(j):
                total -= L[i, q] * L[j, q]
            if i == j:
                if not total > 0.0:
                    return np.nan
                L[i, i] = np.sqrt(total)
                log_det += np.log(total)
            else:
                L[i, j] = total / L[j, j]
    for j in range(size):
        K[j, j] = 1.0 / L[j, j]
        for i in range(j + 1, size):
            total = 0.0
            for q in range(j, i):
                total += L[i, q] * K[q, j]
            K[i, j] = -total / L[i, i]
    for i in range(size):
        for j in range(size):
            total = 0.0
            for q in range(max(i, j), size):
                total += K[q, i] * K[q, j]
            P[i, j] = total * here[i] * here[j]
    return log_det


@njit(cache=True, error_model="numpy")  # a division by 0 is no exception
def through_factor(
    H: Floats,
    sigma: Floats,
    placed: Floats,
    root: Floats,
    by_log_sigma: Floats,
    by_partial: Floats,
) -> None:  # pragma: no cover - compiled
    """From the derivative by a covariance to those by its SDs and partial correlations.

    Parameters
    ----------
    H : ndarray of shape (size, size)
        Derivative of a density by the covariance, symmetric.
    sigma : ndarray of shape (size,)
        SDs.
    placed : ndarray
        Partial correlations by pair.
    root : ndarray of shape (size, size)
        The factor that `covariance` gave.
    by_log_sigma, by_partial : ndarray
        To which the derivatives are added.
    """
    size = sigma.size
    scaled = np.empty((size, size))
    for i in range(size):
        for c in range(size):
            scaled[i, c] = sigma[i] * root[i, c]
    by_scaled = 2.0 * (H @ scaled)
    k = 0
    before = np.ones(size)  # square root of what was left of a variance, before the column
    for column in range(size):
        for row in range(column + 1, size):
            r = placed[k]
            slope = by_scaled[row, column] * before[row]
            for later in range(column + 1, row + 1):
                slope -= by_scaled[row, later] * root[row, later] * r / (1.0 - r**2)
            before[row] *= np.sqrt(1.0 - r**2)
            by_partial[k] += slope * sigma[row]
            k += 1
    for i in range(size):
        for c in range(size):
            by_log_sigma[i] += by_scaled[i, c] * scaled[i, c]


@njit(cache=True, error_model="numpy")  # a division by 0 is no exception
def partial_prior(
    s: float, alpha: float, beta: float
) -> tuple[float, float, float]:  # pragma: no cover - compiled
    """A position between 0 and 1 under a beta prior, on the logit scale.

    Parameters
    ----------
    s : float
        Its logit.
    alpha, beta : float
        Of the beta distribution, > 0.

    Returns
    -------
    tuple of float
        The position; its log density up to a constant, the Jacobian included, without loss in the
        tails; the derivative of that by `s`.
    """
    position = 1.0 / (1.0 + np.exp(-s))
    log_u = -np.log1p(np.exp(-s)) if s > 0 else s - np.log1p(np.exp(s))
    value = alpha * log_u + beta * (log_u - s)
    return position, value, alpha * (1.0 - position) - beta * position


@njit(cache=True, error_model="numpy")  # a division by 0 is no exception
def value_and_gradient(
    theta: Floats,
    gradient: Floats,
    products: Floats,
    present: Floats,
    n_in_pattern: Floats,
    prior_mu: Floats,
    prior_sigma: Floats,
    beta_start: Floats,
    beta_root: Floats,
    sigma_scale: Floats,
    correlation_alpha: Floats,
    correlation_beta: Floats,
    correlation_range: Floats,
) -> float:  # pragma: no cover - compiled
    """The log posterior density up to a constant, and its gradient.

    Parameters
    ----------
    theta : ndarray
        Coefficients, SDs and positions on their standard scales.
    gradient : ndarray
        Holds the gradient on return.
    products, present, n_in_pattern : ndarray
        The data, as `adbayes.model.visit_covariance.swap_data` gives them.
    prior_mu, prior_sigma, sigma_scale : ndarray
        The priors' values.
    correlation_alpha, correlation_beta, correlation_range : ndarray
        Betas and their range.
    beta_start, beta_root : ndarray
        Where the coefficients' scale has its origin, and its unit.

    Returns
    -------
    float
        Minus infinity where the covariance is not positive definite.
    """
    width, n_sds, n_cor = prior_mu.size, sigma_scale.size, correlation_alpha.size
    size = present.shape[1]
    w = np.empty(width + 1)
    w[0] = 1.0
    value = 0.0
    by_beta = np.empty(width)
    for k in range(width):
        beta = beta_start[k]
        for q in range(width):
            beta += beta_root[k, q] * theta[q]
        w[k + 1] = -beta
        z = (beta - prior_mu[k]) / prior_sigma[k]
        value -= 0.5 * z**2
        by_beta[k] = -z / prior_sigma[k]
    sigma = np.empty(n_sds)
    for k in range(n_sds):
        t = theta[width + k]
        sigma[k] = sigma_scale[k] * np.exp(t)
        value += t - 0.5 * np.exp(2.0 * t)
        gradient[width + k] = 1.0 - np.exp(2.0 * t)
    low, high = correlation_range
    position = np.empty(n_cor)
    placed = np.empty(n_cor)
    for k in range(n_cor):
        s = theta[width + n_sds + k]
        position[k], density, slope = partial_prior(s, correlation_alpha[k], correlation_beta[k])
        placed[k] = low + (high - low) * position[k]
        if placed[k] ** 2 >= 1.0:  # far out in the tails: a singular matrix in floating point
            return -np.inf
        value += density
        gradient[width + n_sds + k] = slope
    root = np.zeros((size, size))
    S, free = covariance(sigma, placed, size, root)
    H = np.zeros((size, size))  # derivative of the log-likelihood by the covariance
    P = np.empty((size, size))
    R = np.empty((size, size))
    for p in range(n_in_pattern.size):
        log_det = inverse(S, present[p], P)
        if np.isnan(log_det):
            return -np.inf
        quadratic = 0.0
        observed = 0.0
        for s in range(size):
            observed += present[p, s]
            for t in range(size):
                R[s, t] = 0.0
                if P[s, t] == 0.0 and present[p, s] * present[p, t] == 0.0:
                    continue
                for a in range(width + 1):
                    row = 0.0
                    for b in range(width + 1):
                        row += products[p, s, t, a * (width + 1) + b] * w[b]
                    R[s, t] += w[a] * row
                    if a:
                        by_beta[a - 1] += P[s, t] * row
                quadratic += P[s, t] * R[s, t]
        value -= 0.5 * (n_in_pattern[p] * (observed * np.log(2 * np.pi) + log_det) + quadratic)
        PRP = P @ R @ P
        for s in range(size):
            for t in range(size):
                H[s, t] -= 0.5 * (n_in_pattern[p] * P[s, t] - PRP[s, t])
    for q in range(width):
        gradient[q] = 0.0
        for k in range(width):
            gradient[q] += beta_root[k, q] * by_beta[k]
    if not free:
        by_rho = 0.0
        by_log_sigma = 0.0
        for i in range(size):
            for j in range(size):
                by_log_sigma += 2.0 * H[i, j] * S[i, j]
                if i != j:
                    by_rho += H[i, j] * sigma[0] ** 2
        gradient[width] += by_log_sigma
        gradient[width + 1] += by_rho * (high - low) * position[0] * (1.0 - position[0])
        return value if np.isfinite(value) else -np.inf
    by_log_sigma_of = np.zeros(n_sds)
    by_partial = np.zeros(n_cor)
    through_factor(H, sigma, placed, root, by_log_sigma_of, by_partial)
    for k in range(n_cor):
        by_partial[k] *= (high - low) * position[k] * (1.0 - position[k])
        gradient[width + n_sds + k] += by_partial[k]
    for i in range(size):
        gradient[width + i] += by_log_sigma_of[i]
    return value if np.isfinite(value) else -np.inf
