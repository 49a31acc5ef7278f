"""The stages of a reconstruction that concern laboratory values: missing cells, classes, values."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from adbayes.cohort.assumptions import CLASS_SHARES
from adbayes.cohort.derive import flag_column
from adbayes.cohort.labels import Contrast, Difference, LabelProblem, search_labels
from adbayes.cohort.labs import lognormal_shapes, reconstruct_lab
from adbayes.cohort.outcomes import CUTOFFS
from adbayes.cohort.polish import polish
from adbayes.cohort.small_groups import small_groups
from adbayes.cohort.stages import Floats, Labels, Stages
from adbayes.cohort.targets import LAB_OF_GROUPS

HANDFUL = 10
"""Largest group that counts as a handful."""

_HANDFULS = 12
"""Handfuls from which a search of the others starts."""


class LabStages(Stages):
    """Classes after EASI, values inside the classes at the end."""

    def lab_classes(self) -> None:
        """Missing cells and classes: at each visit LDH's first, the others on the same patients."""
        labs = self.targets.outcomes("table3")
        self.lab_names = sorted(labs, key=lambda name: name != LAB_OF_GROUPS)
        weeks, sizes = self.targets.visits("table3"), self.targets.lab_groups()
        r = self._decaying(self.assumptions.lab_correlation)
        root = np.linalg.cholesky(r[: len(weeks), : len(weeks)])
        rng = self._rng("labs")
        shared = rng.standard_normal((self.n, len(weeks))) @ root.T
        self.lab_latent: dict[str, Floats] = {}
        for name in self.lab_names:
            own = rng.standard_normal((self.n, len(weeks))) @ root.T
            tie = 0.1 if name == "ige" else 0.35
            mixed = np.sqrt(0.35) * shared + np.sqrt(0.65) * own
            self.lab_latent[name] = (
                tie * self.severity[-1][:, None] + np.sqrt(1 - tie**2) * mixed
            ).T
        for v, week in enumerate(weeks):
            group = sizes.get(week)
            observed = sum(group) if group else self.n
            cells = rng.permutation(self.n) < observed
            for name in self.lab_names:
                self._lab_class(name, v, week, cells, group if name == LAB_OF_GROUPS else None)
                if name == LAB_OF_GROUPS:
                    cells = self.labels[flag_column(name, week)] >= 0

    def _lab_class(
        self,
        name: str,
        v: int,
        week: int,
        cells: NDArray[np.bool_],
        group: tuple[int, int] | None,
    ) -> None:
        column, latent = flag_column(name, week), self.lab_latent[name][v]
        extra = self.assumptions.extra_measured.get((name, week), 0)
        rng = self._rng(column)
        seen = _measured(cells, extra, rng)
        n = int(seen.sum())
        count = group[1] if group else round(n * self._share(name, v, week))
        share = count / n
        at = stats.norm.ppf(share)
        apart = 0.8 * stats.norm.pdf(at) / (share * (1 - share))
        choices = self._coherence(column, share, n, 0.8 * self.assumptions.persistence)
        choices.append(Difference.about(latent, float(apart), 0.15))
        contrast = None
        if name == LAB_OF_GROUPS and (printed := self._groups("easi", week)):
            x = self.values["easi"]
            contrast = Contrast(100 * (x[0] - x[-1]) / x[0], *printed)
        reach = max(1.5, 0.04 * n)
        problem = LabelProblem(
            self.baseline, self.response, self._row(column), contrast, choices=choices,
            high=(count - reach, count + reach), measured=(n - 0.5, n + 0.5),
            exchange=group is not None, masks_move=name == LAB_OF_GROUPS,
            own_cells=name != LAB_OF_GROUPS,
        )  # fmt: skip

        self.problems[column] = problem
        handfuls: list[Labels] = []
        if contrast is not None and count <= HANDFUL:
            start = np.full(self.n, -1, dtype=np.int8)
            start[np.flatnonzero(seen)] = 0
            start[np.flatnonzero(seen)[:count]] = 1
            handfuls = small_groups(problem, start, self._number(column, "sets"), _HANDFULS)

        def attempt(k: int) -> tuple[Labels, float]:
            rng = self._rng(column, k)
            if handfuls:
                held = replace(problem, held=True)
                return polish(held, handfuls[k % len(handfuls)], self._number(column, k, "s"))
            starts: list[Labels] = []
            for _ in range(self.effort.starts):
                seen = _measured(cells, extra, rng)
                order = np.argsort(-(latent + 0.7 * rng.standard_normal(self.n)))
                order = order[seen[order]]
                start: Labels = np.where(seen, 0, -1).astype(np.int8)
                drawn = int(np.clip(round(rng.normal(count, reach / 2)), 2, n - 2))
                start[order[: count if group else drawn]] = 1
                starts.append(start)
            # Where it fails on the patients of LDH, a laboratory value may have been measured on others.
            own = replace(problem, masks_move=problem.masks_move or k > 0)
            return search_labels(own, starts, self.effort.label, self._number(column, k, "s"))

        # The groups of Table 4 carry more numbers and are the base of everything after: more attempts.
        tries = self.effort.attempts * (3 if name == LAB_OF_GROUPS else 2)
        self.labels[column] = self._best(column, attempt, tries, problem.near)

    def _share(self, name: str, v: int, week: int) -> float:
        shares = CLASS_SHARES.get(name)
        if shares and len(shares) == len(self.targets.visits("table3")):
            return shares[v]
        mean, sd = (self._printed("table3", s, name, week) for s in ("mean", "sd"))
        mu, sigma = lognormal_shapes(mean, sd)
        return float(np.clip(stats.norm.sf((np.log(CUTOFFS[name].value) - mu) / sigma), 0.05, 0.95))

    def lab_values(self) -> None:
        """Find the laboratory values inside their classes."""
        weeks = self.targets.visits("table3")
        for name in self.lab_names:
            self.values[name] = np.array(
                [self._lab_value(name, v, week) for v, week in enumerate(weeks)]
            )

    def _lab_value(self, name: str, v: int, week: int) -> NDArray[np.int64]:
        cut, column = CUTOFFS[name], flag_column(name, week)
        mean, sd = (self._printed("table3", s, name, week) for s in ("mean", "sd"))
        intervals = [
            self.targets.interval("table3", s, variable=name, visit=week) for s in ("mean", "sd")
        ]

        def attempt(k: int) -> tuple[NDArray[np.int64], float]:
            return reconstruct_lab(
                self.lab_latent[name][v], self.labels[column], cut.value, cut.inclusive,
                (mean, sd), (intervals[0], intervals[1]), self.effort.lab,
                self._number(column, "values", k),
            )  # fmt: skip

        found: NDArray[np.int64] = self._best(
            f"{name} values, week {week}", attempt, self.effort.attempts
        )
        return found


def _measured(cells: NDArray[np.bool_], extra: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Cells with as many more, or fewer, as another laboratory value has."""
    seen = cells.copy()
    if extra > 0:
        seen[rng.permutation(np.flatnonzero(~cells))[:extra]] = True
    elif extra < 0:
        seen[rng.permutation(np.flatnonzero(cells))[:-extra]] = False
    return seen
