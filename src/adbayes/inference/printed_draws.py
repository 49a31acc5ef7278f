"""The posterior of a printed quantity that took many numbers together, as weighted draws."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from adbayes.inference.printed_answer import Answer
from adbayes.inference.weighted import WeightedDraws

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class PrintedDraws(Answer):
    """The posterior of a quantity from printed numbers alone, by importance sampling.

    Parameters
    ----------
    draws : WeightedDraws
        Of one quantity, on the working scale.
    """

    draws: WeightedDraws

    def mean(self) -> float:
        """Posterior mean on the reported scale.

        Returns
        -------
        float
            For an odds ratio the mean of the ratio itself, which its upper tail pulls up.
        """
        return float(self._reported.mean()[0])

    def median(self) -> float:
        """Posterior median on the reported scale.

        Returns
        -------
        float
            The median.
        """
        return float(self.scale.report(self.draws.quantile(0.5))[0, 0])

    def sd(self) -> float:
        """Posterior standard deviation on the reported scale.

        Returns
        -------
        float
            At least 0.
        """
        return float(self._reported.sd()[0])

    def _quantiles(self, levels: tuple[float, float]) -> Array:
        return self.draws.quantile(levels)[:, 0]

    def _below(self, working: float) -> float:
        return float(self.draws.below(working)[0])

    def _monte_carlo(self) -> dict[str, float]:
        reported = self._reported
        return {
            "mcse_mean": float(reported.mcse_mean()[0]),
            "ess_bulk": float(reported.ess_bulk()[0]),
            # Of quantiles, so the same on either scale, and the draws are sorted only once.
            "ess_tail": float(self.draws.ess_tail()[0]),
        }

    @cached_property
    def _reported(self) -> WeightedDraws:
        values = self.scale.report(self.draws.values)
        return WeightedDraws(values, self.draws.weight, self.draws.pareto_k)
