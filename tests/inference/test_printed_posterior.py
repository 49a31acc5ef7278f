import numpy as np
import pytest
from scipy import stats

from adbayes.inference.printed import posterior
from adbayes.inference.printed_answer import SCALES
from adbayes.inference.printed_posterior import prior_on
from adbayes.model.priors import Prior


def test_the_prior_of_a_share_is_stated_for_the_share():
    log = prior_on(SCALES["logit"], Prior.of("Beta", alpha=2, beta=8))
    theta = np.linspace(-14, 10, 20_001)
    share = SCALES["logit"].report(theta)
    assert np.trapezoid(np.exp(log(theta)), theta) == pytest.approx(1, abs=1e-6)
    assert np.trapezoid(share * np.exp(log(theta)), theta) == pytest.approx(0.2, abs=1e-6)


def test_an_odds_ratio_is_summarised_on_its_own_scale():
    """Wald likelihood and normal prior: a log-normal posterior, all of it in closed form."""
    found = posterior("table6.sex.or", "weak", likelihood="wald")
    se = np.log(10.648 / 1.141) / (2 * stats.norm.ppf(0.975))
    precision = 1 / se**2 + 1
    mu, sigma = np.log(3.321) / se**2 / precision, precision**-0.5
    truth = stats.lognorm(sigma, scale=np.exp(mu))
    assert found.median() == pytest.approx(truth.median(), rel=1e-6)
    assert found.mean() == pytest.approx(truth.mean(), rel=1e-6)
    assert found.sd() == pytest.approx(truth.std(), rel=1e-5)
    assert found.interval(0.9) == pytest.approx(truth.interval(0.9), rel=1e-5)
    assert found.prob_direction() == pytest.approx(stats.norm.cdf(mu / sigma), abs=1e-6)
    curve = found.curve()
    assert curve["posterior"].to_numpy() == pytest.approx(truth.pdf(curve["value"]), rel=1e-5)
    prior = stats.lognorm(1.0)
    assert curve["prior"].to_numpy() == pytest.approx(prior.pdf(curve["value"]), rel=1e-9)
