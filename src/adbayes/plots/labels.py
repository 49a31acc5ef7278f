"""Names for readers: what the columns of a patient file are called in tables and on axes."""

import re
from collections.abc import Sequence

from adbayes.cohort.derive import concurrent
from adbayes.cohort.outcomes import AGE_CUTOFF, OUTCOMES, PATIENT_COLUMNS, RESPONSE_RULES

_LAB = re.compile(r"(?P<lab>[a-z]+)_(?P<sign>gt|ge)_(?P<cut>\d+)_w(?P<week>\d+)")
_PAIR = re.compile(r"(?P<of>\w+_)?correlation\[(?P<one>\w+), (?P<other>\w+)\]")
_CORRELATION_OF = {"effect_": ", patients' effects", "residual_": ", residuals"}
_SHORT = {"ige": "IgE", "tec": "TEC", "ldh": "LDH"}
_INDEXED = re.compile(r"(?P<name>[^\[]+)\[(?P<level>[^\]]+)\]")
_CENTRED = re.compile(r"I\((?P<name>\w+) - [\d.]+\)")
_PARAMETERS = {
    "Intercept": "Intercept",
    "sigma": "Residual SD",
    "alpha": "Shape",
    "kappa": "Precision",
    "psi": "Share above 0",
    "nu": "Degrees of freedom",
}
_STATISTICS = {
    "mean": "mean",
    "sd": "SD",
    "50 % quantile": "median",
    "share of 0": "share of patients at 0",
    "share of high values": "share beyond the cut-off",
}


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


def level_label(name: str) -> str:
    """What a term of a summary is called, whatever it names.

    Parameters
    ----------
    name : str
        Parts joined by a comma: predictors, outcomes, responses, and columns at a value.

    Returns
    -------
    str
        "EASI-90, LDH at baseline = 400"; "LDH ≥ 250, baseline: yes" for a column of 0 and 1; a part
        outside the vocabulary as it is.
    """
    return ", ".join(_level(part) for part in name.split(", ")) if name else ""


def _level(part: str) -> str:
    column, equals, value = part.partition(" = ")
    if not equals:
        return term_label(outcome_label(column))
    if value in ("0", "1") and _term(column) != column:
        return f"{term_label(column)}: {'yes' if value == '1' else 'no'}"
    # The column of a lab is its value at the outcome's own visit.
    named = outcome_label(column) if column in OUTCOMES else _term(column)
    return f"{named} = {value}" + (" (concurrent)" if concurrent(part) else "")


def parameter_label(name: str) -> str:
    """What a parameter of a model is called.

    Parameters
    ----------
    name : str
        As in the draws: ``1|patient_sigma``, ``visit[16]``, ``alpha_visit[52]``.

    Returns
    -------
    str
        "SD between patients", "Week 16 against the first", "Shape, week 52"; for a
        correlation what `correlation_label` says, for a predictor what `term_label` says.
    """
    if name in _PARAMETERS:
        return _PARAMETERS[name]
    if name == "1|patient_sigma":
        return "SD between patients"
    centred = _CENTRED.fullmatch(name)
    if centred is not None:
        return f"{term_label(centred['name'])}, per unit"
    found = _INDEXED.fullmatch(name)
    if found is not None:
        if found["name"] == "visit":
            return f"Week {found['level']} against the first"
        if found["name"] == "threshold":
            return f"Threshold {int(found['level']) + 1}"
        stem = found["name"].removesuffix("_visit")
        if stem != found["name"] and stem in _PARAMETERS:
            return f"{_PARAMETERS[stem]}, week {found['level']}"
    return correlation_label(name)


def statistic_label(name: str) -> str:
    """What a statistic of a predictive check is called.

    Parameters
    ----------
    name : str
        As in checks.csv.

    Returns
    -------
    str
        "SD" for "sd", "share beyond the cut-off" for "share of high values", "Pearson correlation with
        DLQI"; another one as it is.
    """
    if name in _STATISTICS:
        return _STATISTICS[name]
    for rule in RESPONSE_RULES:
        if name == f"{rule} count":
            return f"{outcome_label(rule)} responders"
    first, _, other = name.rpartition(" with ")
    if first.endswith("correlation"):
        return f"{first} with {outcome_label(other)}"
    statistic, _, level = name.partition(" where ")
    return f"{statistic} where {level_label(level)}" if level else name


def fit_label(model: str, variant: str, x: str | None = None) -> str:
    """What tells one fit of a run from all others.

    Parameters
    ----------
    model : str
        Name of the spec.
    variant : str
        "base" or the name of a variant.
    x : str, optional
        The predictor it is for.

    Returns
    -------
    str
        "easi_change.unstructured", "easi90_univariable [Female sex]".
    """
    named = model if variant == "base" else f"{model}.{variant}"
    return f"{named} [{term_label(x)}]" if x else named


def title_label(title: str, x: str | None, *, several: bool) -> str:
    """The title of a model, its predictor in words.

    Parameters
    ----------
    title : str
        Of the analysis.
    x : str or None
        The column of its predictor, which the title may name.
    several : bool
        Whether there is one such model a predictor.

    Returns
    -------
    str
        "EASI-90 at week 52: one predictor at a time, adjusted for baseline EASI".
    """
    if x:
        title = title.replace(x, "one predictor at a time" if several else term_label(x))
    return title[:1].upper() + title[1:]


def place_label(table: str) -> str:
    """Where a number is printed, in words.

    Parameters
    ----------
    table : str
        As the ledger has it: ``table2``, ``fig1``, ``text.results``.

    Returns
    -------
    str
        "Table 2", "Fig. 1", "Text"; another name as it is.
    """
    found = re.fullmatch(r"(table|fig)(\d+)", table)
    if found is None:
        return "Text" if table.startswith("text") else table
    return f"{'Table' if found[1] == 'table' else 'Fig.'} {found[2]}"


def kind_label(kind: str) -> str:
    """A kind of printed number, in words.

    Parameters
    ----------
    kind : str
        As `adbayes.results.fidelity.fidelity_by_table` has it.

    Returns
    -------
    str
        "SD" and "interval end" for ``sd`` and ``limit``; another as it is.
    """
    return {"sd": "SD", "limit": "interval end"}.get(kind, kind)
