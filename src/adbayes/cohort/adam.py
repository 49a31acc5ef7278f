"""The CDISC ADaM basic data structure: one row a patient, parameter and visit.

USUBJID, PARAMCD, AVISIT or AVISITN, and AVAL are read. BASE, CHG and PCHG are computed anew: the
sign of PCHG is the other one there (a fall is negative).
"""

from collections.abc import Mapping
from dataclasses import replace

from adbayes.cohort.codes import weeks
from adbayes.cohort.outcomes import OUTCOMES, PATIENT_COLUMNS
from adbayes.cohort.table import Cell, Table, listed, number, show
from adbayes.errors import DataError

_COMPUTED = ("base", "chg", "pchg")
_READ = {
    "usubjid",
    "patient",
    "paramcd",
    "avisit",
    "avisitn",
    "visit",
    "aval",
    "anl01fl",
    *_COMPUTED,
}


def is_adam(table: Table) -> bool:
    """Whether a table has the columns of the basic data structure.

    Parameters
    ----------
    table : Table
        The table.

    Returns
    -------
    bool
        True with PARAMCD, AVAL and USUBJID (or `patient`), in any capitals.
    """
    names = {title.lower() for title in table.columns}
    return {"paramcd", "aval"} <= names and bool({"usubjid", "patient"} & names)


