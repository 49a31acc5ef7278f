"""A density reads the same data from two arrays, and nutpie then has two to hand it."""

import numpy as np
import pymc as pm
import pytest

from adbayes.model import (
    imputed_logistic,
    location_scale,
    logistic_any_prior,
    logistic_regression,
    random_intercept,
    random_intercept_scale,
)
from adbayes.model.compiled import compiled
from adbayes.model.packing import LENGTHS, NUMBERS, packed_data, packed_model
from adbayes.model.structure import Structure

CASES = [
    (logistic_regression, (3,)),
    (logistic_any_prior, (3, 2)),
    (imputed_logistic, (4, (1, 2), 3, ())),
    (random_intercept, (4,)),
    (random_intercept_scale, (4, 4)),
    (location_scale, (2, 2, "gaussian")),
    (location_scale, (2, 3, "t")),
]
IDS = ["-".join(map(str, [structure.NAME, *frozen])) for structure, frozen in CASES]


def other_data(structure: Structure, model: pm.Model) -> dict[str, np.ndarray]:
    """Data of other lengths than the placeholders, no two numbers alike; positions that are in bounds."""
    rng = np.random.default_rng(7)
    lengths = {dim: 5 + k for k, dim in enumerate(sorted(structure.FREE))}
    found = {}
    for variable in model.data_vars:
        there = variable.get_value()
        shape = [
            lengths.get(dim, there.shape[axis])
            for axis, dim in enumerate(structure.DIMS[variable.name])
        ]
        values = rng.uniform(0.2, 0.9, shape)
        if there.dtype.kind == "i":
            bound = {"missing_row": lengths["row"], "missing_column": 2}[variable.name]
            values = 1 + np.arange(np.prod(shape)).reshape(shape) % (bound - 1)
        found[variable.name] = values.astype(there.dtype)
    return found


@pytest.mark.parametrize(("structure", "frozen"), CASES, ids=IDS)
def test_the_density_of_packed_data_is_that_of_the_data(
    structure: Structure, frozen: tuple[int | str, ...]
) -> None:
    model = structure.pymc_model(*frozen)
    packed = packed_model(structure, model)
    data = other_data(structure, model)
    arrays = packed_data(structure, data)
    start = model.initial_point()
    rng = np.random.default_rng(8)
    for variable in model.data_vars:
        variable.set_value(data[variable.name])
    wanted = model.compile_logp()
    found = packed.compile_logp()
    shared = {variable.name: variable for variable in found.f.get_shared()}
    assert set(shared) == {NUMBERS, LENGTHS}
    for name, values in arrays.items():
        shared[name].set_value(values)
    for _ in range(3):
        point = {name: rng.normal(0.3, 0.2, np.shape(value)) for name, value in start.items()}
        value = wanted(point)
        assert np.isfinite(value)
        assert found(point) == pytest.approx(value, rel=1e-12)


def test_the_arrays_hold_the_data_in_the_order_of_their_names() -> None:
    data = {
        "y": np.array([0.0, 1.0]),
        "X": np.arange(6.0).reshape(2, 3),
        "offset": np.full(2, 9.0),
        "prior_mu": np.zeros(3),
        "prior_sigma": np.ones(3),
    }
    found = packed_data(logistic_regression, data)
    assert found[NUMBERS].tolist() == [0, 1, 2, 3, 4, 5, 9, 9, 0, 0, 0, 1, 1, 1, 0, 1]
    assert found[LENGTHS].tolist() == [2]


@pytest.mark.parametrize(
    "structure", [imputed_logistic, logistic_any_prior, random_intercept_scale]
)
def test_free_axes_are_axes_of_the_data(structure: Structure) -> None:
    axes = {dim for dims in structure.DIMS.values() for dim in dims}
    assert axes >= structure.FREE


def test_nutpie_is_handed_two_arrays() -> None:
    there = compiled(logistic_regression, (2,))
    assert {variable.name for variable in there.shared_var_keys} == {NUMBERS, LENGTHS}
