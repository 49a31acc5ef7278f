"""Which patients carry a binary predictor: the search behind every row of a table of odds ratios.

With EASI fixed, the rows of Table 5 no longer depend on each other, so each predictor is found on its
own. A search moves the label between patients (mostly neighbours in baseline EASI with the same
response, which changes little), lets missing cells move, and accepts by the kernel around the printed
odds ratio, limits, Wald p, group means and Welch p, times the base model: how different the two
groups should be at the other visits.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import stats

from adbayes.cohort.kernel import cost, miss, spread, width_at
from adbayes.cohort.odds import limits, wald
from adbayes.cohort.targets import ANY, Interval

Labels = NDArray[np.int8]
Floats = NDArray[np.float64]

SOFT, MEANS, OUTSIDE = 0, 1, 2
_GRID = 2001


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

    def intervals(self) -> Floats:
        """The row on the scales of the search.

        Returns
        -------
        ndarray of shape (4, 2)
            Log odds ratio, log limits, and the Wald z with its sign.
        """
        logs = [_log(pair) for pair in (self.odds_ratio, self.ci_low, self.ci_high)]
        low, high = self.p_value
        z = sorted(float(stats.norm.isf(max(p, 1e-12) / 2)) for p in (low, high))
        if sum(logs[0]) < 0:
            z = [-z[1], -z[0]]
        return np.array([*logs, z])

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


NO_ROW = OddsRow(ANY, ANY, ANY, ANY)


def _log(pair: Interval) -> Interval:
    return math.log(max(pair[0], 1e-12)), math.log(pair[1])


@dataclass
class Features:
    """Sums over the two groups that must, or should, come out in some way.

    Parameters
    ----------
    values : list of ndarray
        One value a patient, per feature.
    kinds : list of int
        SOFT (difference of means, high minus low), MEANS (both means and Welch's p), OUTSIDE (the
        sum over those without the label).
    wanted : list of tuple
        SOFT: target and its SD. MEANS: the four ends of the intervals of the low and the high mean.
        OUTSIDE: the sum.
    welch : list of tuple of float
        Interval of Welch's p value; read for MEANS only.
    """

    values: list[Floats] = field(default_factory=list)
    kinds: list[int] = field(default_factory=list)
    wanted: list[tuple[float, float, float, float]] = field(default_factory=list)
    welch: list[Interval] = field(default_factory=list)

    def soft(self, values: Floats, target: float, sd: float) -> None:
        """Ask for a difference of group means.

        Parameters
        ----------
        values : ndarray
            One a patient.
        target, sd : float
            Wanted difference, high minus low, and how closely.
        """
        self._add(SOFT, values, (target, sd, 0.0, 0.0), ANY)

    def means(self, values: Floats, low: Interval, high: Interval, p_value: Interval) -> None:
        """Ask for printed group means and Welch's p.

        Parameters
        ----------
        values : ndarray
            One a patient.
        low, high, p_value : tuple of float
            Intervals of the means of the two groups and of the p value.
        """
        self._add(MEANS, values, (*low, *high), p_value)

    def outside(self, values: Floats, total: float) -> None:
        """Ask for a sum over the patients without the label.

        Parameters
        ----------
        values : ndarray
            One a patient.
        total : float
            The sum.
        """
        self._add(OUTSIDE, values, (total, 0.0, 0.0, 0.0), ANY)

    def _add(
        self, kind: int, values: Floats, wanted: tuple[float, float, float, float], p: Interval
    ) -> None:
        self.values.append(np.asarray(values, dtype=float))
        self.kinds.append(kind)
        self.wanted.append(wanted)
        self.welch.append(p)


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
    df = 2 / np.maximum(np.linspace(0, 1, _GRID), 1e-9)
    low, high = max(p_value[0], 0.0), min(p_value[1], 1.0)
    top = np.full(_GRID, np.inf) if low <= 0 else stats.t.isf(low / 2, df)
    return np.array([stats.t.isf(high / 2, df), top])


@njit(cache=True)
def welch_miss(n0, s0, q0, n1, s1, q1, bounds, sign):  # type: ignore[no-untyped-def]
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


@dataclass(frozen=True)
class LabelProblem:
    """One predictor and everything it must agree with.

    Parameters
    ----------
    baseline : ndarray
        Baseline EASI, standardised.
    response : ndarray of int8
        EASI-90 at the last visit.
    row : OddsRow
        Its printed row.
    features : Features
        What its groups must look like.
    mask_moves : bool
        Whether the missing cells may move to other patients.
    count_moves : tuple of float or None
        Wanted number with the label and its SD where the print does not fix it; None where it does.
    """

    baseline: Floats
    response: Labels
    row: OddsRow
    features: Features
    mask_moves: bool = False
    count_moves: tuple[float, float] | None = None


def search_labels(
    problem: LabelProblem, start: Labels, evaluations: int, seed: int
) -> tuple[Labels, float]:
    """Find who carries a label.

    Parameters
    ----------
    problem : LabelProblem
        What must agree.
    start : ndarray of int8
        0, 1, or -1 for missing; where the search starts.
    evaluations : int
        Number of logistic regressions after which it stops.
    seed : int
        Seed.

    Returns
    -------
    labels : ndarray of int8
        As `start`.
    missed : float
        Sum of the distances to the printed intervals, in standard errors; 0 if all agree.
    """
    f = problem.features
    n = len(start)
    k = len(f.kinds)
    labels = start.copy()
    count = problem.count_moves or (0.0, 0.0)
    missed = _search(
        np.ascontiguousarray(problem.baseline), problem.response, labels, problem.row.intervals(),
        problem.row.scales() if problem.row is not NO_ROW else np.ones(4),
        problem.row is not NO_ROW,
        np.array(f.values).reshape(k, n), np.array(f.kinds, dtype=np.int64),
        np.array(f.wanted, dtype=float).reshape(k, 4),
        np.array([welch_bounds(p) for p in f.welch]).reshape(k, 2, _GRID),
        problem.mask_moves, count[0], count[1], evaluations, np.random.default_rng(seed),
    )  # fmt: skip
    return labels, float(missed)


@njit(cache=True)
def _groups(z, values, kinds, wanted, welch, missing, count, count_sd):  # type: ignore[no-untyped-def]
    """Soft cost of the groups; `missing` receives the distances of what is printed."""
    n = z.size
    n0 = n1 = 0.0
    for i in range(n):
        n0 += z[i] == 0
        n1 += z[i] == 1
    soft = 0.5 * ((n1 - count) / count_sd) ** 2 if count_sd > 0.0 else 0.0
    for k in range(kinds.size):
        s0 = s1 = q0 = q1 = 0.0
        for i in range(n):
            if z[i] == 0:
                s0 += values[k, i]
                q0 += values[k, i] * values[k, i]
            elif z[i] == 1:
                s1 += values[k, i]
                q1 += values[k, i] * values[k, i]
        at = 4 + 3 * k
        if kinds[k] == 0:
            soft += 0.5 * ((s1 / n1 - s0 / n0 - wanted[k, 0]) / wanted[k, 1]) ** 2
        elif kinds[k] == 1:
            sd = max(spread(s0 + s1, q0 + q1, n0 + n1), 1e-9)
            missing[at] = miss(s0 / n0, wanted[k, 0], wanted[k, 1]) / sd * math.sqrt(n0)
            missing[at + 1] = miss(s1 / n1, wanted[k, 2], wanted[k, 3]) / sd * math.sqrt(n1)
            missing[at + 2] = welch_miss(
                n0, s0, q0, n1, s1, q1, welch[k], 1.0 if wanted[k, 2] > wanted[k, 0] else -1.0
            )
        else:
            missing[at] = 0.3 * abs(s0 - wanted[k, 0])
    return soft


@njit(cache=True)
def _search(  # type: ignore[no-untyped-def]
    x,
    y,
    z,
    row,
    scales,
    has_row,
    values,
    kinds,
    wanted,
    welch,
    mask_moves,
    count,
    count_sd,
    evaluations,
    rng,
):
    n = x.size
    order = np.argsort(x)
    rank = np.empty(n, dtype=np.int64)
    for r in range(n):
        rank[order[r]] = r
    far = np.zeros(4 + 3 * kinds.size)
    now = np.full(far.size, 1e3)
    best, best_missed = z.copy(), math.inf
    soft_now = 1e6
    beta, trial = np.zeros(3), np.zeros(3)
    done = tries = 0
    started = False
    while done < evaluations and tries < 400 * evaluations:
        tries += 1
        s = width_at(done / evaluations, 0.5, 1e-4)
        i = j = rng.integers(0, n)
        kind = rng.random()
        before_i, before_j = z[i], z[j]
        if started:
            if kind < 0.1 and count_sd > 0.0:
                if z[i] < 0:
                    continue
                z[i] = 1 - z[i]
            else:
                near = kind < 0.8
                if near:
                    r = rank[i] + rng.integers(-8, 9)
                    if r < 0 or r >= n:
                        continue
                    j = order[r]
                    if y[j] != y[i]:
                        continue
                else:
                    j = rng.integers(0, n)
                if z[i] == z[j] or ((z[i] < 0 or z[j] < 0) and not mask_moves):
                    continue
                before_j = z[j]
                z[i], z[j] = before_j, before_i
        bar = math.inf
        if started:
            bar = soft_now - math.log(rng.random())
            for d in now:
                bar += cost(d, s)
        far[:] = 0.0
        soft = _groups(z, values, kinds, wanted, welch, far, count, count_sd)
        energy = soft
        for d in far:
            energy += cost(d, s)
        accepted = energy < bar or not started
        done += 1
        if accepted and has_row:
            trial[:] = beta
            estimate, se, deviance = wald(x, y, z, trial)
            if math.isnan(se) and started:
                accepted = False
                trial[:] = 0.0
            elif not math.isnan(se):
                far[0] = miss(estimate, row[0, 0], row[0, 1]) / scales[0]
                far[3] = miss(estimate / se, row[3, 0], row[3, 1])
                energy += cost(far[0], s) + cost(far[3], s)
                if energy < bar:
                    low, high = limits(x, y, z, trial, se, deviance)
                    far[1] = min(miss(low, row[1, 0], row[1, 1]) / scales[1], 1e3)
                    far[2] = min(miss(high, row[2, 0], row[2, 1]) / scales[2], 1e3)
                    energy += cost(far[1], s) + cost(far[2], s)
                accepted = energy < bar
            else:
                far[:4] = 1e3
                trial[:] = 0.0
        if accepted or not started:
            now[:] = far
            soft_now = soft
            beta[:] = trial
            missed = now.sum()
            if missed < best_missed:
                best_missed = missed
                best[:] = z
            if missed == 0.0 and done > evaluations // 4:
                return missed
            started = True
        else:
            z[i], z[j] = before_i, before_j
            if i == j:
                z[i] = before_i
    z[:] = best
    return best_missed
