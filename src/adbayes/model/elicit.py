"""Priors from what one knows: an interval, quantiles, or a published odds ratio; by PreliZ."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from adbayes.errors import SpecError
from adbayes.model.priors import DISTRIBUTIONS, Prior

SCALES = {
    "identity": "the parameter itself",
    "odds_ratio": "an odds ratio",
    "percent": "a share in %",
}
"""On what a statement is made; priors of odds ratios are priors of their logarithm."""

_ROOM = 0.02
"""Largest difference between the probability asked for and that of the prior found."""


def elicit(
    *,
    interval: tuple[float, float] | None = None,
    prob: float = 0.95,
    quartiles: Sequence[float] | None = None,
    distribution: str = "Normal",
    scale: str = "identity",
    fixed: Mapping[str, float] | None = None,
    why: str = "",
) -> Prior:
    """Make a prior from a statement on the clinical scale.

    Parameters
    ----------
    interval : tuple of float, optional
        Two values with probability `prob` between them, such as a published interval of an odds ratio.
        Of all distributions of the family that satisfy it, the one of largest entropy.
    prob : float, optional
        Probability of the interval, in (0, 1).
    quartiles : sequence of float, optional
        First quartile, median and third quartile, instead of an interval.
    distribution : str, optional
        A name of `adbayes.model.priors.DISTRIBUTIONS` that PreliZ knows too.
    scale : {"identity", "odds_ratio", "percent"}, optional
        What the statement is about. An odds ratio is taken to its logarithm, a percentage to a share.
    fixed : mapping, optional
        Parameters of the distribution that are not to be found, such as ``{"nu": 4}``.
    why : str, optional
        The reason, for the prior table; the statement itself if not given.

    Returns
    -------
    Prior
        To be given to `fit(priors={...})` or written into a spec.

    Raises
    ------
    SpecError
        For a statement that is no interval or no three rising quartiles, lies outside the scale, or that
        no distribution of the family satisfies.
    """
    import preliz

    if (interval is None) == (quartiles is None):
        raise SpecError("elicit takes an interval or quartiles; give one of the two")
    stated = [float(v) for v in (interval if interval is not None else quartiles or ())]
    named = "interval" if interval is not None else "quartiles"
    if len(stated) != (2 if interval is not None else 3) or not np.all(np.diff(stated) > 0):
        wanted = "two" if interval is not None else "three"
        raise SpecError(f"{named} is {stated}; it is {wanted} rising numbers")
    if not 0 < prob < 1:
        raise SpecError(f"prob is {prob:g}; it lies between 0 and 1, such as 0.95")
    points = _on(scale, stated, named)
    if distribution not in DISTRIBUTIONS or not hasattr(preliz, distribution):
        known = [name for name in DISTRIBUTIONS if hasattr(preliz, name)]
        raise SpecError(f"{distribution!r} cannot be elicited (allowed: {', '.join(known)})")
    family = getattr(preliz, distribution)(**_theirs(distribution, fixed or {}))
    try:
        if interval is not None:
            found = preliz.maxent(family, *points, prob, plot=False)
        else:
            found = preliz.quartile(family, *points, plot=False)
    except ValueError as error:
        raise SpecError(f"{named} {stated}: {distribution} cannot have it ({error})") from None
    found = family if found is None or not hasattr(found, "params_dict") else found
    prior = Prior.of(
        distribution,
        why=why or _said(named, stated, prob, scale),
        **_ours(distribution, found, points[-1] - points[0]),
    )
    _hold(prior, points, prob, named, stated)
    return prior


def _on(scale: str, stated: list[float], named: str) -> list[float]:
    """The statement on the scale of the parameter."""
    if scale not in SCALES:
        raise SpecError(f"scale is {scale!r}; it is {', '.join(SCALES)}")
    if scale == "odds_ratio":
        if stated[0] <= 0:
            raise SpecError(f"{named} is {stated}; an odds ratio is above 0")
        return [math.log(v) for v in stated]
    if scale == "percent":
        if not (stated[0] >= 0 and stated[-1] <= 100):
            raise SpecError(f"{named} is {stated}; a percentage lies between 0 and 100")
        return [v / 100 for v in stated]
    return stated


def _theirs(distribution: str, fixed: Mapping[str, float]) -> dict[str, float]:
    unknown = set(fixed) - set(DISTRIBUTIONS[distribution][0])
    if unknown:
        raise SpecError(f"{distribution} has no parameter {', '.join(sorted(unknown))}")
    return {name: float(value) for name, value in fixed.items()}


def _ours(distribution: str, found: Any, spread: float) -> dict[str, float]:
    """The parameters to four digits: the rest is where an optimiser happened to stop."""
    values = {name: float(getattr(found, name)) for name in DISTRIBUTIONS[distribution][0]}
    return {
        name: 0.0 if abs(value) < 1e-4 * spread else float(f"{value:.4g}")
        for name, value in values.items()
    }


def _said(named: str, stated: list[float], prob: float, scale: str) -> str:
    listed = " and ".join(f"{v:g}" for v in stated) if len(stated) == 2 else str(stated)
    of = "" if scale == "identity" else f" of {SCALES[scale]}"
    what = f"{100 * prob:g} % between {listed}" if named == "interval" else f"quartiles {listed}"
    return f"elicited: {what}{of}"


def _hold(prior: Prior, points: list[float], prob: float, named: str, stated: list[float]) -> None:
    """Refuse a prior that does not say what it was asked to: the optimiser only warns."""
    below = np.asarray(prior.frozen().cdf(np.asarray(points)), dtype=float)
    off = (
        abs(below[1] - below[0] - prob)
        if named == "interval"
        else np.abs(below - [0.25, 0.5, 0.75]).max()
    )
    if off > _ROOM:
        raise SpecError(
            f"{named} {stated}: the nearest {prior} misses the probabilities by {off:.2g}; use another "
            "distribution"
        )
