"""The last step to exact agreement of a score at one visit: descent over all triples of moves.

With baseline and groups fixed, every printed number of a visit is a window on a sum over patients:
of the score and its percent change, of their squares, of group members, and of products with other
outcomes. Welch's p is a window on squares once group means and degrees of freedom are held. What a
move adds to each sum is known beforehand, so the best of ten million triples is found in a moment;
a random walk over coarse scores has no such triples at hand and stops with a few numbers one step off.
"""

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import stats

from adbayes.cohort.kernel import miss
from adbayes.cohort.targets import Interval

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
_RESTARTS = 4
_INSIDE = 0.96  # the share of every window that is used, for what is linearised


@dataclass(frozen=True)
class VisitProblem:
    """One visit of a score with its printed numbers.

    Parameters
    ----------
    base, values : ndarray of int64
        Baseline and the searched values at the visit.
    high : int
        Largest value; the smallest is 0.
    mean, sd, change_mean, change_sd : tuple of float
        Intervals of the moments of the score and of its percent change.
    others : ndarray of shape (outcomes, patients)
        Outcomes whose correlation with this visit is printed.
    correlations : list of tuple of float
        Their intervals.
    groups : ndarray of shape (groupings, patients)
        1, 0, or -1 for missing.
    group_means : ndarray of shape (groupings, 4)
        Ends of the intervals of the mean percent change, low and high group.
    group_p : list of tuple of float
        Intervals of Welch's p.
    """

    base: Ints
    values: Ints
    high: int
    mean: Interval
    sd: Interval
    change_mean: Interval
    change_sd: Interval
    others: Floats
    correlations: list[Interval]
    groups: NDArray[np.int8]
    group_means: Floats
    group_p: list[Interval]


