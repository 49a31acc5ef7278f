import math
from dataclasses import replace

import pytest

from adbayes.cohort.table import Table, cell, listed, nearest, number, short, show
from adbayes.errors import DataError


def table(**columns):
    n = len(next(iter(columns.values())))
    return Table("x.csv", columns, tuple(range(2, n + 2)), "line")


@pytest.mark.parametrize("value", ["", "  ", "NA", "na", "nan", "NaN", None, math.nan])
def test_what_is_missing(value):
    assert cell(value) is None
    assert math.isnan(number(cell(value)))


@pytest.mark.parametrize("value", [".", "-", "null", "missing", "0"])
def test_what_is_not_missing(value):
    assert cell(value) == value


@pytest.mark.parametrize(
    ("text", "expected"), [("3", 3), (" 3.50 ", 3.5), ("-.5", -0.5), ("+2.", 2), ("1e3", 1000)]
)
def test_numbers(text, expected):
    assert number(cell(text)) == expected


@pytest.mark.parametrize("text", ["3,5", "1_000", "٣", "inf", "0x1", "12 kg", "1e", "."])
def test_text_is_not_a_number(text):
    assert number(cell(text)) is None


def test_show():
    assert [show(x) for x in (3.0, 3.5, "W16", None)] == ["3", "3.5", "W16", "empty"]


def test_refusal_shows_five_values_and_counts_the_rest():
    found = table(easi=[str(90 + i) for i in range(7)]).refusal(
        "easi", list(range(7)), "too large", "correct them"
    )
    assert str(found) == (
        "x.csv, column easi: 7 values too large (line 2: 90, line 3: 91, line 4: 92, line 5: 93, line 6: 94, "
        "and 2 more); correct them"
    )


def test_numbers_of_a_column():
    found = table(x=["1", None, "2.5"]).numbers("x", "x is a number")
    assert (found[0], found[2]) == (1, 2.5)
    assert math.isnan(found[1])
    for wrong in ("3,5", math.inf):
        with pytest.raises(
            DataError,
            match=r"x\.csv, column x: 1 value not a finite number \(line 3: .*x is a number",
        ):
            table(x=["1", wrong]).numbers("x", "x is a number")


def test_renaming_keeps_the_order():
    found = table(id=["a"], EASI_TOTAL=["3"], site=["x"]).renamed(
        {"easi": "EASI_TOTAL", "patient": "id"}
    )
    assert list(found.columns) == ["patient", "easi", "site"]


def test_two_columns_can_swap_names():
    found = table(a=["1"], b=["2"]).renamed({"a": "b", "b": "a"})
    assert found.columns == {"b": ["1"], "a": ["2"]}


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        (
            {"easi": "EASI_TOTL"},
            r"'EASI_TOTL' for easi, which is not in the file \(did you mean 'EASI_TOTAL'\?\)",
        ),
        (
            {"easi": "zzz"},
            "'zzz' for easi, which is not in the file; its columns are EASI_TOTAL, easi",
        ),
        (
            {"easi": "EASI_TOTAL"},
            "EASI_TOTAL cannot be called easi, the file has a column easi already",
        ),
        ({"a": "EASI_TOTAL", "b": "EASI_TOTAL"}, "names one column of the file twice"),
    ],
)
def test_renaming_refuses(columns, sentence):
    with pytest.raises(DataError, match=sentence):
        table(EASI_TOTAL=["1"], easi=["2"]).renamed(columns)


def test_nearest_ignores_capitals():
    assert nearest("visit", ["Visit", "Age"]) == " (did you mean 'Visit'?)"
    assert nearest("visit", ["Age"]) == ""


def test_large_whole_numbers_stay_apart():
    assert [cell(2**53), cell(2**53 + 1), cell(-(2**53) - 1)] == [
        2.0**53,
        "9007199254740993",
        "-9007199254740993",
    ]
    assert cell(True) == 1.0


def test_short_is_one_line_of_at_most_40_characters():
    assert short("x" * 40) == "x" * 40
    assert short("x" * 41) == "x" * 37 + "..."
    assert short("a\nb\x07") == "'a\\nb\\x07'"
    assert [short(3.0), short(None), short("é")] == ["3", "empty", "é"]


def test_listed_shows_five_names():
    assert listed(["a", "b"]) == "a, b"
    assert listed("abcdefg") == "a, b, c, d, e and 2 more"


def test_notes_name_the_table_and_add_up():
    noted = table(x=["1"]).noted("one").noted("two", "three")
    assert noted.notes == ("x.csv: one", "x.csv: two", "x.csv: three")


def test_a_gathered_column_says_where_each_cell_stands():
    found = replace(
        table(easi=["1", "2"], nrs=["3", "4"]), places={"easi": ["row 7, W0", "row 9, W16"]}
    )
    assert found.at([1], "easi") == "row 9, W16: 2"
    assert found.at([1], "nrs") == "line 3: 4"
    assert found.at([1]) == "line 3"
