"""How a printed statistic is read off a summary row, and what an agreement with it would mean."""

from dataclasses import dataclass, replace
from functools import cache

from adbayes.cohort.outcomes import RESPONSE_RULES
from adbayes.cohort.targets import HELD_OUT, TARGET, reconstruction_targets
from adbayes.inference.printed_quantity import build_quantity
from adbayes.model.analysis import Analysis
from adbayes.paper.published import Paper, PublishedNumber

_ONE_SD = "the model has one SD for all visits"
_RATIO = (
    "fall of the mean, not the mean of the patients' falls; "
    "a model of the score has no mean of individual ratios"
)
_PEARSON = "taken as Pearson's coefficient; the kind is not printed"
_TAIL = "two-sided posterior tail area: not a p value"
_OBSERVED = "fraction of baseline times the observed baselines, taken as independent"
TAIL = "tail"


@dataclass(frozen=True)
class Reading:
    """How a printed statistic is read off a summary row.

    Parameters
    ----------
    column : str
        The summary's column; ``tail`` for the two-sided tail area.
    interval : bool
        Whether the credible interval goes with it.
    same : bool
        Whether it is the same quantity as the printed one.
    estimand : str
        The row's estimand, where it does not follow from the printed number.
    note : str
        What a reader must know.
    """

    column: str
    interval: bool
    same: bool
    estimand: str = ""
    note: str = ""


READINGS = {
    "mean": Reading("mean", True, True, "mean"),
    "sd": Reading("mean", True, True, "predictive_sd", _ONE_SD),
    "percent": Reading("mean", True, True, "ratio_of_means"),
    "pct_change_mean": Reading("mean", True, False, "ratio_of_means", _RATIO),
    "odds_ratio": Reading("median", True, True, "odds_ratio"),
    "ci_low": Reading("ci_low", False, True, "odds_ratio"),
    "ci_high": Reading("ci_high", False, True, "odds_ratio"),
    "p_value": Reading(TAIL, False, False, "", _TAIL),
    "correlation": Reading("mean", True, True, "correlation", _PEARSON),
}
_SHARE_ABOVE = Reading(
    "mean", True, True, "share_above", "expected number of the printed patients with a value"
)
BESIDE_READINGS = {
    "mean": Reading("mean", True, True, "mean_score", _OBSERVED),
    "sd": Reading("mean", True, True, "score_sd", _OBSERVED),
    "pct_change_mean": Reading("mean", True, True, "mean_percent_change"),
    "pct_change_sd": Reading("mean", True, True, "percent_change_sd"),
}
"""Where a summary does not have the reading above: models of the fraction of baseline."""
RESPONSE = Reading("mean", True, True, "response")
PUBLISHED_READINGS = {
    "mean": Reading("mean", True, True),
    "pct_change_mean": Reading("mean", True, True),
    "percent": Reading("mean", True, True),
    "correlation": Reading("mean", True, True),
    "count": Reading("mean", True, True, note="expected count under the posterior of the share"),
    "odds_ratio": Reading("median", True, True),
    "ci_low": Reading("ci_low", False, True),
    "ci_high": Reading("ci_high", False, True),
    "p_value": Reading(TAIL, False, False, note=_TAIL),
}
NO_INDIVIDUAL_CHANGE = (
    "a model of the score does not describe the spread of individual percent changes"
)
BY_ROLE = {
    TARGET: "a target of the reconstruction: agreement is by construction",
    HELD_OUT: "held out of the reconstruction: a test of it",
}
"""What a row on reconstructed patients must say, by its role."""


def note_of(reading: Reading, analysis: Analysis) -> str:
    """What a reader of a row must know.

    Parameters
    ----------
    reading : Reading
        How the printed statistic was read.
    analysis : Analysis
        The model.

    Returns
    -------
    str
        The reading's note, but for a model with an SD a visit.
    """
    own_sds = analysis.options.get("covariance") == "unstructured"
    return "" if own_sds and reading.note == _ONE_SD else reading.note


