"""Differences of many outcomes and predictors in the same patients, drawn together by one scale.

The print-only hierarchy of Table 4 has to state how its rows correlate. Patients tell: two differences
correlate as their predictors do, times as their outcomes do within the groups. What each patient adds
to a difference would give it without that product, but from six patients with high LDH at week 52 its
correlations are off by 0.4. Rows, scale and quadrature are those of `adbayes.inference.hierarchy`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special, stats

from adbayes.errors import DataError
from adbayes.inference.fit import Fit
from adbayes.inference.hierarchy import Pooled, Rows
from adbayes.inference.printed_dependence import HIERARCHICAL
from adbayes.inference.printed_priors import PRIOR_FILE, prior_sets
from adbayes.model.prior_sets import choose_set
from adbayes.paper.likelihood import Likelihood
from adbayes.paper.root_table import RootTable
from adbayes.results.summary import COLUMNS, identity, prob_direction
from adbayes.results.welch import two_groups

Array = NDArray[np.float64]
MODEL = "ldh_groups"
"""Name of the rows in tables, and what the specs that are pooled begin with."""

SCALE = "difference_scale"
_NODES, _REACH = (
    257,
    7.0,
)  # of the quadrature over the mean of the larger group: sinh(7) standard errors
NOTE = (
    "the differences are normal about none with one scale; each row enters with the likelihood of two "
    "normals with SDs of their own; two rows correlate as their predictors do in these patients times as "
    "their outcomes do within the groups, the effects like their estimates"
)


@dataclass(frozen=True, eq=False)
class Differences:
    """Differences of group means of the same patients.

    Parameters
    ----------
    fits : tuple of Fit
        One a difference.
    likelihoods : tuple of Likelihood
        Of each difference alone, in outcome units.
    correlation : numpy.ndarray
        Of the estimates, ``(rows, rows)``.
    """

    fits: tuple[Fit, ...]
    likelihoods: tuple[Likelihood, ...]
    correlation: Array

    @classmethod
    def of(cls, fits: Sequence[Fit]) -> "Differences":
        """Take likelihoods and correlations from the rows of fits.

        Parameters
        ----------
        fits : sequence of Fit
            Models of two groups, of the same patients; two or more.

        Returns
        -------
        Differences
            In the order of the fits.

        Raises
        ------
        DataError
            For a fit that is not of two groups, or a group of one patient or of one value.
        """
        parts = [_standardised(fit) for fit in fits]
        # A product of two matrices of correlations, element by element, is one too (Schur).
        predictors = _correlation(pd.concat([one for one, _, _ in parts], axis=1))
        outcomes = _correlation(pd.concat([one for _, one, _ in parts], axis=1))
        likelihoods = tuple(likelihood for _, _, likelihood in parts)
        return cls(tuple(fits), likelihoods, predictors * outcomes)

    def pool(self, prior: object) -> Pooled:
        """Draw the differences in by one scale.

        Parameters
        ----------
        prior : object
            Of the scale: a frozen distribution on the positive numbers.

        Returns
        -------
        Pooled
            Differences and scale.
        """
        roots = tuple(RootTable.of(likelihood) for likelihood in self.likelihoods)
        return Rows(roots, self.correlation, self.correlation).pool(prior)


def _correlation(columns: pd.DataFrame) -> Array:
    """Correlations of centred columns; a patient without a value in one tells nothing of it."""
    values = columns.fillna(0.0).to_numpy()
    values = values / np.sqrt((values**2).sum(axis=0))
    return np.asarray(values.T @ values)


def _standardised(fit: Fit) -> tuple[pd.Series, pd.Series, Likelihood]:
    """By patient the centred predictor and the outcome within its group; the difference's likelihood."""
    column = two_groups(fit)
    if column is None:
        raise DataError(
            f"{fit.analysis.key} is not a model of two groups; only differences of two means are pooled."
        )
    data = fit.frame.data
    y, high = data[fit.frame.outcome].to_numpy(dtype=float), data[column].to_numpy() == 1.0
    groups = {False: y[~high], True: y[high]}
    if min(map(len, groups.values())) < 2:
        raise DataError(
            f"{fit.analysis.key}: a group of one patient has no variance; leave it out of the pool."
        )
    if any(np.ptp(group) == 0 for group in groups.values()):
        raise DataError(
            f"{fit.analysis.key}: all patients of a group have the same value, which leaves no variance; "
            "leave it out of the pool."
        )
    within = y - np.where(high, groups[True].mean(), groups[False].mean())
    unit = fit.frame.unit
    who = data[unit].astype(str).to_list() if unit else [str(row) for row in range(len(y))]
    return (
        pd.Series(high - high.mean(), index=who),
        pd.Series(within, index=who),
        behrens_fisher(groups[False], groups[True]),
    )


