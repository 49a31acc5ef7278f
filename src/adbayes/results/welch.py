"""Welch's test on the rows of a model of two groups: the paper's own kind of answer to its Table 4."""

import numpy as np
import pandas as pd
from scipy import stats

from adbayes.inference.fit import Fit
from adbayes.model.analysis import MEAN
from adbayes.results.differences import group_term

METHOD = "Welch's t test of two means with unequal variances"


def two_groups(fit: Fit) -> str | None:
    """The 0/1 predictor of a model that is two groups with SDs of their own, and nothing else.

    Parameters
    ----------
    fit : Fit
        A fitted model.

    Returns
    -------
    str or None
        Its column; None for any other model.
    """
    a, data = fit.analysis, fit.frame.data
    if a.kind != "bambi" or a.family.name not in ("gaussian", "t") or a.link != "identity":
        return None
    if set(a.formulas) != {MEAN, "sigma"} or any(f.groups for f in a.formulas.values()):
        return None
    terms = [set(formula.common) - {"Intercept"} for formula in a.formulas.values()]
    if terms[0] != terms[1] or len(terms[0]) != 1 or fit.design.X.shape[1] != 2:
        return None
    (name,) = terms[0]
    return name if name in data and set(data[name].unique()) == {0.0, 1.0} else None


def welch(fit: Fit, column: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Welch's test on the rows of a fit.

    Parameters
    ----------
    fit : Fit
        A model of two groups.
    column : str
        From `two_groups`.

    Returns
    -------
    tuple of pandas.DataFrame
        Coefficients (term, estimate, se, p_value, ci_low, ci_high: the mean where the predictor is
        0, and the difference), and statistics as a paper prints them (statistic, visit, term,
        value, note). A group of one patient has no variance: then errors, limits and p are NaN.
    """
    a, data = fit.analysis, fit.frame.data
    y, high = data[fit.frame.outcome].to_numpy(dtype=float), data[column].to_numpy() == 1.0
    groups = (y[~high], y[high])
    means = [float(group.mean()) for group in groups]
    prob = a.sampler.ci_prob
    p, ends, se = np.nan, (np.nan, np.nan), np.nan
    alone, alone_ends = np.nan, (np.nan, np.nan)
    if min(map(len, groups)) > 1:
        test = stats.ttest_ind(groups[1], groups[0], equal_var=False)
        interval = test.confidence_interval(prob)
        p, ends = float(test.pvalue), (float(interval.low), float(interval.high))
        se = float(np.hypot(*(stats.sem(group) for group in groups)))
        alone = float(stats.sem(groups[0]))
        reach = alone * float(stats.t.ppf((1 + prob) / 2, len(groups[0]) - 1))
        alone_ends = (means[0] - reach, means[0] + reach)
    coefficients = pd.DataFrame(
        {
            "term": ["Intercept", column],
            "estimate": [means[0], means[1] - means[0]],
            "se": [alone, se],
            "p_value": [np.nan, p],
            "ci_low": [alone_ends[0], ends[0]],
            "ci_high": [alone_ends[1], ends[1]],
        }
    )
    mean = "pct_change_mean" if fit.frame.outcome.endswith("_percent_change") else "mean"
    rows = [(mean, group_term(column, value), means[value]) for value in (0, 1)]
    rows += [("p_value", column, p)]
    statistics = pd.DataFrame(rows, columns=["statistic", "term", "value"])
    visit = "" if a.data.visit is None else str(a.data.visit)
    columns = ["statistic", "visit", "term", "value", "note"]
    return coefficients, statistics.assign(visit=visit, note="")[columns]
