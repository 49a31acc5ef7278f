"""A jump into all windows: spreads come out right, means are left to the search."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from adbayes.cohort.projection import project
from adbayes.cohort.scores import Grouping, ScoreProblem, Tie, Values
from adbayes.cohort.targets import ANY
from adbayes.cohort.windows import missed

N = 90
LABELS = np.repeat(np.array([0, 1, -1], dtype=np.int8), 30)


def drawn(seed: int, spread: float) -> Values:
    """Scores of which group 0 has a spread of its own."""
    rng = np.random.default_rng(seed)
    base = rng.integers(10, 25, N)
    left = rng.normal(0.5, np.where(LABELS == 0, spread, 0.2), N)
    return base, np.clip(np.rint(base * left), 0, 28).astype(np.int64)


def around(value: float, half: float) -> tuple[float, float]:
    return value - half, value + half


def asked_by(state: Values, other: np.ndarray, half: float = 0.005) -> ScoreProblem:
    """The problem that a state solves."""
    base, visit = (x.astype(float) for x in state)
    change = 100 * (base - visit) / base
    moments = [f(x) for x in (base, visit, change) for f in (np.mean, lambda v: np.std(v, ddof=1))]
    groups = [change[k == LABELS] for k in (0, 1)]
    p = float(stats.ttest_ind(*groups, equal_var=False).pvalue)
    return ScoreProblem(
        N, 28, np.array(moments[:4]).reshape(2, 2), *(around(m, half) for m in moments),
        [Tie(other, around(float(np.corrcoef(visit, other)[0, 1]), half), printed=True)],
        [Grouping(LABELS, *(around(float(g.mean()), half) for g in groups), around(p, 0.0005))],
    )  # fmt: skip


@pytest.fixture
def other() -> np.ndarray:
    return np.random.default_rng(3).normal(10, 3, N)


def test_spreads_come_out_right(other: np.ndarray) -> None:
    asked, start = asked_by(drawn(1, 0.6), other), drawn(2, 0.2)
    everyone = np.ones(N, dtype=bool)
    found = project(asked, start, everyone, np.random.default_rng(0))

    def spread(state: Values) -> float:
        change = 100 * (state[0] - state[1]) / state[0]
        return float(np.std(change[LABELS == 0], ddof=1))

    wanted = spread(drawn(1, 0.6))
    assert abs(spread(start) - wanted) > 8
    # Rounding a handful of mixtures among 30 patients moves a spread by less than a tenth.
    assert spread(found) == pytest.approx(wanted, rel=0.1)
    assert missed(asked, found) < 0.5 * missed(asked, start)
    # Nobody moves without need: one patient in two stays where he is.
    assert np.mean((found[0] == start[0]) & (found[1] == start[1])) > 0.3


def test_only_some_move_and_within_reach(other: np.ndarray) -> None:
    asked, start = asked_by(drawn(1, 0.6), other), drawn(2, 0.2)
    movable = np.arange(N) >= 10
    base, visit = project(asked, start, movable, np.random.default_rng(0))
    assert (base[:10] == start[0][:10]).all()
    assert (visit[:10] == start[1][:10]).all()
    assert np.abs(base - start[0]).max() <= 4
    assert np.abs(visit - start[1]).max() <= 8
    assert base.min() >= 1
    assert visit.min() >= 0
    assert max(base.max(), visit.max()) <= 28


def test_a_state_that_agrees_stays(other: np.ndarray) -> None:
    state = drawn(1, 0.35)
    asked = asked_by(state, other, half=0.05)
    found = project(asked, state, np.ones(N, dtype=bool), np.random.default_rng(0))
    assert missed(asked, state) == 0
    assert all((x == y).all() for x, y in zip(found, state, strict=True))


def test_a_fixed_baseline_stays(other: np.ndarray) -> None:
    start = drawn(2, 0.2)
    asked = replace(asked_by(drawn(1, 0.35), other), free_base=False, base_mean=ANY, base_sd=ANY)
    base, _ = project(asked, start, np.ones(N, dtype=bool), np.random.default_rng(0))
    assert (base == start[0]).all()


def test_a_spread_is_seen_though_means_are_off(other: np.ndarray) -> None:
    """Linearised where the means are right, a p value says what a spread does to it."""
    true = drawn(1, 0.35)
    asked = asked_by(true, other)
    off = drawn(2, 0.2)
    who = np.arange(N)
    effects, residual = asked.aimed(off, who, *true)
    # All go to their true values, where every number is as printed.
    aimed = np.abs(residual + effects.sum(axis=0))
    there = np.abs(asked.residual(off) + asked.effects(off, who, *true).sum(axis=0))
    p_value = 8
    assert aimed[p_value] < 0.5 * there[p_value]
