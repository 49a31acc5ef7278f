"""The best two changes at once, found among all.

An annealed search comes within a few windows and then seldom meets the change that fits. What one change
does to every printed number is known for each of them, and what two do is nearly the sum: millions of sums
are cheap, and the best of them are computed exactly.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from adbayes.cohort.windows import Floats, Ints, Problem, missed

_TRIED = 60
"""Pairs computed exactly, in a descent."""


def descend[State](
    problem: Problem[State], state: State, rng: np.random.Generator
) -> tuple[State, float]:
    """Take the best one or two changes, as long as they bring a state nearer to the print.

    Windows that are choices count in full where pairs are ranked, and not where one is taken: what
    brings a state nearer leaves them alone if it can.

    Parameters
    ----------
    problem : Problem
        What must agree.
    state : State
        Where to start.
    rng : numpy.random.Generator
        For the options of the problem.

    Returns
    -------
    state : State
        No two options, linearised there, that were tried bring it nearer.
    missed : float
        Sum over the windows of the distance beyond their ends, in half widths; 0 if all agree.
    """
    now = missed(problem, state)
    while now > 0.0:
        options = problem.options(state, rng)
        residual = problem.residual(state)
        of_each = np.arange(options.effects.shape[1])
        # Option 0 is the present state: no change.
        who, option = np.nonzero((of_each > 0) & (of_each < options.counts[:, None]))
        change = options.effects[who, option].astype(float)
        # The numbers that one change moves most are looked at first: most pairs end there.
        order = np.argsort(-change.std(axis=0), kind="stable")
        # One that changes nobody makes a pair of a single change.
        change = np.vstack([change[:, order], np.zeros(len(order))])
        who, option = np.append(who, -1), np.append(option, 0)
        pairs = best_pairs(
            np.ascontiguousarray(residual[order]), change, np.stack([who, who], axis=1),
            np.ascontiguousarray(problem.importance[order]), _TRIED,
        )  # fmt: skip
        nearest = now
        for pair in pairs:
            choice = np.zeros(len(options.counts), dtype=np.int64)
            for k in pair[who[pair] >= 0]:
                choice[who[k]] = option[k]
            changed = problem.changed(state, options, choice)
            left = missed(problem, changed)
            if left < nearest:
                found, nearest = changed, left
        if nearest == now:
            break
        state, now = found, nearest
    return state, now


@njit(cache=True)
def best_pairs(
    now: Floats, change: Floats, patients: Ints, weight: Floats, keep: int
) -> NDArray[np.int64]:
    """The pairs of changes of different patients that together come nearest to the windows.

    Parameters
    ----------
    now : ndarray of shape (windows,)
        Distances from the middles of the windows, in half widths.
    change : ndarray of shape (changes, windows)
        What each change adds.
    patients : ndarray of int64 of shape (changes, 2)
        The two patients of each; twice the same where it changes one.
    weight : ndarray of shape (windows,)
        How much each window counts.
    keep : int
        How many pairs are wanted.

    Returns
    -------
    ndarray of shape (pairs, 2)
        At most `keep`, in no order.
    """
    m, d = change.shape
    found = np.zeros((keep, 2), dtype=np.int64)
    value = np.full(keep, np.inf)
    worst = 0
    for a in range(m):
        for b in range(a):
            energy = 0.0
            for j in range(d):
                over = abs(now[j] + change[a, j] + change[b, j]) - 1.0
                if over > 0.0:
                    energy += weight[j] * over
                    if energy >= value[worst]:
                        break
            if energy >= value[worst]:
                continue
            if (
                patients[a, 0] == patients[b, 0]
                or patients[a, 0] == patients[b, 1]
                or patients[a, 1] == patients[b, 0]
                or patients[a, 1] == patients[b, 1]
            ):
                continue
            found[worst, 0], found[worst, 1], value[worst] = a, b, energy
            worst = int(np.argmax(value))
    return found[value < np.inf]
