"""The same quantity printed in two places, the same value printed for two quantities, and labels."""

import re

from adbayes.paper.findings import Finding, Grade
from adbayes.paper.ledger import Ledger
from adbayes.paper.published import PublishedNumber

_SLACK = 1e-9
_LABEL = re.compile(r"([A-Za-z][\w-]*)\s*([<>≤≥])\s*(\d+(?:\.\d+)?)")
_GROUPS = {">": ">", "≤": ">", "≥": "≥", "<": "≥"}

REPEATED_DIGITS = 4
"""Significant digits from which an equal print at two visits is worth a look."""


def places(ledger: Ledger) -> list[list[PublishedNumber]]:
    """The numbers that print one quantity, in more than one table, figure or section.

    Parameters
    ----------
    ledger : Ledger
        The printed numbers.

    Returns
    -------
    list of list of PublishedNumber
        One list a quantity; first the print with the most digits, in a table where there is one.
    """
    groups: dict[tuple[object, ...], list[PublishedNumber]] = {}
    loose: list[PublishedNumber] = []
    homes: dict[tuple[object, ...], list[tuple[object, ...]]] = {}
    for one in ledger.of_statistic(*{number.statistic for number in ledger}):
        if not one.quantity:
            loose.append(one)
            continue
        key = (one.statistic, one.quantity)
        groups.setdefault(key, []).append(one)
        keys = homes.setdefault(_described(one), [])
        if key not in keys:
            keys.append(key)
    for one in loose:
        described = _described(one)
        keys = homes.get(described, [])
        # Where a description fits two quantities (one predictor, alone and jointly), it names neither.
        groups.setdefault(keys[0] if len(keys) == 1 else described, []).append(one)
    found = []
    for numbers in groups.values():
        if len({one.table for one in numbers}) > 1:
            found.append(
                sorted(
                    numbers,
                    key=lambda one: (not one.table.startswith("table"), -one.decimals, one.bound),
                )
            )
    return found


def repeats(ledger: Ledger) -> list[Finding]:
    """Every quantity that is printed in more than one place.

    Parameters
    ----------
    ledger : Ledger
        The printed numbers.

    Returns
    -------
    list of Finding
        One a place beyond the first; consistent where some value rounds to both prints.
    """
    found = []
    for first, *others in places(ledger):
        for other in others:
            found.append(_compared(ledger, first, other))
    return found


def repeated_values(ledger: Ledger) -> list[Finding]:
    """The same digits at two visits of one quantity: possible, and worth a look.

    Parameters
    ----------
    ledger : Ledger
        The printed numbers.

    Returns
    -------
    list of Finding
        Of means and SDs with at least `REPEATED_DIGITS` digits; always consistent.
    """
    groups: dict[tuple[str, ...], list[PublishedNumber]] = {}
    for one in ledger.of_statistic("mean", "sd", "pct_change_mean", "pct_change_sd"):
        if sum(letter.isdigit() for letter in one.value) >= REPEATED_DIGITS:
            key = (one.table, one.variable, one.statistic, one.group, one.value)
            groups.setdefault(key, []).append(one)
    return [
        Finding(
            f"repeated_value.{numbers[0].id}",
            "the same value at two visits",
            tuple(numbers),
            "possible, worth a look",
            f"{numbers[0].value} is printed at visits "
            + " and ".join(str(one.visit) for one in numbers),
            condition="none: equal values are possible",
        )
        for numbers in groups.values()
        if len(numbers) > 1
    ]


def thresholds(ledger: Ledger) -> list[Finding]:
    """Cut-offs of one marker that are written with different signs in different places.

    Parameters
    ----------
    ledger : Ledger
        The printed numbers; cut-offs such as "TEC > 500" are read from their labels.

    Returns
    -------
    list of Finding
        One a marker and value; "<" goes with ">=" and "<=" with ">". All contradictions are views of
        one finding.
    """
    seen: dict[tuple[str, str], dict[str, list[PublishedNumber]]] = {}
    for one in ledger:
        for label in (one.row, one.column):
            for marker, sign, value in _LABEL.findall(label):
                signs = seen.setdefault((marker, value), {})
                signs.setdefault(_GROUPS[sign], []).append(one)
    found = []
    for (marker, value), signs in seen.items():
        told = "; ".join(
            f"{marker} {sign} {value} in {', '.join(sorted({one.table for one in numbers}))}"
            for sign, numbers in sorted(signs.items())
        )
        firsts = tuple({numbers[0].id: numbers[0] for numbers in signs.values()}.values())
        found.append(
            Finding(
                f"threshold.{marker.lower()}_{value}",
                "threshold",
                firsts,
                f"{len(signs)} reading{'s' if len(signs) > 1 else ''}",
                f"the labels read together: {told}",
                "inconsistent" if len(signs) > 1 else "consistent",
                possible=f"either sign; it matters only for values of exactly {value}",
                condition="the labels mean one rule",
                finding="threshold",
                printed=told,
            )
        )
    return found


def _described(one: PublishedNumber) -> tuple[object, ...]:
    return one.statistic, one.variable, one.visit, one.group


def _compared(ledger: Ledger, first: PublishedNumber, other: PublishedNumber) -> Finding:
    low, high = (
        max(first.interval[0], other.interval[0]),
        min(first.interval[1], other.interval[1]),
    )
    unit = 10.0 ** -min(first.decimals, other.decimals)
    grade: Grade = "consistent"
    if low > high + _SLACK:
        grade = "rounding" if abs(first.numeric - other.numeric) < unit else "inconsistent"
    elsewhere = ""
    if grade == "inconsistent":
        same = [
            one.id
            for one in ledger.of_statistic(other.statistic)
            if one.value == other.value and one.id != other.id and one.table == first.table
        ]
        if same:
            elsewhere = f"; {other.value} is also the print of {', '.join(same)}"
    if grade == "consistent":
        told = f"{first.value} and {other.value} can round the same value"
    else:
        told = f"no value rounds to both {first.value} and {other.value}{elsewhere}"
    return Finding(
        f"places.{other.id}",
        "one quantity in two places",
        (other, first),
        first.value,
        told,
        grade,
        possible=f"{first.interval[0]:.{first.decimals + 1}f} to {first.interval[1]:.{first.decimals + 1}f}",
        condition="both print the same quantity of the same patients",
        printed=f"{other.value} ({other.table}); {first.value} ({first.table})",
    )
