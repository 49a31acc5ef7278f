"""Weighted draws against closed forms, and their Monte Carlo errors against repetition."""

import numpy as np
import pytest
from scipy import stats

from adbayes.errors import ConvergenceError
from adbayes.inference.weighted import WeightedDraws


def importance(seed: int, size: int = 4000) -> WeightedDraws:
    """N(1, 2) from t with 5 degrees of freedom, and its square."""
    rng = np.random.default_rng(seed)
    proposal = stats.t(5, loc=0.5, scale=2.5)
    drawn = proposal.rvs(size, random_state=rng)
    log_weight = stats.norm(1, 2).logpdf(drawn) - proposal.logpdf(drawn)
    return WeightedDraws.of(np.column_stack([drawn, drawn**2]), log_weight)


def test_importance_sampling_finds_the_moments_within_its_own_error() -> None:
    found = importance(1, 40_000)
    assert np.all(np.abs(found.mean() - [1, 5]) < 4 * found.mcse_mean())
    assert found.sd()[0] == pytest.approx(2, rel=0.02)
    truth = stats.norm(1, 2)
    levels = np.array([0.025, 0.5, 0.975])
    error = np.sqrt(levels * (1 - levels) / found.ess_tail()[0]) / truth.pdf(truth.ppf(levels))
    assert np.all(np.abs(found.quantile(levels)[:, 0] - truth.ppf(levels)) < 4 * error)
    assert found.below(0.0)[0] == pytest.approx(truth.cdf(0), abs=0.015)
    assert found.below(0.0)[1] == 0
    assert found.pareto_k < 0.5


def test_the_stated_error_is_the_spread_over_repetitions() -> None:
    again = [importance(seed) for seed in range(100)]
    spread = np.std([found.mean() for found in again], axis=0)
    stated = np.mean([found.mcse_mean() for found in again], axis=0)
    # The SD of 100 means is known to a fourteenth of itself.
    assert stated == pytest.approx(spread, rel=0.25)
    ends = np.array([found.quantile([0.05, 0.95])[:, 0] for found in again])
    size = np.mean([found.ess_tail()[0] for found in again])
    truth = stats.norm(1, 2)
    expected = np.sqrt(0.05 * 0.95 / size) / truth.pdf(truth.ppf(0.05))
    # The tail size is that of the worse end.
    assert ends.std(axis=0).max() == pytest.approx(expected, rel=0.25)


def test_equal_weights_are_an_ordinary_sample() -> None:
    values = np.random.default_rng(2).normal(size=(2001, 1))
    found = WeightedDraws.of(values, np.zeros(2001))
    assert found.pareto_k == -np.inf
    assert found.mean()[0] == pytest.approx(values.mean())
    assert found.ess_bulk()[0] == pytest.approx(2001, rel=1e-3)
    assert found.ess_tail()[0] == pytest.approx(2001, rel=0.01)
    assert found.quantile(0.5)[0, 0] == pytest.approx(np.median(values), abs=1e-9)
    assert found[0].values.shape == (2001, 1)


def test_a_draw_outside_the_support_counts_for_nothing() -> None:
    values = np.array([[0.0], [1.0], [9.0]])
    found = WeightedDraws.of(np.repeat(values, 50, axis=0), np.repeat([0.0, 0.0, -np.inf], 50))
    assert found.mean()[0] == pytest.approx(0.5)
    assert found.below(0.5)[0] == pytest.approx(0.5)


def test_weights_that_cannot_be_trusted_are_refused() -> None:
    rng = np.random.default_rng(3)
    drawn = rng.normal(size=5000)
    with pytest.raises(ConvergenceError, match="Pareto k"):
        WeightedDraws.of(drawn[:, None], stats.norm(0, 6).logpdf(drawn) - stats.norm.logpdf(drawn))
