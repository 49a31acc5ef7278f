"""Which models are a bounded or lognormal course, and what these answer."""

import dataclasses
from typing import get_args

import pytest

from adbayes.model.answerable import unanswerable
from adbayes.model.formula import parse_formula
from adbayes.model.one_course import has_cutoff, is_bounded_score, is_lognormal_lab
from adbayes.model.spec import load_spec
from adbayes.model.spec_tables import EstimandName

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
        assert has_cutoff(analysis) == known
        scaled = analysis.data.model_copy(update={"standardize": {"tec": (0.0, 100.0)}})
        assert not has_cutoff(dataclasses.replace(analysis, data=scaled))
