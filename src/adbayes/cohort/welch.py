"""Welch's t test from the sums of two groups, as a distance from the p value that was printed."""

import math

import numpy as np
from numba import njit
from scipy.special import stdtrit

from adbayes.cohort.kernel import miss, spread
from adbayes.cohort.targets import Interval
from adbayes.cohort.windows import MARGIN, Floats

GRID = 2001

_BEYOND = 1.6
"""How far t may exceed what an upper bound asks for: p < 0.001 says nothing of how far."""


def welch_window(
    sizes: list[Floats],
    totals: list[Floats],
    squares: list[Floats],
    p_value: Interval,
    second_larger: bool,
) -> Floats:
    """Distance of Welch's t from the values that give a printed p.

    Parameters
    ----------
    sizes, totals, squares : list of ndarray
        Number, sum and sum of squares in either group.
    p_value : tuple of float
        Interval of the two-sided p value.
    second_larger : bool
        Which mean the print has larger: with the size of t alone a search settles on the mirror
        image.

    Returns
    -------
    ndarray
        In half widths of the interval of t.
    """
    means = [t / n for t, n in zip(totals, sizes, strict=True)]
    errors = [
        np.maximum(q - t * t / n, 1e-9) / (n - 1) / n
        for n, t, q in zip(sizes, totals, squares, strict=True)
    ]
    error = errors[0] + errors[1]
    df = error**2 / sum(e**2 / (n - 1) for e, n in zip(errors, sizes, strict=True))
    low = _upper(min(p_value[1], 1.0) / 2, df)
    high = _upper(p_value[0] / 2, df) if p_value[0] > 0 else _BEYOND * low
    t = (1 if second_larger else -1) * (means[1] - means[0]) / np.sqrt(error)
    return np.asarray((t - (low + high) / 2) / (MARGIN * (high - low) / 2))


def welch_bounds(p_value: Interval) -> Floats:
    """The |t| that gives a printed p, at every number of degrees of freedom.

    Parameters
    ----------
    p_value : tuple of float
        Interval of the two-sided p value.

    Returns
    -------
    ndarray of shape (2, 2001)
        Smallest and largest |t|, on an even grid of 2/df from 0 to 1.
    """
    df = 2 / np.maximum(np.linspace(0, 1, GRID), 1e-9)
    low, high = max(p_value[0], 0.0), min(p_value[1], 1.0)
    top = np.full(GRID, np.inf) if low <= 0 else _upper(low / 2, df)
    return np.array([_upper(high / 2, df), top])


def _upper(tail: float, df: Floats) -> Floats:
    """Quantile of Student's t, which a search asks for often: SciPy's distributions check too much."""
    return np.asarray(-stdtrit(df, tail))


@njit(cache=True)
def welch_miss(n0, s0, q0, n1, s1, q1, bounds, sign):  # type: ignore[no-untyped-def]  # Numba
    """Distance of Welch's |t| from its interval.

    Parameters
    ----------
    n0, s0, q0, n1, s1, q1 : float
        Number, sum and sum of squares in the two groups.
    bounds : ndarray of shape (2, 2001)
        As `welch_bounds` gives it.
    sign : float
        1 where the second mean must be the larger, else -1: with |t| alone a search settles on the
        mirror image.

    Returns
    -------
    float
        In tenths of the printed t.
    """
    e0, e1 = spread(s0, q0, n0) ** 2 / n0, spread(s1, q1, n1) ** 2 / n1
    if e0 + e1 <= 0.0:
        return math.inf
    t = sign * (s1 / n1 - s0 / n0) / math.sqrt(e0 + e1)
    df = max((e0 + e1) ** 2 / (e0 * e0 / (n0 - 1.0) + e1 * e1 / (n1 - 1.0)), 2.0)
    at = 2.0 / df * (bounds.shape[1] - 1)
    k = min(int(at), bounds.shape[1] - 2)
    low = bounds[0, k] + (at - k) * (bounds[0, k + 1] - bounds[0, k])
    high = bounds[1, k]
    if high < math.inf:
        high += (at - k) * (bounds[1, k + 1] - bounds[1, k])
    # Given the means, t is off by as much as the standard error is: a tenth of it is one step.
    return 10.0 * miss(t, low, high) / max(low, 0.05)
