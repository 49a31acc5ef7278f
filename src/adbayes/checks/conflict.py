"""Whether a prior and the data speak of the same thing, and how much of the posterior is the data's."""

import numpy as np
from scipy import stats

from adbayes.checks.marginal import Marginal


def box_p(
    marginal: Marginal,
    centre: float,
    scale: float,
    made_under: tuple[float, float] | None = None,
) -> float:
    """Two-sided prior predictive tail area of the estimate.

    Parameters
    ----------
    marginal : Marginal
        What the data say; taken as normal with its mean and SD.
    centre, scale : float
        Mean and SD of the normal prior.
    made_under : tuple of (float, float), optional
        Mean and SD of the normal prior of the marginal's draws; not needed for a grid.

    Returns
    -------
    float
        In (0, 1]; small where data like these were not expected under the prior (Box 1980, doi
        10.2307/2982063; Evans and Moshonov 2006, doi 10.1214/06-BA129). Below 0.05 is called a conflict.
    """
    estimate, se = marginal.estimate(made_under)
    return float(2 * stats.norm.sf(abs(estimate - centre) / np.hypot(scale, se)))


def contraction(prior_sd: float, posterior_sd: float) -> float:
    """How much of the prior's variance the data have taken away.

    Parameters
    ----------
    prior_sd, posterior_sd : float
        On the same scale, above 0.

    Returns
    -------
    float
        1 - posterior variance / prior variance: near 1 the data speak, near 0 the prior; below 0 the
        posterior is wider than the prior, as in a conflict.
    """
    return 1.0 - (posterior_sd / prior_sd) ** 2
