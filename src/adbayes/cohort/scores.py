"""Whole-number scores of every patient and visit: NRS, POEM and DLQI, one after the other.

Base model: a beta variable cut into whole numbers at each visit, tied to the patient's other visits
and to the outcomes already found. The search makes the printed moments, percent changes, group means,
Welch p values and correlations true at once and stays a typical draw of the base model otherwise.
"""

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import special, stats

from adbayes.cohort.kernel import cost, miss, spread, width_at
from adbayes.cohort.labels import welch_bounds, welch_miss
from adbayes.cohort.margins import discrete_beta
from adbayes.cohort.targets import Interval

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ScoreProblem:
    """What the print and the assumptions ask of one score.

    Parameters
    ----------
    high : int
        Largest value of the score; the smallest is 0, at baseline 1.
    moments : ndarray of shape (visits, 2)
        Mean and SD of the base model at each visit.
    mean, sd, change_mean, change_sd : ndarray of shape (visits, 2)
        Intervals of the moments and of the percent change; -inf to inf where nothing is printed.
    correlation : ndarray of shape (visits, visits)
        Correlation of the patient's own visits: a choice.
    others : ndarray of shape (outcomes, visits, patients)
        The outcomes found before.
    with_others : ndarray of shape (outcomes, visits)
        Wanted correlation with each at the same visit: a choice, except at the last visit.
    printed_with_others : ndarray of shape (outcomes, 2)
        Interval of the correlation at the last visit.
    groups : ndarray of shape (groupings, patients)
        1, 0, or -1 for missing.
    group_means : ndarray of shape (groupings, 4)
        Ends of the intervals of the mean percent change at the last visit, low and high group.
    group_p : list of tuple of float
        Interval of Welch's p, per grouping.
    """

    high: int
    moments: Floats
    mean: Floats
    sd: Floats
    change_mean: Floats
    change_sd: Floats
    correlation: Floats
    others: Floats
    with_others: Floats
    printed_with_others: Floats
    groups: NDArray[np.int8]
    group_means: Floats
    group_p: list[Interval]


def reconstruct_scores(problem: ScoreProblem, steps: int, seed: int) -> tuple[Ints, float]:
    """Find values of a score that agree with the print.

    Parameters
    ----------
    problem : ScoreProblem
        What they must agree with.
    steps : int
        Moves of the search.
    seed : int
        Seed.

    Returns
    -------
    values : ndarray of shape (visits, patients)
        Whole numbers.
    missed : float
        Sum of the distances to the printed intervals, in standard errors; 0 if all agree.
    """
    rng = np.random.default_rng(seed)
    visits, n = len(problem.moments), problem.groups.shape[1]
    energies = np.empty((visits, problem.high + 1))
    start = np.empty((visits, n), dtype=np.int64)
    latent = rng.standard_normal((n, visits)) @ np.linalg.cholesky(problem.correlation).T
    edges = np.arange(problem.high + 2) / (problem.high + 1)
    for v, (mean, sd) in enumerate(problem.moments):
        shapes = discrete_beta(float(mean), float(sd), problem.high)
        cdf = stats.beta(*shapes).cdf(edges)
        energies[v] = -np.log(np.maximum(np.diff(cdf), 1e-9))
        start[v] = np.clip(np.searchsorted(cdf, special.ndtr(latent[:, v])) - 1, 0, problem.high)
    start[0] = np.maximum(start[0], 1)
    sizes = [int(np.sum(g == 1)) for g in problem.groups]
    rare = np.flatnonzero(problem.groups[int(np.argmin(sizes))] == 1) if sizes else np.arange(n)
    g = len(sizes)
    missed = _search(
        start, energies, problem.mean, problem.sd, problem.change_mean, problem.change_sd,
        problem.correlation, problem.others, problem.with_others, problem.printed_with_others,
        problem.groups, problem.group_means.reshape(g, 4),
        np.array([welch_bounds(p) for p in problem.group_p]).reshape(g, 2, 2001), rare, steps, rng,
    )  # fmt: skip
    return start, float(missed)


@njit(cache=True)
def _tally(x, i, sign, others, groups, sums, squares, change, changes, own, cross, gs, gq):  # type: ignore[no-untyped-def]
    """Add or remove one patient from every sum."""
    last = x.shape[0] - 1
    for v in range(x.shape[0]):
        a = sign * x[v, i]
        sums[v] += a
        squares[v] += a * x[v, i]
        for w in range(v + 1, x.shape[0]):
            own[v, w] += a * x[w, i]
        for k in range(others.shape[0]):
            cross[k, v] += a * others[k, v, i]
        if v > 0:
            p = 100.0 * (x[0, i] - x[v, i]) / x[0, i]
            change[v] += sign * p
            changes[v] += sign * p * p
    p = 100.0 * (x[0, i] - x[last, i]) / x[0, i]
    for g in range(groups.shape[0]):
        if groups[g, i] >= 0:
            gs[g, groups[g, i]] += sign * p
            gq[g, groups[g, i]] += sign * p * p


