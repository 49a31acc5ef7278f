import numpy as np
import pandas as pd
import pytest

from adbayes.results.result_table import ResultTable, as_result


@pytest.fixture
def table() -> ResultTable:
    return ResultTable(
        {
            "model": "easi_change",
            "cohort": pd.array([0, 0], dtype="Int64"),
            "estimand": ["mean", "mean_change"],
            "visit": ["0", "52"],
            "median": [30.0123456, -26.5],
            "mcse_mean": [0.01234, np.nan],
            "flag": ["", ""],
            "note": ["short", "a" * 60],
        }
    )


def test_what_does_not_vary_is_said_once_and_empty_columns_are_left_out(table):
    assert repr(table).splitlines() == [
        "model easi_change, cohort 0",
        "   estimand visit median mcse_mean                                     note",
        "       mean     0  30.01   0.01234                                    short",
        "mean_change    52  -26.5           aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...",
        "2 rows",
    ]


def test_columns_beyond_the_terminal_are_named(table, monkeypatch):
    monkeypatch.setenv("COLUMNS", "34")
    shown = repr(table).splitlines()
    assert shown[1].split() == ["estimand", "visit", "median"]
    assert shown[-1] == "2 rows; columns not shown: mcse_mean, note"
    assert max(map(len, shown[1:-1])) <= 34


def test_printing_changes_nothing_that_is_stored(table):
    repr(table)
    assert list(table.columns)[-2:] == ["flag", "note"]
    assert table.loc[0, "median"] == 30.0123456
    assert table.to_csv() == pd.DataFrame(table).to_csv()


def test_a_selection_prints_alike_and_keeps_its_last_column(table):
    assert "model easi_change" in repr(table.query("visit == '52'"))
    assert repr(table[["model"]]).count("easi_change") == 2
    assert isinstance(table.head(1), ResultTable)
    assert "1 row" in repr(table.head(1))
    assert type(table["median"]) is pd.Series


def test_named_rows_stay_and_counted_rows_do_not(table):
    assert repr(table.set_index("estimand")).splitlines()[-2].startswith("mean_change")
    counted = repr(table.iloc[[1]]).splitlines()
    assert counted[-2].split()[0] == "mean_change"


def test_long_tables_are_shortened():
    shown = repr(ResultTable({"x": np.arange(1000.0)})).splitlines()
    assert len(shown) < 20
    assert shown[-1] == "1000 rows"


def test_an_empty_table_and_double_names_print_as_pandas_does():
    empty = ResultTable({"x": []})
    assert repr(empty) == repr(pd.DataFrame({"x": []}))
    double = pd.DataFrame([[1, 2]], columns=["x", "x"])
    assert repr(ResultTable(double)) == repr(double)


def test_a_notebook_shows_every_column_and_escapes_text(table):
    page = table.assign(note="<b>")._repr_html_()
    assert "<div>note &lt;b&gt;</div>" in page
    assert "<th>mcse_mean</th>" in page
    assert "flag" not in page
    assert "30.01" in page
    assert "30.0123" not in page


def test_a_function_keeps_its_name_and_its_frame():
    @as_result
    def made(n: int) -> pd.DataFrame:
        """Say."""
        return pd.DataFrame({"x": range(n)})

    assert (made.__name__, made.__doc__) == ("made", "Say.")
    pd.testing.assert_frame_equal(pd.DataFrame(made(2)), pd.DataFrame({"x": [0, 1]}))
    assert isinstance(made(2), ResultTable)
