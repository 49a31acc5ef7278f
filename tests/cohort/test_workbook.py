import io

import openpyxl
import pytest

from adbayes.cohort.workbook import read_workbook
from adbayes.errors import DataError


def content(change=lambda book: None, rows=(("y", "x"), (1, "a"), (2.5, None), (True, "b"))):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    change(book)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def test_cells_of_the_sheet():
    table = read_workbook("x.xlsx", content())
    assert table.columns == {"y": [1.0, 2.5, 1.0], "x": ["a", None, "b"]}
    assert (table.rows, table.row_word, table.notes) == ((2, 3, 4), "row", ())


def test_rows_are_those_of_the_sheet():
    table = read_workbook("x.xlsx", content(rows=((), (), ("y", "x"), (1, 2), (), (3, 4))))
    assert table.rows == (4, 5, 6)
    assert table.columns["y"] == [1, None, 3]


def test_empty_sheets_and_hidden_ones_do_not_count():
    def change(book):
        book.create_sheet("empty")
        book.create_sheet("codes").append(["Yes"])
        book["codes"].sheet_state = "hidden"

    table = read_workbook("x.xlsx", content(change))
    assert table.notes == ("x.xlsx: hidden sheet left out: codes",)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda b: b.create_sheet("s").append([1]), r"2 sheets hold data \(Sheet, s\); one is"),
        (lambda b: b.active.delete_rows(1, 9), "no sheet holds anything"),
        (lambda b: b.active.merge_cells("A2:B2"), r"sheet Sheet: 1 merged ranges \(A2:B2\)"),
        (lambda b: b.active.__setitem__("A2", "=B2"), r"formulas without a saved value \(A2\)"),
        (lambda b: b.active.__setitem__("A2", "#N/A"), r"1 cells hold an error \(A2: #N/A\)"),
    ],
)
def test_refusals(change, sentence):
    with pytest.raises(DataError, match=sentence):
        read_workbook("x.xlsx", content(change))


def test_no_cut_of_the_file_ends_in_anything_but_a_sentence():
    whole = content()
    for end in range(0, len(whole), 97):
        with pytest.raises(DataError, match=r"x\.xlsx: the workbook is damaged"):
            read_workbook("x.xlsx", whole[:end])


def test_a_formula_counts_with_its_saved_value():
    """openpyxl saves no values of formulas, so the value is written into the file's XML."""
    import zipfile

    source = zipfile.ZipFile(io.BytesIO(content(lambda b: b.active.__setitem__("A2", "=1+1"))))
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name.endswith("sheet1.xml"):
                assert b"<v />" in data or b"<v></v>" in data or b"<v/>" in data
                for empty in (b"<v />", b"<v></v>", b"<v/>"):
                    data = data.replace(empty, b"<v>2</v>")
            target.writestr(name, data)
    assert read_workbook("x.xlsx", changed.getvalue()).columns["y"][0] == 2.0
