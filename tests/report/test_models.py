"""Models beside refit and print: numbers of the tables, flags, separated data."""

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest

from adbayes.cohort.cohort import Cohort
from adbayes.report.figures import groups_of
from adbayes.report.models import GATE, flag, mixed_models, odds_ratios
from adbayes.results.run import Run


def test_a_flag_is_a_failure_only() -> None:
    assert flag("", True) == ""
    assert flag("constant over draws; judged through its parameters", True) == ""
    assert flag("not converged", True) == "not converged"
    assert flag("", False) == GATE


def test_scores_stand_beside_refit_and_print(run: Run) -> None:
    html = mixed_models(run, groups_of(run), {}).body
    assert "Paper (other patients)" in html
    assert "30.02" in html
    again = run.refits["easi_change.base.weakly_informative"].statistics
    sd = again[(again["statistic"] == "sd") & (again["visit"] == "16")]["value"].iloc[0]
    assert f"{sd:.2f}" in html
    assert "the model has one SD for all visits" in html
    assert run.fits[0].analysis.estimands.mcid is not None
    assert "MCID: a fall of at least 14 points" in html
    assert "easi90" not in html


def test_odds_ratios_have_refit_firth_and_risk_difference(run: Run) -> None:
    html = odds_ratios(run, groups_of(run), {}).body
    summary = run.summary
    mine = (summary["model"] == "easi90_multivariable") & (summary["term"] == "concomitant")
    row = summary[mine & (summary["estimand"] == "risk_difference")].iloc[0]
    shown = f"{row['mean']:.0f} [{row['ci_low']:.0f}, {row['ci_high']:.0f}]".replace("-", "−")
    assert shown in html
    firth = run.refits["easi90_multivariable.base.weakly_informative"].coefficients
    value = np.exp(float(firth.set_index("term").loc["concomitant", "firth_estimate"]))
    assert f"{value:.2f} [" in html
    assert "one_level left out: the predictor" in html


def test_separated_data_are_said_and_their_estimate_is_infinite(run: Run) -> None:
    key = "easi90_multivariable.base.weakly_informative"
    found = run.refits[key].coefficients.copy()
    mine = found["term"] == "female"
    found.loc[mine, ["estimate", "ci_high"]] = np.inf
    found.loc[mine, "separated"] = True
    refits = run.refits | {key: replace(run.refits[key], coefficients=found)}
    html = odds_ratios(replace(run, refits=refits), groups_of(run), {}).body
    assert html.count("separated data: no finite estimate") == 1
    assert "∞ [" in html
    assert "separated data" not in odds_ratios(run, groups_of(run), {}).body


def test_digits_are_those_that_simulation_supports(run: Run) -> None:
    summary = run.summary.copy()
    mine = (summary["model"] == "easi_change") & (summary["estimand"] == "mean")
    summary.loc[mine, "mcse_mean"] = 0.3
    first = summary[mine].iloc[0]
    changed = replace(run, summary=summary)
    html = mixed_models(changed, groups_of(changed), {}).body
    assert f"{first['mean']:.0f} [{first['ci_low']:.0f}, {first['ci_high']:.0f}]" in html


@pytest.mark.parametrize("evidence", ["simulated", "reconstructed"])
def test_other_patients_are_called_so(
    run: Run, evidence: Literal["simulated", "reconstructed"]
) -> None:
    cohort = Cohort(run.cohort.frame, evidence, "label", "source")
    html = mixed_models(replace(run, cohort=cohort), groups_of(run), {}).body
    assert ("Paper (other patients)" in html) == (evidence == "simulated")


def test_models_of_several_predictors_are_one_line(run: Run) -> None:
    html = odds_ratios(run, groups_of(run), {}).body
    line = html.split('<p class="small">easi90_univariable: ')[1].split("</p>")[0]
    assert "<code>easi90 ~ easi_baseline + x</code>, x each of" in line
    assert "priors: weakly informative" in line


def test_a_printed_ratio_of_another_model_is_called_so(run: Run) -> None:
    assert "another quantity than" not in odds_ratios(run, groups_of(run), {}).body
    mine = (run.comparison["model"] == "easi90_multivariable") & (
        run.comparison["statistic"] == "odds_ratio"
    )
    note = "held out; another quantity than the printed one: all patients"
    table = run.comparison.copy()
    table.loc[mine, ["same_quantity", "note"]] = [False, note]
    html = odds_ratios(replace(run, comparison=table), groups_of(run), {}).body
    assert html.count("another quantity than the printed one: all patients") == 1
    assert "held out" not in html
