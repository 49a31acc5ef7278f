"""Posteriors over several reconstructed cohorts as one: the mixture of their draws.

Not multiple imputation: imputed data sets are draws from a posterior of the missing data, and Rubin's
rules rest on that. Cohorts are not draws from a posterior of the patients; they are cases that agree
with the same printed numbers, made by one generator. The mixture shows what a reader who gives each of
these cohorts the same weight would believe, and the share of its variance that lies between cohorts
how much of that the print leaves open. It is not an interval about the paper's patients.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from adbayes.inference.fit import Fit
from adbayes.results.estimands import Estimand, estimands, key_of, parameters
from adbayes.results.summary import COLUMNS as SUMMARY_COLUMNS
from adbayes.results.summary import CONSTANT, NOT_CONVERGED, identity, noted, prob_direction

POOLED = "pooled"
"""The value of `cohort` in a row that mixes cohorts."""

SHARE = "between_cohort_share"
"""Column of the share of a mixture's variance that lies between cohorts, 0 to 1."""

COLUMNS = [*SUMMARY_COLUMNS, SHARE]


@dataclass(frozen=True)
class Mixture:
    """A mixture of posteriors, reduced.

    Parameters
    ----------
    mean, median, sd, ci_low, ci_high : float
        Of all draws together, in their unit; the interval is equal-tailed.
    prob_direction : float
        Probability (0.5 to 1) of lying on the median's side of the null; NaN without one.
    share : float
        Variance of the parts' means over the variance of the mixture, 0 to 1; NaN where nothing
        varies.
    """

    mean: float
    median: float
    sd: float
    ci_low: float
    ci_high: float
    prob_direction: float
    share: float


def mixture(parts: Sequence[np.ndarray], null: float = np.nan, prob: float = 0.95) -> Mixture:
    """Mix posteriors with equal weights.

    Parameters
    ----------
    parts : sequence of numpy.ndarray
        Draws of one quantity under each cohort, equally many.
    null : float, optional
        The value of no effect.
    prob : float, optional
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Mixture
        With equal numbers of draws the variances add: total = between + mean within.

    Raises
    ------
    ValueError
        For parts of different sizes; it means a fault in the caller, not in the data.
    """
    draws = np.stack([np.ravel(part) for part in parts])
    low, high = np.quantile(draws, [(1 - prob) / 2, (1 + prob) / 2])
    between, total = draws.mean(axis=1).var(), draws.var()
    return Mixture(
        mean=float(draws.mean()),
        median=float(np.median(draws)),
        sd=float(draws.std(ddof=1)),
        ci_low=float(low),
        ci_high=float(high),
        prob_direction=prob_direction(draws, null),
        share=float(between / total) if total > 0 else float("nan"),
    )


def pooled_summary(fits: Sequence[Fit], summaries: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Pool the fits of one analysis to several cohorts.

    Parameters
    ----------
    fits : sequence of Fit
        One a cohort, of the same analysis.
    summaries : sequence of pandas.DataFrame
        From `summarize`, in the same order.

    Returns
    -------
    pandas.DataFrame
        The columns of `COLUMNS`, `cohort` "pooled", one row a quantity that every cohort answers.
        `flag` is the worst of the cohorts'. `n` is theirs where equal, otherwise empty. R-hat and
        effective sample sizes are those of one posterior and stay empty; `mcse_mean` is the mean of
        the cohorts', which the error of the mixture's mean cannot exceed (cohorts share seeds, so
        their errors need not be independent).
    """
    quantities = [_by_key(fit) for fit in fits]
    found = [_rows_by_key(summary) for summary in summaries]
    prob = fits[0].analysis.sampler.ci_prob
    rows = []
    for key, first in quantities[0].items():
        if not all(key in one for one in quantities):
            continue
        parts = [one[key].draws.transpose("chain", "draw").to_numpy() for one in quantities]
        mixed = mixture(parts, first.null, prob)
        own = [one[key] for one in found]
        sizes = {int(row["n"]) for row in own}
        rows.append(
            {
                **identity(fits[0]),
                "cohort": POOLED,
                "estimand": first.estimand,
                "outcome": first.outcome,
                "visit": first.visit,
                "term": first.term,
                "unit": first.unit,
                "n": sizes.pop() if len(sizes) == 1 else np.nan,
                "mean": mixed.mean,
                "median": mixed.median,
                "sd": mixed.sd,
                "ci_low": mixed.ci_low,
                "ci_high": mixed.ci_high,
                "ci_prob": prob,
                "null": first.null,
                "prob_direction": mixed.prob_direction,
                "mcse_mean": float(np.mean([row["mcse_mean"] for row in own])),
                "flag": _worst([str(row["flag"]) for row in own], constant=mixed.sd == 0),
                "note": noted(first),
                SHARE: mixed.share,
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def _by_key(fit: Fit) -> dict[str, Estimand]:
    return {one.key: one for one in [*estimands(fit), *parameters(fit)]}


def _rows_by_key(summary: pd.DataFrame) -> dict[str, "pd.Series[float]"]:
    return {
        key_of(row["estimand"], row["outcome"], row["visit"], row["term"]): row
        for _, row in summary.iterrows()
    }


def _worst(flags: Sequence[str], *, constant: bool) -> str:
    if NOT_CONVERGED in flags:
        return NOT_CONVERGED
    return CONSTANT if constant else ""
