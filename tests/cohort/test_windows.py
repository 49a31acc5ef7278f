"""The search for sums that fall into windows, on a problem whose answer is known to exist."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from adbayes.cohort.windows import MARGIN, Floats, Ints, Options, Part, missed, settle, window

TEN = np.arange(10)
TRUTH = np.random.default_rng(0).binomial(9, 0.4, size=60)
SCHEDULE = [(50_000, 30.0, 1.0)] * 3


@dataclass(frozen=True)
class Digits:
    """A digit for every patient; printed are the sum of all, of the squares, and of the first ten."""

    wanted: tuple[float, float, float]
    chosen: int = 0
    price: Floats = field(default_factory=lambda: np.zeros(10))
    importance: Floats = field(default_factory=lambda: np.ones(3))

    def residual(self, state: Ints) -> Floats:
        sums = np.array([state.sum(), (state**2).sum(), state[:10].sum()], dtype=float)
        return (sums - self.wanted) / (0.5 * MARGIN)

    def options(self, state: Ints, rng: np.random.Generator) -> Options:
        n = len(state)
        digit = (state[:, None] + TEN) % 10  # the present one first
        first = (np.arange(n) < 10)[:, None]
        gain, square = digit - state[:, None], digit**2 - state[:, None] ** 2
        gains = np.stack([gain, square, np.where(first, gain, 0)], axis=-1)
        return Options(
            (gains / (0.5 * MARGIN)).astype(np.float32),
            self.price[digit].astype(np.float32),
            np.full(n, 10),
        )

    def changed(self, state: Ints, options: Options, choice: Ints) -> Ints:
        return (state + choice) % 10

    def mates(self) -> tuple[Ints, Ints]:
        alike = (TRUTH[:, None] < 10) & ((np.arange(60) < 10)[:, None] == (np.arange(60) < 10))
        return np.argsort(~alike, axis=1, kind="stable"), alike.sum(axis=1)

    def rare(self) -> Ints:
        return np.arange(10)


def sums(state: Ints) -> tuple[int, int, int]:
    return int(state.sum()), int((state**2).sum()), int(state[:10].sum())


START = np.full(60, 9)


@pytest.mark.parametrize("seed", range(5))
def test_a_solvable_problem_is_solved(seed: int) -> None:
    problem = Digits(sums(TRUTH))
    state, left = settle(problem, START, SCHEDULE, np.random.default_rng(seed))
    assert left == 0
    assert sums(state) == sums(TRUTH)
    assert (START == 9).all()  # what was given is not changed


def test_an_impossible_problem_is_not_said_to_be_solved() -> None:
    # A digit and its square are odd together, and so are their sums.
    total, squares, first = sums(TRUTH)
    problem = Digits((total, squares + 1, first))
    state, left = settle(problem, START, SCHEDULE, np.random.default_rng(0))
    assert left == pytest.approx(missed(problem, state))
    # The nearest states lie one unit off: the other end of a window of half a unit.
    assert left >= (1 - 0.5) / (0.5 * MARGIN) - 1e-3
    assert left < 3


def test_equal_seeds_give_equal_states() -> None:
    problem = Digits(sums(TRUTH))
    one, other, third = (
        settle(problem, START, SCHEDULE, np.random.default_rng(seed))[0] for seed in (1, 1, 2)
    )
    assert (one == other).all()
    assert (one != third).any()


def test_a_state_that_agrees_stays() -> None:
    state, left = settle(Digits(sums(TRUTH)), TRUTH, SCHEDULE, np.random.default_rng(0))
    assert left == 0
    assert (state == TRUTH).all()


def test_no_round_leaves_a_state_worse_than_it_was() -> None:
    near = TRUTH.copy()
    near[20] = (near[20] + 1) % 10
    hot = [(200, 1e6, 1e6)] * 3
    problem = Digits(sums(TRUTH))
    for seed in range(5):
        _, left = settle(problem, near, hot, np.random.default_rng(seed))
        assert left <= missed(problem, near)


def test_only_the_patients_of_a_part_move() -> None:
    moves = np.arange(60) >= 30
    start = np.where(moves, 9, TRUTH)
    state, left = settle(
        Part(Digits(sums(TRUTH)), moves), start, SCHEDULE, np.random.default_rng(3)
    )
    assert left == 0
    assert (state[:30] == TRUTH[:30]).all()
    assert (state[30:] != start[30:]).any()


def test_only_the_windows_of_a_part_count() -> None:
    part = Part(Digits(sums(TRUTH), chosen=1), np.ones(60, dtype=bool), np.array([2]))
    assert part.residual(START) == pytest.approx(part.whole.residual(START)[[2]])
    assert part.options(START, np.random.default_rng(0)).effects.shape == (60, 10, 1)
    assert part.chosen == 0
    state, left = settle(part, START, SCHEDULE, np.random.default_rng(0))
    assert left == 0
    assert sums(state)[2] == sums(TRUTH)[2]
    assert Part(part.whole, part.movable).chosen == 1


def test_the_rare_patients_of_a_part_are_those_who_move() -> None:
    part = Part(Digits(sums(TRUTH)), np.arange(60) >= 4)
    assert part.rare().tolist() == list(range(4, 10))


def test_a_choice_is_searched_for_and_not_counted() -> None:
    total, squares, first = sums(TRUTH)
    chosen = Digits((total, squares, first + 5), chosen=1)
    state, left = settle(chosen, START, SCHEDULE, np.random.default_rng(0))
    assert left == 0
    assert sums(state) == (total, squares, first + 5)
    assert missed(chosen, TRUTH) == 0
    assert missed(Digits(chosen.wanted), TRUTH) == pytest.approx(4.5 / (0.5 * MARGIN), rel=1e-3)


def test_the_base_model_decides_where_the_print_does_not() -> None:
    total, squares, first = sums(TRUTH)
    even = np.where(TEN % 2 == 0, 0.0, 3.0)
    shares = []
    for price in (np.zeros(10), even):
        found = [
            settle(
                Digits((total, squares, first), price=price),
                START,
                [(100_000, 30.0, 1.0)],
                np.random.default_rng(seed),
            )[0]
            for seed in range(5)
        ]
        shares.append(np.mean(np.array(found) % 2 == 0))
    # Odd digits cost three nats: far fewer of them than without a price.
    assert shares[1] > shares[0] + 0.15


def test_what_cannot_all_be_met_is_left_over_where_it_counts_least() -> None:
    total, squares, first = sums(TRUTH)
    cold = [*SCHEDULE, (200_000, 1.0, 0.005)]
    left = []
    for light in (0, 1):
        importance = np.ones(3)
        importance[light] = 0.05
        # Sum and sum of squares of unlike parity: one of them must stay beside its window.
        problem = Digits((total, squares + 1, first), importance=importance)
        state, least = settle(problem, START, cold, np.random.default_rng(0))
        left.append(np.abs(problem.residual(state)) > 1 / MARGIN)
        assert least == pytest.approx(0.05 * (0.5 / (0.5 * MARGIN)), rel=1e-3)
    assert left[0].tolist() == [True, False, False]
    assert left[1].tolist() == [False, True, False]


def test_distance_from_a_window() -> None:
    assert window(3.0, (2.0, 4.0)) == 0
    ends = window(np.array([2.0, 4.0]), (2.0, 4.0))
    assert ends == pytest.approx([-1 / MARGIN, 1 / MARGIN])
    assert window(np.array([1e9, -5.0]), (-np.inf, np.inf)).tolist() == [0, 0]
    # The half-line of a bound is no window of the search.
    assert window(7.0, (-np.inf, 1.0)) == 0


def test_what_lies_inside_a_window_misses_nothing() -> None:
    total, squares, first = sums(TRUTH)
    assert missed(Digits((total + 0.499, squares - 0.499, first)), TRUTH) == 0
    assert missed(Digits((total + 0.51, squares, first)), TRUTH) == pytest.approx(
        0.01 / (0.5 * MARGIN), rel=0.02
    )
