"""What was printed beside what we find: a join of the ledger with summaries, one row a printed number.

It never sees draws. The fields of a row: `frequentist` is the live refit of the same statistic on
the same data; `bayes` the posterior's version of it; `role` says what an agreement would mean.
"""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from adbayes.cohort.cohort import Cohort, Evidence
from adbayes.cohort.derive import timing
from adbayes.inference.fit import Fit
from adbayes.model.analysis import Analysis
from adbayes.paper.published import Paper, PublishedNumber
from adbayes.results.fidelity import printed_alike
from adbayes.results.pooled import POOLED
from adbayes.results.readings import (
    BY_ROLE,
    NO_INDIVIDUAL_CHANGE,
    PUBLISHED_READINGS,
    RESPONSE,
    TAIL,
    Reading,
    group_total,
    note_of,
    other_quantity,
    place_of,
    readings_of,
    role_of,
    roles,
)
from adbayes.results.refit import refit
from adbayes.results.summary import NOT_CONVERGED, identity, summarize, whose

Row = Mapping[Hashable, Any]
"""A row of a summary."""
CORRELATION = "correlation"
"""A printed statistic of two variables: `outcome` is the first and `term` the second."""
_ANY = ""  # outcome of a row that is found whatever its outcome
COLUMNS = [
    "published_id",
    "table",
    "statistic",
    "outcome",
    "visit",
    "term",
    "model",
    "variant",
    "priors",
    "evidence",
    "cohort",
    "published",
    "decimals",
    "frequentist",
    "bayes",
    "bayes_low",
    "bayes_high",
    "difference",
    "within_rounding",
    "same_quantity",
    "role",
    "note",
]


def compare_fit(fit: Fit, paper: Paper) -> pd.DataFrame:
    """Lay one fit beside every printed number that its spec answers.

    Parameters
    ----------
    fit : Fit
        A fitted model.
    paper : Paper
        The printed numbers.

    Returns
    -------
    pandas.DataFrame
        The columns of `COLUMNS`.
    """
    again = refit(fit)
    statistics = None if again is None else again.statistics
    return compare(summarize(fit), statistics, paper, fit)


def compare(
    summary: pd.DataFrame, statistics: pd.DataFrame | None, paper: Paper, fit: Fit
) -> pd.DataFrame:
    """Join the ledger with one fit's summary and refit.

    Parameters
    ----------
    summary : pandas.DataFrame
        From `summarize`.
    statistics : pandas.DataFrame or None
        `Refit.statistics`.
    paper : Paper
        The printed numbers.
    fit : Fit
        Gives the patterns of ids, the predictor and the evidence.

    Returns
    -------
    pandas.DataFrame
        The columns of `COLUMNS`, one row a printed number the spec answers. `within_rounding`
        is filled only for reconstructed cohorts: nothing else could agree or disagree with print.
    """
    return _joined(
        summary,
        statistics,
        paper,
        fit.analysis,
        identity(fit),
        fit.frame.outcome,
        fit.cohort.evidence,
    )


def compare_pooled(summary: pd.DataFrame, paper: Paper, fit: Fit) -> pd.DataFrame:
    """Join the ledger with the summary of an analysis pooled over cohorts.

    Parameters
    ----------
    summary : pandas.DataFrame
        From `pooled_summary`.
    paper : Paper
        The printed numbers.
    fit : Fit
        Of the same analysis to one of the cohorts.

    Returns
    -------
    pandas.DataFrame
        The columns of `COLUMNS`, `cohort` "pooled"; `frequentist` and `within_rounding` stay empty,
        because no data set is behind a mixture.
    """
    whose_rows = identity(fit) | {"cohort": POOLED}
    outcome, evidence = fit.frame.outcome, fit.cohort.evidence
    return _joined(summary, None, paper, fit.analysis, whose_rows, outcome, evidence)


