"""Laboratory values inside their classes: the last stage of a reconstruction.

Base model: log-normal at each visit, tied over a patient's visits. The classes (high or not) are given,
so the odds ratios and group means do not change here; the search only makes the printed mean and SD true.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import optimize, special

from adbayes.cohort.kernel import cost, miss, spread, width_at
from adbayes.cohort.targets import Interval

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
_FREE = 0.3
"""SD of a value around its class quantile, in SDs of the logarithm."""
CEILING = 60_000
"""Largest value the search may give; IgE above it is not reported by common assays."""


def lognormal_shapes(mean: float, sd: float) -> tuple[float, float]:
    """Mean and SD of the logarithm of a log-normal variable.

    Parameters
    ----------
    mean, sd : float
        Its moments, above 0.

    Returns
    -------
    tuple of float
        By moment matching.
    """
    sigma = math.sqrt(math.log1p((sd / mean) ** 2))
    return math.log(mean) - sigma**2 / 2, sigma


def reconstruct_lab(
    latent: Floats,
    high: NDArray[np.int8],
    cut: float,
    inclusive: bool,
    moments: tuple[float, float],
    printed: tuple[Interval, Interval],
    steps: int,
    seed: int,
) -> tuple[Ints, float]:
    """Find values of a laboratory measurement at one visit.

    Parameters
    ----------
    latent : ndarray
        Standard normal value of each patient in the base model.
    high : ndarray of int8
        Class: 1, 0, or -1 for not measured.
    cut : float
        The cut between the classes.
    inclusive : bool
        Whether the cut itself is high.
    moments : tuple of float
        Mean and SD of the base model.
    printed : tuple of tuple of float
        Intervals of mean and SD.
    steps : int
        Moves of the search.
    seed : int
        Seed.

    Returns
    -------
    values : ndarray of int64
        Whole numbers; -1 for not measured.
    missed : float
        Sum of the distances to the printed intervals, in standard errors; 0 if both agree.
    """
    rng = np.random.default_rng(seed)
    first_high = math.ceil(cut) if inclusive else math.floor(cut) + 1
    seen = np.flatnonzero(high >= 0)
    # The order of the patients inside a class follows the base model.
    share = np.zeros(len(high))
    for label in (0, 1):
        members = np.flatnonzero(high == label)
        ranks = np.argsort(np.argsort(latent[members]))
        share[members] = (ranks + 0.3 + 0.4 * rng.random(len(members))) / max(len(members), 1)

    def ends(mu: float, sigma: float) -> tuple[Floats, Floats]:
        bottom, top = math.exp(mu - 3.2 * sigma), min(CEILING, math.exp(mu + 3.2 * sigma))
        low = np.where(high == 1, first_high, min(max(1.0, bottom), first_high - 1.0))
        return low, np.where(high == 1, max(top, first_high + 1.0), first_high - 1.0)

    def quantiles(mu: float, sigma: float) -> Floats:
        a, b = (special.ndtr((np.log(end) - mu) / sigma) for end in ends(mu, sigma))
        return np.asarray(np.exp(mu + sigma * special.ndtri(a + (b - a) * share)))

    # Classes that the print fixes need not have a log-normal's shares: the two parameters are those with
    # which the values inside the classes have the printed moments.
    def gap(shapes: Floats) -> list[float]:
        values = quantiles(shapes[0], math.exp(shapes[1]))[seen]
        return [
            (values.mean() - moments[0]) / moments[1],
            (values.std(ddof=1) - moments[1]) / moments[1],
        ]

    mu, sigma = lognormal_shapes(*moments)
    found = optimize.least_squares(gap, [mu, math.log(sigma)]).x
    mu, sigma = float(found[0]), math.exp(float(found[1]))
    start = quantiles(mu, sigma)
    low_end, high_end = (np.rint(end).astype(np.int64) for end in ends(mu, sigma))
    values = np.full(len(high), -1, dtype=np.int64)
    values[seen] = np.clip(np.rint(start[seen]), low_end[seen], high_end[seen])
    # A mean on the end of its interval may be rounded either way.
    inner = [(low + 1e-3 * (high - low), high - 1e-3 * (high - low)) for low, high in printed]
    missed = _search(
        values, seen, low_end, high_end, np.log(start), _FREE * sigma,
        *inner[0], *inner[1], moments[1], steps, rng,
    )  # fmt: skip
    return values, float(missed)


@njit(cache=True)
def _search(values, seen, low_end, high_end, mu, sigma, m0, m1, s0, s1, scale, steps, rng):  # type: ignore[no-untyped-def]  # Numba
    n = seen.size
    total = squares = 0.0
    for i in seen:
        total += values[i]
        squares += float(values[i]) * values[i]
    root = math.sqrt(n) / scale
    missed = math.inf
    for step in range(steps):
        s = width_at(step / steps, 0.5, 1e-5)
        i, j = seen[rng.integers(0, n)], seen[rng.integers(0, n)]
        reach = 0.2 if rng.random() < 0.5 else 0.005
        a = round(values[i] * math.exp(reach * rng.normal()))
        a += rng.integers(-1, 2)
        b = values[j]
        if rng.random() < 0.5 and i != j:
            b = values[j] - (a - values[i])  # keeps the sum
        if i == j:
            b = a
        if not (low_end[i] <= a <= high_end[i] and low_end[j] <= b <= high_end[j]):
            continue
        one = total - values[i] + a
        two = squares - float(values[i]) * values[i] + float(a) * a
        prior = _log_density(values[i], mu[i], sigma) - _log_density(a, mu[i], sigma)
        if i != j:
            one += b - values[j]
            two += float(b) * b - float(values[j]) * values[j]
            prior += _log_density(values[j], mu[j], sigma) - _log_density(b, mu[j], sigma)
        d_old = miss(total / n, m0, m1) * root
        e_old = miss(spread(total, squares, n), s0, s1) * root
        d, e = miss(one / n, m0, m1) * root, miss(spread(one, two, n), s0, s1) * root
        gain = cost(d_old, s) + cost(e_old, s) - cost(d, s) - cost(e, s) - prior
        if math.log(rng.random()) < gain:
            values[i], values[j] = a, b
            total, squares = one, two
            missed = d + e
            if missed == 0.0 and step > steps // 4:
                return missed
    return missed


@njit(cache=True)
def _log_density(value, mu, sigma):  # type: ignore[no-untyped-def]  # Numba
    z = math.log(max(value, 1)) - mu
    return -math.log(max(value, 1)) - 0.5 * (z / sigma) ** 2
