"""Sixty and more malformed files, each refused in one sentence by the command line.

Through `check --data FILE`: status 2, nothing on stdout, one line on stderr that names the file, what
was found and the remedy, and nothing written.
"""

import io
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pyreadstat
import pytest

from adbayes.cli import main

DATA = Path(__file__).parent / "data"
GOOD = "patient,visit,easi,sex\na,0,30.0,F\na,16,3.0,F\nb,0,20.0,M\nb,16,2.0,M\n"
ADAM = (
    "USUBJID,PARAMCD,AVISIT,AVAL,BASE\n"
    "a,EASI,Baseline,30,30\na,EASI,Week 16,3,30\nb,EASI,Baseline,20,20\nb,EASI,Week 16,2,20\n"
)
WIDE = "patient,easi_w0,easi_w16\na,30,3\nb,20,2\n"


def frame() -> pd.DataFrame:
    return pd.read_csv(io.StringIO(GOOD))


def workbook(change: Callable[[Any], object] = lambda book: None) -> bytes:
    book = openpyxl.Workbook()
    for line in GOOD.splitlines():
        book.active.append([float(x) if x[0].isdigit() else x for x in line.split(",")])
    change(book)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def cell(place: str, value: object) -> bytes:
    return workbook(lambda book: book.active.__setitem__(place, value))


def parquet(table: Any) -> bytes:
    content = io.BytesIO()
    pyarrow.parquet.write_table(pa.table(table), content)
    return content.getvalue()


def xpt(changed: pd.DataFrame, folder: Path) -> bytes:
    path = folder / "written.xpt"
    pyreadstat.write_xport(changed, str(path), file_format_version=8)
    content = path.read_bytes()
    path.unlink()
    return content


