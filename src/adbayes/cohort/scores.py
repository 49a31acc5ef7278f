"""Whole-number scores of every patient: a baseline and a visit, made to agree with the print.

Base model: at each visit a beta variable cut into whole numbers, with the printed mean and SD; tied to
the patient's other visits and to the outcomes already found by their correlations. Where the print
is silent a score is a draw of this model.
"""

import itertools
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from adbayes.cohort.margins import discrete_beta
from adbayes.cohort.targets import Interval
from adbayes.cohort.welch import welch_window
from adbayes.cohort.windows import MARGIN, Floats, Ints, Options, window

Values = tuple[Ints, Ints]
"""Baseline and visit, one whole number a patient."""

_BASE_REACH, _VISIT_REACH = 2, 4

P_VALUE = 0.5
"""Weight of a p value beside a mean: what is left over should stand in no mean."""


@dataclass(frozen=True)
class Tie:
    """A correlation between the score and something known of every patient.

    Parameters
    ----------
    values : ndarray of shape (patients,) or None
        The other variable; None for the score's own baseline.
    interval : tuple of float
        Of Pearson's correlation: a printed one, or a wide one for a choice.
    at_baseline : bool
        Whether the score's baseline is meant, rather than the visit.
    printed : bool
        Whether the print asks for it; such ties stand first.
    """

    values: Floats | None
    interval: Interval
    at_baseline: bool = False
    printed: bool = False


@dataclass(frozen=True)
class Grouping:
    """Two groups of patients whose percent changes are compared.

    Parameters
    ----------
    labels : ndarray of int8 of shape (patients,)
        1, 0, or -1 for neither.
    low, high : tuple of float
        Intervals of the mean percent change of group 0 and group 1.
    p_value : tuple of float
        Interval of Welch's two-sided p.
    """

    labels: NDArray[np.int8]
    low: Interval
    high: Interval
    p_value: Interval


