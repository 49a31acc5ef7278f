"""Odds ratios with interval and p: whether the three fit, and the patients their precision needs.

The information that n patients carry about the log odds ratio of a binary predictor is at most
n1 n0 / (4 n) <= n / 16, at every value of the parameters and whatever else is in the model: a binary
outcome has variance at most 1/4, and covariates only take information away. So the likelihood falls
by half the chi-square quantile no sooner than sqrt(quantile * 4 n / (n1 n0)) from its top.
"""

import re
from dataclasses import dataclass
from math import ceil, inf, log, sqrt

from scipy import stats

from adbayes.paper.findings import Finding, Grade
from adbayes.paper.ledger import Ledger, base_of
from adbayes.paper.published import PublishedNumber
from adbayes.paper.signed_root import se_interval

Interval = tuple[float, float]

WALD_TO_PROFILE = (0.75, 1.05)
"""Wald standard error over half the profile interval's width in units of 1.96. In 2627 simulated
logistic fits of 15 to 150 patients with a covariate, every cell of the 2x2 table filled, it lay in
0.79 to 1.01, but for one (1.59) of 22 patients that the covariate nearly separated; beyond these
limits estimate, interval and p do not belong together."""

_SLACK = 1e-9
_LEVEL = re.compile(r"(\d+(?:\.\d+)?)\s*%\s*CI")


@dataclass(frozen=True)
class OddsRatioRow:
    """A printed odds ratio with what stands beside it.

    Parameters
    ----------
    estimate, low, high : PublishedNumber
        Odds ratio and the ends of its interval.
    p : PublishedNumber or None
        Its two-sided p.
    """

    estimate: PublishedNumber
    low: PublishedNumber
    high: PublishedNumber
    p: PublishedNumber | None

    @property
    def base(self) -> str:
        """What the ids have in common."""
        return base_of(self.estimate.id)

    @property
    def numbers(self) -> tuple[PublishedNumber, ...]:
        """All of the row."""
        row = self.estimate, self.low, self.high
        return row if self.p is None else (*row, self.p)

    @property
    def text(self) -> str:
        """The row as printed."""
        p = "" if self.p is None else f" p={self.p.value}"
        return f"{self.estimate.value} ({self.low.value}-{self.high.value}){p}"

    @property
    def ordered(self) -> bool:
        """Whether the estimate can lie within the interval."""
        return all(arm[1] > 0 for arm in self.arms)

    @property
    def binary(self) -> bool:
        """Whether the ledger says that it contrasts two groups."""
        return " against " in self.estimate.group

    @property
    def critical(self) -> float:
        """Normal quantile of the interval's level, read from the column's heading; 95 % if silent."""
        found = _LEVEL.search(self.low.column)
        level = float(found.group(1)) / 100 if found else 0.95
        return float(stats.norm.ppf((1 + level) / 2))

    @property
    def arms(self) -> tuple[Interval, Interval]:
        """Lengths of the lower and the upper arm on the log scale, within rounding."""
        estimate, low, high = (one.interval for one in (self.estimate, self.low, self.high))
        lower = log(estimate[0]) - _log(low[1]), log(estimate[1]) - _log(low[0])
        upper = log(high[0]) - log(estimate[1]), log(high[1]) - log(estimate[0])
        return lower, upper


def odds_ratio_rows(ledger: Ledger) -> list[OddsRatioRow]:
    """The odds ratios that stand beside an interval.

    Parameters
    ----------
    ledger : Ledger
        The printed numbers.

    Returns
    -------
    list of OddsRatioRow
        In the order of the ledger; only those that cannot be 0 by their rounding.
    """
    found = []
    for estimate in ledger.of_statistic("odds_ratio"):
        base = base_of(estimate.id)
        low, high = ledger.beside(base, "ci_low"), ledger.beside(base, "ci_high")
        if (
            low is not None
            and high is not None
            and estimate.interval[0] > 0
            and high.interval[0] > 0
        ):
            found.append(OddsRatioRow(estimate, low, high, ledger.beside(base, "p_value")))
    return found


def smallest_n(row: OddsRatioRow) -> int:
    """The smallest number of patients that can give so narrow an interval.

    Parameters
    ----------
    row : OddsRatioRow
        Of a binary predictor in a logistic model with one row per patient.

    Returns
    -------
    int
        From n / 16 >= (quantile / arm)^2 for the shorter arm at its longest.
    """
    return ceil(16 * _information(row) - _SLACK)


