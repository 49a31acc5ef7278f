"""Figures of fits from summaries, refits and checks that are there already."""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from adbayes.cohort.outcomes import OUTCOMES
from adbayes.errors import SpecError
from adbayes.inference.fit import Fit
from adbayes.paper.published import Paper
from adbayes.plots.forest import forest
from adbayes.plots.labels import (
    outcome_label,
    parameter_label,
    statistic_label,
    term_label,
    title_label,
    unit_label,
)
from adbayes.plots.posterior_predictive import posterior_predictive
from adbayes.plots.prior_posterior import prior_posterior
from adbayes.plots.trajectories import trajectories
from adbayes.results.bands import predictive_bands
from adbayes.results.densities import densities
from adbayes.results.refit import Refit
from adbayes.results.summary import NOT_CONVERGED

PAPER, BAYES, REFIT = "Paper", "Bayes", "Maximum likelihood"
_IMPUTATION = "impute_"
_LINE = 98
"""Characters of a title that fit on one line."""

SEPARATED = "separated data: no finite estimate"


def has_trajectories(fit: Fit) -> bool:
    """Whether a fit reports means by a number of weeks.

    Parameters
    ----------
    fit : Fit
        A fitted model.

    Returns
    -------
    bool
        False for responses, models without visits and visits that are names.
    """
    a = fit.analysis
    by = fit.frame.data.get(a.estimands.by)
    if "mean" not in a.estimands.report or by is None:
        return False
    return bool(pd.to_numeric(by.astype(str), errors="coerce").notna().all())


def draw_forest(
    fits: Sequence[Fit],
    summaries: Sequence[pd.DataFrame],
    refits: Sequence[Refit | None],
    paper: Paper | None,
    *,
    failed: bool,
) -> Figure:
    """Draw odds ratios from tables that are there already.

    Parameters
    ----------
    fits : sequence of Fit
        Of one spec.
    summaries : sequence of DataFrame
        Summary of each.
    refits : sequence of Refit or None
        Refit of each, where there is one.
    paper : Paper or None
        The printed numbers.
    failed : bool
        Whether any fit did not pass the convergence gate.

    Returns
    -------
    Figure
        As `plot_forest`.

    Raises
    ------
    SpecError
        For a model that reports no odds ratio.
    """
    first = fits[0]
    rows: list[dict[str, object]] = []
    for fit, summary, again in zip(fits, summaries, refits, strict=True):
        odds = summary[summary["estimand"] == "odds_ratio"]
        if fit.analysis.x is not None:
            mine = odds["term"].str.split("[").str[0] == fit.analysis.x
            odds = odds[mine]
        for _, found in odds.iterrows():
            rows += _forest_rows(fit, found, again, paper)
    if not rows:
        raise SpecError(
            f"{first.analysis.model} reports no odds ratio; ask for it in [estimands], or plot its "
            "trajectories"
        )
    return forest(
        pd.DataFrame(rows),
        label=_label(first, failed=failed),
        title=_title(fits, "odds ratios with 95 % intervals"),
    )


def draw_trajectories(fit: Fit, summary: pd.DataFrame, *, failed: bool) -> Figure:
    """Draw an outcome over the visits from a summary that is there already.

    Parameters
    ----------
    fit : Fit
        A model of a score over visits.
    summary : DataFrame
        Its summary.
    failed : bool
        Whether it did not pass the convergence gate.

    Returns
    -------
    Figure
        As `plot_trajectories`.

    Raises
    ------
    SpecError
        For a model that reports no means by a number of weeks.
    """
    a = fit.analysis
    if not has_trajectories(fit):
        raise SpecError(
            f"{a.model} reports no means by a number of weeks; ask for 'mean' in [estimands], with "
            "by = the column of weeks"
        )
    means = summary[summary["estimand"] == "mean"].astype({"visit": str})
    bands = predictive_bands(fit).astype({"visit": str})
    table = means.drop(columns="n").merge(bands, on="visit", validate="one_to_one")
    table["visit"] = table["visit"].astype(float)
    outcome = OUTCOMES.get(fit.frame.outcome)
    data = fit.frame.data
    # Without a column of patients every row is its own.
    patient = data[fit.frame.unit].astype(str) if fit.frame.unit else pd.Series(data.index)
    observed = pd.DataFrame(
        {
            "patient": patient.to_numpy(),
            "visit": data[a.estimands.by].astype(str).astype(float).to_numpy(),
            "value": data[fit.frame.outcome].to_numpy(dtype=float),
        }
    )
    return trajectories(
        table,
        observed,
        unit=outcome.unit if outcome else "unit of the file",
        label=_label(fit, failed=failed),
        outcome_label=outcome_label(fit.frame.outcome),
        low=outcome.low if outcome else None,
        high=outcome.high if outcome else None,
        title=_title([fit], ""),
    )