@dataclass(frozen=True)
class ScoreProblem:
    """What the print and the assumptions ask of one score at one visit.

    Parameters
    ----------
    patients : int
        How many.
    high : int
        Largest value; the smallest is 0, at baseline 1 (a percent change needs more than 0).
    moments : ndarray of shape (2, 2)
        Mean and SD of the base model, baseline and visit.
    base_mean, base_sd, mean, sd, change_mean, change_sd : tuple of float
        Intervals of the moments of baseline, visit and percent change.
    ties : list of Tie
        Correlations.
    groupings : list of Grouping
        Group means of the percent change.
    free_base : bool
        Whether the baseline is still to be found.
    variances : ndarray of shape (patients,), optional
        Variance of the visit's score in the base model, relative to `moments`; 1 if not given.
    """

    patients: int
    high: int
    moments: Floats
    base_mean: Interval
    base_sd: Interval
    mean: Interval
    sd: Interval
    change_mean: Interval
    change_sd: Interval
    ties: list[Tie]
    groupings: list[Grouping]
    free_base: bool = True
    variances: Floats | None = None
    costs: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        probabilities = np.diff(self._cumulative(), prepend=0.0)
        object.__setattr__(self, "costs", -np.log(np.maximum(probabilities, 1e-12)))

    def _cumulative(self) -> Floats:
        """Of the base model, up to each value: shape (2, patients, values)."""
        edges = np.arange(1, self.high + 2) / (self.high + 1)
        relative = np.ones((2, self.patients))
        if self.variances is not None:
            relative[1] = self.variances
        found = np.empty((2, self.patients, self.high + 1))
        for k, (mean, sd) in enumerate(self.moments):
            for variance in np.unique(relative[k]):
                margin = discrete_beta(float(mean), float(sd * np.sqrt(variance)), self.high)
                found[k, relative[k] == variance] = stats.beta(*margin).cdf(edges)
        return found

    @property
    def chosen(self) -> int:
        """Number of windows, at the end, that the print does not ask for."""
        return sum(not tie.printed for tie in self.ties)

    @property
    def importance(self) -> Floats:
        """How much each window counts: 1, a p value less.

        Returns
        -------
        ndarray
            In the order of `residual`.
        """
        groups = [weight for _ in self.groupings for weight in (1.0, 1.0, P_VALUE)]
        return np.array([1.0] * 6 + groups + [1.0] * len(self.ties))

    def beside(self, state: Values) -> int:
        """Printed numbers other than p values that a state does not have.

        Parameters
        ----------
        state : tuple of ndarray
            Baseline and visit.

        Returns
        -------
        int
            How many.
        """
        outside = np.abs(self.residual(state)) > 0.9999 / MARGIN
        outside &= self.importance == 1.0
        return int(outside[: len(outside) - self.chosen].sum())

    def relaxed(self, half_width: float) -> "ScoreProblem":
        """The same problem with wider windows for the p values of its groups.

        Parameters
        ----------
        half_width : float
            Smallest half width of an interval of p; upper bounds stay.

        Returns
        -------
        ScoreProblem
            A copy.
        """
        return replace(
            self,
            groupings=[replace(g, p_value=_widened(g.p_value, half_width)) for g in self.groupings],
        )

    def draw(self, latent: Floats) -> Values:
        """Values of the base model.

        Parameters
        ----------
        latent : ndarray of shape (2, patients)
            Standard normal values, baseline and visit.

        Returns
        -------
        tuple of ndarray
            Baseline and visit.
        """
        cumulative = self._cumulative()
        found = (cumulative < special.ndtr(latent)[:, :, None]).sum(axis=2)
        return np.clip(found[0], 1, self.high), np.clip(found[1], 0, self.high)

    def _sums(self, i: Ints, a: Floats, b: Floats) -> Floats:
        """What patients `i` with these values add to each sum; last axis: the sums."""
        p = 100.0 * (a - b) / a
        parts = [a, a * a, b, b * b, p, p * p]
        for grouping in self.groupings:
            for label in (0, 1):
                inside = grouping.labels[i] == label
                parts += [np.where(inside, p, 0.0), np.where(inside, p * p, 0.0)]
        for tie in self.ties:
            value = a if tie.at_baseline else b
            parts.append(value * (a if tie.values is None else tie.values[i]))
        return np.stack(parts, axis=-1)

    def _numbers(self, s: Floats, n: int) -> Floats:
        """Every printed number from the sums, as a distance in half widths."""

        def sd(total: Floats, squares: Floats, size: float) -> Floats:
            spread = np.maximum(squares - total * total / size, 1e-9) / (size - 1)
            return np.asarray(np.sqrt(spread))

        base_sd, own_sd = sd(s[..., 0], s[..., 1], n), sd(s[..., 2], s[..., 3], n)
        found = [
            window(s[..., 0] / n, self.base_mean), window(base_sd, self.base_sd),
            window(s[..., 2] / n, self.mean), window(own_sd, self.sd),
            window(s[..., 4] / n, self.change_mean),
            window(sd(s[..., 4], s[..., 5], n), self.change_sd),
        ]  # fmt: skip
        at = 6
        for grouping in self.groupings:
            sizes = [np.asarray(float(np.sum(grouping.labels == k))) for k in (0, 1)]
            totals, squares = [s[..., at], s[..., at + 2]], [s[..., at + 1], s[..., at + 3]]
            found += [
                window(totals[0] / sizes[0], grouping.low),
                window(totals[1] / sizes[1], grouping.high),
                welch_window(
                    sizes, totals, squares, grouping.p_value, sum(grouping.high) > sum(grouping.low)
                ),
            ]
            at += 4
        for k, tie in enumerate(self.ties):
            first, spread = (s[..., 0], base_sd) if tie.at_baseline else (s[..., 2], own_sd)
            if tie.values is None:
                other, other_sd = s[..., 0] / n, base_sd
            else:
                other, other_sd = (
                    np.asarray(tie.values.mean()),
                    np.asarray(np.std(tie.values, ddof=1)),
                )
            r = (s[..., at + k] - first * other) / ((n - 1) * spread * other_sd)
            found.append(window(r, tie.interval))
        return np.stack(found, axis=-1)

    def _total(self, state: Values) -> Floats:
        a, b = state
        return np.asarray(self._sums(np.arange(len(a)), a.astype(float), b.astype(float)).sum(0))

    def residual(self, state: Values) -> Floats:
        """Distance of each number from the middle of its window.

        Parameters
        ----------
        state : tuple of ndarray
            Baseline and visit.

        Returns
        -------
        ndarray
            In half widths.
        """
        return self._numbers(self._total(state), len(state[0]))

    def options(self, state: Values, rng: np.random.Generator) -> Options:
        """Values near the present ones, with what they add.

        Parameters
        ----------
        state : tuple of ndarray
            Baseline and visit.
        rng : numpy.random.Generator
            Not used: all near values are options.

        Returns
        -------
        Options
            Up to 45 a patient.
        """
        a, b, counts = self._near(state)
        who = np.repeat(np.arange(len(counts))[:, None], a.shape[1], axis=1)
        effects = self.effects(state, who, a, b)
        cost = self.costs[0][who, a] + self.costs[1][who, b]
        return Options(effects.astype(np.float32), cost.astype(np.float32), counts)

    def effects(self, state: Values, who: Ints, a: Ints, b: Ints) -> Floats:
        """What other values of some patients would change, linearised at a state.

        Parameters
        ----------
        state : tuple of ndarray
            Baseline and visit.
        who, a, b : ndarray of equal shape
            Patients, and the baseline and visit that each would have.

        Returns
        -------
        ndarray
            Their shape, then one axis more: change of each number in half widths.
        """
        return self._moved(state, who, a, b, self._jacobian(self._total(state)))

    def aimed(self, state: Values, who: Ints, a: Ints, b: Ints) -> tuple[Floats, Floats]:
        """The same, linearised where all means are as printed; and what the state has there.

        A p value says little of the spread, and much of the means, as long as these are off: it is
        linearised where they are right and the spread inside each group is that of the state.

        Parameters
        ----------
        state : tuple of ndarray
            Baseline and visit.
        who, a, b : ndarray of equal shape
            Patients, and the baseline and visit that each would have.

        Returns
        -------
        effects : ndarray
            As of `effects`.
        residual : ndarray
            Distance of each number of the state, in this linear image.
        """
        total = self._total(state)
        aim = total.copy()
        sizes = [np.sum(g.labels == k) for g in self.groupings for k in (0, 1)]
        means = [m for g in self.groupings for m in (g.low, g.high)]
        at = 6 + 2 * np.arange(len(sizes))
        pairs = [(0, self.patients, self.base_mean), (2, self.patients, self.mean)]
        pairs += [(4, self.patients, self.change_mean)]
        pairs += list(zip(at.tolist(), sizes, means, strict=True))
        for k, n, interval in pairs:
            if np.isfinite(interval).all():
                mean = sum(interval) / 2
                aim[k + 1] += n * mean**2 - total[k] ** 2 / n
                aim[k] = n * mean
        jacobian = self._jacobian(aim)
        middle = self._numbers(aim, self.patients)
        residual = middle + np.einsum("m,wm->w", total - aim, jacobian)
        return self._moved(state, who, a, b, jacobian), np.asarray(residual)

    def _jacobian(self, total: Floats) -> Floats:
        """Change of every number with every sum."""
        middle = self._numbers(total, self.patients)
        found = np.empty((len(middle), len(total)))
        for m in range(len(total)):
            moved = total.copy()
            step = 1e-5 * max(abs(total[m]), 1.0)
            moved[m] += step
            found[:, m] = (self._numbers(moved, self.patients) - middle) / step
        return found

    def _moved(self, state: Values, who: Ints, a: Ints, b: Ints, jacobian: Floats) -> Floats:
        sums = self._sums(who, a.astype(float), b.astype(float))
        sums -= self._sums(who, state[0][who].astype(float), state[1][who].astype(float))
        # Not a matrix product: that would depend on the number of threads in its last bits.
        return np.asarray(np.einsum("...m,wm->...w", sums, jacobian))

    def _near(self, state: Values) -> tuple[Ints, Ints, Ints]:
        """Baselines and visits within reach, the present ones first; and how many of them."""
        base = range(-_BASE_REACH, _BASE_REACH + 1) if self.free_base else range(1)
        steps = sorted(
            itertools.product(base, range(-_VISIT_REACH, _VISIT_REACH + 1)),
            key=lambda s: s != (0, 0),
        )
        a = state[0][:, None] + np.array([s[0] for s in steps])
        b = state[1][:, None] + np.array([s[1] for s in steps])
        valid = (a >= 1) & (a <= self.high) & (b >= 0) & (b <= self.high)
        first = np.argsort(~valid, axis=1, kind="stable")
        valid = np.take_along_axis(valid, first, axis=1)
        # What is out of bounds stands behind and is never chosen; the present values keep its place.
        a = np.where(valid, np.take_along_axis(a, first, axis=1), state[0][:, None])
        b = np.where(valid, np.take_along_axis(b, first, axis=1), state[1][:, None])
        return a, b, valid.sum(axis=1)

    def changed(self, state: Values, options: Options, choice: Ints) -> Values:
        """The values with another option for some patients.

        Parameters
        ----------
        state : tuple of ndarray
            Baseline and visit that the options were made for.
        options : Options
            Not used: they follow from the state.
        choice : ndarray
            Number of the option of each patient.

        Returns
        -------
        tuple of ndarray
            Baseline and visit.
        """
        a, b, _ = self._near(state)
        at = np.arange(len(choice))
        return a[at, choice], b[at, choice]

    def mates(self) -> tuple[Ints, Ints]:
        """For each patient those in the same groups.

        Returns
        -------
        mates : ndarray of shape (patients, patients)
            Their numbers, from the left.
        number : ndarray
            How many.
        """
        labels = np.array([grouping.labels for grouping in self.groupings])
        alike = np.ones((self.patients, self.patients), dtype=bool)
        for row in labels:
            alike &= row[:, None] == row[None, :]
        return np.argsort(~alike, axis=1, kind="stable"), alike.sum(axis=1)

    def rare(self) -> Ints:
        """The smallest group: its mean must be met by few patients.

        Returns
        -------
        ndarray
            Numbers of the patients; empty without groups.
        """
        groups = [np.flatnonzero(g.labels == label) for g in self.groupings for label in (0, 1)]
        return min(groups, key=len) if groups else np.empty(0, dtype=np.int64)

    def rare_windows(self) -> Ints:
        """Windows that the smallest group alone decides: its mean and, nearly, its Welch p.

        Returns
        -------
        ndarray
            Positions in `residual`.
        """
        sizes = [
            (int(np.sum(g.labels == label)), k, label)
            for k, g in enumerate(self.groupings)
            for label in (0, 1)
        ]
        _, k, label = min(sizes)
        return np.array([6 + 3 * k + label, 6 + 3 * k + 2])


def _widened(ends: Interval, half_width: float) -> Interval:
    low, high = ends
    if low <= 0:
        return ends
    reach = max((high - low) / 2, half_width)
    return max((low + high) / 2 - reach, low / 4), (low + high) / 2 + reach
