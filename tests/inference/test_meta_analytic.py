"""Meta-analytic-predictive distributions against RBesT, brute force, and no heterogeneity."""

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from adbayes.errors import DataError
from adbayes.inference.meta_analytic import MetaAnalysis, meta_analysis
from adbayes.inference.quadrature import Grid

# Placebo responders in ankylosing spondylitis: RBesT's data set AS (Baeten 2013).
SPONDYLITIS = [
    (23, 107), (12, 44), (19, 51), (9, 39), (39, 139), (6, 20), (9, 78), (10, 35),
]  # fmt: skip
LONG_TERM = [(58, 89), (148, 210), (140, 162)]


@pytest.fixture(scope="module")
def spondylitis() -> MetaAnalysis:
    return meta_analysis(SPONDYLITIS)


@pytest.mark.parametrize(
    ("scale", "new", "between"),
    [
        # RBesT 1.9-0, article "Getting started with RBesT (binary)": half-normal of scale 1 and 1/2, normal
        # of SD 2 for the mean: mean, median, sd, 2.5 % and 97.5 % of the share and of tau.
        (1.0, (0.255, 0.247, 0.0864, 0.106, 0.461), (0.387, 0.359, 0.215, 0.0399, 0.897)),
        (0.5, (0.259, 0.250, 0.0776, 0.129, 0.442), (0.335, 0.320, 0.172, 0.0397, 0.718)),
    ],
)
def test_it_agrees_with_rbest(scale, new, between):
    said = meta_analysis(SPONDYLITIS, tau_scale=scale).summary().set_index("quantity")
    # 4000 draws, of which autocorrelation leaves perhaps half.
    draws = 2000
    for name, printed in (("new_study", new), ("between_study_sd", between)):
        mean, median, sd, low, high = printed
        row = said.loc[name]
        assert row["mean"] == pytest.approx(mean, abs=3 * sd / draws**0.5 + 0.0005), name
        assert row["median"] == pytest.approx(median, abs=4 * sd / draws**0.5 + 0.0005), name
        assert row["sd"] == pytest.approx(sd, rel=3 / (2 * draws) ** 0.5 + 0.02), name
        assert row["ci_low"] == pytest.approx(low, abs=0.012), name
        assert row["ci_high"] == pytest.approx(high, abs=0.035), name


def test_it_agrees_with_brute_force():
    """The same posterior from plain sums over 80 SDs, 201 means and 401 log odds."""
    taus = np.arange(0.0375, 6, 0.075)
    means = np.linspace(-6, 7, 201)
    theta = np.linspace(-8, 9, 401)
    y, n = np.array(LONG_TERM).T
    each = np.exp(
        y * special.log_expit(theta)[:, None] + (n - y) * special.log_expit(-theta)[:, None]
        - (y * np.log(y / n) + (n - y) * np.log(1 - y / n))
    )  # fmt: skip
    joint = np.empty((len(taus), len(means)))
    for k, tau in enumerate(taus):
        normal = stats.norm.pdf(theta, means[:, None], tau)
        joint[k] = (normal @ each * (theta[1] - theta[0])).prod(axis=1)
    joint *= stats.norm.pdf(means, 0, 2) * stats.halfnorm.pdf(taus)[:, None]
    joint /= joint.sum()
    new = np.zeros_like(theta)
    for k, tau in enumerate(taus):
        new += joint[k] @ stats.norm.pdf(theta, means[:, None], tau)
    new /= new.sum()
    share = special.expit(theta)
    mean = float(new @ share)
    said = meta_analysis(LONG_TERM).summary().set_index("quantity")
    assert said.loc["new_study", "mean"] == pytest.approx(mean, abs=2e-4)
    sd = float(np.sqrt(new @ (share - mean) ** 2))
    assert said.loc["new_study", "sd"] == pytest.approx(sd, abs=2e-4)
    of_tau = joint.sum(axis=1)
    assert said.loc["between_study_sd", "mean"] == pytest.approx(of_tau @ taus, abs=2e-3)
    second = said.loc["between_study_sd", "sd"] ** 2 + said.loc["between_study_sd", "mean"] ** 2
    assert second == pytest.approx(of_tau @ taus**2, abs=5e-3)
    edges = np.append(taus - 0.0375, taus[-1] + 0.0375)
    below = np.interp(said.loc["between_study_sd", "ci_high"], edges, np.append(0, of_tau.cumsum()))
    assert below == pytest.approx(0.975, abs=0.002)
    assert said.loc["mean", "mean"] == pytest.approx(
        joint.sum(axis=0) @ special.expit(means), abs=2e-4
    )