def make_exact(problem: VisitProblem, rounds: int, seed: int) -> tuple[Ints, float]:
    """Find values near the searched ones that agree with every printed number.

    Parameters
    ----------
    problem : VisitProblem
        The visit.
    rounds : int
        Most steps of the descent; it ends at the first exact visit.
    seed : int
        Seed of the kicks that leave a dead end.

    Returns
    -------
    values : ndarray of int64
        The best values met.
    missed : float
        Their summed distance to the windows, in standard errors; 0 if every window is met.
    """
    rng = np.random.default_rng(seed)
    values = problem.values.copy()
    best, least = values.copy(), math.inf
    for _ in range(_RESTARTS):
        low, high, scale, table = _windows(problem, values)
        missed = _descend(values, problem.high, table, low, high, scale, rounds // _RESTARTS, rng)
        if missed < least:
            best, least = values.copy(), float(missed)
        if least == 0:
            break
    return best, least


def _windows(problem: VisitProblem, values: Ints) -> tuple[Floats, Floats, Floats, Floats]:
    """Windows of the sums, their standard errors, and what each value of each patient adds."""
    n = len(problem.base)
    patient, value = [], []
    for i in range(n):
        for k in range(problem.high + 1):
            patient.append(i)
            value.append(k)
    who, y = np.array(patient), np.array(value, dtype=float)
    p = 100 * (problem.base[who] - y) / problem.base[who]
    rows: list[Floats] = []
    low: list[float] = []
    high: list[float] = []

    def window(row: Floats, ends: Interval) -> None:
        if not (math.isinf(ends[0]) and math.isinf(ends[1])):
            middle, half = sum(ends) / 2, _INSIDE * (ends[1] - ends[0]) / 2
            rows.append(row)
            low.append(middle - half)
            high.append(middle + half)

    def squares(of: Floats, mean: Interval, sd: Interval) -> None:
        if math.isinf(sd[0]) or math.isinf(mean[0]):
            return
        centred = (of - sum(mean) / 2) ** 2
        window(centred, (sd[0] ** 2 * (n - 1), sd[1] ** 2 * (n - 1)))

    window(y, (problem.mean[0] * n, problem.mean[1] * n))
    squares(y, problem.mean, problem.sd)
    window(p, (problem.change_mean[0] * n, problem.change_mean[1] * n))
    squares(p, problem.change_mean, problem.change_sd)
    sd_y = sum(problem.sd) / 2
    for other, ends in zip(problem.others, problem.correlations, strict=True):
        centred = other - other.mean()
        unit = float(np.std(other, ddof=1)) * sd_y * (n - 1)
        window(centred[who] * y, (ends[0] * unit, ends[1] * unit))
    for group, means, ends in zip(
        problem.groups, problem.group_means, problem.group_p, strict=True
    ):
        members = group[who]
        size = [int(np.sum(group == h)) for h in (0, 1)]
        for h in (0, 1):
            inside = (means[2 * h] * size[h], means[2 * h + 1] * size[h])
            window(np.where(members == h, p, 0.0), inside)
        # Squared standard error that gives the printed p at these means.
        middle = [float(means[0] + means[1]) / 2, float(means[2] + means[3]) / 2]
        now = 100 * (problem.base - values) / problem.base
        errors = [float(np.var(now[group == h], ddof=1)) / size[h] for h in (0, 1)]
        df = sum(errors) ** 2 / sum(e**2 / (k - 1) for e, k in zip(errors, size, strict=True))
        top = stats.t.isf(max(ends[0], 1e-12) / 2, df)
        bottom = stats.t.isf(min(ends[1], 1.0) / 2, df)
        gap = (middle[1] - middle[0]) ** 2
        row = np.zeros(len(y))
        for h in (0, 1):
            weight = 1 / (size[h] * (size[h] - 1))
            row += np.where(members == h, weight * (p - middle[h]) ** 2, 0.0)
        window(row, (gap / top**2, gap / max(bottom, 1e-6) ** 2))
    table = np.array(rows).reshape(len(rows), n, problem.high + 1)
    at = table[:, np.arange(n), values]
    scale = np.maximum(at.std(axis=1) * math.sqrt(n), 1e-9)
    return np.array(low), np.array(high), np.asarray(scale), table


@njit(cache=True)
def _descend(values, top, table, low, high, scale, rounds, rng):  # type: ignore[no-untyped-def]
    """Take, again and again, the best of all triples of moves; kick where none helps."""
    k, n = table.shape[0], table.shape[1]
    sums = np.zeros(k)
    for i in range(n):
        sums += table[:, i, values[i]]
    best, least = values.copy(), math.inf
    moves = np.empty((4 * n, 2), dtype=np.int64)
    effects = np.empty((4 * n, k))
    pair = np.empty(k)
    width = 0.1
    for _ in range(rounds):
        m = 0
        for i in range(n):
            for step in (-2, -1, 1, 2):
                to = values[i] + step
                if 0 <= to <= top and (abs(step) == 1 or rng.random() < 0.5):
                    moves[m, 0], moves[m, 1] = i, to
                    effects[m] = table[:, i, to] - table[:, i, values[i]]
                    m += 1
        order = rng.permutation(m)
        bound = _sum_cost(sums, low, high, scale, width, math.inf)
        now = bound
        chosen = np.full(3, -1)
        for a_ in range(m):
            a = order[a_]
            for b_ in range(a_):
                b = order[b_]
                if moves[a, 0] == moves[b, 0]:
                    continue
                for d in range(k):
                    pair[d] = sums[d] + effects[a, d] + effects[b, d]
                e = _sum_cost(pair, low, high, scale, width, bound)
                if e < bound:
                    bound = e
                    chosen[0], chosen[1], chosen[2] = a, b, -1
                for c_ in range(b_):
                    c = order[c_]
                    e = 0.0
                    for d in range(k):
                        v = miss(pair[d] + effects[c, d], low[d], high[d]) / scale[d]
                        if v > 0.0:
                            e += v / (v + width) + 4.0 * v
                            if e >= bound:
                                break
                    if e < bound and moves[a, 0] != moves[c, 0] and moves[b, 0] != moves[c, 0]:
                        bound = e
                        chosen[0], chosen[1], chosen[2] = a, b, c
        for c in chosen:
            if c >= 0:
                values[moves[c, 0]] = moves[c, 1]
                sums += effects[c]
        missed = 0.0
        for d in range(k):
            missed += miss(sums[d], low[d], high[d]) / scale[d]
        if missed < least:
            least = missed
            best[:] = values
            if least < 1e-12:
                least = 0.0
                break
        if bound >= now - 1e-9 and width <= 0.0006:
            values[:] = best
            for _ in range(rng.integers(2, 9)):
                i = rng.integers(0, n)
                to = values[i] + (1 if rng.random() < 0.5 else -1)
                if 0 <= to <= top:
                    values[i] = to
            sums[:] = 0.0
            for i in range(n):
                sums += table[:, i, values[i]]
            width = 0.02
        else:
            width = max(width * 0.7, 0.0005)
    values[:] = best
    return least


@njit(cache=True)
def _sum_cost(sums, low, high, scale, width, bound):  # type: ignore[no-untyped-def]
    e = 0.0
    for d in range(sums.size):
        v = miss(sums[d], low[d], high[d]) / scale[d]
        if v > 0.0:
            e += v / (v + width) + 4.0 * v
            if e >= bound:
                return e
    return e