def draw_prior_posterior(fits: Sequence[Fit], *, failed: bool) -> Figure:
    """Draw prior and posterior densities.

    Parameters
    ----------
    fits : sequence of Fit
        Of one spec.
    failed : bool
        Whether any did not pass the convergence gate.

    Returns
    -------
    Figure
        As `plot_prior_posterior`.
    """
    tables = []
    for fit in fits:
        table = densities(fit)
        x = fit.analysis.x
        if len(fits) > 1 and x is not None:
            table = table[table["term"].str.split("[").str[0] == x]
        tables.append(table)
    table = pd.concat(tables, ignore_index=True)
    # How missing predictors are distributed is in the tables; here it would bury what was asked.
    asked = table[~table["term"].str.startswith(_IMPUTATION)]
    table = asked if len(asked) else table
    scales = fits[0].analysis.data.standardize
    stack = fits[0].analysis.data.stack
    if stack:  # the correlations are what such a model is for; all parameters are in summary.csv
        table = table[table["term"].str.fullmatch(r"\w*correlation\[\w+, \w+\]")]
    logs = fits[0].analysis.data.log2
    table["term_label"] = [
        f"{term_label(term)}{_step(term, scales, logs)}"
        if term in scales
        else parameter_label(term)
        for term in table["term"]
    ]
    return prior_posterior(
        table,
        label=_label(fits[0], failed=failed),
        title=_title(fits, "prior and posterior"),
    )


def draw_predictive(
    fits: Sequence[Fit],
    checks: pd.DataFrame,
    *,
    failed: bool,
    check: str = "posterior_predictive",
) -> Figure:
    """Draw predictive checks from a table that is there already.

    Parameters
    ----------
    fits : sequence of Fit
        Of one spec.
    checks : DataFrame
        Their checks.
    failed : bool
        Whether any fit did not pass the convergence gate.
    check : {"posterior_predictive", "prior_predictive"}
        Which.

    Returns
    -------
    Figure
        As `plot_posterior_predictive`.
    """
    rows = checks[checks["check"] == check].copy()
    stack = fits[0].analysis.data.stack
    if stack:
        return _draw_correlations(fits, rows, failed=failed, words=check.replace("_", " "))
    # A share that is 0 in the data and in every replicate says nothing.
    nothing = rows["statistic"].str.startswith("share at or") & (rows["replicated_high"] == 0)
    reached = rows.loc[~(nothing & (rows["observed"] == 0)), "statistic"].unique()
    rows = rows[rows["statistic"].isin(reached)]
    split = rows["statistic"].str.split(" where ", n=1, expand=True).reindex(columns=[0, 1])
    if split[1].notna().any():
        # A response by many predictors: groups of one statistic, drawn once though every
        # one-predictor model repeats it.
        rows["statistic"] = split[0]
        rows["group"] = split[1].map(_group_label, na_action="ignore").fillna("all patients")
        rows = rows.drop_duplicates(["statistic", "group"])
    elif len(fits) > 1:  # points are models, not visits
        rows = _by_predictor(rows)
    share = rows["statistic"].str.startswith("share")
    counted = rows["statistic"].str.endswith(("responders", " count"))
    unit = unit_label(fits[0].frame.outcome)
    rows["unit"] = np.select([share, counted], ["%", "patients"], unit)
    name = outcome_label(fits[0].frame.outcome)
    rows["statistic"] = rows["statistic"].replace({"share of 1": f"share with {name}"})
    rows["statistic"] = [_capital(statistic_label(str(each))) for each in rows["statistic"]]
    rows = rows.drop(columns="outcome")
    # Each one-predictor model has the patients who have a value of its predictor.
    sizes = {fit.analysis.x: fit.frame.n_units for fit in fits}
    own = rows["x"].map(sizes) if len(fits) > 1 else np.nan
    rows["n"] = pd.Series(own, index=rows.index).fillna(fits[0].frame.n_units)
    words = check.replace("_", " ")
    return posterior_predictive(
        rows,
        label=_label(fits[0], failed=failed),
        title=_title(fits, f"{words} checks"),
    )


def _by_predictor(rows: pd.DataFrame) -> pd.DataFrame:
    """Name points by the predictor of their model; by its week alone where that tells them apart."""
    weeks = rows["x"].str.extract(r"^(.+)_w(\d+)$")
    if weeks[0].notna().all() and len(set(weeks[0])) == 1:
        what = term_label(str(rows["x"].iloc[0])).split(",")[0]
        return rows.assign(tick=weeks[1], axis=f"Grouped by {what} at week")
    return rows.assign(tick=rows["x"].map(term_label), axis="Grouped by")


