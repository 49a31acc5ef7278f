import subprocess
import sys

import pytest

from adbayes.cohort.formats import read_table
from adbayes.errors import DataError


def test_suffixes_in_any_capitals(tmp_path):
    (tmp_path / "x.CSV").write_text("y,x\n1,2\n")
    assert read_table(str(tmp_path / "x.CSV")).columns == {"y": ["1"], "x": ["2"]}


def test_a_path_with_letters_of_all_kinds(tmp_path):
    (tmp_path / "données 1.csv").write_text("y,x\n1,2\n")
    assert read_table(tmp_path / "données 1.csv").name == "données 1.csv"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("x.csv", b"PK\x03\x04..xl/workbook", "is an Excel workbook, not the csv its suffix says; rename"),
        ("x.csv", b"\n <html>", "is a web page or XML, not the csv its suffix says; save it as csv"),
        ("x.csv", b"\xef\xbb\xbf{}", "is JSON, not the csv"),
        ("x.tsv", b"PAR1", "is a parquet file, not the tsv its suffix says; rename it to .parquet"),
        ("x.xlsx", b"PAR1", "is a parquet file, not the xlsx"),
        ("x.parquet", b"PK\x03\x04", "is a zip archive, not the parquet its suffix says; save it as"),
        ("x.xpt", b"a,b\n1,2\n", r"is not a SAS transport file, .*\(its first bytes are 61 2c 62 0a"),
        ("x.sas7bdat", b"HEADER RECORD*******", "is a SAS transport file, .* rename it to .xpt"),
    ],
)  # fmt: skip
def test_content_that_is_not_what_the_suffix_says(tmp_path, name, content, sentence):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=f"{name}: {sentence}"):
        read_table(tmp_path / name)


def test_paths_that_are_refused(tmp_path, monkeypatch):
    for path, sentence in (
        ("none.csv", r"none\.csv: no such file; check the path"),
        (".", "is a folder, not a file; name the file in it"),
        (
            "x.doc",
            r"x\.doc: the suffix '\.doc' is not read; csv, tsv, parquet, xlsx, sas7bdat, xpt",
        ),
        ("x", "x: no suffix is not read"),
        ("x\0.csv", "a path cannot hold a zero byte"),
    ):
        with pytest.raises(DataError, match=sentence):
            read_table(tmp_path / path)

    def refuse(self):
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "x.csv"
    path.write_text("y\n1\n")
    monkeypatch.setattr(type(path), "read_bytes", refuse)
    with pytest.raises(DataError, match=r"x\.csv: cannot be read \(Permission denied\); check its"):
        read_table(path)


def test_a_format_loads_its_library_when_it_is_read():
    code = (
        "import sys, adbayes.cohort.read; "
        "print(sorted({'openpyxl', 'pyreadstat', 'pandera', 'pymc', 'bambi'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
