"""How far a number is from its print, and what that costs in a search: shared by every stage.

Each stage of a reconstruction samples from the base model times a kernel around the printed intervals,
and lets the width of the kernel shrink. The kernel (1 + v/s)^-c has heavy tails: with a
bell-shaped one the search freezes as soon as several numbers compete, because leaving a nearly right
value costs more than it can ever win.
"""

import math

from numba import njit

WEIGHT = 2.5
"""The exponent c; above 1, or a number would not be drawn into its interval at all."""

PULL = 8.0
"""Added cost of a standard error: far from the print the tails alone would lose against the base model."""


@njit(cache=True)
def miss(value: float, low: float, high: float) -> float:
    """Distance to an interval.

    Parameters
    ----------
    value : float
        Any number.
    low, high : float
        Ends of the interval.

    Returns
    -------
    float
        0 inside; infinite for NaN.
    """
    if value < low:
        return low - value
    if value > high:
        return value - high
    return 0.0 if value == value else math.inf


@njit(cache=True)
def cost(distance: float, width: float) -> float:
    """Minus the logarithm of the kernel.

    Parameters
    ----------
    distance : float
        From the interval, in standard errors.
    width : float
        Of the kernel, in standard errors.

    Returns
    -------
    float
        0 at distance 0; grows with its logarithm when near, in proportion when far.
    """
    distance = min(distance, 1e6)
    return WEIGHT * math.log1p(distance / width) + PULL * distance


@njit(cache=True)
def width_at(progress: float, first: float, last: float) -> float:
    """Width of the kernel at a point of a search.

    Parameters
    ----------
    progress : float
        Share of the search done, 0 to 1.
    first, last : float
        Widths at its start and, from 80 % of the search on, at its end.

    Returns
    -------
    float
        Falls geometrically.
    """
    return float(first * (last / first) ** min(progress / 0.8, 1.0))


@njit(cache=True)
def spread(total: float, squares: float, n: float) -> float:
    """Sample standard deviation from sums.

    Parameters
    ----------
    total, squares, n : float
        Sum, sum of squares, and number of values.

    Returns
    -------
    float
        With n - 1 in the denominator.
    """
    return math.sqrt(max(squares - total * total / n, 0.0) / (n - 1.0))
