"""A printed row of a table of odds ratios, on the scales of a search."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from adbayes.cohort.targets import Interval
from adbayes.cohort.windows import Floats

_FINEST = 2e-5
"""Smallest half width of a window on the log scale."""

_NEAR_RATIO, _NEAR_P = 0.01, 0.001
"""What a printed row may be off by and still be near."""


@dataclass(frozen=True)
class OddsRow:
    """A printed row: intervals of the odds ratio, its limits and its p value.

    Parameters
    ----------
    odds_ratio, ci_low, ci_high, p_value : tuple of float
        Intervals in which the row is printed as it is.
    """

    odds_ratio: Interval
    ci_low: Interval
    ci_high: Interval
    p_value: Interval

    def intervals(self) -> list[Interval]:
        """The row on the scales of the search.

        Returns
        -------
        list of tuple of float
            Log odds ratio, log limits, and the Wald z with its sign: with the two-sided p a search
            settles on the mirror image.
        """
        logs = [_log(pair) for pair in (self.odds_ratio, self.ci_low, self.ci_high)]
        low, high = (float(stats.norm.isf(max(p, 1e-12) / 2)) for p in self.p_value[::-1])
        return [*logs, (-high, -low) if sum(logs[0]) < 0 else (low, high)]

    def relaxed(self) -> "OddsRow":
        """The row with all that counts as near: within 1 % of a ratio or limit, 0.001 of p.

        Returns
        -------
        OddsRow
            With intervals that are at least so wide.
        """
        ratio, low, high = (
            _widened(pair, _NEAR_RATIO * sum(pair) / 2)
            for pair in (self.odds_ratio, self.ci_low, self.ci_high)
        )
        return OddsRow(ratio, low, high, near_p(self.p_value, _NEAR_P))

    def scales(self) -> Floats:
        """What one standard error is on these scales.

        Returns
        -------
        ndarray of shape (4,)
            From the width of the printed interval; 1 for z.
        """
        low, high = (math.sqrt(max(a * b, 1e-12)) for a, b in (self.ci_low, self.ci_high))
        se = math.log(high / low) / 3.92
        return np.array([se, se, se, 1.0])


def near_p(pair: Interval, half: float) -> Interval:
    """Interval of the p values that count as near; an upper bound stays.

    Parameters
    ----------
    pair : tuple of float
        Interval in which p is printed as it is.
    half : float
        Half width of what counts as near.

    Returns
    -------
    tuple of float
        At least so wide.
    """
    return pair if pair[0] <= 0 else _widened(pair, half)


def _widened(pair: Interval, half: float) -> Interval:
    middle = sum(pair) / 2
    return min(pair[0], middle - half), max(pair[1], middle + half)


def _log(pair: Interval) -> Interval:
    low, high = math.log(max(pair[0], 1e-12)), math.log(pair[1])
    # A limit such as 104.917 is printed to five parts in a million: no search over 99 patients aims so
    # finely, and one that tried would never finish the rest of the row.
    room = max(_FINEST - (high - low) / 2, 0.0)
    return low - room, high + room