def test_without_heterogeneity_studies_are_pooled():
    found = meta_analysis(LONG_TERM, tau_scale=1e-5)
    y, n = np.array(LONG_TERM).sum(axis=0)

    def log(theta):
        return y * special.log_expit(theta) + (n - y) * special.log_expit(-theta) - theta**2 / 8

    pooled = Grid.of(log, float(special.logit(y / n)), 0.1)
    levels = [0.025, 0.5, 0.975]
    assert found.predictive.quantile(levels) == pytest.approx(pooled.quantile(levels), abs=1e-5)
    assert found.mean.quantile(levels) == pytest.approx(pooled.quantile(levels), abs=1e-5)


def test_one_study_alone_predicts_less_than_it_knows():
    alone = meta_analysis([(140, 162)])
    low, high = alone.interval()
    own = stats.beta(141, 23).interval(0.95)
    assert low < own[0] - 0.1
    assert high > own[1]


def test_shares_at_the_edge_are_integrated():
    said = meta_analysis([(0, 10), (12, 12), (3, 300)]).summary().set_index("quantity")
    assert said.loc["between_study_sd", "median"] > 1.5
    assert 0 < said.loc["new_study", "ci_low"] < said.loc["new_study", "ci_high"] < 1


def test_more_studies_of_the_same_kind_say_more():
    few = meta_analysis([(50, 100)] * 2).interval()
    many = meta_analysis([(50, 100)] * 8).interval()
    assert many[1] - many[0] < 0.6 * (few[1] - few[0])
    assert (few[0] + few[1]) / 2 == pytest.approx(0.5, abs=1e-6)


def test_counts_of_a_new_study_and_the_mixture_that_stands_for_it(spondylitis):
    chance = spondylitis.count_probabilities(24)
    assert chance.sum() == pytest.approx(1, abs=1e-6)
    said = spondylitis.summary().set_index("quantity").loc["new_study"]
    assert chance @ np.arange(25) / 24 == pytest.approx(said["mean"], abs=1e-6)
    mixture = spondylitis.mixture()
    assert mixture.predictive(24) == pytest.approx(chance, abs=0.002)
    assert mixture.mean() == pytest.approx(said["mean"], abs=0.001)
    # RBesT has 38 (elir) and 24 (moment) of four betas fitted to its draws.
    assert mixture.ess() == pytest.approx(38, rel=0.08)
    assert mixture.ess("moment") == pytest.approx(24, abs=1)


def test_a_table_of_studies(spondylitis):
    table = pd.DataFrame(SPONDYLITIS, columns=["count", "denominator"])
    assert meta_analysis(table).counts == spondylitis.counts
    with pytest.raises(DataError, match="has no column denominator"):
        meta_analysis(table.drop(columns="denominator"))
    with pytest.raises(DataError, match="has no count"):
        meta_analysis(table.assign(count=[None, *table["count"][1:]]))


@pytest.mark.parametrize(
    ("studies", "options", "sentence"),
    [
        ([], {}, "at least one study"),
        ([(3, 2)], {}, "3 of 2 is not a share"),
        ([(1, 2)], {"tau_scale": 0.0}, "must be positive"),
    ],
)
def test_unusable_studies_are_refused(studies, options, sentence):
    with pytest.raises(DataError, match=sentence):
        meta_analysis(studies, **options)
