"""The first stages of a reconstruction: EASI, and who has which characteristic.

Each stage fixes what the next ones take as given: EASI first; then, with EASI fixed, every row of a
table of odds ratios is a search of its own.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from adbayes.cohort.assumptions import Assumptions
from adbayes.cohort.easi import EasiProblem, reconstruct_easi
from adbayes.cohort.labels import Difference, LabelProblem, search_labels
from adbayes.cohort.odds_row import OddsRow
from adbayes.cohort.outcomes import PATIENT_COLUMNS, RESPONSE_RULES
from adbayes.cohort.targets import Interval, Targets, is_high_group
from adbayes.cohort.windows import Schedule
from adbayes.errors import DataError

Floats = NDArray[np.float64]
Labels = NDArray[np.int8]

_GAPS = (0.0, 0.008, -0.008, 0.016, -0.016)
"""What is added to the assumed baseline gap, trial by trial."""

_COHERENT = 0.7
"""How near, in standard errors of a difference, groups must come to what the base model asks of them."""


@dataclass(frozen=True)
class Effort:
    """How long each stage searches before it settles for the nearest miss.

    Parameters
    ----------
    easi, lab : int
        Moves of one attempt.
    label : int
        Logistic regressions of one attempt at a predictor, before what it found is polished.
    rough, few, cool : sequence
        Rounds of a search for scores: from the base model to the neighbourhood of the print, of the
        smallest group alone, and, at a visit without groups, to a temperature at which states can still
        change and at it.
    starts : int
        Searches for labels of which the nearest is polished.
    attempts : int
        Repetitions of a search that has not made everything agree.
    redrawn : int
        Scores found anew where p values stay off; three times as often while a printed number is not
        even within what counts as near.
    jumps, nears : int
        Jumps, at a visit with groups, from one draw; and how many of them that end near are enough.
    mend, finish : sequence
        Rounds after a jump, and where they lead near the print.
    trials : int
        EASI found anew where the rows of the characteristics do not all agree with it.
    joint, pairs : int
        Rounds of the search for a joint regression, where it is a target: annealed, and by pairs of
        changes.
    """

    easi: int = 2_000_000
    label: int = 8_000
    rough: Schedule = ((200_000, 1000.0, 20.0), (1_000_000, 50.0, 10.0))
    few: Schedule = (
        *((50_000, 1000.0, 20.0),) * 4, *((200_000, 100.0, 1.0),) * 4, *((500_000, 10.0, 0.2),) * 4
    )  # fmt: skip
    cool: Schedule = (
        (1_000_000, 50.0, 10.0),
        (10_000_000, 10.0, 3.0),
        (10_000_000, 3.0, 1.2),
        *((20_000_000, 1.0, 0.7),) * 7,
    )
    mend: Schedule = ((2_000_000, 10.0, 3.0), (5_000_000, 3.0, 1.2), (5_000_000, 1.0, 0.7))
    finish: Schedule = ((5_000_000, 1.0, 0.7),) * 2
    lab: int = 400_000
    starts: int = 4
    attempts: int = 3
    redrawn: int = 1
    jumps: int = 12
    nears: int = 2
    trials: int = 6
    joint: int = 16
    pairs: int = 20


class Stages:
    """EASI and characteristics, with what every stage asks of the print.

    Parameters
    ----------
    seed : int
        Of every stage's own source of chance.
    assumptions : Assumptions
        What the print does not force.
    targets : Targets
        The printed numbers.
    effort : Effort
        Length of the searches.
    progress : callable
        Called with the name of each stage.
    """

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
        self.problems: dict[str, LabelProblem] = {}

    def _rng(self, *names: object) -> np.random.Generator:
        return np.random.default_rng(self._number(*names))

    def _number(self, *names: object) -> int:
        """A seed of its own for every stage and attempt, whatever ran before."""
        return zlib.crc32(repr((self.seed, *names)).encode())

    def _best(
        self,
        name: str,
        attempt: Callable[[int], tuple[Any, float]],
        tries: int,
        near: Callable[[Any], bool] = lambda _: True,
    ) -> Any:
        """The best of some attempts; of up to three times as many while it is not even near."""
        self.progress(name)
        best, least = None, np.inf
        for k in range(3 * tries):
            if k >= tries and near(best):
                break
            found, missed = attempt(k)
            if missed < least or best is None:
                best, least = found, missed
            if least == 0:
                break
        self.missed[name] = float(least)
        return best

    def _moments(self, table: str, statistic: str, outcome: str) -> Floats:
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

    def _printed(self, table: str, statistic: str, outcome: str, visit: int) -> float:
        value = self.targets.value(table, statistic, variable=outcome, visit=visit)
        if value is None:
            raise DataError(
                f"{table} prints no {statistic} of {outcome} at week {visit}, which its base model needs"
            )
        return value

    def _decaying(self, adjacent: float, with_first: float | None = None) -> Floats:
        """Correlations that fall with the number of visits between."""
        k = len(self.visits)
        steps = np.abs(np.subtract.outer(np.arange(k), np.arange(k)))
        r = adjacent ** (0.5 + 0.5 * steps)
        if with_first is not None:
            r[0, :] = r[:, 0] = with_first
        np.fill_diagonal(r, 1.0)
        return np.asarray(r)

    def people(self) -> None:
        """Find EASI and characteristics that go together.

        The rows of characteristics without missing values share one baseline EASI and one response:
        each determines nearly by itself how far responders and others are apart at baseline. A draw of
        EASI that does not suit them all is replaced by another.
        """
        best: dict[str, Any] = {}
        least = np.inf
        for number in range(self.effort.trials):
            self.missed = {}
            self.easi(number)
            self.characteristics(least)
            missed = sum(self.missed.values())
            if missed < least:
                least = missed
                best = dict(self.__dict__)
                best["labels"], best["values"] = dict(self.labels), dict(self.values)
                best["problems"] = dict(self.problems)
            if missed == 0:
                break
        self.__dict__.update(best)

    def easi(self, number: int = 0) -> None:
        """Find EASI at every visit, and from it response and severity.

        Parameters
        ----------
        number : int, optional
            Of the trial; each draws its own.
        """
        counts = self.targets.response_counts()
        size = next(iter(counts.values()))[1] if counts else self.n
        self.subset = np.arange(self.n) < size
        last = self.visits[-1]
        inside = counts.get(("easi90", last), (round(self.n / 2), self.n))[0]
        wanted = [
            [counts.get((name, week), (-1, 0))[0] for week in self.visits]
            for name in ("easi75", "easi90")
        ]
        base = [self._printed("table2", s, "easi", self.visits[0]) for s in ("mean", "sd")]
        fractions = [
            (
                1 - self._printed("table2", "pct_change_mean", "easi", week) / 100,
                self._printed("table2", "pct_change_sd", "easi", week) / 100,
            )
            for week in self.visits[1:]
        ]
        others = self.assumptions.other_responders if size < self.n else 0
        problem = EasiProblem(
            self._moments("table2", "mean", "easi"),
            self._moments("table2", "sd", "easi"),
            self._moments("table2", "pct_change_mean", "easi"),
            self._moments("table2", "pct_change_sd", "easi"),
            self.subset,
            np.array(wanted),
            inside + others,
            self.assumptions.baseline_gap + _GAPS[number % len(_GAPS)],
            self._decaying(self.assumptions.fraction_correlation),
            np.array([tuple(base), *fractions]),
            16.0,
        )
        x = self._best(
            "EASI",
            lambda k: reconstruct_easi(problem, self.effort.easi, self._number("easi", number, k)),
            self.effort.attempts,
        )
        self.values["easi"] = x
        self.response = (100 * (x[0] - x[-1]) >= 90 * x[0]).astype(np.int8)
        self.baseline = (x[0] - x[0].mean()) / x[0].std()
        fraction = x[1:] / x[0]
        ranks = stats.rankdata(fraction, axis=1)
        self.severity = stats.norm.ppf((ranks - 0.5) / self.n)

    def _row(self, term: str, table: str = "table5") -> OddsRow | None:
        if term not in self.targets.odds_terms(table):
            return None
        odds, low, high, p_value = (
            self.targets.interval(table, s, term=term)
            for s in ("odds_ratio", "ci_low", "ci_high", "p_value")
        )
        return OddsRow(odds, low, high, p_value)

    def _coherence(
        self, term: str, share: float, size: float, persistence: float
    ) -> list[Difference]:
        """Ask that a predictor's groups differ at earlier visits as they do at the last one."""
        odds = self.targets.value("table5", "odds_ratio", term=term)
        if odds is None:
            return []
        # A logistic effect as a shift of a standard normal severity: a standard deviation is pi/sqrt(3).
        shift = -np.log(odds) * np.sqrt(3) / np.pi * persistence
        noise = np.sqrt(1 / (size * share) + 1 / (size * (1 - share)))
        found = []
        x = self.values["easi"]
        for k in range(1, len(self.visits) - 1):
            found.append(Difference.about(self.severity[k - 1], shift, _COHERENT * noise))
            responds = 100 * (x[0] - x[k]) >= 90 * x[0]
            rate = float(np.mean(responds))
            if 0 < rate < 1:
                at = stats.norm.ppf(rate)
                low = float(stats.norm.cdf(at + shift * share))
                high = float(stats.norm.cdf(at - shift * (1 - share)))
                reach = _COHERENT * noise * np.sqrt(rate * (1 - rate))
                found.append(Difference.about(responds.astype(float), high - low, reach))
        return found

    def characteristics(self, enough: float = np.inf) -> None:
        """Find who has each characteristic, each by its own row of Table 5.

        Parameters
        ----------
        enough : float, optional
            Half widths missed at which it ends: another EASI missed no more with all of them.
        """
        wanted = {
            name: self.targets.margin(name)
            for name in PATIENT_COLUMNS
            if PATIENT_COLUMNS[name].kind == "binary"
        }
        if "age_over_30" in self.targets.odds_terms():
            wanted["age_over_30"] = self._over_30()
        for name, count in wanted.items():
            if count is not None:
                self._characteristic(name, count)
            if sum(self.missed.values()) >= enough:
                return

    def _characteristic(self, name: str, count: int) -> None:
        fixed = name == "concomitant" and self.assumptions.figure_1 == "no_concomitant"
        fixed = fixed and self.n - count == int(self.subset.sum())
        x = self.values["easi"]
        totals = []
        if fixed:
            for (rule, week), (k, _) in self.targets.response_counts().items():
                fall = RESPONSE_RULES[rule].percent
                v = self.visits.index(week)
                totals.append(((100 * (x[0] - x[v]) >= fall * x[0]).astype(float), float(k)))
        problem = LabelProblem(
            self.baseline, self.response, self._row(name), totals=totals,
            choices=self._coherence(name, count / self.n, self.n, self.assumptions.persistence),
        )  # fmt: skip

        self.problems[name] = problem

        def attempt(k: int) -> tuple[Labels, float]:
            rng = self._rng(name, k)
            starts: list[Labels] = [
                (rng.permutation(self.n) < count).astype(np.int8) for _ in range(self.effort.starts)
            ]
            if fixed:
                starts = [(~self.subset).astype(np.int8)] * self.effort.starts
            return search_labels(problem, starts, self.effort.label, self._number(name, k, "s"))

        self.labels[name] = self._best(name, attempt, self.effort.attempts)
        if fixed:
            self.subset = self.labels[name] == 0

    def _over_30(self) -> int:
        """Patients over 30, by the reading of the age bins."""
        rows = self.targets.table[
            self.targets.table["variable"].str.fullmatch(r"age\d+_\d+")
            & (self.targets.table["statistic"] == "count")
            & (self.targets.table["table"] == "table1")
        ]
        lows = rows["variable"].str.extract(r"age(\d+)_", expand=False).astype(int)
        over = int(rows.loc[lows >= 30, "numeric"].sum())
        if self.assumptions.age_bins == "left_closed":
            over -= self.assumptions.aged_at_cut
        return over

    def _groups(self, outcome: str, week: int) -> tuple[Interval, Interval, Interval] | None:
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
