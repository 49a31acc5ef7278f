"""Products and differences of shares against closed forms and draws."""

import numpy as np
import pytest
from scipy import stats

from adbayes.errors import DataError, SpecError
from adbayes.inference.beta_mixture import BetaMixture
from adbayes.inference.two_shares import TwoShares, as_mixture
from adbayes.model.priors import Prior

LEVELS = (0.005, 0.025, 0.5, 0.975)


def beta(alpha: float, b: float) -> BetaMixture:
    return BetaMixture((1.0,), (float(alpha),), (float(b),))


def test_a_nested_share_is_a_beta_where_priors_fit_into_each_other():
    """Beta(a, b) times Beta(c, a - c) is Beta(c, a + b - c); counts keep that, 5 of 17 of 99 among them."""
    a, b, c = 3.0, 4.0, 1.2
    occurrence, persistence = beta(a, b).posterior(17, 99), beta(c, a - c).posterior(5, 17)
    product = TwoShares(occurrence, persistence, "product")
    direct = stats.beta(c + 5, a + b - c + 94)
    assert product.mean() == pytest.approx(direct.mean(), rel=1e-12)
    assert product.sd() == pytest.approx(direct.std(), rel=1e-12)
    for level in LEVELS:
        assert product.quantile(level) == pytest.approx(direct.ppf(level), abs=1e-7)
        assert product.cdf(direct.ppf(level)) == pytest.approx(level, abs=1e-7)


def test_a_product_of_uniform_shares():
    product = TwoShares(beta(1, 1), beta(1, 1), "product")
    for value in (0.01, 0.2, 0.9):
        assert product.cdf(value) == pytest.approx(value - value * np.log(value), abs=1e-5)
    assert product.cdf(-0.1) == 0
    assert product.cdf(1.5) == pytest.approx(1)


def test_a_difference_of_uniform_shares_is_triangular():
    gap = TwoShares(beta(1, 1), beta(1, 1), "difference")
    triangular = stats.triang(0.5, loc=-1, scale=2)
    for level in LEVELS:
        assert gap.quantile(level) == pytest.approx(triangular.ppf(level), abs=1e-5)
    assert gap.mean() == pytest.approx(0)
    assert gap.sd() == pytest.approx(triangular.std())


def test_a_difference_has_the_sign_of_the_first_less_the_second():
    more, less = beta(75, 9), beta(59, 32)
    gap = TwoShares(more, less, "difference")
    assert gap.quantile(0.5) > 0
    back = TwoShares(less, more, "difference")
    assert back.cdf(-0.2) == pytest.approx(1 - gap.cdf(0.2), abs=1e-9)
    assert TwoShares(more, more, "difference").cdf(0.0) == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize("kind", ["product", "difference"])
def test_mixtures_agree_with_draws(kind):
    first = BetaMixture((0.7, 0.3), (12.0, 1.0), (5.0, 1.0))
    second = BetaMixture((0.5, 0.5), (2.0, 30.0), (9.0, 30.0))
    found = TwoShares(first, second, kind)
    one, two = first.rvs(40_000, 1), second.rvs(40_000, 2)
    draws = one * two if kind == "product" else one - two
    for level in (0.05, 0.5, 0.9):
        below = (draws <= found.quantile(level)).mean()
        assert below == pytest.approx(level, abs=4 * (level * (1 - level) / 40_000) ** 0.5)
    assert draws.mean() == pytest.approx(found.mean(), abs=4 * found.sd() / 200)
    assert draws.std() == pytest.approx(found.sd(), rel=0.02)


def test_intervals_are_equal_tailed():
    low, high = TwoShares(beta(5, 5), beta(4, 8), "product").interval(0.5)
    whole = TwoShares(beta(5, 5), beta(4, 8), "product")
    assert (whole.cdf(low), whole.cdf(high)) == pytest.approx((0.25, 0.75), abs=1e-8)
    with pytest.raises(DataError, match="prob is 0"):
        whole.interval(0)


def test_priors_are_betas():
    assert as_mixture(Prior.of("Beta", alpha=2, beta=8)) == beta(2, 8)
    with pytest.raises(SpecError, match="is a Beta"):
        as_mixture(Prior.of("Uniform", lower=0, upper=1))
    with pytest.raises(SpecError, match="one alpha"):
        as_mixture(Prior.of("Beta", alpha=[2, 3], beta=8))