def zipped(name: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(name, "not a workbook")
    return content.getvalue()


def second_sheet(book: Any) -> None:
    book.create_sheet("follow-up").append(["patient", "visit"])


def column(name: str, *values: object) -> str:
    """The good file with another column, or another one in the place of its own."""
    return frame().assign(**{name: list(values)}).to_csv(index=False)


Content = str | bytes | Callable[[Path], bytes]
REFUSED: dict[str, tuple[str, Content, str]] = {
    # the file
    "empty": ("x.csv", "", "x.csv: the file is empty; a header line and rows are needed"),
    "blank": ("x.csv", " \n\n", "x.csv: the file is empty"),
    "a mark and nothing": ("x.csv", "\ufeff", "x.csv: the file is empty"),
    "empty workbook file": ("x.xlsx", "", "x.xlsx: the file is empty"),
    "no suffix": ("x", GOOD, "x: no suffix is not read; csv, tsv, parquet, xlsx, sas7bdat, xpt are"),
    "old workbook suffix": ("x.xls", GOOD, r"the suffix '\.xls' is not read; .* save the table as one"),
    "text suffix": ("x.txt", GOOD, r"the suffix '\.txt' is not read"),
    "statistics suffix": ("x.sav", GOOD, r"the suffix '\.sav' is not read"),
    "compressed suffix": ("x.csv.gz", b"\x1f\x8b123", r"the suffix '\.gz' is not read"),
    "compressed": ("x.csv", b"\x1f\x8b123", r"is compressed \(gzip\), not the csv its suffix says; save"),
    "workbook as csv": ("x.csv", workbook(), "is an Excel workbook, not the csv .* rename it to .xlsx"),
    "parquet as csv": ("x.csv", parquet({"a": [1]}), "is a parquet file, not .* rename it to .parquet"),
    "data set as csv": ("x.csv", (DATA / "iris.sas7bdat").read_bytes(), "is a SAS data set, not the csv"),
    "web page as csv": ("x.csv", "<!DOCTYPE html><html>", "is a web page or XML, not the csv"),
    "json as csv": ("x.csv", '{"patient": 1}', "is JSON, not the csv its suffix says"),
    "document as csv": ("x.csv", b"%PDF-1.7", "is a PDF, not the csv"),
    "csv as workbook": ("x.xlsx", GOOD, r"is not an Excel workbook, which its suffix .*70 61 74 69"),
    "old workbook as new": ("x.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1", r"is an old \(xls\) or encrypted"),
    "archive as workbook": ("x.xlsx", zipped("a.csv"), "is a zip archive, not the xlsx"),
    "broken workbook": ("x.xlsx", workbook()[:-900], "the workbook is damaged .* save it anew"),
    "hollow workbook": ("x.xlsx", zipped("xl/workbook.xml"), "the workbook is damaged"),
    "csv as parquet": ("x.parquet", GOOD, "is not a parquet file, which its suffix says"),
    "broken parquet": ("x.parquet", parquet({"a": [1]})[:-9], "the parquet file is damaged .* anew"),
    "csv as data set": ("x.sas7bdat", GOOD, "is not a SAS data set, which its suffix says"),
    "broken data set": (
        "x.sas7bdat", (DATA / "iris.sas7bdat").read_bytes()[:70000],
        "the SAS file is damaged, or of a kind that is not read .* export it anew",
    ),
    "csv as transport file": ("x.xpt", GOOD, "is not a SAS transport file, which its suffix says"),
    "broken transport file": ("x.xpt", lambda to: xpt(frame(), to)[:-85], "the SAS file is damaged"),
    # the text
    "latin-1": ("x.csv", "patient,visit\nJos\u00e9,0\n".encode("latin-1"), "line 2 has the byte 0xe9"),
    "broken utf-16": ("x.csv", GOOD.encode("utf-16")[:-1], "is marked as UTF-16 but is not at byte"),
    "utf-16 without a mark": ("x.csv", GOOD.encode("utf-16-le"), r"is not text \(it has zero bytes\)"),
    "quotes": ("x.csv", 'patient,visit\n"a"b,0\n', "line 2 is not csv .* check its quotation marks"),
    "open quote": ("x.csv", 'patient,visit\n"a,0\n', "line 2 is not csv"),
    "ragged": ("x.csv", GOOD + "c,0\n", r"1 row does not have the 4 cells of the header \(line 6: 2\)"),
    "two signs": ("x.csv", "a|b;c|d;e\n1|2;3|4;5\n", "separated by semicolons or vertical bars; use one"),
    "mixed decimals": (
        "x.csv", "patient;visit;easi;age\na;0;30,5;31.5\nb;0;20,0;40\n",
        r"column age has a decimal point \(line 2: 31\.5\) and column easi a decimal comma",
    ),
    "grouped thousands": (
        "x.tsv", "patient\tvisit\tige\na\t0\t1,234\nb\t0\t2,345\n",
        r"column ige: 2 values with a comma that may be decimal or group thousands .*without grouping",
    ),
    "decimal commas in csv": (
        "x.csv", 'patient,visit,easi\na,0,"30,5"\nb,0,"20,1"\n',
        r"column easi: 2 values not a finite number \(line 2: 30,5, line 3: 20,1\).* with a point",
    ),
    # the header
    "header only": ("x.csv", "patient,visit\n", "a header but no rows; at least one row is needed"),
    "no header": ("x.csv", "a,0,30\na,16,3\n", r"the header \(line 1\) holds numbers \(0, 30\)"),
    "a title above": ("x.csv", "My registry,,\npatient,visit,easi\na,0,1\n", r"column 2, 3 \(counted"),
    "duplicated column": ("x.csv", GOOD.replace("sex", "easi"), "column easi occurs more than once"),
    "unnamed column": ("x.csv", GOOD.replace("visit", ""), r"column 2 \(counted from the left\) has no"),
    "control character": ("x.csv", GOOD.replace("visit", "vi\u200bsit"), "column 2 .* control character"),
    "capitals": ("x.csv", column("EASI", 1, 2, 3, 4), "easi and EASI differ by capitals or spaces only"),
    "no visit": ("x.csv", GOOD.replace("visit", "time"), "column visit is missing beside patient"),
    "no patient": ("x.csv", GOOD.replace("patient", "id"), "column patient is missing beside visit"),
    # patients and visits
    "one patient": ("x.csv", GOOD[: GOOD.index("b,0")], r"1 patient \(a\) in 2 rows, at least 2"),
    "an empty patient": ("x.csv", GOOD.replace("b,0", ",0"), r"patient: 1 value missing \(line 4: empty"),
    "duplicate": ("x.csv", GOOD + "b,16,5,M\n", r"patient b has 2 rows for week 16 \(line 5, line 6\)"),
    "no baseline": ("x.csv", column("visit", 4, 16, 4, 16), "no baseline, the weeks found are 4, 16"),
    "an empty visit": ("x.csv", column("visit", 0, None, 0, 16), "1 value not understood as weeks"),
    "named visits": ("x.csv", column("visit", "V1", "V2", "V1", "V3"), "V1 to V4 for weeks 0, 16, 32"),
    "iso dates": (
        "x.csv", column("visit", *["2021-03-04", "2021-07-01"] * 2),
        r"visit: 4 values not weeks but dates \(line 2: 2021-03-04.*count them from each patient's first",
    ),
    "european dates": ("x.csv", column("visit", *["04.03.2021", "1.7.21"] * 2), "not weeks but dates"),
    "spelt dates": ("x.csv", column("visit", *["04MAR2021", "1 Jul 2021"] * 2), "not weeks but dates"),
    "serial dates": ("x.csv", column("visit", *[44259, 44378] * 2), "not weeks but dates"),
    "days as fractions": ("x.csv", column("visit", 0, 16.5, 0, 16), "not understood as weeks"),
    # values
    "out of range": ("x.csv", column("easi", 30, 81, 20, -1), r"2 values out of range \(line 3: 81, line"),
    "off the grid": ("x.csv", column("easi", 30, 3.25, 20, 2), "between the steps .*steps of 0.1; correct"),
    "half points": ("x.csv", column("nrs", 8, 2.5, 9, 2), "NRS is 0 to 10 in steps of 1; correct or round"),
    "a laboratory zero": ("x.csv", column("ldh", 300, 0, 200, 100), "LDH is a number above 0"),
    "infinity": ("x.csv", column("ldh", 300, "1e999", 200, 100), "not a finite number"),
    "text in numbers": ("x.csv", column("poem", 20, "mild", 9, 2), "1 value not a finite number .* mild"),
    "less than": ("x.csv", column("ige", 20, "<2", 9, 2), "1 value not a finite number .* <2"),
    "a long text": ("x.csv", column("ige", 20, "x" * 500, 9, 2), r"line 3: x{37}\.\.\.\)"),
    "two lines in a cell": ("x.csv", column("ige", 20, "a\nb", 9, 2), r"line 3: 'a\\nb'\)"),
    "many values": ("x.csv", "patient,visit,easi\n" + "".join(f"p{i},0,99\n" for i in range(9)),
                    "9 values out of range .* and 4 more"),
    "unknown code": ("x.csv", column("adult_onset", "Y", "Y", "X", "X"), r"2 values not understood \(line 4: X"),
    "sex as numbers": ("x.csv", column("sex", 1, 1, 2, 2), "allowed are F and M .* call the column female"),
    "both sexes": ("x.csv", column("female", 1, 1, 0, 0), "columns sex and female say the same"),
    "age changes": ("x.csv", column("age", 30, 31, 40, 40), "age: patient a changes between rows .* 31"),
    "impossible age": ("x.csv", column("age", 230, 230, 40, 40), "age is 0 to 120 years"),
    # layouts
    "wide, out of range": ("x.csv", WIDE.replace("20", "200"), r"easi: .* \(line 3, easi_w0: 200\)"),
    "wide, one week twice": ("x.csv", "patient,easi_w0,easi_w00\na,1,1\nb,2,2\n", "are one outcome and week"),
    "wide, no baseline": ("x.csv", WIDE.replace("w0", "w8"), "no baseline, the weeks found are 8, 16"),
    "wide, a patient twice": ("x.csv", WIDE + "b,1,1\n", r"b has 2 rows for week 0 \(line 3, line 4\)"),
    "adam, no parameter": ("x.csv", ADAM.replace("EASI", "IGA"), "no parameter is known .found IGA"),
    "adam, no visits": ("x.csv", ADAM.replace("AVISIT", "VISITDY"), "AVISIT and AVISITN are missing"),
    "adam, visits by number": (
        "x.csv", ADAM.replace("BASE", "AVISITN").replace("Week 16", "Cycle 2"),
        r"column AVISIT: 2 values not understood .* say that AVISITN holds weeks",
    ),
    "adam, duplicate": ("x.csv", ADAM + "b,EASI,Week 16,5,20\n", r"2 rows of easi for week 16 .line 5, l"),
    "adam, no flag": ("x.csv", ADAM.replace("BASE", "ANL01FL"), "no row is flagged Y"),
    "adam, out of range": ("x.csv", ADAM.replace("16,2,", "16,92,"), r"\(line 5, AVAL: 92\)"),
    # formats with types
    "workbook, two sheets": ("x.xlsx", workbook(second_sheet), r"2 sheets hold data \(Sheet, follow-up\)"),
    "workbook, nothing": (
        "x.xlsx", workbook(lambda book: book.active.delete_rows(1, 9)), "no sheet holds anything",
    ),
    "workbook, merged": (
        "x.xlsx", workbook(lambda book: book.active.merge_cells("A2:A3")),
        r"sheet Sheet: 1 merged ranges \(A2:A3\)",
    ),
    "workbook, formula": ("x.xlsx", cell("C2", "=1+1"), r"1 cells hold formulas .* \(C2\)"),
    "workbook, error": ("x.xlsx", cell("C2", "#DIV/0!"), r"1 cells hold an error \(C2: #DIV/0!\)"),
    "workbook, date": ("x.xlsx", cell("B3", pd.Timestamp("2021-03-04")), "row 3: 2021-03-04 00:00:00"),
    "workbook, out of range": ("x.xlsx", cell("C5", 99), r"column easi: .* \(row 5: 99\)"),
    "parquet, lists": ("x.parquet", parquet({"y": [[1], [2]]}), "column y holds list"),
    "parquet, no rows": ("x.parquet", parquet(frame().head(0)), "the table has no rows"),
    "parquet, out of range": (
        "x.parquet", parquet(frame().assign(easi=99)), "4 values out of range .row 1: 99",
    ),
    "transport file, no rows": ("x.xpt", lambda to: xpt(frame().head(0), to), "the table has no rows"),
    "transport file, range": ("x.xpt", lambda to: xpt(frame().assign(easi=99.0), to), "row 1: 99"),
}  # fmt: skip


def test_there_are_sixty_files() -> None:
    assert len(REFUSED) >= 60


@pytest.mark.parametrize(("name", "content", "sentence"), REFUSED.values(), ids=REFUSED)
def test_one_sentence_and_nothing_else(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    content: Content,
    sentence: str,
) -> None:
    if callable(content):
        content = content(tmp_path)
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["adbayes", "check", "--data", name])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert line.startswith(f"adbayes: {name}")
    assert len(line) < 600
    assert "; " in line, "no remedy"
    assert re.search(sentence, line), line
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("none.csv", "none.csv: no such file; check the path"),
        ("folder.csv", "folder.csv: is a folder, not a file; name the file in it"),
        ("folder", "folder: is a folder, not a file; name the file in it"),
        (
            "good.csv/x.csv",
            "good.csv/x.csv: cannot be read (Not a directory); check its permissions",
        ),
        ("y" * 300 + ".csv", "cannot be read (File name too long)"),
    ],
)
def test_paths(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    path: str,
    sentence: str,
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "good.csv").write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["adbayes", "check", "--data", path])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert sentence in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("case", ["latin-1", "broken workbook", "broken transport file"])
def test_from_the_shell(tmp_path: Path, case: str) -> None:
    name, content, _ = REFUSED[case]
    if callable(content):
        content = content(tmp_path)
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    done = subprocess.run(
        [sys.executable, "-m", "adbayes.cli", "check", "--data", name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"adbayes: {name}: ")
    assert done.stderr.count("\n") == 1
