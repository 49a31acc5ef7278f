"""The posterior of one printed quantity by quadrature, with its summary on the scale it is reported on."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from adbayes.inference.printed_answer import Answer, Scale
from adbayes.inference.quadrature import Grid
from adbayes.model.priors import Prior

Array = NDArray[np.float64]


def prior_on(scale: Scale, prior: Prior) -> Callable[[Array], Array]:
    """Log density of a prior on a working scale.

    Parameters
    ----------
    scale : Scale
        Log odds ratios and Fisher z carry their prior themselves; the prior of a share is stated for
        the share and gets the Jacobian here.
    prior : Prior
        The stated prior.

    Returns
    -------
    callable
        Array to array.
    """
    frozen = prior.frozen()
    if scale.name != "logit":
        return lambda theta: np.asarray(frozen.logpdf(theta), dtype=float)

    def log(theta: Array) -> Array:
        share = np.clip(special.expit(theta), 1e-300, 1 - 1e-16)
        jacobian = special.log_expit(theta) + special.log_expit(-theta)
        return np.asarray(frozen.logpdf(share) + jacobian, dtype=float)

    return log


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class PrintedPosterior(Answer):
    """The posterior of a quantity from printed numbers alone, by quadrature.

    Parameters
    ----------
    theta, density, prior_density : numpy.ndarray
        Grid on the working scale, posterior and prior density at its points.
    grid : Grid
        The density with its quadrature.
    """

    theta: Array
    density: Array
    prior_density: Array
    grid: Grid

    def mean(self) -> float:
        """Posterior mean on the reported scale.

        Returns
        -------
        float
            For an odds ratio the mean of the ratio itself, which its upper tail pulls up.
        """
        return self.grid.expect(self._reported())

    def median(self) -> float:
        """Posterior median on the reported scale.

        Returns
        -------
        float
            The median.
        """
        return float(self.scale.report(self.grid.quantile(0.5)))

    def sd(self) -> float:
        """Posterior standard deviation on the reported scale.

        Returns
        -------
        float
            At least 0.
        """
        return float(np.sqrt(self.grid.expect((self._reported() - self.mean()) ** 2)))

    def _quantiles(self, levels: tuple[float, float]) -> Array:
        return self.grid.quantile(levels)

    def _below(self, working: float) -> float:
        return self.grid.cdf(working)

    def curve(self) -> pd.DataFrame:
        """Posterior and prior density on the reported scale, for plots.

        Returns
        -------
        DataFrame
            value, posterior, prior: the stretch of the grid that holds all but a millionth of the
            posterior.
        """
        low, high = self.grid.quantile([5e-7, 1 - 5e-7])
        inside = (self.theta >= low) & (self.theta <= high)
        theta = self.theta[inside]
        jacobian = self.scale.slope(theta)
        return pd.DataFrame(
            {
                "value": self.scale.report(theta),
                "posterior": self.density[inside] / jacobian,
                "prior": self.prior_density[inside] / jacobian,
            }
        )

    def _reported(self) -> Array:
        with np.errstate(over="ignore"):  # far out, where the density is 0
            return self.scale.report(self.theta)
