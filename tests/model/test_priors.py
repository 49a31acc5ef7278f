"""Priors as values: checked, evaluated with SciPy, handed to Bambi unchanged."""

from typing import Any

import bambi as bmb
import numpy as np
import pymc as pm
import pytest
from scipy import stats

from adbayes.errors import SpecError
from adbayes.model.priors import DISTRIBUTIONS, Prior

EXAMPLES = {
    "Normal": {"mu": 1.0, "sigma": 2.0},
    "StudentT": {"nu": 4.0, "mu": 1.0, "sigma": 2.0},
    "Cauchy": {"alpha": -1.0, "beta": 2.5},
    "Laplace": {"mu": 0.5, "b": 1.5},
    "LogF": {"m": 1.0},
    "HalfNormal": {"sigma": 3.0},
    "HalfStudentT": {"nu": 3.0, "sigma": 2.0},
    "HalfCauchy": {"beta": 2.0},
    "Exponential": {"lam": 0.5},
    "Gamma": {"alpha": 2.0, "beta": 0.1},
    "InverseGamma": {"alpha": 3.0, "beta": 2.0},
    "LogNormal": {"mu": 0.2, "sigma": 0.7},
    "Beta": {"alpha": 2.0, "beta": 3.0},
    "Uniform": {"lower": -1.0, "upper": 3.0},
    "NormalMixture": {"w": [0.7, 0.3], "mu": [1.0, -0.5], "sigma": [0.5, 2.0]},
}
POSITIVE = [
    ("Normal", "sigma"), ("StudentT", "nu"), ("Cauchy", "beta"), ("Laplace", "b"), ("LogF", "m"),
    ("HalfNormal", "sigma"), ("HalfStudentT", "nu"), ("HalfCauchy", "beta"), ("Exponential", "lam"),
    ("Gamma", "alpha"),
    ("Gamma", "beta"), ("InverseGamma", "alpha"), ("LogNormal", "sigma"), ("Beta", "alpha"), ("Beta", "beta"),
]  # fmt: skip


def test_every_distribution_has_an_example() -> None:
    own = {"LKJ", "BetaMixture", "Dirichlet"}  # tests of their own
    assert set(EXAMPLES) == set(DISTRIBUTIONS) - own


def in_pymc(name: str) -> Any:
    """The distribution as Bambi puts it into a model."""
    make = Prior.of(name, **EXAMPLES[name]).to_bambi().dist
    if make is None:
        return getattr(pm, name).dist(**EXAMPLES[name])
    with pm.Model():
        return make("x", **EXAMPLES[name])


