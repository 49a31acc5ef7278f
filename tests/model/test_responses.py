"""What an outcome tells of responses."""

from adbayes.model.responses import (
    OF_FRACTIONS,
    beside_levels,
    response_estimands,
    rules_of,
    score_of,
)
from adbayes.model.spec import load_spec


def test_outcomes_know_their_rules() -> None:
    def named(name: str) -> dict[str, int]:
        found = rules_of(load_spec(name).analyses()[0])
        return {rule.name: lowest for rule, lowest in found.items()}

    assert named("easi90_visits") == {"easi90": 1}
    assert named("easi_classes") == {"easi75": 1, "easi90": 2}
    assert set(named("easi_fraction")) == {"easi75", "easi90"}
    assert not named("easi_change")
    assert score_of(load_spec("easi_fraction").analyses()[0]) == "easi"
    assert score_of(load_spec("easi_change").analyses()[0]) is None


def test_quantities_of_each_outcome() -> None:
    def of(name: str, variant: str = "base") -> frozenset[str]:
        return response_estimands(load_spec(name).analyses(variant)[0])

    for variant in ("base", "gamma", "beta"):
        assert of("easi_fraction", variant) == {*OF_FRACTIONS, "response"}
    assert of("easi_classes") == of("easi90_visits") == {"response"}
    assert not of("easi_change")
    assert beside_levels(load_spec("easi_fraction").analyses()[0]) == []
