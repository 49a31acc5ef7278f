"""Profile-likelihood limits of a logistic regression: R's `confint(glm)`, and under separation.

R's limits are an approximation with its own arithmetic: the signed root of the deviance is computed
on a grid of half standard errors, joined by a cubic spline and read off by linear interpolation. A
printed odds-ratio interval can only be matched to its last digit by doing the same, so
`mass_interval` does. Where the data separate that arithmetic wanders; `separation` finds exactly
which coefficients run to infinity, and `root_interval` solves for the limit that exists.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import make_interp_spline
from scipy.optimize import brentq, linprog
from scipy.special import expit
from scipy.stats import chi2, norm

from adbayes.errors import ConvergenceError

Array = NDArray[np.float64]

# glm.control() of R: relative change of the deviance. R stops after 25 iterations, with a warning.
_EPSILON, _MAX_ITERATIONS = 1e-8, 100
# profile.glm of MASS 7.3-51: at most nine steps of a fifth of the largest |z| on each side.
_STEPS, _STEPS_TO_Z_MAX = 9, 5


def deviance(y: Array, eta: Array) -> float:
    """Deviance of 0/1 outcomes, minus twice the log-likelihood.

    Parameters
    ----------
    y : ndarray
        Outcomes, 0 or 1.
    eta : ndarray
        Linear predictor, log odds.

    Returns
    -------
    float
        Zero or more.
    """
    return float(2 * np.sum(np.logaddexp(0, np.where(y == 1, -eta, eta))))


def constrained_fit(X: Array, y: Array, offset: Array, eta: Array) -> tuple[float, Array, Array]:
    """Maximise a logistic likelihood with an offset, by R's iteration from R's starting point.

    Parameters
    ----------
    X : ndarray of shape (n, k)
        The free columns, of full rank; k may be 0.
    y : ndarray
        Outcomes, 0 or 1.
    offset : ndarray
        What is held fixed, log odds.
    eta : ndarray
        Linear predictor to start from.

    Returns
    -------
    deviance : float
        At the maximum.
    eta : ndarray
        The linear predictor there.
    weight : ndarray
        The weights of the last iteration, so of the predictor before: R's standard errors use them.

    Raises
    ------
    ConvergenceError
        No convergence in 100 iterations (relative change of the deviance below 1e-8).
    """
    before = deviance(y, eta)
    for iteration in range(_MAX_ITERATIONS):
        mu = expit(eta)
        # The floor keeps rows whose probability is 0 or 1 to machine precision, as R's link does.
        weight = np.maximum(mu * (1 - mu), np.finfo(float).eps)
        root = np.sqrt(weight)
        working = eta - offset + (y - mu) / weight
        beta = np.linalg.lstsq(X * root[:, None], working * root, rcond=None)[0]
        previous, eta = eta, X @ beta + offset
        after = deviance(y, eta)
        # R takes the full step; halving one that overshoots changes the path, not the maximum. The
        # start need not satisfy the constraint, so the first step has nothing to be compared with.
        while iteration and after > before + _EPSILON * (before + 0.1):
            eta = (eta + previous) / 2
            after = deviance(y, eta)
        if abs(after - before) < _EPSILON * (after + 0.1):
            return after, eta, weight
        before = after
    raise ConvergenceError(
        f"A profile fit did not converge in {_MAX_ITERATIONS} iterations (deviance {before:.6g}); "
        "centre and scale the predictors."
    )


def fmm_spline(x: Array, y: Array, at: Array) -> Array:
    """Interpolate by the cubic spline of Forsythe, Malcolm and Moler, R's `spline(method="fmm")`.

    The third derivative of each end piece is that of the cubic through the four points nearest to
    that end (Computer Methods for Mathematical Computations, 1977). Three points give a parabola.

    Parameters
    ----------
    x : ndarray
        At least three knots, increasing.
    y : ndarray
        Values at the knots.
    at : ndarray
        Where to evaluate, inside the knots.

    Returns
    -------
    ndarray
        The spline at `at`.
    """
    if len(x) == 3:
        return np.polyval(np.polyfit(x - x[1], y, 2), at - x[1])
    third = [6 * _divided_difference(x[s], y[s]) for s in (slice(4), slice(-4, None))]
    # SciPy takes a list of (order, value) at each end; its stubs know only the named conditions.
    ends: Any = ([(3, third[0])], [(3, third[1])])
    return np.asarray(make_interp_spline(x, y, k=3, bc_type=ends)(at))


def _divided_difference(x: Array, y: Array) -> float:
    for order in range(1, len(x)):
        y = np.diff(y) / (x[order:] - x[:-order])
    return float(y[0])


def mass_interval(
    X: Array, y: Array, j: int, beta: Array, se: float, ci_prob: float
) -> tuple[float, float]:
    """Profile-likelihood interval of one coefficient with the arithmetic of R's `confint(glm)`.

    `profile.glm` and `confint.profile.glm` of MASS 7.3-51, the version of R 3.6: alpha =
    (1 - ci_prob) / 4, steps of a fifth of the largest |z|, at most nine a side.

    Parameters
    ----------
    X : ndarray of shape (n, k)
        Design of full rank on which the maximum exists.
    y : ndarray
        Outcomes, 0 or 1.
    j : int
        The column asked for.
    beta : ndarray
        The maximum-likelihood estimate.
    se : float
        Standard error of coefficient `j`, which sets the grid.
    ci_prob : float
        Coverage, between 0 and 1.

    Returns
    -------
    low : float
        Lower limit, log odds; NaN where nine steps do not reach it, R's NA.
    high : float
        Upper limit, likewise.

    Raises
    ------
    ConvergenceError
        The profile finds a higher likelihood than `beta` has, or a profile fit does not converge.
    """
    z_max = np.sqrt(chi2.ppf(1 - (1 - ci_prob) / 4, 1))
    rest, fitted = np.delete(X, j, axis=1), X @ beta
    best = deviance(y, fitted)
    values, roots = [float(beta[j])], [0.0]
    for sign in (-1, 1):
        eta, z, step = fitted, 0.0, 0
        while step < _STEPS and abs(z) < z_max:
            step += 1
            value = float(beta[j] + sign * step * z_max / _STEPS_TO_Z_MAX * se)
            at, eta, _ = constrained_fit(rest, y, X[:, j] * value, eta)
            if at - best < -1e-3:
                raise ConvergenceError(
                    f"Profiling column {j} found a deviance {best - at:.3g} below that of the fit; "
                    "centre and scale the predictors."
                )
            z = sign * float(np.sqrt(max(at - best, 0)))
            values.append(value)
            roots.append(z)
    order = np.argsort(values)
    x, z_at = np.array(values)[order], np.array(roots)[order]
    grid = np.linspace(x[0], x[-1], 3 * len(x))
    curve = fmm_spline(x, z_at, grid)
    order = np.argsort(curve, kind="stable")
    cut = norm.ppf((1 - ci_prob) / 2)
    low, high = np.interp([cut, -cut], curve[order], grid[order], left=np.nan, right=np.nan)
    return float(low), float(high)


@dataclass(frozen=True)
class Separation:
    """How a design separates 0/1 outcomes.

    Parameters
    ----------
    overlap : ndarray of bool
        Rows whose fitted probability stays inside (0, 1); all of them if nothing separates.
    finite : ndarray of bool
        Coefficients with a finite maximum-likelihood estimate.
    direction : ndarray
        A direction along which the likelihood rises for ever; zeros if nothing separates.
    """

    overlap: NDArray[np.bool_]
    finite: NDArray[np.bool_]
    direction: Array

    def columns(self, X: Array) -> list[int]:
        """Columns that are a basis of the design on the overlap and keep every finite coefficient.

        Parameters
        ----------
        X : ndarray of shape (n, k)
            The design that was examined.

        Returns
        -------
        list of int
            In ascending order.
        """
        rows = X[self.overlap]
        kept: list[int] = [int(j) for j in np.flatnonzero(self.finite)]
        for j in np.flatnonzero(~self.finite):
            if _rank(rows[:, [*kept, int(j)]]) > len(kept):
                kept.append(int(j))
        return sorted(kept)


def separation(X: Array, y: Array) -> Separation:
    """Find which rows and coefficients of a logistic regression run to infinity.

    One linear programme: maximise the sum of min(s_i, 1) over all b with s_i = +-(x_i b) >= 0. Its
    solution separates every row that any direction separates, whatever the scale of the columns.
    The rows left over are fitted by the limit of the likelihood; a coefficient has a finite
    estimate if and only if those rows identify it (Albert and Anderson 1984, doi:10.1093/biomet/71.1.1; Geyer
    2009, doi:10.1214/08-EJS349).

    Parameters
    ----------
    X : ndarray of shape (n, k)
        Design of full rank; k may be 0.
    y : ndarray
        Outcomes, 0 or 1.

    Returns
    -------
    Separation
        Rows in overlap, finite coefficients, a direction of recession.

    Raises
    ------
    ConvergenceError
        The linear programme was not solved.
    """
    n, k = X.shape
    if k == 0:
        return Separation(np.ones(n, bool), np.ones(0, bool), np.zeros(0))
    scale = np.abs(X).max(axis=0)
    signed = np.where(y == 1, 1.0, -1.0)[:, None] * X / scale
    programme = linprog(
        np.r_[np.zeros(k), -np.ones(n)],
        A_ub=np.c_[-signed, np.eye(n)],
        b_ub=np.zeros(n),
        bounds=[(None, None)] * k + [(0, 1)] * n,
        method="highs",
    )
    solution = programme.x
    if solution is None:
        raise ConvergenceError(f"The search for separation failed: {programme.message}")
    overlap = solution[k:] < 0.5
    if overlap.all():
        return Separation(overlap, np.ones(k, bool), np.zeros(k))
    direction = solution[:k] / scale
    rows = X[overlap] / scale
    rank = _rank(rows)
    finite = np.array([_rank(np.delete(rows, j, axis=1)) < rank for j in range(k)])
    return Separation(overlap, finite, np.where(finite, 0.0, direction))


def _rank(rows: Array) -> int:
    return int(np.linalg.matrix_rank(rows)) if rows.size else 0


def root_interval(
    X: Array, y: Array, j: int, whole: Separation, supremum: float, ci_prob: float
) -> tuple[float, float, float]:
    """Estimate and profile limits of a coefficient that has no finite maximum-likelihood estimate.

    Parameters
    ----------
    X : ndarray of shape (n, k)
        Design of full rank.
    y : ndarray
        Outcomes, 0 or 1.
    j : int
        The column asked for, one with `whole.finite` false.
    whole : Separation
        Of `X` and `y`.
    supremum : float
        The smallest deviance, approached but not attained.
    ci_prob : float
        Coverage, between 0 and 1.

    Returns
    -------
    estimate : float
        Plus or minus infinity; NaN if every value of the coefficient attains the same likelihood.
    low : float
        Lower limit, log odds; the root of the profile deviance if the estimate is plus infinity.
    high : float
        Upper limit, likewise for minus infinity.

    Raises
    ------
    ConvergenceError
        A profile fit does not converge.
    """
    rest = np.delete(X, j, axis=1)
    face = separation(rest, y)
    rows = face.overlap
    if np.array_equal(rows, whole.overlap):
        return np.nan, -np.inf, np.inf
    free, column = rest[rows][:, face.columns(rest)], X[rows, j]
    target = supremum + float(chi2.ppf(ci_prob, 1))
    _, start, _ = constrained_fit(free, y[rows], 0 * column, 0 * column)

    def excess(value: float) -> float:
        return constrained_fit(free, y[rows], column * value, start)[0] - target

    # Along the direction the profile deviance falls to the supremum, against it it has no bound.
    sign = float(np.sign(whole.direction[j]))
    step = sign / float(np.std(column) or np.abs(column).max())
    inside = outside = 0.0
    while excess(inside) > 0:
        inside, step = inside + step, 2 * step
    step = -sign * abs(step)
    while excess(outside) < 0:
        outside, step = outside + step, 2 * step
    root = float(brentq(excess, outside, inside, xtol=1e-14 * abs(step), rtol=1e-12))
    return (np.inf, root, np.inf) if sign > 0 else (-np.inf, -np.inf, root)
