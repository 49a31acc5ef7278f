"""What will be fitted is settled, and what cannot be is said, before anything is sampled."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.read import cohort_from_frame
from adbayes.errors import DataError, SpecError
from adbayes.inference import sampler
from adbayes.inference.fitting import fit
from adbayes.inference.plan import plan
from adbayes.model.spec import Spec, load_spec

TEXT = """
name = "own"
title = "t"
[data]
outcome = "y"
for_each = { x = ["a", "b", "c"] }
[model]
formula = "y ~ z + {x}"
family = "bernoulli"
[priors.only]
Intercept = { distribution = "Normal", mu = 0, sigma = 1, why = "w" }
z = { distribution = "Normal", mu = 0, sigma = 1, why = "w" }
"{x}" = { distribution = "Normal", mu = 0, sigma = 1, why = "w" }
"""
TABLE = pd.DataFrame(
    {"y": [0, 1, 0, 1, 1], "z": [1.0, 2, 3, 4, 5], "a": [0, 1, 1, 0, 1], "b": 1, "d": 0}
)


@pytest.fixture
def own(spec_from: Callable[[str], Spec]) -> Spec:
    return spec_from(TEXT)


def test_predictors_that_cannot_be_fitted_are_skipped_with_their_reason(own: Spec) -> None:
    settled = plan(own, cohort_from_frame(TABLE))
    assert [analysis.x for analysis, _ in settled.jobs] == ["a"]
    assert set(settled.reasons) == {"b", "c"}
    assert "'b' of own has one level (1.0) in the 5 rows" in settled.reasons["b"]
    assert "no column 'c'" in settled.reasons["c"]


@pytest.mark.parametrize(("x", "match"), [("b", "has one level"), ("c", "no column 'c'")])
def test_what_was_asked_for_by_name_is_not_skipped(own: Spec, x: str, match: str) -> None:
    with pytest.raises(DataError, match=match):
        plan(own, cohort_from_frame(TABLE), x=x)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"y": 1}, "does not vary"),
        ({"y": 2}, "needs 0 or 1"),
        ({"z": 3.0}, "predictor 'z' of own has one level"),
        ({"z": np.nan}, "missing value"),
    ],
)
def test_a_fault_of_the_whole_model_is_not_skipped(
    own: Spec, change: dict[str, float], match: str
) -> None:
    with pytest.raises(DataError, match=match):
        plan(own, cohort_from_frame(TABLE.assign(**change)))


def test_nothing_left_is_an_error(own: Spec) -> None:
    with pytest.raises(DataError, match="'a' of own has one level"):
        plan(own, cohort_from_frame(TABLE.assign(a=0)))


def test_everything_is_validated_before_anything_is_sampled(
    monkeypatch: pytest.MonkeyPatch, patients: Cohort
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("sampled")

    monkeypatch.setattr(sampler, "_nutpie", never)
    with pytest.raises(SpecError, match="draws"):
        fit("easi_change", patients, draws=3)
    with pytest.raises(SpecError, match="no prior set"):
        fit("easi_change", patients, priors="vage")
    frame = patients.frame.drop(columns="easi")
    with pytest.raises(DataError, match="no column 'easi'"):
        fit("easi_change", Cohort(frame, "patients", "label", "file.csv"))


def test_the_samplers_settings_reach_every_job(patients: Cohort) -> None:
    settled = plan(load_spec("easi90_univariable"), patients, seed=9, draws=222, tune=None)
    assert {analysis.sampler.seed for analysis, _ in settled.jobs} == {9}
    assert {analysis.sampler.draws for analysis, _ in settled.jobs} == {222}
    assert {analysis.sampler.tune for analysis, _ in settled.jobs} == {500}


@pytest.mark.parametrize("data", ["registry.csv", TABLE])
def test_data_that_are_no_cohort_are_refused_with_the_way_to_one(own: Spec, data: object) -> None:
    with pytest.raises(DataError, match=r"the data are a .*; give a Cohort: ab.read_patients"):
        plan(own, data)
