"""Mixtures against SciPy, quadrature and Bambi's own graph."""

import numpy as np
import pytest
from scipy import integrate, stats

from adbayes.errors import SpecError
from adbayes.model.mixtures import beta_mixture, normal_mixture
from adbayes.model.priors import Prior

ROBUST = {"w": [0.7, 0.3], "mu": [1.3, 0.0], "sigma": [0.4, 1.5]}


def test_density_and_distribution_function_are_sums_of_the_components() -> None:
    mixture = normal_mixture(**ROBUST)
    x = np.linspace(-3, 3, 13)
    by_hand = 0.7 * stats.norm(1.3, 0.4).pdf(x) + 0.3 * stats.norm(0, 1.5).pdf(x)
    np.testing.assert_allclose(mixture.pdf(x), by_hand)
    below = [integrate.quad(mixture.pdf, -np.inf, at)[0] for at in x]
    np.testing.assert_allclose(mixture.cdf(x), below, atol=1e-7)


@pytest.mark.parametrize(
    "mixture",
    [normal_mixture(**ROBUST), beta_mixture([0.8, 0.2], [30, 1], [12, 1]), normal_mixture([1], [2], [3])],
)  # fmt: skip
def test_quantiles_invert_the_distribution_function(mixture: stats.rv_continuous) -> None:
    levels = np.array([[0.001, 0.025, 0.3], [0.5, 0.9, 0.999]])
    np.testing.assert_allclose(mixture.cdf(mixture.ppf(levels)), levels, atol=1e-10)


def test_draws_have_the_distribution() -> None:
    mixture = normal_mixture(**ROBUST)
    drawn = mixture.rvs(size=(2000, 3), random_state=np.random.default_rng(3))
    assert drawn.shape == (2000, 3)
    assert stats.kstest(drawn.ravel(), mixture.cdf).pvalue > 1e-3
    # Two coefficients with one prior are drawn apart.
    assert abs(np.corrcoef(drawn.T)[0, 1]) < 0.1


ROWS: dict[str, list[list[float]]] = {
    "w": [[0.5, 0.5], [0.7, 0.3]], "mu": [[0.0, 0.0], [1.3, 0.0]], "sigma": [[2.0, 2.0], [0.4, 1.5]],
}  # fmt: skip
"""Of two coefficients: the first is Normal(0, 2), the second `ROBUST`."""


def test_a_mixture_for_each_coefficient() -> None:
    both, second = normal_mixture(**ROWS), normal_mixture(**ROBUST)
    first = stats.norm(0, 2)
    x = np.array([[-1.0, 0.3], [2.0, 1.1]])
    for name in ("pdf", "logpdf", "cdf"):
        found = getattr(both, name)(x)
        np.testing.assert_allclose(found[:, 0], getattr(first, name)(x[:, 0]), rtol=1e-10)
        np.testing.assert_allclose(found[:, 1], getattr(second, name)(x[:, 1]))
    np.testing.assert_allclose(both.ppf(0.9), [first.ppf(0.9), second.ppf(0.9)], rtol=1e-9)
    assert both.ppf(np.array([0.1, 0.5, 0.9])[:, None]).shape == (3, 2)
    drawn = both.rvs((4000, 2), np.random.default_rng(4))
    assert drawn.shape == (4000, 2)
    assert stats.kstest(drawn[:, 0], first.cdf).pvalue > 1e-3
    assert stats.kstest(drawn[:, 1], second.cdf).pvalue > 1e-3
    assert abs(np.corrcoef(drawn.T)[0, 1]) < 0.1
    assert both.rvs(random_state=1).shape == (2,)


def test_a_prior_of_a_term_may_have_a_mixture_a_coefficient() -> None:
    prior = Prior.of("NormalMixture", **ROWS)
    assert prior.to_mapping() == {"distribution": "NormalMixture", **ROWS}
    assert "mu=[[0, 0], [1.3, 0]]" in str(prior)
    x = np.array([0.4, 0.9])
    np.testing.assert_allclose(
        prior.log_density(x), [stats.norm(0, 2).logpdf(0.4), normal_mixture(**ROBUST).logpdf(0.9)]
    )
    assert prior.sample(7, np.random.default_rng(1), 2).shape == (7, 2)
    import pymc as pm

    stated = prior.to_bambi()
    with pm.Model() as model:
        getattr(pm, stated.name)("x", **stated.args)
    density = model.compile_logp(mode="FAST_COMPILE")
    np.testing.assert_allclose(density({"x": x}), prior.log_density(x).sum())


def test_a_mixture_is_a_prior_of_a_spec() -> None:
    stated = {"distribution": "NormalMixture", **ROBUST, "why": "w", "source": "s"}
    prior = Prior.from_mapping(stated)
    assert prior.source == "s"
    assert prior.to_mapping() == {"distribution": "NormalMixture", **ROBUST}
    assert str(prior) == "NormalMixture(w=[0.7, 0.3], mu=[1.3, 0], sigma=[0.4, 1.5])"
    np.testing.assert_allclose(
        prior.log_density(np.array([0.2, 1.0])), normal_mixture(**ROBUST).logpdf([0.2, 1.0])
    )
    assert prior.sample(5, np.random.default_rng(1), 3).shape == (5, 3)


def test_pymc_has_the_same_density() -> None:
    import pymc as pm

    prior = Prior.of("NormalMixture", **ROBUST).to_bambi()
    with pm.Model() as model:
        getattr(pm, prior.name)("x", **prior.args)
    density = model.compile_logp(mode="FAST_COMPILE")
    for x in (-1.0, 0.4, 3.0):
        np.testing.assert_allclose(density({"x": x}), normal_mixture(**ROBUST).logpdf(x))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"w": [0.7, 0.2]}, "w must sum to 1, found 0.9"),
        ({"mu": [1.3]}, "lists of one length"),
        ({"sigma": 1.0}, "lists of one length"),
        ({"sigma": [1.0, -1.0]}, "sigma must be positive"),
        ({"w": [1.2, -0.2]}, "w must be positive"),
        (ROWS | {"mu": [1.3, 0.0]}, "lists of one length"),
        (ROWS | {"w": [[0.5, 0.5], [0.7, 0.2]]}, "w must sum to 1, found 0.9"),
        ({"mu": [[1.3], [1.3, 0.0]]}, "mu must be a finite number"),
    ],
)
def test_a_mixture_that_is_none_is_refused(change: dict[str, object], word: str) -> None:
    with pytest.raises(SpecError, match=word):
        Prior.of("NormalMixture", **(ROBUST | change))


def test_a_mixture_of_betas_is_no_prior_of_a_coefficient() -> None:
    with pytest.raises(SpecError, match="prior of a share"):
        Prior.of("BetaMixture", w=[0.5, 0.5], alpha=[1, 2], beta=[1, 3]).to_bambi()
