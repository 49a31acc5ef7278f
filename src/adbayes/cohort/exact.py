"""The last step to exact agreement of a score: meeting in the middle.

A printed number of a visit is a window on a sum over patients: of the score and its percent change, of
their squares, of group members, of products with other outcomes. Welch's p is a window on squares once
group means and degrees of freedom are held. A random walk over coarse scores stops with
several numbers one step off, because no single move is small enough in every sum at once. But what a move adds
to each sum is known beforehand: with a million small compound moves at hand, sorted by three of
the sums, the partners that complete each of them are found at once among a million million.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import stats

from adbayes.cohort.kernel import miss
from adbayes.cohort.targets import Interval

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
_INSIDE = 0.98  # the share of every window that is used, for what is linearised
_NEAR = 1e-3  # standard errors; a miss well above this counts as one number that does not agree
_SPAN = 4096
_PATIENCE = 8
_SMALL = 10  # a group with fewer members is settled before the others
_SLACK = 1.5  # how many more windows may be missed on the way out of a dead end
_DRAWN, _FINE = 200_000, 6_000


@dataclass(frozen=True)
class VisitProblem:
    """One visit of a score with its printed numbers.

    Parameters
    ----------
    high : int
        Largest value; the smallest is 0, at baseline 1.
    base_mean, base_sd : tuple of float
        Intervals of the moments at baseline.
    mean, sd, change_mean, change_sd : tuple of float
        Intervals of the moments of the score and of its percent change at the visit.
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

    high: int
    base_mean: Interval
    base_sd: Interval
    mean: Interval
    sd: Interval
    change_mean: Interval
    change_sd: Interval
    others: Floats
    correlations: list[Interval]
    groups: NDArray[np.int8]
    group_means: Floats
    group_p: list[Interval]


