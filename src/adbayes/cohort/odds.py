"""One row of a table of odds ratios, compiled: estimate, Wald z and R's profile limits.

A search asks for this row many thousand times for one binary predictor beside one covariate. The
arithmetic of the limits is that of MASS's `profile.glm`: steps of a fifth of the largest |z|, a
Forsythe-Malcolm-Moler cubic spline, and linear interpolation on its values.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.int8]

Z_MAX = 2.4977054744123746
"""Square root of the 0.9875 quantile of chi-square with 1 df: where a 95 % profile stops."""
_CUT = 1.959963984540054
_STEPS = 9
_LEAST = 1e-75
"""Smallest probability of an outcome: the product of four is still a number."""
_SETTLED = 1e-3
"""Step of Newton's method after which a deviance needs no other: what it leaves out is below 1e-8."""


@njit(cache=True)
def _seen(x: Floats, y: Labels, z: Labels) -> tuple[Floats, Floats, Floats]:
    """Covariate, outcome and predictor of the rows with a value, in their order."""
    n = 0
    for i in range(x.size):
        n += z[i] >= 0
    xs, ys, zs = np.empty(n), np.empty(n), np.empty(n)
    k = 0
    for i in range(x.size):
        if z[i] >= 0:
            xs[k], ys[k], zs[k] = x[i], y[i], z[i]
            k += 1
    return xs, ys, zs


@njit(cache=True)
def _deviance(y: Floats, p: Floats) -> float:
    """Of outcomes under probabilities: logarithms are slow, so four share one."""
    dev = 0.0
    product = 1.0
    for i in range(y.size):
        product *= max(p[i] if y[i] == 1.0 else 1.0 - p[i], _LEAST)
        if i % 4 == 3:
            dev -= 2.0 * math.log(product)
            product = 1.0
    return dev - 2.0 * math.log(product)


@njit(cache=True)
def wald(x: Floats, y: Labels, z: Labels, beta: Floats) -> tuple[float, float, float]:
    """Fit `y ~ 1 + z + x` on the rows with `z` of 0 or 1.

    Parameters
    ----------
    x : ndarray
        The covariate, standardised.
    y, z : ndarray of int8
        Outcome and predictor, 0 or 1; `z` is -1 for a missing value.
    beta : ndarray of shape (3,)
        Start of the iteration; holds the estimates on return.

    Returns
    -------
    estimate, se, deviance : float
        Log odds ratio of `z`, its standard error, the deviance; error and deviance are NaN where the
        iteration does not converge.
    """
    xs, ys, zs = _seen(x, y, z)
    p = np.empty(xs.size)
    for _ in range(30):
        h00 = h01 = h02 = h12 = h22 = g0 = g1 = g2 = 0.0
        for i in range(xs.size):
            p[i] = math.exp(-(beta[0] + beta[2] * xs[i] + beta[1] * zs[i]))
        for i in range(xs.size):  # loops of their own, which the compiler makes parallel
            p[i] = 1.0 / (1.0 + p[i])
        for i in range(xs.size):
            w = p[i] * (1.0 - p[i])
            r = ys[i] - p[i]
            g0 += r
            g1 += r * zs[i]
            g2 += r * xs[i]
            h00 += w
            h01 += w * zs[i]
            h02 += w * xs[i]
            h12 += w * zs[i] * xs[i]
            h22 += w * xs[i] * xs[i]
        # z is 0 or 1, so its own information equals its product with the intercept, h01.
        c00 = h01 * h22 - h12 * h12
        c01 = h02 * h12 - h01 * h22
        c02 = h01 * h12 - h02 * h01
        c11 = h00 * h22 - h02 * h02
        c12 = h02 * h01 - h00 * h12
        c22 = h00 * h01 - h01 * h01
        det = h00 * c00 + h01 * c01 + h02 * c02
        if not det > 1e-12:
            break
        d0 = (c00 * g0 + c01 * g1 + c02 * g2) / det
        d1 = (c01 * g0 + c11 * g1 + c12 * g2) / det
        d2 = (c02 * g0 + c12 * g1 + c22 * g2) / det
        beta[0] += d0
        beta[1] += d1
        beta[2] += d2
        if abs(beta[1]) > 20.0 or abs(beta[0]) > 30.0:
            break
        if abs(d0) + abs(d1) + abs(d2) < 1e-7:
            return beta[1], math.sqrt(c11 / det), _deviance(ys, p)
    return 0.0, np.nan, np.nan


@njit(cache=True)
def _profile(x: Floats, y: Floats, z: Floats, fixed: float, free: Floats, p: Floats) -> float:
    """Deviance with the coefficient of `z` fixed; `free` holds intercept and slope on return."""
    for _ in range(30):
        h00 = h01 = h11 = g0 = g1 = 0.0
        for i in range(x.size):
            p[i] = math.exp(-(free[0] + free[1] * x[i] + fixed * z[i]))
        for i in range(x.size):
            p[i] = 1.0 / (1.0 + p[i])
        for i in range(x.size):
            w = p[i] * (1.0 - p[i])
            r = y[i] - p[i]
            g0 += r
            g1 += r * x[i]
            h00 += w
            h01 += w * x[i]
            h11 += w * x[i] * x[i]
        det = h00 * h11 - h01 * h01
        if not det > 1e-12:
            return np.nan
        d0 = (h11 * g0 - h01 * g1) / det
        d1 = (h00 * g1 - h01 * g0) / det
        free[0] += d0
        free[1] += d1
        if abs(d0) + abs(d1) < _SETTLED:
            # Of the values before this step, less what the step gains to second order.
            return _deviance(y, p) - (g0 * d0 + g1 * d1)
    return np.nan


