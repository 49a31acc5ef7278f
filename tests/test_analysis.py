"""The path from specs to tables."""

import pandas as pd
import pytest

import adbayes as ab
from adbayes.analysis import Run, default_cohort, load_data, run_specs
from adbayes.checks import predictive, sensitivity
from adbayes.errors import DataError
from adbayes.inference import diagnostics
from adbayes.model.spec import load_spec
from adbayes.results import comparison, summary


@pytest.fixture(scope="module")
def run() -> Run:
    specs = [
        load_spec(name) for name in ("nrs_change", "easi90_univariable", "easi90_multivariable")
    ]
    return run_specs(specs, default_cohort(), with_published=True, draws=500, tune=500)


def test_tables_have_the_columns_that_users_rely_on(run: Run) -> None:
    expected = {
        "summary.csv": summary.COLUMNS,
        "comparison.csv": comparison.COLUMNS,
        "diagnostics.csv": diagnostics.COLUMNS,
        "checks.csv": predictive.COLUMNS,
        "sensitivity.csv": sensitivity.COLUMNS,
    }
    assert {name: list(table.columns) for name, table in run.tables.items()} == expected


def test_print_only_posteriors_come_first_and_every_row_says_its_evidence(run: Run) -> None:
    assert run.summary["evidence"].iloc[0] == "published"
    assert set(run.summary["evidence"]) == {"published", "simulated"}
    assert set(run.comparison["evidence"]) == {"published", "simulated"}
    first_patient_row = (run.summary["evidence"] == "simulated").to_numpy().argmax()
    assert (run.summary["evidence"].iloc[first_patient_row:] == "simulated").all()


def test_every_printed_number_has_a_row_or_a_reason(run: Run) -> None:
    ids = set(run.paper.published["id"])
    direct = run.comparison[run.comparison["evidence"] == "published"]
    assert set(direct["published_id"]) == ids
    silent = direct[direct["bayes"].isna()]
    assert (silent["note"].str.len() > 0).all()
    assert set(silent["role"]) <= {"not_addressable", "suspected_misprint"}


def test_simulated_patients_never_agree_with_print(run: Run) -> None:
    rows = run.comparison[run.comparison["evidence"] == "simulated"]
    assert rows["within_rounding"].isna().all()
    assert set(rows["role"]) <= {"other_data", "not_addressable", "suspected_misprint"}


def test_rows_can_be_told_apart(run: Run) -> None:
    who = ["model", "variant", "priors", "evidence", "cohort", "x"]
    keys = {
        "summary.csv": [*who, "estimand", "outcome", "visit", "term"],
        "diagnostics.csv": who,
        "checks.csv": [*who, "check", "visit", "statistic"],
        "comparison.csv": ["published_id", *who[:-1]],
        "sensitivity.csv": [*who[:-1], "estimand", "visit", "term", "setting"],
    }
    for name, table in run.tables.items():
        twice = table[table.duplicated(keys[name], keep=False)]
        assert twice.empty, (name, twice[keys[name]].head())


def test_a_bound_is_not_a_value(run: Run) -> None:
    stars = run.comparison[run.comparison["published_id"].str.match(r"table2.*\.p$")]
    assert stars["difference"].isna().all()
    assert stars["note"].str.contains("printed as a bound: *", regex=False).all()


def test_suspected_misprints_are_rows_and_nothing_more(run: Run) -> None:
    rows = run.comparison[run.comparison["role"] == "suspected_misprint"]
    direct = rows[rows["evidence"] == "published"]
    assert set(direct["published_id"]) == {
        "table2.nrs.w16.pct_change_sd",
        "table2.dlqi.w32.pct_change_mean",
    }
    assert direct["bayes"].isna().all()


def test_a_file_without_a_model_s_columns_skips_it_with_the_reason() -> None:
    cohort = ab.cohort_from_frame(
        ab.simulate_patients(seed=2, n_patients=30).frame[["patient", "visit", "easi"]]
    )
    specs = [load_spec("easi_change"), load_spec("ldh_change")]
    run = run_specs(specs, cohort, skip_absent=True, draws=200, tune=200)
    assert [fit.analysis.model for fit in run.fits] == ["easi_change"]
    assert run.skipped == {"ldh_change": "the data have no column ldh"}
    with pytest.raises(DataError, match=r"no model can be fitted.*ldh_change"):
        run_specs([load_spec("ldh_change")], cohort, skip_absent=True)


def test_without_skipping_an_absent_column_is_refused_before_sampling() -> None:
    cohort = ab.cohort_from_frame(
        ab.simulate_patients(seed=2, n_patients=30).frame[["patient", "visit", "easi"]]
    )
    with pytest.raises(DataError, match="no column 'ldh'"):
        run_specs([load_spec("easi_change"), load_spec("ldh_change")], cohort)


def test_the_default_cohort_lets_all_predictors_be_fitted() -> None:
    frame = default_cohort().frame
    last = frame[frame["visit"] == 52]
    for x in load_spec("easi90_univariable").predictors:
        assert last[x].nunique() == 2, x
    assert "not the paper's patients" in load_data(None).label


def test_progress_is_told(run: Run) -> None:
    told: list[tuple[str, int, int]] = []
    run_specs(
        [load_spec("nrs_change")],
        default_cohort(),
        draws=200,
        tune=200,
        progress=lambda *words: told.append(words),
    )
    assert told[0] == ("fitting nrs_change.base.weakly_informative", 0, 1)
    assert all(isinstance(words[0], str) for words in told)


def test_stages_are_timed(run: Run) -> None:
    assert {"validate", "published", "fit", "refit", "summary", "comparison"} <= set(run.seconds)
    assert isinstance(run.published, pd.DataFrame)