def _joined(
    summary: pd.DataFrame,
    statistics: pd.DataFrame | None,
    paper: Paper,
    analysis: Analysis,
    whose_rows: dict[str, str],
    outcome: str,
    evidence: Evidence,
) -> pd.DataFrame:
    played = roles(paper) if evidence == "reconstructed" else {}
    quantities, refitted = _by_place(summary), _by_statistic(statistics)
    rows = []
    for number in _answered(paper, analysis):
        term, visit, _ = place_of(number)
        row = _printed(number) | whose_rows | {"outcome": outcome, "term": term, "visit": visit}
        if number.statistic == CORRELATION:
            row["outcome"] = number.variable.split("~")[0]
        again, of_refit = _refitted(number, refitted)
        row["frequentist"] = again
        reading, found = _find(quantities, number, analysis)
        role = role_of(number, found is not None, played)
        row["role"], others = role, ""
        if reading is None or found is None:
            individual = number.statistic == "pct_change_sd"
            reason = NO_INDIVIDUAL_CHANGE if individual else f"{analysis.model} does not report it"
            row["note"] = _join(_doubt(number), reason, of_refit)
        else:
            total = group_total(number, paper) if number.statistic == "n" else 100.0
            row |= _read(found, reading, number, total / 100)
            others = _other_patients(found, reading, number)
            differs = _join(analysis.differs, other_quantity(reading, analysis))
            row["same_quantity"] = reading.same and not others and not differs
            failed = NOT_CONVERGED if found["flag"] == NOT_CONVERGED else ""
            by_role = BY_ROLE.get(role, "")
            note = note_of(reading, analysis)
            row["note"] = _join(_doubt(number), by_role, differs, note, others, of_refit, failed)
        if played and not number.status and not others and not np.isnan(again):
            row["within_rounding"] = printed_alike(
                again, number.numeric, number.decimals, number.bound
            )
        rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS)


def compare_unfitted(analysis: Analysis, cohort: Cohort, paper: Paper, reason: str) -> pd.DataFrame:
    """Rows for the printed numbers of an analysis that the data could not answer.

    Parameters
    ----------
    analysis : Analysis
        What was not fitted.
    cohort : Cohort
        The data.
    paper : Paper
        The printed numbers.
    reason : str
        Why not.

    Returns
    -------
    pandas.DataFrame
        The columns of `COLUMNS`, role `not_addressable`, the reason in `note`.
    """
    rows = [
        _printed(number)
        | whose(analysis, cohort)
        | {"outcome": analysis.data.outcome, "role": "not_addressable"}
        | {"note": _join(timing(place_of(number)[0]), reason)}
        for number in _answered(paper, analysis)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def compare_published(summary: pd.DataFrame, paper: Paper, reasons: dict[str, str]) -> pd.DataFrame:
    """Lay the posteriors from print alone beside the numbers they come from.

    Parameters
    ----------
    summary : pandas.DataFrame
        Summaries of print-only posteriors, with a column `published_id` that names the quantity.
    paper : Paper
        The printed numbers.
    reasons : dict of str to str
        Printed id to the reason why print alone does not answer it.

    Returns
    -------
    pandas.DataFrame
        The columns of `COLUMNS`, role `direct`, `suspected_misprint` or `not_addressable`; one
        row a printed number and variant of the denominators.
    """
    rows = []
    by_quantity = dict(tuple(summary.groupby("published_id", sort=False)))
    for id in paper.ids():
        number = paper.number(id)
        answers = by_quantity.get(number.quantity) if number.quantity else None
        reading = PUBLISHED_READINGS.get(number.statistic)
        if number.status or answers is None or reading is None:
            reason = reasons.get(id, "not a quantity that this package models")
            row = _printed(number) | {
                "model": f"published.{number.table.split('.')[0]}",
                "variant": "base",
                "evidence": "published",
                "role": number.status or "not_addressable",
                "note": _join(_doubt(number), reason),
            }
            rows.append(row)
            continue
        for found in answers.to_dict("records"):
            row = _printed(number) | {key: found[key] for key in ("model", "variant", "priors")}
            row |= {"evidence": "published", "outcome": found["outcome"], "role": "direct"}
            row |= _read(found, reading, number)
            row["note"] = _join(_doubt(number), reading.note)
            rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS)


def with_findings(comparison: pd.DataFrame, findings: pd.DataFrame) -> pd.DataFrame:
    """Say in a row's note what the audit found about its printed number.

    Parameters
    ----------
    comparison : pandas.DataFrame
        The columns of `COLUMNS`.
    findings : pandas.DataFrame
        From `Paper.audit`; may be empty.

    Returns
    -------
    pandas.DataFrame
        The same rows. A finding about more than three numbers is about a table, not about one of its
        rows, and adds no note.
    """
    if findings.empty:
        return comparison
    said: dict[str, list[str]] = {}
    for _, finding in findings[findings["class"] != "consistent"].iterrows():
        ids = finding["published_ids"].split()
        if len(ids) <= 3:
            possible = f"; possible: {finding['possible']}" if finding["possible"] else ""
            for id in ids:
                text = f"audit: {finding['class']} ({finding['condition']}){possible}"
                said.setdefault(id, []).append(text)
    notes = [
        _join(note, *said.get(id, []))
        for id, note in zip(comparison["published_id"], comparison["note"], strict=True)
    ]
    return comparison.assign(note=notes)


