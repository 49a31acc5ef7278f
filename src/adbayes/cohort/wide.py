"""The wide layout: one row a patient, one column an outcome and week (`easi_w0`, `easi_w16`)."""

import re
from collections.abc import Mapping
from dataclasses import replace

from adbayes.cohort.derive import is_derived
from adbayes.cohort.outcomes import OUTCOMES, PATIENT_COLUMNS
from adbayes.cohort.table import Cell, Table, listed
from adbayes.errors import DataError

_WIDE = re.compile(rf"({'|'.join(OUTCOMES)})_w([0-9]{{1,4}})", re.IGNORECASE)
_WEEK = re.compile(r"(.+)_w[0-9]{1,4}", re.IGNORECASE)


def is_wide_name(name: str) -> bool:
    """Whether a column holds an outcome at one week.

    Parameters
    ----------
    name : str
        A column name.

    Returns
    -------
    bool
        True for names such as `easi_w16`, in any capitals.
    """
    return _WIDE.fullmatch(name) is not None


def renamed_stems(table: Table, columns: Mapping[str, str]) -> tuple[Table, dict[str, str]]:
    """Give the columns of one outcome the name of the vocabulary.

    Parameters
    ----------
    table : Table
        The table.
    columns : mapping of str to str
        New name to the name in the file; ``{"easi": "SCORE"}`` names `SCORE_w0` and `SCORE_w16`.

    Returns
    -------
    tuple
        The table, and what of `columns` did not name such columns.

    Raises
    ------
    DataError
        Where the new name is taken.
    """
    rest: dict[str, str] = {}
    for new, old in columns.items():
        weeks = {
            title: f"{new}{title[len(old) :]}"
            for title in table.columns
            if (match := _WEEK.fullmatch(title)) and match[1] == old
        }
        if old in table.columns or new not in OUTCOMES or not weeks:
            rest[new] = old
        else:
            table = table.renamed({target: title for title, target in weeks.items()})
    return table, rest


def long_from_wide(table: Table) -> Table:
    """Turn one row a patient into one row a patient and visit.

    Parameters
    ----------
    table : Table
        With the column `patient`, and columns such as `easi_w16`.

    Returns
    -------
    Table
        Every patient at every week that occurs; a patient's characteristics on the first row, other
        columns on every row; what is derived (`easi_change_w16`) left out and noted.

    Raises
    ------
    DataError
        For two columns of one outcome and week.
    """
    at: dict[tuple[str, int], str] = {}
    derived = []
    others = []
    for title in table.columns:
        match, week = _WIDE.fullmatch(title), _WEEK.fullmatch(title)
        if match:
            key = match[1].lower(), int(match[2])
            if key in at:
                raise DataError(
                    f"{table.name}: columns {at[key]} and {title} are one outcome and week; keep one"
                )
            at[key] = title
        elif week and is_derived(week[1]):
            derived.append(title)
        elif title != "patient":
            others.append(title)
    weeks = sorted({week for _, week in at})
    n = len(table.rows)
    columns: dict[str, list[Cell]] = {
        "patient": [table.columns["patient"][i] for i in range(n) for _ in weeks],
        "visit": [float(week) for _ in range(n) for week in weeks],
    }
    places: dict[str, list[str]] = {}
    for name in dict.fromkeys(name for name, _ in at):
        titles = [at.get((name, week)) for week in weeks]
        columns[name] = [
            None if title is None else table.columns[title][i] for i in range(n) for title in titles
        ]
        places[name] = [
            f"{table.row_word} {table.rows[i]}, {title}" for i in range(n) for title in titles
        ]
    for title in others:
        once = title in PATIENT_COLUMNS or title == "sex"
        columns[title] = [
            None if once and k else table.columns[title][i]
            for i in range(n)
            for k in range(len(weeks))
        ]
    notes = [
        f"wide layout: {len(at)} columns of {', '.join(places)} at weeks {', '.join(map(str, weeks))}"
    ]
    if derived:
        notes.append(f"computed here, not read from the file: {listed(derived)}")
    rows = tuple(row for row in table.rows for _ in weeks)
    return replace(table, columns=columns, rows=rows, places=places, typed=None).noted(*notes)
