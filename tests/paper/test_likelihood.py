import numpy as np
import pytest
import statsmodels.api as sm
from scipy import integrate, optimize, stats

from adbayes.errors import DataError
from adbayes.paper.likelihood import (
    box,
    change,
    correlation,
    count_of,
    mean,
    odds_ratio,
    quantiles_on,
    share,
    t_mixture,
)
from adbayes.paper.signed_root import Z95


def printed(value, decimals):
    half = 0.5 * 10.0**-decimals
    shown = round(value, decimals)
    return shown - half, shown + half


def moments(likelihood, width=60, points=200_001):
    """Mean and SD under a flat prior."""
    theta = likelihood.centre + likelihood.scale * np.linspace(-width, width, points)
    weight = np.exp(likelihood.log(theta) - likelihood.log(theta).max())
    centre = (theta * weight).sum() / weight.sum()
    return centre, np.sqrt(((theta - centre) ** 2 * weight).sum() / weight.sum())


def exact(value):
    return value, value


def test_the_points_of_a_box_fill_it_and_are_the_same_every_time():
    points = box((0, 1), (10, 12))
    assert points.shape == (2, 256)
    assert (points >= [[0], [10]]).all()
    assert (points <= [[1], [12]]).all()
    assert points.mean(axis=1) == pytest.approx([0.5, 11], abs=0.01)
    assert (box((0, 1), (10, 12)) == points).all()


def test_a_mean_is_a_t_centred_at_the_print():
    theta = np.linspace(6, 9, 31)
    log = mean(exact(7.61), exact(4.77), 99).log(theta)
    assert log == pytest.approx(stats.t(98, 7.61, 4.77 / np.sqrt(99)).logpdf(theta), abs=1e-10)


def test_a_mixture_of_t_is_the_mean_of_their_densities():
    location, scale, df = np.array([0.0, 1.0]), np.array([1.0, 2.0]), np.array([3.0, 30.0])
    theta = np.linspace(-4, 5, 19)
    expected = stats.t.pdf(theta[:, None], df, location, scale).mean(axis=1)
    assert np.exp(t_mixture(location, scale, df)(theta)) == pytest.approx(expected, rel=1e-10)


def test_coarser_print_is_a_wider_likelihood():
    sds = [
        moments(mean(printed(7.614, d), printed(1.772, d), 99), 20, 20_001)[1] for d in (3, 1, 0)
    ]
    assert sds[0] < sds[1] < sds[2]
    # A half unit to either side adds the variance of a uniform distribution: 1/12 of a squared unit.
    fine = moments(mean(exact(8.0), exact(1.772), 99), 20, 20_001)[1]
    coarse = moments(mean((7.5, 8.5), exact(1.772), 99), 20, 20_001)[1]
    assert coarse**2 - fine**2 == pytest.approx(1 / 12, rel=0.02)


def test_a_mean_tightens_with_n():
    sds = [moments(mean(exact(7.6), exact(4.8), n), 20, 20_001)[1] for n in (20, 82, 99)]
    assert sds[0] > sds[1] > sds[2]


@pytest.mark.parametrize("rho", [-0.999999, 0.0, 0.5, 0.999999])
def test_a_change_of_known_correlation_is_the_paired_t(rho):
    likelihood = change(
        (exact(30.02), exact(10.84)),
        (exact(3.5), exact(2.88)),
        99,
        lambda level: np.full_like(level, rho),
    )
    sd = np.sqrt(10.84**2 + 2.88**2 - 2 * rho * 10.84 * 2.88)
    theta = np.linspace(-30, -23, 29)
    expected = stats.t(98, -26.52, sd / np.sqrt(99)).logpdf(theta)
    assert likelihood.log(theta) == pytest.approx(expected, abs=1e-8)
    if abs(rho) > 0.9:
        assert sd == pytest.approx(abs(10.84 - np.sign(rho) * 2.88), rel=1e-5)