def _answered(paper: Paper, analysis: Analysis) -> list[PublishedNumber]:
    """The printed numbers that an analysis answers; under `for_each`, those of its predictor."""
    ids = dict.fromkeys(id for pattern in analysis.published for id in paper.ids(pattern))
    numbers = [paper.number(id) for id in ids]
    if analysis.x is None:
        return numbers
    return [one for one in numbers if place_of(one)[0].partition(" = ")[0] == analysis.x]


def _printed(number: PublishedNumber) -> dict[str, object]:
    return {
        "published_id": number.id,
        "table": number.table,
        "statistic": number.statistic,
        "outcome": number.variable,
        "visit": _visit(number),
        "term": number.term,
        "cohort": "",
        "published": number.numeric,
        "decimals": number.decimals,
        "frequentist": np.nan,
        "bayes": np.nan,
        "bayes_low": np.nan,
        "bayes_high": np.nan,
        "difference": np.nan,
        "within_rounding": None,
        "same_quantity": None,
    }


def _visit(number: PublishedNumber) -> str:
    return "" if number.visit is None else f"{number.visit:g}"


def _by_statistic(
    statistics: pd.DataFrame | None,
) -> dict[tuple[str, str, str], tuple[Any, Any]]:
    """Value and note of each refitted statistic, by statistic, term and visit."""
    if statistics is None:
        return {}
    columns = (statistics[name] for name in ("statistic", "term", "visit", "value", "note"))
    found: dict[tuple[str, str, str], tuple[Any, Any]] = {}
    for statistic, term, visit, value, note in zip(*columns, strict=True):
        found.setdefault((statistic, term, visit), (value, note))
    return found


def _refitted(
    number: PublishedNumber, refitted: dict[tuple[str, str, str], tuple[Any, Any]]
) -> tuple[float, str]:
    """The refit of a printed number, and what must be said of it."""
    term, visit, _ = place_of(number)
    if number.statistic == CORRELATION or readings_of(number) == (RESPONSE,):
        term = number.variable
    value, note = refitted.get((number.statistic, term, visit), (float("nan"), ""))
    return float(value), str(note)


def _by_place(summary: pd.DataFrame) -> dict[tuple[str, str, str, str], Row]:
    """The first row of each quantity, by estimand, outcome, term and visit."""
    found: dict[tuple[str, str, str, str], Row] = {}
    for row in summary.to_dict("records"):
        for outcome in (row["outcome"], _ANY):
            found.setdefault((row["estimand"], outcome, row["term"], row["visit"]), row)
    return found


def _find(
    quantities: dict[tuple[str, str, str, str], Row], number: PublishedNumber, analysis: Analysis
) -> tuple[Reading | None, Row | None]:
    """The first reading of a printed number that the summary has, with its row."""
    place, visit, estimand = place_of(number)
    # Only correlations of scores have two outcomes.
    outcome = number.variable.split("~")[0] if number.statistic == CORRELATION else _ANY
    for reading in readings_of(number, analysis):
        term = number.variable if reading == RESPONSE else place
        found = quantities.get((reading.estimand or estimand, outcome, term, visit))
        if found is not None:
            return reading, found
    return None, None


def _other_patients(found: Row, reading: Reading, number: PublishedNumber) -> str:
    """What to say where a share was printed for other patients than the model's."""
    n = number.n or number.n_inferred
    if reading != RESPONSE or n is None or n == found["n"]:
        return ""
    return f"printed for {n} patients, the model has {found['n']:.0f}"


def _read(
    found: Row, reading: Reading, number: PublishedNumber, scale: float = 1.0
) -> dict[str, object]:
    """The posterior's version of a printed number, in the unit of the print: `scale` times it."""
    if found["unit"] == "share":  # 0 to 1, where the print has percent or a count of n
        scale = float(found["n"]) if number.statistic == "count" else 100.0
    tail = reading.column == TAIL
    value = 2 * (1 - found["prob_direction"]) if tail else scale * found[reading.column]
    return {
        "bayes": float(value),
        "bayes_low": float(scale * found["ci_low"]) if reading.interval else np.nan,
        "bayes_high": float(scale * found["ci_high"]) if reading.interval else np.nan,
        # A bound such as "< 0.001" is not a value to differ from.
        "difference": np.nan if number.bound else float(value) - number.numeric,
        "same_quantity": reading.same,
    }


def _doubt(number: PublishedNumber) -> str:
    """What a reader must know of the print: a suspicion, a bound, a predictor that is none."""
    bound = f"printed as a bound: {number.value}" if number.bound else ""
    return _join(number.note if number.status else "", bound, timing(place_of(number)[0]))


def _join(*notes: str) -> str:
    return "; ".join(note for note in notes if note)
