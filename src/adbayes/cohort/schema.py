"""The schema of a long patient table, declared in pandera from the vocabulary of outcomes.

A check's title completes "3 values ...", its description says what is allowed and what to do;
`adbayes.cohort.validate` words the sentence.
"""

import math
from collections.abc import Callable, Iterable

import pandas as pd
import pandera.pandas as pa

from adbayes.cohort.outcomes import OUTCOMES, PATIENT_COLUMNS, Outcome, PatientColumn

_GRID = 1e-6
"""Steps; a float computed elsewhere may miss its step by rounding error and still be on the grid."""


def long_schema(names: Iterable[str]) -> pa.DataFrameSchema:
    """Declare the schema of a table with these columns.

    Parameters
    ----------
    names : iterable of str
        The table's columns; those outside the vocabulary are not checked.

    Returns
    -------
    pandera.pandas.DataFrameSchema
        `patient` (text) and `visit` (weeks, from 0), a pair of them once; outcomes in range and on
        their grid; patient-level columns in range and one value a patient; a baseline; two patients.
    """
    columns = {
        "patient": pa.Column(str),
        "visit": pa.Column(int, pa.Check.ge(0)),
    }
    checks = [
        pa.Check(_two_patients, name="patients"),
        pa.Check(lambda frame: ~frame.duplicated(["patient", "visit"], keep=False), name="pairs"),
        pa.Check(lambda frame: bool((frame["visit"] == 0).any()), name="baseline"),
    ]
    for name in names:
        if name in OUTCOMES:
            columns[name] = pa.Column(float, _outcome_checks(OUTCOMES[name]), nullable=True)
        elif name in PATIENT_COLUMNS:
            column = PATIENT_COLUMNS[name]
            columns[name] = pa.Column(float, _range_check(column), nullable=True)
            checks.append(pa.Check(_unchanged(name), name=f"changes {name}"))
    return pa.DataFrameSchema(columns, checks=checks)


def allowed(name: str) -> str:
    """Say which values a column may have.

    Parameters
    ----------
    name : str
        A column of the vocabulary.

    Returns
    -------
    str
        For example "EASI is 0 to 72 in steps of 0.1".
    """
    if name in OUTCOMES:
        one = OUTCOMES[name]
        if one.high is None:
            return f"{one.label} is a number above {one.low:g}"
        return f"{one.label} is {one.low:g} to {one.high:g} in steps of {one.step:g}"
    column = PATIENT_COLUMNS[name]
    return f"{name} is {column.low:g} to {column.high:g} {column.unit}".rstrip()


def _outcome_checks(outcome: Outcome) -> list[pa.Check]:
    high = math.inf if outcome.high is None else outcome.high
    checks = [
        pa.Check.in_range(
            outcome.low,
            high,
            include_min=outcome.kind == "score",
            name="range",
            title="out of range",
            description=f"{allowed(outcome.name)}; correct them or leave the cells empty",
        )
    ]
    if outcome.step is not None:
        scale = round(1 / outcome.step)
        checks.append(
            pa.Check(
                lambda x: (x * scale - (x * scale).round()).abs() <= _GRID,
                name="grid",
                title="between the steps",
                description=f"{allowed(outcome.name)}; correct or round them, or leave the cells empty",
            )
        )
    return checks


def _range_check(column: PatientColumn) -> pa.Check:
    return pa.Check.in_range(
        column.low,
        column.high,
        name="range",
        title="out of range",
        description=f"{allowed(column.name)}; correct them or leave the cells empty",
    )


def _two_patients(frame: pd.DataFrame) -> bool:
    return bool(frame["patient"].nunique() >= 2)


def _unchanged(name: str) -> "Callable[[pd.DataFrame], pd.Series[bool]]":
    """One value a patient, wherever there is one."""

    def check(frame: pd.DataFrame) -> "pd.Series[bool]":
        first = frame.groupby("patient")[name].transform("first")
        return frame[name].isna() | (frame[name] == first)

    return check