def _draw_correlations(
    fits: Sequence[Fit], rows: pd.DataFrame, *, failed: bool, words: str
) -> Figure:
    """Correlations of stacked scores; what is checked of each score alone is in checks.csv."""
    split = rows["statistic"].str.extract(r"^(\w+) correlation with (\w+)$")
    rows = rows[split[0].notna()].copy()
    rows["statistic"] = [
        f"{outcome_label(first)} and {outcome_label(second)}, {name}"
        for first, second, name in zip(
            rows["outcome"], split[1].dropna(), split[0].dropna(), strict=True
        )
    ]
    rows = rows.drop(columns="outcome").assign(unit="correlation", n=fits[0].frame.n_units)
    visits = rows["visit"].astype(str).unique()
    if len(visits) == 1:  # points over the visits would be a panel each with one point
        at = f"Correlation at week {visits[0]}" if visits[0] not in ("", "nan") else "Correlation"
        rows = rows.assign(group=rows["statistic"], statistic=at).drop(columns="unit")
    return posterior_predictive(
        rows,
        label=_label(fits[0], failed=failed),
        title=_title(fits, f"{words} checks"),
    )


def _forest_rows(
    fit: Fit, found: pd.Series, again: Refit | None, paper: Paper | None
) -> list[dict[str, object]]:
    """One odds ratio from print, posterior and refit, those there are."""
    term = str(found["term"])
    step = ",\nper doubling" if term in fit.analysis.data.log2 else ""
    shared: dict[str, object] = {"term_label": f"{term_label(term)}{step}"}
    rows: list[dict[str, object]] = []
    printed = {} if paper is None else printed_ratio(fit, term, paper)
    if printed:
        rows.append(shared | dict(printed) | {"series": PAPER, "flag": "", "evidence": "published"})
    rows.append(
        shared
        | {
            "series": BAYES,
            "estimate": found["median"],
            "ci_low": found["ci_low"],
            "ci_high": found["ci_high"],
            "flag": NOT_CONVERGED if found["flag"] == NOT_CONVERGED else "",
            "evidence": fit.cohort.evidence,
            "n": fit.frame.n_units,
        }
    )
    if again is not None:
        row = again.coefficients[again.coefficients["term"] == term].iloc[0]
        with np.errstate(over="ignore"):
            low, middle, high = np.exp(row[["ci_low", "estimate", "ci_high"]].to_numpy(float))
        flag = SEPARATED if separated(again, term) else ""
        numbers = {"estimate": middle, "ci_low": low, "ci_high": high}
        rows.append(
            shared
            | numbers
            | {"series": REFIT, "flag": flag, "evidence": fit.cohort.evidence}
            | {"n": fit.frame.n_units}
        )
    return rows


def separated(again: Refit, term: str) -> bool:
    """Whether the data separate on a coefficient, so that maximum likelihood has no finite answer.

    Parameters
    ----------
    again : Refit
        A logistic refit.
    term : str
        The coefficient.

    Returns
    -------
    bool
        False for a coefficient with a finite estimate.
    """
    found = again.coefficients.loc[again.coefficients["term"] == term, "separated"]
    return bool(found.iloc[0])


def printed_ratio(fit: Fit, term: str, paper: Paper) -> Mapping[str, float]:
    """The printed odds ratio of a predictor with its interval.

    Parameters
    ----------
    fit : Fit
        Whose spec says which tables it answers.
    term : str
        The predictor.
    paper : Paper
        The printed numbers.

    Returns
    -------
    mapping
        estimate, ci_low, ci_high (ratios); empty where the spec answers none for this predictor.
    """
    names = {"odds_ratio": "estimate", "ci_low": "ci_low", "ci_high": "ci_high"}
    found = {}
    for pattern in fit.analysis.published:
        for number in map(paper.number, paper.ids(pattern)):
            if number.term == term and number.statistic in names:
                found[names[number.statistic]] = number.numeric
    return found if len(found) == len(names) else {}


def _group_label(text: str) -> str:
    name, _, level = text.rpartition(" = ")
    return f"{term_label(name)}: {'yes' if level == '1' else 'no'}"


def _step(term: str, scales: Mapping[str, tuple[float, float]], logs: Sequence[str]) -> str:
    """The step of a standardised predictor that its coefficient is for."""
    step = scales[term][1]
    if term in logs:
        return ", per doubling" if step == 1 else f", per {step:g} doublings"
    return f", per {step:g}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _title(fits: Sequence[Fit], words: str) -> str:
    """What a figure shows, and of which model: the name of the outcome is shared by many."""
    a = fits[0].analysis
    model = title_label(a.title, a.x, several=len(fits) > 1)
    return textwrap.fill(f"{model}: {words}" if words else model, _LINE)


def _label(fit: Fit, *, failed: bool) -> str:
    warning = f"; {NOT_CONVERGED.upper()}: {fit.analysis.model}" if failed else ""
    return fit.cohort.label + warning
