"""Which patients carry a binary predictor: the problem behind every row of a table of odds ratios.

With EASI fixed, the rows of Table 5 do not depend on each other, so each predictor is found on its own.
What a patient's label does to the odds ratio, its limits and its p value is found by refitting the row
with that one label changed; the search then works on these single changes.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from adbayes.cohort.kernel import cost, miss, spread, width_at
from adbayes.cohort.odds import limits, wald
from adbayes.cohort.odds_row import OddsRow, near_p
from adbayes.cohort.polish import excess, polish
from adbayes.cohort.targets import ANY, Interval
from adbayes.cohort.welch import GRID, welch_bounds, welch_miss, welch_window
from adbayes.cohort.windows import MARGIN, Floats, Ints, window

Labels = NDArray[np.int8]

_NEAR_P = 0.0018
"""What Welch's p may be off by and still be near."""

_SOFT, _MEANS, _OUTSIDE = 0, 1, 2
"""What is asked of the groups: a choice, printed means with their p, a sum outside the group."""


@dataclass(frozen=True)
class Difference:
    """A difference of the two groups' means, label 1 minus label 0.

    Parameters
    ----------
    values : ndarray of shape (patients,)
        Of what.
    interval : tuple of float
        Where it should lie.
    """

    values: Floats
    interval: Interval

    @classmethod
    def about(cls, values: Floats, middle: float, reach: float) -> "Difference":
        """A difference near a value.

        Parameters
        ----------
        values : ndarray
            Of what.
        middle, reach : float
            The value, and how far from it the difference may be.

        Returns
        -------
        Difference
            With its interval.
        """
        return cls(values, (float(middle - reach), float(middle + reach)))


@dataclass(frozen=True)
class Contrast:
    """Printed means of the two groups and Welch's p value.

    Parameters
    ----------
    values : ndarray of shape (patients,)
        Of what.
    low, high, p_value : tuple of float
        Intervals of the mean under label 0, under label 1, and of p.
    """

    values: Floats
    low: Interval
    high: Interval
    p_value: Interval