def test_an_unknown_correlation_is_integrated_over_its_prior():
    prior = stats.norm(0.3, 0.3)
    likelihood = change(
        (exact(8.37), exact(1.72)), (exact(2.8), exact(1.82)), 99, quantiles_on(prior)
    )

    def density(z, theta):
        sd = np.sqrt(1.72**2 + 1.82**2 - 2 * np.tanh(z) * 1.72 * 1.82)
        return prior.pdf(z) * stats.t.pdf(theta, 98, -5.57, sd / np.sqrt(99))

    for theta in (-6.2, -5.57, -5.2):
        expected = integrate.quad(density, -1.2, 1.8, args=(theta,), epsabs=1e-10)[0]
        assert np.exp(likelihood.log(np.array([theta]))[0]) == pytest.approx(expected, rel=2e-3)
    assert likelihood.note.count("at ") == 3


def test_a_change_matches_paired_data_with_a_known_correlation():
    rng = np.random.default_rng(4)
    data = rng.multivariate_normal([30, 8], [[100, 12], [12, 25]], 60)
    before, after = data.T
    rho = np.corrcoef(before, after)[0, 1]
    likelihood = change(
        (exact(before.mean()), exact(before.std(ddof=1))),
        (exact(after.mean()), exact(after.std(ddof=1))),
        60,
        lambda level: np.full_like(level, rho),
    )
    low, high = stats.ttest_rel(after, before).confidence_interval(0.95)
    t = stats.t(59, likelihood.centre, likelihood.scale)
    assert t.ppf([0.025, 0.975]) == pytest.approx([low, high], rel=1e-9)


def test_a_share_is_binomial():
    p = np.array([0.2, 0.5, 0.7])
    log = share(44, 82).log(np.log(p / (1 - p)))
    expected = stats.binom.logpmf(44, 82, p)
    assert log - log[0] == pytest.approx(expected - expected[0], abs=1e-10)


def test_a_percentage_names_its_count():
    assert count_of((53.655, 53.665), 82) == 44
    assert count_of((6.5, 7.5), 99) == 7
    with pytest.raises(DataError, match="0 counts of 99"):
        count_of((53.655, 53.665), 99)
    with pytest.raises(DataError, match="9 counts of 1000"):
        count_of((6.501, 7.499), 1000)


def test_a_correlation_is_hotellings_density():
    """Against the density of r by simulation-free means: its integral over r is 1 for every rho."""
    n = 20
    theta = np.arctanh(np.array([-0.3, 0.0, 0.5, 0.8]))
    r = np.linspace(-0.9999, 0.9999, 801)
    curves = np.array([correlation((value, value), n).log(theta) for value in r])
    total = np.trapezoid(np.exp(curves), r, axis=0)
    assert total / total[0] == pytest.approx(np.ones(4), rel=1e-3)


@pytest.mark.parametrize(("r", "n"), [(0.78, 99), (0.32, 82)])
def test_a_rounded_correlation_has_the_probability_of_its_print(r, n):
    """The density of r integrated over what rounds to the print, from simulated samples."""
    rng, draws = np.random.default_rng(2), 400_000
    rho = np.array([r - 0.03, r - 0.01, r + 0.01, r + 0.03])
    # Bartlett: r / sqrt(1 - r^2) of a sample is (rho / sqrt(1 - rho^2) chi_{n-1} + z) / chi_{n-2}.
    one, two = (np.sqrt(rng.chisquare(n - k, draws)) for k in (1, 2))
    slope = (rho / np.sqrt(1 - rho**2))[:, None] * one + rng.standard_normal(draws)
    sample = slope / np.hypot(slope, two)
    share = ((sample > r - 0.005) & (sample < r + 0.005)).mean(axis=1)
    error = np.sqrt((1 - share) / (share * draws))
    log = correlation((r - 0.005, r + 0.005), n).log(np.arctanh(rho))
    apart = (log - np.log(share)) - (log - np.log(share)).mean()
    assert np.abs(apart).max() < 4 * error.max()


