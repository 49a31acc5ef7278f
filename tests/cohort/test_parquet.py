import io
from datetime import date
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from adbayes.cohort.parquet import read_parquet
from adbayes.cohort.read import read_patients
from adbayes.errors import DataError


def content(table):
    written = io.BytesIO()
    pyarrow.parquet.write_table(table if isinstance(table, pa.Table) else pa.table(table), written)
    return written.getvalue()


def test_values_of_every_kind():
    table = read_parquet(
        "x.parquet",
        content(
            {
                "i": [1, None],
                "f": [2.5, float("nan")],
                "s": ["a", " "],
                "b": [True, False],
                "m": [Decimal("3.1"), None],
                "d": [date(2021, 3, 4), None],
                "k": [2**53 + 1, 2**53 + 3],
            }
        ),
    )
    assert table.columns == {
        "i": [1.0, None],
        "f": [2.5, None],
        "s": ["a", None],
        "b": [1.0, 0.0],
        "m": ["3.1", None],
        "d": ["2021-03-04", None],
        "k": ["9007199254740993", "9007199254740995"],  # as floats the two would be one patient
    }
    assert table.row_word == "row"


def test_a_plain_table_keeps_the_order_of_its_levels(tmp_path):
    frame = pd.DataFrame({"y": [1, 2], "g": pd.Categorical(["b", "a"], ["b", "a"])})
    frame.to_parquet(tmp_path / "x.parquet")
    found = read_patients(tmp_path / "x.parquet")
    assert not found.clinical
    assert list(found.frame["g"].cat.categories) == ["b", "a"]


def test_row_names_are_left_out_and_a_named_index_is_a_column():
    frame = pd.DataFrame({"y": [1, 2]}, index=[7, 9])
    table = read_parquet("x.parquet", content(pa.Table.from_pandas(frame)))
    assert list(table.columns) == ["y"]
    assert table.notes == ("x.parquet: row names of the data frame are left out",)
    named = content(pa.Table.from_pandas(frame.rename_axis("patient")))
    assert read_parquet("x.parquet", named).columns["patient"] == [7, 9]


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (content({"y": [[1]]}), "column y holds list<.*>, allowed are numbers, text"),
        (content({"y": [b"1"]}), "column y holds binary"),
        (content({"y": pa.array([], pa.int64())}), "the table has no rows"),
        (
            content(pa.table([pa.array([1])] * 2, names=["y", "y"])),
            "column y occurs more than once",
        ),
        (content({"y": [1]})[:-9], "the parquet file is damaged and cannot be read"),
        (content({"y": [1]})[:4], "the parquet file is damaged"),
    ],
)
def test_refusals(found, sentence):
    with pytest.raises(DataError, match=f"x.parquet: {sentence}"):
        read_parquet("x.parquet", found)
