"""A jump into all windows at once: the nearest mixture of whole-number scores that is in them, rounded.

An annealed search moves one to three patients at a time, and once the means are right most moves break
one: the spread inside the groups, which Welch's p asks for, then changes no more. A linear program has no
such walls. It asks for each patient which of the near values to take, in shares that may be fractions,
so that every number (linearised at the present state) lies in its window and the patients move as
little as possible. At most one patient a window gets a true fraction; rounding these leaves the means off
again, but not the spreads, and means are what an annealed search is good at.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

from adbayes.cohort.scores import ScoreProblem, Values
from adbayes.cohort.windows import Floats, Ints

_REACH = (4, 8)
"""How far a baseline and a visit may move."""

_MISS = 10.0
"""Cost of half a window short, beside the movement of a patient by one standard deviation."""


def project(
    problem: ScoreProblem, state: Values, movable: NDArray[np.bool_], rng: np.random.Generator
) -> Values:
    """Move as little as possible so that every number lies in its window, but for rounding.

    Parameters
    ----------
    problem : ScoreProblem
        What must agree.
    state : tuple of ndarray
        Baseline and visit.
    movable : ndarray of bool of shape (patients,)
        Who may change.
    rng : numpy.random.Generator
        Decides where a patient's share is a fraction.

    Returns
    -------
    tuple of ndarray
        Baseline and visit; as given where the linear program has no solution.
    """
    who, a, b = _near(problem, state, movable)
    effects, residual = problem.aimed(state, who, a, b)
    scale = problem.moments[:, 1]
    moved = ((a - state[0][who]) / scale[0]) ** 2 + ((b - state[1][who]) / scale[1]) ** 2
    moved *= rng.uniform(0.5, 1.5, len(who))
    windows = np.hstack([effects.T, np.eye(len(residual)), -np.eye(len(residual))])
    count = len(who)
    # SciPy's stubs do not know that matrices may be sparse.
    above: Any = sparse.csr_matrix(np.vstack([windows, -windows]))
    once: Any = sparse.csr_matrix(
        (np.ones(count), (who, np.arange(count))), shape=(problem.patients, windows.shape[1])
    )
    solved = optimize.linprog(
        np.concatenate([moved, np.full(2 * len(residual), _MISS)]),
        A_ub=above,
        b_ub=np.concatenate([1.0 - residual, 1.0 + residual]),
        A_eq=once,
        b_eq=np.ones(problem.patients),
        method="highs-ds",
    )
    if solved.status != 0 or solved.x is None:
        return state
    return _rounded(solved.x[:count], who, a, b)


def _near(
    problem: ScoreProblem, state: Values, movable: NDArray[np.bool_]
) -> tuple[Ints, Ints, Ints]:
    """Patient, baseline and visit of everything within reach, patient by patient."""
    values = [np.arange(1, problem.high + 1), np.arange(problem.high + 1)]
    at, base, visit = np.meshgrid(np.arange(problem.patients), *values, indexing="ij")
    first, second = (x[:, None, None] for x in state)
    reach = [np.where(movable, r, 0)[:, None, None] for r in _REACH]
    inside = np.abs(visit - second) <= reach[1]
    inside &= (np.abs(base - first) <= reach[0]) if problem.free_base else base == first
    return at[inside], base[inside], visit[inside]


def _rounded(share: Floats, who: Ints, a: Ints, b: Ints) -> Values:
    """One value a patient: that with the largest share."""
    order = np.lexsort((share, who))
    last = order[np.flatnonzero(np.diff(who[order], append=-1))]
    return a[last], b[last]
