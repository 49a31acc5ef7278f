"""A handful of patients with a printed mean: found by counting, before anything else is searched.

Six patients print a mean to two decimals and, with everyone else, a p value. An annealed search meets
such a handful by chance only. Millions of handfuls are counted instead: all but one drawn, the last
looked up so that the mean is right; those whose p value can be right are kept, and the row of odds
ratios is computed for each of them.
"""

import numpy as np
from numba import njit

from adbayes.cohort.labels import LabelProblem, Labels
from adbayes.cohort.polish import excess
from adbayes.cohort.welch import welch_bounds, welch_miss
from adbayes.cohort.windows import Ints

_DRAWS = 5_000_000
_KEPT = 4000
_NEAR = 0.05
"""How far Welch's t may be off, in tenths of itself: whom the others are is not yet known."""


def small_groups(problem: LabelProblem, start: Labels, seed: int, count: int) -> list[Labels]:
    """Labels whose group 1 has its printed mean, nearest to the printed row first.

    Parameters
    ----------
    problem : LabelProblem
        With a contrast.
    start : ndarray of int8
        Gives the sizes of both groups; 0, 1, or -1 for no value.
    seed : int
        Seed.
    count : int
        How many to return at most.

    Returns
    -------
    list of ndarray of int8
        None if no handful has that mean. Group 1 is as found, the others are drawn.
    """
    contrast = problem.contrast
    assert contrast is not None
    rng = np.random.default_rng(seed)
    size, others = int((start == 1).sum()), int((start == 0).sum())
    order = np.argsort(contrast.values, kind="stable")
    v = contrast.values[order]
    middle = sum(contrast.low) / 2
    sd = float(np.std(contrast.values, ddof=1))
    sets = _draw_groups(
        v, size, *contrast.high, float(others), middle, sd, welch_bounds(contrast.p_value),
        1.0 if sum(contrast.high) > sum(contrast.low) else -1.0, _DRAWS, _KEPT, rng,
    )  # fmt: skip
    sets = np.unique(np.sort(order[sets], axis=1), axis=0)
    if not len(sets):
        return []
    labels = np.full((len(sets), len(start)), -1, dtype=np.int8)
    for row, group in zip(labels, sets, strict=True):
        rest = np.setdiff1d(np.arange(len(start)), group)
        row[rng.permutation(rest)[:others]] = 0
        row[group] = 1
    weight = np.ones(problem.rows(labels[:1]).shape[1])
    weight[len(weight) - problem.chosen :] = 0.3
    nearest = np.argsort(excess(problem.rows(labels), weight), kind="stable")
    return [labels[k] for k in nearest[:count]]


@njit(cache=True)
def _draw_groups(  # type: ignore[no-untyped-def]  # Numba
    v, size, low, high, others, middle, sd, bounds, sign, draws, keep, rng
) -> Ints:
    """Sets of positions in the sorted values `v` whose mean lies in the interval and t near its own."""
    found = np.zeros((keep, size), dtype=np.int64)
    group = np.zeros(size, dtype=np.int64)
    n = v.size
    s0 = others * middle
    q0 = others * middle * middle + (others - 1.0) * sd * sd
    kept = 0
    for _ in range(draws):
        total = squares = 0.0
        for k in range(size - 1):
            fresh = False
            while not fresh:
                group[k] = rng.integers(0, n)
                fresh = True
                for j in range(k):
                    fresh = fresh and group[j] != group[k]
            total += v[group[k]]
            squares += v[group[k]] * v[group[k]]
        last = np.searchsorted(v, size * low - total)
        while last < n and v[last] <= size * high - total:
            fresh = True
            for j in range(size - 1):
                fresh = fresh and group[j] != last
            if fresh:
                s1, q1 = total + v[last], squares + v[last] * v[last]
                if welch_miss(others, s0, q0, float(size), s1, q1, bounds, sign) <= _NEAR:
                    group[size - 1] = last
                    found[kept] = group
                    kept += 1
                    if kept == keep:
                        return found
            last += 1
    return found[:kept]
