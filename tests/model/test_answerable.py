"""What a spec asks of its model is settled when it is read; what it asks of the data, before sampling."""

import dataclasses
import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from adbayes.cohort.cohort import Cohort
from adbayes.errors import DataError, SpecError
from adbayes.inference.plan import plan
from adbayes.model.answerable import baseline, levels, unanswerable
from adbayes.model.library import models_folder
from adbayes.model.spec import Spec, load_spec

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


@pytest.mark.parametrize("name", ["mean_percent_change", "score_sd", "share_mild", "response"])
def test_a_score_is_no_fraction(name: str, spec_from: Callable[[str], Spec]) -> None:
    with pytest.raises(SpecError, match=f"'{name}' is not defined for family gaussian"):
        spec_from(reporting(MIXED, name))


FRACTION = (models_folder() / "easi_fraction.toml").read_text()


def test_quantities_of_a_fraction_are_for_levels_alone(spec_from: Callable[[str], Spec]) -> None:
    wider = FRACTION.replace("~ visit + (1|patient)", "~ visit + female + (1|patient)")
    wider = wider.replace(
        "[priors.skeptical]",
        'female = { distribution = "Normal", mu = 0, sigma = 1, why = "w" }\n[priors.skeptical]',
    )
    with pytest.raises(SpecError, match="models of 'visit' and one group intercept; take female"):
        spec_from(wider)


def test_scores_need_observed_baselines(spec_from: Callable[[str], Spec]) -> None:
    rows = pd.DataFrame(
        {"patient": np.repeat(list("abc"), 3), "visit": [16, 32, 52] * 3}
        | {"easi_fraction": np.linspace(0.1, 0.5, 9)}
    )
    plain = Cohort(rows, "patients", "label", "own.csv", clinical=False)
    asked = "mean_score"
    with pytest.raises(DataError, match=f"own.csv: '{asked}' .* baseline of 'easi'"):
        plan(spec_from(reporting(FRACTION, asked)), plain)
    assert plan(spec_from(reporting(FRACTION, "mean_percent_change")), plain).jobs
