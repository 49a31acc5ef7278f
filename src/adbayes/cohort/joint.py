"""Who carries the characteristics of a joint regression, while each keeps what it agrees with by itself.

A table of a regression on several predictors at once asks how the predictors go together; each of them
has its own row of odds ratios, counts and group means besides. Very many labels agree with those: from
one that does, exchanges between two or four patients lead to others. Such labels are collected for each
predictor. The search draws from the collections alone, so that no predictor loses its own row: first by
annealing, one predictor at a time, then among all pairs of changes of two predictors, whose effects on
the joint numbers nearly add up.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from adbayes.cohort.joint_odds import Z_95, deviance_at, joint_fit, joint_limits
from adbayes.cohort.kernel import PULL, WEIGHT, cost, miss
from adbayes.cohort.lab_stages import LabStages, _measured
from adbayes.cohort.labels import LabelProblem, search_labels
from adbayes.cohort.odds_row import OddsRow
from adbayes.cohort.pairs import best_pairs
from adbayes.cohort.polish import _changed, excess
from adbayes.cohort.windows import Floats
from adbayes.errors import DataError

Labels = NDArray[np.int8]

_FIRST, _LAST = 0.3, 2e-3
"""Widths of the kernel, in standard errors; half a unit of print is near 1e-3."""
_MOVES, _PAIRS = 2500, 600
"""Exchanges of a predictor of which all pairs are judged, and pairs of which the numbers are computed."""
_AROUND, _STEPS, _MANY = 30, 6, 300
"""Nearest misses from which a walk goes on, its steps a round, and labels from which it need not."""
_SLACK = 3.0
"""Half widths by which the choices of a predictor, all together, may be farther off than before."""
_NEAR, _PROPOSALS = 300, 60_000
"""Labels nearest to the present ones that a round of annealing draws from, as many of the others, and
draws."""
_POOL, _TOGETHER, _EXACT, _KICK = 1500, 3000, 40, 6
"""Labels of each predictor that are paired, pairs whose joint numbers are computed, those of them that get
profile limits, and the best of which one is taken where none is better."""
_TRIES = 12


@dataclass(frozen=True)
class JointProblem:
    """A joint regression and its predictors.

    Parameters
    ----------
    baseline : ndarray of shape (patients,)
        Baseline EASI, standardised: the covariate.
    response : ndarray of int8 of shape (patients,)
        The outcome, 0 or 1.
    own : list of LabelProblem
        What each predictor agrees with by itself.
    rows : list of OddsRow
        The printed rows of the joint regression, in the order of `own`.
    """

    baseline: Floats
    response: Labels
    own: list[LabelProblem]
    rows: list[OddsRow]

    @property
    def wanted(self) -> Floats:
        """Windows on the scales of the search: shape (predictors, 4, 2)."""
        return np.array([row.intervals() for row in self.rows])

    @property
    def scales(self) -> Floats:
        """One standard error on these scales: shape (predictors, 4)."""
        return np.array([row.scales() for row in self.rows])

    def numbers(self, labels: Labels, skew: Floats | None = None) -> Floats:
        """The joint numbers of many sets of labels.

        Parameters
        ----------
        labels : ndarray of int8 of shape (sets, predictors, patients)
            0, 1, or -1 for no value.
        skew : ndarray of shape (predictors, 2), optional
            How far profile limits are from Wald limits, if that need not be computed.

        Returns
        -------
        ndarray of shape (sets, predictors, 4)
            Log odds ratio, log limits, Wald z; NaN where the regression does not exist.
        """
        known = np.zeros((labels.shape[1], 2)) if skew is None else skew
        return np.asarray(_numbers(self.baseline, self.response, labels, known, skew is None))

    def cost(self, numbers: Floats, width: float) -> Floats:
        """What the distances from the windows cost.

        Parameters
        ----------
        numbers : ndarray of shape (sets, predictors, 4)
            As `numbers` returns them.
        width : float
            Of the kernel, in standard errors.

        Returns
        -------
        ndarray of shape (sets,)
            0 where all agree.
        """
        wanted = self.wanted
        far = np.maximum(np.maximum(wanted[..., 0] - numbers, numbers - wanted[..., 1]), 0.0)
        far = np.nan_to_num(far, nan=1e3, posinf=1e3) / self.scales
        return np.asarray((WEIGHT * np.log1p(far / width) + PULL * far).sum((-1, -2)))

    def missed(self, labels: Labels) -> float:
        """How far the joint regression is from print.

        Parameters
        ----------
        labels : ndarray of int8 of shape (predictors, patients)
            0, 1, or -1 for no value.

        Returns
        -------
        float
            Sum of the distances beyond the printed windows, in half widths.
        """
        low, high = self.wanted[..., 0], self.wanted[..., 1]
        numbers = np.nan_to_num(self.numbers(labels[None])[0], nan=1e3)
        far = np.maximum(np.maximum(low - numbers, numbers - high), 0.0)
        return float((far / ((high - low) / 2)).sum())


def fit_joint(build: LabStages) -> None:
    """Make the joint regression of a reconstruction agree with its table.

    Parameters
    ----------
    build : LabStages
        With characteristics and laboratory classes; its labels are changed in place.

    Raises
    ------
    DataError
        Where the table has a predictor that is not among the labels.
    """
    terms = build.targets.odds_terms("table6")
    if not terms:
        return
    if unknown := [name for name in terms if name not in build.problems]:
        raise DataError(
            f"table6 has the predictor {unknown[0]}, of which no patient's value is reconstructed; "
            "leave table6 held out"
        )
    _on_the_same_patients(build, terms)
    rows = [build._row(name, "table6") for name in terms]
    # The patients without a value of one may be others now, as long as the complete cases are as many.
    own = [
        replace(build.problems[name], masks_move=bool((build.labels[name] < 0).any()))
        for name in terms
    ]
    problem = JointProblem(build.baseline, build.response, own, [row for row in rows if row])
    build.progress("all predictors together")
    start = np.array([build.labels[name] for name in terms])
    found = search_joint(
        problem, start, build.effort.joint, build.effort.pairs, build._number("joint")
    )
    build.missed["all predictors together"] = problem.missed(found)
    for name, labels in zip(terms, found, strict=True):
        build.labels[name] = labels
        if build.problems[name].totals:
            build.subset = labels == 0


def _on_the_same_patients(build: LabStages, terms: tuple[str, ...]) -> None:
    """Measure every predictor where the one measured least is, for as many complete cases as can be."""
    cells = build.labels[min(terms, key=lambda name: (build.labels[name] >= 0).sum())] >= 0
    for name in terms:
        old = build.labels[name]
        if (old[cells] >= 0).all():
            continue
        problem = replace(build.problems[name], masks_move=False, own_cells=False)
        extra = int((old >= 0).sum() - cells.sum())

        def attempt(
            k: int, name: str = name, problem: LabelProblem = problem, extra: int = extra
        ) -> tuple[Labels, float]:
            rng = build._rng("joint", name, k)
            starts = []
            for _ in range(build.effort.starts):
                seen = _measured(cells, extra, rng)
                start: Labels = np.where(seen, 0, -1).astype(np.int8)
                high = int((build.labels[name] == 1).sum())
                start[rng.permutation(np.flatnonzero(seen))[:high]] = 1
                starts.append(start)
            return search_labels(
                problem, starts, build.effort.label, build._number("joint", name, k, "s")
            )

        build.labels[name] = build._best(name, attempt, _TRIES)


def search_joint(
    problem: JointProblem, start: Labels, rounds: int, pairs: int, seed: int
) -> Labels:
    """Find labels that agree with a joint regression.

    Parameters
    ----------
    problem : JointProblem
        What must agree.
    start : ndarray of int8 of shape (predictors, patients)
        Labels that agree with what each predictor asks by itself, as nearly as they can.
    rounds : int
        Rounds of annealing, about two seconds each.
    pairs : int
        Rounds of pairs, about a second each.
    seed : int
        Seed.

    Returns
    -------
    ndarray of int8
        The nearest found; no predictor misses more by itself than in `start`.
    """
    rng = np.random.default_rng(seed)
    kept = [_Kept(p, z) for p, z in zip(problem.own, start, strict=True)]
    state, best = start.copy(), start.copy()
    least = float(problem.cost(problem.numbers(start[None]), _LAST)[0])
    for r in range(rounds):
        lists = _drawn(kept, state, 2 * _NEAR, rng)
        ends = np.cumsum([0, *map(len, lists)])
        first, last = (_FIRST * (_LAST / _FIRST) ** (at / rounds) for at in (r, r + 1))
        least = _anneal(
            problem.baseline, problem.response, state, np.concatenate(lists), ends, problem.wanted,
            problem.scales, first, last, _PROPOSALS, rng, best, least,
        )  # fmt: skip
    state = best
    numbers = problem.numbers(state[None])[0]
    for _ in range(pairs):
        several = _pairs(problem, state, numbers, _drawn(kept, state, _POOL, rng))
        found = problem.numbers(several)
        value = problem.cost(found, _LAST)
        order = np.argsort(value, kind="stable")
        c = order[0]
        if value[c] < least:
            least, best = float(value[c]), several[c]
        if value[c] >= problem.cost(numbers[None], _LAST)[0]:
            c = rng.choice(order[:_KICK])
        state, numbers = several[c], found[c]
    return best


class _Kept:
    """Labels of one predictor that agree with all it is asked for by itself, as far as found."""

    def __init__(self, own: LabelProblem, start: Labels) -> None:
        self.own, self.walker = own, start
        self.known, self.opened = {start.tobytes(): start}, set[bytes]()
        rows = own.rows(start[None])
        choice = np.arange(rows.shape[1]) >= rows.shape[1] - own.chosen
        self.printed, self.choice = (~choice).astype(float), choice.astype(float)
        self.room = excess(rows, self.printed)[0] + 1e-9, excess(rows, self.choice)[0] + _SLACK

    def open(self, state: Labels, others: NDArray[np.bool_], rng: np.random.Generator) -> None:
        """Look around the present labels, or from where the walk among near misses has come to."""
        fresh = state.tobytes() not in self.opened
        if not fresh and len(self.known) > _MANY:
            return
        self.walker = state if fresh else self.walker
        self.opened.add(state.tobytes())
        for _ in range(_STEPS if len(self.known) < _MANY / 2 else 1):
            self._step(others, rng)

    def _step(self, others: NDArray[np.bool_], rng: np.random.Generator) -> None:
        own, state = self.own, self.walker
        moves = own.moves(state)
        if own.masks_move:
            complete = ((_changed(state, moves[:, None]) >= 0) & others).sum(1)
            moves = moves[complete == ((state >= 0) & others).sum()]
        moves = moves[rng.permutation(len(moves))[:_MOVES]]
        now, single = own.rows(state[None]), _changed(state, moves[:, None])
        rows = own.rows(single)
        weight = self.printed + 0.1 * self.choice
        pairs = best_pairs(now[0], rows - now, moves[:, [0, 2]], weight, _PAIRS)
        double = _changed(state, moves[pairs])
        everyone, rows = np.concatenate([single, double]), np.concatenate([rows, own.rows(double)])
        far = np.maximum(excess(rows, self.printed) - self.room[0], 0.0)
        choice = np.maximum(excess(rows, self.choice) - self.room[1], 0.0)
        self.known.update((z.tobytes(), z) for z in everyone[(far == 0) & (choice == 0)])
        self.walker = everyone[rng.choice(np.argsort(far + 0.3 * choice, kind="stable")[:_AROUND])]


def _drawn(kept: list[_Kept], state: Labels, count: int, rng: np.random.Generator) -> list[Labels]:
    """Labels to choose from for each predictor: half of them near the present ones."""
    seen = state >= 0
    found = []
    for k, one in enumerate(kept):
        others = np.delete(seen, k, axis=0).all(0)
        one.open(state[k], others, rng)
        every = np.array(list(one.known.values()))
        every = every[((every >= 0) & others).sum(1) == seen.all(0).sum()]
        if len(every) > count:
            apart = (every != state[k]).sum(1) + rng.random(len(every))
            some = rng.permutation(len(every))[: count // 2]
            every = every[np.union1d(np.argsort(apart)[: count // 2], some)]
        found.append(every)
    return found


def _pairs(problem: JointProblem, state: Labels, numbers: Floats, lists: list[Labels]) -> Labels:
    """The sets of labels with one or two predictors changed that come nearest."""
    of = np.repeat(np.arange(len(lists)), [len(z) for z in lists])
    single = np.repeat(state[None], len(of), axis=0)
    single[np.arange(len(of)), of] = np.concatenate(lists)
    se = numbers[:, 0] / numbers[:, 3]
    skew = np.nan_to_num(numbers[:, 1:3] - numbers[:, :1] - Z_95 * np.outer(se, [-1.0, 1.0]))
    unit = problem.scales * _LAST
    change = (problem.numbers(single, skew) - numbers) / unit
    now = (numbers - problem.wanted.mean(-1)) / unit
    # The place of the patients is taken by the predictor: no pair changes one twice.
    chosen = best_pairs(
        np.nan_to_num(now).ravel(), np.nan_to_num(change, nan=1e5).reshape(len(of), -1),
        np.repeat(of[:, None], 2, axis=1), np.ones(now.size), _TOGETHER,
    )  # fmt: skip
    double = single[chosen[:, 0]]
    second = of[chosen[:, 1]]
    double[np.arange(len(chosen)), second] = single[chosen[:, 1], second]
    everyone = np.concatenate([single, double])
    whole = (everyone >= 0).all(1).sum(1) == (state >= 0).all(0).sum()
    everyone = everyone[whole & (everyone != state).any((1, 2))]
    value = problem.cost(problem.numbers(everyone, skew), _LAST)
    return np.asarray(everyone[np.argsort(value, kind="stable")[:_EXACT]])


@njit(cache=True)
def _joint(x, y, z, design, answer, beta, se, skew, exact, found):  # type: ignore[no-untyped-def]  # Numba
    """The joint numbers of one set of labels; the number of complete cases, or -1 without a fit."""
    terms, n = z.shape
    m = 0
    for i in range(n):
        whole = True
        for t in range(terms):
            whole = whole and z[t, i] >= 0
            design[m, t + 2] = z[t, i]
        if whole:
            design[m, 1] = x[i]
            answer[m] = y[i]
            m += 1
    rows, answers = design[:m], answer[:m]
    if not joint_fit(rows, answers, beta, se, -1):
        return -1
    deviance = deviance_at(rows, answers, beta) if exact else 0.0
    for t in range(terms):
        b, e = beta[t + 2], se[t + 2]
        if exact:
            low, high = joint_limits(rows, answers, beta, t + 2, e, deviance)
            skew[t, 0], skew[t, 1] = low - b + Z_95 * e, high - b - Z_95 * e
        found[t, 0], found[t, 3] = b, b / e
        found[t, 1], found[t, 2] = b - Z_95 * e + skew[t, 0], b + Z_95 * e + skew[t, 1]
    return m


@njit(cache=True)
def _numbers(x, y, many, skew, exact):  # type: ignore[no-untyped-def]  # Numba
    terms, n = many.shape[1:]
    found = np.full((many.shape[0], terms, 4), np.nan)
    beta, se, own_skew = np.zeros(terms + 2), np.zeros(terms + 2), skew.copy()
    design, answer = np.ones((n + 1, terms + 2)), np.zeros(n, dtype=np.int8)
    for s in range(many.shape[0]):
        if _joint(x, y, many[s], design, answer, beta, se, own_skew, exact, found[s]) < 0:
            beta[:] = 0.0
            _joint(x, y, many[s], design, answer, beta, se, own_skew, exact, found[s])
    return found


@njit(cache=True)
def _energy(found, wanted, scales, width):  # type: ignore[no-untyped-def]  # Numba
    total = 0.0
    for t in range(wanted.shape[0]):
        for k in range(4):
            far = miss(found[t, k], wanted[t, k, 0], wanted[t, k, 1])
            total += cost(far / scales[t, k], width)
    return total


@njit(cache=True)
def _anneal(  # type: ignore[no-untyped-def]  # Numba
    x, y, z, lists, ends, wanted, scales, first, last, proposals, rng, best, least
):
    """Draw labels of one predictor after the other; `z` and `best` are changed in place."""
    terms, n = z.shape
    design, answer = np.ones((n + 1, terms + 2)), np.zeros(n, dtype=np.int8)
    beta, se = np.zeros(terms + 2), np.zeros(terms + 2)
    skew, found = np.zeros((terms, 2)), np.zeros((terms, 4))
    complete = _joint(x, y, z, design, answer, beta, se, skew, True, found)
    if complete < 0:
        return least
    trial, trial_skew, far = beta.copy(), skew.copy(), found.copy()
    for p in range(proposals):
        width = first * (last / first) ** (p / proposals)
        k = rng.integers(0, terms)
        c = rng.integers(ends[k], ends[k + 1])
        before = z[k].copy()
        if (lists[c] == before).all():
            continue
        z[k] = lists[c]
        bar = _energy(found, wanted, scales, width) - math.log(rng.random())
        trial[:], trial_skew[:] = beta, skew
        # Profile limits are dear: first as far from the Wald limits as they are now.
        ok = _joint(x, y, z, design, answer, trial, se, trial_skew, False, far) == complete
        if ok and _energy(far, wanted, scales, width) < bar + 1.0:
            _joint(x, y, z, design, answer, trial, se, trial_skew, True, far)
            ok = _energy(far, wanted, scales, width) < bar
        else:
            ok = False
        if ok:
            beta[:], skew[:], found[:] = trial, trial_skew, far
            value = _energy(found, wanted, scales, _LAST)
            if value < least:
                least = value
                best[:] = z
        else:
            z[k] = before
    return least
