import numpy as np
import pandas as pd
import pytest

from adbayes.cohort.describe import (
    column_table,
    derived_columns,
    missing_patterns,
    responders,
    visit_table,
)
from adbayes.cohort.read import cohort_from_frame
from adbayes.cohort.simulate import simulate_patients

# patient: EASI at weeks 0, 16, 52; d has no baseline, e no row at week 52, f only a baseline
SCORES = {
    "a": (30.0, 3.0, 3.0),
    "b": (20.0, 5.0, 2.1),
    "c": (72.0, np.nan, 7.2),
    "d": (np.nan, 4.0, 0.0),
    "e": (40.0, 20.0, None),
    "f": (16.0, np.nan, np.nan),
}


@pytest.fixture(scope="module")
def cohort():
    rows = [
        {"patient": name, "visit": week, "easi": x, "ldh": 10.0 * i + 200, "age": 20.0 + i, "site": "xy"[i % 2]}
        for i, (name, scores) in enumerate(SCORES.items())
        for week, x in zip((0, 16, 52), scores, strict=True)
        if x is not None
    ]  # fmt: skip
    return cohort_from_frame(pd.DataFrame(rows))


def test_outcomes_by_visit(cohort):
    found = visit_table(cohort).set_index(["outcome", "visit"])
    week52 = found.loc[("easi", 52)]
    x = [3.0, 2.1, 7.2, 0.0]
    assert (week52["n"], week52["missing"]) == (4, 2)  # an absent row is missing too
    assert week52["mean"] == pytest.approx(np.mean(x))
    assert week52["sd"] == pytest.approx(np.std(x, ddof=1))
    assert week52["median"] == pytest.approx(2.55)
    assert (week52["low"], week52["high"]) == (0, 7.2)
    assert (week52["floor"], week52["floor_share"]) == (1, 0.25)
    assert (week52["ceiling"], week52["ceiling_share"]) == (0, 0)
    baseline = found.loc[("easi", 0)]
    assert (baseline["ceiling"], baseline["ceiling_share"]) == (1, 0.2)
    labs = found.loc[("ldh", 0)]
    assert labs["n"] == 6
    assert labs[["floor", "ceiling", "floor_share", "ceiling_share"]].isna().all()


def test_patterns_of_observed_visits(cohort):
    found = missing_patterns(cohort).query("outcome == 'easi'").set_index("pattern")
    assert found["patients"].to_dict() == {
        "0 16 52": 2,
        "0 . 52": 1,
        ". 16 52": 1,
        "0 16 .": 1,
        "0 . .": 1,
    }
    assert found["kind"].to_dict() == {
        "0 16 52": "complete",
        "0 . 52": "intermittent",
        ". 16 52": "intermittent",
        "0 16 .": "dropout",
        "0 . .": "dropout",
    }
    assert found["share"].sum() == pytest.approx(1)
    assert found.index[0] == "0 16 52"


def test_a_patient_without_any_value_is_counted():
    frame = pd.DataFrame({"patient": list("abc"), "visit": 0, "easi": [1.0, 2.0, np.nan]})
    found = missing_patterns(cohort_from_frame(frame)).set_index("kind")["patients"]
    assert found.to_dict() == {"complete": 2, "never": 1}


def test_responders_over_completers_and_over_all(cohort):
    found = responders(cohort).set_index(["rule", "visit"])
    # week 52: a 90 %, b 89.5 %, c 90 %; d has no baseline; e and f no score
    easi90 = found.loc[("easi90", 52)]
    assert (easi90["responders"], easi90["completers"], easi90["patients"]) == (2, 3, 6)
    assert easi90["share_completers"] == pytest.approx(2 / 3)
    assert easi90["share_failure"] == pytest.approx(2 / 6)
    easi75 = found.loc[("easi75", 16)]
    assert (easi75["responders"], easi75["completers"]) == (2, 3)
    assert set(found.index.get_level_values("visit")) == {16, 52}


def test_derived_columns_have_a_meaning_each(cohort):
    found = derived_columns(cohort).set_index("column")
    assert found.loc["ldh_ge_250_w52", "meaning"] == "1 where ldh at week 52 is >= 250"
    assert found.loc["easi90", "meaning"] == "1 where easi fell by at least 90 % of baseline"
    assert found.loc["easi90", "n"] == 6
    assert "positive is improvement" in found.loc["easi_percent_change", "meaning"]
    full = derived_columns(simulate_patients(seed=1, n_patients=20))
    assert (full["meaning"].str.len() > 10).all()
    assert full["meaning"].is_unique


def test_columns_of_patients_are_counted_once_a_patient(cohort):
    found = column_table(cohort).set_index("column")
    assert list(found.index) == ["age", "site"]
    assert (found.loc["age", "n"], found.loc["age", "mean"]) == (6, 22.5)
    assert found.loc["site", "levels"] == "x (3), y (3)"


def test_a_plain_table():
    plain = cohort_from_frame(pd.DataFrame({"y": [1.0, 3.0, np.nan], "g": ["a", "a", "b"]}))
    found = column_table(plain).set_index("column")
    assert found.loc["y", ["n", "missing", "values", "mean"]].tolist() == [2, 1, 2, 2.0]
    assert found.loc["g", "levels"] == "a (2), b (1)"
    for table in (visit_table, missing_patterns, responders, derived_columns):
        assert table(plain).empty
