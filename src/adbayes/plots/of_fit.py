"""Plots of a fit: tables are assembled from its results and handed to the drawing functions."""

import pandas as pd
from matplotlib.figure import Figure

from adbayes.checks.predictive import predictive_checks
from adbayes.errors import SpecError
from adbayes.inference.fit import Fit
from adbayes.inference.fits import Fits
from adbayes.paper.published import Paper
from adbayes.plots.from_tables import (
    draw_forest,
    draw_predictive,
    draw_prior_posterior,
    draw_trajectories,
)
from adbayes.results.refit import refit
from adbayes.results.summary import diagnose, summarize


def plot_forest(fit: Fit | Fits, paper: Paper | None = None) -> Figure:
    """Draw the odds ratios of a fit beside their refit and what the paper printed.

    Parameters
    ----------
    fit : Fit or Fits
        Logistic models.
    paper : Paper, optional
        Adds the printed odds ratios and intervals that the spec answers; they are about the
        paper's patients, whatever the data of the fit.

    Returns
    -------
    Figure
        Posterior medians with equal-tailed intervals, maximum likelihood with profile intervals,
        the print. Separated data and what did not converge are drawn hollow.

    Raises
    ------
    SpecError
        For a model that reports no odds ratio.
    """
    fits = each(fit)
    summaries = [summarize(one) for one in fits]
    refits = [refit(one) for one in fits]
    failed = not all(passed(one) for one in fits)
    return draw_forest(fits, summaries, refits, paper, failed=failed)


def plot_trajectories(fit: Fit | Fits) -> Figure:
    """Draw the outcome over the visits: means, predictive band and every patient.

    Parameters
    ----------
    fit : Fit or Fits
        One model of a score over visits; of `Fits` exactly one.

    Returns
    -------
    Figure
        Posterior means with equal-tailed intervals and where one patient's values should lie.

    Raises
    ------
    SpecError
        For a model that reports no means by visit, or several fits.
    """
    one = one_of(fit, "trajectories")
    return draw_trajectories(one, summarize(one), failed=not passed(one))


def plot_prior_posterior(fit: Fit | Fits) -> Figure:
    """Draw prior and posterior of every parameter; of the predictor, under `for_each`.

    Parameters
    ----------
    fit : Fit or Fits
        Any model.

    Returns
    -------
    Figure
        Coefficients of logistic models as odds ratios.
    """
    fits = each(fit)
    return draw_prior_posterior(fits, failed=not all(passed(one) for one in fits))


def plot_posterior_predictive(fit: Fit | Fits) -> Figure:
    """Draw statistics of the data within their replicates from the fitted model.

    Parameters
    ----------
    fit : Fit or Fits
        Any model.

    Returns
    -------
    Figure
        One panel a statistic; a response by values of the predictors, in one panel.
    """
    fits = each(fit)
    checks = pd.concat([predictive_checks(one) for one in fits], ignore_index=True)
    return draw_predictive(fits, checks, failed=not all(passed(one) for one in fits))


def each(fit: Fit | Fits) -> tuple[Fit, ...]:
    """The fits of either.

    Parameters
    ----------
    fit : Fit or Fits
        One fit or several.

    Returns
    -------
    tuple of Fit
        At least one.

    Raises
    ------
    SpecError
        For anything else, such as a spec that has not been fitted.
    """
    if isinstance(fit, Fit):
        return (fit,)
    if isinstance(fit, Fits):
        return tuple(fit.values())
    name = getattr(fit, "name", fit if isinstance(fit, str) else None)
    example = f"fit = ab.fit({name!r}, cohort)" if isinstance(name, str) else "fit = ab.fit(...)"
    raise SpecError(
        f"a plot of a fit was given a {type(fit).__name__}, which has no draws; fit the model first, "
        f"{example}, and give the plot that fit"
    )


def one_of(fit: Fit | Fits, plot: str) -> Fit:
    """The only fit of either.

    Parameters
    ----------
    fit : Fit or Fits
        One fit.
    plot : str
        What shows one fit, in the plural, for the message.

    Returns
    -------
    Fit
        That one.

    Raises
    ------
    SpecError
        For several fits, or what is no fit.
    """
    fits = each(fit)
    if len(fits) > 1:
        names = ", ".join(str(one.analysis.x) for one in fits)
        raise SpecError(
            f"{fits[0].analysis.model}: {plot} show one fit, and these are {len(fits)}; give one, as in "
            f"fits[{str(fits[0].analysis.x)!r}], of {names}"
        )
    return fits[0]


def passed(fit: Fit) -> bool:
    """Whether a fit passed the convergence gate.

    Parameters
    ----------
    fit : Fit
        A fitted model.

    Returns
    -------
    bool
        As `diagnostics` says.
    """
    return bool(diagnose(fit)["passed"].iloc[0])
