"""From the cells of a patient table to its values; each refusal is one sentence with its remedy."""

import numpy as np
import pandas as pd

from adbayes.cohort.codes import binary, weeks
from adbayes.cohort.outcomes import OUTCOMES, PATIENT_COLUMNS, SYNTHETIC
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
    if "sex" in table.columns and "female" in table.columns:
        raise DataError(
            f"{table.name}: columns sex and female say the same; leave one of them out of the file"
        )
    patients = _patients(table)
    visits, notes = weeks(table)
    messages = list(notes)
    values: dict[str, list[float] | list[str | None]] = {}
    sources: dict[str, str] = {}
    for name in (name for name in table.columns if name not in ("patient", "visit")):
        target = "female" if name == "sex" else name
        sources[target] = name
        values[target], notes = _column(table, name)
        messages += notes
    frame = pd.DataFrame({"patient": patients, "visit": np.array(visits, dtype=int), **values})
    _validate(table, frame, sources)
    for name in (name for name in frame.columns if name in PATIENT_COLUMNS):
        frame[name] = frame.groupby("patient")[name].transform("first")
    for name, outcome in OUTCOMES.items():
        if name in frame.columns and outcome.step is not None:
            scale = round(1 / outcome.step)
            frame[name] = (frame[name] * scale).round() / scale
    order = sorted(range(len(frame)), key=lambda i: (_natural(patients[i]), visits[i]))
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
    return [show(cell) for cell in cells]


def _column(table: Table, name: str) -> tuple[list[float] | list[str | None], tuple[str, ...]]:
    from adbayes.cohort.schema import allowed

    coded = name in PATIENT_COLUMNS and PATIENT_COLUMNS[name].kind == "binary"
    if coded or name in ("sex", SYNTHETIC):
        return binary(table, name)
    if name in OUTCOMES or name in PATIENT_COLUMNS:
        return table.numbers(name, allowed(name)), ()
    cells = table.columns[name]
    numbers = [number(cell) for cell in cells]
    if all(value is not None for value in numbers):
        return [value for value in numbers if value is not None], ()
    return [None if cell is None else show(cell) for cell in cells], ()


def _validate(table: Table, frame: pd.DataFrame, sources: dict[str, str]) -> None:
    """Hold the values to the schema; the first fault becomes the sentence."""
    from pandera.errors import SchemaError

    from adbayes.cohort.schema import long_schema

    schema = long_schema(frame.columns)
    try:
        schema.validate(frame)
    except SchemaError as error:
        check = error.check
        cases = error.failure_cases  # a table of cells, or False where the whole table is at fault
        positions = list(cases["index"]) if isinstance(cases, pd.DataFrame) else []
        if check.title is not None:
            column = str(error.schema.name)
            raise table.refusal(column, positions, check.title, check.description) from None
        raise _sentence(table, frame, str(check.name), sorted(set(positions)), sources) from None


def _sentence(
    table: Table, frame: pd.DataFrame, check: str, positions: list[int], sources: dict[str, str]
) -> DataError:
    """Word what is wrong with more than one cell at a time."""
    patients = frame["patient"]
    if check == "patients":
        return DataError(
            f"{table.name}, column patient: 1 patient ({patients[0]}) in {len(patients)} rows, at least 2 are "
            "needed; add patients, or correct the column if it is not the patient's identifier"
        )
    if check == "baseline":
        found = ", ".join(map(str, sorted(frame["visit"].unique())[:5]))
        return DataError(
            f"{table.name}, column visit: no baseline, the weeks found are {found}; a patient file needs "
            "visit 0 (weeks since the first dose); add the baseline rows or recode visit"
        )
    at_fault = frame.iloc[positions]
    if check == "pairs":
        patient, visit = at_fault[["patient", "visit"]].iloc[0]
        same = (at_fault["patient"] == patient) & (at_fault["visit"] == visit)
        where = list(at_fault.index[same])
        others = _others(len(at_fault[["patient", "visit"]].drop_duplicates()))
        return DataError(
            f"{table.name}, columns patient and visit: patient {patient} has {len(where)} rows for week {visit} "
            f"({table.at(where)}){others}; one row a patient and visit is allowed; keep one of them"
        )
    name = check.removeprefix("changes ")
    patient = at_fault["patient"].iloc[0]
    first = frame.index[(patients == patient) & frame[name].notna()][0]
    source = sources[name]
    return DataError(
        f"{table.name}, column {source}: patient {patient} changes between rows "
        f"({table.at([first, positions[0]], source)}){_others(at_fault['patient'].nunique())}; one value a "
        "patient is allowed, on the first row or on every row; correct it"
    )


def _others(count: int) -> str:
    return f", and {count - 1} more" if count > 1 else ""


def _natural(name: str) -> tuple[int, int, str]:
    """Numbers by size before names by alphabet, so that 10 follows 9."""
    whole = name.isascii() and name.isdigit() and len(name) <= 18
    return (0, int(name), name) if whole else (1, 0, name)
