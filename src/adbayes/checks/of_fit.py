"""Everything that a run writes of one fit: its part of every table."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pandas as pd

from adbayes.checks.few_events import few_events
from adbayes.checks.left_out import left_out_checks
from adbayes.checks.power_scaling import power_scaling
from adbayes.checks.predictive import predictive_checks
from adbayes.inference.fit import Fit
from adbayes.inference.patient_likelihood import integrates
from adbayes.model.compiled import swaps
from adbayes.paper.published import load_paper
from adbayes.results.comparison import compare
from adbayes.results.refit import Refit, refit
from adbayes.results.summary import diagnose, summarize


class Tables(NamedTuple):
    """What one fit adds to the tables of a run.

    Parameters
    ----------
    refit : Refit or None
        The paper's kind of answer on the same rows.
    summary, diagnostics, comparison : pandas.DataFrame
        As `summarize`, `diagnose` and `compare` make them.
    checks, sensitivity : tuple of pandas.DataFrame
        Empty where the fit is only one of several cohorts'.
    seconds : dict of str to float
        What each took.
    """

    refit: Refit | None
    summary: pd.DataFrame
    diagnostics: pd.DataFrame
    comparison: pd.DataFrame
    checks: tuple[pd.DataFrame, ...]
    sensitivity: tuple[pd.DataFrame, ...]
    seconds: dict[str, float]


def tables_of(fit: Fit, *, in_full: bool = True) -> Tables:
    """Make every table of one fit.

    Parameters
    ----------
    fit : Fit
        A fitted model.
    in_full : bool, default True
        With checks, power-scaling and Firth's estimates, beside summary, diagnostics and comparison.

    Returns
    -------
    Tables
        Values that another process can send.
    """
    seconds: dict[str, float] = {}
    with timed(seconds, "refit"):
        again = refit(fit, firth=in_full)
    with timed(seconds, "summary"):
        summary = summarize(fit)
        diagnosed = diagnose(fit, summary)
    with timed(seconds, "comparison"):
        statistics = None if again is None else again.statistics
        compared = compare(summary, statistics, load_paper(), fit)
    checks: list[pd.DataFrame] = []
    sensitivity: list[pd.DataFrame] = []
    if in_full:
        with timed(seconds, "checks"):
            checks += [predictive_checks(fit), few_events(fit)]
        # By quadrature it takes seconds: for the unvaried model only.
        if fit.analysis.variant == "base" or swaps(fit.analysis) or integrates(fit.analysis):
            with timed(seconds, "left out"):
                checks.append(left_out_checks(fit))
        with timed(seconds, "sensitivity"):
            sensitivity.append(power_scaling(fit))
    return Tables(again, summary, diagnosed, compared, tuple(checks), tuple(sensitivity), seconds)


@contextmanager
def timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    """Add the time a block takes to a stage.

    Parameters
    ----------
    seconds : dict of str to float
        Changed in place.
    stage : str
        Its key.

    Yields
    ------
    None
        Inside the block.
    """
    start = time.perf_counter()
    yield
    seconds[stage] = seconds.get(stage, 0.0) + time.perf_counter() - start
