"""The table of single cohort against pooled."""

import re
from dataclasses import replace
from typing import Any

import pytest

from adbayes.report.numbers import interval, ratio_interval, supported
from adbayes.report.pooling import pooling
from adbayes.results.run import Run


def one(run: Run, cohort: str, estimand: str, term: str = "", visit: str = "") -> dict[str, Any]:
    s = run.summary
    mine = (s["cohort"] == cohort) & (s["estimand"] == estimand) & (s["term"] == term)
    mine &= s["visit"] == visit if visit else True
    (row,) = s[mine].to_dict("records")
    return {str(key): value for key, value in row.items()}


def test_single_cohort_and_pooled_stand_side_by_side(ensemble_run: Run) -> None:
    html = pooling(ensemble_run).body
    for cohort in ("0", "pooled"):
        for estimand, visit in (("icc", ""), ("mean_change", "52")):
            digits = supported(one(ensemble_run, "pooled", estimand, visit=visit)["mcse_mean"])
            assert interval(one(ensemble_run, cohort, estimand, visit=visit), digits) in html
        assert ratio_interval(one(ensemble_run, cohort, "odds_ratio", "female"), "median") in html
    weeks = re.findall(r'gt_left">(\d+)<', html)  # text stands on the left, numbers on the right
    assert set(weeks) == {"52"}  # the last visit only


def test_the_share_of_an_odds_ratio_is_that_of_its_logarithm(ensemble_run: Run) -> None:
    summary = ensemble_run.summary.copy()
    summary["between_cohort_share"] = 0.5
    mine = (summary["cohort"] == "pooled") & (summary["term"] == "female")
    summary.loc[mine, "between_cohort_share"] = 0.111
    summary.loc[mine & (summary["estimand"] == "parameter"), "between_cohort_share"] = 0.777
    html = pooling(replace(ensemble_run, summary=summary)).body
    assert ">78<" in html
    assert ">11<" not in html


def test_it_says_what_pooling_is_not(ensemble_run: Run) -> None:
    html = pooling(ensemble_run).body
    assert "not multiple imputation" in html
    assert "2 reconstructed cohorts (numbers 0 to 1)" in html


def test_a_failed_fit_of_any_cohort_is_flagged(ensemble_run: Run) -> None:
    assert "#b00020" not in pooling(ensemble_run).body
    summary = ensemble_run.summary.copy()
    mine = (summary["cohort"] == "pooled") & (summary["estimand"] == "icc")
    summary.loc[mine, "flag"] = "not converged"
    assert pooling(replace(ensemble_run, summary=summary)).body.count("#b00020") == 1


@pytest.mark.parametrize("id", ["cohorts"])
def test_one_cohort_has_no_such_section(run: Run, id: str) -> None:
    section = pooling(run)
    assert (section.id, section.body) == (id, "")
