"""Codes that people write in patient files, read where they have one meaning only."""

import re

from adbayes.cohort.outcomes import STUDY_VISITS
from adbayes.cohort.table import Cell, Table, number, show

_WEEK = re.compile(r"(?:week|wk|w)[ _.-]*([0-9]{1,4})|([0-9]{1,4})[ _.-]*(?:weeks|week|wks|wk|w)")
_LAST_WEEK = 5200  # a century: a larger number is a date (a serial number, or 20210304), not a week
_BASELINE = ("baseline", "bl")
_VISIT = re.compile(r"(?:visit|v)[ _.-]*([0-9]{1,4})")
_MONTH = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DATE = re.compile(
    rf"([0-9]{{4}}[-/.][0-9]{{1,2}}[-/.][0-9]{{1,2}}|[0-9]{{1,2}}[-/.][0-9]{{1,2}}[-/.][0-9]{{2,4}}"
    rf"|[0-9]{{1,2}}[ -]?(?:{_MONTH})[a-z]*[ -]?[0-9]{{2,4}})(?:[ t].*)?",
    re.IGNORECASE,
)
_SEX = {"f": 1.0, "female": 1.0, "m": 0.0, "male": 0.0}
_BINARY = {"yes": 1.0, "y": 1.0, "true": 1.0, "no": 0.0, "n": 0.0, "false": 0.0}


def weeks(table: Table, column: str = "visit") -> tuple[list[int], tuple[str, ...]]:
    """Read a column as weeks since the first dose.

    Whole numbers are weeks. "Week 16", "W16", "16 weeks" and "baseline" have one meaning. V1 to V4
    are the four study visits, if exactly these four occur.

    Parameters
    ----------
    table : Table
        The table.
    column : str, optional
        The column of visits.

    Returns
    -------
    tuple
        The week of each row, and messages that state the mapping of names.

    Raises
    ------
    DataError
        For an empty cell, a fraction, a negative week, a date, or a name with more than one meaning.
    """
    cells = table.columns[column]
    study = _study_visits(cells)
    read = [_week(cell, study) for cell in cells]
    wrong = [i for i, week in enumerate(read) if week is None]
    dates = [i for i in wrong if _is_date(cells[i])]
    if dates:
        raise table.refusal(
            column,
            dates,
            "not weeks but dates",
            "allowed are whole weeks since the first dose (0, 16, ...); count them from each patient's "
            "first dose and write the weeks",
        )
    if wrong:
        raise table.refusal(
            column,
            wrong,
            "not understood as weeks",
            "allowed are whole weeks since the first dose (0, 16, ...), 'Week 16', 'W16', 'baseline', and "
            f"V1 to V4 for weeks {', '.join(map(str, STUDY_VISITS))} if exactly these four occur; write the weeks",
        )
    result = [week for week in read if week is not None]
    names = {
        str(cell): week for cell, week in zip(cells, result, strict=True) if number(cell) is None
    }
    if not names:
        return result, ()
    mapping = ", ".join(
        f"{name} = {week}" for name, week in sorted(names.items(), key=lambda x: x[1])
    )
    return result, (f"{table.name}: visits read as weeks: {mapping}",)


def binary(table: Table, column: str) -> tuple[list[float], tuple[str, ...]]:
    """Read a column of two codes as 0 and 1.

    0 and 1, Yes and No, true and false are understood; for `female` also F and M.

    Parameters
    ----------
    table : Table
        The table.
    column : str
        The column; `sex` is read as female sex.

    Returns
    -------
    tuple
        1, 0 or NaN for each row, and messages that state the mapping of words.

    Raises
    ------
    DataError
        For any other code, naming the rows.
    """
    if column == "sex":
        codes, allowed = _SEX, "allowed are F and M (for 0 and 1 call the column female)"
    elif column == "female":
        codes, allowed = _SEX | _BINARY, "allowed are 0, 1, F and M, Yes and No, true and false"
    else:
        codes, allowed = _BINARY, "allowed are 0, 1, Yes and No, true and false"
    values: list[float] = []
    wrong: list[int] = []
    words: dict[str, float] = {}
    for i, cell in enumerate(table.columns[column]):
        value = number(cell)
        if value is None:
            value = codes.get(str(cell).lower())
            if value is not None:
                words[str(cell)] = value
        elif column == "sex" and cell is not None:
            value = None
        if value is None or (value not in (0.0, 1.0) and value == value):
            wrong.append(i)
        else:
            values.append(value)
    if wrong:
        raise table.refusal(
            column, wrong, "not understood", f"{allowed}; recode them or leave the cells empty"
        )
    if not words:
        return values, ()
    mapping = ", ".join(f"{word} = {value:.0f}" for word, value in sorted(words.items()))
    name = "female" if column == "sex" else column
    return values, (f"{table.name}: column {column} read as {name}: {mapping}",)


def _is_date(cell: Cell) -> bool:
    value = number(cell)
    if value is None:
        return _DATE.fullmatch(show(cell)) is not None
    return _LAST_WEEK < value < 1e8 and value.is_integer()


def _study_visits(cells: list[Cell]) -> dict[str, int]:
    """The weeks of V1 to V4, if the column holds exactly these four names."""
    found = {str(cell) for cell in cells}
    matches = {name: _VISIT.fullmatch(name.lower()) for name in found}
    order = {name: int(match[1]) for name, match in matches.items() if match}
    if len(found) != len(STUDY_VISITS) or sorted(order.values()) != [1, 2, 3, 4]:
        return {}
    return {name: STUDY_VISITS[k - 1] for name, k in order.items()}


def _week(cell: Cell, study: dict[str, int]) -> int | None:
    value = number(cell)
    if value is not None:
        return int(value) if 0 <= value <= _LAST_WEEK and value.is_integer() else None
    text = show(cell)
    if text in study:
        return study[text]
    if text.lower() in _BASELINE:
        return 0
    match = _WEEK.fullmatch(text.lower())
    return int(match[1] or match[2]) if match else None