@njit(cache=True)
def _spline(x: Floats, y: Floats, at: Floats) -> Floats:
    """R's `spline(method = "fmm")` at points inside the knots, at least four of them."""
    n = x.size
    b, c, d = np.zeros(n), np.zeros(n), np.zeros(n)
    d[0] = x[1] - x[0]
    c[1] = (y[1] - y[0]) / d[0]
    for i in range(1, n - 1):
        d[i] = x[i + 1] - x[i]
        b[i] = 2 * (d[i - 1] + d[i])
        c[i + 1] = (y[i + 1] - y[i]) / d[i]
        c[i] = c[i + 1] - c[i]
    b[0], b[n - 1] = -d[0], -d[n - 2]
    c[0] = c[2] / (x[3] - x[1]) - c[1] / (x[2] - x[0])
    c[n - 1] = c[n - 2] / (x[n - 1] - x[n - 3]) - c[n - 3] / (x[n - 2] - x[n - 4])
    c[0] = c[0] * d[0] * d[0] / (x[3] - x[0])
    c[n - 1] = -c[n - 1] * d[n - 2] * d[n - 2] / (x[n - 1] - x[n - 4])
    for i in range(1, n):
        t = d[i - 1] / b[i - 1]
        b[i] -= t * d[i - 1]
        c[i] -= t * c[i - 1]
    c[n - 1] /= b[n - 1]
    for i in range(n - 2, -1, -1):
        c[i] = (c[i] - d[i] * c[i + 1]) / b[i]
    b[n - 1] = (y[n - 1] - y[n - 2]) / d[n - 2] + d[n - 2] * (c[n - 2] + 2 * c[n - 1])
    for i in range(n - 1):
        b[i] = (y[i + 1] - y[i]) / d[i] - d[i] * (c[i + 1] + 2 * c[i])
        d[i] = (c[i + 1] - c[i]) / d[i]
        c[i] = 3 * c[i]
    c[n - 1] = 3 * c[n - 1]
    d[n - 1] = d[n - 2]
    result = np.empty(at.size)
    k = 0
    for j in range(at.size):
        while k < n - 2 and at[j] > x[k + 1]:
            k += 1
        h = at[j] - x[k]
        result[j] = y[k] + h * (b[k] + h * (c[k] + h * d[k]))
    return result


@njit(cache=True)
def limits(
    x: Floats, y: Labels, z: Labels, beta: Floats, se: float, best: float
) -> tuple[float, float]:
    """The 95 % profile limits of the coefficient of `z`, as R's `confint(glm)`.

    Parameters
    ----------
    x : ndarray
        The covariate, standardised.
    y, z : ndarray of int8
        Outcome and predictor; `z` is -1 for a missing value.
    beta : ndarray of shape (3,)
        The estimates `wald` found.
    se, best : float
        Standard error and deviance `wald` returned.

    Returns
    -------
    low, high : float
        Log odds; NaN where nine steps of the profile do not reach the limit.
    """
    values, roots = np.zeros(2 * _STEPS + 1), np.zeros(2 * _STEPS + 1)
    ends = np.zeros(2, dtype=np.int64)
    xs, ys, zs = _seen(x, y, z)
    p = np.empty(xs.size)
    path = np.zeros((2 * _STEPS + 1, 2))
    path[_STEPS, 0], path[_STEPS, 1] = beta[0], beta[2]
    free = np.empty(2)
    for side in range(2):
        way = 2 * side - 1
        for step in range(1, _STEPS + 1):
            at = _STEPS + way * step
            fixed = beta[1] + way * step * Z_MAX / 5.0 * se
            # Where a parabola, or a line, through the places before points to.
            if step > 2 or (side == 1 and (step > 1 or ends[0] > 1)):
                free[:] = 3 * path[at - way] - 3 * path[at - 2 * way] + path[at - 3 * way]
            elif step == 2:
                free[:] = 2 * path[at - way] - path[at - 2 * way]
            else:
                free[:] = path[at - way]
            dev = _profile(xs, ys, zs, fixed, free, p)
            if math.isnan(dev):
                free[:] = path[at - way]
                dev = _profile(xs, ys, zs, fixed, free, p)
            if math.isnan(dev):
                return np.nan, np.nan
            path[at] = free
            root = way * math.sqrt(max(dev - best, 0.0))
            values[at] = fixed
            roots[at] = root
            ends[side] = step
            if abs(root) >= Z_MAX:
                break
    values[_STEPS] = beta[1]
    first, last = _STEPS - ends[0], _STEPS + ends[1]
    knots, at_knots = values[first : last + 1], roots[first : last + 1]
    grid = np.linspace(knots[0], knots[-1], 3 * knots.size)
    curve = _spline(knots, at_knots, grid)
    found = np.full(2, np.nan)
    for side in range(2):
        cut = _CUT * (2.0 * side - 1.0)
        for k in range(1, grid.size):
            if curve[k - 1] <= cut <= curve[k]:
                share = (cut - curve[k - 1]) / (curve[k] - curve[k - 1])
                found[side] = grid[k - 1] + share * (grid[k] - grid[k - 1])
                break
    return found[0], found[1]
