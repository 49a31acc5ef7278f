"""What an answer from print alone is called and how it is summarised, whatever computed it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from adbayes.cohort.derive import timing
from adbayes.errors import DataError
from adbayes.model.priors import Prior
from adbayes.shown import as_html

Array = NDArray[np.float64]

SUMMARY_COLUMNS = (
    "model", "variant", "priors", "evidence", "cohort", "estimand", "outcome", "visit", "term", "unit",
    "n", "mean", "median", "sd", "ci_low", "ci_high", "ci_prob", "null", "prob_direction",
    "mcse_mean", "ess_bulk", "ess_tail", "r_hat", "flag", "x", "note",
)  # fmt: skip
"""Columns of a summary row."""


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


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Answer(ABC):
    """What the printed numbers alone say about one quantity, whatever computed it.

    Parameters
    ----------
    id : str
        Of the quantity, in the ledger or derived from it.
    place : str
        Where it is printed, and the print.
    scale : Scale
        The working scale; every summary is on the reported scale.
    prior : Prior
        The prior, as stated.
    priors : str
        Name of its set; ``given`` for a prior of the caller's.
    variant : str
        ``base``, another denominator such as ``n82``, ``wald``, or numbers taken together: ``joint``,
        ``hierarchical`` and what begins so.
    estimand, outcome, term, unit : str
        As in a summary row.
    visit, n : int or None
        Week, and patients behind the print; None where it has none or does not say.
    null : float
        The value of no effect, on the reported scale; NaN where there is none.
    note : str
        What the posterior assumes.
    """

    id: str
    place: str
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

    @abstractmethod
    def mean(self) -> float:
        """Posterior mean on the reported scale.

        Returns
        -------
        float
            For an odds ratio the mean of the ratio itself, which its upper tail pulls up.
        """

    @abstractmethod
    def median(self) -> float:
        """Posterior median on the reported scale.

        Returns
        -------
        float
            The median.
        """

    @abstractmethod
    def sd(self) -> float:
        """Posterior standard deviation on the reported scale.

        Returns
        -------
        float
            At least 0.
        """

    @abstractmethod
    def _quantiles(self, levels: tuple[float, float]) -> Array:
        """Quantiles on the working scale."""

    @abstractmethod
    def _below(self, working: float) -> float:
        """Probability of values below one on the working scale."""

    def _monte_carlo(self) -> dict[str, float]:
        """mcse_mean, ess_bulk and ess_tail; empty where nothing was sampled."""
        return {}

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

        Raises
        ------
        DataError
            For a probability outside (0, 1).
        """
        if not 0 < prob < 1:
            raise DataError(f"prob is {prob}; it must lie between 0 and 1, such as 0.95.")
        low, high = self.scale.report(self._quantiles(((1 - prob) / 2, (1 + prob) / 2)))
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
        below = self._below(float(working))
        return max(below, 1 - below)

    def summary(self) -> pd.DataFrame:
        """The posterior as one row of the summary table.

        Returns
        -------
        DataFrame
            `SUMMARY_COLUMNS`; the Monte Carlo columns are empty where nothing was sampled.
        """
        return summary_table([self])

    def row(self) -> dict[str, Any]:
        """The values of the summary row.

        Returns
        -------
        dict
            `SUMMARY_COLUMNS` to value.
        """
        low, high = self.interval()
        nothing = float("nan")
        return {
            # Table 5 and Table 6 answer different questions about the same predictor.
            "model": f"published.{self.id.split('.')[0]}",
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
            **self._monte_carlo(),
            "flag": "",
            "x": "",
            "note": timing(self.term),
        }

    def __repr__(self) -> str:
        low, high = self.interval()
        line = (
            f"median {self.median():.3g} ({low:.3g} to {high:.3g}, 95 % equal-tailed) {self.unit}"
        )
        if not np.isnan(self.null):
            side = "above" if self.median() > self.null else "below"
            line += f", P({side} {self.null:g}) = {self.prob_direction():.3f}"
        return (
            f"{type(self).__name__} {self.id}: {self.estimand}, variant {self.variant}\n"
            f"  print      {self.place}\n"
            f"  prior      {self.prior} ({self.priors})\n"
            f"  posterior  {line}\n"
            f"  note       {self.note}"
        )

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return as_html(repr(self))


def summary_table(posteriors: Sequence[Answer]) -> pd.DataFrame:
    """Posteriors as rows of the summary table.

    Parameters
    ----------
    posteriors : sequence of Answer
        One a row.

    Returns
    -------
    DataFrame
        `SUMMARY_COLUMNS`; visit and n are nullable integers.
    """
    table = pd.DataFrame([each.row() for each in posteriors], columns=list(SUMMARY_COLUMNS))
    return table.astype({"visit": "Int64", "n": "Int64"})
