"""The stage of a reconstruction that finds NRS, POEM and DLQI, one after the other."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from adbayes.cohort.derive import flag_column
from adbayes.cohort.lab_stages import HANDFUL, LabStages
from adbayes.cohort.outcomes import OUTCOMES
from adbayes.cohort.pairs import descend
from adbayes.cohort.projection import project
from adbayes.cohort.scores import Grouping, ScoreProblem, Tie, Values
from adbayes.cohort.stages import Floats
from adbayes.cohort.targets import ANY, LAB_OF_GROUPS, Interval
from adbayes.cohort.windows import Ints, Part, missed, settle
from adbayes.errors import DataError

NEAR_P = 0.0018
"""Half width of a p value's window while everything else is made exact."""

_NEAR_ENOUGH = 3.0
"""Half widths, over all visits of a score, from which on it is drawn again for p values alone."""

_CLOSE = 0.1
"""Half widths below which a state that is near is not improved by another jump."""

_FAR_OFF = 20.0
"""Half widths with which a draw is taken only if every other is as far off: its p values are no near misses."""

_PROMISING = 1.5
"""Half widths from being near below which a search that jumped is worth going on with."""

_VARIANCES = (0.35, 2.25)
"""Smallest and largest relative variance of a patient's score."""

_AT_FIRST, _LATER = 0.1, 0.04
"""How near a chosen correlation must come, with baseline and between later visits."""