@njit(cache=True)
def _energy(  # type: ignore[no-untyped-def]
    n,
    sums,
    squares,
    change,
    changes,
    own,
    cross,
    gs,
    gq,
    gn,
    mean,
    sd,
    change_mean,
    change_sd,
    correlation,
    with_others,
    printed,
    means,
    welch,
    osum,
    osd,
    s,
):
    """Cost of all misses and of leaving the base model, and the sum of misses."""
    energy = missed = 0.0
    visits = sums.size
    root = math.sqrt(n)
    for v in range(visits):
        sd_v = spread(sums[v], squares[v], n)
        d = miss(sums[v] / n, mean[v, 0], mean[v, 1]) / (sd_v + 1e-9) * root
        e = miss(sd_v, sd[v, 0], sd[v, 1]) / (sd_v + 1e-9) * root
        energy += cost(d, s) + cost(e, s)
        missed += d + e
        if v > 0:
            sd_p = spread(change[v], changes[v], n)
            d = miss(change[v] / n, change_mean[v, 0], change_mean[v, 1]) / (sd_p + 1e-9) * root
            e = miss(sd_p, change_sd[v, 0], change_sd[v, 1]) / (sd_p + 1e-9) * root
            # Middle visits are made exact afterwards; here they must only come near.
            near = s if v == visits - 1 else max(s, 0.05)
            energy += cost(d, near) + cost(e, near)
            if v == visits - 1:
                missed += d + e
        for w in range(v + 1, visits):
            cov = (own[v, w] - sums[v] * sums[w] / n) / (n - 1.0)
            r = cov / (sd_v * spread(sums[w], squares[w], n) + 1e-9)
            energy += 0.5 * ((r - correlation[v, w]) / (0.12 if v == 0 else 0.05)) ** 2
        for k in range(cross.shape[0]):
            cov = (cross[k, v] - sums[v] * osum[k, v] / n) / (n - 1.0)
            r = cov / (sd_v * osd[k, v] + 1e-9)
            if v < visits - 1:
                energy += 0.5 * ((r - with_others[k, v]) / 0.05) ** 2
            else:
                d = miss(r, printed[k, 0], printed[k, 1]) * root
                energy += cost(d, s)
                missed += d
    for g in range(gs.shape[0]):
        for h in range(2):
            sd_g = spread(gs[g, h], gq[g, h], gn[g, h]) + 1e-9
            d = miss(gs[g, h] / gn[g, h], means[g, 2 * h], means[g, 2 * h + 1])
            d *= math.sqrt(gn[g, h]) / sd_g
            if gn[g, h] < 10:
                d *= 3.0  # few values are open to the mean of so few patients: it must settle first
            energy += cost(d, s)
            missed += d
        sign = 1.0 if means[g, 2] > means[g, 0] else -1.0
        d = welch_miss(gn[g, 0], gs[g, 0], gq[g, 0], gn[g, 1], gs[g, 1], gq[g, 1], welch[g], sign)
        energy += cost(d, s)
        missed += d
    return energy, missed