def readings_of(number: PublishedNumber, analysis: Analysis | None = None) -> tuple[Reading, ...]:
    """How a printed number may be read off the summary of a model.

    Parameters
    ----------
    number : PublishedNumber
        The printed number.
    analysis : Analysis, optional
        The model, where a note depends on it.

    Returns
    -------
    tuple of Reading
        Best first; empty for a statistic that no summary has.
    """
    if number.variable in RESPONSE_RULES and not number.term:
        return (RESPONSE,)
    if number.statistic == "n":  # patients of a group: those with a high value are a share's count
        return (_SHARE_ABOVE,) if "≥" in number.group else ()
    tables = (READINGS, BESIDE_READINGS)
    found = [table[number.statistic] for table in tables if number.statistic in table]
    own = analysis is not None and set(analysis.family.auxiliary) & set(analysis.formulas)
    if number.statistic == "sd" and own:
        found = [replace(one, note="") if one.note == _ONE_SD else one for one in found]
    return tuple(found)


def place_of(number: PublishedNumber) -> tuple[str, str, str]:
    """Under which term and visit, and as what, the summary of a model has a printed number.

    Parameters
    ----------
    number : PublishedNumber
        The printed number.

    Returns
    -------
    tuple of str
        Term; visit; and the estimand that a p value is of. As the ledger has them, but for the groups
        of Table 4: there the ledger's visit is that of LDH, and a summary row has the week of the
        outcome, with the group as its term.
    """
    visit = "" if number.visit is None else f"{number.visit:g}"
    if number.table == "table4" and number.quantity and number.statistic != "n":
        found = build_quantity(number.quantity)
        return found.term, str(found.visit), found.estimand
    term = number.term or ""
    return term, visit, "odds_ratio" if term else "mean_change"


def other_quantity(reading: Reading, analysis: Analysis) -> str:
    """Why a model's version of a statistic is not the printed one, where that is the likelihood's doing.

    Parameters
    ----------
    reading : Reading
        How it is read.
    analysis : Analysis
        The model.

    Returns
    -------
    str
        Empty where it is the same.
    """
    centre = analysis.family.name == "t" and reading.estimand in ("mean", "mean_percent_change")
    return "the centre of a Student t distribution, not the mean of the patients" if centre else ""


def group_total(number: PublishedNumber, paper: Paper) -> float:
    """All patients of the groups that a printed group size belongs to.

    Parameters
    ----------
    number : PublishedNumber
        The size of one group.
    paper : Paper
        The printed numbers.

    Returns
    -------
    float
        The sum over the groups of the same table, variable and visit.
    """
    sizes = [paper.number(id) for id in paper.ids(f"{number.table}.*")]
    return sum(
        one.numeric
        for one in sizes
        if one.statistic == "n" and (one.variable, one.visit) == (number.variable, number.visit)
    )


@cache
def roles(paper: Paper) -> dict[str, str]:
    """What part each printed number played in the reconstruction of the embedded cohorts.

    Parameters
    ----------
    paper : Paper
        The printed numbers.

    Returns
    -------
    dict of str to str
        Id to role, as `reconstruction_targets` gives it.
    """
    targets = reconstruction_targets(paper.published)
    return dict(zip(targets["published_id"], targets["role"], strict=True))


def role_of(number: PublishedNumber, addressed: bool, played: dict[str, str]) -> str:
    """The role of a row of the comparison.

    Parameters
    ----------
    number : PublishedNumber
        The printed number.
    addressed : bool
        Whether the model reports it.
    played : dict of str to str
        From `roles` for reconstructed patients; empty for data that print had no part in.

    Returns
    -------
    str
        suspected_misprint, not_addressable, other_data, held_out, or target. What restates a number,
        or follows from targets as the text's percents do, shares their part.
    """
    if number.status:
        return number.status
    if not addressed:
        return "not_addressable"
    if not played:
        return "other_data"
    return HELD_OUT if HELD_OUT in (played[number.id], played.get(number.quantity)) else TARGET
