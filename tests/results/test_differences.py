"""Means in two groups and their difference, by g-computation."""

from collections.abc import Callable

import numpy as np
import pytest

from adbayes.cohort.cohort import Cohort
from adbayes.errors import SpecError
from adbayes.inference.fit import Fit
from adbayes.model.spec import Spec
from adbayes.results.differences import group_means, group_term
from adbayes.results.estimands import estimands
from adbayes.results.summary import noted

MakeFit = Callable[..., Fit]
X = "ldh_ge_250_w16"
TEXT = """
name = "own"
title = "own"
[data]
outcome = "OUTCOME"
visit = 52
missing = "drop"
[model]
formula = { mu = "OUTCOME ~ ldh_ge_250_w16 * female + age", sigma = "1" }
family = "FAMILY"
[priors.only]
Intercept = { distribution = "Normal", mu = 0, sigma = 50, why = "w" }
ldh_ge_250_w16 = { distribution = "Normal", mu = 0, sigma = 50, why = "w" }
female = { distribution = "Normal", mu = 0, sigma = 50, why = "w" }
"ldh_ge_250_w16:female" = { distribution = "Normal", mu = 0, sigma = 50, why = "w" }
age = { distribution = "Normal", mu = 0, sigma = 50, why = "w" }
sigma.Intercept = { distribution = "Normal", mu = 3, sigma = 1, why = "w" }
[estimands]
report = [REPORT]
terms = ["ldh_ge_250_w16", "age"]
"""
VALUES = {"Intercept": 70.0, X: -5.0, "female": 2.0, f"{X}:female": 3.0, "age": 0.1}


def text(outcome: str = "easi_percent_change", report: str = '"mean_difference"') -> str:
    filled = TEXT.replace("OUTCOME", outcome).replace("FAMILY", "gaussian")
    return filled.replace("REPORT", report)


def test_other_predictors_are_averaged_over_the_patients(
    patients: Cohort, fit_with: MakeFit, spec_from: Callable[[str], Spec]
) -> None:
    report = '"mean_percent_change", "mean_difference"'
    fit = fit_with(spec_from(text(report=report)), patients, VALUES)
    data = fit.frame.data
    share, age = data["female"].mean(), data["age"].mean()
    low = 70 + 2 * share + 0.1 * age
    high = low - 5 + 3 * share
    (found,) = group_means(fit)  # age is not 0 and 1
    np.testing.assert_allclose(found.low, low)
    np.testing.assert_allclose(found.high, high)
    shown = {(e.estimand, e.term): e for e in estimands(fit)}
    assert list(shown) == [
        ("mean_percent_change", f"{X} = 0"),
        ("mean_percent_change", f"{X} = 1"),
        ("mean_difference", X),
    ]
    one = shown["mean_difference", X]
    np.testing.assert_allclose(one.draws, high - low)
    assert (one.unit, one.visit, one.null) == ("percentage points", "52", 0.0)
    assert "concurrent" in noted(one)
    assert "concurrent" in noted(shown["mean_percent_change", group_term(X, 1)])


def test_a_score_has_a_difference_in_its_own_unit_and_no_percent_change(
    patients: Cohort, fit_with: MakeFit, spec_from: Callable[[str], Spec]
) -> None:
    (one,) = estimands(fit_with(spec_from(text("easi")), patients, VALUES))
    assert (one.estimand, one.unit) == ("mean_difference", "points")
    with pytest.raises(SpecError, match="mean_percent_change' is not defined"):
        spec_from(text("easi", '"mean_percent_change"'))


def test_an_offset_shifts_both_means_and_no_difference(
    patients: Cohort, fit_with: MakeFit, spec_from: Callable[[str], Spec]
) -> None:
    report = '"mean_percent_change", "mean_difference"'
    shifted = text(report=report).replace("* female + age", "* female + offset(age)")
    lines = [line for line in shifted.splitlines() if not line.startswith("age =")]
    spec = spec_from("\n".join(lines).replace(', "age"]', "]"))
    fit = fit_with(spec, patients, {name: v for name, v in VALUES.items() if name != "age"})
    share, age = (fit.frame.data[name].mean() for name in ("female", "age"))
    found = {(e.estimand, e.term): float(e.draws[0, 0]) for e in estimands(fit)}
    assert found["mean_percent_change", f"{X} = 0"] == pytest.approx(70 + 2 * share + age)
    assert found["mean_difference", X] == pytest.approx(-5 + 3 * share)
