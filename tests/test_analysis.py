"""The path from specs to tables."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import adbayes as ab
from adbayes import analysis
from adbayes.analysis import default_cohort, load_data, run_specs
from adbayes.checks import power_scaling, predictive
from adbayes.cohort.library import load_cohorts
from adbayes.errors import DataError
from adbayes.inference import diagnostics
from adbayes.inference.beside import Made
from adbayes.inference.fitting import Drawn
from adbayes.inference.second_process import second_process
from adbayes.model.spec import Spec, load_spec
from adbayes.results import comparison, held_out, summary
from adbayes.results.run import Run

SPECS = ("nrs_change", "easi90_univariable", "easi90_multivariable")
COHORTS = 3


@pytest.fixture(scope="module")
def run() -> Run:
    """Three models on three embedded cohorts, the first in full."""
    ensemble = load_cohorts(COHORTS)
    return run_specs(
        [load_spec(name) for name in SPECS],
        default_cohort(),
        further=ensemble[1:],
        ensemble=ensemble,
        with_published=True,
        draws=500,
        tune=500,
    )


def test_tables_have_the_columns_that_users_rely_on(run: Run) -> None:
    expected = {
        "summary.csv": [*summary.COLUMNS, "between_cohort_share"],
        "comparison.csv": comparison.COLUMNS,
        "diagnostics.csv": diagnostics.COLUMNS,
        "checks.csv": predictive.COLUMNS,
        "sensitivity.csv": power_scaling.COLUMNS,
        "held_out.csv": held_out.COLUMNS,
    }
    found = {name: list(table.columns) for name, table in run.tables.items()}
    assert {name: found[name] for name in expected} == expected
    assert set(found) - set(expected) == {
        "adverse_events.csv", "fidelity.csv", "multiverse.csv", "other_studies.csv",
        "predicted_shares.csv", "tipping.csv", "claims.csv",
    }  # fmt: skip


def test_print_only_posteriors_come_first_and_every_row_says_its_evidence(run: Run) -> None:
    for table in (run.summary, run.comparison):
        assert table["evidence"].iloc[0] == "published"
        assert set(table["evidence"]) == {"published", "reconstructed"}
        first_patient_row = (table["evidence"] == "reconstructed").to_numpy().argmax()
        assert (table["evidence"].iloc[first_patient_row:] == "reconstructed").all()
    order = run.summary["cohort"].loc[run.summary["evidence"] == "reconstructed"]
    assert list(dict.fromkeys(order)) == ["0", "1", "2", "pooled"]


def test_every_printed_number_has_a_row_or_a_reason(run: Run) -> None:
    ids = set(run.paper.published["id"])
    direct = run.comparison[run.comparison["evidence"] == "published"]
    assert set(direct["published_id"]) == ids
    silent = direct[direct["bayes"].isna()]
    assert (silent["note"].str.len() > 0).all()
    assert set(silent["role"]) <= {"not_addressable", "suspected_misprint"}


def test_targets_agree_by_construction_and_table_6_is_held_out(run: Run) -> None:
    rows = run.comparison[run.comparison["evidence"] == "reconstructed"]
    for table, role in (("table2", "target"), ("table5", "target"), ("table6", "held_out")):
        mine = rows[(rows["table"] == table) & rows["bayes"].notna()]
        assert set(mine["role"]) <= {role, "suspected_misprint"}, table
        assert set(mine["cohort"]) == {"0", "1", "2", "pooled"}
    cohorts = rows[(rows["cohort"] != "pooled") & rows["frequentist"].notna()]
    clear = cohorts[cohorts["role"] != "suspected_misprint"]
    assert clear["within_rounding"].notna().all()
    # The means of Table 2 are what every reconstruction reaches first.
    means = clear[(clear["table"] == "table2") & (clear["statistic"] == "mean")]
    assert len(means) == 4 * COHORTS
    assert means["within_rounding"].astype(bool).all()
    pooled = rows[rows["cohort"] == "pooled"]
    assert pooled[["frequentist", "within_rounding"]].isna().all(axis=None)


def test_pooled_rows_mix_every_cohort(run: Run) -> None:
    cohorts = run.summary[run.summary["cohort"].isin(["0", "1", "2"])]
    keys = ["model", "x", "estimand", "visit", "term"]
    assert (cohorts.groupby(keys)["mean"].count() == COHORTS).all()
    means = cohorts.groupby(keys)["mean"].agg(lambda values: float(values.astype(float).mean()))
    pooled = run.pooled.set_index(keys)["mean"].astype(float)
    assert set(pooled.index) == set(means.index)
    np.testing.assert_allclose(pooled[means.index], means)
    assert run.pooled["between_cohort_share"].between(0, 1).all()
    assert run.summary.loc[run.summary["cohort"] != "pooled", "between_cohort_share"].isna().all()


def test_checks_and_sensitivity_are_of_the_first_cohort(run: Run) -> None:
    assert set(run.checks["cohort"]) == set(run.sensitivity["cohort"]) == {"0"}
    assert set(run.diagnostics["cohort"]) == {"0", "1", "2"}
    assert len(run.own(run.diagnostics)) == len(run.fits) == len(run.further) / 2
    assert [cohort.index for cohort in run.cohorts] == [0, 1, 2]


def test_what_is_held_out_is_refitted_on_the_whole_ensemble(run: Run) -> None:
    assert set(run.held_out["cohort"]) == {"0", "1", "2"}
    assert set(run.held_out["published_id"]) == set(run.paper.ids("table6.*"))
    first = run.held_out[run.held_out["cohort"] == "0"].set_index("published_id")["refit"]
    beside = run.own(run.comparison).set_index("published_id")["frequentist"].astype(float)
    np.testing.assert_allclose(first, beside[first.index])


def test_a_cohort_that_cannot_answer_a_predictor_says_so_and_is_not_pooled() -> None:
    first, second = load_cohorts(2)
    frame = second.frame.assign(female=1.0)
    run = run_specs(
        [load_spec("easi90_univariable")],
        first,
        further=[replace(second, frame=frame)],
        draws=200,
        tune=200,
    )
    key = "easi90_univariable.female.base.weakly_informative.cohort1"
    assert "female" in run.skipped[key]
    assert "female" not in set(run.pooled["term"])
    assert "concomitant" in set(run.pooled["term"])
    rows = run.comparison[(run.comparison["term"] == "female") & (run.comparison["cohort"] == "1")]
    assert set(rows["role"]) == {"not_addressable"}
    assert (rows["note"] == run.skipped[key]).all()


VARIED = """
name = "weight"
title = "weight"
[data]
outcome = "easi90"
visit = 52
missing = "drop"
[model]
kind = "bambi"
formula = "easi90 ~ female"
family = "bernoulli"
[variants.men]
title = "no women: nothing to compare"
[variants.men.data]
where = "female == 0"
[variants.firm.priors.reported]
female = { distribution = "Normal", mu = 0, sigma = 0.1, why = "x" }
[priors.reported]
Intercept = { distribution = "Normal", mu = 0, sigma = 2, why = "x" }
female = { distribution = "Normal", mu = 0, sigma = 2, why = "x" }
[estimands]
report = ["odds_ratio"]
"""


def test_variants_are_fitted_to_the_first_cohort_only(spec_from: Callable[[str], Spec]) -> None:
    first, second = load_cohorts(2)
    spec = spec_from(VARIED)
    run = run_specs([spec], first, further=[second], with_variants=True, draws=200, tune=200)
    assert [fit.analysis.variant for fit in run.fits] == ["base", "firm"]
    assert [fit.analysis.variant for fit in run.further] == ["base"]
    assert "female" in run.skipped["weight.men"]
    assert set(run.summary["variant"]) == {"base", "firm"}
    alone = run_specs([spec], first, draws=200, tune=200)
    assert [fit.analysis.variant for fit in alone.fits] == ["base"]


def test_simulated_patients_never_agree_with_print() -> None:
    run = run_specs([load_spec("nrs_change")], ab.simulate_patients(seed=2), draws=200, tune=200)
    assert run.comparison["within_rounding"].isna().all()
    assert set(run.comparison["role"]) <= {"other_data", "not_addressable", "suspected_misprint"}
    assert run.pooled.empty
    assert run.held_out.empty
    assert "held_out.csv" not in run.tables


def test_rows_can_be_told_apart(run: Run) -> None:
    who = ["model", "variant", "priors", "evidence", "cohort", "x"]
    keys = {
        "summary.csv": [*who, "estimand", "outcome", "visit", "term"],
        "diagnostics.csv": who,
        "checks.csv": [*who, "check", "visit", "statistic"],
        "comparison.csv": ["published_id", *who[:-1]],
        "sensitivity.csv": [*who[:-1], "estimand", "visit", "term", "setting"],
        "held_out.csv": ["published_id", "model", "cohort"],
    }
    for name in keys:
        table = run.tables[name]
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
    label = load_data(None).label
    assert label.startswith("reconstructed cohort 0 (synthetic patients")
    assert "not patient data" in label


def test_progress_is_told(run: Run) -> None:
    told: list[tuple[str, int, int]] = []
    run_specs(
        [load_spec("nrs_change")],
        default_cohort(),
        draws=200,
        tune=200,
        progress=lambda *words: told.append(words),
    )
    assert told[0] == ("fitting nrs_change.base.weakly_informative.cohort0", 0, 1)
    assert all(isinstance(words[0], str) for words in told)


def test_stages_are_timed(run: Run) -> None:
    assert {"validate", "published", "fit", "refit", "summary", "comparison"} <= set(run.seconds)
    assert isinstance(run.published, pd.DataFrame)


def test_a_second_process_changes_no_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told that nothing swaps, it makes what this process has not begun."""
    monkeypatch.setattr("adbayes.analysis.swaps", lambda analysis: False)
    specs = [load_spec("nrs_change"), load_spec("easi90_multivariable")]
    tables = []
    for wanted in (False, True):
        with second_process(wanted) as second:
            folder = tmp_path / str(wanted)
            found = run_specs(
                specs, default_cohort(), folder=folder, second=second, draws=200, tune=200
            )
        tables.append(found.tables)
    for name, table in tables[0].items():
        pd.testing.assert_frame_equal(table, tables[1][name], check_exact=True)


