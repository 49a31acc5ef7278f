"""Checks, sensitivity and diagnostics: all counted, none judged, failures named."""

from dataclasses import replace

import numpy as np

from adbayes.report.checking import checks, diagnostics, sensitivity
from adbayes.report.figures import groups_of
from adbayes.report.numbers import number
from adbayes.results.run import Run


def test_every_statistic_is_counted_and_the_tails_are_listed(run: Run) -> None:
    html = checks(run, groups_of(run), {}).body
    found = run.checks[run.checks["check"].str.endswith("predictive")]
    area = found["tail_area"].astype(float)
    outside = int(((area < 0.025) | (area > 0.975)).sum())
    assert outside > 0
    assert f"{outside} of {len(found)} statistics" in html
    assert html.split('id="checks-left-out"')[0].count("<tr>") == outside
    moved = replace(run, checks=run.checks.assign(tail_area=0.5))
    calm = checks(moved, groups_of(moved), {}).body
    assert f"0 of {len(found)} statistics" in calm
    assert "checks-tails" not in calm


def test_every_fit_is_judged_with_patients_left_out(run: Run) -> None:
    html = checks(run, groups_of(run), {}).body.split('id="checks-left-out"')[1]
    assert html.count("<tr>") == len(run.fits)
    loo = run.checks[run.checks["check"] == "loo"]
    assert len(loo[loo["statistic"] == "elpd"]) == len(run.fits)
    for value in loo.loc[loo["statistic"] == "elpd", "observed"]:
        assert number(float(value), 1) in html
    bad = run.checks.copy()
    bad.loc[bad.index[bad["statistic"] == "max_k"][0], "observed"] = 0.9
    above = int((bad.loc[bad["statistic"] == "max_k", "observed"].astype(float) > 0.7).sum())
    said = checks(replace(run, checks=bad), groups_of(run), {}).body
    assert f"above 0.7, in {above} of {len(run.fits)} fits" in said
    none = run.checks[run.checks["check"].str.endswith("predictive")]
    without = replace(run, checks=none)
    assert "checks-left-out" not in checks(without, groups_of(without), {}).body


def test_diagnosed_quantities_are_listed(run: Run) -> None:
    found = run.sensitivity.copy()
    first = found.index[found["setting"] == "prior^0.8"][0]
    found["diagnosis"] = ""
    found.loc[first, "diagnosis"] = "prior-data conflict"
    html = sensitivity(replace(run, sensitivity=found), groups_of(run)).body
    rows = html.split('id="sensitivity-rows"')[1]
    assert rows.count("<tr>") == 1
    assert "prior-data conflict" in rows
    models = html.split('id="sensitivity-models"')[1].split("</table>")[0]
    assert models.count("<tr>") == 3


def test_rows_of_a_variant_say_so(run: Run) -> None:
    mine = run.checks["model"] == "easi_change"
    other = replace(run, checks=run.checks.assign(variant=np.where(mine, "unstructured", "base")))
    html = checks(other, groups_of(run), {}).body
    assert ">easi_change.unstructured<" in html
    assert ">easi_change<" not in html
    assert ">easi_change<" in checks(run, groups_of(run), {}).body
    tails = html.split('id="checks-tails"')[1].split("</table>")[0]
    assert ">sd<" not in tails
    assert ">0.000<" not in tails
    found = run.sensitivity.assign(variant="unstructured", diagnosis="prior-data conflict")
    assert (
        ">easi_change.unstructured<"
        in sensitivity(replace(run, sensitivity=found), groups_of(run)).body
    )
    assert ">easi90_univariable [Female sex]<" in diagnostics(run).body


def test_thresholds_are_stated_and_each_failure_is_named(run: Run) -> None:
    html = diagnostics(run).body
    for words in ("R-hat below 1.01", "above 400", "E-BFMI above 0.3", "Every fit passed"):
        assert words in html
    assert html.count("<tr>") == len(run.fits)
    table = run.diagnostics.copy()
    table.loc[1, ["divergences", "max_r_hat", "min_bfmi", "passed"]] = [3, np.nan, 0.1, False]
    failed = diagnostics(replace(run, diagnostics=table)).body
    assert "FAILED: divergences, R-hat, E-BFMI" in failed
    assert "Every fit passed" not in failed


def test_fits_to_further_cohorts_are_judged_model_by_model(run: Run, ensemble_run: Run) -> None:
    assert "diagnostics-further" not in diagnostics(run).body
    html = diagnostics(ensemble_run).body.split('id="diagnostics-further"')[1]
    assert html.count("<tr>") == len(ensemble_run.further)
    table = ensemble_run.diagnostics.copy()
    mine = (table["cohort"] == "1") & (table["model"] == "nrs_change")
    table.loc[mine, ["max_r_hat", "passed"]] = [np.nan, False]
    failed = diagnostics(replace(ensemble_run, diagnostics=table)).body
    own, further = failed.split('id="diagnostics-further"')
    assert "FAILED: 1 of 1 fits" in further
    assert "–" in further  # an R-hat that is not a number is shown as none
    assert "FAILED:" not in own
    assert "Some fits failed" in own
