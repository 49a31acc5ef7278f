"""Sentences about a spec name the place and the nearest valid word."""

import pytest
from pydantic import ValidationError

from adbayes.model.sentences import nearest, sentences
from adbayes.model.spec_tables import BambiTable, SpecTable

GOOD = {
    "name": "a",
    "title": "t",
    "data": {"outcome": "y"},
    "model": {"formula": "y ~ x", "family": "gaussian"},
    "priors": {"s": {}},
}


def said(**changes: object) -> list[str]:
    with pytest.raises(ValidationError) as fault:
        SpecTable(**{**GOOD, **changes})
    return list(sentences(fault.value, "own.toml", SpecTable))


def test_the_nearest_word_is_offered_and_all_are_listed() -> None:
    assert nearest("sigm", ["sigma", "nu"]) == "; did you mean 'sigma'? (allowed: sigma, nu)"
    assert nearest("zzz", ["sigma", "nu"]) == " (allowed: sigma, nu)"


def test_unknown_missing_and_wrong_are_each_one_sentence() -> None:
    assert said(titel="x") == [
        "own.toml: top level: unknown key 'titel'; did you mean 'title'? (allowed: name, title, "
        "published, departs, differs, data, model, variants, priors, estimands, sampler)"
    ]
    assert said(data={"outcom": "y"}) == [
        "own.toml: [data] outcome is missing; add it",
        "own.toml: [data] unknown key 'outcom'; did you mean 'outcome'? (allowed: outcome, visit, "
        "where, missing, log2, standardize, for_each, stack)",
    ]
    (wrong,) = said(sampler={"draws": 3})
    assert wrong.startswith("own.toml: [sampler] draws: ")
    assert wrong.endswith("found 3")


def test_the_table_it_stands_in_is_named() -> None:
    with pytest.raises(ValidationError) as fault:
        BambiTable(formula="y ~ x", famly="t")
    found = list(sentences(fault.value, "own.toml", BambiTable, under="variants.student.model"))
    assert found == [
        "own.toml: [variants.student.model] family is missing; add it",
        "own.toml: [variants.student.model] unknown key 'famly'; did you mean 'family'? "
        "(allowed: kind, formula, family, link)",
    ]


def test_capitals_do_not_hide_the_nearest_name() -> None:
    assert nearest("easi", ["Age", "EASI"]).startswith("; did you mean 'EASI'?")
