"""The EASI of every patient and visit: the first stage of a reconstruction.

Base model: baseline log-normal between the entry bound and 72; at a later visit the fraction of
baseline that is left is beta-distributed with the printed mean and SD, independent of baseline, as the
print itself says it is. On the grid of tenths the search makes every printed moment, mean percent
change and response count true at once, and keeps to the base model where the print is silent.
"""

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import special, stats

from adbayes.cohort.kernel import cost, miss, spread, width_at
from adbayes.cohort.margins import truncated_lognormal
from adbayes.errors import DataError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class EasiProblem:
    """What the print and the assumptions ask of EASI.

    Parameters
    ----------
    mean, sd, change_mean, change_sd : ndarray of shape (visits, 2)
        Intervals of the moments of EASI (points) and of its percent change; -inf to inf where
        nothing is printed.
    subset : ndarray of bool
        The patients behind the printed response counts.
    counts : ndarray of shape (2, visits)
        EASI-75 and EASI-90 responders among them; -1 where not printed.
    responders : int
        EASI-90 responders at the last visit among all patients.
    gap : float
        Baseline EASI of responders minus others, in SDs: a choice, not printed.
    correlation : ndarray of shape (visits, visits)
        Correlation of the fractions left: a choice, not printed.
    moments : ndarray of shape (visits, 2)
        Mean and SD of the base model: EASI at baseline, fractions after.
    floor : float
        Smallest baseline EASI, the entry bound of the study.
    """

    mean: Floats
    sd: Floats
    change_mean: Floats
    change_sd: Floats
    subset: NDArray[np.bool_]
    counts: Ints
    responders: int
    gap: float
    correlation: Floats
    moments: Floats
    floor: float


def beta_shapes(mean: float, sd: float) -> tuple[float, float]:
    """Shapes of a beta distribution.

    Parameters
    ----------
    mean, sd : float
        Its moments; the mean between 0 and 1.

    Returns
    -------
    tuple of float
        The two shapes.

    Raises
    ------
    DataError
        Where no beta distribution has these moments.
    """
    size = mean * (1 - mean) / sd**2 - 1
    if not (0 < mean < 1 and size > 0):
        raise DataError(
            f"no beta distribution has mean {mean:g} and SD {sd:g}; a mean in (0, 1) and an SD below "
            f"sqrt(mean (1 - mean)) are needed: check the printed percent change"
        )
    return mean * size, (1 - mean) * size


def reconstruct_easi(problem: EasiProblem, steps: int, seed: int) -> tuple[Ints, float]:
    """Find EASI values that agree with the print.

    Parameters
    ----------
    problem : EasiProblem
        What they must agree with.
    steps : int
        Moves of the search.
    seed : int
        Seed.

    Returns
    -------
    values : ndarray of shape (visits, patients)
        EASI in tenths of a point.
    missed : float
        Sum of the distances to the printed intervals, in standard errors; 0 if all agree.
    """
    rng = np.random.default_rng(seed)
    visits, n = len(problem.moments), len(problem.subset)
    low, high = problem.floor, 72.0
    mu, sigma = truncated_lognormal(*problem.moments[0], low, high)
    shapes = np.array([(1.0, 1.0), *(beta_shapes(m, s) for m, s in problem.moments[1:])])
    a, b = special.ndtr((np.log([low, high]) - mu) / sigma)
    base = np.exp(mu + sigma * special.ndtri(a + (b - a) * rng.random(n)))
    latent = (
        rng.standard_normal((n, visits - 1)) @ np.linalg.cholesky(problem.correlation[1:, 1:]).T
    )
    fraction = np.column_stack(
        [stats.beta(*shapes[v + 1]).ppf(special.ndtr(latent[:, v])) for v in range(visits - 1)]
    )
    x = np.empty((visits, n), dtype=np.int64)
    x[0] = np.clip(np.rint(10 * base), 10 * low, 720)
    x[1:] = np.rint(x[0] * fraction.T)
    missed = _search(
        x, problem.mean, problem.sd, problem.change_mean, problem.change_sd, problem.subset,
        problem.counts, problem.responders, problem.gap, problem.correlation, problem.moments,
        mu, sigma, shapes, round(10 * low), steps, rng,
    )  # fmt: skip
    return x, float(missed)


