"""What the data say about one number, on points, so that any prior can be laid over it afterwards.

A posterior under another normal prior is then a sum. From print alone the points are a grid of the
likelihood itself; from patients they are draws under a wide prior, divided by that prior.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from adbayes.checks.power_scaling import MAX_KHAT

Array = NDArray[np.float64]

_REACH, _POINTS = 12.0, 4001
"""Half width of a grid in standard errors, and its points (odd: one lies on the centre)."""


@dataclass(frozen=True, eq=False)
class Marginal:
    """The likelihood of one number, every other parameter integrated out.

    Parameters
    ----------
    theta : numpy.ndarray
        Points on the scale that priors are stated on: log odds ratio, or the quantity itself.
    log_weight : numpy.ndarray
        Log likelihood at each point times the stretch it stands for.
    null : float
        The value of no effect on that scale.
    sampled : bool
        Whether the points are draws, whose weights can fail; a grid's cannot.
    """

    theta: Array
    log_weight: Array
    null: float
    sampled: bool

    @classmethod
    def of_likelihood(
        cls, log: Callable[[Array], Array], centre: float, scale: float, null: float
    ) -> "Marginal":
        """The likelihood of a printed number.

        Parameters
        ----------
        log : callable
            Log likelihood, up to a constant.
        centre, scale : float
            Where it is and how wide.
        null : float
            The value of no effect.

        Returns
        -------
        Marginal
            On a grid with one cell border at the null, so that its two sides are told apart exactly;
            it reaches from beyond the null to 12 standard errors on either side.
        """
        reach = _REACH * scale
        low, high = min(centre - reach, null - reach), max(centre + reach, null + reach)
        step = (high - low) / _POINTS
        below = int(np.ceil((null - low) / step))
        above = int(np.ceil((high - null) / step))
        theta: Array = null + (np.arange(-below, above, dtype=np.float64) + 0.5) * step
        return cls(theta, log(theta), null, False)

    @classmethod
    def of_draws(cls, draws: ArrayLike, log_prior: ArrayLike, null: float) -> "Marginal":
        """The likelihood behind draws, the prior they were made under taken away.

        Parameters
        ----------
        draws : array_like
            Of one parameter, under a prior wide enough to leave the likelihood its tails.
        log_prior : array_like
            Log density of that prior at the draws.
        null : float
            The value of no effect.

        Returns
        -------
        Marginal
            Priors of the other parameters stay as they were.
        """
        theta = np.ravel(np.asarray(draws, dtype=float))
        return cls(theta, -np.ravel(np.asarray(log_prior, dtype=float)), null, True)

    @property
    def side(self) -> float:
        """On which side of the null the data lie: 1.0 or -1.0."""
        return 1.0 if self.probability_above() >= 0.5 else -1.0

    def weights(self, centre: ArrayLike = 0.0, scale: ArrayLike = np.inf) -> Array:
        """Posterior weights under normal priors.

        Parameters
        ----------
        centre, scale : array_like
            Mean and SD of each prior, broadcast against each other; an infinite SD is a flat prior.

        Returns
        -------
        numpy.ndarray
            Shape of the priors, then the points; each sums to 1.
        """
        centre, scale = np.broadcast_arrays(
            np.asarray(centre, dtype=float), np.asarray(scale, dtype=float)
        )
        apart = (self.theta - centre[..., None]) / scale[..., None]
        log = self.log_weight - 0.5 * apart**2
        weight = np.exp(log - log.max(axis=-1, keepdims=True))
        return np.asarray(weight / weight.sum(axis=-1, keepdims=True))

    def probability_above(self, centre: ArrayLike = 0.0, scale: ArrayLike = np.inf) -> Any:
        """Posterior probability of lying above the null.

        Parameters
        ----------
        centre, scale : array_like
            As in `weights`.

        Returns
        -------
        float or numpy.ndarray
            In [0, 1], in the shape of the priors.
        """
        found = self.weights(centre, scale) @ (self.theta > self.null)
        return float(found) if np.ndim(found) == 0 else found

    def moments(self) -> tuple[float, float]:
        """Mean and SD of the likelihood as a density.

        Returns
        -------
        tuple of (float, float)
            The estimate and standard error of a normal that stands for it.
        """
        weight = self.weights()
        mean = float(weight @ self.theta)
        return mean, float(np.sqrt(weight @ (self.theta - mean) ** 2))

    def moments_behind(self, centre: float, scale: float) -> tuple[float, float]:
        """Estimate and standard error of a normal likelihood behind draws.

        Parameters
        ----------
        centre, scale : float
            Mean and SD of the normal prior that the draws were made under.

        Returns
        -------
        tuple of (float, float)
            From the draws' mean and SD, by the product of normals taken apart; an infinite standard error
            where they are no narrower than the prior.
        """
        mean, sd = float(self.theta.mean()), float(self.theta.std(ddof=1))
        precision = sd**-2 - scale**-2
        if precision <= 0:
            return mean, float("inf")
        return (mean / sd**2 - centre / scale**2) / precision, precision**-0.5

    def estimate(self, made_under: tuple[float, float] | None) -> tuple[float, float]:
        """Estimate and standard error, by whichever of the two ways can be trusted.

        Parameters
        ----------
        made_under : tuple of (float, float) or None
            Mean and SD of the normal prior of the draws; None for a grid.

        Returns
        -------
        tuple of (float, float)
            `moments`, or `moments_behind` where the draws were made under a prior so tight that they do
            not reach a flat one (Pareto k above 0.7): the weighted draws then end too early.
        """
        if made_under is not None and self.khat(self.null, np.inf) > MAX_KHAT:
            return self.moments_behind(*made_under)
        return self.moments()

    def z(self) -> float:
        """The normal deviate of the tail area beyond the null under a flat prior.

        Returns
        -------
        float
            Positive on the side where the data lie; estimate over standard error for a normal
            likelihood.
        """
        weight = self.weights()
        wrong = float(weight @ (self.side * (self.theta - self.null) <= 0))
        return float(stats.norm.isf(max(wrong, 1e-300)))

    def khat(self, centre: float, scale: float) -> float:
        """Pareto k of the weights of a prior.

        Parameters
        ----------
        centre, scale : float
            Mean and SD of the prior.

        Returns
        -------
        float
            Above 0.7 the draws do not reach where that prior leads (Vehtari et al. 2024, doi
            10.48550/arXiv.1507.02646); NaN for a grid.
        """
        if not self.sampled:
            return float("nan")
        from arviz_stats.base.array import array_stats

        log = self.log_weight - 0.5 * ((self.theta - centre) / scale) ** 2
        # ArviZ takes the negative of a log weight, as for leave-one-out log-likelihoods.
        _, khat = array_stats.psislw(-log)
        return float(khat)

    def summaries(
        self,
        centre: ArrayLike,
        scale: ArrayLike,
        report: Callable[[Array], Array] = lambda theta: theta,
        prob: float = 0.95,
    ) -> pd.DataFrame:
        """Posterior summaries under normal priors.

        Parameters
        ----------
        centre, scale : array_like
            Mean and SD of each prior, of one length.
        report : callable, optional
            From the scale of the priors to the one that is reported; increasing.
        prob : float, optional
            Coverage of the equal-tailed interval.

        Returns
        -------
        pandas.DataFrame
            One row a prior: mean, sd, median, ci_low, ci_high, prob_direction (of the more probable
            side of the null).
        """
        order = np.argsort(self.theta)
        theta = self.theta[order]
        weight = self.weights(np.atleast_1d(centre), np.atleast_1d(scale))[:, order]
        value = report(theta)
        mean = weight @ value
        sd = np.sqrt(np.maximum(weight @ value**2 - mean**2, 0.0))
        # The middle of each point's own weight, so that a grid's cells count half at their middle.
        below = np.cumsum(weight, axis=1) - weight / 2
        levels = [0.5, (1 - prob) / 2, (1 + prob) / 2]
        quantiles = np.array([np.interp(levels, row, theta) for row in below])
        above = weight @ (theta > self.null)
        median, low, high = report(quantiles).T
        found = {"mean": mean, "sd": sd, "median": median, "ci_low": low, "ci_high": high}
        return pd.DataFrame(found | {"prob_direction": np.maximum(above, 1 - above)})