class ScoreStages(LabStages):
    """Scores, given EASI and the groups of Table 4.

    Attributes
    ----------
    beside : int
        Printed numbers other than p values that the score in hand does not have.
    near : bool
        Whether it has all of them, and every p value within 0.002.
    """

    beside, near = 0, True

    def scores(self) -> None:
        """Find each score: baseline with the last visit, then the visits between.

        The last visit comes first because groups and correlations are printed of it.
        """
        done = ["easi"]
        for name in (o for o in self.targets.outcomes("table2") if o != "easi"):
            self._score(name, done)
            done.append(name)

    def _score(self, name: str, done: list[str]) -> None:
        """Find a score; again, from another draw, while a printed number is not near."""
        found: list[tuple[bool, int, float, dict[str, float], Ints]] = []
        often = self.effort.redrawn
        for number in range(3 * often + 1):
            if number > often and any(not far for far, *_ in found):
                break
            before, self.beside, self.near = dict(self.missed), 0, True
            values = self._score_drawn(name, done, number)
            new = {stage: m for stage, m in self.missed.items() if stage not in before}
            self.missed = before
            found.append((not self.near, self.beside, sum(new.values()), new, values))
            if self.near and sum(new.values()) < _NEAR_ENOUGH:
                break
        *_, new, self.values[name] = min(found, key=lambda f: (f[0], f[2] > _FAR_OFF, f[1], f[2]))
        self.missed |= new

    def _score_drawn(self, name: str, done: list[str], number: int) -> Ints:
        last = len(self.visits) - 1
        problem, wanted, *_ = self._at_last(name, done)
        latent = self._score_latent(name, done, wanted, number)
        base, visit = self._settled(
            f"{name}, week {self.visits[last]}", problem, problem.draw(latent[[0, last]]), number
        )
        return self._between(name, done, base, visit, latent, number)

    def _between(
        self, name: str, done: list[str], base: Ints, visit: Ints, latent: Floats, number: int
    ) -> Ints:
        """The visits between baseline and the last one, given these."""
        last = len(self.visits) - 1
        _, wanted, own, others = self._at_last(name, done)
        values = np.empty((len(self.visits), self.n), dtype=np.int64)
        values[0], values[last] = base, visit
        known = [last]
        for v in range(1, last):
            ties = [Tie(base.astype(float), _around(own[0, v], _AT_FIRST))]
            ties += [Tie(values[w].astype(float), _around(own[v, w], _LATER)) for w in known]
            ties += [Tie(x[v], _around(r, _LATER)) for x, r in zip(others, wanted, strict=True)]
            problem = self._score_problem(name, v, ties, [], free_base=False)
            start = problem.draw(latent[[0, v]])[1]
            _, values[v] = self._settled(
                f"{name}, week {self.visits[v]}", problem, (base, start), number
            )
            known.append(v)
        return values

    def _at_last(
        self, name: str, done: list[str]
    ) -> tuple[ScoreProblem, list[float], Floats, list[Floats]]:
        """What is asked of the last visit; correlations with scores, own ones, and those scores."""
        last = len(self.visits) - 1
        printed = [
            self.targets.interval("fig2", "correlation", variable=f"{other}~{name}")
            for other in done
        ]
        wanted = [0.3 if p == ANY else sum(p) / 2 for p in printed]
        own = self._decaying(
            self.assumptions.score_correlation, self.assumptions.baseline_correlation
        )
        others = [self.values[o].astype(float) for o in done]
        groupings = [
            Grouping(self.labels[flag_column(LAB_OF_GROUPS, week)], *printed_groups)
            for week in self.targets.lab_groups()
            if flag_column(LAB_OF_GROUPS, week) in self.labels
            and (printed_groups := self._groups(name, week)) is not None
        ]
        ties = [
            Tie(x[last], p, printed=True) for x, p in zip(others, printed, strict=True) if p != ANY
        ]
        ties.append(Tie(None, _around(own[0, last], _AT_FIRST)))
        ties += [
            Tie(x[0], _around(0.5 * r, _AT_FIRST), at_baseline=True)
            for x, r in zip(others, wanted, strict=True)
        ]
        problem = self._score_problem(name, last, ties, groupings, free_base=True)
        return problem, wanted, own, others

    def _score_problem(
        self, name: str, v: int, ties: list[Tie], groupings: list[Grouping], free_base: bool
    ) -> ScoreProblem:
        high = OUTCOMES[name].high
        if high is None:
            raise DataError(f"table2 prints moments of {name}, which is no bounded score")
        moments = [
            [self._printed("table2", s, name, self.visits[w]) for s in ("mean", "sd")]
            for w in (0, v)
        ]
        intervals: dict[str, Interval] = {}
        for statistic in ("mean", "sd", "pct_change_mean", "pct_change_sd"):
            at = self._moments("table2", statistic, name)
            intervals[statistic] = (float(at[v, 0]), float(at[v, 1]))
            intervals[f"base_{statistic}"] = (float(at[0, 0]), float(at[0, 1]))
        return ScoreProblem(
            self.n, int(high), np.array(moments),
            intervals["base_mean"] if free_base else ANY, intervals["base_sd"] if free_base else ANY,
            intervals["mean"], intervals["sd"],
            intervals["pct_change_mean"], intervals["pct_change_sd"],
            ties, groupings, free_base,
            _variances(groupings, sum(intervals["pct_change_sd"]) / 2, self.n),
        )  # fmt: skip

    def _score_latent(self, name: str, done: list[str], wanted: list[float], number: int) -> Floats:
        """Standard normal values tied to the outcomes found before and to each other."""
        own = self._decaying(
            self.assumptions.score_correlation, self.assumptions.baseline_correlation
        )
        latent = self._rng(name, "latent", number).standard_normal((self.n, len(self.visits)))
        latent = (latent @ np.linalg.cholesky(own).T).T
        for v in range(len(self.visits)):
            z = np.array([normal_scores(self.values[o][v]) for o in done])
            r = np.array(wanted) * (0.5 if v == 0 else 1.0)
            slopes = np.linalg.solve(np.corrcoef(z).reshape(len(done), len(done)), r)
            latent[v] = slopes @ z + np.sqrt(max(1 - float(slopes @ r), 0.05)) * latent[v]
        return latent

    def _settled(self, stage: str, problem: ScoreProblem, start: Values, number: int) -> Values:
        if number == 0:
            self.progress(stage)
        rng, effort = self._rng(stage, "search", number), self.effort
        movable = np.ones(self.n, dtype=bool)
        state, _ = settle(problem, start, effort.rough, rng)
        few = problem.rare()
        if 0 < len(few) <= HANDFUL:
            # The mean of a handful of patients is met first, by them alone: later it would freeze.
            movable[few] = False
            part = Part(problem, ~movable, problem.rare_windows())
            state, _ = settle(part, state, effort.few, rng)
        if problem.groupings:
            state = self._jumped(problem, movable, state, rng)
        else:
            state, _ = settle(Part(problem, movable), state, effort.cool, rng)
        self.missed[stage] = missed(problem, state)
        self.beside += problem.beside(state)
        self.near &= missed(problem.relaxed(NEAR_P), state) == 0.0
        return state

    def _jumped(
        self,
        problem: ScoreProblem,
        movable: NDArray[np.bool_],
        start: Values,
        rng: np.random.Generator,
        jump_first: bool = True,
    ) -> Values:
        """Jump into the windows and mend what rounding broke; again, until a few states are near.

        One jump in a few leads to a state that can be mended, and few changes tell which: many short
        searches find more than a long one. What cannot all be met must not stand in a mean: the p values
        get more room, and only from there are they sought exactly. Where annealing ends, the best two
        changes of all are taken while they help.
        """
        effort, whole = self.effort, Part(problem, movable)
        near = Part(problem.relaxed(NEAR_P), movable)
        found: list[tuple[float, int, float, int, Values]] = []
        for k in range(effort.jumps):
            jump = k > 0 or jump_first
            state = project(problem, start, movable, rng) if jump else start
            state, _ = settle(whole, state, effort.mend[0 if jump else 1 :], rng)
            state, far = descend(near, state, rng)
            if 0.0 < far < _PROMISING:
                state, _ = settle(near, state, effort.finish, rng)
                state, far = descend(near, state, rng)
            if far == 0.0:
                first, left = descend(whole, state, rng)
                second = first
                if left > 0.0:
                    second, _ = settle(whole, first, effort.finish, rng)
                    second, _ = descend(whole, second, rng)
                state = min(
                    (state, first, second),
                    key=lambda s: (missed(near, s), problem.beside(s), missed(problem, s)),
                )
            left = missed(problem, state)
            found.append((far, problem.beside(state), left, k, state))
            if sum(one[0] == 0.0 for one in found) >= effort.nears or (far == 0 and left < _CLOSE):
                break
        return min(found)[-1]


