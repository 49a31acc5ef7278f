"""The typed tables: what they take, what they refuse, what they leave alone."""

import pytest
from pydantic import ValidationError

from adbayes.model.spec_tables import DataTable, EstimandsTable, McidTable, SamplerTable, SpecTable


def test_toml_s_lists_become_pairs_and_tuples() -> None:
    table = DataTable(outcome="y", standardize={"x": [30, 10]}, for_each={"x": ["a", "b"]})
    assert table.standardize == {"x": (30.0, 10.0)}
    assert table.for_each == {"x": ("a", "b")}
    assert EstimandsTable(report=["mean"]).report == ("mean",)
    assert McidTable(value=4, source="s").value == 4.0


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (DataTable, {"outcome": ""}),
        (DataTable, {"outcome": "y", "visit": 16.5}),
        (DataTable, {"outcome": "y", "missing": "ignore"}),
        (DataTable, {"outcome": "y", "standardize": {"x": [0, 0]}}),
        (DataTable, {"outcome": "y", "standardize": {"x": [1]}}),
        (DataTable, {"outcome": "y", "for_each": {"z": ["a"]}}),
        (EstimandsTable, {"report": ["median"]}),
        (McidTable, {"value": 0, "source": "s"}),
        (McidTable, {"value": True, "source": "s"}),
        (McidTable, {"value": 4}),
        (SamplerTable, {"draws": 99}),
        (SamplerTable, {"chains": 1}),
        (SamplerTable, {"target_accept": 1.0}),
        (SamplerTable, {"seed": -1}),
        (SamplerTable, {"ci_kind": "hdi"}),
        (SamplerTable, {"draws": "1000"}),
    ],
)
def test_what_is_refused(table: type, values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        table(**values)


def test_base_is_not_a_variant_s_name() -> None:
    with pytest.raises(ValidationError, match="'base' is the name of the unnamed variant"):
        SpecTable(
            name="a",
            title="t",
            data={"outcome": "y"},
            model={"formula": "y ~ x", "family": "gaussian"},
            variants={"base": {}},
            priors={"s": {}},
        )


def test_defaults_are_the_documented_ones() -> None:
    defaults = SamplerTable()
    assert (defaults.draws, defaults.tune, defaults.chains) == (1000, 1000, 4)
    assert (defaults.target_accept, defaults.seed) == (0.9, 20211)
    assert (defaults.ci_prob, defaults.ci_kind) == (0.95, "eti")