@njit(cache=True)
def responds(base: int, value: int, percent: int) -> bool:
    """Whether EASI fell by at least a percentage, in whole tenths.

    Parameters
    ----------
    base, value : int
        Baseline and visit, tenths of a point.
    percent : int
        Smallest fall that counts.

    Returns
    -------
    bool
        Exact on the threshold.
    """
    return 100 * (base - value) >= percent * base


@njit(cache=True)
def _tally(x, i, sign, subset, sums, squares, change, changes, cross, counts, total):  # type: ignore[no-untyped-def]  # Numba
    """Add or remove one patient from the sums; total holds responders and their baseline."""
    last = x.shape[0] - 1
    for v in range(x.shape[0]):
        value = x[v, i] / 10.0
        sums[v] += sign * value
        squares[v] += sign * value * value
        if v == 0:
            continue
        p = 100.0 * (x[0, i] - x[v, i]) / x[0, i]
        change[v] += sign * p
        changes[v] += sign * p * p
        for w in range(v + 1, x.shape[0]):
            cross[v, w] += sign * p * 100.0 * (x[0, i] - x[w, i]) / x[0, i]
        if subset[i]:
            counts[0, v] += sign * (1 if responds(x[0, i], x[v, i], 75) else 0)
            counts[1, v] += sign * (1 if responds(x[0, i], x[v, i], 90) else 0)
    if responds(x[0, i], x[last, i], 90):
        total[0] += sign
        total[1] += sign * x[0, i] / 10.0


@njit(cache=True)
def _prior(x, i, mu, sigma, shapes):  # type: ignore[no-untyped-def]  # Numba
    """Minus the log density of the base model, one patient."""
    log_base = math.log(x[0, i] / 10.0)
    energy = log_base + 0.5 * ((log_base - mu) / sigma) ** 2
    for v in range(1, x.shape[0]):
        r = (x[v, i] + 0.5) / (x[0, i] + 1.0)
        energy -= (shapes[v, 0] - 1.0) * math.log(r) + (shapes[v, 1] - 1.0) * math.log(1.0 - r)
        energy += log_base  # the grid of a fraction is finer where baseline is higher
    return energy


@njit(cache=True)
def _distance(  # type: ignore[no-untyped-def]  # Numba
    n,
    sums,
    squares,
    change,
    changes,
    counts,
    total,
    mean,
    sd,
    change_mean,
    change_sd,
    wanted,
    responders,
    moments,
    s,
):
    """Cost of all misses at kernel width s, and their sum."""
    energy = missed = 0.0
    for v in range(sums.size):
        scale = moments[v, 1] if v == 0 else moments[v, 1] * moments[0, 0]
        for k in range(4):
            if k == 0:
                d = miss(sums[v] / n, mean[v, 0], mean[v, 1]) / scale
            elif k == 1:
                d = miss(spread(sums[v], squares[v], n), sd[v, 0], sd[v, 1]) / scale
            elif v == 0:
                continue
            elif k == 2:
                d = miss(change[v] / n, change_mean[v, 0], change_mean[v, 1]) / (
                    100 * moments[v, 1]
                )
            else:
                d = miss(spread(change[v], changes[v], n), change_sd[v, 0], change_sd[v, 1])
                d /= 100 * moments[v, 1]
            d *= math.sqrt(n)
            energy += cost(d, s)
            missed += d
        for k in range(2):
            if wanted[k, v] >= 0:
                d = 0.3 * abs(counts[k, v] - wanted[k, v])
                energy += cost(d, s)
                missed += d
    d = 0.3 * abs(total[0] - responders)
    return energy + cost(d, s), missed + d


