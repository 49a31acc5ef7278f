"""Mixtures of betas against closed forms and RBesT.

RBesT's numbers are those printed in its documentation: the article "Getting started with RBesT (binary)"
(mixture, summary, ess) and the reference pages ess, postmix and preddist, version 1.9-0.
"""

import numpy as np
import pytest
from scipy import integrate, special, stats

from adbayes.errors import DataError
from adbayes.inference.beta_mixture import CLOSE, BetaMixture, divergence, fit_mixture
from adbayes.inference.quadrature import Grid

WEIGHTS = np.array([0.4612914, 0.1917812, 0.1893896, 0.1575378])
SPONDYLITIS = BetaMixture(
    tuple((WEIGHTS / WEIGHTS.sum()).tolist()),
    (33.9513487, 19.4400089, 12.2692310, 2.2521243),
    (103.0146367, 41.5205219, 55.9202833, 5.4812202),
)
ROBUST = BetaMixture((0.8, 0.2), (10.0, 1.0), (2.0, 1.0))


def logit_grid(mixture: BetaMixture) -> Grid:
    def log(theta):
        up, down = special.log_expit(theta)[:, None], special.log_expit(-theta)[:, None]
        a, b = np.array(mixture.alphas), np.array(mixture.betas)
        parts = np.log(mixture.weights) + a * up + b * down - special.betaln(a, b)
        return special.logsumexp(parts, axis=1)

    mean = mixture.mean()
    return Grid.of(log, float(special.logit(mean)), mixture.sd() / (mean * (1 - mean)))


def test_summaries_are_those_of_rbest():
    assert SPONDYLITIS.mean() == pytest.approx(0.25545885, abs=1e-8)
    assert SPONDYLITIS.sd() == pytest.approx(0.08662045, abs=1e-8)
    # RBesT's quantiles are roots found to about 1e-5.
    assert SPONDYLITIS.ppf([0.025, 0.5, 0.975]) == pytest.approx(
        [0.10730400, 0.24758768, 0.46276759], abs=5e-5
    )


def test_effective_sample_sizes_are_those_of_rbest():
    assert ROBUST.ess("elir") == pytest.approx(7.65152, abs=1e-5)
    assert ROBUST.ess("moment") == pytest.approx(3.161034, abs=1e-6)
    assert ROBUST.ess("morita") == pytest.approx(8.487603, abs=1e-5)
    printed = [round(SPONDYLITIS.ess(method)) for method in ("elir", "moment", "morita")]
    assert printed == [38, 24, 95]
    assert round(SPONDYLITIS.robust(0.2).ess()) == 27


def test_one_component_is_worth_the_sum_of_its_parameters():
    one = BetaMixture((1.0,), (5.0,), (15.0,))
    assert one.ess() == pytest.approx(20, abs=1e-9)
    assert one.ess("moment") == pytest.approx(20, abs=1e-9)
    assert one.ess("morita") == pytest.approx(20, abs=0.01)  # less its reference prior


def test_the_information_ratio_is_predictively_consistent():
    """Averaged over what the prior predicts, m patients more are worth m patients more."""
    m = 10
    after = [ROBUST.posterior(k, m).ess() for k in range(m + 1)]
    assert ROBUST.predictive(m) @ after - m == pytest.approx(ROBUST.ess(), abs=1e-5)


def test_the_posterior_is_that_of_rbest():
    prior = BetaMixture((0.5, 0.5), (4.0, 1.0), (10.0, 1.0))
    after = prior.posterior(18, 20)
    assert after.weights == pytest.approx((0.002672948, 0.997327052), abs=1e-9)
    assert (after.alphas, after.betas) == ((22.0, 19.0), (12.0, 3.0))


def test_the_posterior_is_prior_times_likelihood():
    x = np.linspace(0.01, 0.99, 50)
    after = SPONDYLITIS.posterior(14, 30)
    ratio = after.pdf(x) / (SPONDYLITIS.pdf(x) * stats.binom.pmf(14, 30, x))
    assert ratio == pytest.approx(np.full(50, ratio[0]), rel=1e-9)
    assert 1 / ratio[0] == pytest.approx(SPONDYLITIS.predictive(30)[14], rel=1e-9)


def test_a_component_that_is_refuted_is_left_out():
    prior = BetaMixture((0.5, 0.5), (9000.0, 1.0), (1.0, 1.0))
    after = prior.posterior(0, 9000)
    assert after.weights == (1.0,)
    assert after.alphas == (1.0,)


