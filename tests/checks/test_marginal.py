"""A likelihood on points: normal priors over it are the conjugate posterior."""

import numpy as np
import pytest
from scipy import stats

from adbayes.checks.marginal import Marginal

CASES = [(1.2, 0.5, 0.0), (-3.0, 0.4, 0.0), (0.1, 2.0, 1.0), (7.0, 0.5, 0.0)]


def normal(estimate: float, se: float, null: float) -> Marginal:
    return Marginal.of_likelihood(lambda t: -0.5 * ((t - estimate) / se) ** 2, estimate, se, null)


def conjugate(estimate: float, se: float, centre: float, scale: float) -> tuple[float, float]:
    precision = 1 / se**2 + 1 / scale**2
    return (estimate / se**2 + centre / scale**2) / precision, precision**-0.5


@pytest.mark.parametrize(("estimate", "se", "null"), CASES)
@pytest.mark.parametrize(("centre", "scale"), [(0.0, 0.3), (0.5, 1.0), (-0.7, 10.0)])
def test_a_normal_prior_on_a_normal_likelihood_is_conjugate(
    estimate: float, se: float, null: float, centre: float, scale: float
) -> None:
    mean, sd = conjugate(estimate, se, centre, scale)
    found = normal(estimate, se, null).summaries(centre, scale).iloc[0]
    low, high = stats.norm(mean, sd).ppf([0.025, 0.975])
    above = stats.norm(mean, sd).sf(null)
    assert found["mean"] == pytest.approx(mean, abs=1e-6 * sd)
    assert found["sd"] == pytest.approx(sd, rel=1e-6)
    assert found["median"] == pytest.approx(mean, abs=2e-4 * sd)
    assert [found["ci_low"], found["ci_high"]] == pytest.approx([low, high], abs=1e-3 * sd)
    assert found["prob_direction"] == pytest.approx(max(above, 1 - above), abs=2e-6)


@pytest.mark.parametrize(("estimate", "se", "null"), CASES)
def test_under_a_flat_prior_it_is_the_likelihood(estimate: float, se: float, null: float) -> None:
    marginal = normal(estimate, se, null)
    assert marginal.moments() == pytest.approx((estimate, se), rel=1e-6)
    assert marginal.side == np.sign(estimate - null)
    assert marginal.z() == pytest.approx(abs(estimate - null) / se, abs=1e-3)


def test_a_likelihood_centred_at_the_null_has_no_side() -> None:
    assert normal(0.4, 1.0, 0.4).probability_above(0.4, 2.0) == pytest.approx(0.5, abs=1e-12)


def test_many_priors_at_once_are_as_one_by_one() -> None:
    marginal = normal(1.0, 0.6, 0.0)
    centre, scale = np.array([0.0, -1.0, 2.0]), np.array([0.2, 1.0, 5.0])
    together = marginal.summaries(centre, scale, np.exp)
    for k in range(3):
        alone = marginal.summaries(centre[k], scale[k], np.exp).iloc[0]
        assert together.iloc[k].to_numpy() == pytest.approx(alone.to_numpy(), rel=1e-12)


def test_a_ratio_is_reported_as_one() -> None:
    mean, sd = conjugate(1.0, 0.6, 0.0, 1.5)
    found = normal(1.0, 0.6, 0.0).summaries(0.0, 1.5, np.exp).iloc[0]
    assert found["mean"] == pytest.approx(np.exp(mean + sd**2 / 2), rel=1e-5)
    assert found["median"] == pytest.approx(np.exp(mean), rel=1e-3)
    assert found["ci_low"] == pytest.approx(np.exp(mean - 1.959964 * sd), rel=1e-3)


def draws(estimate: float, se: float, wide: float, n: int = 20_000) -> Marginal:
    mean, sd = conjugate(estimate, se, 0.0, wide)
    theta = np.random.default_rng(3).normal(mean, sd, n)
    return Marginal.of_draws(theta, stats.norm(0, wide).logpdf(theta), 0.0)


@pytest.mark.parametrize("scale", [0.5, 1.0, 4.0])
def test_draws_under_one_prior_answer_for_another(scale: float) -> None:
    marginal = draws(1.0, 0.5, 6.0)
    mean, sd = conjugate(1.0, 0.5, 0.0, scale)
    weight = marginal.weights(0.0, scale)
    mcse = sd * np.sqrt(np.sum(weight**2))
    found = marginal.summaries(0.0, scale).iloc[0]
    assert found["mean"] == pytest.approx(mean, abs=4 * mcse)
    assert found["sd"] == pytest.approx(sd, abs=4 * mcse)
    right = stats.norm(mean, sd).sf(0)
    reach = 4 * np.sqrt(right * (1 - right) * np.sum(weight**2))
    assert marginal.probability_above(0.0, scale) == pytest.approx(right, abs=reach)
    assert marginal.khat(0.0, scale) < 0.7


def test_weights_that_fail_are_told() -> None:
    assert draws(5.0, 0.5, 6.0, 2000).khat(-5.0, 0.2) > 0.7
    assert np.isnan(normal(5.0, 0.5, 0.0).khat(-5.0, 0.2))
