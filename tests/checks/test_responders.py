"""Replicated fractions and classes are judged by the rules that the data are judged by."""

import numpy as np

from adbayes.checks.responders import response_statistics
from adbayes.cohort.cohort import Cohort
from adbayes.inference.plan import plan
from adbayes.model.spec import load_spec


def test_the_data_themselves_give_the_counted_responders(patients: Cohort) -> None:
    visits = patients.frame[patients.frame["visit"] > 0]
    for name in ("easi_fraction", "easi_classes"):
        analysis, frame = plan(load_spec(name), patients).jobs[0]
        y = frame.data[frame.outcome].astype(float).to_numpy()
        for week in (16, 32, 52):
            mask = (frame.data["visit"] == str(week)).to_numpy()
            rows = visits[visits["visit"] == week]
            found = {
                label: statistic(y[None, mask])[0]
                for label, statistic, _ in response_statistics(analysis, frame, mask)
            }
            assert found["easi75 count"] == rows["easi75"].sum()
            assert found["easi90 count"] == rows["easi90"].sum()
            if name == "easi_fraction":
                assert found["share of 0"] == 100 * (rows["easi"].dropna() == 0).mean()


def test_a_score_on_the_threshold_is_a_response(patients: Cohort) -> None:
    analysis, frame = plan(load_spec("easi_fraction"), patients).jobs[0]
    mask = (frame.data["visit"] == "16").to_numpy()
    base = np.round(frame.data["easi_baseline"].to_numpy()[mask] * 10)
    counts = {name: f for name, f, _ in response_statistics(analysis, frame, mask)}
    exact = base % 10 == 0  # a tenth of these is on the grid
    assert exact.any()
    np.testing.assert_array_equal(
        counts["easi90 count"](np.full((2, len(base)), 0.1)) >= exact.sum(), True
    )
    # A step more and nobody responds.
    over = (np.floor(base / 10) + 1) / base
    assert counts["easi90 count"](over[None])[0] == 0


def test_other_outcomes_have_none(patients: Cohort) -> None:
    analysis, frame = plan(load_spec("easi_change"), patients).jobs[0]
    assert not list(response_statistics(analysis, frame, np.ones(frame.n_rows, dtype=bool)))
