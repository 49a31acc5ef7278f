"""Printed statistics beside predictive ranges: the arithmetic, and who is judged by what."""

import numpy as np
import pandas as pd
import pytest

from adbayes.checks.judgement import BETTER, COLUMNS, FAITHFUL, judgement
from adbayes.checks.predictive import predictive_checks
from adbayes.inference.fit import Fit
from adbayes.paper.published import load_paper


def check(
    model: str,
    variant: str,
    outcome: str,
    visit: str,
    statistic: str,
    *numbers: float,
    note: str = "",
) -> dict[str, object]:
    observed, low, high = numbers
    who = {"model": model, "variant": variant, "priors": "p", "evidence": "reconstructed"}
    what = {"check": "posterior_predictive", "outcome": outcome, "visit": visit, "note": note}
    found = {"observed": observed, "replicated_low": low, "replicated_high": high}
    return {**who, "cohort": "0", "x": "", **what, "statistic": statistic, **found}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    note = "patients, of 80 with both visits"
    rows = [
        check("easi_change", "base", "easi", "16", "sd", 4.8, 6.0, 8.0),
        check("easi_change", "base", "easi", "16", "EASI-75 responders", 45, 20, 36, note=note),
        check("easi_change", "unstructured", "easi", "16", "sd", 4.8, 4.0, 5.6),
        check("easi_fraction", "base", "easi_fraction", "16", "sd", 0.11, 0.1, 0.13),
        check("easi_fraction", "base", "easi_fraction", "16", "mean", 0.25, 0.2, 0.3),
        check("easi_fraction", "base", "easi_fraction", "16", "easi75 count", 56, 48, 66,
              note="patients, of 100"),
        check("easi_fraction", "figure_1", "easi_fraction", "16", "sd", 0.11, 0.1, 0.13),
        check("easi90_visits", "base", "easi90", "16", "share of 1", 10.0, 5.0, 15.0),
        check("ldh_change", "base", "ldh", "0", "mean", 281.0, 250.0, 300.0),
        check("ldh_change", "base", "ldh", "0", "share of high values", 50.0, 40.0, 60.0),
        check("easi_change", "base", "easi", "16", "5 % quantile", 1.0, 0.0, 2.0),
    ]  # fmt: skip
    return judgement(pd.DataFrame(rows), load_paper()).set_index(["quantity", "model", "variant"])


def test_printed_numbers_are_those_of_the_ledger(table: pd.DataFrame) -> None:
    sd = table.loc[("SD of patients", "easi_change", "base")]
    assert (sd["published_id"], sd["published"]) == ("table2.easi.w16.sd", 4.77)
    response = table.loc[("EASI-75", "easi_change", "base")]
    assert response["published"] == 56.10
    assert table.loc[("mean", "ldh_change", "base")]["published"] == 280.81
    share = table.loc[("beyond the cut-off", "ldh_change", "base")]
    assert np.isnan(share["published"])
    assert share["holds"] == ""


def test_counts_are_percent_of_their_patients_and_fractions_percent_changes(
    table: pd.DataFrame,
) -> None:
    ends = ["replicated_low", "replicated_high"]
    assert table.loc[("EASI-75", "easi_change", "base"), ends].tolist() == [25.0, 45.0]
    assert table.loc[("EASI-75", "easi_fraction", "base"), ends].tolist() == [48.0, 66.0]
    assert table.loc[("mean percent change", "easi_fraction", "base"), ends].tolist() == [
        70.0,
        80.0,
    ]
    spread = table.loc[("SD of percent changes", "easi_fraction", "base")]
    assert spread[ends].tolist() == pytest.approx([10.0, 13.0])
    assert spread["published"] == 11.57


def test_a_range_holds_the_print_or_not(table: pd.DataFrame) -> None:
    assert table.loc[("SD of patients", "easi_change", "base"), "holds"] is False
    assert table.loc[("SD of patients", "easi_change", "unstructured"), "holds"] is True
    assert table.loc[("EASI-75", "easi_change", "base"), "holds"] is False
    assert table.loc[("EASI-75", "easi_fraction", "base"), "holds"] is True


def test_the_first_model_is_the_papers_and_other_patients_are_no_other_model(
    table: pd.DataFrame,
) -> None:
    kinds = table["kind"]
    assert (kinds.xs("easi_change", level="model").xs("base", level="variant") == FAITHFUL).all()
    assert (kinds.xs("easi_fraction", level="model") == BETTER).all()
    assert "figure_1" not in table.index.get_level_values("variant")


def test_a_users_patients_are_judged_by_themselves() -> None:
    row = check("easi_change", "base", "easi", "16", "sd", 7.0, 6.0, 8.0)
    other = check("easi_change", "unstructured", "easi", "16", "sd", 7.0, 7.5, 8.0)
    found = judgement(pd.DataFrame([row, other]).assign(evidence="patients"), load_paper())
    assert found["holds"].tolist() == [True, False]
    assert list(found.columns) == COLUMNS


def test_real_checks_of_a_model_are_read(mixed_fit: Fit) -> None:
    found = judgement(predictive_checks(mixed_fit), load_paper())
    assert set(found["quantity"]) >= {"mean", "SD of patients", "EASI-75", "EASI-90"}
    assert set(found["visit"]) == {"0", "16", "32", "52"}
    assert found.loc[found["quantity"] == "EASI-90", "n"].notna().all()
    assert found["observed"].notna().all()
