"""Every structure is whole, and says of each of its data which axes are frozen."""

import inspect

import pytest

from adbayes.model.compiled import STRUCTURES
from adbayes.model.structure import Frozen, Structure

FROZEN: dict[str, Frozen] = {
    "logistic_regression": (3,),
    "logistic_any_prior": (3, 2),
    "random_intercept": (3,),
    "visit_covariance": (3, 2, "unstructured"),
    "imputed_logistic": (5, (3, 4), 6, (2, 3)),
    "location_scale": (3, 2, "t"),
    "joint_structure": (6, 2, 3, 2),
    "copula_structure": (5, 3, 9),
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
