"""Delimited text: its encoding, the sign between columns, and the decimal comma."""

import codecs
import csv
import io
import re
from dataclasses import replace

from adbayes.cohort.grid import table_of_rows
from adbayes.cohort.table import Cell, Table, listed
from adbayes.errors import DataError

SIGNS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
"""The signs that may stand between columns, and their names."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_SEP = re.compile(r"sep=(.)\r?\n")
_REMARK = re.compile(r"#[ \t]*\w+[ \t]*=.*(?:\r?\n|\Z)")
_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
_POINT = re.compile(r"[+-]?[0-9]*\.[0-9]+")
_WHOLE = re.compile(r"[+-]?[0-9]+")


def read_delimited(name: str, content: bytes, own: str) -> Table:
    """Read delimited text.

    Parameters
    ----------
    name : str
        The file's name.
    content : bytes
        The file: UTF-8, or any Unicode encoding with a byte order mark.
    own : str
        The sign between columns that the suffix promises; another is recognised and noted.

    Returns
    -------
    Table
        Rows are lines of the file; lines such as "# seed = 3" before the header are remarks, left out
        and noted. Decimal commas are read where commas do not separate columns.

    Raises
    ------
    DataError
        For another encoding, faulty quotation, rows of unequal length, more than one possible sign
        between columns, or commas that may be decimal or group thousands.
    """
    text, notes = _decoded(name, content)
    if "\0" in text:
        raise DataError(f"{name}: is not text (it has zero bytes); save the file as csv in UTF-8")
    skipped = 0
    stated = _SEP.match(text)  # the line that spreadsheet programs write and read
    if stated:
        text, skipped = text[stated.end() :], 1
    remarks = 0
    while remark := _REMARK.match(text):
        text, remarks = text[remark.end() :], remarks + 1
    if remarks:
        skipped += remarks
        notes.append(
            f"{remarks} line{'s' if remarks > 1 else ''} of remarks before the header left out"
        )
    sign = stated[1] if stated and stated[1] in SIGNS else _sign(name, text, own)
    lines, records = _records(name, text, sign, skipped)
    if sign != own and records and len(records[0]) > 1:
        notes.append(f"columns are separated by {SIGNS[sign]}")
    table = table_of_rows(name, records, lines, "line").noted(*notes)
    return table if sign == "," else _decimal_commas(table)


def _decoded(name: str, content: bytes) -> tuple[str, list[str]]:
    for mark, encoding, title in _MARKS:
        if not content.startswith(mark):
            continue
        try:
            return content.decode(encoding), [] if title == "UTF-8" else [f"read as {title}"]
        except UnicodeDecodeError as error:
            raise DataError(
                f"{name}: is marked as {title} but is not at byte {error.start}; save the file as csv "
                "in UTF-8"
            ) from None
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{name}: line {line} has the byte 0x{content[error.start]:02x}, which is not UTF-8 text; "
            "save the file as csv in UTF-8"
        ) from None


def _sign(name: str, text: str, own: str) -> str:
    """The sign that divides the header, and every row alike."""
    wide: dict[str, list[list[str]]] = {}
    for sign in (sign for sign in SIGNS if sign in text):
        try:
            _, records = _records(name, text, sign, 0)
        except DataError:  # said below, for the sign that is chosen
            continue
        if records and len(records[0]) > 1:
            wide[sign] = records
    if own in wide and len(wide) == 1:
        return own
    even = {
        sign: len(records[0])
        for sign, records in wide.items()
        if len({len(record) for record in records}) == 1
    }
    widths = even or {sign: len(records[0]) for sign, records in wide.items()}
    if not widths:
        return own
    widest = [sign for sign, width in widths.items() if width == max(widths.values())]
    if own in widest:
        return own
    if len(widest) > 1:
        raise DataError(
            f"{name}: columns may be separated by {' or '.join(SIGNS[s] for s in widest)}; use one sign "
            "only, or quote cells that hold another"
        )
    return widest[0]


def _records(name: str, text: str, sign: str, skipped: int) -> tuple[list[int], list[list[str]]]:
    """The records of the text, blank lines left out, and the line each begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    lines: list[int] = []
    records: list[list[str]] = []
    start = 1 + skipped
    try:
        for record in reader:
            if any(field.strip() for field in record) or len(record) > 1:
                lines.append(start)
                records.append(record)
            start = reader.line_num + 1 + skipped
    except csv.Error as error:
        raise DataError(
            f"{name}: line {start} is not csv ({error}); check its quotation marks"
        ) from None
    return lines, records


def _decimal_commas(table: Table) -> Table:
    """Read 30,5 as 30.5 in columns of such numbers."""
    found = {
        title: [i for i, value in enumerate(cells) if _matches(_COMMA, value)]
        for title, cells in table.columns.items()
        if title.lower() != "patient"
        and all(value is None or _is_number(value) for value in cells)
        and any(_matches(_COMMA, value) for value in cells)
    }
    if not found:
        return table
    for title, cells in table.columns.items():
        points = [i for i, value in enumerate(cells) if _matches(_POINT, value)]
        if points and (title in found or all(v is None or _is_number(v) for v in cells)):
            comma, commas = next(iter(found.items()))
            raise DataError(
                f"{table.name}: column {title} has a decimal point ({table.at(points[:1], title)}) and "
                f"column {comma} a decimal comma ({table.at(commas[:1], comma)}); write all numbers "
                "with a point"
            )
    certain = any(
        not _matches(_THOUSANDS, table.columns[title][i])
        for title, positions in found.items()
        for i in positions
    )
    if not certain:
        title, positions = next(iter(found.items()))
        raise table.refusal(
            title,
            positions,
            "with a comma that may be decimal or group thousands",
            "write numbers with a decimal point and without grouping",
        )
    columns = {
        title: [_pointed(value) for value in cells] if title in found else cells
        for title, cells in table.columns.items()
    }
    return replace(table, columns=columns).noted(f"decimal comma read in {listed(found)}")


def _matches(pattern: re.Pattern[str], value: Cell) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_number(value: Cell) -> bool:
    return any(_matches(pattern, value) for pattern in (_COMMA, _POINT, _WHOLE))


def _pointed(value: Cell) -> Cell:
    return value.replace(",", ".") if isinstance(value, str) else value
