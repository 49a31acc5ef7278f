"""Named sets: inheritance in any order, distributional components, every fault at once."""

import tomllib
from typing import Any

import numpy as np
import pytest

from adbayes.errors import SpecError
from adbayes.model.library import model_names, models_folder
from adbayes.model.prior_sets import choose_set, resolve_sets
from adbayes.model.spec import load_spec


def normal(sigma: float) -> dict[str, Any]:
    return {"distribution": "Normal", "mu": 0, "sigma": sigma, "why": "w"}


def scales(sets: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: prior["sigma"] for key, prior in resolve_sets(sets, "f")[name].items()}


def test_a_chain_is_resolved_whatever_the_order() -> None:
    sets = {
        "child": {"inherits": "parent", "a": normal(3)},
        "parent": {"inherits": "root", "b": normal(2)},
        "root": {"a": normal(1), "b": normal(1), "c": normal(1)},
    }
    assert scales(sets, "child") == {"a": 3, "b": 2, "c": 1}
    assert scales(sets, "parent") == {"a": 1, "b": 2, "c": 1}
    assert list(resolve_sets(sets, "f")) == ["child", "parent", "root"]


def test_components_are_written_with_a_dot() -> None:
    assert scales({"s": {"sigma": {"Intercept": normal(1), "x": normal(2)}}}, "s") == {
        "sigma.Intercept": 1,
        "sigma.x": 2,
    }


@pytest.mark.parametrize(
    ("sets", "match"),
    [
        ({}, "no priors; state at least one set"),
        ({"s": 3}, r"\[priors.s\] must be a table of priors, found 3"),
        ({"s": {"a": 3}}, r"\[priors.s\] a: a prior is a table such as .* found 3"),
        ({"s": {"a": {}}}, "needs the key 'distribution'"),
        ({"s": {"a": normal(1) | {"why": " "}}}, "no reason"),
        ({"s": {"inherits": "t"}}, "inherits 't', which is not a set"),
        ({"s": {"inherits": "s"}}, "inherits itself through s -> s"),
        ({"s": {"inherits": ["s"]}}, "which is not a set"),
        ({"s": {"inherits": "t"}, "t": {"inherits": "s"}}, "inherits itself through s -> t -> s"),
    ],
)
def test_faults_have_their_sentence(sets: dict[str, Any], match: str) -> None:
    with pytest.raises(SpecError, match=match):
        resolve_sets(sets, "f")


def test_faults_are_told_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        resolve_sets({"s": {"a": 3, "b": normal(-1)}, "t": {"inherits": "u"}}, "f")
    assert len(str(caught.value).splitlines()) == 3


def test_choosing() -> None:
    sets = resolve_sets({"first": {"a": normal(1)}, "second": {"a": normal(2)}}, "f")
    assert choose_set(sets, None, "f")[0] == "first"
    assert choose_set(sets, "second", "f")[1]["a"]["sigma"] == 2
    with pytest.raises(SpecError, match="no prior set 'secon'; did you mean 'second'"):
        choose_set(sets, "secon", "f")
    choose_set(sets, "first", "f")[1].clear()  # a copy: the sets are not changed
    assert sets["first"]


def test_print_and_patients_share_their_priors() -> None:
    """One prior a quantity and set, whatever the evidence: an odds ratio, a change from baseline."""
    printed = resolve_sets(
        tomllib.loads((models_folder() / "published.toml").read_text())["priors"], "published.toml"
    )
    for name in model_names():
        spec = load_spec(name)
        outcome = name.removesuffix("_change")
        effects = {*spec.table.estimands.terms, "slopes", "{x}"}
        for set_name in set(spec.prior_sets) & set(printed):
            own = spec.prior_sets[set_name]
            theirs = printed[set_name]
            if outcome != name:
                special = [
                    theirs.get(f"change.{outcome}.{week}", theirs[f"change.{outcome}"])
                    for week in ("w16", "w32", "w52")
                ]
                # Densities: a mixture at week 52 makes weeks 16 and 32 mixtures of equal parts.
                scale = own["sigma"].frozen().ppf(0.9)
                for x in scale * np.linspace(-3, 1, 5):
                    mine = own["visit"].log_density(np.full(3, x))
                    shared = [float(one.log_density(x)) for one in special]
                    np.testing.assert_allclose(
                        mine, shared, rtol=1e-12, err_msg=f"{name} {set_name}"
                    )
            elif "odds_ratio" in spec.table.estimands.report and set_name != "horseshoe":
                terms = [term for term in own if term in effects or term in spec.predictors]
                assert terms
                for term in terms:
                    special = theirs.get(f"log_odds_ratio.{term}", theirs["log_odds_ratio"])
                    assert own[term].to_mapping() == special.to_mapping(), (name, set_name, term)


def test_a_set_says_what_it_has_nothing_to_say_of() -> None:
    tables = {
        "first": {"a": normal(1), "b": normal(2)},
        "second": {"inherits": "first", "otherwise": "no evidence", "a": normal(3)},
    }
    sets = resolve_sets(tables, "f")
    assert sets["second"]["a"].absent == ""
    assert sets["second"]["b"].absent == "no evidence, so as in first"
    assert sets["second"]["b"].reason.startswith("no evidence, so as in first: ")
    # It is the same prior: the same draws, the same fingerprint.
    assert sets["second"]["b"] == sets["first"]["b"]
    with pytest.raises(SpecError, match="otherwise is a sentence, of what is inherited"):
        resolve_sets({"s": {"a": normal(1), "otherwise": "x"}}, "f")
