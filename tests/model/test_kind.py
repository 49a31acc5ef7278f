"""Every kind is whole: it has what the protocol names, with the same arguments."""

import inspect

import pytest

from adbayes.model.kind import Kind
from adbayes.model.kinds import KINDS
from adbayes.model.spec_tables import Table


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_has_all_that_the_protocol_names(name: str) -> None:
    kind = KINDS[name]
    assert name == kind.NAME
    assert issubclass(kind.TABLE, Table)
    assert kind.TABLE.model_fields["kind"].default == name
    assert isinstance(kind.IMPUTES, bool)
    for method in ("read", "parameters", "answers", "covariance"):
        stated = list(inspect.signature(getattr(Kind, method)).parameters)[1:]
        assert list(inspect.signature(getattr(kind, method)).parameters) == stated, method
