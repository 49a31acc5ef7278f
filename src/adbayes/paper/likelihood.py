"""From printed numbers to likelihood functions.

A printed number is an interval, not a point: every likelihood here is averaged over the values that
round to the print, at quasi-random points with a fixed seed, so the same print gives the same curve.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats
from scipy.stats import qmc

from adbayes.errors import DataError
from adbayes.paper.signed_root import SE_PRECISION, Z95, SignedRoot, se_interval

Array = NDArray[np.float64]
Interval = tuple[float, float]

POINTS = 256
"""Points in a rounding box; a power of two, as Sobol sequences need."""

_SEED = 20211130


@dataclass(frozen=True)
class Likelihood:
    """A log-likelihood of one number.

    Parameters
    ----------
    log : callable
        Array of the parameter to array of the log-likelihood, up to a constant.
    centre, scale : float
        Where the likelihood is and how wide, on the parameter's scale, to start a grid from.
    note : str
        What it assumes, in words.
    """

    log: Callable[[Array], Array]
    centre: float
    scale: float
    note: str


def box(*intervals: Interval, points: int = POINTS) -> Array:
    """Quasi-random points in a box.

    Parameters
    ----------
    *intervals : tuple of (float, float)
        One a dimension.
    points : int
        A power of two.

    Returns
    -------
    numpy.ndarray
        ``(dimensions, points)``; the same at every call.
    """
    sobol = qmc.Sobol(len(intervals), rng=np.random.default_rng(_SEED))
    low, high = np.array(intervals, dtype=float).T
    return np.asarray(low + (high - low) * sobol.random(points), dtype=float).T


def odds_ratio(
    estimate: Interval, low: Interval, high: Interval, p: Interval, shape: str = "skewed"
) -> Likelihood:
    """Likelihood of a log odds ratio from its estimate, 95 % profile interval and Wald p.

    Parameters
    ----------
    estimate, low, high, p : tuple of (float, float)
        What rounds to the print: odds ratio, ends of the interval, two-sided p.
    shape : {"skewed", "wald"}
        ``skewed`` follows the profile likelihood through the printed ends (`SignedRoot`), averaged
        over the rounding. ``wald`` is the usual normal with the interval's width over 2 x 1.96 as
        standard error, at the print itself.

    Returns
    -------
    Likelihood
        Of the log odds ratio.

    Raises
    ------
    DataError
        For ends that are not positive, or an estimate outside them.
    """
    if shape not in ("skewed", "wald"):
        raise DataError(f"No likelihood {shape!r}; it is 'skewed' or 'wald'.")
    if min(estimate[0], low[0], high[0]) <= 0:
        raise DataError(
            "An odds ratio or an end of its interval may be 0 by its rounding; more printed digits "
            "are needed."
        )
    middle = [float(np.log(np.mean(interval))) for interval in (estimate, low, high)]
    scale = (middle[2] - middle[1]) / (2 * Z95)
    if shape == "wald":
        return Likelihood(
            lambda theta: -0.5 * ((theta - middle[0]) / scale) ** 2,
            middle[0],
            scale,
            "a normal likelihood of the log odds ratio with the width of the printed interval",
        )
    se_low, se_high = se_interval(estimate, p)
    if se_high - se_low <= SE_PRECISION * (se_low + se_high) / 2:
        point, lower, upper, p_value = box(estimate, low, high, p)
        se = np.abs(np.log(point)) / stats.norm.isf(p_value / 2)
        note = "a likelihood through the printed odds ratio, both interval ends and p"
    else:
        point, lower, upper = box(estimate, low, high)
        se = None
        note = (
            "a likelihood through the printed odds ratio and both interval ends (the p leaves the "
            "standard error open)"
        )
    root = SignedRoot.through(np.log(point), np.log(lower), np.log(upper), se)
    if root.limited.any():
        note += "; its slopes are limited to keep it single-peaked"

    def log(theta: Array) -> Array:
        return _log_mean(-0.5 * root(theta) ** 2)

    return Likelihood(log, middle[0], scale, note)


def t_mixture(location: Array, scale: Array, df: Array | float) -> Callable[[Array], Array]:
    """Log density of an equal mixture of shifted and scaled t distributions.

    Parameters
    ----------
    location, scale : numpy.ndarray
        One element a component; scale > 0.
    df : numpy.ndarray or float
        Degrees of freedom, > 0.

    Returns
    -------
    callable
        Array to array.
    """
    df = np.broadcast_to(np.asarray(df, dtype=float), location.shape)
    constant = special.gammaln((df + 1) / 2) - special.gammaln(df / 2) - 0.5 * np.log(df * np.pi)
    constant = constant - np.log(scale)

    def log(theta: Array) -> Array:
        z = (np.asarray(theta, dtype=float)[:, None] - location) / scale
        return _log_mean(constant - (df + 1) / 2 * np.log1p(z * z / df))

    return log


def mean(value: Interval, sd: Interval, n: int) -> Likelihood:
    """Likelihood of a population mean from a sample's mean, SD and size.

    The SD of the population is integrated out under the reference prior 1 / sigma, which leaves a t
    with n - 1 degrees of freedom.

    Parameters
    ----------
    value, sd : tuple of (float, float)
        What rounds to the print.
    n : int
        Patients, at least 2.

    Returns
    -------
    Likelihood
        Of the mean, in its own unit.

    Raises
    ------
    DataError
        For n below 2 or an SD that may be 0.
    """
    _check_n(n)
    _check_sd(sd)
    location, spread = box(value, sd, points=64)
    scale = spread / np.sqrt(n)
    return Likelihood(
        t_mixture(location, scale, n - 1),
        float(np.mean(value)),
        float(scale.mean()),
        f"a t likelihood from the printed mean and SD of {n} patients",
    )


def change(
    baseline: tuple[Interval, Interval],
    visit: tuple[Interval, Interval],
    n: int,
    correlation: Callable[[Array], Array],
) -> Likelihood:
    """Likelihood of a mean change within patients, whose correlation is not printed.

    Given the sample correlation rho, the SD of the differences is
    sqrt(s0^2 + s1^2 - 2 rho s0 s1) and the mean difference has a t likelihood; rho is integrated over
    its stated prior.

    Parameters
    ----------
    baseline, visit : tuple of (tuple, tuple)
        What rounds to the printed mean, and to the printed SD.
    n : int
        Patients seen at both visits, at least 2.
    correlation : callable
        Quantile function of the correlation's prior, on (-1, 1).

    Returns
    -------
    Likelihood
        Of the mean of visit - baseline; its note says how the interval moves with the correlation.

    Raises
    ------
    DataError
        For n below 2, an SD that may be 0, or a correlation outside (-1, 1).
    """
    _check_n(n)
    _check_sd(baseline[1])
    _check_sd(visit[1])
    before, sd_before, after, sd_after, level = box(*baseline, *visit, (0.0, 1.0))
    rho = np.asarray(correlation(level), dtype=float)
    if not (np.abs(rho) < 1).all():
        raise DataError("The prior of a correlation must lie within -1 and 1.")

    def se(correlation: Array) -> Array:
        variance = sd_before**2 + sd_after**2 - 2 * correlation * sd_before * sd_after
        return np.asarray(np.sqrt(variance / n), dtype=float)

    centre = float(np.mean(visit[0]) - np.mean(baseline[0]))
    half = float(stats.t.ppf(0.975, n - 1))
    ends = []
    for value in correlation(np.array([0.025, 0.5, 0.975])):
        width = half * float(se(np.asarray(value)).mean())
        ends.append(f"{centre - width:.2f} to {centre + width:.2f} at {value:.2f}")
    return Likelihood(
        t_mixture(after - before, se(rho), n - 1),
        centre,
        float(se(rho).mean()),
        f"a t likelihood of the paired difference of {n} patients; their correlation is not printed "
        f"and has a prior (flat-prior interval {'; '.join(ends)})",
    )


def share(count: int, n: int) -> Likelihood:
    """Likelihood of a share from a count.

    Parameters
    ----------
    count, n : int
        Patients with the property, of how many; 0 <= count <= n, n >= 1.

    Returns
    -------
    Likelihood
        Of the logit of the share; binomial, exact.

    Raises
    ------
    DataError
        For a count outside 0 to n.
    """
    if n < 1 or not 0 <= count <= n:
        raise DataError(f"{count} of {n} is not a share; the count must lie between 0 and n.")
    centre = float(np.log((count + 0.5) / (n - count + 0.5)))
    scale = float(np.sqrt(1 / (count + 0.5) + 1 / (n - count + 0.5)))
    return Likelihood(
        lambda theta: count * theta - n * np.logaddexp(0, theta),
        centre,
        scale,
        f"a binomial likelihood of {count} of {n} patients",
    )


def count_of(percent: Interval, n: int) -> int:
    """The only count of n that prints as a percentage.

    Parameters
    ----------
    percent : tuple of (float, float)
        What rounds to the print, in percent.
    n : int
        The denominator.

    Returns
    -------
    int
        The count.

    Raises
    ------
    DataError
        Where no count of n, or more than one, prints so.
    """
    counts = 100 * np.arange(n + 1) / n
    # A half unit may be rounded either way, and decimal halves are not exact in binary.
    found = np.flatnonzero((counts >= percent[0] - 1e-9) & (counts <= percent[1] + 1e-9))
    if len(found) != 1:
        raise DataError(
            f"{len(found)} counts of {n} print as a percentage between {percent[0]:.4g} and "
            f"{percent[1]:.4g}; give the count or another n."
        )
    return int(found[0])


def correlation(value: Interval, n: int) -> Likelihood:
    """Likelihood of a correlation from the sample's, both variables normal.

    Hotelling's exact density of the sample correlation (1953, J R Stat Soc B 15:193-232).

    Parameters
    ----------
    value : tuple of (float, float)
        What rounds to the print, within -1 and 1.
    n : int
        Pairs, at least 4.

    Returns
    -------
    Likelihood
        Of Fisher's z, the inverse hyperbolic tangent of the correlation.

    Raises
    ------
    DataError
        For n below 4 or a sample correlation that may be 1 or -1.
    """
    if n < 4 or max(abs(value[0]), abs(value[1])) >= 1:
        raise DataError(f"A correlation needs |r| < 1 and at least 4 pairs, found {value} and {n}.")
    (r,) = box(value, points=8)

    def log(theta: Array) -> Array:
        rho = np.tanh(np.asarray(theta, dtype=float))[:, None]
        # log(1 - tanh^2) without cancellation far out.
        remainder = -2 * np.logaddexp(theta, -np.asarray(theta))[:, None]
        series = special.hyp2f1(0.5, 0.5, n - 0.5, (1 + rho * r) / 2)
        each = (n - 1) / 2 * remainder - (n - 1.5) * np.log1p(-rho * r) + np.log(series)
        # The density's factor without rho: no constant, because r differs within the rounding.
        return _log_mean(each + (n - 4) / 2 * np.log1p(-r * r))

    return Likelihood(
        log,
        float(np.arctanh(np.mean(value))),
        1 / float(np.sqrt(n - 3)),
        f"the exact likelihood of a correlation of {n} normal pairs",
    )


def _log_mean(log_density: Array) -> Array:
    """Log of the mean density over the columns."""
    highest = log_density.max(axis=1, keepdims=True)
    return np.asarray(
        highest[:, 0] + np.log(np.exp(log_density - highest).mean(axis=1)), dtype=float
    )


def _check_n(n: int) -> None:
    if n < 2:
        raise DataError(f"n is {n}; a mean with an SD needs at least 2 patients.")


def _check_sd(sd: Interval) -> None:
    if sd[0] <= 0:
        raise DataError(
            f"An SD may be 0 by its rounding ({sd[0]:g} to {sd[1]:g}); it must be positive."
        )


def quantiles_on(prior: Any) -> Callable[[Array], Array]:
    """Quantile function of a correlation whose Fisher z has a given prior.

    Parameters
    ----------
    prior : object
        A frozen distribution of z, with `ppf`.

    Returns
    -------
    callable
        Level in (0, 1) to correlation in (-1, 1).
    """
    return lambda level: np.tanh(prior.ppf(level))
