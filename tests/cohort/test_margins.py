import numpy as np
import pytest
from scipy import integrate, special, stats

from adbayes.cohort.margins import (
    discrete_beta,
    response_probability,
    shifted_betas,
    truncated_lognormal,
)
from adbayes.errors import DataError


def test_truncated_lognormal_has_the_declared_moments():
    mu, sigma = truncated_lognormal(30.02, 10.84, 16.0, 72.0)
    density = stats.lognorm(sigma, scale=np.exp(mu)).pdf
    mass, first, second = (
        integrate.quad(lambda x, k=k: x**k * density(x), 16, 72)[0] for k in (0, 1, 2)
    )
    assert first / mass == pytest.approx(30.02, abs=1e-6)
    assert np.sqrt(second / mass - (first / mass) ** 2) == pytest.approx(10.84, abs=1e-6)


@pytest.mark.parametrize(("mean", "sd", "high"), [(8.37, 1.72, 10), (6.54, 5.74, 30), (14, 8, 28)])
def test_discrete_beta_has_the_declared_moments(mean, sd, high):
    k = np.arange(high + 1)
    weights = np.diff(
        stats.beta.cdf(np.arange(high + 2) / (high + 1), *discrete_beta(mean, sd, high))
    )
    assert weights @ k == pytest.approx(mean, abs=1e-6)
    assert np.sqrt(weights @ (k - mean) ** 2) == pytest.approx(sd, abs=1e-6)


def test_without_effects_the_fraction_is_the_plain_beta():
    shapes, shift = shifted_betas(((0.25, 0.1), (0.12, 0.08)), 0.0, 0.0, 0.4, 0.1)
    assert shift == pytest.approx(0, abs=1e-6)
    for (a, b), (mean, sd) in zip(shapes, ((0.25, 0.1), (0.12, 0.08)), strict=True):
        plain = stats.beta(a, b)
        assert (plain.mean(), plain.std()) == pytest.approx((mean, sd), abs=1e-5)


def test_with_effects_moments_and_odds_ratio_are_the_declared_ones():
    shapes, shift = shifted_betas(((0.25, 0.1), (0.12, 0.08)), 0.9, 0.3, 0.4, 0.1)
    rng = np.random.default_rng(1)
    n = 400_000
    female = rng.uniform(size=n) < 0.4
    z = rng.standard_normal(n)
    for pair, (mean, sd) in zip(shapes, ((0.25, 0.1), (0.12, 0.08)), strict=True):
        logit = special.logit(rng.beta(*pair, n)) + shift * (female - 0.4) + 0.3 * z
        fraction = special.expit(logit)
        assert fraction.mean() == pytest.approx(mean, abs=4 * sd / np.sqrt(n))
        assert fraction.std() == pytest.approx(sd, rel=0.01)
    women, men = (fraction[female] <= 0.1).mean(), (fraction[~female] <= 0.1).mean()
    error = np.sqrt(1 / (n * 0.4 * women * (1 - women)) + 1 / (n * 0.6 * men * (1 - men)))
    assert special.logit(women) - special.logit(men) == pytest.approx(0.9, abs=4 * error)
    expected = [response_probability(shapes[-1], shift * (sex - 0.4), 0.3, 0.1) for sex in (1, 0)]
    assert (women, men) == pytest.approx(expected, abs=4 * 0.5 / np.sqrt(0.4 * n))
    assert special.logit(expected[0]) - special.logit(expected[1]) == pytest.approx(0.9, abs=1e-6)


def test_impossible_moments_are_refused():
    with pytest.raises(DataError, match=r"no distribution on 0 to 1 has mean 0\.1 and SD 0\.4"):
        shifted_betas(((0.1, 0.4),), 0.0, 0.0, 0.4, 0.1)
    with pytest.raises(DataError, match="cannot have the declared mean, SD and effect"):
        truncated_lognormal(15.0, 3.0, 16.0, 72.0)
    with pytest.raises(DataError, match="cannot have the declared mean, SD and effect"):
        shifted_betas(((0.12, 0.08),), 0.0, 40.0, 0.4, 0.1)
