"""What Bambi is given, and what is read back from it."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.read import cohort_from_frame
from adbayes.errors import SpecError
from adbayes.inference.plan import plan
from adbayes.model.bambi_model import Design, bambi_model, design_of
from adbayes.model.spec import Spec, load_spec

OWN = """
name = "own"
title = "t"
[data]
outcome = "y"
[model]
formula = "{formula}"
family = "gaussian"
[priors.s]
{priors}
"""
NORMAL = '{ distribution = "Normal", mu = 0, sigma = 1, why = "w" }'
HALF = '{ distribution = "HalfNormal", sigma = 1, why = "w" }'


@pytest.fixture(scope="module")
def table() -> Cohort:
    rng = np.random.default_rng(5)
    return cohort_from_frame(
        pd.DataFrame(
            {
                "y": rng.normal(size=24),
                "x": rng.normal(size=24),
                "t": rng.uniform(1, 2, 24),
                "arm": np.tile(["c", "a", "b"], 8),
            }
        )
    )


@pytest.fixture
def design(table: Cohort, spec_from: Callable[[str], Spec]) -> Callable[..., Design]:
    def make(formula: str, **priors: str) -> Design:
        stated = "\n".join(f'"{name}" = {prior}' for name, prior in priors.items())
        spec = spec_from(OWN.format(formula=formula, priors=stated))
        analysis, frame = plan(spec, table).jobs[0]
        return design_of(bambi_model(analysis, frame))

    return make


def test_columns_carry_terms_and_levels(design: Callable[..., Design], table: Cohort) -> None:
    found = design("y ~ x + arm", Intercept=NORMAL, x=NORMAL, arm=NORMAL, sigma=HALF)
    assert found.coefficients == ("Intercept", "x", "arm[b]", "arm[c]")
    frame = table.frame
    np.testing.assert_allclose(found.table["x"], frame["x"])
    np.testing.assert_array_equal(found.table["arm[b]"], frame["arm"] == "b")
    np.testing.assert_array_equal(found.table["Intercept"], 1)


def test_nothing_is_centred_and_no_prior_is_scaled(patients: Cohort) -> None:
    analysis, frame = plan(load_spec("easi90_multivariable"), patients).jobs[0]
    model = bambi_model(analysis, frame)
    assert model.center_predictors is False
    terms = next(iter(model.parameters.values())).terms
    for name, prior in analysis.priors.items():
        assert terms[name].prior.args["sigma"] == prior["sigma"]
    raw = plan(load_spec("easi90_multivariable"), patients).jobs[0][1].data["easi_baseline"]
    np.testing.assert_allclose(design_of(model).table["easi_baseline"], raw)


def test_an_offset_is_no_coefficient(design: Callable[..., Design], table: Cohort) -> None:
    found = design("y ~ x + offset(log(t))", Intercept=NORMAL, x=NORMAL, sigma=HALF)
    assert found.coefficients == ("Intercept", "x")
    assert found.offset is not None
    np.testing.assert_allclose(found.offset, np.log(table.frame["t"]))
    np.testing.assert_array_equal(found.added, found.offset)
    plain = design("y ~ x", Intercept=NORMAL, x=NORMAL, sigma=HALF)
    assert plain.offset is None
    np.testing.assert_array_equal(plain.added, np.zeros(24))


def test_other_rows_give_the_same_columns(design: Callable[..., Design], table: Cohort) -> None:
    found = design(
        "y ~ x*arm", **dict.fromkeys(["Intercept", "x", "arm", "x:arm"], NORMAL), sigma=HALF
    )
    rows = found.model.data
    np.testing.assert_allclose(found.at(rows), found.X)
    np.testing.assert_allclose(found.at(rows.iloc[[3, 1]]), found.X[[3, 1]])


def test_other_rows_split_into_columns_and_offset(
    design: Callable[..., Design], table: Cohort
) -> None:
    found = design(
        "y ~ x + offset(log(t)) + arm", Intercept=NORMAL, x=NORMAL, arm=NORMAL, sigma=HALF
    )
    rows = found.model.data.iloc[[3, 1, 8]]
    np.testing.assert_allclose(found.at(rows), found.X[[3, 1, 8]])
    np.testing.assert_allclose(found.added_at(rows), np.log(table.frame["t"].iloc[[3, 1, 8]]))
    plain = design("y ~ x", Intercept=NORMAL, x=NORMAL, sigma=HALF)
    np.testing.assert_array_equal(plain.added_at(rows), np.zeros(3))


def test_draws_line_up_with_columns(mixed_fit: object) -> None:
    fit = mixed_fit
    beta = fit.design.coefficient_draws(fit.posterior)
    np.testing.assert_array_equal(beta[..., 0], fit.posterior["Intercept"])
    np.testing.assert_array_equal(beta[..., 1:], fit.posterior["visit"])


def test_a_list_of_priors_has_one_value_a_coefficient(design: Callable[..., Design]) -> None:
    two = '{ distribution = "Normal", mu = [0, 1], sigma = 1, why = "w" }'
    assert design("y ~ arm", Intercept=NORMAL, arm=two, sigma=HALF).X.shape == (24, 3)
    three = two.replace("[0, 1]", "[0, 1, 2]")
    with pytest.raises(
        SpecError, match=r"mu has 3 values for 2 coefficients \(arm\[b\], arm\[c\]\)"
    ):
        design("y ~ arm", Intercept=NORMAL, arm=three, sigma=HALF)


def test_thresholds_are_kept_in_order(spec_from: Callable[[str], Spec]) -> None:
    rng = np.random.default_rng(6)
    graded = cohort_from_frame(
        pd.DataFrame({"y": rng.integers(0, 4, 60), "x": rng.normal(size=60)})
    )
    text = OWN.format(
        formula="y ~ x",
        priors=f"x = {NORMAL}\nthreshold = {NORMAL.replace('mu = 0', 'mu = [-1, 0, 1]')}",
    ).replace("gaussian", "cumulative")
    analysis, frame = plan(spec_from(text), graded).jobs[0]
    model = bambi_model(analysis, frame)
    model.build()
    start = model.backend.model.initial_point()
    transformed = next(name for name in start if name.startswith("threshold"))
    assert transformed == "threshold_ordered__"
    assert np.isfinite(model.backend.model.compile_logp()(start))
    assert design_of(model).coefficients == ("x",)
