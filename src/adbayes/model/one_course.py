"""Models of one course over time whose distribution at each level can be worked out from the draws."""

from adbayes.cohort.outcomes import CUTOFFS
from adbayes.model.analysis import MEAN, Analysis


def is_bounded_score(analysis: Analysis) -> bool:
    """Whether a model is a beta-binomial score of patients with one intercept each.

    Parameters
    ----------
    analysis : Analysis
        The model.

    Returns
    -------
    bool
        True for ``p(score, number) ~ by + (1|group)``, logit link: one number of trials, no predictor
        but the ``by`` column (others would have to be averaged over inside the link).
    """
    return (
        analysis.family.name == "beta_binomial"
        and analysis.link == "logit"
        and isinstance(analysis.mean.trials, int)
        and _one_course(analysis)
    )


def is_lognormal_lab(analysis: Analysis) -> bool:
    """Whether a model is a lognormal value of patients with one intercept each.

    Parameters
    ----------
    analysis : Analysis
        The model.

    Returns
    -------
    bool
        True for ``y ~ by + (1|group)`` with no other predictor.
    """
    return analysis.family.name == "lognormal" and _one_course(analysis)


def has_cutoff(analysis: Analysis) -> bool:
    """Whether an outcome has high values: a cut-off on the scale that the model sees.

    Parameters
    ----------
    analysis : Analysis
        The model.

    Returns
    -------
    bool
        True for an outcome of `adbayes.cohort.outcomes.CUTOFFS` that is not standardised.
    """
    outcome = analysis.data.outcome
    return outcome in CUTOFFS and outcome not in analysis.data.standardize


def _one_course(a: Analysis) -> bool:
    """One mean a level of ``by``, one group intercept, and nothing else that varies."""
    group = a.mean.grouping[0] if len(a.mean.grouping) == 1 else ""
    predictors = {name for formula in a.formulas.values() for name in formula.columns}
    return (
        a.mean.groups == (f"1|{group}",)
        and predictors - {a.mean.response, group} == {a.estimands.by}
        and not any(formula.groups for name, formula in a.formulas.items() if name != MEAN)
        and "offset(" not in a.mean.text
    )
