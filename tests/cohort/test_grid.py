import pandas as pd
import pytest

from adbayes.cohort.grid import check_names, table_of_columns, table_of_rows
from adbayes.errors import DataError


def rows(*lines):
    return table_of_rows("x.csv", lines, tuple(range(1, len(lines) + 1)), "line")


def test_names_are_tidied_and_rows_keep_their_place():
    table = rows([" y ", "two\n words"], ["1", "a"], [2.5, None])
    assert table.columns == {"y": ["1", 2.5], "two words": ["a", None]}
    assert (table.rows, table.row_word, table.notes) == ((2, 3), "line", ())


def test_empty_edges_are_left_out_and_told():
    table = rows(["y", "", "x", ""], ["1", "", "2", " "], ["", "", "3", ""], ["", "", "", ""])
    assert table.columns == {"y": ["1", None], "x": ["2", "3"]}
    assert table.rows == (2, 3)
    assert table.notes == (
        "x.csv: 1 empty row at the end left out",
        "x.csv: 2 empty columns left out",
    )


def test_an_empty_row_between_others_is_kept():
    assert rows(["y", "x"], ["1", "2"], ["", ""], ["3", "4"]).columns["y"] == ["1", None, "3"]


def test_an_empty_cell_at_the_end_of_one_column_is_missing():
    assert rows(["y"], ["1"], [None]).columns == {"y": ["1", None]}


def test_row_names_are_left_out_and_told():
    table = rows(["", "y", "x"], ["1", "2", "3"])
    assert table.columns == {"y": ["2"], "x": ["3"]}
    assert table.notes == ("x.csv: the first column has no name (row names) and is left out",)


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([], "the file is empty"),
        ([["y", "x"]], "a header but no rows"),
        ([["y", "x"], ["", ""]], "a header but no rows"),
        ([["y", "x"], ["1"], ["1", "2", "3"]], r"2 rows do not have .* \(line 2: 1, line 3: 3\)"),
        ([["y", "", "x"], ["1", "2", "3"]], r"column 2 \(counted from the left\) has no name"),
        ([["", "y", "", "x"], ["1", "2", "3", "4"]], r"column 3 \(counted from the left\) has no"),
        ([["y", "y"], ["1", "2"]], "column y occurs more than once in the header"),
        ([["y", "x\x07"], ["1", "2"]], "column 2 .* control character in its name"),
        (
            [["a", "0", "30.5"], ["a", "16", "3"]],
            r"the header \(line 1\) holds numbers \(0, 30.5\)",
        ),
    ],
)
def test_refusals(lines, sentence):
    with pytest.raises(DataError, match=sentence):
        rows(*lines)


def test_a_number_may_name_a_column_beside_the_vocabulary():
    assert list(rows(["patient", "2021"], ["a", "1"]).columns) == ["patient", "2021"]


def test_columns_keep_their_types_for_a_plain_table():
    frame = pd.DataFrame({"y": [1, 2], "g": pd.Categorical(["b", "a"])})
    table = table_of_columns("x", [("y", [1, 2]), ("g", ["b", "a"])], frame)
    assert table.columns == {"y": [1.0, 2.0], "g": ["b", "a"]}
    assert (table.rows, table.row_word) == ((1, 2), "row")
    assert table.renamed({"z": "y"}).typed.columns.tolist() == ["z", "g"]


@pytest.mark.parametrize("columns", [[], [("y", [])]])
def test_no_rows(columns):
    with pytest.raises(DataError, match="x: the table has no rows"):
        table_of_columns("x", columns)


def test_names_are_counted_from_the_left_of_the_file():
    with pytest.raises(DataError, match="column 5 "):
        check_names(["y", " "], "x", [1, 4])
