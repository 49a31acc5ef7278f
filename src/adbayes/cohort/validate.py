"""What a patient file must satisfy, check by check; each refusal is one sentence with its remedy."""

import math

import numpy as np
import pandas as pd

from adbayes.cohort.codes import binary, weeks
from adbayes.cohort.outcomes import OUTCOMES, PATIENT_COLUMNS, Outcome
from adbayes.cohort.table import Table, number, show
from adbayes.errors import DataError


def patient_frame(table: Table) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Check a patient table and turn its cells into values.

    Parameters
    ----------
    table : Table
        With the columns `patient` and `visit`.

    Returns
    -------
    tuple
        The frame, sorted by patient and visit: `patient` (str), `visit` (int, weeks), the
        vocabulary's columns as floats with patient-level values on every row, other columns as
        floats if all their cells are numbers and as text otherwise; and messages.

    Raises
    ------
    DataError
        For a value outside its range or off its grid, text in a number column, an unknown code, a
        patient-level value that changes, a duplicated patient-visit, no baseline, or fewer than
        two patients.
    """
    messages: list[str] = []
    patients = _patients(table)
    visits, notes = weeks(table)
    messages += notes
    _check_pairs(table, patients, visits)
    if "sex" in table.columns and "female" in table.columns:
        raise DataError(
            f"{table.name}: columns sex and female say the same; leave one of them out of the file"
        )
    values: dict[str, list[float] | list[str | None]] = {}
    for name, cells in table.columns.items():
        if name in ("patient", "visit"):
            continue
        if name in OUTCOMES:
            values[name] = _outcome(table, OUTCOMES[name])
        elif name == "sex" or name in PATIENT_COLUMNS:
            target = "female" if name == "sex" else name
            column, notes = _characteristic(table, name)
            messages += notes
            values[target] = _constant(table, name, column, patients)
        else:
            numbers = [number(cell) for cell in cells]
            if all(value is not None for value in numbers):
                values[name] = [value for value in numbers if value is not None]
            else:
                values[name] = [None if cell is None else show(cell) for cell in cells]
    frame = pd.DataFrame({"patient": patients, "visit": np.array(visits, dtype=int), **values})
    order = sorted(range(len(frame)), key=lambda i: (_natural(patients, i), visits[i]))
    return frame.iloc[order].reset_index(drop=True), tuple(messages)


def _patients(table: Table) -> list[str]:
    cells = table.columns["patient"]
    empty = [i for i, cell in enumerate(cells) if cell is None]
    if empty:
        raise table.refusal(
            "patient",
            empty,
            "missing",
            "every row needs a patient; fill them in or delete the rows",
        )
    patients = [show(cell) for cell in cells]
    if len(set(patients)) < 2:
        raise DataError(
            f"{table.name}, column patient: 1 patient ({patients[0]}) in {len(patients)} rows, at least 2 are "
            "needed; add patients, or correct the column if it is not the patient's identifier"
        )
    return patients


def _check_pairs(table: Table, patients: list[str], visits: list[int]) -> None:
    rows: dict[tuple[str, int], list[int]] = {}
    for i, pair in enumerate(zip(patients, visits, strict=True)):
        rows.setdefault(pair, []).append(i)
    twice = {pair: where for pair, where in rows.items() if len(where) > 1}
    if twice:
        (patient, visit), where = next(iter(twice.items()))
        others = f", and {len(twice) - 1} more" if len(twice) > 1 else ""
        raise DataError(
            f"{table.name}, columns patient and visit: patient {patient} has {len(where)} rows for week {visit} "
            f"({table.at(where)}){others}; one row a patient and visit is allowed; keep one of them"
        )
    if 0 not in visits:
        found = ", ".join(map(str, sorted(set(visits))[:5]))
        raise DataError(
            f"{table.name}, column visit: no baseline, the weeks found are {found}; a patient file needs "
            "visit 0 (weeks since the first dose); add the baseline rows or recode visit"
        )


def _outcome(table: Table, outcome: Outcome) -> list[float]:
    name = outcome.name
    if outcome.high is None:
        allowed = f"{outcome.label} is a number above {outcome.low:g}"
    else:
        allowed = (
            f"{outcome.label} is {outcome.low:g} to {outcome.high:g} in steps of {outcome.step:g}"
        )
    values = table.numbers(name, allowed)
    high = math.inf if outcome.high is None else outcome.high
    lab = outcome.kind == "lab"
    outside = [
        i
        for i, x in enumerate(values)
        if x == x and (x < outcome.low or x > high or (lab and x == outcome.low))
    ]
    if outside:
        raise table.refusal(
            name, outside, "out of range", f"{allowed}; correct them or leave the cells empty"
        )
    if outcome.step is None:
        return values
    scale = round(1 / outcome.step)
    # a float computed elsewhere may miss its tenth by rounding error, which is not a value off the grid
    off = [i for i, x in enumerate(values) if x == x and abs(x * scale - round(x * scale)) > 1e-6]
    if off:
        raise table.refusal(
            name,
            off,
            "between the steps",
            f"{allowed}; correct or round them, or leave the cells empty",
        )
    return [round(x * scale) / scale if x == x else x for x in values]


def _characteristic(table: Table, name: str) -> tuple[list[float], tuple[str, ...]]:
    if name == "sex" or PATIENT_COLUMNS[name].kind == "binary":
        return binary(table, name)
    column = PATIENT_COLUMNS[name]
    allowed = f"{name} is {column.low:g} to {column.high:g} {column.unit}"
    values = table.numbers(name, allowed)
    outside = [i for i, x in enumerate(values) if x == x and not column.low <= x <= column.high]
    if outside:
        raise table.refusal(
            name, outside, "out of range", f"{allowed}; correct them or leave the cells empty"
        )
    return values, ()


def _constant(table: Table, name: str, values: list[float], patients: list[str]) -> list[float]:
    """The one value of each patient, on all rows of the patient."""
    first: dict[str, int] = {}
    changed: dict[str, int] = {}
    for i, (patient, value) in enumerate(zip(patients, values, strict=True)):
        if value == value and values[first.setdefault(patient, i)] != value:
            changed.setdefault(patient, i)
    if changed:
        patient, i = next(iter(changed.items()))
        others = f", and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise DataError(
            f"{table.name}, column {name}: patient {patient} changes between rows "
            f"({table.at([first[patient], i], name)}){others}; one value a patient is allowed, "
            "on the first row or on every row; correct it"
        )
    return [values[first[patient]] if patient in first else math.nan for patient in patients]


def _natural(patients: list[str], i: int) -> tuple[int, int, str]:
    """Numbers by size before names by alphabet, so that 10 follows 9."""
    name = patients[i]
    return (0, int(name), name) if name.isascii() and name.isdigit() else (1, 0, name)
