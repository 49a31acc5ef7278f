"""Reconstructed cohorts: synthetic patients that agree with every printed number that can be true.

**What they are.** Nobody outside the study has its patients. A reconstructed cohort is one of very many
sets of invented patients on the instruments' own grids for which the paper's tables would have been
printed as they were. **What they can answer.** They let a patient-level model run at the paper's design;
over an ensemble, they show how much the print leaves open. **What they never can.** A number that was a
target agrees by construction and confirms nothing; what was not printed follows from the base model and
the assumptions, not from the patients. They must not be taken for patient data.

The order makes the problem small: EASI first; then, with EASI fixed, every row of Table 5 is a search of
its own; the scores follow one after the other; laboratory values come last, inside their classes.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from adbayes.cohort.ages import reconstruct_ages
from adbayes.cohort.assumptions import CLASS_SHARES, Assumptions
from adbayes.cohort.cohort import Cohort
from adbayes.cohort.derive import derive, flag_column
from adbayes.cohort.easi import EasiProblem, reconstruct_easi
from adbayes.cohort.labels import NO_ROW, Features, LabelProblem, OddsRow, search_labels
from adbayes.cohort.labs import lognormal_shapes, reconstruct_lab
from adbayes.cohort.outcomes import CUTOFFS, OUTCOMES, PATIENT_COLUMNS
from adbayes.cohort.scores import ScoreProblem, reconstruct_scores
from adbayes.cohort.targets import (
    ANY,
    LAB_OF_GROUPS,
    Interval,
    Targets,
    is_high_group,
    reconstruction_targets,
)
from adbayes.errors import DataError

Floats = NDArray[np.float64]
Labels = NDArray[np.int8]
LABEL = "reconstructed: synthetic patients made to agree with the printed numbers; not patient data"


@dataclass(frozen=True)
class Effort:
    """How long each stage searches before it settles for the nearest miss.

    Parameters
    ----------
    easi, label, score, lab : int
        Moves (or logistic regressions, for labels) of one attempt.
    attempts : int
        Fresh starts of a search that has not made everything agree.
    """

    easi: int = 2_000_000
    label: int = 40_000
    score: int = 6_000_000
    lab: int = 400_000
    attempts: int = 10


@dataclass(frozen=True, eq=False, repr=False)
class ReconstructedCohort(Cohort):
    """Synthetic patients, with what they were made from.

    Parameters
    ----------
    seed : int
        Rebuilds it.
    assumptions : Assumptions
        The choices that the print does not force.
    missed : mapping of str to float
        Distance from the printed intervals that each search ended with, in standard errors; 0
        where everything agrees.
    """

    seed: int = 0
    assumptions: Assumptions = field(default_factory=Assumptions)
    missed: Mapping[str, float] = field(default_factory=dict)


def reconstruct_patients(
    seed: int = 0,
    assumptions: Assumptions | None = None,
    *,
    ledger: pd.DataFrame | None = None,
    effort: Effort | None = None,
    progress: Callable[[str], None] | None = None,
) -> ReconstructedCohort:
    """Build patients that agree with what a paper printed.

    Parameters
    ----------
    seed : int, optional
        Seed, 0 or above; equal seeds, assumptions and versions give equal bytes.
    assumptions : Assumptions, optional
        What the print does not force; the defaults if not given.
    ledger : DataFrame, optional
        Printed numbers as `load_published` returns them; the paper's own if not given.
    effort : Effort, optional
        Length of the searches.
    progress : callable, optional
        Called with the name of each stage.

    Returns
    -------
    ReconstructedCohort
        One row a patient and visit, with the derived columns, `synthetic` (1 in every row) and
        `in_figure_1` (1 for the patients behind the response percentages).

    Raises
    ------
    DataError
        For a negative seed, or a ledger without number of patients or EASI moments.
    """
    if seed < 0:
        raise DataError(f"seed is {seed}, allowed is 0 or above")
    build = _Build(
        seed,
        assumptions or Assumptions(),
        Targets(reconstruction_targets(ledger)),
        effort or Effort(),
        progress or (lambda _: None),
    )
    build.easi()
    build.characteristics()
    build.lab_classes()
    build.scores()
    build.lab_values()
    return build.cohort()


class _Build:
    """The stages, in order; each fixes what the next ones take as given."""

    def __init__(
        self,
        seed: int,
        assumptions: Assumptions,
        targets: Targets,
        effort: Effort,
        progress: Callable[[str], None],
    ) -> None:
        self.seed, self.assumptions, self.targets = seed, assumptions, targets
        self.effort, self.progress = effort, progress
        self.n, self.visits = targets.n, targets.visits("table2")
        if "easi" not in targets.outcomes("table2") or len(self.visits) < 2:
            raise DataError("the ledger prints no moments of easi at two visits in table2")
        self.missed: dict[str, float] = {}
        self.values: dict[str, NDArray[np.int64]] = {}
        self.labels: dict[str, Labels] = {}

    def rng(self, *names: object) -> np.random.Generator:
        return np.random.default_rng(self.number(*names))

    def number(self, *names: object) -> int:
        """A seed of its own for every stage and attempt, whatever ran before."""
        return zlib.crc32(repr((self.seed, *names)).encode())

    def best(self, name: str, attempt: Callable[[int], tuple[Any, float]], tries: int) -> Any:
        self.progress(name)
        best, least = None, np.inf
        for k in range(tries):
            found, missed = attempt(k)
            if missed < least or best is None:
                best, least = found, missed
            if least == 0:
                break
        self.missed[name] = float(least)
        return best

    def moments(self, table: str, statistic: str, outcome: str) -> Floats:
        at = self.visits if table == "table2" else self.targets.visits(table)
        found = [
            self.targets.interval(table, statistic, variable=outcome, visit=week) for week in at
        ]
        for k, week in enumerate(at):
            for id, guess in self.assumptions.guesses.items():
                rows = self.targets.table[self.targets.table["published_id"] == id]
                if (
                    not rows.empty
                    and tuple(rows.iloc[0][["table", "statistic", "variable", "visit"]])
                    == (table, statistic, outcome, week)
                ):  # fmt: skip
                    found[k] = (guess - 0.5, guess + 0.5)
        return np.array(found)

    def printed(self, table: str, statistic: str, outcome: str, visit: int) -> float:
        value = self.targets.value(table, statistic, variable=outcome, visit=visit)
        if value is None:
            raise DataError(
                f"{table} prints no {statistic} of {outcome} at week {visit}, which its base model needs"
            )
        return value

    def decaying(self, adjacent: float, with_first: float | None = None) -> Floats:
        """Correlations that fall with the number of visits between."""
        k = len(self.visits)
        steps = np.abs(np.subtract.outer(np.arange(k), np.arange(k)))
        r = adjacent ** (0.5 + 0.5 * steps)
        if with_first is not None:
            r[0, :] = r[:, 0] = with_first
        np.fill_diagonal(r, 1.0)
        return np.asarray(r)

    # ---- EASI -------------------------------------------------------------------------------------

    def easi(self) -> None:
        counts = self.targets.response_counts()
        size = next(iter(counts.values()))[1] if counts else self.n
        self.subset = np.arange(self.n) < size
        last = self.visits[-1]
        inside = counts.get(("easi90", last), (round(self.n / 2), self.n))[0]
        wanted = [
            [counts.get((name, week), (-1, 0))[0] for week in self.visits]
            for name in ("easi75", "easi90")
        ]
        base = [self.printed("table2", s, "easi", self.visits[0]) for s in ("mean", "sd")]
        fractions = [
            (
                1 - self.printed("table2", "pct_change_mean", "easi", week) / 100,
                self.printed("table2", "pct_change_sd", "easi", week) / 100,
            )
            for week in self.visits[1:]
        ]
        others = self.assumptions.other_responders if size < self.n else 0
        problem = EasiProblem(
            *(
                self.moments("table2", s, "easi")
                for s in ("mean", "sd", "pct_change_mean", "pct_change_sd")
            ),
            self.subset,
            np.array(wanted),
            inside + others,
            self.assumptions.baseline_gap,
            self.decaying(self.assumptions.fraction_correlation),
            np.array([tuple(base), *fractions]),
            16.0,
        )
        x = self.best(
            "EASI",
            lambda k: reconstruct_easi(problem, self.effort.easi, self.number("easi", k)),
            self.effort.attempts,
        )
        self.values["easi"] = x
        self.response = (100 * (x[0] - x[-1]) >= 90 * x[0]).astype(np.int8)
        self.baseline = (x[0] - x[0].mean()) / x[0].std()
        fraction = x[1:] / x[0]
        ranks = stats.rankdata(fraction, axis=1)
        self.severity = stats.norm.ppf((ranks - 0.5) / self.n)

    # ---- who carries which label ------------------------------------------------------------------

    def row(self, term: str) -> OddsRow:
        if term not in self.targets.odds_terms():
            return NO_ROW
        ends = [
            self.targets.interval("table5", s, term=term)
            for s in ("odds_ratio", "ci_low", "ci_high", "p_value")
        ]
        return OddsRow(*ends)

    def coherence(self, features: Features, term: str, share: float, persistence: float) -> None:
        """Ask that a predictor's groups differ at earlier visits as they do at the last one."""
        odds = self.targets.value("table5", "odds_ratio", term=term)
        if odds is None:
            return
        # A logistic effect as a shift of a standard normal severity: a standard deviation is pi/sqrt(3).
        shift = -np.log(odds) * np.sqrt(3) / np.pi * persistence
        noise = np.sqrt(1 / (self.n * share) + 1 / (self.n * (1 - share)))
        x = self.values["easi"]
        for k in range(1, len(self.visits) - 1):
            features.soft(self.severity[k - 1], shift, 0.4 * noise)
            responds = 100 * (x[0] - x[k]) >= 90 * x[0]
            rate = float(np.mean(responds))
            if 0 < rate < 1:
                at = stats.norm.ppf(rate)
                low, high = stats.norm.cdf([at + shift * share, at - shift * (1 - share)])
                sd = 0.5 * noise * np.sqrt(rate * (1 - rate))
                features.soft(responds.astype(float), float(high - low), sd)

    def characteristics(self) -> None:
        wanted = {
            name: self.targets.margin(name)
            for name in PATIENT_COLUMNS
            if PATIENT_COLUMNS[name].kind == "binary"
        }
        self.age_over = None
        if "age_over_30" in self.targets.odds_terms():
            wanted["age_over_30"] = self.over_30()
        for name, count in wanted.items():
            if count is None:
                continue
            features = Features()
            self.coherence(features, name, count / self.n, self.assumptions.persistence)
            start: Labels = (np.arange(self.n) < count).astype(np.int8)
            fixed = name == "concomitant" and self.assumptions.figure_1 == "no_concomitant"
            fixed = fixed and self.n - count == int(self.subset.sum())
            if fixed:
                x = self.values["easi"]
                for (rule, week), (k, _) in self.targets.response_counts().items():
                    v = self.visits.index(week)
                    percent = 75 if rule == "easi75" else 90
                    features.outside((100 * (x[0] - x[v]) >= percent * x[0]).astype(float), k)
            problem = LabelProblem(self.baseline, self.response, self.row(name), features)

            def attempt(
                k: int,
                name: str = name,
                problem: LabelProblem = problem,
                start: Labels = start,
                fixed: bool = fixed,
            ) -> tuple[Labels, float]:
                rng = self.rng(name, k)
                first = (1 - self.subset).astype(np.int8) if fixed else rng.permutation(start)
                return search_labels(problem, first, self.effort.label, self.number(name, k, "s"))

            self.labels[name] = self.best(name, attempt, self.effort.attempts)
            if fixed:
                self.subset = self.labels[name] == 0

    def over_30(self) -> int:
        """Patients over 30, by the reading of the age bins."""
        rows = self.targets.table[
            self.targets.table["variable"].str.fullmatch(r"age\d+_\d+")
            & (self.targets.table["statistic"] == "count")
        ]
        lows = rows["variable"].str.extract(r"age(\d+)_", expand=False).astype(int)
        over = int(rows.loc[lows >= 30, "numeric"].sum())
        if self.assumptions.age_bins == "left_closed":
            over -= self.assumptions.aged_at_cut
        return over

    def groups(self, outcome: str, week: int) -> tuple[Interval, Interval, Interval] | None:
        """Printed group means and p of an outcome's percent change."""
        rows = self.targets.table
        rows = rows[
            (rows["table"] == "table4")
            & (rows["variable"] == outcome)
            & (rows["visit"] == week)
            & (rows["role"] == "target")
        ]
        if rows.empty:
            return None
        means = rows[rows["statistic"] == "pct_change_mean"]
        names = sorted(means["group"], key=is_high_group)
        low, high = (
            self.targets.interval(
                "table4", "pct_change_mean", variable=outcome, visit=week, group=name
            )
            for name in names
        )
        return low, high, self.targets.interval(
            "table4", "p_value", variable=outcome, visit=week
        )  # fmt: skip

    def lab_classes(self) -> None:
        """Missing cells and classes: at each visit LDH's first, the others on the same patients."""
        labs = self.targets.outcomes("table3")
        self.lab_names = sorted(labs, key=lambda name: name != LAB_OF_GROUPS)
        weeks, sizes = self.targets.visits("table3"), self.targets.lab_groups()
        r = self.decaying(self.assumptions.lab_correlation)
        root = np.linalg.cholesky(r[: len(weeks), : len(weeks)])
        rng = self.rng("labs")
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
        rng = self.rng(column)
        seen = cells.copy()
        if extra > 0 and (~seen).any():
            more = np.flatnonzero(~seen)
            seen[rng.permutation(more)[: min(extra, len(more))]] = True
        elif extra < 0:
            seen[rng.permutation(np.flatnonzero(seen))[:-extra]] = False
        n = int(seen.sum())
        count = group[1] if group else round(n * self._share(name, v, week))
        share = count / n
        features = Features()
        self.coherence(features, column, share, self.assumptions.persistence * 0.8)
        at = stats.norm.ppf(share)
        apart = 0.8 * stats.norm.pdf(at) / (share * (1 - share))
        features.soft(latent, float(apart), 0.08)
        if name == LAB_OF_GROUPS and (printed := self.groups("easi", week)):
            x = self.values["easi"]
            features.means(100 * (x[0] - x[-1]) / x[0], *printed)
        sd = max(1.0, 0.03 * n)
        row = self.row(column)

        def attempt(k: int) -> tuple[Labels, float]:
            rng = self.rng(column, k)
            # The last attempts let a laboratory value be missing in patients of its own.
            own_mask = name == LAB_OF_GROUPS or k >= self.effort.attempts
            high = count if group else int(np.clip(round(rng.normal(count, sd / 2)), 2, n - 2))
            order = np.argsort(-(latent + 0.7 * rng.standard_normal(self.n)))
            order = order[seen[order]]
            start: Labels = np.where(seen, 0, -1).astype(np.int8)
            start[order[:high]] = 1
            problem = LabelProblem(
                self.baseline, self.response, row, features, own_mask,
                None if group else (float(count), sd),
            )  # fmt: skip
            return search_labels(problem, start, self.effort.label, self.number(column, k, "s"))

        tries = self.effort.attempts * (1 if name == LAB_OF_GROUPS else 2)
        self.labels[column] = self.best(column, attempt, tries)

    def _share(self, name: str, v: int, week: int) -> float:
        shares = CLASS_SHARES.get(name)
        if shares and len(shares) == len(self.targets.visits("table3")):
            return shares[v]
        mean, sd = (self.printed("table3", s, name, week) for s in ("mean", "sd"))
        mu, sigma = lognormal_shapes(mean, sd)
        return float(np.clip(stats.norm.sf((np.log(CUTOFFS[name].value) - mu) / sigma), 0.05, 0.95))

    # ---- scores and laboratory values -------------------------------------------------------------

    def scores(self) -> None:
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
            groups = [(w, g) for w in weeks if (g := self.groups(name, w)) is not None]
            problem = ScoreProblem(
                int(high),
                np.array(
                    [
                        [self.printed("table2", s, name, week) for s in ("mean", "sd")]
                        for week in self.visits
                    ]
                ),
                *(
                    self.moments("table2", s, name)
                    for s in ("mean", "sd", "pct_change_mean", "pct_change_sd")
                ),
                self.decaying(
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
                return reconstruct_scores(problem, self.effort.score, self.number(name, k))

            self.values[name] = self.best(name, attempt, max(2, self.effort.attempts // 3))
            done.append(name)

    def lab_values(self) -> None:
        weeks = self.targets.visits("table3")
        for name in self.lab_names:
            self.values[name] = np.array(
                [self._lab_value(name, v, week) for v, week in enumerate(weeks)]
            )

    def _lab_value(self, name: str, v: int, week: int) -> NDArray[np.int64]:
        cut, column = CUTOFFS[name], flag_column(name, week)
        mean, sd = (self.printed("table3", s, name, week) for s in ("mean", "sd"))
        intervals = [
            self.targets.interval("table3", s, variable=name, visit=week) for s in ("mean", "sd")
        ]

        def attempt(k: int) -> tuple[NDArray[np.int64], float]:
            return reconstruct_lab(
                self.lab_latent[name][v], self.labels[column], cut.value, cut.inclusive,
                (mean, sd), (intervals[0], intervals[1]), self.effort.lab,
                self.number(column, "values", k),
            )  # fmt: skip

        found: NDArray[np.int64] = self.best(
            f"{name} values, week {week}", attempt, self.effort.attempts
        )
        return found

    # ---- the table --------------------------------------------------------------------------------

    def cohort(self) -> ReconstructedCohort:
        lab_weeks = self.targets.visits("table3")
        weeks = sorted({*self.visits, *lab_weeks})
        rng = self.rng("order")
        order = rng.permutation(self.n)
        over = self.labels.get("age_over_30")
        ages = reconstruct_ages(
            self.targets, self.assumptions, over, np.random.default_rng(self.number("age"))
        )
        rows = []
        for number, i in enumerate(order, start=1):
            for week in weeks:
                row: dict[str, Any] = {"patient": f"{number:03d}", "visit": week}
                for name, values in self.values.items():
                    at = lab_weeks if name in self.lab_names else self.visits
                    value = values[at.index(week), i] if week in at else -1
                    scale = 10 if name == "easi" else 1
                    row[name] = np.nan if value < 0 else value / scale
                if ages is not None:
                    row["age"] = float(ages[i])
                for name in PATIENT_COLUMNS:
                    if name in self.labels:
                        row[name] = float(self.labels[name][i])
                row["in_figure_1"] = float(self.subset[i])
                row["synthetic"] = 1.0
                rows.append(row)
        return ReconstructedCohort(
            derive(pd.DataFrame(rows)),
            "reconstructed",
            LABEL,
            f"seed {self.seed}",
            index=self.seed,
            seed=self.seed,
            assumptions=self.assumptions,
            missed=self.missed,
        )