def test_the_ends_of_a_print_are_the_95_percent_ends_of_its_likelihood():
    likelihood = odds_ratio(
        printed(2.509, 3), printed(1.077, 3), printed(6.089, 3), (0.0355, 0.0365)
    )
    log = likelihood.log(np.log([1.077, 2.509, 6.089]))
    root = np.sign([-1, 0, 1]) * np.sqrt(2 * np.maximum(log[1] - log, 0))
    # Half a unit of 1.077 is 0.0005 of it, over a slope of about 2.3.
    assert root == pytest.approx([-Z95, 0, Z95], abs=0.0005 * 2.5)


def test_wald_is_a_normal_with_the_width_of_the_interval():
    likelihood = odds_ratio(exact(0.068), exact(0.003), exact(0.6), (0.0365, 0.0375), "wald")
    theta = np.linspace(-6, 0, 13)
    se = (np.log(0.6) - np.log(0.003)) / (2 * 1.959964)
    expected = -0.5 * ((theta - np.log(0.068)) / se) ** 2
    assert likelihood.log(theta) == pytest.approx(expected, rel=1e-6)


def small_study(seed, n, effect, rate):
    """A logistic study: the print a paper would give, and the exact profile log-likelihood."""
    rng = np.random.default_rng(seed)
    x = (rng.random(n) < rate).astype(float)
    z = rng.normal(size=n)
    y = (rng.random(n) < 1 / (1 + np.exp(-(0.2 + effect * x - 0.3 * z)))).astype(float)
    nuisance = np.column_stack([np.ones(n), z])
    fit = sm.GLM(y, np.column_stack([nuisance, x]), family=sm.families.Binomial()).fit()

    def profile(theta):
        return sm.GLM(y, nuisance, family=sm.families.Binomial(), offset=theta * x).fit().llf

    def root(theta):
        return 2 * (fit.llf - profile(theta)) - Z95**2

    estimate, se = fit.params[2], fit.bse[2]
    low = optimize.brentq(root, estimate - 6 * se, estimate)
    high = optimize.brentq(root, estimate, estimate + 6 * se)
    return (estimate, low, high, fit.pvalues[2]), profile, fit.llf


@pytest.mark.parametrize(
    ("seed", "n", "effect", "rate"), [(1, 99, 0.9, 0.4), (2, 71, -2.5, 0.1), (3, 88, -1.3, 0.25)]
)
def test_the_print_of_a_study_gives_its_profile_likelihood_back(seed, n, effect, rate):
    (estimate, low, high, p), profile, best = small_study(seed, n, effect, rate)
    point, lower, upper = (printed(value, 3) for value in np.exp([estimate, low, high]))
    skewed = odds_ratio(point, lower, upper, printed(p, 3))
    wald = odds_ratio(point, lower, upper, printed(p, 3), "wald")
    theta = np.linspace(low, high, 15)
    truth = np.array([profile(value) for value in theta]) - best

    def worst(likelihood):
        log = likelihood.log(theta) - likelihood.log(np.array([estimate]))
        return np.abs(log - truth).max()

    assert worst(skewed) < 0.05
    assert worst(skewed) < worst(wald)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mean((1, 2), (1, 2), 1), "at least 2 patients"),
        (lambda: mean((1, 2), (0, 0.5), 10), "An SD may be 0"),
        (lambda: share(5, 4), "5 of 4 is not a share"),
        (lambda: correlation((0.99, 1.01), 20), r"needs \|r\| < 1"),
        (
            lambda: odds_ratio((1, 1.1), (0.0, 0.1), (2, 2.1), (0.1, 0.2)),
            "may be 0 by its rounding",
        ),
        (lambda: odds_ratio((1, 1.1), (0.1, 0.2), (2, 2.1), (0.1, 0.2), "flat"), "No likelihood"),
        (
            lambda: change(((1, 1), (1, 1)), ((1, 1), (1, 1)), 9, lambda u: 0 * u + 1.5),
            "within -1 and 1",
        ),
    ],
)
def test_impossible_prints_are_refused(call, message):
    with pytest.raises(DataError, match=message):
        call()
