"""Welch's test beside a fit: R's t.test, and what it is for."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.library import load_cohort
from adbayes.cohort.read import cohort_from_frame
from adbayes.inference.fit import Fit
from adbayes.model.spec import Spec
from adbayes.paper.published import load_paper
from adbayes.results.comparison import compare
from adbayes.results.readings import READINGS, other_quantity, place_of, readings_of
from adbayes.results.refit import refit
from adbayes.results.summary import summarize
from adbayes.results.welch import two_groups

MakeFit = Callable[..., Fit]
VALUES = {"Intercept": 70.0, "x": -5.0, "sigma_Intercept": 3.0, "sigma_x": 0.2}
TEXT = """
name = "own"
title = "own"
[data]
outcome = "y"
[model]
formula = { mu = "MEAN", sigma = "SD" }
family = "gaussian"
[priors.only]
Intercept = { distribution = "Normal", mu = 0, sigma = 50, why = "w" }
x = { distribution = "Normal", mu = 0, sigma = 25, why = "w" }
sigma.Intercept = { distribution = "Normal", mu = 3, sigma = 1, why = "w" }
sigma.x = { distribution = "Normal", mu = 0, sigma = 1, why = "w" }
"""
# R 4.2: t.test(y ~ x) on y = c(1, 2, 4, 8, 16, 3, 5, 5, 6), x = rep(0:1, c(5, 4)), difference as 1 - 0:
# t = -0.5180 on 4.4203 df.
Y, X = [1.0, 2, 4, 8, 16, 3, 5, 5, 6], [0.0] * 5 + [1.0] * 4


def made(spec_from: Callable[[str], Spec], fit_with: MakeFit, mean: str, sd: str) -> Fit:
    frame = pd.DataFrame({"y": Y, "x": X, "z": np.arange(9.0)})
    text = TEXT.replace("MEAN", mean).replace("SD", sd)
    text = text.replace("sigma.x", "# sigma.x") if sd == "1" else text
    return fit_with(spec_from(text), cohort_from_frame(frame), VALUES)


def test_it_is_rs_welch_test(spec_from: Callable[[str], Spec], fit_with: MakeFit) -> None:
    fit = made(spec_from, fit_with, "y ~ x", "x")
    assert two_groups(fit) == "x"
    again = refit(fit)
    assert again is not None
    row = again.coefficients.set_index("term").loc["x"]
    assert row["estimate"] == pytest.approx(-1.45)
    assert row["se"] == pytest.approx(2.799256, abs=1e-6)
    assert row["p_value"] == pytest.approx(0.629320, abs=1e-6)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((-8.939054, 6.039054), abs=1e-5)
    means = again.statistics.set_index(["statistic", "term"])["value"]
    assert (means["mean", "x = 0"], means["mean", "x = 1"]) == pytest.approx((6.2, 4.75))


def test_it_is_for_two_groups_with_sds_of_their_own_alone(
    spec_from: Callable[[str], Spec], fit_with: MakeFit
) -> None:
    assert two_groups(made(spec_from, fit_with, "y ~ x", "1")) is None
    binary = made(spec_from, fit_with, "y ~ x", "x")
    assert two_groups(_with(binary, binary.frame.data.assign(x=np.arange(9.0)))) is None


def _with(fit: Fit, data: pd.DataFrame) -> Fit:
    return replace(fit, frame=replace(fit.frame, data=data))


def test_a_group_of_one_patient_has_means_and_no_test(
    spec_from: Callable[[str], Spec], fit_with: MakeFit
) -> None:
    fit = made(spec_from, fit_with, "y ~ x", "x")
    again = refit(_with(fit, fit.frame.data.iloc[:6]))
    assert again is not None
    assert np.isnan(again.coefficients.set_index("term").loc["x", "p_value"])
    assert again.statistics["value"].iloc[:2].notna().all()


@pytest.mark.parametrize("outcome", ["easi", "nrs", "poem", "dlqi"])
def test_table_4_is_read_from_the_reconstructed_patients(outcome: str, fit_with: MakeFit) -> None:
    paper, cohort = load_paper(), load_cohort(0)
    x = "ldh_ge_250_w0"
    values = {"Intercept": 70.0, x: -5.0, "sigma_Intercept": 3.0, f"sigma_{x}": 0.2}
    fit = fit_with(f"ldh_groups_{outcome}", cohort, values, draws=200)
    again = refit(fit)
    assert again is not None
    noise = np.random.default_rng(1).normal(0, 0.1, (1, 200))
    posterior = fit.posterior.assign({n: fit.posterior[n] + noise for n in values})
    moved = Fit(fit.analysis, cohort, fit.frame, fit.design, posterior, stats_of(noise), 0, "")
    table = compare(summarize(moved), again.statistics, paper, moved)
    row = f"table4.{outcome}.ldh_baseline"
    assert set(table["published_id"]) == {f"{row}.lo.mean", f"{row}.hi.mean", f"{row}.p"}
    assert set(table["visit"]) == {"52"}
    assert table["within_rounding"].iloc[:2].all()
    # Not every p is met to its last digit.
    assert (table["frequentist"] - table["published"]).abs().max() < 0.01
    assert set(table["role"]) == {"target"}
    shown = table.set_index("published_id")
    assert shown.loc[f"{row}.lo.mean", "bayes"] == pytest.approx(70, abs=0.1)
    assert shown.loc[f"{row}.hi.mean", "bayes"] == pytest.approx(65, abs=0.1)
    assert shown.loc[f"{row}.hi.mean", "same_quantity"]
    assert not shown.loc[f"{row}.p", "same_quantity"]
    assert shown.loc[f"{row}.p", "bayes"] == 0


def stats_of(noise: np.ndarray) -> xr.Dataset:
    zeros = (("chain", "draw"), np.zeros_like(noise))
    energy = (("chain", "draw"), noise)
    return xr.Dataset({"diverging": zeros, "energy": energy, "maxdepth_reached": zeros})


def test_a_student_t_has_another_centre(fit_with: MakeFit, patients: Cohort) -> None:
    paper = load_paper()
    number = paper.number("table4.poem.ldh_w16.hi.mean")
    assert place_of(number) == ("ldh_ge_250_w16 = 1", "52", "mean_percent_change")
    assert place_of(paper.number("table4.poem.ldh_w16.p"))[2] == "mean_difference"
    assert place_of(paper.number("table5.sex.or")) == ("female", "52", "odds_ratio")
    x = "ldh_ge_250_w0"
    values = {"Intercept": 70.0, x: -5.0, "sigma_Intercept": 3.0, f"sigma_{x}": 0.2}
    normal = fit_with("ldh_groups_easi", patients, values)
    robust = fit_with("ldh_groups_easi", patients, values | {"nu": 8.0}, "student_t")
    reading = readings_of(number)[-1]
    assert not other_quantity(reading, normal.analysis)
    assert "centre" in other_quantity(reading, robust.analysis)
    assert not other_quantity(READINGS["p_value"], robust.analysis)
    assert two_groups(robust) == x
