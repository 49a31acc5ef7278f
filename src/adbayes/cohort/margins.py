"""Distributions of simulated outcomes, found from the mean and SD they are declared to have."""

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from scipy import optimize, special, stats

from adbayes.errors import DataError


@cache
def truncated_lognormal(mean: float, sd: float, low: float, high: float) -> tuple[float, float]:
    """Parameters of a log-normal that has the declared moments after truncation.

    Parameters
    ----------
    mean, sd : float
        Moments of the truncated variable.
    low, high : float
        Ends of its range, above 0.

    Returns
    -------
    tuple of float
        Mean and SD of the logarithm before truncation.

    Raises
    ------
    DataError
        If no such distribution has these moments.
    """

    def moments(x: np.ndarray) -> tuple[float, float]:
        mu, sigma = x[0], np.exp(x[1])
        a, b = (np.log(low) - mu) / sigma, (np.log(high) - mu) / sigma
        mass = special.ndtr(b) - special.ndtr(a)
        first, second = (
            float(np.exp(k * mu + (k * sigma) ** 2 / 2))
            * (special.ndtr(b - k * sigma) - special.ndtr(a - k * sigma))
            / mass
            for k in (1, 2)
        )
        return first, float(np.sqrt(max(second - first**2, 0)))

    start = np.log(mean), np.log(sd / mean)
    mu, log_sigma = _solve(moments, (mean, sd), start, f"a log-normal on {low:g} to {high:g}")
    return mu, float(np.exp(log_sigma))


@cache
def discrete_beta(mean: float, sd: float, high: int) -> tuple[float, float]:
    """Parameters of a beta variable B so that floor((high + 1) B) has the declared moments.

    Parameters
    ----------
    mean, sd : float
        Moments of the whole number.
    high : int
        Largest value; the smallest is 0.

    Returns
    -------
    tuple of float
        The two shapes of the beta distribution.

    Raises
    ------
    DataError
        If no such distribution has these moments.
    """
    values = np.arange(high + 1)

    def moments(x: np.ndarray) -> tuple[float, float]:
        edges = special.betainc(*_shapes(x), np.arange(high + 2) / (high + 1))
        weights = np.diff(edges)
        first = float(weights @ values)
        return first, float(np.sqrt(max(float(weights @ (values - first) ** 2), 0)))

    share = (mean + 0.5) / (high + 1)
    start = _start(share, sd / (high + 1))
    x = _solve(moments, (mean, sd), start, f"whole numbers 0 to {high}")
    return _shapes(x)


@cache
def shifted_betas(
    moments: tuple[tuple[float, float], ...],
    log_odds_ratio: float,
    ldh_shift: float,
    share_female: float,
    response: float,
) -> tuple[tuple[tuple[float, float], ...], float]:
    """Shapes of the beta variables behind the residual fractions, and the shift of female sex.

    The residual fraction is expit(logit(B) + shift (female - share_female) + ldh_shift z) with B
    beta and z standard normal. Over the whole population it has the declared moments at every
    visit, and at the last visit the log odds ratio of a fraction at or below `response`, female
    against male, is the declared one.

    Parameters
    ----------
    moments : tuple of (float, float)
        Mean and SD of the residual fraction at each visit.
    log_odds_ratio : float
        Declared log odds ratio of response at the last visit.
    ldh_shift : float
        Effect of one SD of log LDH on the logit of the residual fraction.
    share_female : float
        Share of women, between 0 and 1.
    response : float
        Largest residual fraction that is a response.

    Returns
    -------
    tuple
        A pair of shapes for each visit, and the shift.

    Raises
    ------
    DataError
        If no such distribution has these moments.
    """
    nodes, weights = special.roots_legendre(200)
    levels, level_weights = (nodes + 1) / 2, weights / 2
    z, z_weights = special.roots_hermitenorm(21)
    z_weights = z_weights / z_weights.sum()
    sexes, sex_weights = np.array([0.0, 1.0]), np.array([1 - share_female, share_female])

    def shifts(shift: float) -> np.ndarray:
        return shift * (sexes[:, None] - share_female) + ldh_shift * z

    def moments_of(x: np.ndarray, shift: float) -> tuple[float, float]:
        start = special.logit(np.clip(stats.beta.ppf(levels, *_shapes(x)), 1e-300, 1 - 1e-16))
        fraction = special.expit(start + shifts(shift)[..., None])
        weight = sex_weights[:, None, None] * z_weights[:, None] * level_weights
        first = float((weight * fraction).sum())
        return first, float(np.sqrt(max((weight * (fraction - first) ** 2).sum(), 0)))

    def log_odds(x: np.ndarray, shift: float) -> float:
        bound = special.expit(special.logit(response) - shifts(shift))
        men, women = special.betainc(*_shapes(x), bound) @ z_weights
        return float(special.logit(women) - special.logit(men))

    what = "a residual fraction with these effects"
    last = _solve(
        lambda x: (*moments_of(x[:2], x[2]), log_odds(x[:2], x[2])),
        (*moments[-1], log_odds_ratio),
        (*_start(*moments[-1]), -0.5 * log_odds_ratio),
        what,
    )
    shift = last[2]
    others = [
        _solve(lambda x: moments_of(x, shift), wanted, _start(*wanted), what)
        for wanted in moments[:-1]
    ]
    return tuple(_shapes(x) for x in (*others, last[:2])), shift


def response_probability(
    shapes: tuple[float, float], shift: float, ldh_shift: float, response: float
) -> float:
    """Probability of a residual fraction at or below a bound, averaged over log LDH.

    Parameters
    ----------
    shapes : tuple of float
        Shapes of the beta variable.
    shift : float
        Shift on the logit scale.
    ldh_shift : float
        Effect of one SD of log LDH on the logit scale.
    response : float
        The bound, between 0 and 1.

    Returns
    -------
    float
        The probability.
    """
    z, weights = special.roots_hermitenorm(21)
    bound = special.expit(special.logit(response) - shift - ldh_shift * z)
    return float(special.betainc(*shapes, bound) @ weights / weights.sum())


def _start(mean: float, sd: float) -> tuple[float, float]:
    """Logit of the mean and log of the precision of the beta distribution with these moments."""
    if not (0 < mean < 1 and 0 < sd < np.sqrt(mean * (1 - mean))):
        raise DataError(
            f"no distribution on 0 to 1 has mean {mean:g} and SD {sd:g}: choose a smaller SD"
        )
    return float(special.logit(mean)), float(np.log(mean * (1 - mean) / sd**2 - 1))


def _shapes(x: Sequence[float] | np.ndarray) -> tuple[float, float]:
    mean, precision = special.expit(x[0]), np.exp(x[1])
    return float(mean * precision), float((1 - mean) * precision)


def _solve(
    moments: Callable[[np.ndarray], tuple[float, ...]],
    wanted: tuple[float, ...],
    start: tuple[float, ...],
    what: str,
) -> tuple[float, ...]:
    def gap(x: np.ndarray) -> np.ndarray:
        return np.subtract(moments(x), wanted)

    with np.errstate(all="ignore"):  # a trial step may leave the range; the result is checked below
        found = optimize.root(gap, np.array(start), tol=1e-12)
        error = np.abs(gap(found.x)).max()
    if not error < 1e-6:
        numbers = ", ".join(f"{value:g}" for value in wanted)
        raise DataError(
            f"{what} cannot have the declared mean, SD and effect ({numbers}): choose a smaller effect"
        )
    return tuple(float(value) for value in found.x)
