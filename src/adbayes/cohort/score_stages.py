"""The stage of a reconstruction that finds NRS, POEM and DLQI, one after the other."""

import numpy as np
from numpy.typing import NDArray

from adbayes.cohort.derive import flag_column
from adbayes.cohort.exact import VisitProblem, make_exact
from adbayes.cohort.lab_stages import LabStages
from adbayes.cohort.outcomes import OUTCOMES
from adbayes.cohort.scores import ScoreProblem, reconstruct_scores
from adbayes.cohort.stages import Floats
from adbayes.cohort.targets import ANY, LAB_OF_GROUPS, Interval
from adbayes.errors import DataError


class ScoreStages(LabStages):
    """Scores, given EASI and the groups of Table 4."""

    def scores(self) -> None:
        """Find each score at every visit; the last visit carries the groups and correlations."""
        done = ["easi"]
        sizes = self.targets.lab_groups()
        weeks = [w for w in sizes if flag_column(LAB_OF_GROUPS, w) in self.labels]
        for name in (o for o in self.targets.outcomes("table2") if o != "easi"):
            high = OUTCOMES[name].high
            if high is None:
                raise DataError(f"table2 prints moments of {name}, which is no bounded score")
            printed = [
                self.targets.interval("fig2", "correlation", variable=f"{other}~{name}")
                for other in done
            ]
            last = [0.3 if p == ANY else sum(p) / 2 for p in printed]
            with_others = np.array([[0.5 * r] + [r] * (len(self.visits) - 1) for r in last])
            groups = [(w, g) for w in weeks if (g := self._groups(name, w)) is not None]
            problem = ScoreProblem(
                int(high),
                np.array(
                    [
                        [self._printed("table2", s, name, week) for s in ("mean", "sd")]
                        for week in self.visits
                    ]
                ),
                self._moments("table2", "mean", name),
                self._moments("table2", "sd", name),
                self._moments("table2", "pct_change_mean", name),
                self._moments("table2", "pct_change_sd", name),
                self._decaying(
                    self.assumptions.score_correlation, self.assumptions.baseline_correlation
                ),
                np.array([self.values[o].astype(float) for o in done]),
                with_others,
                np.array(printed),
                np.array([self.labels[flag_column(LAB_OF_GROUPS, w)] for w, _ in groups]).reshape(
                    len(groups), self.n
                ),
                np.array([[*low, *high] for _, (low, high, _) in groups]),
                [p for _, (_, _, p) in groups],
            )

            def attempt(
                k: int, name: str = name, problem: ScoreProblem = problem
            ) -> tuple[NDArray[np.int64], float]:
                return reconstruct_scores(problem, self.effort.score, self._number(name, k))

            values = self._best(name, attempt, 2)
            self.values[name] = self._exact_visits(name, problem, values)
            done.append(name)

    def _exact_visits(
        self, name: str, problem: ScoreProblem, values: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Bring each visit after baseline from nearly right to right, the last one first."""
        result = values.copy()
        last = len(self.visits) - 1
        for v in (last, *range(1, last)):
            own = v == last
            visit = VisitProblem(
                problem.high,
                _pair(problem.mean[0]) if own else ANY, _pair(problem.sd[0]) if own else ANY,
                _pair(problem.mean[v]), _pair(problem.sd[v]),
                _pair(problem.change_mean[v]), _pair(problem.change_sd[v]),
                problem.others[:, v] if own else np.empty((0, self.n)),
                [_pair(r) for r in problem.printed_with_others] if own else [],
                problem.groups if own else np.empty((0, self.n), dtype=np.int8),
                problem.group_means if own else np.empty((0, 4)),
                problem.group_p if own else [],
            )  # fmt: skip
            stage = f"{name}, week {self.visits[v]}"
            self.progress(stage)
            result[0], result[v], self.missed[stage] = make_exact(
                visit, result[0], result[v], self.effort.descent, self._number(name, v, "exact"),
                move_base=own, size=80_000 if own else 20_000,
            )  # fmt: skip
        return result


def _pair(ends: Floats) -> Interval:
    return float(ends[0]), float(ends[1])
