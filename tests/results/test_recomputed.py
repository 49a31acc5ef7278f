"""The printed statistics, computed anew: against R, and by hand."""

import hashlib
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from adbayes.cohort.assumptions import Assumptions
from adbayes.cohort.cohort import Cohort
from adbayes.cohort.derive import derive
from adbayes.cohort.library import load_cohort
from adbayes.cohort.read import cohort_from_frame
from adbayes.cohort.reconstructed import ReconstructedCohort
from adbayes.cohort.simulate import SimulatedCohort
from adbayes.cohort.targets import is_high_group, reconstruction_targets
from adbayes.errors import DataError
from adbayes.results.recomputed import Recomputed

ROOT = Path(__file__).resolve().parents[2]
EMBEDDED = ROOT / "src/adbayes/cohort/embedded"
TARGETS = reconstruction_targets()
# tests/reference/cohorts.R
BY_R = pd.read_csv(ROOT / "tests/reference/cohorts.csv")


def number(published_id: str) -> dict[str, Any]:
    return TARGETS.set_index("published_id").loc[published_id].to_dict() | {
        "published_id": published_id
    }


def statistic_of(row: dict[str, Any]) -> str:
    """What the R program calls a statistic."""
    if row["table"] != "table4" or row["statistic"] == "p_value":
        return str(row["statistic"])
    kind = "n" if row["statistic"] == "n" else "mean"
    return f"{kind} {'high' if is_high_group(row['group']) else 'low'}"


@pytest.mark.parametrize("name", sorted(BY_R["file"].unique()))
def test_the_reference_is_of_the_embedded_files(name: str) -> None:
    digest = hashlib.md5((EMBEDDED / name).read_bytes()).hexdigest()
    stale = "the embedded cohorts have changed: run tests/reference/cohorts.R again"
    assert set(BY_R.loc[BY_R["file"] == name, "md5"]) == {digest}, stale


@pytest.mark.parametrize("name", sorted(BY_R["file"].unique()))
def test_tables_4_and_5_and_figure_2_are_what_r_finds(name: str) -> None:
    numbers = Recomputed(load_cohort(int(name[6:8])), TARGETS)
    rows = TARGETS[TARGETS["table"].isin(["table4", "table5", "fig2"])].to_dict("records")
    ours = pd.DataFrame(
        {
            "table": row["table"],
            "variable": row["term"] if row["table"] == "table5" else row["variable"],
            "visit": row["visit"],
            "statistic": statistic_of(row),
            "ours": numbers.value(row)[0],
        }
        for row in rows
    )
    by_r = BY_R[BY_R["file"] == name]
    both = ours.merge(by_r, on=["table", "variable", "visit", "statistic"], how="outer")
    assert len(both) == len(ours) == len(by_r) == 56 + 68 + 6
    np.testing.assert_allclose(both["ours"], both["value"], rtol=1e-6)


@pytest.fixture
def numbers(patients: SimulatedCohort) -> Recomputed:
    return Recomputed(patients, TARGETS)


def test_moments_and_shares_by_hand(numbers: Recomputed, patients: SimulatedCohort) -> None:
    wide = patients.frame.pivot_table(index="patient", columns="visit", values="nrs")
    change = 100 * (wide[0] - wide[32]) / wide[0]
    expected = {
        "table2.nrs.w32.mean": wide[32].mean(),
        "table2.nrs.w32.sd": wide[32].std(),
        "table2.nrs.w32.pct_change_mean": change.mean(),
        "table2.nrs.w32.pct_change_sd": change.std(),
        "table1.n": 99,
        "table1.female.count": 41,
        "table1.male.pct": 100 * 58 / 99,
        "table1.cyclosporine.pct": 100 * 53 / 61,
    }
    for published_id, value in expected.items():
        assert numbers.value(number(published_id)) == (pytest.approx(value, rel=1e-12), "")


def test_responses_are_of_the_patients_behind_the_figure(patients: SimulatedCohort) -> None:
    frame = patients.frame.assign(in_figure_1=1.0 - patients.frame["concomitant"])
    some = Recomputed(Cohort(frame, "simulated", "some", "x"), TARGETS)
    at = frame[(frame["visit"] == 52) & (frame["concomitant"] == 0)]
    expected = 100 * at["easi75"].dropna().mean()
    assert some.value(number("fig1.easi75.w52.pct"))[0] == pytest.approx(expected)
    everyone = Recomputed(patients, TARGETS).value(number("fig1.easi75.w52.pct"))[0]
    assert everyone != pytest.approx(expected)


