"""What the kind `imputed_logistic` declares, and what it refuses."""

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from adbayes.errors import SpecError
from adbayes.model import imputed_kind
from adbayes.model.kind import Likelihood
from adbayes.model.spec import Spec, load_spec
from adbayes.model.spec_tables import ImputedLogisticTable

FORMULA = "y ~ x + g + lab"
TEXT = """
name = "own"
title = "t"
[data]
outcome = "y"
missing = "model"
[model]
kind = "imputed_logistic"
formula = "y ~ x + g + lab"
impute = ["lab"]
[priors.only]
Intercept = { distribution = "Normal", mu = 0, sigma = 2, why = "w" }
slopes = { distribution = "Normal", mu = 0, sigma = 1, why = "w" }
impute_intercept = { distribution = "Normal", mu = 0, sigma = 1, why = "w" }
impute_slope = { distribution = "Normal", mu = 0, sigma = 1, why = "w" }
impute_sigma = { distribution = "HalfNormal", sigma = 1, why = "w" }
"""


def likelihood(formula: str = FORMULA, impute: tuple[str, ...] = ("lab",)) -> Likelihood:
    table = ImputedLogisticTable(formula=formula, impute=impute)
    return imputed_kind.read(table, lambda text: text, "own.toml")


def test_it_is_a_logistic_regression_with_a_list_of_columns() -> None:
    found = likelihood("y ~ x + lab + other", ("other", "lab"))
    assert (found.family.name, found.link) == ("bernoulli", "logit")
    assert found.options == {"impute": "other lab"}


def test_every_term_needs_a_prior_or_the_block() -> None:
    found = {one.name: one for one in imputed_kind.parameters(likelihood())}
    assert list(found) == [
        "Intercept", "x", "g", "lab", "slopes", "impute_intercept", "impute_slope", "impute_sigma",
    ]  # fmt: skip
    assert found["slopes"].covers == ("x", "g", "lab")
    assert found["impute_sigma"].distributions == ("HalfNormal",)


@pytest.mark.parametrize(
    ("formula", "impute", "message"),
    [
        ("y ~ x + lab + (1|c)", ("lab",), "has no groups"),
        ("y ~ 0 + x + lab", ("lab",), "needs an intercept"),
        ("y ~ x + lab + offset(w)", ("lab",), "has no offset"),
        (FORMULA, ("lba",), "'lba' is not a term of the formula; did you mean 'lab'"),
        ("y ~ x + log(lab)", ("lab",), "'lab' is not a term"),
        ("y ~ x * lab", ("lab",), "'lab' is also in 'x:lab'"),
        (FORMULA, ("lab", "lab"), "named twice"),
    ],
)
def test_what_it_cannot_do_is_refused(formula: str, impute: tuple[str, ...], message: str) -> None:
    with pytest.raises(SpecError, match=r"own.toml: \[model\] .*" + message):
        likelihood(formula, impute)


def test_a_spec_of_the_kind_is_read(spec_from: Callable[[str], Spec]) -> None:
    (analysis,) = spec_from(TEXT).analyses()
    assert analysis.imputed == ("lab",)
    assert list(analysis.priors) == [
        "Intercept", "impute_intercept", "impute_slope", "impute_sigma", "x", "g", "lab",
    ]  # fmt: skip
    (dropping,) = spec_from(TEXT.replace('"model"', '"drop"', 1)).analyses()
    assert dropping.imputed == ()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('slopes = { distribution = "Normal", mu = 0, sigma = 1, why = "w" }', "", "no prior for 'x'"),
        ('"HalfNormal", sigma', '"Exponential", lam', "Exponential is not one"),
        ('impute = ["lab"]', "impute = []", "impute"),
        ('impute = ["lab"]', "", "impute is missing"),
        ('"Normal", mu = 0, sigma = 2', '"Normal", mu = [0, 1], sigma = 2', "give no list"),
        ('outcome = "y"', 'outcome = "y"\nlog2 = ["labb"]', "log2: 'labb' is not in a formula"),
    ],
)  # fmt: skip
def test_faults_of_a_spec_are_told(
    old: str, new: str, message: str, spec_from: Callable[[str], Spec]
) -> None:
    assert old in TEXT
    with pytest.raises(SpecError, match=message):
        spec_from(TEXT.replace(old, new, 1))


def test_a_formula_of_bambi_cannot_impute(spec_from: Callable[[str], Spec]) -> None:
    text = TEXT.replace('kind = "imputed_logistic"', 'family = "bernoulli"')
    with pytest.raises(SpecError, match="needs a kind that imputes; bambi cannot"):
        spec_from(text.replace('impute = ["lab"]\n', ""))


def test_the_papers_spec_has_the_same_scale_in_every_set() -> None:
    spec = load_spec("easi90_predictors")
    assert list(spec.prior_sets) == ["weakly_informative", "horseshoe", "skeptical", "vague"]
    for name in spec.prior_sets:
        (analysis,) = spec.analyses(priors=name)
        assert analysis.imputed == ("ige_baseline", "tec_baseline", "ldh_baseline")
        assert ("slopes" in analysis.priors) == (name == "horseshoe")
        assert analysis.differs


def test_one_outcome_a_patient_has_no_covariance() -> None:
    (analysis,) = load_spec("easi90_predictors").analyses()
    assert imputed_kind.answers(analysis) == {"odds_ratio", "risk_difference", "risk_ratio"}
    with pytest.raises(NotImplementedError):
        imputed_kind.covariance(xr.Dataset({"a": np.float64(1)}), analysis, [])
