"""The section of the groups of LDH, from a run of one outcome, both variants."""

from dataclasses import replace

import pandas as pd
import pytest

from adbayes.analysis import numbered, run_specs
from adbayes.cohort.library import load_cohort
from adbayes.errors import ConvergenceError
from adbayes.model.spec import load_spec
from adbayes.report.figures import groups_of
from adbayes.report.ldh_groups import ldh_groups
from adbayes.report.models import mixed_models
from adbayes.report.numbers import interval
from adbayes.results.run import Run


@pytest.fixture(scope="module")
def groups_run() -> Run:
    return run_specs(
        [load_spec("ldh_groups_easi")],
        numbered(load_cohort(0)),
        further=[numbered(load_cohort(1))],
        with_variants=True,
        draws=400,
        tune=400,
    )


def rows(run: Run, **where: str) -> pd.DataFrame:
    s = run.summary
    for name, value in where.items():
        s = s[s[name] == value]
    return s


def test_every_model_of_an_outcome_stands_in_one_row(groups_run: Run) -> None:
    html = ldh_groups(groups_run, groups_of(groups_run)).body
    asked = {
        "estimand": "mean_difference",
        "outcome": "easi_percent_change",
        "term": "ldh_ge_250_w32",
    }
    found = rows(groups_run, **asked)
    assert set(found["variant"]) == {"base", "student_t", "hierarchical"}
    for row in found.to_dict("records"):
        assert interval(row, 1) in html
    assert "90.75 and 82.49" in html  # as printed
    assert "&lt; 0.001" in html
    assert "63 and 21" in html
    assert "Scale of the 4 differences" in html


def test_further_cohorts_would_say_the_same(groups_run: Run) -> None:
    assert groups_run.further == ()
    assert groups_run.pooled.empty


def test_the_scores_section_leaves_them_out(groups_run: Run) -> None:
    assert mixed_models(groups_run, groups_of(groups_run), {}).body == ""


def test_a_failed_fit_is_flagged(groups_run: Run) -> None:
    assert "#b00020" not in ldh_groups(groups_run, groups_of(groups_run)).body
    diagnostics = groups_run.diagnostics.copy()
    diagnostics.loc[0, "passed"] = False
    failed = replace(groups_run, diagnostics=diagnostics)
    assert ldh_groups(failed, groups_of(failed)).body.count("#b00020") == 1


def test_other_runs_have_no_such_section(run: Run) -> None:
    section = ldh_groups(run, groups_of(run))
    assert (section.id, section.body) == ("ldh-groups", "")


def test_every_printed_mean_and_p_is_in_the_comparison(groups_run: Run) -> None:
    table = groups_run.comparison
    base = table[table["variant"] == "base"]
    assert len(base) == 4 * 3
    assert base["published_id"].is_unique
    assert base["frequentist"].notna().all()
    means = base[base["statistic"] == "pct_change_mean"]
    assert means["within_rounding"].all()
    assert set(base["note"].str.contains("concurrent")) == {True, False}


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> pd.DataFrame:
        raise ConvergenceError("The weights cannot be trusted.")

    monkeypatch.setattr("adbayes.analysis.differences_together", refuse)


@pytest.mark.usefixtures("broken")
def test_a_pool_that_fails_is_skipped_with_its_reason() -> None:
    run = run_specs(
        [load_spec("ldh_groups_easi")], numbered(load_cohort(0)), draws=200, tune=200, chains=2
    )
    assert run.skipped == {"ldh_groups.hierarchical": "The weights cannot be trusted."}
    assert "hierarchical" not in set(run.summary["variant"])