def test_predictive_counts_are_those_of_rbest():
    mixture = BetaMixture((0.8, 0.2), (15.0, 1.0), (50.0, 1.0))
    printed = [
        0.08814590, 0.19605661, 0.23899190, 0.19379686, 0.11696528, 0.05913205,
        0.03082078, 0.02104347, 0.01863583, 0.01822732, 0.01818400,
    ]  # fmt: skip
    assert mixture.predictive(10) == pytest.approx(printed, abs=1e-8)


def test_densities_distribution_and_draws_agree():
    levels = np.array([0.001, 0.3, 0.975])
    assert ROBUST.cdf(ROBUST.ppf(levels)) == pytest.approx(levels, abs=1e-10)
    area, _ = integrate.quad(lambda x: float(ROBUST.pdf(x)), 0, 0.7)
    assert area == pytest.approx(float(ROBUST.cdf(0.7)), abs=1e-8)
    assert float(ROBUST.cdf(-1)) == 0
    assert float(ROBUST.cdf(2)) == 1
    draws = ROBUST.rvs(20_000, 3)
    assert draws.mean() == pytest.approx(ROBUST.mean(), abs=4 * ROBUST.sd() / 20_000**0.5)
    assert (ROBUST.rvs(5, 3) == ROBUST.rvs(5, 3)).all()
    assert stats.kstest(draws, ROBUST.cdf).pvalue > 0.001


def test_a_beta_is_found_again():
    found = fit_mixture(logit_grid(BetaMixture((1.0,), (7.0,), (3.0,))))
    assert len(found.weights) == 1
    assert (found.alphas[0], found.betas[0]) == pytest.approx((7.0, 3.0), rel=1e-4)


def test_a_mixture_is_approached_from_above():
    grid = logit_grid(SPONDYLITIS)
    away = [divergence(grid, fit_mixture(grid, k)) for k in (1, 2, 3)]
    assert away[0] > away[1] > away[2] >= 0
    assert away[2] < CLOSE < away[0]
    assert len(fit_mixture(grid).weights) == 1 + next(k for k in range(3) if away[k] < CLOSE)
    # No other single beta is nearer, the one with the same moments among them.
    mean, sd = SPONDYLITIS.mean(), SPONDYLITIS.sd()
    size = mean * (1 - mean) / sd**2 - 1
    moments = BetaMixture((1.0,), (mean * size,), ((1 - mean) * size,))
    assert divergence(grid, moments) > away[0]
    assert divergence(grid, SPONDYLITIS) == pytest.approx(0, abs=1e-9)


def test_a_robust_prior_lets_go_under_conflict():
    prior = BetaMixture((1.0,), (80.0,), (20.0,)).robust(0.2)
    assert prior.weights == pytest.approx((0.8, 0.2))
    assert prior.posterior(40, 50).weights[-1] < 0.1
    assert prior.posterior(5, 50).weights[-1] > 0.999


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda: BetaMixture((0.5, 0.4), (1.0, 1.0), (1.0, 1.0)), "sum to 1"),
        (lambda: BetaMixture((1.0,), (0.0,), (1.0,)), "positive"),
        (lambda: BetaMixture((1.0,), (1.0, 2.0), (1.0,)), "one alpha and one beta a weight"),
        (lambda: ROBUST.posterior(11, 10), "11 of 10 is not a share"),
        (lambda: ROBUST.robust(1.0), "between 0 and 1"),
        (lambda: ROBUST.ess("guess"), "'elir', 'moment' or 'morita'"),
        (lambda: BetaMixture((1.0,), (0.5,), (0.5,)).ess(), "diverges"),
        (lambda: ROBUST.interval(1.5), "prob is 1.5"),
        (lambda: fit_mixture(logit_grid(ROBUST), 4), "allowed are 1 to 3"),
    ],
)
def test_unusable_input_is_refused(wrong, sentence):
    with pytest.raises(DataError, match=sentence):
        wrong()


def test_a_mixture_prints_its_components() -> None:
    mixture = BetaMixture((0.25, 0.75), (1.0, 2.0), (3.0, 4.123456))
    assert repr(mixture) == "BetaMixture: 0.25 Beta(1, 3) + 0.75 Beta(2, 4.123)"