class Waiting:
    """A second process that has finished "b" when it is first asked, and "c" once "e" was made here."""

    def __init__(self, done: list[str]) -> None:
        self.done, self.left = done, ["d", "e"]

    def __contains__(self, name: str) -> bool:
        return name in "bcde"

    def finished(self, name: str) -> bool:
        return name == "b" or (name == "c" and "made e" in self.done)

    def take_last(self) -> str | None:
        self.done.append("take")
        return self.left.pop() if self.left and "fetched c" not in self.done else None

    def result(self, name: str) -> Made:
        self.done.append(f"fetched {name}")
        return Made(Drawn(xr.Dataset(), xr.Dataset(), 0, ""), f"tables of {name}")


def test_what_is_finished_there_is_fetched_before_more_is_taken_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []

    def make(name: str, *rest: object, **how: object) -> str:
        done.append(f"made {name}")
        return name

    monkeypatch.setattr(analysis, "stem", lambda name, cohort: name)
    monkeypatch.setattr(analysis, "fit_analysis", make)
    monkeypatch.setattr(analysis, "drawn_fit", lambda name, *rest: name)
    tables = SimpleNamespace(seconds={"summary": 1.0})
    monkeypatch.setattr(analysis, "tables_of", lambda one, **how: tables)
    jobs = [analysis.Job(None, name, None) for name in "bcdea"]
    seconds: dict[str, float] = {}
    fits, found = analysis._fits(jobs, None, Waiting(done), {}, seconds, analysis.silent)
    expected = ["made a", "fetched b", "take", "made e", "fetched c", "take", "fetched d"]
    assert done == expected
    assert fits == list("bcdea")
    assert found == ["tables of b", "tables of c", "tables of d", tables, tables]
    assert seconds["summary"] == 2.0  # those of the second process are not this one's


@pytest.mark.parametrize(("missing", "fitted"), [(0.0, set()), (0.1, {"failure"})])
def test_a_variant_that_changes_nothing_here_is_not_fitted_twice(
    missing: float, fitted: set[str]
) -> None:
    cohort = ab.simulate_patients(seed=2, missing=missing)
    plans, skipped = analysis._plans(
        [load_spec("easi90_visits")], cohort, None, None, False, True, {}
    )
    variants = {analysis.variant for one in plans for analysis, _ in one.jobs}
    assert variants & {"base", "failure"} == {"base"} | fitted
    assert ("same rows" in skipped.get("easi90_visits.failure", "")) == (not fitted)
