"""The regularised horseshoe: one prior over a block of slopes of which few are expected to matter.

Piironen and Vehtari (2017), doi 10.1214/17-EJS1337SI:

    beta_j = z_j tau lambda~_j,  z_j ~ Normal(0, 1),  lambda_j ~ HalfCauchy(1),  tau ~ HalfCauchy(tau0),
    lambda~_j^2 = c^2 lambda_j^2 / (c^2 + tau^2 lambda_j^2),  c^2 ~ InverseGamma(nu / 2, nu s^2 / 2),

so that a slope is either shrunk to nothing or drawn from about a Student t with nu degrees of freedom
and scale s, never flat. Their tau0 = p0 / (D - p0) sigma / sqrt(n) holds for predictors of unit
variance; sigma^2 = 1 / (0.5 (1 - 0.5)) stands for an even 0/1 outcome.
"""

from typing import Any

import numpy as np

UNIT_SD = 0.5
"""SD of an even 0/1 predictor, and of a continuous one scaled by two SDs (Gelman 2008, doi
10.1002/sim.3107): what the predictors of a block are taken to have."""
PSEUDO_SIGMA = 2.0
_DRAWS, _SEED = 200_000, 20211


def global_scale(relevant: float, predictors: float, patients: float) -> float:
    """The scale of tau at which about `relevant` slopes are expected to escape the shrinkage.

    Parameters
    ----------
    relevant : float
        Expected number of relevant predictors, above 0 and below `predictors`.
    predictors : float
        Slopes in the block.
    patients : float
        Rows that the prior is meant for; stated, so that the prior is the same whatever the data.

    Returns
    -------
    float
        Log odds per unit of a predictor with SD `UNIT_SD`.
    """
    return float(relevant / (predictors - relevant) * PSEUDO_SIGMA / (UNIT_SD * patients**0.5))


class RegularizedHorseshoe:
    """The prior of one block as a distribution; what has no closed form comes from seeded draws.

    Parameters
    ----------
    relevant, predictors, patients : float
        As `global_scale` takes them.
    slab_scale : float
        s: scale of the slopes that matter, log odds.
    slab_df : float
        nu: their degrees of freedom.
    """

    def __init__(
        self,
        relevant: float,
        predictors: float,
        patients: float,
        slab_scale: float,
        slab_df: float,
    ) -> None:
        self.tau0 = global_scale(relevant, predictors, patients)
        self.slab_scale, self.slab_df = slab_scale, slab_df

    def rvs(self, size: Any = None, random_state: Any = None) -> np.ndarray:
        """Draw slopes; those along the last axis of a two-dimensional `size` are one block.

        Parameters
        ----------
        size : int or tuple of int, optional
            Number of draws, or draws and slopes.
        random_state : numpy.random.Generator or int, optional
            The source of randomness.

        Returns
        -------
        numpy.ndarray
            Log odds.
        """
        rng = np.random.default_rng(random_state)
        shape = np.atleast_1d(1 if size is None else size)
        shared = (*shape[:-1], 1) if len(shape) > 1 else tuple(shape)
        tau = self.tau0 * np.abs(rng.standard_cauchy(shared))
        slab = 1 / rng.gamma(self.slab_df / 2, 2 / (self.slab_df * self.slab_scale**2), shared)
        local = np.abs(rng.standard_cauchy(tuple(shape)))
        drawn = rng.standard_normal(tuple(shape)) * shrunk_scale(tau, local, slab)
        return np.asarray(drawn[0] if size is None else drawn)

    def ppf(self, q: Any) -> Any:
        """Quantiles of one slope, from 200,000 seeded draws.

        Parameters
        ----------
        q : array-like
            Probabilities.

        Returns
        -------
        numpy.ndarray
            Log odds.
        """
        return np.quantile(self.rvs(_DRAWS, np.random.default_rng(_SEED)), q)


def shrunk_scale(tau: Any, local: Any, slab: Any) -> Any:
    """The SD of a slope given the scales above it: tau lambda~.

    Parameters
    ----------
    tau, local, slab : array
        Global scale, local scale and the slab's variance c^2; NumPy arrays or tensors.

    Returns
    -------
    array
        Below the slab's SD whatever the other two.
    """
    wide = (tau * local) ** 2
    return (
        slab / (1 + slab / wide)
    ) ** 0.5  # finite where tau lambda overflows, 0 where it vanishes
