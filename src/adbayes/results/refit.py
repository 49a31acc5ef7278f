"""The frequentist refit of a fitted model on the same rows: the paper's own kind of answer, live."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from adbayes.cohort.outcomes import OUTCOMES
from adbayes.inference.fit import Fit
from adbayes.model.analysis import VALUE
from adbayes.model.answerable import baseline, levels
from adbayes.model.responses import rules_of, score_of
from adbayes.model.stacked import score_pairs
from adbayes.model.where import parse_where, rows_where
from adbayes.results.fractions import last_scores
from adbayes.results.frequentist import (
    describe_by,
    least_squares,
    logistic,
    random_intercept_reml,
)
from adbayes.results.welch import METHOD as WELCH
from adbayes.results.welch import two_groups, welch

COEFFICIENT_COLUMNS = [
    "term",
    "estimate",
    "se",
    "p_value",
    "ci_low",
    "ci_high",
    "separated",
    "firth_estimate",
    "firth_low",
    "firth_high",
]


RAW = "means, SDs and percent changes of the same rows"
NO_REFIT = "no refit of this likelihood by (restricted) maximum likelihood here, so no p; the base model has one"


@dataclass(frozen=True)
class Refit:
    """A frequentist refit.

    Parameters
    ----------
    method : str
        How it was done, in words.
    coefficients : pandas.DataFrame
        One row a coefficient on the model's scale; the columns of `COEFFICIENT_COLUMNS` (the last
        four only for logistic regressions, elsewhere empty). Infinite where the data separate.
    statistics : pandas.DataFrame
        One row a statistic as a paper prints it: statistic (mean, sd, pct_change_mean,
        pct_change_sd, percent, p_value, odds_ratio, ci_low, ci_high, correlation), visit, term, value,
        note (what a reader of the value must know: why there is none, or Firth's estimate where data separate).
    """

    method: str
    coefficients: pd.DataFrame
    statistics: pd.DataFrame


def refit(fit: Fit, *, firth: bool = True) -> Refit | None:
    """Refit a model by maximum (or restricted maximum) likelihood.

    Parameters
    ----------
    fit : Fit
        A fitted model.
    firth : bool, default True
        Whether a logistic regression has Firth's estimates beside it even where nothing separates.

    Returns
    -------
    Refit or None
        None for a model without a frequentist counterpart here (anything but a logistic or Gaussian
        regression, a Gaussian model with one group intercept, or two groups with SDs of their own)
        that reports no means by visit. Fractions of baseline, responses or classes with a patient
        effect, and other models of means by visit have the raw statistics that the paper prints of
        them, and no coefficients; so have stacked scores Pearson's coefficient of each pair.
    """
    a = fit.analysis
    if a.data.stack:
        none = pd.DataFrame(columns=COEFFICIENT_COLUMNS)
        return Refit("Pearson's coefficients of the same rows", none, _pearson(fit))
    if score_of(a) or (rules_of(a) and a.mean.groups):
        none = pd.DataFrame(columns=COEFFICIENT_COLUMNS)
        return Refit("means, SDs and shares of the same rows", none, _raw_statistics(fit))
    column = two_groups(fit)
    if column is not None:
        table, statistics = welch(fit, column)
        return Refit(WELCH, _coefficients(table), statistics)
    y = fit.frame.data[fit.frame.outcome].to_numpy()
    if a.kind != "bambi" or set(a.formulas) != {"mu"} or fit.design.offset is not None:
        return _raw_means(fit)
    prob = a.sampler.ci_prob
    if a.family.name == "bernoulli" and a.link == "logit" and not a.mean.groups:
        table = logistic(fit.design.table, y, prob, firth=firth).table
        method = "maximum likelihood, profile-likelihood intervals, Wald p"
        method += "; Firth beside it" if firth else ""
        return Refit(method, _coefficients(table), _odds_statistics(table, a.data.visit))
    if a.family.name != "gaussian" or a.link != "identity":
        return _raw_means(fit)
    if not a.mean.groups:
        table = least_squares(fit.design.table, y, prob).table
        return Refit("least squares", _coefficients(table), _visit_statistics(fit, table))
    if a.mean.groups == (f"1|{a.mean.grouping[0]}",):
        table = random_intercept_reml(
            fit.design.table, y, fit.frame.data[a.mean.grouping[0]], prob
        ).table
        method = "restricted maximum likelihood, Wald intervals and p"
        return Refit(method, _coefficients(table), _visit_statistics(fit, table))
    return _raw_means(fit)


def _raw_means(fit: Fit) -> Refit | None:
    """Means, SDs and percent changes of the same rows, for a model of means by visit without a refit."""
    if "mean" not in fit.analysis.estimands.report:
        return None
    statistics = _visit_statistics(fit, pd.DataFrame(columns=COEFFICIENT_COLUMNS))
    names = levels(fit.frame.data[fit.analysis.estimands.by])
    start = baseline(fit.analysis, names)
    tests = pd.DataFrame({"visit": [name for name in names if name != start]})
    tests = tests.assign(statistic="p_value", term="", value=np.nan, note=NO_REFIT)
    none = pd.DataFrame(columns=COEFFICIENT_COLUMNS)
    return Refit(RAW, none, pd.concat([statistics, tests[statistics.columns]], ignore_index=True))


def _coefficients(table: pd.DataFrame) -> pd.DataFrame:
    return table.reindex(columns=COEFFICIENT_COLUMNS)


def _odds_statistics(table: pd.DataFrame, visit: int | None) -> pd.DataFrame:
    """Odds ratios, their limits and p values, one row each."""
    shown = table[table["term"] != "Intercept"]
    values = {
        "odds_ratio": np.exp(shown["estimate"]),
        "ci_low": np.exp(shown["ci_low"]),
        "ci_high": np.exp(shown["ci_high"]),
        "p_value": shown["p_value"],
    }
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "statistic": name,
                    "visit": "" if visit is None else str(visit),
                    "term": shown["term"],
                    "value": value,
                    "note": [_separated(row) for row in shown.to_dict("records")],
                }
            )
            for name, value in values.items()
        ],
        ignore_index=True,
    )


def _separated(row: dict[Hashable, Any]) -> str:
    """What stands in for an estimate that does not exist."""
    if not row["separated"]:
        return ""
    firth, low, high = (np.exp(row[f"firth_{name}"]) for name in ("estimate", "low", "high"))
    return (
        "separated data: no finite maximum-likelihood estimate; Firth's penalised odds ratio "
        f"{firth:.3g} [{low:.3g} to {high:.3g}]"
    )


def _raw_statistics(fit: Fit) -> pd.DataFrame:
    """Means and SDs of percent changes and scores, and shares of responders (term: the rule)."""
    a, data = fit.analysis, fit.frame.data
    score, y = score_of(a), data[fit.frame.outcome].astype(float)
    values: dict[tuple[str, str], pd.Series] = {}
    if score is not None:
        values["pct_change", ""] = 100 * (1 - y)
        before = data.get(f"{score}_baseline")
        if before is not None:
            values["", ""] = y * before
            for rule in rules_of(a):
                last = last_scores(score, before.to_numpy(), rule.percent)
                # Scores are whole steps: half a step decides what floats cannot.
                met = y * before < last + (OUTCOMES[score].step or 0.0) / 2
                values["percent", rule.name] = 100 * met.astype(float)
    else:
        values |= {
            ("percent", rule.name): 100 * (y >= least).astype(float)
            for rule, least in rules_of(a).items()
        }
    by = data.get(a.estimands.by)
    rows = []
    for visit in [""] if by is None else levels(by):
        mine = np.ones(len(data), dtype=bool) if by is None else (by == visit).to_numpy()
        for (name, term), found in values.items():
            where = {"visit": visit, "term": term}
            if name == "percent":
                rows.append({"statistic": name, "value": found[mine].mean(), **where})
                continue
            stem = f"{name}_" if name else ""
            rows.append({"statistic": f"{stem}mean", "value": found[mine].mean(), **where})
            rows.append({"statistic": f"{stem}sd", "value": found[mine].std(ddof=1), **where})
    table = pd.DataFrame(rows, columns=["statistic", "visit", "term", "value"])
    return table.assign(note="")


def _pearson(fit: Fit) -> pd.DataFrame:
    """Pearson's coefficient of every pair of stacked scores at every visit; term: ``easi~nrs``."""
    rows = [
        {
            "statistic": "correlation",
            "visit": visit,
            "term": f"{first}~{second}",
            "value": np.corrcoef(*values)[0, 1],
        }
        for visit, first, second, places in score_pairs(fit.analysis, fit.frame)
        for values in [fit.frame.data[VALUE].to_numpy(dtype=float)[places]]
    ]
    return pd.DataFrame(rows, columns=["statistic", "visit", "term", "value"]).assign(note="")


def _visit_statistics(fit: Fit, table: pd.DataFrame) -> pd.DataFrame:
    """Means, SDs and percent changes by visit as printed tables give them, and the contrasts' p."""
    outcome, by = fit.frame.outcome, fit.analysis.estimands.by
    if by not in fit.frame.data.columns:
        return pd.DataFrame(columns=["statistic", "visit", "term", "value", "note"])
    rows: list[dict[str, object]] = []
    raw = describe_by(fit.frame.data, outcome, by)
    names = levels(fit.frame.data[by])
    start = baseline(fit.analysis, names)
    means = dict(zip(names, raw["mean"], strict=True))
    for visit, (_, row) in zip(names, raw.iterrows(), strict=True):
        rows += [
            {"statistic": "mean", "visit": visit, "value": row["mean"]},
            {"statistic": "sd", "visit": visit, "value": row["sd"]},
        ]
        if visit != start:
            fall = 100 * (1 - row["mean"] / means[start])
            rows.append({"statistic": "percent", "visit": visit, "value": fall})
    percent = f"{outcome}_percent_change"
    if fit.cohort.clinical and by == "visit" and percent in fit.cohort.frame.columns:
        changes = fit.cohort.frame
        if fit.analysis.data.where is not None:
            changes = changes[rows_where(parse_where(fit.analysis.data.where), changes)]
        for _, row in describe_by(changes, percent, by).iterrows():
            visit = f"{row[by]:g}"
            if row["n"]:
                rows += [
                    {"statistic": "pct_change_mean", "visit": visit, "value": row["mean"]},
                    {"statistic": "pct_change_sd", "visit": visit, "value": row["sd"]},
                ]
    for _, row in table.iterrows():
        if str(row["term"]).startswith(f"{by}["):
            visit = str(row["term"])[len(by) + 1 : -1]
            rows.append({"statistic": "p_value", "visit": visit, "value": row["p_value"]})
    found = pd.DataFrame(rows).assign(term="", note="")
    return found[["statistic", "visit", "term", "value", "note"]]
