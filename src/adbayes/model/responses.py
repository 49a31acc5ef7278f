"""What an outcome tells of responses: fractions of baseline, ordered classes, 0 or 1."""

from adbayes.cohort.outcomes import OUTCOMES, RESPONSE_RULES, ResponseRule
from adbayes.model.analysis import MEAN, Analysis

# Quantities of a fraction of the baseline, one value a level of the spec's `by` column.
OF_FRACTIONS = ("mean_percent_change", "percent_change_sd", "mean_score", "score_sd", "share_mild")
# Those that take observed baselines to come to scores.
OF_BASELINES = ("mean_score", "score_sd", "share_mild", "response")
_FAMILIES = ("gamma", "hurdle_gamma", "beta")


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


def is_fraction_regression(analysis: Analysis) -> bool:
    """Whether a model is a regression of a fraction of baseline at one visit.

    Parameters
    ----------
    analysis : Analysis
        The model.

    Returns
    -------
    bool
        True for ``easi_fraction`` at a stated visit, without group effects and with one precision.
    """
    a = analysis
    return (
        score_of(a) is not None
        and a.family.name in _FAMILIES
        and a.data.visit is not None
        and set(a.formulas) == {MEAN}
        and not a.mean.groups
    )


def percent_change_of(analysis: Analysis) -> str | None:
    """The outcome whose percent change from baseline is modelled.

    Parameters
    ----------
    analysis : Analysis
        The model.

    Returns
    -------
    str or None
        ``easi`` for ``easi_percent_change``; None for another outcome.
    """
    stem = analysis.data.outcome.removesuffix("_percent_change")
    return stem if stem != analysis.data.outcome and stem in OUTCOMES else None


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


def response_estimands(analysis: Analysis) -> frozenset[str]:
    """The quantities of fractions, classes and responses that a model has.

    Parameters
    ----------
    analysis : Analysis
        The model.

    Returns
    -------
    frozenset of str
        Names of estimands.
    """
    a = analysis
    one_intercept = len(a.mean.groups) <= 1 and all(g.startswith("1|") for g in a.mean.groups)
    others = [formula for name, formula in a.formulas.items() if name != MEAN]
    if not one_intercept or any(formula.groups for formula in others):
        return frozenset()
    score = score_of(a)
    if is_fraction_regression(a):
        ratio = {"fraction_ratio"} if a.link == "log" else set()
        return frozenset({"response", *ratio} if rules_of(a) else ratio)
    if score is not None and a.family.name in _FAMILIES:
        found = {*OF_FRACTIONS, "response"} if rules_of(a) else set(OF_FRACTIONS)
        graded = any(band.name == "mild" for band in OUTCOMES[score].bands)
        return frozenset(found if graded else found - {"share_mild"})
    whole = a.family.name == "bernoulli" or (a.family.name == "cumulative" and not others)
    return frozenset({"response"} if score is None and whole and rules_of(a) else ())


def beside_levels(analysis: Analysis) -> list[str]:
    """Predictors other than the levels that quantities are for.

    Parameters
    ----------
    analysis : Analysis
        The model.

    Returns
    -------
    list of str
        Columns, in the order of the formulas.
    """
    a = analysis
    named = [name for formula in a.formulas.values() for name in formula.columns]
    known = (a.estimands.by, a.data.outcome, *a.mean.grouping)
    return [name for name in dict.fromkeys(named) if name not in known]
