"""A logistic regression on several predictors, compiled: estimates, errors and R's profile limits.

What `odds` does for one predictor beside one covariate, for any number of columns. A search that
changes a few entries of the design starts each fit from the last one.
"""

import math

import numpy as np
from numba import njit

from adbayes.cohort.odds import _CUT, _STEPS, Z_MAX, _spline

Z_95 = _CUT
"""Standard errors from an estimate to its 95 % Wald limits."""


@njit(cache=True)
def joint_fit(design, y, beta, se, fixed):  # type: ignore[no-untyped-def]  # Numba
    """Fit `y ~ design`, all coefficients or all but one.

    Parameters
    ----------
    design : ndarray of shape (n, p)
        The columns, the intercept's among them.
    y : ndarray of int8 of shape (n,)
        Outcome, 0 or 1.
    beta : ndarray of shape (p,)
        Start of the iteration; holds the estimates on return.
    se : ndarray of shape (p,)
        Receives the standard errors if no coefficient is fixed.
    fixed : int
        Column whose coefficient stays as it is; -1 for none.

    Returns
    -------
    bool
        False where the iteration does not converge: the data separate, or columns are collinear.
    """
    n, p = design.shape
    h = np.empty((p, p))
    g = np.empty(p)
    for _ in range(30):
        h[:] = 0.0
        g[:] = 0.0
        for i in range(n):
            eta = 0.0
            for a in range(p):
                eta += design[i, a] * beta[a]
            mu = 1.0 / (1.0 + math.exp(-eta))
            w = mu * (1.0 - mu)
            r = y[i] - mu
            for a in range(p):
                v = design[i, a]
                if v != 0.0:
                    g[a] += r * v
                    v *= w
                    for b in range(a + 1):
                        h[a, b] += v * design[i, b]
        if fixed >= 0:
            g[fixed] = 0.0
            for a in range(p):
                h[fixed, a] = 0.0
                h[a, fixed] = 0.0
            h[fixed, fixed] = 1.0
        # Cholesky in place, then the two triangular systems.
        for a in range(p):
            for b in range(a + 1):
                v = h[a, b]
                for c in range(b):
                    v -= h[a, c] * h[b, c]
                if a == b:
                    if not v > 1e-9:
                        return False
                    h[a, a] = math.sqrt(v)
                else:
                    h[a, b] = v / h[b, b]
        for a in range(p):
            v = g[a]
            for c in range(a):
                v -= h[a, c] * g[c]
            g[a] = v / h[a, a]
        largest = 0.0
        for a in range(p - 1, -1, -1):
            v = g[a]
            for c in range(a + 1, p):
                v -= h[c, a] * g[c]
            g[a] = v / h[a, a]
            beta[a] += g[a]
            largest = max(largest, abs(g[a]))
            if abs(beta[a]) > 20.0:
                return False
        # Newton's error after a step is of the order of the step's square: 1e-8.
        if largest < 1e-4:
            if fixed < 0:
                for k in range(p):
                    for a in range(k, p):
                        v = 1.0 if a == k else 0.0
                        for c in range(k, a):
                            v -= h[a, c] * g[c]
                        g[a] = v / h[a, a]
                    v = 0.0
                    for a in range(k, p):
                        v += g[a] * g[a]
                    se[k] = math.sqrt(v)
            return True
    return False


@njit(cache=True)
def deviance_at(design, y, beta):  # type: ignore[no-untyped-def]  # Numba
    """Minus twice the log-likelihood.

    Parameters
    ----------
    design : ndarray of shape (n, p)
        The columns.
    y : ndarray of int8 of shape (n,)
        Outcome, 0 or 1.
    beta : ndarray of shape (p,)
        Coefficients.

    Returns
    -------
    float
        0 or more.
    """
    dev = 0.0
    for i in range(design.shape[0]):
        eta = 0.0
        for a in range(beta.size):
            eta += design[i, a] * beta[a]
        if y[i] == 1:
            eta = -eta
        dev += 2.0 * (max(eta, 0.0) + math.log1p(math.exp(-abs(eta))))
    return dev


@njit(cache=True)
def joint_limits(design, y, beta, k, se, best):  # type: ignore[no-untyped-def]  # Numba
    """The 95 % profile limits of one coefficient, as R's `confint(glm)`.

    Parameters
    ----------
    design : ndarray of shape (n, p)
        The columns.
    y : ndarray of int8 of shape (n,)
        Outcome, 0 or 1.
    beta : ndarray of shape (p,)
        The estimates `joint_fit` found.
    k : int
        The column asked for.
    se, best : float
        Its standard error, and the deviance at the estimates.

    Returns
    -------
    low, high : float
        Log odds; NaN where nine steps of the profile do not reach the limit.
    """
    values, roots = np.zeros(2 * _STEPS + 1), np.zeros(2 * _STEPS + 1)
    ends = np.zeros(2, dtype=np.int64)
    none = np.zeros(beta.size)
    for side in range(2):
        sign = 2.0 * side - 1.0
        free, before = beta.copy(), beta.copy()
        for step in range(1, _STEPS + 1):
            fixed = beta[k] + sign * step * Z_MAX / 5.0 * se
            if step > 1:
                for a in range(beta.size):
                    free[a], before[a] = 2 * free[a] - before[a], free[a]
            free[k] = fixed
            if not joint_fit(design, y, free, none, k):
                return np.nan, np.nan
            root = sign * math.sqrt(max(deviance_at(design, y, free) - best, 0.0))
            values[_STEPS + int(sign) * step] = fixed
            roots[_STEPS + int(sign) * step] = root
            ends[side] = step
            if abs(root) >= Z_MAX:
                break
    values[_STEPS] = beta[k]
    first, last = _STEPS - ends[0], _STEPS + ends[1]
    knots, at_knots = values[first : last + 1], roots[first : last + 1]
    grid = np.linspace(knots[0], knots[-1], 3 * knots.size)
    curve = _spline(knots, at_knots, grid)
    found = np.full(2, np.nan)
    for side in range(2):
        cut = _CUT * (2.0 * side - 1.0)
        for j in range(1, grid.size):
            if curve[j - 1] <= cut <= curve[j]:
                share = (cut - curve[j - 1]) / (curve[j] - curve[j - 1])
                found[side] = grid[j - 1] + share * (grid[j] - grid[j - 1])
                break
    return found[0], found[1]
