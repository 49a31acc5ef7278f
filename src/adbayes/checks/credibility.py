"""Reverse-Bayes: what one would have to believe beforehand for a claim to fall.

Not "is the claim true under my prior", but "which priors would take it away". A claim stands while the
posterior probability of its direction is at least 0.975, the one-sided counterpart of a 95 %
equal-tailed interval that leaves out the null.
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from adbayes.checks.marginal import Marginal

STANDS = 0.975
"""Posterior probability of the direction from which on a claim stands."""

_Z = float(stats.norm.ppf(STANDS))
_SPAN, _STEPS = (1e-4, 1e4), 241
"""Prior SDs that are searched, in standard errors, and at how many of them."""


@dataclass(frozen=True)
class Credibility:
    """Which normal priors a claim withstands.

    Parameters
    ----------
    tipping_scale : float
        SD of a prior centred at the null under which P(direction) falls below 0.975; NaN where it is
        below even under the vaguest prior, or above under every one.
    tipping_centre : float
        Centre, at the stated prior SD, at which P(direction) is 0.975: how far against the claim a
        belief of that firmness must lie (or, for a claim that does not stand under the null-centred
        prior, how far on its side). NaN as for `tipping_scale`, and where it lies beyond what the
        points of the likelihood tell (claims of more than about 30 standard errors).
    sceptical_limit : float
        End of the 95 % range of the prior at the tipping scale, away from the null on the claim's
        side (Matthews 2018, doi 10.1098/rsos.171047): who holds larger effects implausible beforehand
        need not be convinced. NaN as for `tipping_scale`.
    p_intrinsic : float
        Intrinsic credibility (Held 2019, doi 10.1098/rsos.181534), in (0, 1]: below 0.05 the data
        conflict with the very sceptical prior that would make the claim fall, so that it convinces
        without outside support.
    stands_flat : bool
        Whether P(direction) reaches 0.975 under a flat prior; where not, there is nothing to take away.
    """

    tipping_scale: float
    tipping_centre: float
    sceptical_limit: float
    p_intrinsic: float
    stands_flat: bool


def normal_credibility(estimate: float, se: float, null: float, scale: float) -> Credibility:
    """The closed form for a normal likelihood.

    Parameters
    ----------
    estimate, se : float
        Estimate and its standard error, above 0.
    null : float
        The value of no effect.
    scale : float
        SD of the prior whose centre is moved.

    Returns
    -------
    Credibility
        With z = |estimate - null| / se: tipping scale se * 1.96 / sqrt(z^2 - 1.96^2), and the centre
        c solving c / scale^2 + z / se = 1.96 sqrt(1 / scale^2 + 1 / se^2) on the claim's side.
    """
    side = 1.0 if estimate >= null else -1.0
    z = abs(estimate - null) / se
    intrinsic = float(2 * stats.norm.sf(z / np.sqrt(2)))
    if z <= _Z:
        return Credibility(np.nan, np.nan, np.nan, intrinsic, False)
    tipping = se * _Z / np.sqrt(z**2 - _Z**2)
    centre = scale**2 * (_Z * np.sqrt(1 / scale**2 + 1 / se**2) - z / se)
    return Credibility(
        float(tipping),
        float(null + side * centre),
        float(null + side * _Z * tipping),
        intrinsic,
        True,
    )


def credibility(marginal: Marginal, scale: float) -> Credibility:
    """The same for any likelihood, by root finding.

    Parameters
    ----------
    marginal : Marginal
        What the data say about the number.
    scale : float
        SD of the prior whose centre is moved.

    Returns
    -------
    Credibility
        Exact for the likelihood on the marginal's points.
    """
    side, null = marginal.side, marginal.null
    z = marginal.z()
    intrinsic = float(2 * stats.norm.sf(z / np.sqrt(2)))
    if z <= _Z:
        return Credibility(np.nan, np.nan, np.nan, intrinsic, False)

    def over(centre: float, sd: float) -> float:
        # By how much a claim stands, in normal deviates.
        above = marginal.probability_above(centre, sd)
        right = above if side > 0 else 1 - above
        return float(stats.norm.ppf(np.clip(right, 1e-15, 1 - 1e-15))) - _Z

    _, se = marginal.moments()
    # From the widest prior down to the first that takes the claim away: draws have nothing to say of
    # priors so narrow that a single one of them carries all weight.
    scales = se * np.geomspace(*_SPAN, _STEPS)[::-1]
    above = marginal.probability_above(null, scales)
    falls = np.flatnonzero((above if side > 0 else 1 - above) < STANDS)
    tipping = np.nan
    if len(falls) and falls[0] > 0:
        low, high = (float(np.log(scales[falls[0] - k])) for k in (0, 1))
        root = optimize.brentq(lambda s: over(null, float(np.exp(s))), low, high, xtol=1e-10)
        tipping = float(np.exp(root))
    centre = np.nan
    reach = 10 * (scale + se + scale**2 / se)
    ends = null - side * reach, null + side * reach
    if over(ends[0], scale) < 0 < over(ends[1], scale):
        centre = float(optimize.brentq(lambda c: over(c, scale), *ends, xtol=1e-10))
    return Credibility(tipping, centre, null + side * _Z * tipping, intrinsic, True)
