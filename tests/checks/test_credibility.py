"""Reverse-Bayes: closed forms, and root finding that must give them."""

import numpy as np
import pytest
from scipy import stats

from adbayes.checks.credibility import credibility, normal_credibility
from adbayes.checks.marginal import Marginal

CASES = [(1.2, 0.5, 0.0), (-1.5, 0.4, 0.0), (2.5, 0.5, 1.0), (0.8, 0.4, 0.0), (-20.0, 2.0, 0.0)]
Z = stats.norm.ppf(0.975)


def marginal(estimate: float, se: float, null: float) -> Marginal:
    return Marginal.of_likelihood(lambda t: -0.5 * ((t - estimate) / se) ** 2, estimate, se, null)


def right_side(estimate: float, se: float, null: float, centre: float, scale: float) -> float:
    """P(direction) by the conjugate formula."""
    precision = 1 / se**2 + 1 / scale**2
    mean = (estimate / se**2 + centre / scale**2) / precision
    return float(stats.norm.cdf(np.sign(estimate - null) * (mean - null) * precision**0.5))


@pytest.mark.parametrize(("estimate", "se", "null"), CASES)
def test_the_claim_stands_no_longer_at_the_tipping_prior(
    estimate: float, se: float, null: float
) -> None:
    found = normal_credibility(estimate, se, null, 1.5)
    at = right_side(estimate, se, null, null, found.tipping_scale)
    assert at == pytest.approx(0.975, abs=1e-10)
    assert right_side(estimate, se, null, null, 1.01 * found.tipping_scale) > 0.975
    moved = right_side(estimate, se, null, found.tipping_centre, 1.5)
    assert moved == pytest.approx(0.975, abs=1e-10)
    # The centre lies against the claim where the claim stands under the prior of this SD around the null.
    stands = right_side(estimate, se, null, null, 1.5) > 0.975
    assert (np.sign(found.tipping_centre - null) != np.sign(estimate - null)) == stands


@pytest.mark.parametrize(("estimate", "se", "null"), CASES)
def test_root_finding_gives_the_closed_form(estimate: float, se: float, null: float) -> None:
    closed = normal_credibility(estimate, se, null, 1.5)
    found = credibility(marginal(estimate, se, null), 1.5)
    assert found.tipping_scale == pytest.approx(closed.tipping_scale, rel=2e-3)
    assert found.tipping_centre == pytest.approx(closed.tipping_centre, abs=2e-3 * se)
    assert found.sceptical_limit == pytest.approx(closed.sceptical_limit, rel=2e-3)
    assert found.p_intrinsic == pytest.approx(closed.p_intrinsic, rel=1e-2)
    assert found.stands_flat


def test_the_sceptical_limit_is_that_of_matthews() -> None:
    estimate, se = 0.9, 0.3
    low, high = estimate - Z * se, estimate + Z * se
    limit = (high - low) ** 2 / (4 * np.sqrt(high * low))
    assert normal_credibility(estimate, se, 0.0, 1.5).sceptical_limit == pytest.approx(limit)


@pytest.mark.parametrize(("p", "credible"), [(0.0055, True), (0.0057, False)])
def test_intrinsic_credibility_asks_for_a_p_of_0_0056(p: float, credible: bool) -> None:
    z = stats.norm.isf(p / 2)
    assert (normal_credibility(z, 1.0, 0.0, 1.5).p_intrinsic < 0.05) == credible


@pytest.mark.parametrize("estimate", [0.0, 0.3, -0.9, 0.97])
def test_what_never_stood_cannot_fall(estimate: float) -> None:
    for found in (
        normal_credibility(estimate, 0.5, 0.0, 1.5), credibility(marginal(estimate, 0.5, 0.0), 1.5)
    ):  # fmt: skip
        assert not found.stands_flat
        assert np.isnan([found.tipping_scale, found.tipping_centre, found.sceptical_limit]).all()
        assert found.p_intrinsic > 0.05


def test_stronger_evidence_withstands_more() -> None:
    scales = [
        credibility(marginal(z * 0.4, 0.4, 0.0), 1.5).tipping_scale for z in (2.0, 2.5, 3.0, 5.0)
    ]
    assert np.all(np.diff(scales) < 0)


def test_a_skewed_likelihood_is_not_taken_for_normal() -> None:
    # A gamma's log: the tail is long away from the null, so less doubt is needed than its SD suggests.
    def log(t: np.ndarray) -> np.ndarray:
        return np.asarray(stats.gumbel_l(-2.0, 0.8).logpdf(t))

    skewed = Marginal.of_likelihood(log, -2.4, 1.0, 0.0)
    found = credibility(skewed, 1.5)
    normal = normal_credibility(*skewed.moments(), 0.0, 1.5)
    assert found.tipping_scale < 0.7 * normal.tipping_scale
    at = skewed.summaries(0.0, found.tipping_scale).iloc[0]
    assert at["prob_direction"] == pytest.approx(0.975, abs=1e-6)
    assert at["ci_high"] == pytest.approx(0.0, abs=2e-3)


@pytest.mark.parametrize("seed", range(8))
def test_draws_give_the_closed_form_whichever_of_them_lies_nearest_the_null(seed: int) -> None:
    estimate, se, wide = 1.2, 0.5, 6.0
    precision = 1 / se**2 + 1 / wide**2
    theta = np.random.default_rng(seed).normal(estimate / se**2 / precision, precision**-0.5, 8000)
    drawn = Marginal.of_draws(theta, stats.norm(0, wide).logpdf(theta), 0.0)
    closed = normal_credibility(estimate, se, 0.0, 1.5)
    # About 2 % of 8000 draws lie beyond the null: the share is known to within a tenth of itself.
    assert credibility(drawn, 1.5).tipping_scale == pytest.approx(closed.tipping_scale, rel=0.2)
