"""Which clinical quantities a model can answer: settled before anything is sampled."""

from collections.abc import Iterable

import pandas as pd

from adbayes.errors import DataError
from adbayes.model.analysis import Analysis
from adbayes.model.kinds import KINDS
from adbayes.model.responses import OF_FRACTIONS, beside_levels, is_fraction_regression, score_of
from adbayes.model.sentences import nearest

# Quantities that have one value a level of the spec's `by` column.
BY_LEVEL = (
    "mean",
    "mean_change",
    "ratio_of_means",
    "predictive_sd",
    "share_mcid",
    "share_floor",
    "share_ceiling",
    "share_above",
    "geometric_mean_ratio",
)


def unanswerable(analysis: Analysis) -> list[str]:
    """What the spec asks for that its model does not have.

    Parameters
    ----------
    analysis : Analysis
        The model and the quantities asked for.

    Returns
    -------
    list of str
        One sentence a fault; empty where all can be answered.
    """
    a = analysis
    where = f"{a.where_from}: [estimands]"
    answered = KINDS[a.kind].answers(a)
    faults = [
        f"{where} {name!r} is not defined for {_described(a)}; leave it out"
        for name in a.estimands.report
        if name not in answered
    ]
    if "share_mcid" in a.estimands.report and a.estimands.mcid is None:
        faults.append(f'{where} share_mcid needs mcid = {{ value = ..., source = "..." }}')
    by = a.estimands.by
    regression = is_fraction_regression(a)
    per_level = {*OF_FRACTIONS, "response"} if score_of(a) and not regression else set()
    if regression and "response" in a.estimands.report and not a.estimands.at:
        faults.append(f"{where} response needs at = {{ column = [values] }} in a regression")
    faults += [
        f"{where} at: {name!r} is not a column of the formula{nearest(name, a.mean.columns)}"
        for name in a.estimands.at
        if name not in a.mean.columns
    ]
    faults += [
        f"{where} at: {name!r} = {value:g} has no logarithm, and [data] log2 names it"
        for name, values in a.estimands.at.items()
        for value in values
        if name in a.data.log2 and not value > 0
    ]
    if set(a.estimands.report) & per_level and beside_levels(a):
        faults.append(
            f"{where} quantities of a fraction are for models of {by!r} and one group intercept; take "
            f"{', '.join(beside_levels(a))} out of the formula, or leave them out of report"
        )
    if set(a.estimands.report) & {*BY_LEVEL, *per_level} and by not in a.mean.columns:
        faults.append(
            f"{where} by = {by!r} is not a column of the formula{nearest(by, a.mean.columns)}"
        )
    effects = [name for name in a.mean.common if name != "Intercept"]
    faults += [
        f"{where} terms: {term!r} is not a term of the formula{nearest(term, effects)}"
        for term in a.estimands.terms
        if term not in effects
    ]
    return faults


def _described(a: Analysis) -> str:
    if a.options:
        return f"kind {a.kind}, {', '.join(f'{k} {v}' for k, v in a.options.items())}"
    groups = ", ".join(a.mean.groups) or "none"
    return f"family {a.family.name}, link {a.link}, groups {groups}"


def levels(column: pd.Series) -> list[str]:
    """The levels of a `by` column, as tables name them.

    Parameters
    ----------
    column : pandas.Series
        Categorical, or numbers.

    Returns
    -------
    list of str
        In the order of the categories, or ascending.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        return [str(level) for level in column.cat.categories]
    return [f"{level:g}" for level in sorted(column.unique())]


def baseline(analysis: Analysis, found: Iterable[str]) -> str:
    """The level that changes are counted from.

    Parameters
    ----------
    analysis : Analysis
        Names it, or leaves it to be the first.
    found : iterable of str
        The levels in the data.

    Returns
    -------
    str
        One of them.

    Raises
    ------
    DataError
        Where the data do not have it.
    """
    found = list(found)
    stated = analysis.estimands.baseline
    chosen = found[0] if stated is None else str(stated)
    if chosen not in found:
        raise DataError(
            f"no row of {analysis.model} has {analysis.estimands.by} = {stated!r}, from which its changes "
            f"are counted (levels: {', '.join(found)}); add it or change [estimands] baseline"
        )
    return chosen
