"""Which scores can have a printed mean, SD and percent change: linear programming over score pairs.

A data set is a distribution over the pairs (baseline, visit) of the grid. Six printed moments, each
within its rounding, are linear constraints on it; where they have no solution, no patients have
these prints. All constraints are relaxations, so that "infeasible" is proof.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from adbayes.paper.grids import Grid, Interval

Array = NDArray[np.float64]

LARGEST_PROGRAMME = 5000
"""Pairs of scores above which no programme is set up (EASI in steps of 0.1 has half a million)."""

_SOLVED, _INFEASIBLE = 0, 2
_SCAN = 33


@dataclass(frozen=True)
class Spread:
    """A mean and an SD that round to a print.

    Parameters
    ----------
    mean, sd : tuple of (float, float)
        Lowest and highest; None where it is left free.
    """

    mean: Interval | None
    sd: Interval | None


@dataclass(frozen=True)
class Pairs:
    """Patients with two scores and their percent change, as printed.

    Parameters
    ----------
    baseline, visit, change : Spread
        Of the score at baseline and at the visit, and of 100 (baseline - visit) / baseline.
    grid : Grid
        The scores; baseline is above 0 in every patient.
    n : int
        Patients at baseline, at least 3.
    missing : int
        Those of them not seen at the visit, 0 <= missing <= n - 2.
    lost : {1, 0}
        Degrees of freedom that the SDs' divisor n - lost gives up.
    """

    baseline: Spread
    visit: Spread
    change: Spread
    grid: Grid
    n: int
    missing: int = 0
    lost: int = 1

    @cached_property
    def _values(self) -> tuple[Array, Array, Array]:
        steps = round((self.grid.high - self.grid.low) / self.grid.step)
        scores = self.grid.low + self.grid.step * np.arange(steps + 1)
        x, y = (side.ravel() for side in np.meshgrid(scores[scores > 0], scores, indexing="ij"))
        return x, y, 100 * (x - y) / x

    @cached_property
    def _constraints(self) -> tuple[Array, Array]:
        """Rows of A w <= b, w the weights of the pairs and then of the baselines of the missing."""
        x, y, change = self._values
        seen = self.n - self.missing
        rows: list[Array] = []
        limits: list[float] = []

        def between(values: Array, low: float, high: float) -> None:
            # In units of their own size, as the solver's tolerance is absolute.
            scale = max(1.0, float(np.abs(values).max()))
            rows.extend((values / scale, -values / scale))
            limits.extend((high / scale, -low / scale))

        def moments(spread: Spread, values: Array, n: int) -> None:
            centre, half = 0.0, np.inf
            if spread.mean is not None:
                centre = sum(spread.mean) / 2
                half = (spread.mean[1] - spread.mean[0]) / 2
                between(np.where(np.isnan(values), 0, values - centre), -half, half)
            if spread.sd is not None:
                low, high = ((n - self.lost) / n * end**2 for end in spread.sd)
                square = np.where(np.isnan(values), 0, (values - centre) ** 2)
                between(square, low, high + half**2)

        if self.missing:
            alone = np.unique(x)
            share = self.missing / self.n
            # Weights are of the patients seen; the baselines of the others are added in proportion.
            both = np.r_[x, alone]
            factor = np.r_[np.full(len(x), 1 - share), np.full(len(alone), share)]
            mean, sd = self.baseline.mean, self.baseline.sd
            assert mean is not None
            assert sd is not None
            centre, half = sum(mean) / 2, (mean[1] - mean[0]) / 2
            between((both - centre) * factor, -half, half)
            low, high = ((self.n - self.lost) / self.n * end**2 for end in sd)
            between((both - centre) ** 2 * factor, low, high + half**2)
            blank = np.full(len(alone), np.nan)
        else:
            moments(self.baseline, x, self.n)
            blank = np.empty(0)
        moments(self.visit, np.r_[y, blank], seen)
        moments(self.change, np.r_[change, blank], seen)
        return np.array(rows), np.array(limits)

    def _solve(self, objective: Array | None = None) -> float | None:
        """Lowest expectation of an objective over the pairs; None where nothing is feasible."""
        if not self._within_grid:
            return None
        rows, limits = self._constraints
        pairs, width = len(self._values[0]), rows.shape[1]
        total = np.zeros((2 if self.missing else 1, width))
        total[0, :pairs] = 1
        if self.missing:
            total[1, pairs:] = 1
        cost = np.zeros(width)
        if objective is not None:
            cost[:pairs] = objective
        for method in ("highs", "highs-ipm"):  # the simplex method rarely ends undecided
            found = linprog(cost, rows, limits, total, np.ones(len(total)), method=method)
            if found.status in (_SOLVED, _INFEASIBLE):
                break
        if found.status == _INFEASIBLE:
            return None
        if found.status != _SOLVED or found.fun is None:
            raise ArithmeticError(f"the linear programme ended with: {found.message}")
        return float(found.fun)

    @property
    def _within_grid(self) -> bool:
        """Whether the means and SDs are those of scores of the grid at all."""
        width = self.grid.high - self.grid.low
        for one in (self.baseline, self.visit):
            if one.mean is not None and (
                one.mean[1] < self.grid.low or one.mean[0] > self.grid.high
            ):
                return False
            if one.sd is not None and one.sd[0] > width:
                return False
        return True

    @property
    def feasible(self) -> bool:
        """Whether any patients have these prints."""
        return self._solve() is not None

    def extremes(self, objective: Array) -> Interval | None:
        """Lowest and highest mean of a function of the pairs.

        Parameters
        ----------
        objective : numpy.ndarray
            Its value at each pair, in the order of `_values`.

        Returns
        -------
        tuple of (float, float) or None
            None where nothing is feasible.
        """
        low = self._solve(objective)
        high = self._solve(-objective)
        return None if low is None or high is None else (low, -high)

    def correlation(self) -> Interval | None:
        """The correlations of baseline and visit that are possible, at the middle of the prints.

        Returns
        -------
        tuple of (float, float) or None
            Within -1 and 1; None where nothing is feasible. With missing patients the baseline's
            mean and SD among those seen are taken as those of all.
        """
        spreads = self.baseline.mean, self.baseline.sd, self.visit.mean, self.visit.sd
        if any(one is None for one in spreads):
            return None
        mean_x, sd_x, mean_y, sd_y = (sum(one) / 2 for one in spreads if one is not None)
        x, y, _ = self._values
        found = self.extremes((x - mean_x) * (y - mean_y))
        scale = sd_x * sd_y * (self.n - self.lost) / self.n
        return None if found is None else (max(found[0] / scale, -1), min(found[1] / scale, 1))

    def sds_of_change(self) -> Interval | None:
        """The SDs of the percent change that are possible beside the other five numbers.

        Returns
        -------
        tuple of (float, float) or None
            None where the others are infeasible by themselves.
        """
        mean = self.change.mean
        if mean is None:
            return None
        centre, seen = sum(mean) / 2, self.n - self.missing
        free = replace(self, change=Spread(mean, None))
        found = free.extremes((self._values[2] - centre) ** 2)
        if found is None:
            return None
        # The squares are about the middle of the print, which the mean may miss by half a unit.
        low = max(found[0] - ((mean[1] - mean[0]) / 2) ** 2, 0.0)
        return sqrt(low * seen / (seen - self.lost)), sqrt(found[1] * seen / (seen - self.lost))

    def means_of_change(self) -> Interval | None:
        """The means of the percent change that are possible beside the other five numbers.

        Returns
        -------
        tuple of (float, float) or None
            Lowest and highest, to 0.01; None where no mean is possible.
        """
        mean = self.change.mean
        if mean is None:
            return None
        half = (mean[1] - mean[0]) / 2
        bounds = replace(self, change=Spread(None, None)).extremes(self._values[2])
        if bounds is None:
            return None

        def works(centre: float) -> bool:
            spread = Spread((centre - half, centre + half), self.change.sd)
            return replace(self, change=spread).feasible

        tried = np.linspace(*bounds, _SCAN)
        good = [float(one) for one in tried if works(float(one))]
        if not good:
            return None
        step = float(tried[1] - tried[0])
        edges = []
        for inside, outside in ((good[0], good[0] - step), (good[-1], good[-1] + step)):
            while abs(inside - outside) > 0.005:
                middle = (inside + outside) / 2
                inside, outside = (middle, outside) if works(middle) else (inside, middle)
            edges.append(inside)
        return edges[0], edges[1]

    def fewest_missing(self) -> int | None:
        """The smallest number of patients missing at the visit that makes the prints possible.

        Returns
        -------
        int or None
            At most half of the patients; None where that is not enough.
        """

        def works(missing: int) -> bool:
            return replace(self, missing=missing).feasible

        low, high = 0, self.n // 2
        if works(low):
            return 0
        if not works(high):
            return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if works(middle) else (middle, high)
        return high


def largest_sd(
    mean_left: Interval, sd_left: Interval, sd_baseline: Interval, highest: float
) -> float:
    """The largest SD a score can have at a visit.

    With visit = R x baseline and R the fraction left, SD(visit) <= mean(R) SD(baseline) + SD(R)
    max(baseline), by the triangle inequality; for any number of patients seen at both.

    Parameters
    ----------
    mean_left, sd_left : tuple of (float, float)
        Mean and SD of the fraction left, within rounding.
    sd_baseline : tuple of (float, float)
        SD of the score at baseline, within rounding.
    highest : float
        The highest score.

    Returns
    -------
    float
        In the unit of the score.
    """
    return mean_left[1] * sd_baseline[1] + sd_left[1] * highest
