"""Families are Bambi's: names, auxiliary parameters and links; and their domains."""

import pickle

import numpy as np
import pytest
from bambi.defaults import get_builtin_family

from adbayes.model.families import FAMILIES, TRIALS_FAMILIES


@pytest.mark.parametrize("name", FAMILIES)
def test_names_parameters_and_links_are_bambis(name: str) -> None:
    theirs = get_builtin_family(name)
    ours = FAMILIES[name]
    assert set(ours.auxiliary) == set(theirs.auxiliary_parameters)
    assert set(ours.links) <= set(theirs.SUPPORTED_LINKS[theirs.likelihood.parent])


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("bernoulli", [0, 1, 1], [0, 2]),
        ("bernoulli", [1, 0], [0.5]),
        ("binomial", [0, 7], [-1]),
        ("beta_binomial", [0, 7], [1.5]),
        ("negativebinomial", [0, 100], [-1]),
        ("negativebinomial", [3], [0.1]),
        ("gamma", [0.1, 5], [0.0]),
        ("lognormal", [0.1, 5], [0.0]),
        ("hurdle_gamma", [0.0, 5], [-0.1]),
        ("beta", [0.1, 0.9], [0.0]),
        ("beta", [0.5], [1.0]),
        ("cumulative", [1, 2, 3], [1.5]),
    ],
)
def test_domains(name: str, good: list[float], bad: list[float]) -> None:
    assert FAMILIES[name].accepts(np.array(good, dtype=float))
    assert not FAMILIES[name].accepts(np.array(bad, dtype=float))


def test_any_number_is_a_gaussian_outcome() -> None:
    for name in ("gaussian", "t"):
        assert FAMILIES[name].accepts(np.array([-1e9, 0.5]))


def test_only_counts_of_successes_have_trials() -> None:
    assert set(TRIALS_FAMILIES) == {"binomial", "beta_binomial"}


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_is_the_same_in_another_process(name: str) -> None:
    assert pickle.loads(pickle.dumps(FAMILIES[name])) is FAMILIES[name]
