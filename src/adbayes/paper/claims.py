"""Sentences of a paper as relations between its printed numbers, each of them computed.

A claim names some numbers, a relation, and what they are held against; the sentence itself is only
quoted. Claims about how many patients stand behind a number are in `populations`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from importlib.resources import files

import pandas as pd

from adbayes.errors import DataError
from adbayes.paper.correlations import p_of
from adbayes.paper.findings import Finding, Grade
from adbayes.paper.grids import Moments
from adbayes.paper.ledger import Ledger
from adbayes.paper.percent import grade_rounding
from adbayes.paper.published import PublishedNumber

LEVEL = 0.05
"""p below which a paper calls a result significant."""

HIGH_CORRELATION = 0.5
"""Correlation from which one is called large (Cohen 1988, Statistical power analysis, section 3.2)."""

COLUMNS = ("check", "topic", "claim", "ids", "relation", "against", "finding")

_BIN = re.compile(r"(\d+(?:\.\d+)?)\s*[-–]\s*(\d+(?:\.\d+)?)")
_SLACK = 1e-9


@dataclass(frozen=True)
class Claim:
    """One sentence of a paper.

    Parameters
    ----------
    check, topic : str
        Id and kind of the check.
    claim : str
        The sentence, or how it is read.
    numbers : tuple of PublishedNumber
        What it is about.
    relation : str
        Key of `RELATIONS` or of `adbayes.paper.populations.RELATIONS`, or ``total``.
    against : tuple of PublishedNumber
        What the numbers are held against.
    words : str
        The cell ``against`` as written, for relations that hold against names.
    finding : str
        The finding a failure is a view of.
    """

    check: str
    topic: str
    claim: str
    numbers: tuple[PublishedNumber, ...]
    relation: str
    against: tuple[PublishedNumber, ...]
    words: str
    finding: str

    def verdict(
        self, computed: str, arithmetic: str, grade: Grade, possible: str = "", condition: str = ""
    ) -> Finding:
        """The claim as a finding.

        Parameters
        ----------
        computed, arithmetic, grade, possible : str
            As in `Finding`.
        condition : str
            What the verdict rests on beside the claim itself.

        Returns
        -------
        Finding
            With the claim as its condition.
        """
        return Finding(
            self.check,
            self.topic,
            self.numbers + tuple(one for one in self.against if one not in self.numbers),
            computed,
            arithmetic,
            grade,
            possible=possible,
            condition=self.claim + (f"; {condition}" if condition else ""),
            finding=self.finding,
        )


def load_claims() -> pd.DataFrame:
    """The claims of the packaged paper.

    Returns
    -------
    pandas.DataFrame
        The columns are `COLUMNS`, all text.
    """
    with files("adbayes.paper").joinpath("claims.csv").open(encoding="utf-8") as stream:
        return pd.read_csv(stream, dtype=str, keep_default_na=False)


def read_claims(table: pd.DataFrame, ledger: Ledger, known: tuple[str, ...]) -> list[Claim]:
    """Claims with the numbers they name.

    Parameters
    ----------
    table : pandas.DataFrame
        With `COLUMNS`; ``ids`` and ``against`` are ids or patterns, separated by spaces.
    ledger : Ledger
        The printed numbers.
    known : tuple of str
        The relations there are.

    Returns
    -------
    list of Claim
        In the order of the table.

    Raises
    ------
    DataError
        For a missing column, an unknown relation, or a pattern that matches no id.
    """
    lost = [name for name in COLUMNS if name not in table.columns]
    if lost:
        raise DataError(
            f"claims: no column {', '.join(lost)}; the columns are {', '.join(COLUMNS)}."
        )
    found = []
    for row in table[list(COLUMNS)].fillna("").to_dict("records"):
        cell = {str(name): str(value) for name, value in row.items()}
        relation = cell["relation"]
        if relation not in known:
            near = get_close_matches(relation, known, n=1, cutoff=0.0)
            raise DataError(
                f"claims: {cell['check']!r} has the relation {relation!r}; the nearest is {near[0]!r}, "
                f"the others are {', '.join(one for one in known if one != near[0])}."
            )
        names = relation in _OF_NAMES
        found.append(
            Claim(
                cell["check"],
                cell["topic"],
                cell["claim"],
                tuple(ledger.matching(cell["ids"])),
                relation,
                () if names else tuple(ledger.matching(cell["against"])),
                cell["against"],
                cell["finding"],
            )
        )
    return found


def totals_of(claims: list[Claim]) -> dict[str, Moments]:
    """What the claims say about the patients that groups are part of.

    Parameters
    ----------
    claims : list of Claim
        Those of the relation ``total`` hold p values against a mean and an SD.

    Returns
    -------
    dict of str to Moments
        By the id of the p.
    """
    found: dict[str, Moments] = {}
    for claim in claims:
        if claim.relation == "total":
            mean, sd = claim.against
            found |= {p.id: Moments(mean, sd) for p in claim.numbers}
    return found


def _significant(claim: Claim, ledger: Ledger) -> Finding:
    failing = [one for one in claim.numbers if one.interval[0] >= LEVEL - _SLACK]
    return claim.verdict(
        f"{len(claim.numbers) - len(failing)} of {len(claim.numbers)} below {LEVEL}",
        "; ".join(f"{one.id} {one.value}" for one in claim.numbers),
        "inconsistent" if failing else "consistent",
        possible=_significant_alike(claim, ledger) if failing else "",
    )


def _significant_alike(claim: Claim, ledger: Ledger) -> str:
    """The tests of the same tables and markers that are significant."""
    tables = {one.table for one in claim.numbers}
    markers = {one.term.partition("_")[0] for one in claim.numbers if one.term}
    rows = {one.variable for one in claim.numbers}
    alike = [
        f"{one.id} {one.value}"
        for one in ledger.of_statistic("p_value")
        if one.table in tables
        and one.interval[1] <= LEVEL
        and (one.term.partition("_")[0] in markers if markers else one.variable in rows)
        and (markers or one.visit in {number.visit for number in claim.numbers})
    ]
    return "significant: " + (", ".join(alike) or "none alike")


def _not_significant(claim: Claim, ledger: Ledger) -> Finding:
    failing = [one for one in claim.numbers if one.interval[1] <= LEVEL + _SLACK]
    return claim.verdict(
        f"{len(failing)} of {len(claim.numbers)} below {LEVEL}",
        "; ".join(f"{one.id} {one.value}" for one in claim.numbers),
        "inconsistent" if failing else "consistent",
    )


def _high_correlation(claim: Claim, ledger: Ledger) -> Finding:
    failing = [one for one in claim.numbers if abs(one.interval[1]) < HIGH_CORRELATION]
    return claim.verdict(
        ", ".join(one.value for one in claim.numbers),
        f"{len(claim.numbers) - len(failing)} of {len(claim.numbers)} are at least {HIGH_CORRELATION:g}",
        "inconsistent" if failing else "consistent",
        possible=f"{HIGH_CORRELATION:g} or more" if failing else "",
    )


def _all_but(claim: Claim, ledger: Ledger) -> Finding:
    """The numbers of pairs at which all but the exceptions are significant, rounding included."""
    size = ledger.sample_size
    largest = size if size is not None else 1000
    exceptions = {one.id for one in claim.against}

    def holds(n: int) -> bool:
        for one in claim.numbers:
            low, high = sorted(abs(end) for end in one.interval)
            if one.id in exceptions and p_of(low, n) < LEVEL:
                return False
            if one.id not in exceptions and p_of(high, n) >= LEVEL:
                return False
        return True

    fits = [n for n in range(4, 10 * largest) if holds(n)]
    told = f"{fits[0]} to {fits[-1]}" if fits else "none"
    inside = any(n <= largest for n in fits)
    return claim.verdict(
        f"holds for n = {told}",
        f"p of r below {LEVEL} for all but {', '.join(sorted(exceptions))}",
        "consistent" if inside else "inconsistent",
        possible=f"n = {told}",
        condition=f"at most {largest} pairs, the same for all",
    )


def _none(claim: Claim, ledger: Ledger) -> Finding:
    left = sum(one.numeric for one in claim.numbers)
    whole = sum(one.numeric for one in claim.against)
    told = "+".join(f"{one.numeric:g}" for one in claim.numbers)
    of = "+".join(f"{one.numeric:g}" for one in claim.against)
    return claim.verdict(
        f"{left:g} of {whole:g}",
        f"{told} = {left:g} of {of} = {whole:g}",
        "inconsistent" if left else "consistent",
        possible="0" if left else "",
    )


def _equals(claim: Claim, ledger: Ledger) -> Finding:
    (one,), (other,) = claim.numbers, claim.against
    grade = grade_rounding(other.numeric, one)
    alike = [
        f"{near.id} {near.value}"
        for near in ledger.of_statistic(one.statistic)
        if near.table == other.table and grade_rounding(near.numeric, one) == "consistent"
    ]
    return claim.verdict(
        other.value,
        f"{other.value} printed with {one.decimals} decimals is {other.numeric:.{one.decimals}f}, "
        f"not {one.value}"
        if grade != "consistent"
        else f"{other.value} rounds to {one.value}",
        grade,
        possible=f"it is that of {', '.join(alike) or 'no row'}" if grade != "consistent" else "",
    )


def _adds_up(claim: Claim, ledger: Ledger) -> Finding:
    exact = claim.against[0].numeric if claim.against else 100.0
    total = sum(one.numeric for one in claim.numbers)
    percents = all(one.statistic == "percent" for one in claim.numbers)
    room = (
        sum((one.interval[1] - one.interval[0]) / 2 for one in claim.numbers) if percents else 0.0
    )
    told = " + ".join(one.value for one in claim.numbers)
    return claim.verdict(
        f"{total:g}",
        f"{told} = {total:g}, should be {exact:g}" + (f" +- {room:g}" if room else ""),
        "consistent" if abs(total - exact) <= room + _SLACK else "inconsistent",
        possible=f"{exact:g}",
    )


def _mean_in_bins(claim: Claim, ledger: Ledger) -> Finding:
    of = {one.statistic: one for one in claim.against}
    mean, least, most = (of[name].numeric for name in ("mean", "min", "max"))
    low = high = n = 0.0
    for one in claim.numbers:
        edges = _BIN.search(one.row)
        if edges is None:
            raise DataError(
                f"claims: {claim.check!r} needs a bin such as '20-30' in the row of {one.id!r}, found "
                f"{one.row!r}; correct the ledger or the claim."
            )
        low += one.numeric * max(float(edges.group(1)), least)
        high += one.numeric * min(float(edges.group(2)), most)
        n += one.numeric
    inside = low / n <= of["mean"].interval[1] and of["mean"].interval[0] <= high / n
    whole = round(mean * n)
    return claim.verdict(
        f"{low / n:.2f} to {high / n:.2f}",
        f"lower edges {low:g}/{n:g} = {low / n:.2f}, upper edges {high:g}/{n:g} = {high / n:.2f}; in "
        f"whole units {whole}/{n:g} = {whole / n:.3f}",
        "consistent" if inside else "inconsistent",
        possible=f"{low / n:.2f} to {high / n:.2f}",
    )


def _covariates(claim: Claim, ledger: Ledger) -> Finding:
    terms = list(dict.fromkeys(one.term for one in claim.numbers))
    named = claim.words.split()
    absent = [name for name in named if not any(fnmatchcase(term, name) for term in terms)]
    extra = [term for term in terms if not any(fnmatchcase(term, name) for name in named)]
    return claim.verdict(
        f"named but not printed: {', '.join(absent) or 'none'}; printed but not named: "
        f"{', '.join(extra) or 'none'}",
        f"named {', '.join(named)}; printed {', '.join(terms)}",
        "inconsistent" if absent or extra else "consistent",
    )


_OF_NAMES = ("covariates",)

RELATIONS: dict[str, Callable[[Claim, Ledger], Finding]] = {
    "significant": _significant,
    "not_significant": _not_significant,
    "high_correlation": _high_correlation,
    "all_but": _all_but,
    "none": _none,
    "equals": _equals,
    "adds_up": _adds_up,
    "mean_in_bins": _mean_in_bins,
    "covariates": _covariates,
}
"""significant, not_significant: every p is below, or none is. high_correlation: every one reaches
`HIGH_CORRELATION`. all_but: every correlation but those against is significant at some n. none: the
counts are 0. equals: the number is the other one, rounded. adds_up: the counts or percentages sum to
the other, or to 100. mean_in_bins: a mean lies where counts in bins put it. covariates: the predictors
of a table are those named."""