def behrens_fisher(low: Array, high: Array) -> Likelihood:
    """Likelihood of a difference of two normal means whose SDs are integrated out.

    Parameters
    ----------
    low, high : numpy.ndarray
        Values of the groups, two or more each.

    Returns
    -------
    Likelihood
        Of the mean of `high` minus that of `low`: the density of a difference of two shifted t
        variables (reference prior 1 / sigma of each SD), by the trapezoidal rule over the one of the
        larger group.
    """
    smaller, larger = (high, low) if len(high) <= len(low) else (low, high)
    sign = 1.0 if smaller is high else -1.0
    steps = np.linspace(-_REACH, _REACH, _NODES)
    nodes = np.sinh(steps)
    log_weight = stats.t.logpdf(nodes, len(larger) - 1) + np.log(np.cosh(steps))
    log_weight += np.log(steps[1] - steps[0])
    location = sign * (smaller.mean() - larger.mean() + nodes * stats.sem(larger))
    scale = stats.sem(smaller)

    def log(theta: Array) -> Array:
        one = stats.t.logpdf(np.asarray(theta)[:, None], len(smaller) - 1, location, scale)
        return np.asarray(special.logsumexp(one + log_weight, axis=1))

    return Likelihood(
        log,
        float(high.mean() - low.mean()),
        float(np.hypot(stats.sem(low), stats.sem(high))),
        "two normals with SDs of their own (Behrens and Fisher)",
    )


def differences_together(fits: Sequence[Fit], priors: str | None = None) -> pd.DataFrame:
    """Draw the differences of several two-group models of the same patients in by one scale.

    Parameters
    ----------
    fits : sequence of Fit
        Two or more, of one cohort, normal or t: only their rows are used.
    priors : str, optional
        A set of models/published.toml for the scale; the one called as the fits' if there is one,
        else the reported one.

    Returns
    -------
    pandas.DataFrame
        Summary rows (`adbayes.results.summary.COLUMNS`) of model ``ldh_groups``, variant
        ``hierarchical``: one `mean_difference` a fit, and `parameter` ``tau``, the scale.

    Raises
    ------
    DataError
        For a fit that is not of two groups, or a group of one patient or of one value.
    ConvergenceError
        Where the importance weights cannot be trusted.
    """
    named = fits[0].analysis.prior_set if priors is None else priors
    chosen = None if priors is None and named not in prior_sets() else named
    set_name, table = choose_set(prior_sets(), chosen, PRIOR_FILE)
    pooled = Differences.of(fits).pool(table[SCALE].frozen())
    prob = fits[0].analysis.sampler.ci_prob
    ends = np.array([(1 - prob) / 2, 0.5, (1 + prob) / 2])
    shared: dict[str, object] = {**identity(fits[0])}
    shared |= {"model": MODEL, "variant": HIERARCHICAL, "priors": set_name}
    shared |= {"x": "", "ci_prob": prob, "r_hat": np.nan, "flag": "", "note": NOTE}
    rows = []
    for number, fit in enumerate(fits):
        draws = pooled.effects[number]
        low, median, high = draws.quantile(ends)[:, 0]
        below = float(draws.below(0.0)[0])
        rows.append(
            shared
            | {
                "estimand": "mean_difference",
                "outcome": fit.frame.outcome,
                "visit": "" if fit.analysis.data.visit is None else str(fit.analysis.data.visit),
                "term": two_groups(fit),
                "unit": "percentage points",
                "n": fit.frame.n,
                "mean": float(draws.mean()[0]),
                "median": median,
                "sd": float(draws.sd()[0]),
                "ci_low": low,
                "ci_high": high,
                "null": 0.0,
                "prob_direction": max(below, 1 - below),
                "mcse_mean": float(draws.mcse_mean()[0]),
                "ess_bulk": float(draws.ess_bulk()[0]),
                "ess_tail": float(draws.ess_tail()[0]),
            }
        )
    low, median, high = np.exp(pooled.log_scale.quantile(ends))
    scale = np.exp(pooled.log_scale.quantile((np.arange(4000) + 0.5) / 4000))
    rows.append(
        shared
        | {"estimand": "parameter", "outcome": "", "visit": "", "term": "tau"}
        | {"unit": "percentage points", "n": max(fit.frame.n for fit in fits)}
        | {"mean": scale.mean(), "median": median, "sd": scale.std(), "ci_low": low}
        | {"ci_high": high, "null": np.nan, "prob_direction": prob_direction(scale, np.nan)}
    )
    return pd.DataFrame(rows).reindex(columns=COLUMNS)


def poolable(fits: Sequence[Fit]) -> list[Fit]:
    """The fits of a run whose differences belong together.

    Parameters
    ----------
    fits : sequence of Fit
        Of one cohort.

    Returns
    -------
    list of Fit
        The unvaried models of specs called ``ldh_groups_...``; empty for fewer than two.
    """
    found = [
        fit
        for fit in fits
        if fit.analysis.model.startswith(f"{MODEL}_")
        and fit.analysis.variant == "base"
        and two_groups(fit) is not None
    ]
    return found if len(found) > 1 else []
