"""Every structure is whole, and says of each of its data which axes are frozen."""

import inspect
from collections.abc import Callable, Mapping

import numpy as np
import pytest
import xarray as xr

from adbayes.errors import SpecError
from adbayes.model.compiled import STRUCTURES
from adbayes.model.spec import Spec, load_spec
from adbayes.model.structure import Frozen, Structure, by_hand, labelled, of_kind, scales

FROZEN: dict[str, Frozen] = {
    "logistic_regression": (3,),
    "logistic_any_prior": (3, 2),
    "random_intercept": (3,),
    "random_intercept_scale": (3, 2),
    "visit_covariance": (3, 2, "unstructured"),
    "imputed_logistic": (5, (3, 4), 6, (2, 3)),
    "joint_structure": (6, 2, 3, 2),
    "copula_structure": (5, 3, 9),
    "location_scale": (3, 2, "t"),
}
BY_NAME = {structure.NAME: structure for structure in STRUCTURES}


@pytest.mark.parametrize("name", BY_NAME)
def test_a_structure_has_all_that_the_protocol_names(name: str) -> None:
    for method in (
        "matches", "frozen", "swap_data", "named", "prior_draws", "log_likelihood", "replicate",
    ):  # fmt: skip
        stated = list(inspect.signature(getattr(Structure, method)).parameters)[1:]
        found = list(inspect.signature(getattr(BY_NAME[name], method)).parameters)
        assert found == stated, method


@pytest.mark.parametrize("name", BY_NAME)
def test_every_datum_has_its_axes(name: str) -> None:
    structure = BY_NAME[name]
    model = structure.pymc_model(*FROZEN[name])
    data = {variable.name: variable.get_value().ndim for variable in model.data_vars}
    assert {key: len(dims) for key, dims in structure.DIMS.items()} == data
    assert set(data) >= structure.POSITIVE
    axes = {dim for dims in structure.DIMS.values() for dim in dims}
    assert axes >= structure.FREE


def test_a_kind_has_its_structure_and_no_other() -> None:
    matches = of_kind("mmrm")
    assert matches(load_spec("easi_change").analyses("unstructured")[0])
    assert not matches(load_spec("easi_change").analyses()[0])


def test_draws_carry_their_labels_chains_and_draws() -> None:
    values = np.arange(24.0).reshape(2, 3, 4)
    found = labelled(values, {"level": list("abcd")})
    assert found.dims == ("chain", "draw", "level")
    assert float(found.sel(chain=1, draw=2, level="c")) == values[1, 2, 2]
    thinned = xr.Dataset(coords={"chain": [3, 5], "draw": [0, 10, 20]})
    assert float(labelled(values, {"level": list("abcd")}, thinned).sel(chain=5, draw=20)[0]) == 20
    assert labelled(values[..., 0]).dims == ("chain", "draw")


def test_a_spec_states_one_scale_or_one_a_level(spec_from: Callable[[str], Spec]) -> None:
    text = """
name = "own"
title = "t"
[data]
outcome = "y"
[model]
kind = "mmrm"
formula = "y ~ week"
unit = "id"
time = "week"
covariance = "unstructured"
[priors.only]
Intercept = { distribution = "Normal", mu = 0, sigma = 1, why = "w" }
week = { distribution = "Normal", mu = 0, sigma = 1, why = "w" }
sigma = { distribution = "HalfNormal", sigma = STATED, why = "w" }
correlation = { distribution = "LKJ", eta = 1, why = "w" }
"""
    (one,) = spec_from(text.replace("STATED", "4")).analyses()
    assert scales(one, "sigma", 3, "weeks (0, 1, 2)", "week").tolist() == [4, 4, 4]
    (two,) = spec_from(text.replace("STATED", "[1, 2]")).analyses()
    assert scales(two, "sigma", 2, "weeks (0, 1)", "week").tolist() == [1, 2]
    with pytest.raises(
        SpecError, match=r"'sigma': sigma has 2 values for 3 weeks \(0, 1, 2\); .* one a week"
    ):
        scales(two, "sigma", 3, "weeks (0, 1, 2)", "week")


def test_a_density_by_hand_is_sampled_and_its_parts_come_back_in_place() -> None:
    import nutpie
    import pymc as pm

    with pm.Model() as model:
        pm.Data("centre", np.zeros(2))
    place = np.linspace(-2, 2, 9)  # the mean of each coordinate tells where it stands

    def normals(theta: np.ndarray, gradient: np.ndarray, centre: np.ndarray) -> float:
        gradient[:] = place - theta
        return -0.5 * float((theta - place) @ (theta - place))

    def moved(z: np.ndarray, data: Mapping[str, np.ndarray]) -> np.ndarray:
        return data["centre"] + z

    built = by_hand(
        model, normals, {"left_out": (3,), "table": (2, 2), "kept": (2,)},
        {"kept": moved, "table": lambda t, _: np.exp(t)},
    )  # fmt: skip
    centre = np.array([50.0, -50.0])
    draws = nutpie.sample(
        built.with_data(centre=centre), draws=400, tune=200, chains=2, seed=4, progress_bar=False
    )["posterior"].to_dataset()
    assert set(draws.data_vars) == {"kept", "table"}
    assert draws["table"].shape == (2, 400, 2, 2)
    error = 5 / np.sqrt(800)  # five standard errors of a mean of 800 draws
    kept = draws["kept"].mean(("chain", "draw"))
    np.testing.assert_allclose(kept, centre + place[7:], rtol=0, atol=error)
    table = np.log(draws["table"]).mean(("chain", "draw"))
    np.testing.assert_allclose(table, place[3:7].reshape(2, 2), rtol=0, atol=error)