def smallest_group(row: OddsRatioRow, n: int) -> int | None:
    """The smallest group of n patients that can give so narrow an interval.

    Parameters
    ----------
    row : OddsRatioRow
        Of a binary predictor in a logistic model with one row per patient.
    n : int
        Patients in the model.

    Returns
    -------
    int or None
        None where no division of n does.
    """
    need = 4 * _information(row)
    for group in range(1, n // 2 + 1):
        if group * (n - group) / n >= need - _SLACK:
            return group
    return None


def information_of(group: int, n: int) -> float:
    """What a division into two groups offers, n1 n0 / n.

    Parameters
    ----------
    group : int
        Patients in one group.
    n : int
        Patients in both.

    Returns
    -------
    float
        At most n / 4.
    """
    return group * (n - group) / n if n else 0.0


def needed(row: OddsRatioRow) -> float:
    """The n1 n0 / n that so narrow an interval needs.

    Parameters
    ----------
    row : OddsRatioRow
        Of a binary predictor in a logistic model with one row per patient.

    Returns
    -------
    float
        4 (quantile / arm)^2 for the shorter arm at its longest.
    """
    return 4 * _information(row)


def coherence(ledger: Ledger) -> list[Finding]:
    """Every odds ratio beside its interval and p.

    Parameters
    ----------
    ledger : Ledger
        The printed numbers.

    Returns
    -------
    list of Finding
        One a row. Impossible where the estimate lies outside its interval; inconsistent where the
        standard error that the p needs is not that of the interval, by `WALD_TO_PROFILE`.
    """
    return [_judged(row, ledger.sample_size) for row in odds_ratio_rows(ledger)]


def _judged(row: OddsRatioRow, size: int | None) -> Finding:
    lower, upper = row.arms
    grade: Grade = "consistent"
    if not row.ordered:
        return Finding(
            f"odds_ratio.{row.base}",
            "OR, CI, p",
            row.numbers,
            "estimate outside its interval",
            f"{row.low.value} <= {row.estimate.value} <= {row.high.value} does not hold",
            "impossible",
            possible=f"{row.low.value} to {row.high.value}",
            condition="the interval is of this estimate",
            printed=row.text,
        )
    # The shortest and the longest half width, in standard errors.
    half = tuple((lower[k] + upper[k]) / 2 / row.critical for k in (0, 1))
    symmetric = lower[0] <= upper[1] and upper[0] <= lower[1]
    kind = (
        "symmetric on the log scale within rounding (Wald or profile)"
        if symmetric
        else "not symmetric on the log scale: profile likelihood"
    )
    middle_low, middle_high = (sum(arm) / 2 for arm in (lower, upper))
    told = f"log half-widths {middle_low:.3f}/{middle_high:.3f}"
    possible = ""
    if row.p is not None:
        se = se_interval(row.estimate.interval, row.p.interval)
        ratio = se[0] / half[1], se[1] / half[0] if half[0] > 0 else inf
        width = (middle_low + middle_high) / 2 / row.critical
        implied = 2 * stats.norm.sf(abs(log(row.estimate.numeric)) / width)
        told += (
            f"; SE from Wald p {se[0]:.3f} to {se[1]:.3f}, from the interval {width:.3f}; "
            f"p by the interval's width {implied:.3g}"
        )
        low_p, high_p = (
            2 * stats.norm.sf(abs(log(row.estimate.numeric)) / (k * width)) for k in WALD_TO_PROFILE
        )
        possible = f"p {low_p:.3g} to {high_p:.3g}"
        if ratio[1] < WALD_TO_PROFILE[0] or ratio[0] > WALD_TO_PROFILE[1]:
            grade = "inconsistent"
    n = smallest_n(row)
    bound = f"n >= {n}" if row.binary else "not known to be of two groups, so no bound on n"
    if size is not None and row.binary:
        group = smallest_group(row, size)
        bound += (
            f"; smaller group >= {group} if n = {size}"
            if group
            else f"; more than the {size} patients"
        )
        if group is None:
            grade, possible = "impossible", f"n >= {n}"
    return Finding(
        f"odds_ratio.{row.base}",
        "OR, CI, p",
        row.numbers,
        told,
        f"interval {kind}; {bound}",
        grade,
        possible=possible,
        condition="logistic model, one row per patient, Wald p, Wald or profile interval",
        printed=row.text,
    )


def _information(row: OddsRatioRow) -> float:
    """(quantile / arm)^2 for the shorter arm at its longest."""
    arm = min(row.arms[0][1], row.arms[1][1])
    return (row.critical / arm) ** 2 if arm > 0 else inf


def _log(value: float) -> float:
    return log(value) if value > 0 else -inf


def half_width_at(n: int, critical: float) -> float:
    """The shortest arm that n patients allow, on the log scale.

    Parameters
    ----------
    n : int
        Patients in the model.
    critical : float
        Normal quantile of the interval's level.

    Returns
    -------
    float
        critical * sqrt(16 / n).
    """
    return critical * sqrt(16 / n)