def _variances(groupings: list[Grouping], sd: float, n: int) -> Floats:
    """Relative variances of the patients' changes for which printed means and p values go together.

    Means and p of two groups give the standard error of their difference, hence a sum of the groups'
    variances. Of all variances that have this sum and leave that of everyone as it is, these are the
    nearest to equal ones. With equal ones, a search would have to pull against its base model.
    """
    found = np.ones(n)
    for g in groupings:
        if g.p_value[0] <= 0:
            continue
        sizes = [int(np.sum(g.labels == label)) for label in (0, 1)]
        t = stats.t.isf(sum(g.p_value) / 4, sum(sizes) - 2)
        error = (sum(g.high) - sum(g.low)) / 2 / t
        inverse, cubes = (sum(k**power for k in sizes) for power in (-1.0, -3.0))
        room = cubes - inverse**2 / n
        if room <= 1e-9:
            continue
        share = ((error / sd) ** 2 - inverse) / room
        found -= share * inverse / n
        for label, size in enumerate(sizes):
            found[g.labels == label] += share / size**2
    return np.clip(found, *_VARIANCES)


def _around(r: float, reach: float) -> Interval:
    return r - reach, r + reach


def normal_scores(values: Any) -> Floats:
    """Standard normal quantiles at the ranks of some values.

    Parameters
    ----------
    values : array_like
        Of the patients.

    Returns
    -------
    ndarray
        In the order of `values`.
    """
    ranks = stats.rankdata(values)
    return np.asarray(stats.norm.ppf((ranks - 0.5) / len(values)))