def test_a_contrast_of_complete_pairs_is_the_paired_test() -> None:
    """Two visits, all seen: REML's contrast and its error are those of the differences."""
    rng = np.random.default_rng(4)
    base = rng.normal(20, 4, size=30)
    after = base - 2 + rng.normal(0, 3, size=30)
    frame = pd.DataFrame(
        {
            "patient": [f"{i:02d}" for i in range(30)] * 2,
            "visit": np.repeat([0, 16], 30),
            "easi": np.concatenate([base, after]).round(1),
        }
    )
    fit = Recomputed(Cohort(frame, "simulated", "pairs", "x"), TARGETS).mixed("easi")
    difference = frame["easi"].to_numpy()[30:] - frame["easi"].to_numpy()[:30]
    row = fit.table.set_index("term").loc["16"]
    assert row["estimate"] == pytest.approx(difference.mean())
    assert row["se"] == pytest.approx(difference.std(ddof=1) / math.sqrt(30))


def aged(*ages: float) -> pd.DataFrame:
    return derive(
        pd.DataFrame(
            {"patient": [str(i) for i in range(len(ages))], "visit": 0, "age": ages, "easi": 20.0}
        )
    )


def test_the_edge_of_an_age_class_is_where_the_cohort_puts_it() -> None:
    frame = aged(30, 30, 31, 25)
    for closed, count in (("right_closed", 3), ("left_closed", 1)):
        cohort = ReconstructedCohort(
            frame, "reconstructed", "x", "x", assumptions=Assumptions(age_bins=closed)
        )
        assert Recomputed(cohort, TARGETS).value(number("table1.age20_30.count"))[0] == count


def test_the_edge_of_an_age_class_not_said_is_the_reading_that_fits() -> None:
    printed = TARGETS.copy()
    at = printed["published_id"]
    printed.loc[at == "table1.age20_30.count", "numeric"] = 1
    printed.loc[at == "table1.age30_40.count", "numeric"] = 3
    cohort = cohort_from_frame(aged(30, 30, 31, 25))
    assert Recomputed(cohort, printed).value(number("table1.age20_30.count"))[0] == 1
    printed.loc[at == "table1.age20_30.count", "numeric"] = 3
    printed.loc[at == "table1.age30_40.count", "numeric"] = 1
    assert Recomputed(cohort, printed).value(number("table1.age20_30.count"))[0] == 3


def test_what_patients_do_not_determine_is_said(patients: SimulatedCohort) -> None:
    same = patients.frame.assign(female=1.0)
    numbers = Recomputed(Cohort(same, "simulated", "x", "x"), TARGETS)
    value, note = numbers.value(number("table5.sex.or"))
    assert math.isnan(value)
    assert note == "female does not vary among the 96 patients of the model"
    # None of those with a high IgE responds: the odds ratio is 0, without a lower limit.
    frame = patients.frame.assign(ige_gt_100_w0=1.0 * (patients.frame["easi90"] == 0))
    numbers = Recomputed(Cohort(frame, "simulated", "x", "x"), TARGETS)
    assert numbers.value(number("table5.ige_baseline.p"))[1].startswith("the data separate")


@pytest.mark.parametrize(
    ("lost", "published_id", "sentence"),
    [
        ("dlqi", "table2.dlqi.w16.mean", "no column dlqi"),
        ("female", "table5.sex.or", "no column female"),
        ("ldh_ge_250_w0", "table4.ldh_baseline.lo.n", "no column ldh_ge_250_w0"),
        (52, "table2.easi.w52.mean", "no visit at week 52"),
    ],
)
def test_an_absent_column_or_visit_is_named(
    patients: SimulatedCohort, lost: str | int, published_id: str, sentence: str
) -> None:
    frame = patients.frame
    frame = frame.drop(columns=lost) if isinstance(lost, str) else frame[frame["visit"] != lost]
    with pytest.raises(DataError, match=sentence):
        Recomputed(Cohort(frame, "simulated", "x", "x"), TARGETS).value(number(published_id))


def test_a_plain_table_has_no_printed_numbers(binary_table: Cohort) -> None:
    with pytest.raises(DataError, match="is a plain table"):
        Recomputed(binary_table, TARGETS)