@njit(cache=True)
def _search(  # type: ignore[no-untyped-def]
    x,
    energies,
    mean,
    sd,
    change_mean,
    change_sd,
    correlation,
    others,
    with_others,
    printed,
    groups,
    means,
    welch,
    rare,
    steps,
    rng,
):
    visits, n = x.shape
    high = energies.shape[1] - 1
    sums, squares, change, changes = (
        np.zeros(visits),
        np.zeros(visits),
        np.zeros(visits),
        np.zeros(visits),
    )
    own, cross = np.zeros((visits, visits)), np.zeros((others.shape[0], visits))
    gs, gq, gn = (
        np.zeros((groups.shape[0], 2)),
        np.zeros((groups.shape[0], 2)),
        np.zeros((groups.shape[0], 2)),
    )
    osum, osd = np.zeros((others.shape[0], visits)), np.zeros((others.shape[0], visits))
    for k in range(others.shape[0]):
        for v in range(visits):
            osum[k, v] = others[k, v].sum()
            osd[k, v] = spread(osum[k, v], (others[k, v] ** 2).sum(), n)
    for g in range(groups.shape[0]):
        for i in range(n):
            if groups[g, i] >= 0:
                gn[g, groups[g, i]] += 1
    pattern = np.zeros(n, dtype=np.int64)
    for g in range(groups.shape[0]):
        for i in range(n):
            pattern[i] = 3 * pattern[i] + groups[g, i]
    for i in range(n):
        _tally(x, i, 1, others, groups, sums, squares, change, changes, own, cross, gs, gq)
    current, missed = math.inf, math.inf
    best, best_missed = x.copy(), math.inf
    old = np.zeros((2, visits), dtype=np.int64)
    pair = np.zeros(2, dtype=np.int64)
    for step in range(steps):
        s = width_at(step / steps, 0.5, 1e-3)
        if step % 500 == 0:
            current, missed = _energy(n, sums, squares, change, changes, own, cross, gs, gq, gn, mean, sd,
                              change_mean, change_sd, correlation, with_others, printed, means, welch,
                              osum, osd, s)  # fmt: skip
        kind = rng.random()
        pair[0], pair[1] = rng.integers(0, n), rng.integers(0, n)
        if kind > 0.85:
            pair[0] = rare[rng.integers(0, rare.size)]
            if rng.random() < 0.5:
                pair[1] = rare[rng.integers(0, rare.size)]
        elif rng.random() < 0.7:
            # A partner in the same groups: the group sums then barely move.
            for _ in range(20):
                if pattern[pair[1]] == pattern[pair[0]] and pair[1] != pair[0]:
                    break
                pair[1] = rng.integers(0, n)
        moved = 1 if kind < 0.12 else 2
        if moved == 2 and pair[0] == pair[1]:
            continue
        v = rng.integers(0, visits) if rng.random() < 0.5 else visits - 1
        size = 1 if rng.random() < 0.7 else rng.integers(2, 4)
        size = -size if rng.random() < 0.5 else size
        swap = 0.5 < kind < 0.75
        second = v
        other = -size
        if kind > 0.75 and rng.random() < 0.5:
            second = 0 if rng.random() < 0.3 else visits - 1
            other = 1 if rng.random() < 0.5 else -1
        # Baseline and last visit of two patients of the same groups, with both sums kept: the percent
        # changes take many values, so these moves are fine where single steps are coarse.
        joint = kind < 0.45 and moved == 2
        base_step = last_step = 0
        if joint:
            base_step, last_step = rng.integers(-2, 3), rng.integers(-2, 3)
        before = after = 0.0
        valid = True
        for m in range(moved):
            i = pair[m]
            for w in range(visits):
                old[m, w] = x[w, i]
            _tally(x, i, -1, others, groups, sums, squares, change, changes, own, cross, gs, gq)
        for m in range(moved):
            i = pair[m]
            if joint:
                sign = 1 - 2 * m
                before += energies[0, x[0, i]] + energies[visits - 1, x[visits - 1, i]]
                x[0, i] += sign * base_step
                x[visits - 1, i] += sign * last_step
                if x[0, i] < 1 or x[0, i] > high or not 0 <= x[visits - 1, i] <= high:
                    valid = False
                else:
                    after += energies[0, x[0, i]] + energies[visits - 1, x[visits - 1, i]]
                continue
            u = v if m == 0 else second
            before += energies[u, x[u, i]]
            if swap:
                x[u, i] = old[1 - m, v]
            else:
                x[u, i] += size if m == 0 else other
            if x[u, i] < (1 if u == 0 else 0) or x[u, i] > high:
                valid = False
            else:
                after += energies[u, x[u, i]]
        if (swap and old[0, v] == old[1, v]) or (joint and base_step == 0 and last_step == 0):
            valid = False
        if valid:
            for m in range(moved):
                _tally(
                    x,
                    pair[m],
                    1,
                    others,
                    groups,
                    sums,
                    squares,
                    change,
                    changes,
                    own,
                    cross,
                    gs,
                    gq,
                )
            new, now = _energy(n, sums, squares, change, changes, own, cross, gs, gq, gn, mean, sd,
                               change_mean, change_sd, correlation, with_others, printed, means, welch,
                               osum, osd, s)  # fmt: skip
            if math.log(rng.random()) < current + before - new - after:
                current, missed = new, now
                if step > steps // 2 and missed < best_missed:
                    best_missed = missed
                    best[:] = x
                    if missed == 0.0:
                        return missed
                continue
            for m in range(moved):
                _tally(
                    x,
                    pair[m],
                    -1,
                    others,
                    groups,
                    sums,
                    squares,
                    change,
                    changes,
                    own,
                    cross,
                    gs,
                    gq,
                )
        for m in range(moved):
            for w in range(visits):
                x[w, pair[m]] = old[m, w]
            _tally(
                x, pair[m], 1, others, groups, sums, squares, change, changes, own, cross, gs, gq
            )
    x[:] = best
    return best_missed
