"""Which reader a file needs, by its suffix, and whether its content is what the suffix says."""

import os
from collections.abc import Callable
from pathlib import Path

from adbayes.cohort.delimited import read_delimited
from adbayes.cohort.parquet import read_parquet
from adbayes.cohort.sas import read_sas
from adbayes.cohort.table import Table
from adbayes.cohort.workbook import read_workbook
from adbayes.errors import DataError

_READERS: dict[str, tuple[str, Callable[[Path, bytes], Table]]] = {
    ".csv": ("text", lambda file, content: read_delimited(file.name, content, ",")),
    ".tsv": ("text", lambda file, content: read_delimited(file.name, content, "\t")),
    ".parquet": ("a parquet file", lambda file, content: read_parquet(file.name, content)),
    ".xlsx": ("an Excel workbook", lambda file, content: read_workbook(file.name, content)),
    ".sas7bdat": ("a SAS data set", lambda file, content: read_sas(file)),
    ".xpt": ("a SAS transport file", lambda file, content: read_sas(file)),
}
_SAS_DATA_SET = bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011")
_OPENINGS: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "an Excel workbook", ".xlsx"),
    (b"PAR1", "a parquet file", ".parquet"),
    (_SAS_DATA_SET, "a SAS data set", ".sas7bdat"),
    (b"HEADER RECORD*******", "a SAS transport file", ".xpt"),
    (b"\xd0\xcf\x11\xe0", "an old (xls) or encrypted Excel workbook", ""),
    (b"$FL2", "an SPSS file", ""),
    (b"<stata_dta>", "a Stata file", ""),
    (b"\x1f\x8b", "compressed (gzip)", ""),
    (b"%PDF", "a PDF", ""),
    (b"{\\rtf", "a word processor's document", ""),
    (b"<", "a web page or XML", ""),
    (b"{", "JSON", ""),
)


def read_table(path: str | os.PathLike[str]) -> Table:
    """Read any of the formats into a table of cells.

    Parameters
    ----------
    path : str or path
        A file with the suffix csv, tsv, parquet, xlsx, sas7bdat or xpt, in any capitals.

    Returns
    -------
    Table
        The cells as they were found.

    Raises
    ------
    DataError
        For a path that cannot be read, another suffix, content that is not what the suffix says, or
        what the reader of the format refuses.
    """
    file = Path(path)
    suffix = file.suffix.lower()
    if "\0" in str(file):
        raise DataError(f"{file.name!r}: a path cannot hold a zero byte; check the path")
    if suffix not in _READERS and not file.is_dir():
        found = f"the suffix {file.suffix!r}" if suffix else "no suffix"
        allowed = ", ".join(known.removeprefix(".") for known in _READERS)
        raise DataError(f"{file.name}: {found} is not read; {allowed} are; save the table as one")
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
    if not content:
        raise DataError(f"{file.name}: the file is empty; a header line and rows are needed")
    wanted, reader = _READERS[suffix]
    _check_content(file.name, suffix, content, wanted)
    return reader(file, content)


def _check_content(name: str, suffix: str, content: bytes, wanted: str) -> None:
    opening = content.lstrip(b"\xef\xbb\xbf \r\n\t") if wanted == "text" else content
    found, own = next(
        ((what, known) for start, what, known in _OPENINGS if opening.startswith(start)), ("", "")
    )
    if own == ".xlsx" and b"xl/" not in content:
        found, own = "a zip archive", ""
    if found == wanted or (not found and wanted == "text"):
        return
    kind = suffix.removeprefix(".")
    if found:
        remedy = f"rename it to {own}, or save the table as {kind}" if own else f"save it as {kind}"
        raise DataError(f"{name}: is {found}, not the {kind} its suffix says; {remedy}")
    raise DataError(
        f"{name}: is not {wanted}, which its suffix says (its first bytes are {content[:8].hex(' ')}); "
        f"give it the suffix of what it is, or save the table as {kind}"
    )
