"""A `[model]` table is read by the kind it names; what a kind declares is enough to check a spec."""

import pytest

from adbayes.errors import SpecError
from adbayes.model.kinds import KINDS, overlaid, read_table
from adbayes.model.spec_tables import BambiTable

STATED = {"formula": "y ~ x", "family": "gaussian", "link": "identity"}


def test_the_kind_is_bambi_where_none_is_named() -> None:
    kind, table = read_table(STATED, "own.toml", "model")
    assert kind is KINDS["bambi"]
    assert isinstance(table, BambiTable)
    assert table.kind == "bambi"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "bamby"}, "[variants.v.model] kind: 'bamby' is not one; did you mean 'bambi'"),
        ({"kind": 3}, "[variants.v.model] kind: 3 is not one"),
        ({"famly": "t"}, "[variants.v.model] unknown key 'famly'; did you mean 'family'"),
        ({"family": 3}, "[variants.v.model] family: Input should be a valid string, found 3"),
    ],
)
def test_faults_name_the_table_they_are_in(changes: dict[str, object], said: str) -> None:
    with pytest.raises(SpecError) as fault:
        read_table({**STATED, **changes}, "own.toml", "variants.v.model")
    assert str(fault.value).startswith(f"own.toml: {said}")


def test_a_variant_of_the_same_kind_states_what_differs() -> None:
    assert overlaid(STATED, {"family": "t"}) == {**STATED, "family": "t"}
    assert overlaid(STATED, {"kind": "bambi", "link": "log"})["link"] == "log"


def test_a_variant_of_another_kind_states_all() -> None:
    assert overlaid(STATED, {"kind": "other", "formula": "y ~ 1"}) == {
        "kind": "other",
        "formula": "y ~ 1",
    }
