"""The posterior of one number on a grid: quadrature instead of sampling, so it is exact and repeatable."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special
from scipy.integrate import cumulative_simpson
from scipy.interpolate import PchipInterpolator

from adbayes.errors import ConvergenceError
from adbayes.model.priors import Prior

Array = NDArray[np.float64]

ACCURACY = 1e-6
"""Largest change of the normalising constant, the mean and the SD (in posterior SDs) when every second
point of the grid is left out."""

SUMMARY_COLUMNS = (
    "model", "variant", "priors", "evidence", "cohort", "estimand", "outcome", "visit", "term", "unit",
    "n", "mean", "median", "sd", "ci_low", "ci_high", "ci_prob", "null", "prob_direction",
    "mcse_mean", "ess_bulk", "ess_tail", "r_hat", "flag",
)  # fmt: skip
"""Columns of a summary row."""

_REACH = 5.0  # the grid ends at sinh(5) = 74 posterior SDs from its centre
_SIZES = (1001, 2001, 4001, 8001)


@dataclass(frozen=True)
class Scale:
    """The scale a quantity is integrated on, and the way back to the scale it is reported on.

    Parameters
    ----------
    name : str
        identity, log, logit or fisher_z.
    report : callable
        From the working scale to the reported one; increasing.
    slope : callable
        Derivative of `report`.
    """

    name: str
    report: Callable[[Array], Array]
    slope: Callable[[Array], Array]


SCALES: dict[str, Scale] = {
    scale.name: scale
    for scale in (
        Scale("identity", lambda theta: theta, np.ones_like),
        Scale("log", np.exp, np.exp),
        Scale(
            "logit",
            special.expit,
            lambda theta: np.exp(special.log_expit(theta) + special.log_expit(-theta)),
        ),
        Scale(
            "fisher_z",
            np.tanh,
            lambda theta: np.exp(-2 * (np.logaddexp(theta, -theta)) + np.log(4)),
        ),
    )
}
"""Working scales by name."""


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


@dataclass(frozen=True, eq=False)
class Grid:
    """A normalised density on points that are dense at its centre and reach far into its tails.

    Parameters
    ----------
    centre, width : float
        The points are centre + width * sinh(steps).
    steps : numpy.ndarray
        Evenly spaced.
    theta, density : numpy.ndarray
        Points, and the density at them.
    """

    centre: float
    width: float
    steps: Array
    theta: Array
    density: Array

    @classmethod
    def of(cls, log: Callable[[Array], Array], centre: float, width: float) -> "Grid":
        """Normalise a density, refining its grid until the answer no longer moves.

        Parameters
        ----------
        log : callable
            Log density up to a constant, with one mode.
        centre, width : float
            A first guess of where it is and how wide.

        Returns
        -------
        Grid
            Accurate to `ACCURACY`.

        Raises
        ------
        ConvergenceError
            Where the finest grid is not accurate, as for a density with jumps.
        """
        for _ in range(20):
            # An odd number of points, so that every second one spans the same range.
            mean, sd = cls._on(log, centre, width, _SIZES[0]).moments()
            settled = abs(mean - centre) < 0.1 * width and 0.8 < sd / width < 1.25
            centre, width = mean, sd
            if settled:
                break
        for size in _SIZES:
            grid = cls._on(log, centre, width, size)
            half = cls._normalised(centre, width, grid.steps[::2], grid.density[::2])
            mean, sd = grid.moments()
            mean_half, sd_half = half.moments()
            constant = float(half.density[size // 4] / grid.density[size // 4 * 2]) - 1
            moves = (abs(mean - mean_half) / sd, abs(sd - sd_half) / sd, abs(constant))
            if max(moves) < ACCURACY:
                return grid
        raise ConvergenceError(
            f"The grid of a posterior is accurate to {max(moves):.1e} of an SD only, not to "
            f"{ACCURACY:g}; use a prior whose density is smooth."
        )

    @classmethod
    def _on(cls, log: Callable[[Array], Array], centre: float, width: float, size: int) -> "Grid":
        steps = np.linspace(-_REACH, _REACH, size)
        value = log(centre + width * np.sinh(steps))
        return cls._normalised(centre, width, steps, np.exp(value - value.max()))

    @classmethod
    def _normalised(cls, centre: float, width: float, steps: Array, density: Array) -> "Grid":
        total = np.trapezoid(density * width * np.cosh(steps), steps)
        return cls(centre, width, steps, centre + width * np.sinh(steps), density / total)

    def expect(self, values: Array) -> float:
        """Expectation of a function given at the points.

        Parameters
        ----------
        values : numpy.ndarray
            One a point; may overflow where the density is 0.

        Returns
        -------
        float
            The expectation.
        """
        inside = self.density > 0
        jacobian = self.width * np.cosh(self.steps)
        product = np.zeros_like(self.density)
        product[inside] = values[inside] * self.density[inside] * jacobian[inside]
        return float(np.trapezoid(product, self.steps))

    def moments(self) -> tuple[float, float]:
        """Mean and SD.

        Returns
        -------
        tuple of (float, float)
            On the scale of the points.
        """
        mean = self.expect(self.theta)
        return mean, float(np.sqrt(self.expect((self.theta - mean) ** 2)))

    def _cumulative(self) -> Array:
        jacobian = self.width * np.cosh(self.steps)
        below = cumulative_simpson(self.density * jacobian, x=self.steps, initial=0)
        return np.asarray(np.clip(below / below[-1], 0, 1), dtype=float)

    def cdf(self, theta: float) -> float:
        """Probability of values up to one.

        Parameters
        ----------
        theta : float
            Any value.

        Returns
        -------
        float
            In [0, 1].
        """
        step = np.arcsinh((theta - self.centre) / self.width)
        inside = np.clip(step, -_REACH, _REACH)
        return float(np.clip(PchipInterpolator(self.steps, self._cumulative())(inside), 0, 1))

    def quantile(self, level: ArrayLike) -> Array:
        """Quantiles.

        Parameters
        ----------
        level : array_like
            In (0, 1).

        Returns
        -------
        numpy.ndarray
            On the scale of the points.
        """
        below = self._cumulative()
        # Only the increasing stretch has an inverse.
        rising = np.flatnonzero((below > 1e-9) & (below < 1 - 1e-9))
        keep = rising[np.diff(below[rising], prepend=0) > 0]
        steps = PchipInterpolator(below[keep], self.steps[keep])(level)
        return np.asarray(self.centre + self.width * np.sinh(steps), dtype=float)


@dataclass(frozen=True, eq=False, repr=False)
class PrintedPosterior:
    """The posterior of a quantity from printed numbers alone.

    Parameters
    ----------
    id : str
        Of the quantity, in the ledger or derived from it.
    place : str
        Where it is printed, and the print.
    theta, density, prior_density : numpy.ndarray
        Grid on the working scale, posterior and prior density at its points.
    scale : Scale
        The working scale; every summary is on the reported scale.
    prior : Prior
        The prior, as stated.
    priors : str
        Name of its set; ``given`` for a prior of the caller's.
    variant : str
        ``base``, another denominator such as ``n82``, or ``wald``.
    estimand, outcome, term, unit : str
        As in a summary row.
    visit, n : int or None
        Week, and patients behind the print; None where it has none or does not say.
    null : float
        The value of no effect, on the reported scale; NaN where there is none.
    note : str
        What the posterior assumes.
    grid : Grid
        The density with its quadrature.
    """

    id: str
    place: str
    theta: Array
    density: Array
    prior_density: Array
    scale: Scale
    prior: Prior
    priors: str
    variant: str
    estimand: str
    outcome: str
    term: str
    unit: str
    visit: int | None
    n: int | None
    null: float
    note: str
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

    def interval(self, prob: float = 0.95) -> tuple[float, float]:
        """Equal-tailed credible interval on the reported scale.

        Parameters
        ----------
        prob : float
            In (0, 1).

        Returns
        -------
        tuple of (float, float)
            Lower and upper end.
        """
        low, high = self.scale.report(self.grid.quantile([(1 - prob) / 2, (1 + prob) / 2]))
        return float(low), float(high)

    def prob_direction(self) -> float:
        """Probability of the more probable side of the null.

        Returns
        -------
        float
            In [0.5, 1]; NaN where there is no null.
        """
        if np.isnan(self.null):
            return float("nan")
        working = {"log": np.log, "fisher_z": np.arctanh}.get(self.scale.name, float)(self.null)
        below = self.grid.cdf(float(working))
        return max(below, 1 - below)

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

    def summary(self) -> pd.DataFrame:
        """The posterior as one row of the summary table.

        Returns
        -------
        DataFrame
            `SUMMARY_COLUMNS`; Monte Carlo columns are empty because nothing was sampled.
        """
        low, high = self.interval()
        nothing = float("nan")
        row: dict[str, Any] = {
            "model": "published",
            "variant": self.variant,
            "priors": self.priors,
            "evidence": "published",
            "cohort": "",
            "estimand": self.estimand,
            "outcome": self.outcome,
            "visit": self.visit,
            "term": self.term,
            "unit": self.unit,
            "n": self.n,
            "mean": self.mean(),
            "median": self.median(),
            "sd": self.sd(),
            "ci_low": low,
            "ci_high": high,
            "ci_prob": 0.95,
            "null": self.null,
            "prob_direction": self.prob_direction(),
            **dict.fromkeys(("mcse_mean", "ess_bulk", "ess_tail", "r_hat"), nothing),
            "flag": "",
        }
        return pd.DataFrame([row], columns=list(SUMMARY_COLUMNS)).astype(
            {"visit": "Int64", "n": "Int64"}
        )

    def _reported(self) -> Array:
        with np.errstate(over="ignore"):  # far out, where the density is 0
            return self.scale.report(self.theta)

    def __repr__(self) -> str:
        low, high = self.interval()
        line = (
            f"median {self.median():.3g} ({low:.3g} to {high:.3g}, 95 % equal-tailed) {self.unit}"
        )
        if not np.isnan(self.null):
            side = "above" if self.median() > self.null else "below"
            line += f", P({side} {self.null:g}) = {self.prob_direction():.3f}"
        return (
            f"PrintedPosterior {self.id}: {self.estimand}, variant {self.variant}\n"
            f"  print      {self.place}\n"
            f"  prior      {self.prior} ({self.priors})\n"
            f"  posterior  {line}\n"
            f"  note       {self.note}"
        )
