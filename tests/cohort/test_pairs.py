"""The best pair of changes is the best of all pairs, and a descent ends where none helps."""

import itertools

import numpy as np
import pytest
from tests.cohort.test_projection import N, asked_by, drawn
from tests.cohort.test_windows import SCHEDULE, START, TRUTH, Digits, sums

from adbayes.cohort.pairs import best_pairs, descend
from adbayes.cohort.windows import MARGIN, Ints, Part, missed, settle


def energy(now: np.ndarray, change: np.ndarray, weight: np.ndarray, pair: Ints) -> float:
    return float(np.maximum(np.abs(now + change[pair].sum(0)) - 1, 0) @ weight)


@pytest.mark.parametrize("seed", range(4))
def test_the_best_pairs_are_those_of_all_pairs_of_different_patients(seed: int) -> None:
    rng = np.random.default_rng(seed)
    m, d, keep = 40, 5, 60
    now, change = rng.normal(0, 4, d), rng.normal(0, 3, (m, d))
    weight = rng.uniform(0.2, 2, d)
    patients = rng.integers(0, 15, (m, 2))
    found = best_pairs(now, change, patients, weight, keep)
    every = [
        np.array([a, b])
        for a, b in itertools.combinations(range(m), 2)
        if not set(patients[a]) & set(patients[b])
    ]
    values = sorted(energy(now, change, weight, pair) for pair in every)
    assert all(not set(patients[a]) & set(patients[b]) for a, b in found)
    assert len({tuple(sorted(pair)) for pair in found}) == keep
    np.testing.assert_allclose(
        sorted(energy(now, change, weight, pair) for pair in found), values[:keep], rtol=1e-12
    )


def test_fewer_pairs_than_wanted_are_all() -> None:
    one, two = np.array([[0, 0], [1, 1], [1, 1]]), np.ones((3, 2))
    found = best_pairs(np.zeros(2), two, one, np.ones(2), 50)
    assert sorted(tuple(sorted(pair)) for pair in found.tolist()) == [(0, 1), (0, 2)]


@pytest.mark.parametrize("changes", [1, 2])
@pytest.mark.parametrize("seed", range(5))
def test_what_is_two_changes_from_agreement_comes_to_agree(seed: int, changes: int) -> None:
    rng = np.random.default_rng(seed)
    problem, state = Digits(sums(TRUTH)), TRUTH.copy()
    who = rng.choice(60, changes, replace=False)
    state[who] = (state[who] + rng.integers(1, 10, changes)) % 10
    given = state.copy()
    found, left = descend(problem, state, rng)
    assert left == 0
    assert sums(found) == sums(TRUTH)
    assert (state == given).all()


def test_it_ends_where_no_one_or_two_changes_come_nearer() -> None:
    total, squares, first = sums(TRUTH)
    problem = Digits((total, squares + 1, first))  # no patients agree with it
    rng = np.random.default_rng(1)
    start, before = settle(problem, START, SCHEDULE[:1], rng)
    found, left = descend(problem, start, rng)
    assert left == pytest.approx(missed(problem, found))
    assert 0 < left <= before
    # In a problem of sums the linear image is the whole one: every pair is seen.
    effects = problem.options(found, rng).effects.reshape(-1, 3).astype(float)
    who = np.repeat(np.arange(60), 10)
    for k in range(0, len(effects), 7):
        both = problem.residual(found) + effects[k] + effects[who != who[k]]
        excess = np.maximum(np.abs(both) - 0.9999 / MARGIN, 0).sum(1)
        assert excess.min() >= left - 1e-4


@pytest.mark.parametrize("seed", range(4))
def test_scores_two_changes_from_the_print_come_to_it(seed: int) -> None:
    """Numbers that are no sums, p values that count half, values at the ends of the scale, some who stay."""
    rng = np.random.default_rng(seed)
    true = drawn(seed, 0.45)
    asked = asked_by(true, rng.normal(10, 3, N))
    visit = true[1].copy()
    moved = rng.choice(np.arange(30, N), 2, replace=False)
    visit[moved] = np.clip(visit[moved] + np.where(visit[moved] > 14, -3, 3), 0, 28)
    start = true[0], visit
    before = missed(asked, start)
    found, left = descend(Part(asked, np.arange(N) >= 30), start, rng)
    assert before > 0
    assert left == missed(asked, found) == 0
    for k in (0, 1):
        assert (found[k][:30] == true[k][:30]).all()


def test_nobody_else_moves() -> None:
    rng = np.random.default_rng(5)
    asked, start = asked_by(drawn(1, 0.45), rng.normal(10, 3, N)), drawn(2, 0.2)
    found, left = descend(Part(asked, np.arange(N) < 20), start, rng)
    assert left < missed(asked, start)
    for k in (0, 1):
        assert (found[k][20:] == start[k][20:]).all()
