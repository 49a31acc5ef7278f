"""Untidy files that can be read without a guess are read, and what was understood is told."""

import io
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from adbayes.cohort.read import read_patients

GOOD = (
    "patient,visit,easi,female,ldh\na,0,30.5,1,250\na,16,3.1,1,\nb,0,20.0,0,180.5\nb,16,2.0,0,99\n"
)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("tidy") / "good.csv"
    path.write_text(GOOD)
    cohort = read_patients(path)
    assert cohort.messages == ()
    return cohort.hash()


def semicolons(text: str) -> str:
    return text.replace(",", ";")


def workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "visits"
    for i, line in enumerate(GOOD.splitlines(), start=3):  # empty rows above the header
        for j, value in enumerate(line.split(","), start=1):
            number = value.replace(".", "").isdigit()
            sheet.cell(i, j, float(value) if number and j != 2 else value or None)
    sheet["F3"] = None  # a formatted, empty column at the right edge
    sheet.cell(20, 6).number_format = "0.00"
    book.create_sheet("codes").sheet_state = "hidden"
    book["codes"].append(["Yes", "No"])
    book.create_sheet("empty")
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def weeks(text: str, *names: str) -> str:
    for week, name in zip(("0", "16"), names, strict=True):
        for patient in "ab":
            text = text.replace(f"{patient},{week},", f"{patient},{name},")
    return text


UNTIDY: dict[str, tuple[str, str | bytes | Callable[[], bytes], str | None]] = {
    "semicolons": ("x.csv", semicolons(GOOD), "columns are separated by semicolons"),
    "tabs in csv": ("x.csv", GOOD.replace(",", "\t"), "columns are separated by tabs"),
    "tabs in tsv": ("x.tsv", GOOD.replace(",", "\t"), None),
    "bars": ("x.tsv", GOOD.replace(",", "|"), "columns are separated by vertical bars"),
    "commas in tsv": ("x.TSV", GOOD, "columns are separated by commas"),
    "a stated sign": ("x.csv", "sep=;\r\n" + semicolons(GOOD), "columns are separated by semicolons"),
    "decimal commas": (
        "x.csv", semicolons(GOOD).replace(".", ","), "decimal comma read in easi, ldh",
    ),
    "a mark": ("x.csv", b"\xef\xbb\xbf" + GOOD.encode(), None),
    "utf-16": ("x.csv", GOOD.encode("utf-16"), "read as UTF-16"),
    "utf-16, other order": ("x.csv", b"\xfe\xff" + GOOD.encode("utf-16-be"), "read as UTF-16"),
    "carriage returns": ("x.csv", GOOD.replace("\n", "\r\n"), None),
    "only carriage returns": ("x.csv", GOOD.replace("\n", "\r"), None),
    "blanks everywhere": ("x.csv", GOOD.replace(",", "  , ").replace("\n", "  \n\n"), None),
    "no line break at the end": ("x.csv", GOOD.rstrip(), None),
    "empty rows and columns": (
        "x.csv", GOOD.replace("\n", ",,\n") + ",,,,,,\n,,,,,,\n", "2 empty columns left out",
    ),
    "everything quoted": (
        "x.csv", "\n".join(",".join(f'"{x}"' for x in row.split(",")) for row in GOOD.split()), None,
    ),
    "row names": (
        "x.csv", "\n".join(f"{i or ''},{row}" for i, row in enumerate(GOOD.split())), "row names",
    ),
    "names in capitals": (
        "x.csv", GOOD.replace("patient,visit,easi,female", "PATIENT,Visit,EASI,Female"),
        "PATIENT as patient, Visit as visit, EASI as easi, Female as female",
    ),
    "spelt missing": ("x.csv", GOOD.replace("3.1,1,", "3.1,1,NaN"), None),
    "words for numbers": (
        "x.csv", GOOD.replace(",1,", ",Yes,").replace("0,0,", "0,no,"), "Yes = 1, no = 0",
    ),
    "sex": (
        "x.csv",
        GOOD.replace("female", "Sex").replace(",1,", ",Female,").replace("0,0,", "0,m,"),
        "column sex read as female: Female = 1, m = 0",
    ),
    "named weeks": ("x.csv", weeks(GOOD, "Baseline", "Week 16"), "Baseline = 0, Week 16 = 16"),
    "mixed names of weeks": ("x.csv", weeks(GOOD, "bl", "W16"), "bl = 0, W16 = 16"),
    "any order": ("x.csv", "\n".join([GOOD.split()[0], *sorted(GOOD.split()[1:])[::-1]]), None),
    "workbook": ("x.XLSX", workbook, "hidden sheet left out: codes"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "content", "note"), UNTIDY.values(), ids=UNTIDY)
def test_read_right_and_told(
    tmp_path: Path,
    expected: str,
    name: str,
    content: str | bytes | Callable[[], bytes],
    note: str | None,
) -> None:
    if callable(content):
        content = content()
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    found = read_patients(tmp_path / name)
    assert found.hash() == expected
    if note is None:
        assert found.messages == ()
    else:
        assert any(note in message for message in found.messages), found.messages
