import numpy as np
import pandas as pd
import pytest

from adbayes.cohort.table import Table, cell
from adbayes.cohort.validate import patient_frame
from adbayes.errors import DataError


def table(**columns):
    base = {"patient": ["a", "a", "b", "b"], "visit": [0, 16, 0, 16], "easi": [30, 3, 20, 5]}
    cells = {name: [cell(v) for v in values] for name, values in (base | columns).items()}
    return Table("x.csv", cells, tuple(range(2, len(cells["patient"]) + 2)), "line")


def test_types_of_the_frame():
    frame, messages = patient_frame(table(site=["x", "", "y", "y"], dose=["1", "", "2", "3"]))
    assert list(frame.columns) == ["patient", "visit", "easi", "site", "dose"]
    assert frame["visit"].dtype == np.int64
    assert frame["easi"].dtype == frame["dose"].dtype == float
    assert frame["site"].isna().tolist() == [False, True, False, False]
    assert frame.loc[[0, 2, 3], "site"].tolist() == ["x", "y", "y"]
    assert messages == ()


def test_rows_are_sorted_by_patient_and_visit():
    frame, _ = patient_frame(
        table(patient=["10", "9", "b", "9"], visit=[0, 16, 0, 0], easi=[1, 2, 3, 4])
    )
    assert frame["patient"].tolist() == ["9", "9", "10", "b"]
    assert frame["easi"].tolist() == [4, 2, 1, 3]


def test_identifiers_stay_text():
    frame, _ = patient_frame(table(patient=["01", "01", "1", "1"]))
    assert frame["patient"].tolist() == ["01", "01", "1", "1"]
    frame, _ = patient_frame(table(patient=[1.0, 1.0, 2, 2]))
    assert frame["patient"].tolist() == ["1", "1", "2", "2"]


def test_a_score_that_misses_its_grid_by_rounding_is_put_on_it():
    frame, _ = patient_frame(table(easi=[0.1 + 0.2, 3, 20, 5]))
    assert frame["easi"][0] == 0.3 != 0.1 + 0.2


def test_patient_level_values_spread_from_one_row_to_all():
    frame, _ = patient_frame(
        table(age=["31", "", "", "45"], female=["", "1", "", ""], patient=["a", "a", "b", "b"])
    )
    assert frame["age"].tolist() == [31, 31, 45, 45]
    pd.testing.assert_series_equal(
        frame["female"], pd.Series([1, 1, np.nan, np.nan], name="female")
    )


def test_sex_becomes_female():
    frame, messages = patient_frame(table(sex=["F", "F", "M", "M"]))
    assert frame["female"].tolist() == [1, 1, 0, 0]
    assert "sex" not in frame.columns
    assert messages == ("x.csv: column sex read as female: F = 1, M = 0",)


REFUSALS = {
    "above": (
        {"easi": [81, 3, 20, 5]},
        r"column easi: 1 value out of range \(line 2: 81\); EASI is 0 to 72 in steps of 0\.1",
    ),
    "below": (
        {"nrs": [1, -1, 2, -2]},
        r"column nrs: 2 values out of range \(line 3: -1, line 5: -2\); .* 0 to 10 in steps of 1",
    ),
    "off the 0.1 grid": (
        {"easi": [30.05, 3, 20, 5]},
        r"column easi: 1 value between the steps \(line 2: 30\.05\); .*round them",
    ),
    "off the integers": (
        {"dlqi": [1.5, 3, 20, 5]},
        r"column dlqi: 1 value between the steps \(line 2: 1\.5\); DLQI is 0 to 30",
    ),
    "text": (
        {"poem": ["1", "2", "x", "3,5"]},
        r"poem: 2 values not a finite number \(line 4: x, line 5: 3,5\); .*point for decimals",
    ),
    "infinite": (
        {"ldh": [float("inf"), 2, 3, 4]},
        r"column ldh: 1 value not a finite number \(line 2: ",
    ),
    "lab of zero": (
        {"ldh": [0, 200, 3, 4]},
        r"column ldh: 1 value out of range \(line 2: 0\); LDH is a number above 0",
    ),
    "age": (
        {"age": [140, 140, 3, 3]},
        r"column age: 2 values out of range \(line 2: 140, line 3: 140\); age is 0 to 120 years",
    ),
    "changes": (
        {"age": [30, 31, 40, 41]},
        r"column age: patient a changes between rows \(line 2: 30, line 3: 31\), and 1 more; one",
    ),
    "sex changes": (
        {"sex": ["F", "M", "F", "F"]},
        r"column sex: patient a changes between rows \(line 2: F, line 3: M\); one value",
    ),
    "both sexes": (
        {"sex": ["F"] * 4, "female": [1] * 4},
        "columns sex and female say the same; leave one",
    ),
    "duplicate": (
        {"visit": [0, 0, 0, 16]},
        r"patient a has 2 rows for week 0 \(line 2, line 3\); one row a patient and visit",
    ),
    "duplicate by name": (
        {"visit": ["0", "baseline", "0", "16"]},
        r"patient a has 2 rows for week 0 \(line 2, line 3\)",
    ),
    "no baseline": (
        {"visit": [4, 16, 4, 16]},
        r"column visit: no baseline, the weeks found are 4, 16; .*needs visit 0",
    ),
    "one patient": (
        {"patient": ["a"] * 4, "visit": [0, 1, 2, 3]},
        r"column patient: 1 patient \(a\) in 4 rows, at least 2",
    ),
    "no patient": (
        {"patient": ["a", "", "b", "NA"]},
        r"column patient: 2 values missing \(line 3: empty, line 5: empty\)",
    ),
    "no visit": (
        {"visit": [0, "", 0, 16]},
        r"column visit: 1 value not understood as weeks \(line 3: empty\)",
    ),
}


@pytest.mark.parametrize(("columns", "sentence"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(columns, sentence):
    with pytest.raises(DataError, match=sentence) as caught:
        patient_frame(table(**columns))
    assert str(caught.value).startswith("x.csv, column") or "sex and female" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_ends_of_every_range_are_allowed():
    for name, ends in {
        "easi": (0, 72),
        "nrs": (0, 10),
        "poem": (0, 28),
        "dlqi": (0, 30),
        "age": (0, 120),
    }.items():
        frame, _ = patient_frame(table(**{name: [ends[0]] * 2 + [ends[1]] * 2}))
        assert set(frame[name]) == set(ends)
