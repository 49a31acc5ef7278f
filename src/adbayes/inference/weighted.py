"""Draws with importance weights: what they say, and how exactly."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from adbayes.errors import ConvergenceError

Array = NDArray[np.float64]

MAX_PARETO_K = 0.7
"""Above it importance weights are not to be trusted at any practical number of draws
(Vehtari et al. 2024, J Mach Learn Res 25:72)."""


@dataclass(frozen=True, eq=False)
class WeightedDraws:
    """Draws of several quantities under one set of importance weights.

    Parameters
    ----------
    values : numpy.ndarray
        ``(draws, quantities)``.
    weight : numpy.ndarray
        ``(draws,)``, not negative, adding to 1.
    pareto_k : float
        Shape of the tail of the weights before smoothing.
    """

    values: Array
    weight: Array
    pareto_k: float

    @classmethod
    def of(cls, values: ArrayLike, log_weight: Array) -> "WeightedDraws":
        """Weigh draws, with the largest weights Pareto-smoothed.

        Parameters
        ----------
        values : array_like
            ``(draws, quantities)``.
        log_weight : numpy.ndarray
            ``(draws,)``, up to a constant; -inf for a draw outside the support.

        Returns
        -------
        WeightedDraws
            With the diagnostic of its weights.

        Raises
        ------
        ConvergenceError
            Where Pareto k exceeds `MAX_PARETO_K`.
        """
        from arviz_stats.base.array import array_stats

        smoothed, k = np.maximum(log_weight, log_weight.max() - 700), -np.inf
        tail = np.sort(smoothed)[
            -int(np.ceil(min(len(smoothed) / 5, 3 * np.sqrt(len(smoothed))))) :
        ]
        if (
            tail[-1] - tail[0] > 1e-9
        ):  # otherwise there is no tail to fit, which is the best there is
            smoothed, khat = array_stats.psislw(-smoothed)
            k = float(khat)
        if k > MAX_PARETO_K:
            raise ConvergenceError(
                f"The importance weights of a posterior from print have Pareto k {k:.2f}, above "
                f"{MAX_PARETO_K:g}; use a prior that is less at odds with the print."
            )
        weight = np.exp(smoothed - smoothed.max())
        return cls(np.asarray(values, dtype=float), weight / weight.sum(), k)

    def __getitem__(self, quantity: int) -> "WeightedDraws":
        one = np.ascontiguousarray(self.values[:, [quantity]])
        return WeightedDraws(one, self.weight, self.pareto_k)

    def mean(self) -> Array:
        """Means.

        Returns
        -------
        numpy.ndarray
            One a quantity.
        """
        return self._mean

    @cached_property
    def _mean(self) -> Array:
        return _average(self.weight, self.values)

    @cached_property
    def _sorted(self) -> list[tuple[Array, Array]]:
        """Of each quantity the sorted values, and the weight passed at them."""
        found = []
        for column in self.values.T:
            order = np.argsort(column)
            weight = self.weight[order]
            found.append((column[order], np.cumsum(weight) - weight / 2))
        return found

    def sd(self) -> Array:
        """Standard deviations.

        Returns
        -------
        numpy.ndarray
            One a quantity.
        """
        return np.sqrt(_average(self.weight, (self.values - self.mean()) ** 2))

    def quantile(self, level: ArrayLike) -> Array:
        """Quantiles.

        Parameters
        ----------
        level : array_like
            In (0, 1).

        Returns
        -------
        numpy.ndarray
            ``(levels, quantities)``: where the weight passed, half of a draw's own counted, is the
            level, linear between draws.
        """
        wanted = np.atleast_1d(np.asarray(level, dtype=float))
        found = np.empty((len(wanted), self.values.shape[1]))
        for k, (ordered, passed) in enumerate(self._sorted):
            found[:, k] = np.interp(wanted, passed, ordered)
        return found

    def below(self, value: float) -> Array:
        """Probability of values below one.

        Parameters
        ----------
        value : float
            Any value.

        Returns
        -------
        numpy.ndarray
            One a quantity, in [0, 1].
        """
        return _average(self.weight, self.values < value)

    def mcse_mean(self) -> Array:
        """Monte Carlo standard errors of the means, of a self-normalised weighted average.

        Returns
        -------
        numpy.ndarray
            One a quantity.
        """
        return np.sqrt(_average(self.weight**2, (self.values - self.mean()) ** 2))

    def ess_bulk(self) -> Array:
        """Independent draws that would give the means as exactly.

        Returns
        -------
        numpy.ndarray
            One a quantity.
        """
        return np.asarray((self.sd() / self.mcse_mean()) ** 2, dtype=float)

    def ess_tail(self) -> Array:
        """Independent draws that would give the ends of the 90 % interval as exactly, the fewer of both.

        Returns
        -------
        numpy.ndarray
            One a quantity.
        """
        sizes = []
        for level, ends in zip((0.05, 0.95), self.quantile((0.05, 0.95)), strict=True):
            missed = (self.values <= ends) - level
            sizes.append(level * (1 - level) / _average(self.weight**2, missed**2))
        return np.asarray(np.minimum(*sizes), dtype=float)


def _average(weight: Array, values: NDArray[Any]) -> Array:
    # Not a matrix product: on vectors of this length BLAS spends its time on starting threads.
    return np.asarray(np.einsum("d,dq->q", weight, values.astype(float, copy=False)), dtype=float)