@pytest.mark.parametrize("name", EXAMPLES)
def test_scipys_density_is_pymcs(name: str) -> None:
    prior = Prior.of(name, **EXAMPLES[name]).frozen()
    x = prior.ppf(np.array([0.01, 0.2, 0.5, 0.8, 0.99]))
    theirs = pm.logp(in_pymc(name), x).eval()
    # PyMC keeps the constants of a distribution in single precision here.
    np.testing.assert_allclose(prior.logpdf(x), theirs, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(np.exp(prior.logpdf(x)), prior.pdf(x))
    np.testing.assert_allclose(prior.cdf(x), [0.01, 0.2, 0.5, 0.8, 0.99], atol=1e-9)


@pytest.mark.parametrize("name", EXAMPLES)
def test_draws_have_the_distribution(name: str) -> None:
    prior = Prior.of(name, **EXAMPLES[name])
    drawn = prior.sample(2000, np.random.default_rng(3))
    assert stats.kstest(drawn, prior.frozen().cdf).pvalue > 1e-3


def test_a_hyper_prior_is_drawn_first_and_shared() -> None:
    prior = Prior.of("Normal", mu=0, sigma=Prior.of("HalfNormal", sigma=2))
    drawn = prior.sample(20_000, np.random.default_rng(4), width=2)
    assert drawn.shape == (20_000, 2)
    # Var = E sigma^2 = 4; the two share sigma, so their squares are correlated but they are not.
    assert abs(drawn.var() / 4 - 1) < 0.08
    assert abs(np.corrcoef(drawn.T)[0, 1]) < 0.04
    assert np.corrcoef((drawn**2).T)[0, 1] > 0.1
    with pytest.raises(SpecError, match="no closed-form marginal"):
        prior.frozen()


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_prior_goes_to_bambi_and_back(name: str) -> None:
    prior = Prior.of(name, **EXAMPLES[name])
    assert Prior.from_bambi(prior.to_bambi(), why="") == prior
    assert Prior.from_mapping(prior.to_mapping()) == prior


def test_nested_priors_go_to_bambi_and_back() -> None:
    theirs = bmb.Prior("Normal", mu=0, sigma=bmb.Prior("HalfNormal", sigma=2))
    prior = Prior.from_bambi(theirs)
    assert str(prior) == "Normal(mu=0, sigma=HalfNormal(sigma=2))"
    assert [key for key, _ in prior.hyper_priors()] == ["sigma"]
    assert prior.to_bambi() == theirs


@pytest.mark.parametrize(("name", "parameter"), POSITIVE)
@pytest.mark.parametrize("bad", [0, -1.5, [1.0, 0.0]])
def test_what_must_be_positive_is(name: str, parameter: str, bad: object) -> None:
    with pytest.raises(SpecError, match=f"{name}: {parameter} must be positive"):
        Prior.of(name, **(EXAMPLES[name] | {parameter: bad}))


@pytest.mark.parametrize(
    "bad",
    [float("nan"), float("inf"), "1", True, None, [], [[1, 2], [3, 4]], [[1], [2, 3]], ["a"], {}],
)
def test_what_is_no_number_is_refused(bad: object) -> None:
    with pytest.raises(SpecError, match=r"mu must be a finite number|needs the key"):
        Prior.from_mapping({"distribution": "Normal", "mu": bad, "sigma": 1})


@pytest.mark.parametrize(
    ("table", "match"),
    [
        ({"mu": 0, "sigma": 1}, "needs the key 'distribution'"),
        ({"distribution": "Nromal"}, "unknown distribution 'Nromal'; did you mean 'Normal'"),
        ({"distribution": ["Normal"]}, "unknown distribution"),
        ({"distribution": "Normal", "mu": 0}, "Normal takes mu, sigma, found mu"),
        ({"distribution": "Normal", "mu": 0, "sigma": 1, "nu": 3}, "found mu, sigma, nu"),
        ({"distribution": "Normal", "mu": 0, "cls": 1}, "has no parameter"),
        ({"distribution": "Uniform", "lower": 2, "upper": 1}, "lower must be below upper"),
    ],
)
def test_faults_have_their_sentence(table: dict[str, object], match: str) -> None:
    with pytest.raises(SpecError, match=match):
        Prior.from_mapping(table)


def test_one_number_is_a_number_and_nothing_else() -> None:
    assert Prior.of("LKJ", eta=2).number("eta") == 2.0
    listed = Prior.of("HalfNormal", sigma=[1, 2])
    nested = Prior.of("Normal", mu=0, sigma=Prior.of("HalfNormal", sigma=1))
    for prior in (listed, nested):
        with pytest.raises(TypeError, match=r"sigma of .* is not one number"):
            prior.number("sigma")


def test_the_reason_changes_no_number() -> None:
    prior = Prior.of("Normal", why="a reason", mu=[0, 1], sigma=2)
    assert prior.to_mapping() == {"distribution": "Normal", "mu": [0.0, 1.0], "sigma": 2.0}


def test_what_is_no_prior_is_refused() -> None:
    with pytest.raises(SpecError, match=r"a prior is 'Normal\(0, 5\)', a str; give one made by"):
        Prior.from_bambi("Normal(0, 5)")


def test_a_prior_prints_its_reason() -> None:
    assert repr(Prior.of("Normal", mu=0, sigma=5)) == "Normal(mu=0, sigma=5)"
    assert repr(Prior.of("HalfNormal", why="w", sigma=5)) == "HalfNormal(sigma=5): w"
