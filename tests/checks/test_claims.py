"""The claims are those of the paper, and each names what can answer it."""

from collections import Counter

from adbayes.checks.claims import claims
from adbayes.inference.printed_ids import quantity
from adbayes.model.spec import load_spec


def test_how_many_there_are() -> None:
    found = claims()
    assert Counter(claim.estimand for claim in found) == {
        "odds_ratio": 24, "mean_change": 21, "response": 2,
    }  # fmt: skip
    assert Counter(c.spec for c in found if c.estimand == "odds_ratio") == {
        "easi90_univariable": 17, "easi90_multivariable": 7,
    }  # fmt: skip
    assert len({claim.id for claim in found}) == len({claim.title for claim in found}) == 47


def test_each_has_print_and_a_model() -> None:
    for claim in claims():
        assert quantity(claim.id).estimand == claim.estimand
        if claim.estimand == "response":
            continue
        spec = load_spec(claim.spec)
        if claim.estimand == "mean_change":
            assert spec.table.data.outcome == claim.outcome
            assert "mean_change" in spec.table.estimands.report
        elif claim.x is not None:
            assert claim.x in spec.predictors
        else:
            assert any(claim.term in a.mean.common for a in spec.analyses())