@njit(cache=True)
def _soft(n, sums, squares, change, changes, cross, total, gap, correlation):  # type: ignore[no-untyped-def]  # Numba
    """Cost of leaving the base model's correlations and the chosen baseline gap."""
    energy = 0.0
    for v in range(1, sums.size):
        for w in range(v + 1, sums.size):
            cov = (cross[v, w] - change[v] * change[w] / n) / (n - 1.0)
            r = cov / (spread(change[v], changes[v], n) * spread(change[w], changes[w], n))
            energy += 0.5 * ((r - correlation[v, w]) / 0.04) ** 2
    k = max(total[0], 1.0)
    difference = total[1] / k - (sums[0] - total[1]) / max(n - k, 1.0)
    return energy + 0.5 * ((difference / spread(sums[0], squares[0], n) - gap) / 0.005) ** 2


@njit(cache=True)
def _search(  # type: ignore[no-untyped-def]  # Numba
    x,
    mean,
    sd,
    change_mean,
    change_sd,
    subset,
    wanted,
    responders,
    gap,
    correlation,
    moments,
    mu,
    sigma,
    shapes,
    floor,
    steps,
    rng,
):
    visits, n = x.shape
    sums, squares = np.zeros(visits), np.zeros(visits)
    change, changes = np.zeros(visits), np.zeros(visits)
    cross, counts, total = np.zeros((visits, visits)), np.zeros((2, visits)), np.zeros(2)
    for i in range(n):
        _tally(x, i, 1, subset, sums, squares, change, changes, cross, counts, total)
    current, missed, old = math.inf, math.inf, np.zeros((2, visits), dtype=np.int64)
    pair = np.zeros(2, dtype=np.int64)
    for step in range(steps):
        s = width_at(step / steps, 0.5, 1e-4)
        if step % 200 == 0:  # the width moves, and so does the cost of standing still
            hard, missed = _distance(n, sums, squares, change, changes, counts, total, mean, sd,
                                     change_mean, change_sd, wanted, responders, moments, s)  # fmt: skip
            current = hard + _soft(
                n, sums, squares, change, changes, cross, total, gap, correlation
            )
            if missed == 0.0 and step > steps // 2:
                return missed
        moved = 1 + int(rng.random() < 0.5)
        pair[0], pair[1] = rng.integers(0, n), rng.integers(0, n)
        if moved == 2 and pair[0] == pair[1]:
            continue
        v = rng.integers(0, visits)
        size = rng.integers(1, 30 if rng.random() < 0.3 else 4)
        size = -size if rng.random() < 0.5 else size
        together = v == 0 and rng.random() < 0.7  # baseline takes the later visits along
        before = after = 0.0
        valid = True
        for m in range(moved):
            i = pair[m]
            before += _prior(x, i, mu, sigma, shapes)
            for w in range(visits):
                old[m, w] = x[w, i]
            _tally(x, i, -1, subset, sums, squares, change, changes, cross, counts, total)
            x[v, i] += size if m == 0 else -size
            if together:
                for w in range(1, visits):
                    x[w, i] = round(old[m, w] * x[0, i] / old[m, 0]) if x[0, i] > 0 else -1
            if x[0, i] < floor or x[0, i] > 720:
                valid = False
            for w in range(1, visits):
                if x[w, i] < 0 or x[w, i] > x[0, i]:
                    valid = False
        if valid:
            for m in range(moved):
                after += _prior(x, pair[m], mu, sigma, shapes)
                _tally(x, pair[m], 1, subset, sums, squares, change, changes, cross, counts, total)
            hard, now = _distance(n, sums, squares, change, changes, counts, total, mean, sd,
                                  change_mean, change_sd, wanted, responders, moments, s)  # fmt: skip
            new = hard + _soft(n, sums, squares, change, changes, cross, total, gap, correlation)
            if math.log(rng.random()) < current + before - new - after:
                current, missed = new, now
                continue
            for m in range(moved):
                _tally(x, pair[m], -1, subset, sums, squares, change, changes, cross, counts, total)
        for m in range(moved):
            for w in range(visits):
                x[w, pair[m]] = old[m, w]
            _tally(x, pair[m], 1, subset, sums, squares, change, changes, cross, counts, total)
    return missed
