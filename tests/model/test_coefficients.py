"""Terms and their coefficients: cut apart and put together, priors and draws in the order of columns."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from adbayes.cohort.read import cohort_from_frame
from adbayes.inference.plan import plan
from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design, bambi_model, design_of
from adbayes.model.coefficients import (
    linear_predictor,
    normal_priors,
    prior_coefficients,
    prior_of,
    split_terms,
    width,
)
from adbayes.model.frame import ModelFrame
from adbayes.model.spec import Spec

TEXT = """
name = "own"
title = "t"
[data]
outcome = "y"
[model]
formula = { mu = "y ~ x + arm + offset(w)", sigma = "x" }
family = "gaussian"
[priors.only]
Intercept = { distribution = "Normal", mu = 5, sigma = 1, why = "w" }
x = { distribution = "Normal", mu = 0, sigma = 2, why = "w" }
arm = { distribution = "Normal", mu = [1, -1], sigma = 3, why = "w" }
[priors.only.sigma]
Intercept = { distribution = "Normal", mu = 7, sigma = 0.25, why = "w" }
x = { distribution = "Normal", mu = 0, sigma = 0.5, why = "w" }
"""
TABLE = pd.DataFrame(
    {
        "y": [1.0, 2.0, 4.0, 5.0, 7.0, 8.0],
        "x": [0.0, 1.0, 2.0, 4.0, 9.0, 3.0],
        "w": [0.5, 0.0, 0.25, 1.0, 2.0, -1.0],
        "arm": list("abcabc"),
    }
)
Parts = tuple[Analysis, ModelFrame, Design]


@pytest.fixture(scope="module")
def parts(spec_from: Callable[[str], Spec]) -> Parts:
    (job,) = plan(spec_from(TEXT), cohort_from_frame(TABLE)).jobs
    return (*job, design_of(bambi_model(*job)))


def test_the_width_is_the_number_of_coefficients(parts: Parts) -> None:
    assert width(*parts) == (4,)


def test_every_column_has_the_prior_of_its_term(parts: Parts) -> None:
    analysis, _, design = parts
    mu, sigma = normal_priors(analysis, design)
    assert mu.tolist() == [5, 0, 1, -1]
    assert sigma.tolist() == [1, 2, 3, 3]


def test_a_term_of_the_log_sd_has_its_own_prior(parts: Parts) -> None:
    analysis, _, design = parts
    scale = design_of(design.model, "sigma")
    assert [term.name for term in scale.terms] == ["sigma_Intercept", "sigma_x"]
    assert prior_of(analysis, scale, scale.terms[0]) == analysis.priors["sigma.Intercept"]
    mu, sigma = normal_priors(analysis, scale)
    assert mu.tolist() == [7, 0]
    assert sigma.tolist() == [0.25, 0.5]


def test_draws_from_the_prior_have_the_priors_means_and_sds(parts: Parts) -> None:
    analysis, _, design = parts
    found = prior_coefficients(analysis, design, 4000, np.random.default_rng(1))
    assert found.shape == (1, 4000, 4)
    mu, sigma = normal_priors(analysis, design)
    # Five standard errors of a mean, and of an SD.
    assert (np.abs(found[0].mean(axis=0) - mu) < 5 * sigma / np.sqrt(4000)).all()
    assert (np.abs(found[0].std(axis=0) / sigma - 1) < 5 / np.sqrt(8000)).all()


def test_terms_are_cut_and_put_together_again(parts: Parts) -> None:
    _, _, design = parts
    values = np.arange(24.0).reshape(2, 3, 4)
    draws = split_terms(values, design)
    assert list(draws) == ["Intercept", "x", "arm"]
    assert draws["x"].dims == ("chain", "draw")
    assert draws["arm"].coords["arm_dim"].to_numpy().tolist() == ["b", "c"]
    np.testing.assert_array_equal(design.coefficient_draws(draws), values)


def test_the_linear_predictor_is_the_formula_with_its_offset(parts: Parts) -> None:
    _, _, design = parts
    draws = split_terms(np.array([[[1.0, 10.0, 100.0, 1000.0]]]), design)
    by_arm = TABLE["arm"].map({"a": 0.0, "b": 100.0, "c": 1000.0})
    expected = 1 + 10 * TABLE["x"] + by_arm + TABLE["w"]
    np.testing.assert_allclose(linear_predictor(draws, design)[0, 0], expected)
