"""The signed root of a likelihood ratio, through an estimate, a profile interval and a standard error.

A profile interval is where the likelihood has fallen by a known amount, so its two ends say how skewed
the likelihood is; the Wald p beside it says how curved it is at the estimate.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from adbayes.errors import DataError

Array = NDArray[np.float64]
Interval = tuple[float, float]

Z95 = float(stats.norm.ppf(0.975))
"""Signed root of the likelihood ratio at the end of a 95 % profile interval."""

SE_PRECISION = 0.10
"""Largest relative width of the standard error that an odds ratio and its p may leave open. Above it
(an odds ratio printed as 1.004) the p says next to nothing about the standard error and is not used."""


@dataclass(frozen=True)
class SignedRoot:
    """Signed roots of likelihood ratios: increasing functions r with r(estimate) = 0.

    The log-likelihood is -r^2 / 2. Each root is a cubic to either side of the estimate and a straight
    line beyond the ends of its interval; one array element a root.

    Parameters
    ----------
    estimate, low, high : numpy.ndarray
        Estimate and 95 % interval on the log scale.
    slope : numpy.ndarray
        r' at the estimate.
    below, above : tuple of (numpy.ndarray, numpy.ndarray)
        Coefficients of the square and the cube of the distance from the estimate, to either side.
    limited : numpy.ndarray of bool
        Where one cubic through all the conditions would not have been increasing.
    """

    estimate: Array
    low: Array
    high: Array
    slope: Array
    below: tuple[Array, Array]
    above: tuple[Array, Array]
    limited: NDArray[np.bool_]

    @classmethod
    def through(cls, estimate: Array, low: Array, high: Array, se: Array | None) -> "SignedRoot":
        """The root through an estimate and the ends of its interval.

        With a standard error, one cubic with r(low) = -1.96, r(high) = 1.96, r(estimate) = 0 and
        r'(estimate) = 1 / se; without, the quadratic through the three points. Where that is not
        increasing over the interval, two cubics that meet at the estimate: the three points are kept,
        and the slopes are moved into the region where a cubic between two points is monotone
        (Fritsch and Carlson 1980, doi:10.1137/0717021: at most three times the secant).

        Parameters
        ----------
        estimate, low, high : numpy.ndarray
            On the log scale, low < estimate < high.
        se : numpy.ndarray or None
            Standard errors at the estimate.

        Returns
        -------
        SignedRoot
            One root an element.

        Raises
        ------
        DataError
            Where an estimate does not lie within its interval.
        """
        if not ((low < estimate) & (estimate < high)).all():
            raise DataError(
                "An odds ratio does not lie within its printed interval; correct the print, or give "
                "the two ends in order."
            )
        left, right = low - estimate, high - estimate
        secant_left, secant_right = -Z95 / left, Z95 / right
        curve = (secant_right - secant_left) / (
            right - left
        )  # the divided difference of the points
        if se is None:
            slope, cube = secant_left - curve * left, np.zeros_like(estimate)
        else:
            slope = 1 / se
            cube = (curve - (secant_left - slope) / left) / right
        square = (secant_left - slope) / left - cube * left
        turning = np.divide(-square, 3 * cube, out=np.copy(left), where=cube != 0)
        places = np.array([left, right, np.clip(turning, left, right)])
        steepness = slope + 2 * square * places + 3 * cube * places**2
        limited = (steepness <= 0).any(axis=0)
        middle = np.minimum(slope, 3 * np.minimum(secant_left, secant_right))
        middle = np.where(middle > 0, middle, np.minimum(secant_left, secant_right))

        def side(end: Array, secant: Array) -> tuple[Array, Array]:
            # A parabola's slope at the end where that is monotone; never flat, so no tail is flat.
            outer = np.clip(2 * secant - middle, secant / 3, 3 * secant)
            second = (3 * secant - 2 * middle - outer) / end
            third = (middle + outer - 2 * secant) / end**2
            return np.where(limited, second, square), np.where(limited, third, cube)

        return cls(
            estimate,
            low,
            high,
            np.where(limited, middle, slope),
            side(left, secant_left),
            side(right, secant_right),
            limited,
        )

    def __call__(self, theta: ArrayLike) -> Array:
        """Evaluate every root.

        Parameters
        ----------
        theta : array_like
            Log odds ratios.

        Returns
        -------
        numpy.ndarray
            ``(len(theta), roots)``.
        """
        distance = np.atleast_1d(np.asarray(theta, dtype=float))[:, None] - self.estimate
        inside = np.clip(distance, self.low - self.estimate, self.high - self.estimate)
        square, cube = (
            np.where(inside < 0, lower, upper)
            for lower, upper in zip(self.below, self.above, strict=True)
        )
        value = inside * (self.slope + inside * (square + inside * cube))
        end_slope = self.slope + inside * (2 * square + 3 * inside * cube)
        return np.asarray(value + (distance - inside) * end_slope, dtype=float)


def se_interval(estimate: Interval, p: Interval) -> Interval:
    """The standard errors of a log odds ratio that its print and its Wald p allow.

    Parameters
    ----------
    estimate : tuple of (float, float)
        The odds ratios that round to the print.
    p : tuple of (float, float)
        The two-sided p values that round to the print; a bound begins at 0.

    Returns
    -------
    tuple of (float, float)
        Smallest and largest; ``(0, inf)`` where the print does not exclude an odds ratio of 1.
    """
    low, high = np.log(estimate)
    if low <= 0 <= high or p[1] >= 1:
        return 0.0, np.inf
    z_high, z_low = stats.norm.isf(np.array(p) / 2)
    size = np.abs([low, high])
    return float(size.min() / z_high), float(size.max() / z_low)