@dataclass(frozen=True)
class LabelProblem:
    """One predictor and everything it must agree with.

    Parameters
    ----------
    baseline : ndarray of shape (patients,)
        Baseline EASI, standardised.
    response : ndarray of int8 of shape (patients,)
        EASI-90 at the last visit.
    row : OddsRow or None
        Its printed row.
    contrast : Contrast or None
        Printed group means.
    totals : list of tuple of ndarray and float
        Values, and the sum that the patients without the label must have, in whole numbers.
    choices : list of Difference
        Differences that are asked for by the base model, not by the print.
    high, measured : tuple of float
        Smallest and largest number of patients with label 1, and with any label.
    exchange : bool
        Whether patients exchange labels, so that the counts stay, or change them one by one.
    masks_move : bool
        Whether another patient may become the one without a value.
    own_cells : bool
        Whether that may happen in the last step only, to a few.
    held : bool
        Whether those with label 1 stay, and only the others change places.
    """

    baseline: Floats
    response: Labels
    row: OddsRow | None = None
    contrast: Contrast | None = None
    totals: list[tuple[Floats, float]] = field(default_factory=list)
    choices: list[Difference] = field(default_factory=list)
    high: Interval = ANY
    measured: Interval = ANY
    exchange: bool = True
    masks_move: bool = False
    own_cells: bool = False
    held: bool = False

    @property
    def chosen(self) -> int:
        """Number of windows, at the end, that the print does not ask for."""
        return len(self.choices) + (0 if self.exchange else 2)

    def rows(self, labels: Labels) -> Floats:
        """Every distance for each row of labels (`Labelled.rows`)."""
        one, zero = (labels == 1).astype(float), (labels == 0).astype(float)
        n1, n0 = one.sum(-1), zero.sum(-1)
        found = []
        if self.row is not None:
            numbers = _odds_rows(self.baseline, self.response, np.ascontiguousarray(labels))
            found += [
                np.nan_to_num(window(numbers[:, k], pair), nan=1e5, posinf=1e5, neginf=-1e5)
                for k, pair in enumerate(self.row.intervals())
            ]
        if self.contrast is not None:
            v = self.contrast.values
            t0, t1, q0, q1 = zero @ v, one @ v, zero @ v**2, one @ v**2
            found += [
                window(t0 / n0, self.contrast.low), window(t1 / n1, self.contrast.high),
                welch_window(
                    [n0, n1], [t0, t1], [q0, q1], self.contrast.p_value,
                    sum(self.contrast.high) > sum(self.contrast.low),
                ),
            ]  # fmt: skip
        found += [window(zero @ v, (total - 0.5, total + 0.5)) for v, total in self.totals]
        if not self.exchange:
            found += [window(n1, self.high), window(n0 + n1, self.measured)]
        found += [
            window(
                one @ d.values / np.maximum(n1, 1) - zero @ d.values / np.maximum(n0, 1), d.interval
            )
            for d in self.choices
        ]
        # A characteristic of which only the count is printed has nothing else to agree with.
        return np.stack(found, axis=-1) if found else np.zeros((len(labels), 0))

    def near(self, labels: Labels) -> bool:
        """Whether every number of the printed row is met or near.

        Parameters
        ----------
        labels : ndarray of int8
            0, 1, or -1 for no value.

        Returns
        -------
        bool
            True without a row.
        """
        return self._inside(labels, 4 * (self.row is not None))

    def agrees(self, labels: Labels) -> bool:
        """Whether the row is near, and with it every printed mean met and its p met or near.

        Parameters
        ----------
        labels : ndarray of int8
            0, 1, or -1 for no value.

        Returns
        -------
        bool
            True without a row and without printed means.
        """
        return self._inside(labels, 4 * (self.row is not None) + 3 * (self.contrast is not None))

    def _inside(self, labels: Labels, windows: int) -> bool:
        return bool((np.abs(self.relaxed().residual(labels)[:windows]) <= 1 / MARGIN).all())

    def relaxed(self) -> "LabelProblem":
        """The same problem with everything that counts as near; printed means stay as they are.

        Returns
        -------
        LabelProblem
            A copy.
        """
        row = None if self.row is None else self.row.relaxed()
        contrast = self.contrast
        if contrast is not None:
            contrast = replace(contrast, p_value=near_p(contrast.p_value, _NEAR_P))
        return replace(self, row=row, contrast=contrast)

    def residual(self, state: Labels) -> Floats:
        """Distance of each number from the middle of its window.

        Parameters
        ----------
        state : ndarray of int8
            0, 1, or -1 for no value.

        Returns
        -------
        ndarray
            In half widths.
        """
        return np.asarray(self.rows(state[None])[0])

    def moves(self, labels: Labels) -> Ints:
        """Every exchange of two labels, and where counts are free every change of one (`Labelled.moves`)."""
        i, j = np.nonzero(labels[:, None] < labels[None, :])
        free = np.ones(len(i), dtype=bool)
        if not self.masks_move:
            free &= labels[i] >= 0
        if self.held:
            free &= labels[j] < 1
        i, j = i[free], j[free]
        found = np.stack([i, labels[j], j, labels[i]], axis=1)
        if not self.exchange:
            k = np.flatnonzero(labels >= 0)
            found = np.concatenate([found, np.stack([k, 1 - labels[k], k, 1 - labels[k]], axis=1)])
        return found.astype(np.int64)


