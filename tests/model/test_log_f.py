"""log-F against the names it goes by elsewhere."""

import numpy as np
import pymc as pm
from scipy import stats
from scipy.special import expit

from adbayes.model.log_f import LogF, log_f_in_pymc


def test_draws_in_pymc_have_the_distribution() -> None:
    with pm.Model():
        variable = log_f_in_pymc("x", 1.0)
    drawn = pm.draw(variable, 2000, random_seed=4)
    assert stats.kstest(drawn, LogF(1).cdf).pvalue > 1e-3


def test_log_f_is_what_it_is_known_as() -> None:
    x = np.linspace(-8, 8, 9)
    # log-F(2, 2) is the logistic distribution; log-F(1, 1) the hyperbolic secant.
    np.testing.assert_allclose(LogF(2).pdf(x), stats.logistic.pdf(x))
    np.testing.assert_allclose(LogF(1).pdf(x), stats.hypsecant(scale=2).pdf(x))


def test_a_log_f_prior_is_m_pseudo_patients() -> None:
    # Greenland and Mansournia 2015, doi 10.1002/sim.6537: m patients, half of them responders.
    m, x = 1.0, np.linspace(-3, 3, 7)
    patients = stats.binom.pmf(0, 1, expit(x)) ** (m / 2) * expit(x) ** (m / 2)
    ratio = LogF(m).pdf(x) / patients
    np.testing.assert_allclose(ratio, ratio[0])
