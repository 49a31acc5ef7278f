"""Names for readers: what the columns of a patient file are called in tables and on axes."""

import re
from collections.abc import Sequence

from adbayes.cohort.derive import concurrent
from adbayes.cohort.outcomes import AGE_CUTOFF, OUTCOMES, PATIENT_COLUMNS, RESPONSE_RULES

_LAB = re.compile(r"(?P<lab>[a-z]+)_(?P<sign>gt|ge)_(?P<cut>\d+)_w(?P<week>\d+)")
_PAIR = re.compile(r"(?P<of>\w+_)?correlation\[(?P<one>\w+), (?P<other>\w+)\]")
_CORRELATION_OF = {"effect_": ", patients' effects", "residual_": ", residuals"}
_SHORT = {"ige": "IgE", "tec": "TEC", "ldh": "LDH"}


def outcome_label(name: str) -> str:
    """What an outcome is called.

    Parameters
    ----------
    name : str
        Its column.

    Returns
    -------
    str
        The label of the vocabulary, "EASI-90" for a response, or the column itself.
    """
    if name in RESPONSE_RULES:
        rule = RESPONSE_RULES[name]
        return f"{OUTCOMES[rule.outcome].label}-{rule.percent}"
    stem = name.removesuffix("_percent_change")
    if stem != name and stem in OUTCOMES:
        return f"{OUTCOMES[stem].label}, percent change"
    score = name.removesuffix("_fraction")
    if score != name and score in OUTCOMES:
        return f"{OUTCOMES[score].label}, fraction of baseline"
    if name.removesuffix("_class") in OUTCOMES and name.endswith("_class"):
        return f"{OUTCOMES[name.removesuffix('_class')].label} response class"
    return OUTCOMES[name].label if name in OUTCOMES else name


def unit_label(name: str) -> str:
    """The unit of an outcome.

    Parameters
    ----------
    name : str
        Its column.

    Returns
    -------
    str
        Of the vocabulary; "%" for a percent change; empty for a column outside the vocabulary.
    """
    if name in OUTCOMES:
        return OUTCOMES[name].unit
    score = name.rpartition("_")[0]
    if name.endswith("_percent_change"):
        return "%"
    if name.endswith("_fraction") and score in OUTCOMES:
        return "fraction of baseline"
    if name.endswith("_class") and score in OUTCOMES:
        return "rules met"
    return ""


def correlation_label(name: str) -> str:
    """What a correlation of two scores is called.

    Parameters
    ----------
    name : str
        Its parameter: ``effect_correlation[easi, nrs]``.

    Returns
    -------
    str
        "EASI and Peak pruritus NRS, patients' effects"; for another name what `term_label` says.
    """
    found = _PAIR.fullmatch(name)
    if found is None or not {found["one"], found["other"]} <= set(OUTCOMES):
        return term_label(name)
    kind = _CORRELATION_OF.get(found["of"] or "", "")
    return f"{outcome_label(found['one'])} and {outcome_label(found['other'])}{kind}"


def outcomes_label(name: str, stack: Sequence[str] = ()) -> str:
    """What the outcome of a model is called, or its outcomes.

    Parameters
    ----------
    name : str
        The outcome's column.
    stack : sequence of str, optional
        The columns stacked into it.

    Returns
    -------
    str
        As `outcome_label`; stacked columns one after the other.
    """
    return ", ".join(map(outcome_label, stack)) if stack else outcome_label(name)


def term_label(name: str) -> str:
    """What a predictor is called.

    Parameters
    ----------
    name : str
        Its column or coefficient.

    Returns
    -------
    str
        "LDH ≥ 250, week 16 (concurrent)" for a lab above its cut under treatment; a name outside the
        vocabulary as it is.
    """
    return f"{_term(name)} (concurrent)" if concurrent(name) else _term(name)


def _term(name: str) -> str:
    if name in PATIENT_COLUMNS:
        return PATIENT_COLUMNS[name].label
    if name == "age_over_30":
        return f"Age > {AGE_CUTOFF:g} years"
    outcome = name.removesuffix("_baseline")
    if outcome != name and outcome in OUTCOMES:
        return f"{OUTCOMES[outcome].label} at baseline"
    found = _LAB.fullmatch(name)
    if found is None or found["lab"] not in _SHORT:
        return name
    sign = ">" if found["sign"] == "gt" else "≥"
    when = "baseline" if found["week"] == "0" else f"week {found['week']}"
    return f"{_SHORT[found['lab']]} {sign} {found['cut']}, {when}"
