"""Printed beside reconstructed: what matches, what is counted, and for whom."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.derive import derive
from adbayes.cohort.reconstructed import ReconstructedCohort
from adbayes.cohort.simulate import SimulatedCohort, simulate_patients
from adbayes.cohort.targets import reconstruction_targets
from adbayes.errors import DataError
from adbayes.paper.published import load_published
from adbayes.results.fidelity import (
    COLUMNS,
    fidelity,
    fidelity_by_table,
    fidelity_over_cohorts,
    placed,
    printed_alike,
)


@pytest.fixture(scope="module")
def cohort() -> ReconstructedCohort:
    frame = simulate_patients(seed=1, missing_labs=0.1, ldh_shift=0).frame
    # Simulated IgE is hardly ever below its cut; smaller values let every regression exist.
    frame = derive(frame.assign(ige=frame["ige"] / 20))
    return ReconstructedCohort(frame, "reconstructed", "made up", "x", index=4)


@pytest.fixture(scope="module")
def table(cohort: ReconstructedCohort) -> pd.DataFrame:
    return fidelity(cohort)


@pytest.fixture(scope="module")
def own_print(table: pd.DataFrame) -> pd.DataFrame:
    """The ledger as it would have been printed of these patients."""
    ledger = load_published()
    value = table["reconstructed"].round(10).to_numpy()
    rounded = [
        float(np.format_float_positional(x, precision=int(d), unique=False))
        if math.isfinite(x)
        else p
        for x, d, p in zip(value, ledger["decimals"], ledger["numeric"], strict=True)
    ]
    return ledger.assign(numeric=np.where(ledger["bound"] == "upper", 1.0, rounded))


@pytest.mark.parametrize(
    ("value", "published", "decimals", "bound", "same"),
    [
        (2.5094, 2.509, 3, "", True),
        (2.5096, 2.509, 3, "", False),
        (0.125, 0.13, 2, "", True),  # a tie, half up
        (0.125, 0.12, 2, "", True),  # and half to even
        (0.115, 0.11, 2, "", False),
        (30.015000000000001, 30.02, 2, "", True),
        (30.01499999999999, 30.02, 2, "", True),  # the last bit of a float is not a difference
        (30.0149999, 30.02, 2, "", False),
        (12345.005, 12345.01, 2, "", True),
        (0.049, 0.05, 2, "upper", True),
        (0.05, 0.05, 2, "upper", False),
        (math.nan, 1, 0, "", False),
        (math.inf, 1, 0, "", False),
        (-0.4, 0, 0, "", True),
        (1e26, 4.123, 3, "", False),  # more digits than Decimal has
    ],
)
def test_printed_alike(
    value: float, published: float, decimals: int, bound: str, same: bool
) -> None:
    assert printed_alike(value, published, decimals, bound) is same


def test_one_row_a_printed_number(table: pd.DataFrame) -> None:
    assert tuple(table.columns) == COLUMNS
    assert table["published_id"].tolist() == load_published()["id"].tolist()
    assert set(table["cohort"]) == {4}
    roles = reconstruction_targets()["role"]
    assert table["role"].tolist() == roles.tolist()
    away = table["role"] == "not_addressable"
    assert table.loc[away, ["reconstructed", "matched"]].isna().all(axis=None)
    assert table.loc[~away, ["reconstructed", "matched"]].notna().all(axis=None)
    assert (table.loc[table["role"] != "target", "note"] != "").all()


def test_a_cohort_agrees_with_its_own_print(
    cohort: ReconstructedCohort, own_print: pd.DataFrame
) -> None:
    table = fidelity(cohort, own_print)
    judged = table[table["matched"].notna()]
    assert len(judged) == 290
    assert judged["matched"].all()
    by_table = fidelity_by_table(table, own_print)
    assert (by_table["matched"] == by_table["numbers"]).all()
    assert (by_table["farthest"] == "").all()
    assert by_table["largest"].max() <= 0.5 + 1e-6


def test_one_unit_of_the_last_digit_is_a_miss_of_that_number_alone(
    cohort: ReconstructedCohort, own_print: pd.DataFrame
) -> None:
    for published_id in ("table2.easi.w52.mean", "table5.sex.p", "fig2.nrs_poem.r"):
        at = own_print["id"] == published_id
        wrong = own_print.copy()
        wrong.loc[at, "numeric"] += 10.0 ** -int(own_print.loc[at, "decimals"].iloc[0])
        table = fidelity(cohort, wrong)
        judged = table[table["matched"].notna()]
        assert judged.loc[~judged["matched"].astype(bool), "published_id"].tolist() == [
            published_id
        ]
        far = fidelity_by_table(table, wrong).set_index("farthest").loc[published_id]
        assert far["matched"] == far["numbers"] - 1
        assert 0.5 <= far["largest"] <= 1.5


def test_a_changed_cell_is_seen(cohort: ReconstructedCohort, own_print: pd.DataFrame) -> None:
    frame = cohort.frame.copy()
    at = (frame["visit"] == 52) & (frame["patient"] == frame["patient"].iloc[0])
    frame.loc[at, "poem"] += 10
    changed = ReconstructedCohort(derive(frame), "reconstructed", "made up", "x", index=4)
    table = fidelity(changed, own_print)
    missed = set(table.loc[~table["matched"].fillna(True).astype(bool), "published_id"])
    assert {
        "table2.poem.w52.mean",
        "table2.poem.w52.sd",
        "table2.poem.w52.pct_change_mean",
    } <= missed
    assert all("poem" in published_id for published_id in missed)


def test_table_6_changes_its_role_only(cohort: ReconstructedCohort, table: pd.DataFrame) -> None:
    fitted = fidelity(cohort, fit_all=True)
    six = table["published_id"].str.startswith("table6.")
    assert set(table.loc[six, "role"]) == {"held_out"}
    assert set(fitted.loc[six, "role"]) == {"target"}
    np.testing.assert_array_equal(fitted["reconstructed"], table["reconstructed"])


def test_patients_that_were_not_reconstructed_have_no_flag(patients: SimulatedCohort) -> None:
    table = fidelity(patients)
    assert table["matched"].isna().all()
    assert set(table["role"]) == {"other_data", "not_addressable"}
    assert table["reconstructed"].notna().sum() > 250
    assert fidelity_by_table(table).empty


def row(table: str, variable: str, statistic: str, numeric: float, **more: Any) -> dict[str, Any]:
    base = {"visit": pd.NA, "group": "", "decimals": 2, "bound": "", "n": pd.NA, "term": ""}
    name = ".".join(str(x) for x in (table, variable, statistic, *more.values()))
    plain = {"n_inferred": pd.NA, "quantity": "", "status": ""}
    own = {"id": name, "table": table, "variable": variable, "statistic": statistic}
    return {**own, "numeric": numeric, **base, **plain, **more}


def test_a_paper_of_another_shape() -> None:
    """Two scores and one laboratory value, at weeks 0, 8 and 24, of 60 patients; no cyclosporine."""
    simulated = simulate_patients(seed=5, n_patients=60).frame
    weeks = {0: 0, 16: 8, 52: 24}
    raw = simulated.loc[
        simulated["visit"].isin(weeks), ["patient", "visit", "easi", "nrs", "ldh", "female"]
    ]
    frame = derive(raw.assign(visit=raw["visit"].map(weeks)))
    last = frame[frame["visit"] == 24].set_index("patient")
    groups = last.groupby("ldh_ge_250_w8")["nrs_percent_change"].mean()
    rows = [
        row("table1", "n", "n", 60, decimals=0),
        row("table1", "female", "count", last["female"].sum(), decimals=0),
        row("table2", "nrs", "pct_change_mean", last["nrs_percent_change"].mean(), visit=24),
        row("table3", "ldh", "sd", frame[frame["visit"] == 8]["ldh"].std(), visit=8),
        row("table4", "ldh", "n", (last["ldh_ge_250_w8"] == 1).sum(), visit=8, group="LDH ≥ 250"),
        row("table4", "nrs", "pct_change_mean", groups[1], visit=8, group="LDH ≥ 250"),
        row("table4", "nrs", "pct_change_mean", groups[0], visit=8, group="LDH < 250"),
        row("table5", "female", "odds_ratio", 1.0, visit=24, term="female"),
        row("fig2", "easi~nrs", "correlation", last["easi"].corr(last["nrs"]), visit=24),
        row("fig1", "easi75", "percent", 100 * last["easi75"].mean(), visit=24),
    ]
    ledger = pd.DataFrame(rows)
    ledger["numeric"] = [
        round(x, d) for x, d in zip(ledger["numeric"], ledger["decimals"], strict=True)
    ]
    table = fidelity(ReconstructedCohort(frame, "reconstructed", "x", "x", index=0), ledger)
    assert table["role"].tolist() == ["target"] * len(rows)
    assert table.set_index("published_id")["matched"].drop(rows[7]["id"]).all()
    assert math.isfinite(table.loc[7, "reconstructed"])


def hand_made(*rows: tuple[str, float, bool | None]) -> pd.DataFrame:
    printed = reconstruction_targets().set_index("published_id")
    made = [
        (
            0,
            id,
            printed.loc[id, "numeric"],
            printed.loc[id, "decimals"],
            value,
            matched,
            "target",
            "",
        )
        for id, value, matched in rows
    ]
    return pd.DataFrame(made, columns=list(COLUMNS)).astype({"matched": "boolean"})


def test_near_misses_are_within_one_percent_or_two_thousandths_of_p() -> None:
    table = hand_made(
        ("table5.sex.or", 2.509 * 1.0099, False),
        ("table5.sex.ci_low", 1.077 * 1.0101, False),
        ("table5.sex.p", 0.038, False),
        ("table5.tec_w16.p", 0.093 + 0.0021, False),
        ("table4.easi.ldh_w32.p", 0.0005, True),
        ("table4.nrs.ldh_w52.p", math.nan, False),
        ("table5.sex.ci_high", math.inf, False),
    )
    found = placed(table)
    assert found["close"].tolist() == [True, False, True, False, True, False, False]
    digits = found["digits"].tolist()
    assert digits[2] == pytest.approx(2)
    assert digits[4] == 0
    assert digits[5:] == [math.inf, math.inf]
    by = fidelity_by_table(table).set_index(["table", "kind"])
    assert by.loc[("table5", "p"), ["numbers", "matched", "close"]].tolist() == [2, 0, 1]
    assert by.loc[("table5", "limit"), "farthest"] == "table5.sex.ci_high"


def test_an_ensemble_is_its_median_and_its_worst() -> None:
    parts = []
    for cohort, good in enumerate((2, 1, 0)):
        part = hand_made(("table5.sex.or", 2.509, good > 0), ("table5.tec_w16.or", 0.481, good > 1))
        parts.append(part.assign(cohort=cohort))
    over = fidelity_over_cohorts(fidelity_by_table(pd.concat(parts)))
    assert over.loc[0, ["cohorts", "numbers", "matched", "matched_worst"]].tolist() == [3, 2, 1, 0]


def test_a_number_of_another_ledger_is_refused(table: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="has no number table1"):
        fidelity_by_table(table[table["published_id"] == "table1.n"], load_published().iloc[:3])


def test_a_plain_table_is_refused(binary_table: Cohort) -> None:
    with pytest.raises(DataError, match="plain table"):
        fidelity(binary_table)
