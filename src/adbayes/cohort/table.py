"""A table as it was found: cells, their names, and where each row stands in the file."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

import pandas as pd

from adbayes.errors import DataError

Cell = str | float | None
MISSING = ("", "na", "nan")
"""Cells that mean missing, in any capitals."""

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_SHOWN = 5
_LONGEST = 40  # characters of one value in a message
_EXACT = 2**53  # beyond it a float no longer tells neighbouring whole numbers apart


@dataclass(frozen=True)
class Table:
    """Cells of a file or of a data frame before they are understood.

    Parameters
    ----------
    name : str
        What the table is called in a message: the file name.
    columns : dict of str to list
        A cell is text, a float, or None for missing.
    rows : tuple of int
        Where each row stands: line numbers of a file (the header is line 1), or row numbers from 1.
    row_word : str
        "line" or "row".
    notes : tuple of str, optional
        What was understood, mapped or left out so far.
    places : mapping of str to sequence of str, optional
        For a column gathered from several of the file: where each cell stands ("line 3, easi_w16").
    typed : pandas.DataFrame, optional
        The same table where its source has types of its own; a plain table keeps them.
    """

    name: str
    columns: dict[str, list[Cell]]
    rows: tuple[int, ...]
    row_word: str
    notes: tuple[str, ...] = ()
    places: Mapping[str, Sequence[str]] = field(default_factory=dict)
    typed: pd.DataFrame | None = None

    def at(self, positions: Sequence[int], column: str | None = None) -> str:
        """Say where something was found.

        Parameters
        ----------
        positions : sequence of int
            Positions of rows, from 0.
        column : str, optional
            Column whose values are shown.

        Returns
        -------
        str
            For example "line 3: 81, line 7: -1"; the first five and the number of others.
        """
        shown = []
        for i in positions[:_SHOWN]:
            place = f"{self.row_word} {self.rows[i]}"
            if column is not None and column in self.places:
                place = self.places[column][i]
            value = "" if column is None else f": {short(self.columns[column][i])}"
            shown.append(f"{place}{value}")
        if len(positions) > _SHOWN:
            shown.append(f"and {len(positions) - _SHOWN} more")
        return ", ".join(shown)

    def refusal(self, column: str, positions: Sequence[int], fault: str, remedy: str) -> DataError:
        """Word the refusal of values of one column.

        Parameters
        ----------
        column : str
            The column.
        positions : sequence of int
            Positions of the rows at fault, from 0.
        fault : str
            What is wrong, following the number of values: "outside 0 to 72".
        remedy : str
            What is allowed and what to do.

        Returns
        -------
        DataError
            One sentence with file, column, rows and remedy, to be raised.
        """
        number = f"{len(positions)} value{'s' if len(positions) > 1 else ''}"
        where = self.at(positions, column)
        return DataError(f"{self.name}, column {column}: {number} {fault} ({where}); {remedy}")

    def renamed(self, columns: dict[str, str]) -> "Table":
        """Give columns the names of the vocabulary.

        Parameters
        ----------
        columns : dict of str to str
            New name to the name in the file.

        Returns
        -------
        Table
            The same cells; the order of columns is kept.

        Raises
        ------
        DataError
            For a name the file lacks, used twice, or already taken.
        """
        for new, old in columns.items():
            if old not in self.columns:
                raise DataError(
                    f"{self.name}: columns names {old!r} for {new}, which is not in the file"
                    f"{nearest(old, self.columns)}; its columns are {listed(self.columns)}"
                )
            if new in self.columns and new not in columns.values():
                raise DataError(
                    f"{self.name}: column {old} cannot be called {new}, the file has a column {new} "
                    f"already; rename that one too, or leave it out of the file"
                )
        new_name = {old: new for new, old in columns.items()}
        if len(new_name) < len(columns):
            raise DataError(
                f"{self.name}: columns names one column of the file twice; give it one name"
            )
        return replace(
            self,
            columns={new_name.get(k, k): v for k, v in self.columns.items()},
            typed=None if self.typed is None else self.typed.rename(columns=new_name),
        )

    def noted(self, *notes: str) -> "Table":
        """Add to what the user is told.

        Parameters
        ----------
        *notes : str
            Sentences.

        Returns
        -------
        Table
            The same cells with more notes.
        """
        return replace(self, notes=(*self.notes, *(f"{self.name}: {note}" for note in notes)))

    def numbers(self, column: str, remedy: str) -> list[float]:
        """Read a column that must hold numbers.

        Parameters
        ----------
        column : str
            The column.
        remedy : str
            What is allowed, for the message.

        Returns
        -------
        list of float
            NaN for missing.

        Raises
        ------
        DataError
            For text or an infinite value, naming the rows.
        """
        values = [number(cell) for cell in self.columns[column]]
        wrong = [i for i, value in enumerate(values) if value is None or math.isinf(value)]
        if wrong:
            raise self.refusal(
                column,
                wrong,
                "not a finite number",
                f"{remedy}, with a point for decimals; correct the cells or leave them empty",
            )
        return [value for value in values if value is not None]


def cell(value: object) -> Cell:
    """Reduce a value to a cell.

    Parameters
    ----------
    value : object
        Text, a number, a truth value, or anything else that prints.

    Returns
    -------
    str, float or None
        Stripped text; a float for a number or a truth value; None for what means missing.
    """
    if value is None:
        return None
    if isinstance(value, int) and abs(value) > _EXACT:
        return str(value)
    if isinstance(value, bool | int | float):
        return None if value != value else float(value)
    text = str(value).strip()
    return None if text.lower() in MISSING or text in ("<NA>", "NaT") else text


def number(value: Cell) -> float | None:
    """Read a cell as a number.

    Parameters
    ----------
    value : str, float or None
        A cell.

    Returns
    -------
    float or None
        NaN for missing, None for text that is not a decimal number.
    """
    if value is None:
        return math.nan
    if isinstance(value, float):
        return value
    return float(value) if _NUMBER.fullmatch(value) else None


def show(value: Cell) -> str:
    """Word a cell for a message or an identifier.

    Parameters
    ----------
    value : str, float or None
        A cell.

    Returns
    -------
    str
        Whole floats without their point; "empty" for missing.
    """
    if value is None:
        return "empty"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return value


def short(value: Cell) -> str:
    """Word a cell for a message: on one line, and not too long.

    Parameters
    ----------
    value : str, float or None
        A cell.

    Returns
    -------
    str
        At most 40 characters; line breaks and control characters are written as escapes.
    """
    text = show(value)
    if not text.isprintable():
        text = ascii(text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def nearest(name: str, names: Iterable[str]) -> str:
    """Suggest a name.

    Parameters
    ----------
    name : str
        What was written.
    names : iterable of str
        What exists.

    Returns
    -------
    str
        " (did you mean 'x'?)", or nothing if no name is near.
    """
    by_fold = {candidate.casefold(): candidate for candidate in names}
    near = get_close_matches(name.casefold(), by_fold, n=1, cutoff=0.6)
    return f" (did you mean {by_fold[near[0]]!r}?)" if near else ""


def listed(names: Iterable[str]) -> str:
    """List names for a message.

    Parameters
    ----------
    names : iterable of str
        Names of columns or codes.

    Returns
    -------
    str
        The first five, shortened, and the number of others.
    """
    every = list(names)
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return ", ".join(short(name) for name in every[:_SHOWN]) + more
