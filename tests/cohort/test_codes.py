import math

import pytest

from adbayes.cohort.codes import binary, weeks
from adbayes.cohort.table import Table, cell
from adbayes.errors import DataError


def table(name, *values):
    return Table(
        "x.csv", {name: [cell(v) for v in values]}, tuple(range(2, len(values) + 2)), "line"
    )


def test_numbers_are_weeks_without_a_message():
    assert weeks(table("visit", "0", "16", "16.0", 52)) == ([0, 16, 16, 52], ())


def test_names_with_one_meaning_are_mapped_and_the_mapping_is_told():
    read, messages = weeks(
        table("visit", "Baseline", "Week 16", "W32", "52 weeks", "wk 4", "BL", "8")
    )
    assert read == [0, 16, 32, 52, 4, 0, 8]
    (message,) = messages
    assert message.startswith("x.csv: visits read as weeks: ")
    for part in ("Baseline = 0", "BL = 0", "wk 4 = 4", "Week 16 = 16", "W32 = 32", "52 weeks = 52"):
        assert part in message
    assert "8 = 8" not in message


def test_v1_to_v4_are_the_study_visits():
    read, messages = weeks(table("visit", "V2", "V1", "V4", "V3", "V1"))
    assert read == [16, 0, 52, 32, 0]
    assert messages == ("x.csv: visits read as weeks: V1 = 0, V2 = 16, V3 = 32, V4 = 52",)


@pytest.mark.parametrize(
    "values",
    [
        ("V1", "V2", "V3"),
        ("V1", "V2", "V3", "V4", "V5"),
        ("V0", "V1", "V2", "V3"),
        ("V1", "V2", "V3", "V4", "Week 52"),
        ("V1", "Visit 1", "V3", "V4"),
    ],
)
def test_other_visit_numbers_have_more_than_one_meaning(values):
    with pytest.raises(
        DataError, match=r"x\.csv, column visit: \d values? not understood as weeks \(line 2: V"
    ):
        weeks(table("visit", *values))


@pytest.mark.parametrize("value", ["16.5", "-4", "", "screening", "Week sixteen", "week 1.5"])
def test_visits_without_a_meaning_are_refused(value):
    with pytest.raises(
        DataError,
        match=r"1 value not understood as weeks \(line 3: .*whole weeks since the first dose",
    ):
        weeks(table("visit", "0", value))


def test_zero_and_one_need_no_message():
    values, messages = binary(table("concomitant", "0", "1", "1.0", ""), "concomitant")
    assert values[:3] == [0, 1, 1]
    assert math.isnan(values[3])
    assert messages == ()


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("sex", ("F", "M", "female", "Male"), [1, 0, 1, 0]),
        ("female", ("F", "m"), [1, 0]),
        ("female", ("Yes", "no"), [1, 0]),
        ("adult_onset", ("TRUE", "false"), [1, 0]),
        ("concomitant", ("Y", "n"), [1, 0]),
    ],
)
def test_words_are_mapped_and_the_mapping_is_told(column, values, expected):
    read, messages = binary(table(column, *values), column)
    assert read == expected
    name = "female" if column == "sex" else column
    assert messages[0].startswith(f"x.csv: column {column} read as {name}: ")
    for word, number in zip(values, expected, strict=True):
        assert f"{word} = {number}" in messages[0]


@pytest.mark.parametrize(
    ("column", "value", "allowed"),
    [
        ("sex", "1", "F and M"),
        ("sex", "x", "F and M"),
        ("female", "T", "0, 1, F and M, Yes and No"),
        ("adult_onset", "F", "0, 1, Yes and No"),
        ("concomitant", "2", "0, 1, Yes and No"),
    ],
)
def test_other_codes_are_refused(column, value, allowed):
    sentence = rf"x\.csv, column {column}: 1 value not understood \(line 2: {value}\); allowed are {allowed}"
    with pytest.raises(DataError, match=sentence):
        binary(table(column, value), column)


@pytest.mark.parametrize(
    "value",
    ["2021-03-04", "2021/3/4", "04.03.2021", "3/4/21", "4 Mar 2021", "04MAR2021", "4-mar-21",
     "2021-03-04 00:00:00", "2021-03-04T08:30", "44259", "20210304", 44259.0],
)  # fmt: skip
def test_dates_are_told_from_weeks(value):
    with pytest.raises(
        DataError,
        match=r"1 value not weeks but dates \(line 3: .*count them from each patient's first",
    ):
        weeks(table("visit", "0", value))


@pytest.mark.parametrize("value", ["1e9", "5200.5", "week 99999", "-44259", "2021-03", "12:30"])
def test_other_wrong_visits_are_not_called_dates(value):
    with pytest.raises(DataError, match="1 value not understood as weeks"):
        weeks(table("visit", "0", value))


def test_a_century_of_weeks_is_read():
    assert weeks(table("visit", "5200"))[0] == [5200]
    with pytest.raises(DataError, match="not weeks but dates"):
        weeks(table("visit", "5201"))


def test_another_column_may_hold_the_visits():
    assert weeks(table("AVISIT", "Baseline"), "AVISIT")[0] == [0]
    with pytest.raises(DataError, match=r"column AVISIT: 1 value not understood"):
        weeks(table("AVISIT", "End"), "AVISIT")
