"""From rows of cells to a table: names, row names, and the empty edges that spreadsheets leave."""

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from adbayes.cohort.outcomes import OUTCOMES, PATIENT_COLUMNS
from adbayes.cohort.table import Table, cell, listed, number
from adbayes.errors import DataError


def table_of_rows(
    name: str, rows: Sequence[Sequence[object]], places: Sequence[int], row_word: str
) -> Table:
    """Make a table of a header and rows of cells.

    Parameters
    ----------
    name : str
        What the table is called in a message.
    rows : sequence of sequences
        The header first.
    places : sequence of int
        Where each row stands in the file, the header included.
    row_word : str
        "line" or "row".

    Returns
    -------
    Table
        Without empty rows at the end, columns without name and content, and a first column of row
        names; each is noted.

    Raises
    ------
    DataError
        For no header, no rows, rows of unequal length, or a header that cannot name columns.
    """
    if not rows:
        raise DataError(f"{name}: the file is empty; a header line and rows are needed")
    header = [" ".join(str("" if title is None else title).split()) for title in rows[0]]
    ragged = [i for i, row in enumerate(rows) if len(row) != len(header)]
    if ragged:
        found = ", ".join(f"{row_word} {places[i]}: {len(rows[i])}" for i in ragged[:5])
        more = f", and {len(ragged) - 5} more" if len(ragged) > 5 else ""
        raise DataError(
            f"{name}: {len(ragged)} row{'s do' if len(ragged) > 1 else ' does'} not have the {len(header)} "
            f"cells of the header ({found}{more}); every row needs as many; quote cells that hold the "
            "sign between columns"
        )
    cells = [[cell(value) for value in row] for row in rows[1:]]
    filled = [i for i, row in enumerate(cells) if any(value is not None for value in row)]
    if not filled:
        raise DataError(f"{name}: a header but no rows; at least one row is needed")
    notes = []
    blank = len(cells) - filled[-1] - 1
    if blank and len(header) > 1:  # in one column an empty row is a missing value
        notes.append(f"{blank} empty row{'s' if blank > 1 else ''} at the end left out")
        cells = cells[: filled[-1] + 1]
    empty = [i for i, t in enumerate(header) if not t and all(row[i] is None for row in cells)]
    if empty:
        notes.append(f"{len(empty)} empty column{'s' if len(empty) > 1 else ''} left out")
    if header[0] == "" and 0 not in empty and len(header) > 1:  # what R and pandas write first
        notes.append("the first column has no name (row names) and is left out")
        empty = [0, *empty]
    keep = [i for i in range(len(header)) if i not in empty]
    names = [header[i] for i in keep]
    check_names(names, name, keep)
    _check_header(names, name, f"{row_word} {places[0]}")
    columns = {title: [row[i] for row in cells] for title, i in zip(names, keep, strict=True)}
    return Table(name, columns, tuple(places[1 : len(cells) + 1]), row_word).noted(*notes)


def table_of_columns(
    name: str,
    columns: Sequence[tuple[str, Sequence[object]]],
    typed: pd.DataFrame | None = None,
) -> Table:
    """Make a table of named columns.

    Parameters
    ----------
    name : str
        What the table is called in a message.
    columns : sequence of (str, sequence)
        Name and values of each column, equally many.
    typed : pandas.DataFrame, optional
        The same columns with types that a plain table keeps.

    Returns
    -------
    Table
        Its rows counted from 1.

    Raises
    ------
    DataError
        For no rows, or names that cannot be used.
    """
    names = [title for title, _ in columns]
    check_names(names, name)
    length = len(columns[0][1]) if columns else 0
    if not length:
        raise DataError(
            f"{name}: the table has no rows, at least one is needed; add them, or name another file"
        )
    cells = {title: [cell(value) for value in values] for title, values in columns}
    return Table(name, cells, tuple(range(1, length + 1)), "row", typed=typed)


def check_names(names: Sequence[str], source: str, positions: Sequence[int] | None = None) -> None:
    """Refuse names that cannot stand for one column each.

    Parameters
    ----------
    names : sequence of str
        The names.
    source : str
        What the table is called in a message.
    positions : sequence of int, optional
        Where each column stands, from 0.

    Raises
    ------
    DataError
        For an empty name, a repeated one, or one with control characters.
    """
    where = range(len(names)) if positions is None else positions
    unnamed = [str(i + 1) for i, title in zip(where, names, strict=True) if not title.strip()]
    odd = [str(i + 1) for i, title in zip(where, names, strict=True) if not title.isprintable()]
    for found, fault in (
        (unnamed, "has no name in the header; name or delete it"),
        (odd, "has a control character in its name; type the name anew"),
    ):
        if found:
            raise DataError(f"{source}: column {listed(found)} (counted from the left) {fault}")
    count = Counter(names)
    twice = sorted(title for title, n in count.items() if n > 1)
    if twice:
        raise DataError(
            f"{source}: column {listed(twice)} occurs more than once in the header; "
            "a name may stand for one column; rename or delete the others"
        )


def _check_header(names: list[str], source: str, place: str) -> None:
    """A first row of data in the place of the header would lose a patient without a word."""
    numbers = [title for title in names if number(title) is not None]
    if numbers and not {title.lower() for title in names} & {
        "patient",
        "visit",
        *OUTCOMES,
        *PATIENT_COLUMNS,
    }:
        raise DataError(
            f"{source}: the header ({place}) holds numbers ({listed(numbers)}), so it looks like a row of "
            "data; put a line of column names first, or rename these columns"
        )