def make_exact(
    problem: VisitProblem,
    base: Ints,
    values: Ints,
    rounds: int,
    seed: int,
    *,
    move_base: bool,
    size: int = 1_000_000,
) -> tuple[Ints, Ints, float]:
    """Find values near the searched ones that agree with every printed number.

    Parameters
    ----------
    problem : VisitProblem
        The visit.
    base, values : ndarray of int64
        Baseline and the searched values at the visit.
    rounds : int
        Most meetings; the search ends at the first exact visit.
    seed : int
        Seed of the compound moves.
    move_base : bool
        Whether baseline may move too, its sum kept.
    size : int, optional
        Compound moves on each side.

    Returns
    -------
    base, values : ndarray of int64
        The best met.
    missed : float
        Their summed distance to the windows, in standard errors; 0 if every window is met.
    """
    rng = np.random.default_rng(seed)
    base, values = base.copy(), values.copy()
    everyone = np.arange(len(base))
    for g, group in enumerate(problem.groups):
        if 0 < int(np.sum(group == 1)) < _SMALL:
            base, values = _settle(problem, g, base, values, move_base, rng)
    least, before, idle = math.inf, math.inf, 0
    best = (base.copy(), values.copy(), math.inf)
    for _ in range(rounds):
        windows = _Windows(problem, base, values)
        at = windows.terms(everyone, base, values)
        scale = np.maximum(at.std(axis=1) * math.sqrt(len(base)), 1e-9)
        low, high = np.array(windows.low), np.array(windows.high)
        sums = at.sum(axis=1)
        short = np.maximum(np.maximum(low - sums, sums - high), 0.0) / scale
        missed = float(np.sum(short / (short + _NEAR) + 4 * short))
        stuck = missed >= before - 1e-9
        before = missed
        if missed < best[2]:
            best, least, idle = (base.copy(), values.copy(), missed), float(short.sum()), 0
        idle += 1
        if idle > _PATIENCE:
            break
        if least == 0:
            break
        who, to_base, to_value = _library(problem, base, values, move_base, rng)
        effects = sum(
            windows.terms(who[:, m], to_base[:, m], to_value[:, m])
            - windows.terms(who[:, m], base[who[:, m]], values[who[:, m]])
            for m in range(2)
        )
        # The finest moves there are, and as many of the size of what is still missed.
        largest = np.max(np.abs(effects) / scale[:, None], axis=0)
        order = np.argsort(largest, kind="stable")
        coarse = order[: max(int(np.sum(largest <= 1.5 * short.max())), _FINE)]
        fine = np.unique(np.r_[order[: _FINE // 2], rng.permutation(coarse)[: _FINE // 2]])
        chosen = _meet(
            np.ascontiguousarray(effects[:, fine].T), who[fine], low - sums, high - sums, scale,
            missed + (_SLACK if stuck else 0.0), size, rng,
        )  # fmt: skip
        for k in fine[chosen[chosen >= 0]]:
            base[who[k]], values[who[k]] = to_base[k], to_value[k]
    return best[0], best[1], least


def _settle(
    problem: VisitProblem, grouping: int, base: Ints, values: Ints, move_base: bool,
    rng: np.random.Generator,
) -> tuple[Ints, Ints]:  # fmt: skip
    """Give a small group a mean that is printed as it was: few values are open to it, so it comes first."""
    members = np.flatnonzero(problem.groups[grouping] == 1)
    windows = _Windows(problem, base, values)
    at = windows.terms(np.arange(len(base)), base, values)
    scale = np.maximum(at.std(axis=1) * math.sqrt(len(base)), 1e-9)[:, None]
    low, high = np.array(windows.low)[:, None], np.array(windows.high)[:, None]
    k, tried = len(members), 60_000
    dy = rng.integers(-2, 3, (tried, k)) * (rng.random((tried, k)) < 0.6)
    dx = np.zeros((tried, k), dtype=np.int64)
    if move_base:
        one, other = rng.integers(0, k, tried), rng.integers(0, k, tried)
        step = rng.integers(-2, 3, tried)
        dx[np.arange(tried), one] += step
        dx[np.arange(tried), other] -= step
    x, y = base[members] + dx, values[members] + dy
    good = ((x >= 1) & (x <= problem.high) & (y >= 0) & (y <= problem.high)).all(axis=1)
    x, y = x[good], y[good]
    sums = (at.sum(axis=1) - at[:, members].sum(axis=1))[:, None] + sum(
        windows.terms(np.full(len(x), i), x[:, m], y[:, m]) for m, i in enumerate(members)
    )
    short = np.maximum(np.maximum(low - sums, sums - high), 0.0) / scale
    mean = 100 * ((x - y) / x).mean(axis=1)
    ends = problem.group_means[grouping, 2:]
    right = (mean >= ends[0]) & (mean <= ends[1])
    if not right.any():
        return base, values
    cost = np.where(right, (short / (short + _NEAR) + 4 * short).sum(axis=0), np.inf)
    best = int(np.argmin(cost))
    base, values = base.copy(), values.copy()
    base[members], values[members] = x[best], y[best]
    return base, values


class _Windows:
    """Every printed number of a visit as a window on a sum of terms, linear around a state."""

    def __init__(self, problem: VisitProblem, base: Ints, values: Ints) -> None:
        self.problem = problem
        self.low: list[float] = []
        self.high: list[float] = []
        self.parts: list[Callable[[Ints, Floats, Floats, Floats], Floats]] = []
        n = len(base)
        change = 100 * (base - values) / base
        for group, means, ends in zip(
            problem.groups, problem.group_means, problem.group_p, strict=True
        ):
            self._group(group, means, ends, change)
        self._moments(lambda i, x, y, p: p, problem.change_mean, problem.change_sd, n)
        self._moments(lambda i, x, y, p: y, problem.mean, problem.sd, n)
        self._moments(lambda i, x, y, p: x, problem.base_mean, problem.base_sd, n)
        sd = sum(problem.sd) / 2
        for other, ends in zip(problem.others, problem.correlations, strict=True):
            centred = other - other.mean()
            unit = float(np.std(other, ddof=1)) * sd * (n - 1)
            self._add(lambda i, x, y, p, c=centred: c[i] * y, (ends[0] * unit, ends[1] * unit))

    def terms(self, who: Ints, base: Ints, values: Ints) -> Floats:
        x, y = base.astype(float), values.astype(float)
        p = 100 * (x - y) / x
        return np.array([part(who, x, y, p) for part in self.parts]).reshape(-1, len(who))

    def _add(self, part: Callable[..., Floats], ends: Interval) -> None:
        if math.isinf(ends[0]) or math.isinf(ends[1]):
            return
        middle, half = sum(ends) / 2, _INSIDE * (ends[1] - ends[0]) / 2
        self.low.append(middle - half)
        self.high.append(middle + half)
        self.parts.append(part)

    def _moments(self, of: Callable[..., Floats], mean: Interval, sd: Interval, n: int) -> None:
        self._add(of, (mean[0] * n, mean[1] * n))
        if not math.isinf(mean[0]):
            middle = sum(mean) / 2
            self._add(
                lambda i, x, y, p: (of(i, x, y, p) - middle) ** 2,
                (sd[0] * abs(sd[0]) * (n - 1), sd[1] ** 2 * (n - 1)),
            )

    def _group(
        self, group: NDArray[np.int8], means: Floats, p_value: Interval, now: Floats
    ) -> None:
        size = [int(np.sum(group == h)) for h in (0, 1)]
        middle = [float(means[0] + means[1]) / 2, float(means[2] + means[3]) / 2]
        for h in (0, 1):
            self._add(
                lambda i, x, y, p, h=h: np.where(group[i] == h, p, 0.0),
                (float(means[2 * h]) * size[h], float(means[2 * h + 1]) * size[h]),
            )
        # The squared standard error that gives the printed p at these means and degrees of freedom.
        errors = [float(np.var(now[group == h], ddof=1)) / size[h] for h in (0, 1)]
        df = sum(errors) ** 2 / sum(e**2 / (k - 1) for e, k in zip(errors, size, strict=True))
        largest = float(stats.t.isf(max(p_value[0], 1e-12) / 2, df))
        smallest = max(float(stats.t.isf(min(p_value[1], 1.0) / 2, df)), 1e-6)
        gap = (middle[1] - middle[0]) ** 2
        weight = [1 / (k * (k - 1)) for k in size]
        self._add(
            lambda i, x, y, p: sum(
                np.where(group[i] == h, weight[h] * (p - middle[h]) ** 2, 0.0) for h in (0, 1)
            ),
            (gap / largest**2, gap / smallest**2),
        )


def _library(
    problem: VisitProblem, base: Ints, values: Ints, move_base: bool, rng: np.random.Generator
) -> tuple[Ints, Ints, Ints]:
    """Compound moves of two patients: who, and where baseline and value go."""
    n, count = len(base), _DRAWN
    pattern = np.zeros(n, dtype=np.int64)
    for group in problem.groups:
        pattern = 3 * pattern + group
    first = rng.integers(0, n, count)
    second = rng.integers(0, n, count)
    alike = rng.random(count) < 0.5
    order = np.argsort(pattern, kind="stable")
    place = np.empty(n, dtype=np.int64)
    place[order] = np.arange(n)
    near = order[np.clip(place[first] + rng.integers(-4, 5, count), 0, n - 1)]
    second = np.where(alike, near, second)
    reach = 2 if move_base else 0
    db = rng.integers(-reach, reach + 1, count)
    dv = rng.integers(-2, 3, count)
    single = rng.random(count) < 0.15  # moves the sum, for a visit whose mean is still off
    who = np.column_stack([first, second])
    to_base = base[who] + np.column_stack([db, -db])
    to_value = values[who] + np.column_stack([dv, np.where(single, 0, -dv)])
    good = (first != second) & ((db != 0) | (dv != 0))
    good &= ((to_base >= 1) & (to_base <= problem.high)).all(axis=1) | (not move_base)
    good &= ((to_value >= 0) & (to_value <= problem.high)).all(axis=1)
    return who[good], to_base[good], to_value[good]


def _meet(
    effects: Floats, who: Ints, low: Floats, high: Floats, scale: Floats, bound: float, size: int,
    rng: np.random.Generator,
) -> Ints:  # fmt: skip
    """The four compound moves that together leave the fewest windows missed; -1 for none."""
    k = len(effects)
    pairs = rng.integers(0, k, (size, 2))
    pairs[: min(k, size // 10), 1] = -1
    apart = np.ones(size, dtype=bool)
    both = pairs[:, 1] >= 0
    a, b = who[pairs[:, 0]], who[pairs[:, 1]]
    for m in range(2):
        for o in range(2):
            apart &= ~both | (a[:, m] != b[:, o])
    pairs = pairs[apart]
    total = effects[pairs[:, 0]] + np.where(pairs[:, 1:] >= 0, effects[pairs[:, 1]], 0.0)
    # The three sums in whose cells the pairs collide least tell the partners apart best.
    cells = np.maximum(high - low, 1e-3 * total.std(axis=0) + 1e-12)
    at_cell = np.clip(np.floor(total / cells) + _SPAN // 2, 0, _SPAN - 1).astype(np.int64)
    collide = [float(np.sum((np.bincount(column) / len(pairs)) ** 2)) for column in at_cell.T]
    keys = np.resize(np.argsort(collide)[:3], 3)
    cell = cells[keys]
    codes = np.zeros(len(pairs), dtype=np.int64)
    for key in keys:
        codes = codes * _SPAN + at_cell[:, key]
    order = np.argsort(codes, kind="stable")
    return np.asarray(
        _partners(
            total[order], pairs[order], codes[order], who, keys, cell, low, high, scale, bound
        )
    )


@njit(cache=True)
def _partners(  # type: ignore[no-untyped-def]
    total, pairs, codes, who, keys, cell, low, high, scale, bound
):
    n, d = total.shape
    best = np.full(4, -1)
    at = np.empty(3, dtype=np.int64)
    for a in range(n):
        for corner in range(8):
            code, inside = 0, True
            for m in range(3):
                key = keys[m]
                c = math.floor((low[key] - total[a, key]) / cell[m]) + 2048
                at[m] = c + ((corner >> m) & 1)
                if at[m] < 0 or at[m] >= 4096:
                    inside = False
                code = code * 4096 + at[m]
            if not inside:
                continue
            first, last = np.searchsorted(codes, code), np.searchsorted(codes, code + 1)
            for b in range(first, last):
                e = 0.0
                for k in range(d):
                    v = miss(total[a, k] + total[b, k], low[k], high[k]) / scale[k]
                    if v > 0.0:
                        e += v / (v + 1e-3) + 4.0 * v
                        if e >= bound:
                            break
                if e < bound:
                    clash = False
                    for g in range(2):
                        for h in range(2):
                            one, other = pairs[a, g], pairs[b, h]
                            if one < 0 or other < 0:
                                continue
                            for m in range(2):
                                for o in range(2):
                                    if who[one, m] == who[other, o]:
                                        clash = True
                    if not clash:
                        bound = e
                        best[0], best[1] = pairs[a, 0], pairs[a, 1]
                        best[2], best[3] = pairs[b, 0], pairs[b, 1]
    return best
