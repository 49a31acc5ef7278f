"""The last step of a search for labels, from a state that is nearly right."""

from dataclasses import dataclass

import numpy as np
import pytest

from adbayes.cohort.polish import polish
from adbayes.cohort.windows import MARGIN

N = 60


@dataclass(frozen=True)
class Sums:
    """Three sums over the labelled, each printed to within a small reach; counts stay."""

    values: np.ndarray
    wanted: np.ndarray
    reach: float = 1e-4
    chosen: int = 0

    def rows(self, labels: np.ndarray) -> np.ndarray:
        return ((labels == 1) @ self.values.T - self.wanted) / (self.reach * MARGIN)

    def moves(self, labels: np.ndarray) -> np.ndarray:
        i, j = np.nonzero(labels[:, None] < labels[None, :])
        both = labels[i] >= 0
        i, j = i[both], j[both]
        return np.stack([i, labels[j], j, labels[i]], axis=1).astype(np.int64)


def made(seed: int) -> tuple[np.ndarray, Sums]:
    """Known labels, five of them missing, and the sums they give."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.array([0, 1, -1], dtype=np.int8), [30, 25, 5])
    labels = rng.permutation(labels)
    values = rng.standard_normal((3, N))
    return labels, Sums(values, (labels == 1) @ values.T)


def exchanged(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    found = labels.copy()
    ones = rng.choice(np.flatnonzero(labels == 1), count, replace=False)
    zeros = rng.choice(np.flatnonzero(labels == 0), count, replace=False)
    found[ones], found[zeros] = 0, 1
    return found


@pytest.mark.parametrize("exchanges", [1, 2])
@pytest.mark.parametrize("seed", range(5))
def test_exchanges_are_undone(exchanges: int, seed: int) -> None:
    labels, problem = made(seed)
    start = exchanged(labels, exchanges, seed + 50)
    assert np.abs(problem.rows(start)).max() > 100
    found, missed = polish(problem, start, seed)
    assert missed == 0
    # Three sums to a ten-thousandth: no other labels this near give them.
    assert (found == labels).all()


def test_three_exchanges_are_more_than_one_step() -> None:
    # Found in several steps, or by another vector of labels that agrees as well.
    better = 0
    for seed in range(5):
        labels, problem = made(seed)
        wide = Sums(problem.values, problem.wanted, reach=0.05)
        start = exchanged(labels, 3, seed + 50)
        found, missed = polish(wide, start, seed)
        assert sorted(found) == sorted(labels)
        better += missed == 0
    assert better >= 4


def test_labels_that_agree_stay() -> None:
    labels, problem = made(0)
    found, missed = polish(problem, labels, 1)
    assert missed == 0
    assert (found == labels).all()


def test_what_cannot_agree_is_said_to_be_missed() -> None:
    labels, problem = made(0)
    impossible = Sums(problem.values, np.full(3, 1e3), reach=1.0)
    start = exchanged(labels, 5, 1)
    found, missed = polish(impossible, start, 0)
    assert 0 < missed < np.maximum(np.abs(impossible.rows(start)) - 1 / MARGIN, 0).sum()
    excess = np.abs(impossible.rows(found)) - 1 / MARGIN
    assert missed == pytest.approx(excess.sum(), rel=1e-3)


def test_a_choice_is_given_up_where_the_print_needs_it() -> None:
    labels, problem = made(2)
    # The last sum is a choice that contradicts the first two.
    wanted = problem.wanted + np.array([0, 0, 25.0])
    chosen = Sums(problem.values, wanted, reach=0.01, chosen=1)
    found, missed = polish(chosen, exchanged(labels, 2, 3), 0)
    assert missed == 0
    assert (np.abs(chosen.rows(found)[:2]) <= 1 / MARGIN).all()
    assert np.abs(chosen.rows(found)[2]) > 1 / MARGIN


def test_equal_seeds_give_equal_labels() -> None:
    labels, problem = made(1)
    narrow = Sums(problem.values, problem.wanted + 0.3)
    start = exchanged(labels, 4, 0)
    one, other = (polish(narrow, start, 1)[0] for _ in range(2))
    assert (one == other).all()
    assert (start == exchanged(labels, 4, 0)).all()  # what was given is not changed
