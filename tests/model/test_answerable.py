"""What a spec asks of its model is settled when it is read; what it asks of the data, before sampling."""

import dataclasses
import re
from collections.abc import Callable
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from adbayes.cohort.cohort import Cohort
from adbayes.errors import DataError, SpecError
from adbayes.inference.plan import plan
from adbayes.model.answerable import (
    baseline,
    is_bounded_score,
    is_lognormal_lab,
    levels,
    unanswerable,
)
from adbayes.model.formula import parse_formula
from adbayes.model.library import models_folder
from adbayes.model.spec import Spec, load_spec
from adbayes.model.spec_tables import EstimandName

MIXED = (models_folder() / "nrs_change.toml").read_text()
JOINT = (models_folder() / "easi90_multivariable.toml").read_text()


def reporting(text: str, *names: str) -> str:
    return re.sub(r"(?m)^report\s*=.*$", f"report = {list(names)}".replace("'", '"'), text)


@pytest.mark.parametrize("name", ["odds_ratio", "risk_difference", "risk_ratio"])
def test_a_gaussian_model_has_no_odds(name: str, spec_from: Callable[[str], Spec]) -> None:
    with pytest.raises(SpecError, match=f"'{name}' is not defined for family gaussian"):
        spec_from(reporting(MIXED, name))


@pytest.mark.parametrize(
    "name", ["mean", "mean_change", "ratio_of_means", "predictive_sd", "share_mcid", "icc"]
)
def test_a_response_has_no_means(name: str, spec_from: Callable[[str], Spec]) -> None:
    with pytest.raises(SpecError, match=f"'{name}' is not defined for family bernoulli"):
        spec_from(reporting(JOINT, name))


@pytest.mark.parametrize("name", ["predictive_sd", "share_mcid", "icc"])
def test_spread_between_patients_needs_one_patient_effect(name: str) -> None:
    analysis = load_spec("nrs_change").analyses()[0]
    flat = dataclasses.replace(analysis.mean, groups=(), grouping=())
    asked = analysis.estimands.model_copy(update={"report": (name,)})
    lacking = dataclasses.replace(analysis, formulas={"mu": flat}, estimands=asked)
    assert [name in fault and "groups none" in fault for fault in unanswerable(lacking)] == [True]
    assert not unanswerable(dataclasses.replace(analysis, estimands=asked))


COURSE = {
    "beta_binomial": (
        "poem_change",
        {"mean", "mean_change", "ratio_of_means", "predictive_sd", "share_mcid", "share_floor",
         "share_ceiling", "odds_ratio"},
    ),
    "lognormal": (
        "ldh_change",
        {"mean", "mean_change", "ratio_of_means", "predictive_sd", "share_above",
         "geometric_mean_ratio"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("variant", COURSE)
def test_what_a_course_of_a_bounded_or_lognormal_outcome_answers(variant: str) -> None:
    name, answered = COURSE[variant]
    (analysis,) = load_spec(name).analyses(variant)
    assert is_bounded_score(analysis) == (variant == "beta_binomial")
    assert is_lognormal_lab(analysis) == (variant == "lognormal")
    for asked in get_args(EstimandName):
        table = analysis.estimands.model_copy(update={"report": (asked,)})
        faults = unanswerable(dataclasses.replace(analysis, estimands=table))
        assert (not faults) == (asked in answered), asked


@pytest.mark.parametrize("variant", COURSE)
@pytest.mark.parametrize(
    "mean",
    ["{} ~ visit + age + (1|patient)", "{} ~ visit", "{} ~ visit + (visit|patient)",
     "{} ~ visit + offset(age) + (1|patient)"],
)  # fmt: skip
def test_other_predictors_would_have_to_be_averaged_over(variant: str, mean: str) -> None:
    name, _ = COURSE[variant]
    (analysis,) = load_spec(name).analyses(variant)
    response = "p(poem, 28)" if variant == "beta_binomial" else "ldh"
    other = parse_formula(mean.format(response), variant)
    changed = dataclasses.replace(analysis, formulas={**analysis.formulas, "mu": other})
    assert not is_bounded_score(changed)
    assert not is_lognormal_lab(changed)
    assert unanswerable(changed)


def test_trials_that_differ_between_rows_have_no_ceiling() -> None:
    (analysis,) = load_spec("poem_change").analyses("beta_binomial")
    other = parse_formula("p(poem, n) ~ visit + (1|patient)", "beta_binomial")
    changed = dataclasses.replace(analysis, formulas={**analysis.formulas, "mu": other})
    assert not is_bounded_score(changed)
    probit = dataclasses.replace(analysis, link="probit")
    assert not is_bounded_score(probit)


def test_only_outcomes_with_a_cutoff_have_high_values() -> None:
    for name, known in (("tec_change", True), ("nrs_change", False)):
        (analysis,) = load_spec(name).analyses()
        table = analysis.estimands.model_copy(update={"report": ("share_above",)})
        assert (not unanswerable(dataclasses.replace(analysis, estimands=table))) == known


def test_effects_name_terms_of_the_formula(spec_from: Callable[[str], Spec]) -> None:
    with pytest.raises(
        SpecError, match="'femal' is not a term of the formula; did you mean 'female'"
    ):
        spec_from(
            JOINT.replace('terms  = ["age_over_30", "female"', 'terms  = ["age_over_30", "femal"')
        )


def test_a_share_needs_its_threshold(spec_from: Callable[[str], Spec]) -> None:
    start = MIXED.index("mcid     =")
    with pytest.raises(SpecError, match="share_mcid needs mcid"):
        spec_from(MIXED[:start] + MIXED[MIXED.index("\n", start) :])


def test_levels_are_those_of_a_column_of_the_formula(spec_from: Callable[[str], Spec]) -> None:
    with pytest.raises(
        SpecError, match="by = 'vist' is not a column of the formula; did you mean 'visit'"
    ):
        spec_from(MIXED.replace('by       = "visit"', 'by       = "vist"'))


def test_the_baseline_must_be_in_the_data(
    patients: Cohort, spec_from: Callable[[str], Spec]
) -> None:
    wrong = spec_from(MIXED.replace("baseline = 0", "baseline = 17"))
    with pytest.raises(DataError, match=r"visit = 17, from which .* \(levels: 0, 16, 32, 52\)"):
        plan(wrong, patients)


def test_levels_and_baseline() -> None:
    assert levels(pd.Series(pd.Categorical(["b", "a"], categories=["b", "a", "c"]))) == [
        "b",
        "a",
        "c",
    ]
    assert levels(pd.Series(np.array([16.0, 0.0, 16.0]))) == ["0", "16"]
    analysis = load_spec("nrs_change").analyses()[0]
    assert baseline(analysis, ["0", "16"]) == "0"
    free = analysis.estimands.model_copy(update={"baseline": None})
    assert baseline(dataclasses.replace(analysis, estimands=free), ["16", "32"]) == "16"
