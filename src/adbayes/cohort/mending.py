"""The last repair of a reconstruction: groups of Table 4 with a number that is not near.

The groups of LDH are the base of the scores, so that they cannot be searched for again without losing
everything after them. Few patients change groups to bring the last number near; then the scores are
mended from where they are.
"""

import numpy as np

from adbayes.cohort.derive import flag_column
from adbayes.cohort.lab_stages import HANDFUL
from adbayes.cohort.polish import excess, polish
from adbayes.cohort.score_stages import NEAR_P, ScoreStages, normal_scores
from adbayes.cohort.targets import LAB_OF_GROUPS
from adbayes.cohort.windows import missed


class MendingStages(ScoreStages):
    """All stages, with a repair that acts only where a group's number is not near."""

    def mend_groups(self) -> None:
        """Bring near what is not in the rows and groups of LDH, if the scores can follow."""
        for week in self.targets.lab_groups():
            column = flag_column(LAB_OF_GROUPS, week)
            problem = self.problems.get(column)
            if problem is None or problem.agrees(self.labels[column]):
                continue
            self.progress(f"{column}, mended")
            found, _ = polish(problem.relaxed(), self.labels[column], self._number(column, "near"))
            if not problem.agrees(found):
                continue
            before = dict(self.labels), dict(self.values), dict(self.missed)
            self.labels[column] = found
            rows = problem.rows(found[None])
            printed = np.arange(rows.shape[1]) < rows.shape[1] - problem.chosen
            self.missed[column] = float(excess(rows, printed)[0])
            if not self._scores_follow(column):
                self.labels, self.values, self.missed = before

    def _scores_follow(self, column: str) -> bool:
        """Mend every score for other groups, from where it is; whether all come near."""
        done, last = ["easi"], len(self.visits) - 1
        for name in (o for o in self.targets.outcomes("table2") if o != "easi"):
            problem, *_ = self._at_last(name, done)
            values, few = self.values[name], problem.rare()
            movable = np.ones(self.n, dtype=bool)
            if 0 < len(few) <= HANDFUL and column != flag_column(LAB_OF_GROUPS, self.visits[last]):
                # The mean of a handful is right, and would freeze everything if it had to move.
                movable[few] = False
            rng = self._rng(name, "mended", column)
            start = (values[0], values[last])
            base, visit = self._jumped(problem, movable, start, rng, jump_first=False)
            self.near = missed(problem.relaxed(NEAR_P), (base, visit)) == 0.0
            self.missed[f"{name}, week {self.visits[last]}"] = missed(problem, (base, visit))
            # Draws of the visits between are not remembered: their ranks stand for them.
            latent = np.array([normal_scores(x) for x in values])
            self.values[name] = self._between(name, done, base, visit, latent, 0)
            if not self.near:
                return False
            done.append(name)
        return True