def search_labels(
    problem: LabelProblem, starts: Sequence[Labels], evaluations: int, seed: int
) -> tuple[Labels, float]:
    """Find who carries a label.

    Whether an annealed search ends near is chance, and polishing costs more than annealing: what came
    nearest of several is polished.

    Parameters
    ----------
    problem : LabelProblem
        What must agree.
    starts : sequence of ndarray of int8
        0, 1, or -1 for no value; where searches start.
    evaluations : int
        Logistic regressions after which each ends.
    seed : int
        Seed.

    Returns
    -------
    labels : ndarray of int8
        As `start`.
    missed : float
        Sum of the distances beyond the printed windows, in half widths; 0 if all agree.
    """
    n = len(starts[0])
    values: list[Floats] = []
    wanted: list[tuple[float, float, float, float]] = []
    kinds: list[int] = []
    welch: list[Interval] = []
    if problem.contrast is not None:
        c = problem.contrast
        kinds.append(_MEANS)
        values.append(c.values)
        wanted.append((*c.low, *c.high))
        welch.append(c.p_value)
    for v, total in problem.totals:
        kinds.append(_OUTSIDE)
        values.append(v)
        wanted.append((total, 0.0, 0.0, 0.0))
        welch.append(ANY)
    for d in problem.choices:
        kinds.append(_SOFT)
        values.append(d.values)
        wanted.append((sum(d.interval) / 2, (d.interval[1] - d.interval[0]) / 3, 0.0, 0.0))
        welch.append(ANY)
    row = problem.row
    count = (0.0, 0.0)
    if not problem.exchange:
        count = (sum(problem.high) / 2, (problem.high[1] - problem.high[0]) / 4)
    k = len(kinds)
    weight = np.r_[
        np.ones(problem.rows(starts[0][None]).shape[1] - problem.chosen), np.zeros(problem.chosen)
    ]
    nearest, least = starts[0], np.inf
    rng = np.random.default_rng(seed)
    for start in starts:
        labels = start.copy()
        _search(
            problem.baseline, problem.response, labels,
            np.array(row.intervals() if row else [ANY] * 4), row.scales() if row else np.ones(4),
            row is not None, np.array(values).reshape(k, n), np.array(kinds, dtype=np.int64),
            np.array(wanted, dtype=float).reshape(k, 4),
            np.array([welch_bounds(p) for p in welch]).reshape(k, 2, GRID),
            problem.masks_move, *count, evaluations, rng,
        )  # fmt: skip
        missed = float(excess(problem.rows(labels[None]), weight)[0])
        if missed < least:
            nearest, least = labels, missed
        if least == 0:
            break
    last = replace(problem, masks_move=True) if problem.own_cells else problem
    return polish(last, nearest, seed)


@njit(cache=True)
def _odds_rows(x: Floats, y: Labels, labels: NDArray[np.int8]) -> Floats:
    """Log odds ratio, log limits and z for each row of labels; NaN where a fit does not exist."""
    found = np.full((labels.shape[0], 4), np.nan)
    beta = np.zeros(3)
    for k in range(labels.shape[0]):
        estimate, se, deviance = wald(x, y, labels[k], beta)
        if math.isnan(se):
            beta[:] = 0.0
            estimate, se, deviance = wald(x, y, labels[k], beta)
        if math.isnan(se):
            beta[:] = 0.0
            continue
        low, high = limits(x, y, labels[k], beta, se, deviance)
        found[k, 0], found[k, 1], found[k, 2], found[k, 3] = estimate, low, high, estimate / se
    return found


@njit(cache=True)
def _groups(z, values, kinds, wanted, welch, missing, count, count_sd):  # type: ignore[no-untyped-def]  # Numba
    """Soft cost of the groups; `missing` receives the distances of what is printed."""
    n = z.size
    n0 = n1 = 0.0
    for i in range(n):
        n0 += z[i] == 0
        n1 += z[i] == 1
    soft = 0.5 * ((n1 - count) / count_sd) ** 2 if count_sd > 0.0 else 0.0
    for k in range(kinds.size):
        s0 = s1 = q0 = q1 = 0.0
        for i in range(n):
            if z[i] == 0:
                s0 += values[k, i]
                q0 += values[k, i] * values[k, i]
            elif z[i] == 1:
                s1 += values[k, i]
                q1 += values[k, i] * values[k, i]
        at = 4 + 3 * k
        if kinds[k] == _SOFT:
            # A group that a change of one label empties has mean 0; its row of odds ratios does not exist.
            difference = s1 / max(n1, 1.0) - s0 / max(n0, 1.0)
            soft += 0.5 * ((difference - wanted[k, 0]) / wanted[k, 1]) ** 2
        elif kinds[k] == _MEANS:
            sd = max(spread(s0 + s1, q0 + q1, n0 + n1), 1e-9)
            missing[at] = miss(s0 / n0, wanted[k, 0], wanted[k, 1]) / sd * math.sqrt(n0)
            missing[at + 1] = miss(s1 / n1, wanted[k, 2], wanted[k, 3]) / sd * math.sqrt(n1)
            missing[at + 2] = welch_miss(
                n0, s0, q0, n1, s1, q1, welch[k], 1.0 if wanted[k, 2] > wanted[k, 0] else -1.0
            )
        else:
            missing[at] = 0.3 * abs(s0 - wanted[k, 0])
    return soft


