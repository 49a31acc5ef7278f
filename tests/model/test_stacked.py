"""Stacked rows: what becomes of columns, and which rows belong together."""

import numpy as np
import pandas as pd
import pytest

from adbayes.cohort.library import load_cohort
from adbayes.cohort.read import cohort_from_frame
from adbayes.inference.plan import plan
from adbayes.model.spec import load_spec
from adbayes.model.stacked import cells, correlated, score_pairs


def test_values_stay_with_their_patient_visit_and_score() -> None:
    cohort = load_cohort(0)
    ((analysis, frame),) = plan(load_spec("scores_joint"), cohort).jobs
    assert frame.n_rows == 4 * len(cohort.frame)
    assert frame.n_units == cohort.n_patients
    wide = frame.data.pivot_table(
        index=["patient", "visit"], columns="score", values="value", observed=True
    )
    source = cohort.frame.assign(
        patient=cohort.frame["patient"].astype(str), visit=cohort.frame["visit"].astype(str)
    ).set_index(["patient", "visit"])
    for score in analysis.data.stack:
        both = wide[score].to_frame("mine").join(source[score])
        assert (both["mine"] == both[score]).all()


def test_cells_are_scores_at_visits_in_the_order_stated() -> None:
    ((analysis, frame),) = plan(load_spec("scores_joint"), load_cohort(0)).jobs
    found = list(cells(analysis, frame))
    assert [one[:2] for one in found[:5]] == [
        ("easi", "0"), ("easi", "16"), ("easi", "32"), ("easi", "52"), ("nrs", "0"),
    ]  # fmt: skip
    assert sum(mask for *_, mask in found).tolist() == [1] * frame.n_rows
    assert correlated(analysis, frame) == 4


def test_a_model_of_one_outcome_has_its_visits() -> None:
    ((analysis, frame),) = plan(load_spec("easi_change"), load_cohort(0)).jobs
    assert [one[:2] for one in cells(analysis, frame)] == [
        ("easi", week) for week in ("0", "16", "32", "52")
    ]
    assert correlated(analysis, frame) == 2


def test_pairs_are_of_patients_that_have_both_and_gaps_are_counted_by_score() -> None:
    table = load_cohort(0).frame.copy()
    weeks, patients = table["visit"] == 52, table["patient"].unique()
    table.loc[weeks & table["patient"].isin(patients[:7]), "nrs"] = np.nan
    cohort = cohort_from_frame(table, evidence="simulated")
    ((analysis, frame),) = plan(load_spec("correlations"), cohort).jobs
    assert frame.dropped == {"nrs missing": 7}
    sizes = {}
    for visit, first, second, rows in score_pairs(analysis, frame):
        assert visit == "52"
        sizes[first, second] = rows.shape[1]
        one, other = (frame.data.iloc[row].reset_index(drop=True) for row in rows)
        assert (one["patient"] == other["patient"]).all()
        assert set(one["score"]) == {first}
        assert set(other["score"]) == {second}
    assert sizes["easi", "nrs"] == 92
    assert sizes["easi", "poem"] == 99


@pytest.mark.parametrize("missing", ["nrs", "dlqi"])
def test_rows_of_a_missing_score_do_not_cost_the_others(missing: str) -> None:
    table = load_cohort(0).frame.copy()
    table.loc[table.index[::3], missing] = np.nan
    ((_, frame),) = plan(
        load_spec("scores_joint"), cohort_from_frame(table, evidence="simulated")
    ).jobs
    counts = pd.Series(frame.outcomes).value_counts()
    assert counts["easi"] == len(table)
    assert counts[missing] == table[missing].notna().sum()
