"""The search behind every stage of a reconstruction: sums over patients that must fall into windows.

A printed number is a window on a sum over patients: of values, of their squares, of percent changes
inside a group, of a patient's share in an odds ratio. What one patient adds to each sum is known for
every value the patient could have, so that a change of a few patients costs a few additions to judge,
and a hundred million changes can be tried in half a minute. Numbers that are no sums (standard
deviations, Welch's p, odds ratios and their limits) are linearised at the present state; a search runs
in rounds, with a new linearisation in each, until the numbers themselves, not their linear images, lie
in their windows.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MARGIN = 0.97
"""Share of a window that the search aims at: a linear image inside it lies in the whole window too."""


_STEP = 30.0
"""Half widths that a change moves a number whose distance counts once; one that moves less counts more,
because many changes must agree to mend it."""

_FEW = 0.15
"""Share of moves that begin with a patient of the smallest group."""

_SKEW = 2
"""How much more often options that change little are tried: 1 for all alike."""

_COOLED = 256
"""Moves at one temperature: the power that gives it costs as much as a tenth of a move."""

_MADE_UP = 0.3
"""Share of last changes that are chosen to make up for the others."""


@dataclass(frozen=True)
class Options:
    """What every patient could be changed to, and what that adds to each sum.

    Parameters
    ----------
    effects : ndarray of shape (patients, options, windows)
        Change of each number in half widths of its window; option 0 is the present state and
        changes nothing.
    cost : ndarray of shape (patients, options)
        Minus the log density of the base model, up to a constant a patient.
    counts : ndarray of int64 of shape (patients,)
        Number of options of each patient; 1 for one who stays.
    """

    effects: NDArray[np.float32]
    cost: NDArray[np.float32]
    counts: Ints


class Problem[State](Protocol):
    """A stage: a state, its distance from the print, and the ways to change it."""

    @property
    def chosen(self) -> int:
        """Number of windows, at the end, that are choices and not printed."""
        ...

    @property
    def importance(self) -> Floats:
        """How much each window counts; what cannot all be met is left over where it counts least."""
        ...

    def residual(self, state: State) -> Floats:
        """Distance of each number from the middle of its window.

        Parameters
        ----------
        state : State
            Of this problem.

        Returns
        -------
        ndarray
            In half widths.
        """
        ...

    def options(self, state: State, rng: np.random.Generator) -> Options:
        """Changes around a state, linearised there.

        Parameters
        ----------
        state : State
            Of this problem.
        rng : numpy.random.Generator
            Where only some changes are looked at.

        Returns
        -------
        Options
            For every patient.
        """
        ...

    def changed(self, state: State, options: Options, choice: Ints) -> State:
        """The state with another option for some patients.

        Parameters
        ----------
        state : State
            Of this problem.
        options : Options
            Around it.
        choice : ndarray of int64 of shape (patients,)
            Option of each; 0 for one who stays.

        Returns
        -------
        State
            Another one.
        """
        ...

    def mates(self) -> tuple[Ints, Ints]:
        """For each patient those who enter the same sums, and how many they are."""
        ...

    def rare(self) -> Ints:
        """Patients on whom a window depends that few others enter; moved more often."""
        ...


@dataclass(frozen=True)
class Part[State]:
    """A problem of which only some patients move, or only some windows count.

    Parameters
    ----------
    whole : Problem
        The problem.
    movable : ndarray of bool of shape (patients,)
        Who may change.
    windows : ndarray of int64 or None
        Which windows count; None for all.
    """

    whole: Problem[State]
    movable: NDArray[np.bool_]
    windows: Ints | None = None

    @property
    def chosen(self) -> int:
        """As of the whole problem, where all windows count."""
        return self.whole.chosen if self.windows is None else 0

    @property
    def importance(self) -> Floats:
        """Of the windows that count."""
        found = self.whole.importance
        return found if self.windows is None else found[self.windows]

    def residual(self, state: State) -> Floats:
        """Distances of the windows that count (`Problem.residual`)."""
        found = self.whole.residual(state)
        return found if self.windows is None else found[self.windows]

    def options(self, state: State, rng: np.random.Generator) -> Options:
        """Options of those who may change (`Problem.options`)."""
        found = self.whole.options(state, rng)
        effects = found.effects if self.windows is None else found.effects[:, :, self.windows]
        counts = np.where(self.movable, found.counts, 1)
        return replace(found, effects=effects, counts=counts)

    def changed(self, state: State, options: Options, choice: Ints) -> State:
        """As of the whole problem (`Problem.changed`)."""
        return self.whole.changed(state, options, choice)

    def mates(self) -> tuple[Ints, Ints]:
        """As of the whole problem."""
        return self.whole.mates()

    def rare(self) -> Ints:
        """Those of the whole problem who may change."""
        found = self.whole.rare()
        return found[self.movable[found]]


Schedule = Sequence[tuple[int, float, float]]
"""Rounds: moves, and the temperature (in half widths) at its start and end."""


def settle[State](
    problem: Problem[State], state: State, schedule: Schedule, rng: np.random.Generator
) -> tuple[State, float]:
    """Bring a state into all windows.

    Parameters
    ----------
    problem : Problem
        The stage.
    state : State
        Where to start.
    schedule : sequence of tuple
        Rounds of the search.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    state : State
        The best found.
    missed : float
        Sum over the windows of the distance beyond their ends, in half widths; 0 if all agree.
    """
    mates, number = problem.mates()
    rare = problem.rare()
    best, least = state, missed(problem, state)
    for steps, first, last in schedule:
        if least == 0.0:
            break
        options = problem.options(state, rng)
        residual = problem.residual(state)
        # The numbers that one change moves most are looked at first: most moves end there.
        step = options.effects.std(axis=(0, 1))
        order = np.argsort(-step, kind="stable")
        weight = np.clip((_STEP / np.maximum(step, 1e-9)) ** 0.3, 1.0, 10.0) * problem.importance
        size = np.abs(options.effects).max(axis=2)
        size[np.arange(options.effects.shape[1]) >= options.counts[:, None]] = np.inf
        by_size = np.argsort(size, axis=1, kind="stable")
        effects = np.take_along_axis(options.effects[:, :, order], by_size[:, :, None], axis=1)
        cost = np.take_along_axis(options.cost, by_size, axis=1)
        # The present option changes nothing, so it stands first.
        choice = np.zeros(len(by_size), dtype=np.int64)
        _anneal(
            np.ascontiguousarray(effects), np.ascontiguousarray(cost), options.counts,
            residual[order], weight[order], choice, mates, number, rare, steps,
            first, last, rng,
        )  # fmt: skip
        choice = np.take_along_axis(by_size, choice[:, None], axis=1)[:, 0]
        state = problem.changed(state, options, choice)
        now = missed(problem, state)
        if now <= least:
            best, least = state, now
    return best, least


def missed[State](problem: Problem[State], state: State) -> float:
    """How far a state is from the print.

    Parameters
    ----------
    problem : Problem
        The stage.
    state : State
        A state of it.

    Returns
    -------
    float
        Sum of the distances beyond the ends of the printed windows, in half widths, each times the
        window's importance; windows that are choices do not count.
    """
    residual = np.abs(problem.residual(state))
    printed = residual[: len(residual) - problem.chosen]
    excess = np.maximum(printed - 0.9999 / MARGIN, 0.0)
    return float(excess @ problem.importance[: len(excess)])


def window(value: Floats | float, ends: tuple[float, float]) -> Floats:
    """Distance from the middle of a window.

    Parameters
    ----------
    value : ndarray or float
        The number.
    ends : tuple of float
        Of the printed interval.

    Returns
    -------
    ndarray
        In half widths, less a margin; 0 everywhere for an interval without ends.
    """
    low, high = ends
    if not (math.isfinite(low) and math.isfinite(high)):
        return np.zeros_like(np.asarray(value, dtype=float))
    return (np.asarray(value) - (low + high) / 2) / (MARGIN * (high - low) / 2)


@njit(cache=True)
def _anneal(  # type: ignore[no-untyped-def]  # Numba
    effects,
    cost,
    counts,
    residual,
    weight,
    current,
    mates,
    number,
    rare,
    steps,
    first,
    last,
    rng,
):
    """Metropolis with falling temperature; `current` receives the best choice of its second half."""
    n, _, d = effects.shape
    wide = min(d, 10)
    r = residual.copy()
    now = 0.0
    for j in range(d):
        now += weight[j] * max(abs(r[j]) - 1.0, 0.0)
    if now == 0.0:
        return
    best, best_choice = math.inf, current.copy()
    trial = np.empty(d)
    who, old, new = np.zeros(3, np.int64), np.zeros(3, np.int64), np.zeros(3, np.int64)
    for step in range(steps):
        if step % _COOLED == 0:
            temperature = first * (last / first) ** (step / steps)
        changes = 1 + rng.integers(0, 3)
        few = rare.size > 0 and rng.random() < _FEW
        i = rng.integers(0, n)
        prior = 0.0
        made = 0
        for q in range(changes):
            if few and (q == 0 or rng.random() < 0.6):
                i = rare[rng.integers(0, rare.size)]
            elif q > 0 and number[i] > 1 and rng.random() < 0.7:
                i = mates[i, rng.integers(0, number[i])]
            elif q > 0:
                i = rng.integers(0, n)
            if counts[i] < 2:
                break
            # Options are sorted by what they change: small changes are tried more often.
            to = int(counts[i] * rng.random() ** _SKEW)
            if q > 0 and q == changes - 1 and rng.random() < _MADE_UP:
                # The last of several changes makes up for the others in one of the sums.
                j = rng.integers(0, wide)
                gap = -effects[i, current[i], j]
                for p in range(q):
                    gap += effects[who[p], new[p], j] - effects[who[p], old[p], j]
                least = math.inf
                for o in range(counts[i]):
                    left = abs(gap + effects[i, o, j])
                    if left < least and rng.random() < 0.7:
                        least = left
                        to = o
            who[q], old[q], new[q] = i, current[i], to
            current[i] = to
            made = q + 1
        moved = made == changes
        if moved:
            moved = False
            for q in range(made):
                prior += cost[who[q], new[q]] - cost[who[q], old[q]]
                moved = moved or new[q] != old[q]
        if moved:
            bar = now - temperature * (math.log(rng.random()) + prior)
            energy = 0.0
            for j in range(d):
                t = r[j]
                for q in range(made):
                    t += effects[who[q], new[q], j] - effects[who[q], old[q], j]
                trial[j] = t
                over = abs(t) - 1.0
                if over > 0.0:
                    energy += weight[j] * over
                    if energy > bar:
                        break
            if energy <= bar:
                now = energy
                for j in range(d):
                    r[j] = trial[j]
                if (energy < best and 2 * step > steps) or energy == 0.0:
                    best = energy
                    best_choice[:] = current
                    if best == 0.0:
                        return
                continue
        for q in range(made - 1, -1, -1):
            current[who[q]] = old[q]
    current[:] = best_choice