def split_codes(table: Table, columns: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Tell new names of columns from new names of parameters.

    Parameters
    ----------
    table : Table
        A table for which `is_adam` holds.
    columns : mapping of str to str
        New name to a column of the file or to a code in PARAMCD.

    Returns
    -------
    tuple of dict
        Those of columns, and those of parameters.
    """
    codes = {show(code) for code in table.columns[_titles(table)["paramcd"]]}
    of_codes = {
        new: old
        for new, old in columns.items()
        if new in OUTCOMES and old in codes and old not in table.columns
    }
    return {new: old for new, old in columns.items() if new not in of_codes}, of_codes


def long_from_adam(table: Table, codes: Mapping[str, str]) -> Table:
    """Turn one row a parameter into one row a patient and visit.

    Parameters
    ----------
    table : Table
        A table for which `is_adam` holds.
    codes : mapping of str to str
        Outcome to its code in PARAMCD, where that is not the outcome's own name.

    Returns
    -------
    Table
        Every patient at every week that occurs. With ANL01FL only the rows flagged Y. Columns that
        vary within a patient are left out; everything left out is noted.

    Raises
    ------
    DataError
        For no known parameter, no visits, or two rows of one patient, parameter and visit.
    """
    title = _titles(table)
    patients = table.columns[title.get("patient", title.get("usubjid", ""))]
    rows, notes = _analysed(table, title)
    names, rows, found = _parameters(table, title["paramcd"], rows, codes)
    notes += found
    week, found = _weeks(table, title, rows)
    notes += found
    at: dict[tuple[Cell, int, str], int] = {}
    for i in rows:
        key = patients[i], week[i], names[i]
        if key in at:
            raise DataError(
                f"{table.name}, columns {title['paramcd']} and visit: patient {show(key[0])} has 2 rows of "
                f"{key[2]} for week {key[1]} ({table.at([at[key], i])}); one is allowed; keep one of them, "
                "or flag it with ANL01FL"
            )
        at[key] = i
    every = sorted(set(week.values()))
    keys = [(patient, w) for patient in dict.fromkeys(patients[i] for i in rows) for w in every]
    first = {patients[i]: i for i in reversed(rows)}
    source = [
        next((at[patient, w, name] for name in OUTCOMES if (patient, w, name) in at), None)
        for patient, w in keys
    ]
    columns: dict[str, list[Cell]] = {
        "patient": [patient for patient, _ in keys],
        "visit": [float(w) for _, w in keys],
    }
    places: dict[str, list[str]] = {}
    aval = table.columns[title["aval"]]
    for name in (name for name in OUTCOMES if name in set(names.values())):
        where = [at.get((patient, w, name)) for patient, w in keys]
        columns[name] = [None if i is None else aval[i] for i in where]
        places[name] = [
            "" if i is None else f"{table.row_word} {table.rows[i]}, {title['aval']}" for i in where
        ]
    absent = sum(i is None for i in source)
    if absent:
        notes.append(f"{absent} visits of patients without a row are missing visits")
    kept, left = _constant(table, patients, rows)
    for other, value in kept.items():
        once = _is_ours(other)  # so that a fault of a characteristic is told once
        columns[other] = [
            value[patient] if not once or w == every[0] else None for patient, w in keys
        ]
    if left:
        notes.append(
            f"columns left out, not one value a patient or named like a parameter: {listed(left)}"
        )
    notes += _bases(table, title, columns, patients, names, rows)
    lines = tuple(
        table.rows[first[key[0]] if i is None else i] for key, i in zip(keys, source, strict=True)
    )
    return replace(table, columns=columns, rows=lines, places=places, typed=None).noted(*notes)


def _titles(table: Table) -> dict[str, str]:
    return {title.lower(): title for title in table.columns}


def _analysed(table: Table, title: dict[str, str]) -> tuple[list[int], list[str]]:
    every = list(range(len(table.rows)))
    if "anl01fl" not in title:
        return every, []
    flags = table.columns[title["anl01fl"]]
    rows = [i for i in every if show(flags[i]).upper() == "Y"]
    if not rows:
        raise DataError(
            f"{table.name}, column {title['anl01fl']}: no row is flagged Y; flag the rows to analyse, or "
            "leave the column out"
        )
    out = len(every) - len(rows)
    return rows, [f"{out} rows without ANL01FL = Y left out"] if out else []


def _parameters(
    table: Table, paramcd: str, rows: list[int], codes: Mapping[str, str]
) -> tuple[dict[int, str], list[int], list[str]]:
    known = {name.upper(): name for name in OUTCOMES if name not in codes}
    known |= {code.upper(): name for name, code in codes.items()}
    read: dict[int, str] = {}
    left: dict[str, int] = {}
    for i in rows:
        code = show(table.columns[paramcd][i])
        if code.upper() in known:
            read[i] = known[code.upper()]
        else:
            left[code] = left.get(code, 0) + 1
    if not read:
        raise DataError(
            f"{table.name}, column {paramcd}: no parameter is known (found {listed(left)}); known are "
            f"{', '.join(name.upper() for name in OUTCOMES)}; name one with columns={{'easi': 'ITS_CODE'}}"
        )
    pairs = {read[i]: show(table.columns[paramcd][i]) for i in read}
    shown = ", ".join(f"{code} = {name}" for name, code in pairs.items())
    notes = [f"CDISC ADaM layout, parameters read: {shown}; BASE, CHG and PCHG are computed here"]
    if left:
        shown = listed(f"{code} ({n} rows)" for code, n in left.items())
        notes.append(f"parameters left out: {shown}")
    return read, list(read), notes


def _weeks(
    table: Table, title: dict[str, str], rows: list[int]
) -> tuple[dict[int, int], list[str]]:
    """AVISIT where there is one, since AVISITN may number visits in any way."""
    name = next((title[n] for n in ("visit", "avisit", "avisitn") if n in title), None)
    if name is None:
        raise DataError(
            f"{table.name}: columns AVISIT and AVISITN are missing; one of them is needed; add it, or name "
            "the column of weeks with columns={'visit': '...'}"
        )
    used = replace(
        table,
        columns={name: [table.columns[name][i] for i in rows]},
        rows=tuple(table.rows[i] for i in rows),
    )
    try:
        read, mapping = weeks(used, name)
    except DataError as error:
        if name.lower() == "avisit" and "avisitn" in title:
            raise DataError(
                f"{error}, or say that AVISITN holds weeks: columns={{'visit': '{title['avisitn']}'}}"
            ) from None
        raise
    notes = [note.removeprefix(f"{table.name}: ") for note in mapping]
    if name.lower() == "avisitn":
        notes.append(f"{name} read as weeks: {', '.join(map(str, sorted(set(read))[:5]))}")
    return dict(zip(rows, read, strict=True)), notes


def _is_ours(title: str) -> bool:
    return title.lower() in PATIENT_COLUMNS or title.lower() == "sex"


def _constant(
    table: Table, patients: list[Cell], rows: list[int]
) -> tuple[dict[str, dict[Cell, Cell]], list[str]]:
    """The other columns that are one value a patient, with the values; and those that vary."""
    kept: dict[str, dict[Cell, Cell]] = {}
    left: list[str] = []
    for title, cells in table.columns.items():
        if title.lower() in _READ:
            continue
        first: dict[Cell, int] = {}
        changed = [
            i
            for i in rows
            if cells[i] is not None and cells[first.setdefault(patients[i], i)] != cells[i]
        ]
        if changed and _is_ours(title):
            i = changed[0]
            raise DataError(
                f"{table.name}, column {title}: patient {show(patients[i])} changes between rows "
                f"({table.at([first[patients[i]], i], title)}); one value a patient is allowed; correct it"
            )
        if changed or title.lower() in OUTCOMES:  # a name that a parameter has taken
            left.append(title)
        else:
            kept[title] = {
                patient: cells[first[patient]] if patient in first else None for patient in patients
            }
    return kept, left


def _bases(
    table: Table,
    title: dict[str, str],
    columns: dict[str, list[Cell]],
    patients: list[Cell],
    names: dict[int, str],
    rows: list[int],
) -> list[str]:
    """Say where BASE is not the value at week 0, which is used in its place."""
    if "base" not in title:
        return []
    week0 = {
        (patient, name): number(columns[name][k])
        for k, (patient, week) in enumerate(zip(columns["patient"], columns["visit"], strict=True))
        if week == 0
        for name in OUTCOMES
        if name in columns
    }
    base = table.columns[title["base"]]
    differ = [
        i
        for i in rows
        if (x := number(base[i])) is not None
        and x == x
        and (y := week0.get((patients[i], names[i]))) is not None
        and not abs(x - y) < 1e-6
    ]
    if not differ:
        return []
    return [
        f"BASE differs from AVAL at week 0 in {len(differ)} rows ({table.at(differ, title['base'])}); the "
        "value at week 0 is used"
    ]
