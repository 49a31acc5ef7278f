"""Which clinical quantities a model can answer: settled before anything is sampled."""

from collections.abc import Iterable

import pandas as pd

from adbayes.cohort.outcomes import OUTCOMES, RESPONSE_RULES, ResponseRule
from adbayes.errors import DataError
from adbayes.model.analysis import MEAN, Analysis
from adbayes.model.sentences import nearest

# Quantities that have one value a level of the spec's `by` column.
BY_LEVEL = ("mean", "mean_change", "ratio_of_means", "predictive_sd", "share_mcid")
# Quantities of a fraction of the baseline, one value a level as well; the last three take observed
# baselines to come to scores.
OF_FRACTIONS = ("mean_percent_change", "percent_change_sd", "mean_score", "score_sd", "share_mild")
OF_BASELINES = ("mean_score", "score_sd", "share_mild", "response")
_FRACTION_FAMILIES = ("gamma", "hurdle_gamma", "beta")


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
    gaussian = a.family.name in ("gaussian", "t") and a.link == "identity"
    plain = set(a.formulas) == {MEAN}
    intercept = gaussian and plain and len(a.mean.groups) == 1 and a.mean.groups[0].startswith("1|")
    binary = a.family.name in ("bernoulli", "binomial", "beta_binomial")
    answered = {
        "mean": gaussian,
        "mean_change": gaussian,
        "ratio_of_means": gaussian,
        "predictive_sd": intercept and a.family.name == "gaussian",
        "share_mcid": intercept and a.family.name == "gaussian",
        "icc": intercept,
        "odds_ratio": binary and a.link == "logit",
        "risk_difference": binary and not a.mean.groups,
        "risk_ratio": binary and not a.mean.groups,
        **_of_responses(a),
    }
    faults = [
        f"{where} {name!r} is not defined for family {a.family.name}, link {a.link}, groups "
        f"{', '.join(a.mean.groups) or 'none'}; leave it out"
        for name in a.estimands.report
        if not answered[name]
    ]
    if "share_mcid" in a.estimands.report and a.estimands.mcid is None:
        faults.append(f'{where} share_mcid needs mcid = {{ value = ..., source = "..." }}')
    by = a.estimands.by
    per_level = {*OF_FRACTIONS, *(("response",) if score_of(a) else ())}
    if set(a.estimands.report) & per_level and _beside(a):
        faults.append(
            f"{where} quantities of a fraction are for models of {by!r} and one group intercept; take "
            f"{', '.join(_beside(a))} out of the formula, or leave them out of report"
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


def score_of(analysis: Analysis) -> str | None:
    """The score whose fraction of baseline the outcome is.

    Parameters
    ----------
    analysis : Analysis
        The model.

    Returns
    -------
    str or None
        ``easi`` for ``easi_fraction``; None for another outcome.
    """
    score, _, kind = analysis.data.outcome.partition("_")
    return score if score in OUTCOMES and kind == "fraction" else None


def rules_of(analysis: Analysis) -> dict[ResponseRule, int]:
    """The responses an outcome tells of, each with the outcome's lowest value that meets it.

    Parameters
    ----------
    analysis : Analysis
        The model.

    Returns
    -------
    dict of ResponseRule to int
        For ``easi90`` that rule from 1 on; for ``easi_class`` both, from 1 and from 2 on; for
        ``easi_fraction`` both with 0, as they are met below and not from a value on.
    """
    outcome, score = analysis.data.outcome, score_of(analysis)
    if outcome in RESPONSE_RULES:
        return {RESPONSE_RULES[outcome]: 1}
    mine = [rule for rule in RESPONSE_RULES.values() if outcome == f"{rule.outcome}_class"]
    if mine:
        return {rule: number for number, rule in enumerate(mine, start=1)}
    return {rule: 0 for rule in RESPONSE_RULES.values() if rule.outcome == score}


def _of_responses(a: Analysis) -> dict[str, bool]:
    """Whether quantities of fractions, classes and responses are defined."""
    one_intercept = len(a.mean.groups) <= 1 and all(g.startswith("1|") for g in a.mean.groups)
    others = [formula for name, formula in a.formulas.items() if name != MEAN]
    one_intercept = one_intercept and not any(formula.groups for formula in others)
    score = score_of(a)
    fraction = score is not None and a.family.name in _FRACTION_FAMILIES and one_intercept
    graded = score is not None and any(band.name == "mild" for band in OUTCOMES[score].bands)
    whole = a.family.name == "bernoulli" or (a.family.name == "cumulative" and not others)
    return dict.fromkeys(OF_FRACTIONS, fraction) | {
        "share_mild": fraction and graded,
        "response": bool(rules_of(a)) and one_intercept and (fraction or (score is None and whole)),
    }


def _beside(a: Analysis) -> list[str]:
    """Predictors other than the levels that quantities are for."""
    named = [name for formula in a.formulas.values() for name in formula.columns]
    known = (a.estimands.by, a.data.outcome, *a.mean.grouping)
    return [name for name in dict.fromkeys(named) if name not in known]


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
