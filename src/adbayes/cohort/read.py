"""Read a user's data: a patient file in the vocabulary, or a plain table of their own.

A table with the columns `patient` and `visit` is a patient file: it is checked against the vocabulary,
its codes are understood, and the derived columns are added. Any other table is taken as it is.
"""

import csv
import io
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from adbayes.cohort.cohort import Cohort, Evidence
from adbayes.cohort.derive import derive, is_derived
from adbayes.cohort.outcomes import OUTCOMES, PATIENT_COLUMNS
from adbayes.cohort.table import Table, cell, nearest, number, show
from adbayes.cohort.validate import patient_frame
from adbayes.errors import DataError

_WIDE = re.compile(rf"(?:{'|'.join(OUTCOMES)})_w[0-9]+")


def read_patients(path: str | os.PathLike[str], columns: Mapping[str, str] | None = None) -> Cohort:
    """Read a file of patients, or a plain table.

    Parameters
    ----------
    path : str or path
        A CSV file: UTF-8, separated by commas, a header line. Long layout: one row per patient and
        visit.
    columns : mapping of str to str, optional
        New names for columns of the file: ``{"easi": "EASI_TOTAL"}``.

    Returns
    -------
    Cohort
        With evidence "patients". A file with `patient` and `visit` is `clinical`: `visit` in weeks
        (names such as "Week 16" are mapped), patient-level values on every row, derived columns
        added, sorted by patient and visit. Otherwise the table as it is, columns numeric where all
        their cells are numbers. `messages` says what was mapped, replaced or left out.

    Raises
    ------
    DataError
        One sentence that names file, column, rows and remedy, for anything that cannot be used.
    """
    file = Path(path)
    table, notes = _read(file)
    return _cohort(table.renamed(dict(columns or {})), None, notes=notes)


def cohort_from_frame(
    frame: pd.DataFrame,
    label: str | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    source: str = "data frame",
    evidence: Evidence = "patients",
    index: int | None = None,
) -> Cohort:
    """Use a data frame like a file.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table, as `read_patients` describes; its index is ignored.
    label : str, optional
        One sentence that says what the patients are.
    columns : mapping of str to str, optional
        New names for columns: ``{"easi": "EASI_TOTAL"}``.
    source : str, optional
        What to call the table in messages.
    evidence : {"patients", "reconstructed", "simulated"}, optional
        Kind of evidence.
    index : int, optional
        Number among several cohorts of one kind.

    Returns
    -------
    Cohort
        As `read_patients`; the columns of a plain table keep their types.

    Raises
    ------
    DataError
        As `read_patients`; rows are counted from 1.
    """
    names = [str(name) for name in frame.columns]
    _check_names(names, source)
    if frame.empty:
        raise DataError(f"{source}: the table has no rows, at least one is needed")
    cells = {name: [cell(x) for x in frame.iloc[:, i].tolist()] for i, name in enumerate(names)}
    table = Table(source, cells, tuple(range(1, len(frame) + 1)), "row")
    table = table.renamed(dict(columns or {}))
    plain = frame.set_axis(list(table.columns), axis=1).reset_index(drop=True)
    return _cohort(table, label, evidence=evidence, index=index, plain=plain)


def _cohort(
    table: Table,
    label: str | None,
    *,
    evidence: Evidence = "patients",
    index: int | None = None,
    plain: pd.DataFrame | None = None,
    notes: tuple[str, ...] = (),
) -> Cohort:
    messages = list(notes)
    clinical = {"patient", "visit"} <= set(table.columns)
    if clinical:
        replaced = [name for name in table.columns if is_derived(name)]
        if replaced:
            names = ", ".join(replaced)
            messages.append(f"{table.name}: computed here, not read from the file: {names}")
        messages += _near_names(table)
        raw, found = patient_frame(table)
        messages += found
        frame = derive(raw)
    else:
        messages += _why_plain(table)
        frame = _plain(table) if plain is None else plain
    what = "patients" if clinical else "rows"
    return Cohort(
        frame=frame,
        evidence=evidence,
        label=label or f"{what} of {table.name} (the user's own data)",
        source=table.name,
        index=index,
        clinical=clinical,
        messages=tuple(messages),
    )


def _why_plain(table: Table) -> list[str]:
    """Refuse what is plainly a patient file that lacks something; explain what merely looks like one."""
    names = list(table.columns)
    wide = [name for name in names if _WIDE.fullmatch(name)]
    if "patient" in names and wide:
        raise DataError(
            f"{table.name}: wide layout ({', '.join(wide[:5])}) is not read today; "
            "reshape to one row per patient and visit, with the columns patient and visit"
        )
    measured = [name for name in names if name in OUTCOMES]
    for missing, other in (("visit", "patient"), ("patient", "visit")):
        if other not in names or not measured:
            continue
        cells = table.columns[other]
        if other == "patient" and len(set(cells)) == len(cells):
            continue  # one row a patient: a table of patients, not of visits
        raise DataError(
            f"{table.name}: column {missing} is missing beside {other} and {', '.join(measured)}"
            f"{nearest(missing, names)}; a patient file has one row per patient and visit; "
            f"add the column, or name it with columns={{'{missing}': '...'}}"
        )
    near = [name for name in names if name.casefold() in ("patient", "visit")]
    if not near and not measured:
        return []
    return [
        f"{table.name}: read as a plain table, nothing checked or derived; a patient file has the "
        "columns patient and visit (columns={'patient': '...', 'visit': '...'} names them)"
    ]


