"""The last step of a search for labels: the best one or two exchanges at a time, found among all.

What an exchange does to each printed number is computed exactly for every pair of patients; what two
exchanges do is nearly the sum (`pairs`).
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from adbayes.cohort.pairs import best_pairs
from adbayes.cohort.windows import MARGIN, Floats, Ints

Labels = NDArray[np.int8]

_MOVES = 1200
_TRIED = 600
_AROUND = 30
_STALLS, _FAR_STALLS, _FAR = 8, 3, 3.0
"""Stalls after which the search ends, near the print and farther from it than so many half widths."""
_CHOICE = 0.02
"""Weight of a window that is a choice: it may be left a little if the print then agrees."""


class Labelled(Protocol):
    """A problem of labels, seen from here."""

    @property
    def chosen(self) -> int:
        """Number of windows, at the end, that are choices and not printed."""
        ...

    def rows(self, labels: Labels) -> Floats:
        """Distance of every number for each row of labels.

        Parameters
        ----------
        labels : ndarray of int8
            0, 1, or -1 for no value; of shape (rows, patients).

        Returns
        -------
        ndarray
            In half widths, of shape (rows, windows).
        """
        ...

    def moves(self, labels: Labels) -> Ints:
        """Every exchange or change.

        Parameters
        ----------
        labels : ndarray of int8
            0, 1, or -1 for no value.

        Returns
        -------
        ndarray
            Of shape (moves, 4): patient and new label, of two patients; the same twice for a change of one.
        """
        ...


def polish(problem: Labelled, labels: Labels, seed: int) -> tuple[Labels, float]:
    """Bring labels that nearly agree to agreement.

    Parameters
    ----------
    problem : LabelProblem
        What must agree.
    labels : ndarray of int8
        Where to start.
    seed : int
        Seed; chance decides where a search goes on that found nothing better.

    Returns
    -------
    labels : ndarray of int8
        The nearest found.
    missed : float
        Sum of the distances beyond the printed windows, in half widths; 0 if all agree.
    """
    rng = np.random.default_rng(seed)
    state, now = labels, problem.rows(labels[None])
    weight = np.ones(now.shape[1])
    weight[now.shape[1] - problem.chosen :] = _CHOICE
    printed = (weight >= 1).astype(float)
    best, least = labels, float(excess(now, printed)[0])
    stalls = 0
    while least > 0.0 and stalls <= (_STALLS if least < _FAR else _FAR_STALLS):
        moves = problem.moves(state)
        if len(moves) > _MOVES:
            moves = moves[rng.permutation(len(moves))[:_MOVES]]
        single = _changed(state, moves[:, None])
        rows = problem.rows(single)
        pairs = best_pairs(now[0], rows - now, moves[:, [0, 2]], weight, _TRIED)
        everyone = np.concatenate([single, _changed(state, moves[pairs])])
        everything = np.concatenate([rows, problem.rows(everyone[len(single) :])])
        value = excess(everything, weight)
        missed = excess(everything, printed)
        k = int(np.argmin(missed))
        if missed[k] < least:
            best, least = everyone[k], float(missed[k])
        k = int(np.argmin(value))
        if value[k] >= excess(now, weight)[0]:
            stalls += 1
            k = int(rng.choice(np.argsort(value, kind="stable")[:_AROUND]))
        state, now = everyone[k], everything[k][None]
    return best, least


def excess(rows: Floats, weight: NDArray[np.generic]) -> Floats:
    """How far numbers lie outside their windows, summed.

    Parameters
    ----------
    rows : ndarray of shape (labels, windows)
        Distances in half widths.
    weight : ndarray of shape (windows,)
        What each counts.

    Returns
    -------
    ndarray of shape (labels,)
        0 where all agree.
    """
    return np.asarray(np.maximum(np.abs(rows) - 0.9999 / MARGIN, 0.0) @ weight.astype(float))


def _changed(labels: Labels, moves: Ints) -> Labels:
    """Labels after each set of moves: shape (sets, patients)."""
    found = np.repeat(labels[None], len(moves), axis=0)
    at = np.arange(len(moves))
    for k in range(moves.shape[1]):
        found[at, moves[:, k, 0]] = moves[:, k, 1]
        found[at, moves[:, k, 2]] = moves[:, k, 3]
    return found
