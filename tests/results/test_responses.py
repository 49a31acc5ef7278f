"""Shares of responders against closed forms, brute force and Bambi's own predictions."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from adbayes.cohort.cohort import Cohort
from adbayes.inference.fit import Fit
from adbayes.inference.replicates import outcomes
from adbayes.model.spec import Spec
from adbayes.results.estimands import estimands
from adbayes.results.responses import response_quantity

WEEKS = ["16", "32", "52"]
ETA = np.array([0.0, 1.9, 2.8])
CLASSES = {"threshold": (-0.3, 2.9), "visit": (1.9, 2.8)}


def shares(fit: Fit, **options: int) -> dict[tuple[str, str], float]:
    return {
        (level, rule): float(draws[0, 0])
        for level, rule, draws in response_quantity(fit, **options)
    }


def test_classes_and_responses_without_patient_effect(
    patients: Cohort, fit_with: Callable[..., Fit]
) -> None:
    found = shares(fit_with("easi_classes", patients, CLASSES | {"1|patient_sigma": 0.0}))
    for eta, week in zip(ETA, WEEKS, strict=True):
        np.testing.assert_allclose(found[week, "easi75"], 100 * expit(eta + 0.3))
        np.testing.assert_allclose(found[week, "easi90"], 100 * expit(eta - 2.9))
    values = {"Intercept": -2.9, "visit": (1.9, 2.8), "1|patient_sigma": 0.0}
    binary = shares(fit_with("easi90_visits", patients, values))
    assert binary == pytest.approx({key: v for key, v in found.items() if key[1] == "easi90"})


def test_new_patients_are_averaged_over(patients: Cohort, fit_with: Callable[..., Fit]) -> None:
    fit = fit_with("easi_classes", patients, CLASSES | {"1|patient_sigma": 2.8})
    found, fine = shares(fit), shares(fit, nodes=200)
    n = 400_000
    effect = 2.8 * np.random.default_rng(1).standard_normal(n)
    for eta, week in zip(ETA, WEEKS, strict=True):
        for rule, threshold in (("easi75", -0.3), ("easi90", 2.9)):
            p = expit(eta + effect - threshold)
            assert abs(found[week, rule] / 100 - p.mean()) < 4 * p.std() / np.sqrt(n)
            assert abs(found[week, rule] - fine[week, rule]) < 2e-3  # percentage points


def test_classes_run_in_bambis_direction(patients: Cohort, fit_with: Callable[..., Fit]) -> None:
    n_patients = patients.n_patients
    values = CLASSES | {"1|patient_sigma": 0.0, "1|patient": np.zeros(n_patients)}
    fit = fit_with("easi_classes", patients, values, draws=60)
    made = outcomes(fit.analysis, fit.frame, fit.design, fit.posterior, np.random.default_rng(2))
    found = shares(fit)
    for week in WEEKS:
        rows = made[:, (fit.frame.data["visit"] == week).to_numpy()]
        for rule, lowest in (("easi75", 1), ("easi90", 2)):
            p = (rows >= lowest).mean()
            error = np.sqrt(p * (1 - p) / rows.size)
            assert abs(found[week, rule] / 100 - p) < 4 * error


def test_classes_that_nobody_is_in(patients: Cohort, fit_with: Callable[..., Fit]) -> None:
    fit = fit_with("easi_classes", patients, CLASSES | {"1|patient_sigma": 1.0})
    for categories, certain in (([1.0, 2.0], ("easi75", 100.0)), ([0.0, 1.0], ("easi90", 0.0))):
        data = fit.frame.data.assign(
            easi_class=pd.Categorical([categories[0]] * fit.frame.n_rows, categories, ordered=True)
        )
        fewer = dataclasses.replace(fit, frame=dataclasses.replace(fit.frame, data=data))
        assert shares(fewer)["16", certain[0]] == certain[1]


def test_other_predictors_are_averaged_over_patients(
    patients: Cohort, spec_from: Callable[[str], Spec], fit_with: Callable[..., Fit]
) -> None:
    spec = spec_from("""
name = "own"
title = "t"
[data]
outcome = "easi90"
visit = 52
missing = "drop"
[model]
formula = "easi90 ~ female"
family = "bernoulli"
[priors.only]
Intercept = { distribution = "Normal", mu = 0, sigma = 2, why = "w" }
female = { distribution = "Normal", mu = 0, sigma = 1, why = "w" }
[estimands]
report = ["response"]
""")
    fit = fit_with(spec, patients, {"Intercept": -0.4, "female": 1.1})
    (found,) = estimands(fit)
    assert (found.visit, found.term, found.unit) == ("52", "easi90", "%")
    expected = 100 * expit(-0.4 + 1.1 * fit.frame.data["female"]).mean()
    np.testing.assert_allclose(found.draws.to_numpy(), expected)


OFFSET = """
name = "own"
title = "own"
[data]
outcome = "easi90"
visit = 52
missing = "drop"
standardize = { age = [30.0, 7.0] }
[model]
kind = "bambi"
formula = "easi90 ~ female + offset(age)"
family = "bernoulli"
link = "logit"
[priors.only]
Intercept = { distribution = "Normal", mu = 0, sigma = 1, why = "w" }
female = { distribution = "Normal", mu = 0, sigma = 1, why = "w" }
[estimands]
report = ["response", "risk_difference", "risk_ratio"]
"""


def test_an_offset_counts_in_responses_and_risks(
    patients: Cohort, fit_with: Callable[..., Fit], spec_from: Callable[[str], Spec]
) -> None:
    fit = fit_with(spec_from(OFFSET), patients, {"Intercept": 0.2, "female": 0.7})
    age, female = (fit.frame.data[name].to_numpy() for name in ("age", "female"))
    assert 0.5 < age.std() < 2  # it matters
    found = {e.estimand: float(e.draws[0, 0]) for e in estimands(fit)}
    assert found["response"] == pytest.approx(100 * expit(0.2 + 0.7 * female + age).mean())
    with_it, without = expit(0.9 + age).mean(), expit(0.2 + age).mean()
    assert found["risk_difference"] == pytest.approx(100 * (with_it - without))
    assert found["risk_ratio"] == pytest.approx(with_it / without)