def _near_names(table: Table) -> list[str]:
    """Point to columns that differ from a name of the vocabulary by capitals only."""
    known = {*OUTCOMES, *PATIENT_COLUMNS, "sex"}
    return [
        f"{table.name}: column {name} is kept as it is; columns={{'{name.lower()}': '{name}'}} reads it "
        f"as {name.lower()}"
        for name in table.columns
        if name not in known and name.lower() in known and name.lower() not in table.columns
    ]


def _plain(table: Table) -> pd.DataFrame:
    """Columns numeric where every cell is a number: whole numbers without gaps stay whole."""
    result: dict[str, list[int] | list[float] | list[str | None]] = {}
    for name, cells in table.columns.items():
        numbers = [value for value in map(number, cells) if value is not None]
        if len(numbers) < len(cells):
            result[name] = [None if value is None else show(value) for value in cells]
        elif all(re.fullmatch(r"[+-]?[0-9]{1,15}", str(value)) for value in cells):
            result[name] = [int(value) for value in numbers]
        else:
            result[name] = numbers
    return pd.DataFrame(result)


def _check_names(names: list[str], source: str) -> None:
    unnamed = [i for i, name in enumerate(names, start=1) if not name.strip()]
    if unnamed:
        raise DataError(
            f"{source}: column {', '.join(map(str, unnamed))} (counted from the left) has no name in "
            "the header; name or delete it"
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(
            f"{source}: column {', '.join(twice)} occurs more than once in the header; "
            "a name may stand for one column; rename or delete the others"
        )


def _read(file: Path) -> tuple[Table, tuple[str, ...]]:
    reader = _READERS.get(file.suffix.lower())
    if reader is None:
        found = f"the suffix {file.suffix!r}" if file.suffix else "no suffix"
        allowed = ", ".join(suffix.removeprefix(".") for suffix in _READERS)
        raise DataError(
            f"{file.name}: {found} is not read; {allowed} is what is read today; save the table as that"
        )
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{file}: no such file; check the path") from None
    except IsADirectoryError:
        raise DataError(f"{file}: is a folder, not a file; name the file in it") from None
    except OSError as error:
        raise DataError(
            f"{file}: cannot be read ({error.strerror}); check its permissions"
        ) from None
    return reader(file.name, content)


def _read_csv(name: str, content: bytes) -> tuple[Table, tuple[str, ...]]:
    if content.startswith(b"PK\x03\x04"):
        raise DataError(
            f"{name}: is a workbook or archive, not the csv its suffix says; save the sheet as csv"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{name}: line {line} has the byte 0x{content[error.start]:02x}, which is not UTF-8 text; "
            "save the file as csv in UTF-8"
        ) from None
    if "\0" in text:
        raise DataError(f"{name}: is not text (it has zero bytes); save the file as csv in UTF-8")
    lines, records = _records(name, text)
    if not records:
        raise DataError(f"{name}: the file is empty; a header line and rows are needed")
    header = [field.strip() for field in records[0]]
    wrong = [sign for sign in (";", "\t", "|") if len(header) == 1 and sign in header[0]]
    if wrong:
        sign = "tab" if wrong[0] == "\t" else wrong[0]
        raise DataError(
            f"{name}: the header is one column separated by {sign!r}; separate columns by commas"
        )
    notes: tuple[str, ...] = ()
    if header[0] == "" and len(header) > 1:  # the row names that R and pandas write first
        notes = (f"{name}: the first column has no name (row names) and is left out",)
    ragged = [i for i, record in enumerate(records) if len(record) != len(header)]
    if ragged:
        found = ", ".join(f"line {lines[i]}: {len(records[i])}" for i in ragged[:5])
        more = f", and {len(ragged) - 5} more" if len(ragged) > 5 else ""
        raise DataError(
            f"{name}: {len(ragged)} rows do not have the {len(header)} cells of the header ({found}{more}); "
            "every row needs as many; quote cells that hold a comma"
        )
    first = 1 if notes else 0
    _check_names(header[first:], name)
    if len(records) == 1:
        raise DataError(f"{name}: a header but no rows; at least one row is needed")
    cells = {
        title: [cell(record[i]) for record in records[1:]]
        for i, title in enumerate(header)
        if i >= first
    }
    return Table(name, cells, tuple(lines[1:]), "line"), notes


def _records(name: str, text: str) -> tuple[list[int], list[list[str]]]:
    """The records of the text, blank lines left out, and the line each begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines: list[int] = []
    records: list[list[str]] = []
    start = 1
    try:
        for record in reader:
            if any(field.strip() for field in record) or len(record) > 1:
                lines.append(start)
                records.append(record)
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{name}: line {start} is not csv ({error}); check its quotation marks"
        ) from None
    return lines, records


_READERS: dict[str, Callable[[str, bytes], tuple[Table, tuple[str, ...]]]] = {".csv": _read_csv}
