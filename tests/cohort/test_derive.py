from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from adbayes.cohort.derive import (
    CONCURRENT,
    concurrent,
    derive,
    flag_column,
    is_derived,
    timing,
)


def pair(base, later, name="easi", **others):
    return pd.DataFrame(
        {"patient": ["a", "a"], "visit": [0, 16], name: [base, later], **others}
    ).astype({name: float})


def value(frame, column, visit=16):
    return frame.loc[frame["visit"] == visit, column].item()


def test_every_pair_on_the_easi_grid_agrees_with_exact_fractions():
    # all baselines 0.1 to 72.0 with every later score within 3 steps of either threshold, and 0 and 72
    pairs = []
    for b in range(1, 721):
        near = {x for k in (10, 4) for x in range(b // k - 3, b // k + 4) if 0 <= x <= 720}
        pairs += [(b, x) for x in sorted(near | {0, 720})]
    base, later = np.array(pairs).T
    n = len(pairs)
    data = pd.DataFrame(
        {
            "patient": np.repeat(np.arange(n).astype(str), 2),
            "visit": np.tile([0, 16], n),
            "easi": np.column_stack([base / 10, later / 10]).ravel(),
        }
    )
    found = derive(data).query("visit == 16")
    fall = [1 - Fraction(x, b) for b, x in pairs]
    for percent in (75, 90):
        expected = [float(f >= Fraction(percent, 100)) for f in fall]
        assert found[f"easi{percent}"].tolist() == expected
    assert found["easi_percent_change"].tolist() == [float(100 * f) for f in fall]
    assert found["easi_fraction"].tolist() == [float(1 - f) for f in fall]
    assert found["easi_change"].tolist() == [float(Fraction(x - b, 10)) for b, x in pairs]
    # the same rule in floats errs on this very grid, so the comparison above can fail
    floats = (base / 10 - later / 10) / (base / 10) >= 0.9
    assert (floats != np.array([f >= Fraction(9, 10) for f in fall])).sum() == 16


@pytest.mark.parametrize(
    ("base", "later", "easi75", "easi90"),
    [
        (30.0, 3.0, 1, 1),
        (30.0, 3.1, 1, 0),
        (30.0, 7.5, 1, 0),
        (30.0, 7.6, 0, 0),
        (16.0, 0.0, 1, 1),
        (20.0, 40.0, 0, 0),
    ],
)
def test_patients_on_the_threshold(base, later, easi75, easi90):
    found = derive(pair(base, later))
    assert (value(found, "easi75"), value(found, "easi90")) == (easi75, easi90)


def test_a_score_with_rounding_error_is_judged_on_its_grid():
    later = 0.1 + 0.2  # 0.30000000000000004
    assert value(derive(pair(3.0, later)), "easi90") == 1
    assert value(derive(pair(3.0, later)), "easi_fraction") == 0.1


def test_signs_and_definitions():
    found = derive(pair(8, 6, "nrs"))
    assert value(found, "nrs_baseline") == value(found, "nrs_baseline", 0) == 8
    assert value(found, "nrs_change") == -2
    assert value(found, "nrs_percent_change") == 25  # positive is improvement
    assert value(found, "nrs_fraction") == 0.75
    assert value(found, "week") == 16.0
    assert found["week"].dtype == float


def test_the_baseline_row_has_a_baseline_and_nothing_else():
    found = derive(pair(30.0, 3.0)).query("visit == 0")
    for name in ("easi_change", "easi_percent_change", "easi_fraction", "easi75", "easi90"):
        assert found[name].isna().all(), name


@pytest.mark.parametrize(("base", "later"), [(np.nan, 3.0), (30.0, np.nan)])
def test_a_missing_end_leaves_the_change_and_the_response_missing(base, later):
    found = derive(pair(base, later))
    for name in ("easi_change", "easi_percent_change", "easi_fraction", "easi75", "easi90"):
        assert np.isnan(value(found, name)), name


def test_a_patient_without_a_baseline_row_has_no_baseline():
    data = pd.DataFrame({"patient": ["a", "b"], "visit": [0, 16], "easi": [30.0, 3.0]})
    assert np.isnan(value(derive(data), "easi_baseline"))


def test_a_baseline_of_zero_has_a_change_but_no_percent():
    found = derive(pair(0.0, 0.0))
    assert value(found, "easi_change") == 0
    for name in ("easi_percent_change", "easi_fraction", "easi75", "easi90"):
        assert np.isnan(value(found, name)), name


def test_age_over_30_is_strict():
    ages = [29.0, 30.0, 30.5, np.nan]
    data = pd.DataFrame({"patient": list("abcd"), "visit": 0, "age": ages})
    np.testing.assert_array_equal(derive(data)["age_over_30"], [0, 0, 1, np.nan])


@pytest.mark.parametrize(
    ("name", "low", "cut", "high", "at_cut"),
    [("ige", 99.9, 100, 100.1, 0), ("tec", 499.9, 500, 500.1, 0), ("ldh", 249.9, 250, 250.1, 1)],
)
def test_flags_at_the_cut(name, low, cut, high, at_cut):
    data = pd.DataFrame(
        {
            "patient": np.repeat(list("abcd"), 2),
            "visit": np.tile([0, 32], 4),
            name: [low, 1, cut, 1, high, 1, np.nan, 1],
        }
    )
    found = derive(data)
    flag = found[flag_column(name, 0)]
    np.testing.assert_array_equal(
        flag, np.repeat([0, at_cut, 1, np.nan], 2)
    )  # on every row of the patient
    assert (found[flag_column(name, 32)] == 0).all()


def test_flag_names():
    names = [flag_column(o, v) for o, v in (("ige", 0), ("tec", 32), ("ldh", 52))]
    assert names == ["ige_gt_100_w0", "tec_gt_500_w32", "ldh_ge_250_w52"]


def test_derived_names_are_known_and_replaced_not_trusted():
    data = pair(30.0, 3.0, age=30.0, ldh=[300.0, 200.0])
    found = derive(data)
    added = [name for name in found.columns if name not in data.columns]
    assert all(is_derived(name) for name in added)
    assert not any(
        is_derived(name) for name in (*data.columns, "easi_change_2", "site", "ldh_ge_300_w0")
    )
    again = derive(found.assign(easi90=0.0, ldh_ge_250_w0=7.0))
    pd.testing.assert_frame_equal(again, found)


def test_the_input_is_left_alone():
    data = pair(30.0, 3.0)
    derive(data)
    assert list(data.columns) == ["patient", "visit", "easi"]


def test_classes_count_the_rules_that_are_met():
    for later, expected in ((7.6, 0), (7.5, 1), (3.1, 1), (3.0, 2), (0.0, 2), (40.0, 0)):
        assert value(derive(pair(30.0, later)), "easi_class") == expected
    for data in (pair(np.nan, 3.0), pair(30.0, np.nan), pair(0.0, 0.0)):
        assert np.isnan(value(derive(data), "easi_class"))
    assert np.isnan(value(derive(pair(30.0, 3.0)), "easi_class", 0))


@pytest.mark.parametrize("name", ["tec_gt_500_w32", "ldh_ge_250_w52", "ige_gt_100_w16"])
def test_labs_after_baseline_are_concurrent(name: str) -> None:
    assert concurrent(name)
    assert timing(name) == CONCURRENT


@pytest.mark.parametrize(
    "name", ["tec_gt_500_w0", "female", "visit[16]", "ldh_baseline", "crp_gt_5_w4", ""]
)
def test_nothing_else_is(name: str) -> None:
    assert not concurrent(name)
    assert timing(name) == ""
