"""The one sheet of an Excel workbook that holds the data."""

import io
import warnings
import zipfile
import zlib
from collections.abc import Sequence
from typing import Any
from xml.etree.ElementTree import ParseError

from adbayes.cohort.grid import table_of_rows
from adbayes.cohort.table import Table, listed
from adbayes.errors import DataError


def read_workbook(name: str, content: bytes) -> Table:
    """Read the only visible sheet of a workbook that holds anything.

    Parameters
    ----------
    name : str
        The file's name.
    content : bytes
        The file (xlsx).

    Returns
    -------
    Table
        Rows are rows of the sheet; formulas count with the value saved last. A hidden sheet and
        empty rows above the header are left out.

    Raises
    ------
    DataError
        For a broken file, data on several sheets, merged cells, a formula without a saved value, or
        an error value such as #DIV/0!.
    """
    values, formulas = _opened(name, content, True), _opened(name, content, False)
    filled = [sheet for sheet in values.worksheets if _rows(sheet)]
    shown = [sheet for sheet in filled if sheet.sheet_state == "visible"]
    if len(shown) > 1:
        raise DataError(
            f"{name}: {len(shown)} sheets hold data ({listed(sheet.title for sheet in shown)}); one is "
            "allowed; put each into a file of its own"
        )
    if not shown:
        raise DataError(f"{name}: no sheet holds anything; a header row and rows are needed")
    (sheet,) = shown
    if sheet.merged_cells.ranges:
        merged = sorted(str(cells) for cells in sheet.merged_cells.ranges)
        raise DataError(
            f"{name}, sheet {sheet.title}: {len(merged)} merged ranges ({listed(merged)}), whose cells have "
            "no value of their own; unmerge them and fill every cell"
        )
    _check_cells(name, sheet, formulas[sheet.title])
    rows = _rows(sheet)
    width = max(max(i for i, value in enumerate(row) if value is not None) for _, row in rows) + 1
    first = rows[0][0]
    last = rows[-1][0]
    by_place = dict(rows)
    empty: tuple[None, ...] = (None,) * width
    places = list(range(first, last + 1))
    table = table_of_rows(
        name, [by_place.get(place, empty)[:width] for place in places], places, "row"
    )
    hidden = [sheet.title for sheet in filled if sheet.sheet_state != "visible"]
    return table.noted(f"hidden sheet left out: {listed(hidden)}") if hidden else table


def _opened(name: str, content: bytes, values: bool) -> Any:
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of styles and extensions, not of values
            return openpyxl.load_workbook(io.BytesIO(content), data_only=values)
    except (
        InvalidFileException, zipfile.BadZipFile, zlib.error, ParseError, KeyError, ValueError, TypeError,
        AttributeError, IndexError, EOFError, NotImplementedError, OverflowError, OSError,
    ) as error:  # fmt: skip
        reason = " ".join(str(error).split())[:80] or type(error).__name__
        raise DataError(
            f"{name}: the workbook is damaged and cannot be opened ({reason}); open it in a spreadsheet "
            "program and save it anew"
        ) from None


def _rows(sheet: Any) -> list[tuple[int, Sequence[object]]]:
    """The rows that hold anything, with their numbers."""
    rows = enumerate(sheet.iter_rows(values_only=True), start=1)
    return [(i, row) for i, row in rows if any(value is not None for value in row)]


def _check_cells(name: str, values: Any, formulas: Any) -> None:
    unsaved, errors = [], []
    for row in formulas.iter_rows():
        for one in row:
            value = values[one.coordinate]
            if one.data_type == "f" and value.value is None:
                unsaved.append(one.coordinate)
            elif value.data_type == "e":
                errors.append(f"{one.coordinate}: {value.value}")
    for found, what, remedy in (
        (unsaved, "hold formulas without a saved value", "open and save the file in a spreadsheet"),
        (errors, "hold an error", "correct them or leave them empty"),
    ):
        if found:
            raise DataError(
                f"{name}, sheet {values.title}: {len(found)} cells {what} ({listed(found)}); numbers and "
                f"text are allowed; {remedy}"
            )
