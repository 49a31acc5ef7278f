"""Events for each slope as a row of a run's checks."""

import pandas as pd

from adbayes.checks.predictive import COLUMNS
from adbayes.inference.fit import Fit
from adbayes.results.events import events
from adbayes.results.summary import identity


def few_events(fit: Fit) -> pd.DataFrame:
    """Say how many events a model of a 0/1 outcome has for each slope.

    Parameters
    ----------
    fit : Fit
        A fitted model.

    Returns
    -------
    pandas.DataFrame
        The columns of `adbayes.checks.predictive.COLUMNS`: one row of check ``events``, `observed` the
        events of the rarer kind per slope, `note` the warning where they are few; no row for another
        outcome.
    """
    found = events(fit.analysis, fit.frame, fit.design)
    if found is None or not found.slopes:
        return pd.DataFrame(columns=COLUMNS)
    visit = fit.analysis.data.visit
    row = {
        **identity(fit),
        "check": "events",
        "outcome": fit.frame.outcome,
        "visit": "" if visit is None else str(visit),
        "statistic": "events of the rarer kind per slope",
        "observed": found.per_slope,
        "note": found.warning,
    }
    return pd.DataFrame([row]).reindex(columns=COLUMNS)
