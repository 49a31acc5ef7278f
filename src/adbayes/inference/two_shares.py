"""Two shares at once: one nested in the other, and the difference of two groups."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from adbayes.errors import DataError, SpecError
from adbayes.inference.beta_mixture import BetaMixture
from adbayes.model.priors import Prior

Array = NDArray[np.float64]


def as_mixture(prior: Prior) -> BetaMixture:
    """A stated prior of a share as a mixture of betas; a Beta has one component.

    Parameters
    ----------
    prior : Prior
        A Beta or a BetaMixture.

    Returns
    -------
    BetaMixture
        With the same parameters.

    Raises
    ------
    SpecError
        For another distribution.
    """
    if prior.distribution == "BetaMixture":
        w, a, b = (np.asarray(prior[key], dtype=float).tolist() for key in ("w", "alpha", "beta"))
        return BetaMixture(tuple(np.array(w) / sum(w)), tuple(a), tuple(b))
    if prior.distribution != "Beta":
        raise SpecError(f"The prior of a nested share is a Beta, found {prior}.")
    values = dict(prior.parameters)
    alpha, beta = values["alpha"], values["beta"]
    if not (isinstance(alpha, float) and isinstance(beta, float)):
        raise SpecError(f"The prior of a nested share has one alpha and one beta, found {prior}.")
    return BetaMixture((1.0,), (alpha,), (beta,))


@dataclass(frozen=True)
class TwoShares:
    """The product or the difference of two independent shares.

    Occurrence p and persistence q among those with an occurrence have independent posteriors where
    their priors are independent, because the likelihood is binomial(n, p) times binomial(occurred, q);
    p q is the share of all patients in whom it occurred and persisted.

    Parameters
    ----------
    first, second : BetaMixture
        The shares.
    kind : {"product", "difference"}
        first * second, or first - second.
    """

    first: BetaMixture
    second: BetaMixture
    kind: Literal["product", "difference"]

    @cached_property
    def _nodes(self) -> tuple[Array, Array]:
        """Points of the second share and their probabilities: even on the logit scale."""
        steps, width = np.linspace(-40, 40, 8001, retstep=True)
        x = special.expit(steps)
        log = self.second.logpdf(x) + special.log_expit(steps) + special.log_expit(-steps)
        inside = (x > 0) & (x < 1)
        mass = np.exp(log[inside]) * width
        kept = mass > 1e-17
        return x[inside][kept], mass[kept] / mass[kept].sum()

    def cdf(self, value: float) -> float:
        """Probability of values up to one.

        Parameters
        ----------
        value : float
            Any number.

        Returns
        -------
        float
            In [0, 1].
        """
        points, mass = self._nodes
        # Division by a share near 0 may overflow to a bound beyond 1, which is as good as 1.
        bound = np.minimum(value / points, 2) if self.kind == "product" else value + points
        return float(mass @ self.first.cdf(np.clip(bound, 0, 1)))

    def quantile(self, level: float) -> float:
        """Quantile.

        Parameters
        ----------
        level : float
            In (0, 1).

        Returns
        -------
        float
            A share, or a difference of shares.
        """
        lowest = 0.0 if self.kind == "product" else -1.0
        return float(optimize.brentq(lambda x: self.cdf(x) - level, lowest, 1.0, xtol=1e-10))

    def interval(self, prob: float = 0.95) -> tuple[float, float]:
        """Equal-tailed interval.

        Parameters
        ----------
        prob : float
            In (0, 1).

        Returns
        -------
        tuple of (float, float)
            Lower and upper end.

        Raises
        ------
        DataError
            For a probability outside (0, 1).
        """
        if not 0 < prob < 1:
            raise DataError(f"prob is {prob}; it must lie between 0 and 1, such as 0.95.")
        return self.quantile((1 - prob) / 2), self.quantile((1 + prob) / 2)

    def mean(self) -> float:
        """Mean.

        Returns
        -------
        float
            In closed form.
        """
        one, two = self.first.mean(), self.second.mean()
        return one * two if self.kind == "product" else one - two

    def sd(self) -> float:
        """Standard deviation.

        Returns
        -------
        float
            In closed form.
        """
        one, two = self.first, self.second
        if self.kind == "difference":
            return float(np.hypot(one.sd(), two.sd()))
        second = (one.mean() ** 2 + one.sd() ** 2) * (two.mean() ** 2 + two.sd() ** 2)
        return float(np.sqrt(second - self.mean() ** 2))