@njit(cache=True)
def _search(  # type: ignore[no-untyped-def]  # Numba
    x,
    y,
    z,
    row,
    scales,
    has_row,
    values,
    kinds,
    wanted,
    welch,
    mask_moves,
    count,
    count_sd,
    evaluations,
    rng,
):
    n = x.size
    order = np.argsort(x)
    rank = np.empty(n, dtype=np.int64)
    for r in range(n):
        rank[order[r]] = r
    far = np.zeros(4 + 3 * kinds.size)
    now = np.full(far.size, 1e3)
    best, best_missed = z.copy(), math.inf
    soft_now = 1e6
    beta, trial = np.zeros(3), np.zeros(3)
    done = tries = 0
    started = False
    while done < evaluations and tries < 400 * evaluations:
        tries += 1
        s = width_at(done / evaluations, 0.5, 1e-4)
        i = j = rng.integers(0, n)
        kind = rng.random()
        before_i, before_j = z[i], z[j]
        if started:
            if kind < 0.1 and count_sd > 0.0:
                if z[i] < 0:
                    continue
                z[i] = 1 - z[i]
            else:
                near = kind < 0.8
                if near:
                    r = rank[i] + rng.integers(-8, 9)
                    if r < 0 or r >= n:
                        continue
                    j = order[r]
                    if y[j] != y[i]:
                        continue
                else:
                    j = rng.integers(0, n)
                if z[i] == z[j] or ((z[i] < 0 or z[j] < 0) and not mask_moves):
                    continue
                before_j = z[j]
                z[i], z[j] = before_j, before_i
        bar = math.inf
        if started:
            bar = soft_now - math.log(rng.random())
            for d in now:
                bar += cost(d, s)
        far[:] = 0.0
        soft = _groups(z, values, kinds, wanted, welch, far, count, count_sd)
        energy = soft
        for d in far:
            energy += cost(d, s)
        accepted = energy < bar or not started
        done += 1
        if accepted and has_row:
            trial[:] = beta
            estimate, se, deviance = wald(x, y, z, trial)
            if math.isnan(se) and started:
                accepted = False
                trial[:] = 0.0
            elif not math.isnan(se):
                far[0] = miss(estimate, row[0, 0], row[0, 1]) / scales[0]
                far[3] = miss(estimate / se, row[3, 0], row[3, 1])
                energy += cost(far[0], s) + cost(far[3], s)
                if energy < bar:
                    low, high = limits(x, y, z, trial, se, deviance)
                    far[1] = min(miss(low, row[1, 0], row[1, 1]) / scales[1], 1e3)
                    far[2] = min(miss(high, row[2, 0], row[2, 1]) / scales[2], 1e3)
                    energy += cost(far[1], s) + cost(far[2], s)
                accepted = energy < bar
            else:
                far[:4] = 1e3
                trial[:] = 0.0
        if accepted or not started:
            now[:] = far
            soft_now = soft
            beta[:] = trial
            missed = now.sum()
            if missed < best_missed:
                best_missed = missed
                best[:] = z
            if missed == 0.0 and done > evaluations // 4:
                return missed
            started = True
        else:
            z[i], z[j] = before_i, before_j
            if i == j:
                z[i] = before_i
    z[:] = best
    return best_missed
