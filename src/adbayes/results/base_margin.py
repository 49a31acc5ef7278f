"""The smooth margins a reconstruction starts from, and how far a sample lies from one of them.

Baseline EASI is log-normal between the entry bound and 72; later the fraction left of it is beta; other
scores are beta variables cut into whole numbers; laboratory values are log-normal. Each has the mean
and SD of the sample itself, so that only the shape is judged.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from adbayes.cohort.margins import discrete_beta, truncated_lognormal
from adbayes.cohort.outcomes import OUTCOMES
from adbayes.cohort.simulate import EASI_BASELINE
from adbayes.errors import DataError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class BaseMargin:
    """The margin of one outcome at one visit.

    Parameters
    ----------
    draw : callable
        (generator, samples) to an array of shape (samples, patients): values on the outcome's grid.
    cdf : callable
        Distribution function of a value before it is rounded to the grid.
    relative : ndarray of shape (patients,)
        What a value is divided by before the distribution function is taken: baseline EASI for a
        later EASI, 1 otherwise.
    half_step : float
        Half a step of the grid, after that division.
    """

    draw: Callable[[np.random.Generator, int], Floats]
    cdf: Callable[[Floats], Floats]
    relative: Floats
    half_step: float

    def distance(self, values: Floats) -> Floats:
        """Largest distance between the distribution of samples and the margin.

        Parameters
        ----------
        values : ndarray of shape (samples, patients)
            Values on the grid.

        Returns
        -------
        ndarray of shape (samples,)
            Kolmogorov and Smirnov's statistic, 0 to 1, with the grid allowed for: a value stands
            for everything that is rounded to it.
        """
        x = np.sort(values / self.relative, axis=1)
        n = x.shape[1]
        counts = np.arange(n)
        is_last = np.column_stack([np.diff(x) > 0, np.ones(len(x), dtype=bool)])
        is_first = np.column_stack([np.ones(len(x), dtype=bool), np.diff(x) > 0])
        after = np.abs((counts + 1) / n - self.cdf(x + self.half_step))
        before = np.abs(counts / n - self.cdf(x - self.half_step))
        return np.asarray(np.maximum((after * is_last).max(1), (before * is_first).max(1)))


def base_margin(name: str, values: pd.Series, baseline: pd.Series | None = None) -> BaseMargin:
    """The margin that a reconstruction aims at, with the mean and SD of a sample.

    Parameters
    ----------
    name : str
        The outcome.
    values : Series
        The sample at one visit, without missing values.
    baseline : Series, optional
        The same patients' baseline, where the visit is a later one.

    Returns
    -------
    BaseMargin
        Its margin.

    Raises
    ------
    DataError
        Where no such distribution has these moments.
    """
    outcome, n = OUTCOMES[name], len(values)
    mean, sd = float(values.mean()), float(values.std(ddof=1))
    ones = np.ones(n)
    if not sd > 0:
        raise DataError(f"{name} does not vary among the {n} patients")
    if name == "easi" and baseline is not None:
        return _fraction_left(values, baseline)
    if outcome.kind == "lab":
        sigma = math.sqrt(math.log1p((sd / mean) ** 2))
        log_normal = stats.lognorm(sigma, scale=math.exp(math.log(mean) - sigma**2 / 2))
        return BaseMargin(
            lambda rng, k: np.maximum(np.rint(log_normal.rvs((k, n), random_state=rng)), 1.0),
            lambda x: np.asarray(log_normal.cdf(x)),
            ones,
            0.5,
        )
    if outcome.high is None or outcome.step is None:
        raise DataError(f"{name} has neither a largest value nor a laboratory's shape")
    if name == "easi":
        low = min(EASI_BASELINE[2], float(values.min()))
        mu, sigma = truncated_lognormal(mean, sd, low, outcome.high)
        a, b = ((math.log(end) - mu) / sigma for end in (low, outcome.high))
        normal = stats.truncnorm(a, b, mu, sigma)
        return BaseMargin(
            lambda rng, k: np.rint(10 * np.exp(normal.rvs((k, n), random_state=rng))) / 10,
            lambda x: np.asarray(normal.cdf(np.log(np.maximum(x, 1e-9)))),
            ones,
            0.05,
        )
    high = int(outcome.high)
    beta = stats.beta(*discrete_beta(mean, sd, high))
    return BaseMargin(
        lambda rng, k: np.minimum(np.floor((high + 1) * beta.rvs((k, n), random_state=rng)), high),
        lambda x: np.asarray(beta.cdf((x + 0.5) / (high + 1))),
        ones,
        0.5,
    )


def _fraction_left(values: pd.Series, baseline: pd.Series) -> BaseMargin:
    base = baseline.to_numpy(dtype=float)
    fraction = values.to_numpy(dtype=float) / base
    mean, sd = float(fraction.mean()), float(fraction.std(ddof=1))
    size = mean * (1 - mean) / sd**2 - 1
    if not (0 < mean < 1 and size > 0):
        raise DataError(f"no fraction left of easi has mean {mean:.3g} and SD {sd:.3g}")
    beta = stats.beta(mean * size, (1 - mean) * size)
    return BaseMargin(
        lambda rng, k: np.rint(10 * base * beta.rvs((k, len(base)), random_state=rng)) / 10,
        lambda x: np.asarray(beta.cdf(x)),
        base,
        0.05 / float(base.mean()),
    )
