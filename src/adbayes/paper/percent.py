"""Percentages against counts: what they should be, and the counts and denominators they allow."""

from adbayes.paper.findings import Finding, Grade
from adbayes.paper.ledger import Ledger, base_of
from adbayes.paper.published import PublishedNumber
from adbayes.paper.repeats import places

Interval = tuple[float, float]

OF_MEANS = "pct_change_of_means"
"""Last part of the id of a percentage that is a change of two means, not a share of patients."""

# A half unit may be rounded either way, and decimal halves are not exact in binary.
_SLACK = 1e-9


def grade_rounding(exact: float, number: PublishedNumber) -> Grade:
    """How a printed number stands to the value it should print.

    Parameters
    ----------
    exact : float
        The value, in the unit of the print.
    number : PublishedNumber
        The print.

    Returns
    -------
    {"consistent", "rounding", "inconsistent"}
        Within half a unit of the last digit, within one unit (truncated, or rounded twice), beyond.
    """
    off = abs(exact - number.numeric) * 10.0**number.decimals
    if off <= 0.5 + _SLACK:
        return "consistent"
    return "rounding" if off < 1 else "inconsistent"


def counts_of(percent: Interval, n: int) -> list[int]:
    """The counts of n that print as a percentage.

    Parameters
    ----------
    percent : tuple of (float, float)
        What rounds to the print, in percent.
    n : int
        The denominator, at least 1.

    Returns
    -------
    list of int
        Between 0 and n; empty where there is none.
    """
    return [k for k in range(n + 1) if percent[0] - _SLACK <= 100 * k / n <= percent[1] + _SLACK]


def denominators(percent: Interval, largest: int) -> list[tuple[int, int]]:
    """The counts and denominators that print as a percentage.

    Parameters
    ----------
    percent : tuple of (float, float)
        What rounds to the print, in percent.
    largest : int
        The largest denominator to try.

    Returns
    -------
    list of (int, int)
        Count and denominator, in the order of the denominator.
    """
    return [(k, n) for n in range(1, largest + 1) for k in counts_of(percent, n)]


def joint_denominators(percents: list[Interval], largest: int) -> list[int]:
    """The denominators that can print every one of several percentages.

    Parameters
    ----------
    percents : list of (float, float)
        What rounds to each print, in percent.
    largest : int
        The largest denominator to try.

    Returns
    -------
    list of int
        In order; empty where no single denominator serves.
    """
    return [n for n in range(1, largest + 1) if all(counts_of(one, n) for one in percents)]


def percents(ledger: Ledger) -> list[Finding]:
    """Every percentage of the ledger against its count, or against all counts.

    Parameters
    ----------
    ledger : Ledger
        The printed numbers.

    Returns
    -------
    list of Finding
        A percentage with a count beside it is compared with count over denominator; one without is
        compared with every count of every denominator up to the number of patients; one of the
        change of two means with the means. A percentage repeated from elsewhere is judged there.
    """
    found = []
    repeats = {one.id for group in places(ledger) for one in group[1:]}
    for number in ledger.of_statistic("percent"):
        count = ledger.beside(base_of(number.id), "count")
        if number.id.endswith(OF_MEANS):
            found += _change_of_means(ledger, number)
        elif count is not None and number.denominator:
            found.append(_of_count(number, count, number.denominator))
        elif number.id not in repeats and ledger.sample_size:
            found.append(_implied(ledger, number, number.n or ledger.sample_size))
    return found + _jointly(ledger, repeats)


def _of_count(number: PublishedNumber, count: PublishedNumber, n: int) -> Finding:
    exact = 100 * count.numeric / n
    grade = grade_rounding(exact, number)
    truncated = "; truncated, not rounded" if grade == "rounding" and exact > number.numeric else ""
    others = [f"{k}/{n}" for k in counts_of(number.interval, n)]
    return Finding(
        f"percent.{number.id}",
        "percent of count",
        (number, count),
        f"{exact:.4f}",
        f"{count.numeric:g}/{n} = {exact:.4f}%{truncated}",
        grade,
        possible=f"{exact:.{number.decimals}f}%"
        + (f"; or another count: {', '.join(others)}" if others and grade != "consistent" else ""),
        condition=f"n = {n}, {'printed' if number.n else 'the only one that fits'}",
    )


def _implied(ledger: Ledger, number: PublishedNumber, largest: int) -> Finding:
    pairs = denominators(number.interval, largest)
    told = ", ".join(f"{k}/{n}" for k, n in pairs[:12]) + (", ..." if len(pairs) > 12 else "")
    near: list[str] = []
    first = ""
    if not pairs:
        beyond = range(largest + 1, 20 * largest)
        beyond_n = next((n for n in beyond if counts_of(number.interval, n)), None)
        if beyond_n is not None:
            first = f"the first count that prints so is {counts_of(number.interval, beyond_n)[0]}/{beyond_n}"
        alike = [
            one
            for one in ledger.of_statistic("percent", "pct_change_mean")
            if one.id != number.id
            and one.variable.startswith(number.variable)
            and one.visit == number.visit
            and not one.group
        ]
        near = [
            f"{one.id} {one.value}"
            for one in sorted(alike, key=lambda one: abs(one.numeric - number.numeric))[:3]
        ]
    return Finding(
        f"denominator.{number.id}",
        "implied denominator",
        (number,),
        told or f"none with n <= {largest}",
        f"all k/n with n <= {largest} that print as {number.value}: {told or 'none'}"
        + (f"; {first}" if first else ""),
        "consistent" if pairs else "impossible" if number.n else "inconsistent",
        possible=told or ("printed near it: " + ", ".join(near) if near else ""),
        condition=f"a share of at most {largest} patients",
    )


def _jointly(ledger: Ledger, repeats: set[str]) -> list[Finding]:
    """One denominator for all the percentages of a figure or table that prints no counts."""
    shares: dict[str, list[PublishedNumber]] = {}
    for number in ledger.of_statistic("percent"):
        alone = number.id not in repeats and not number.id.endswith(OF_MEANS)
        placed = number.table.startswith(("table", "fig"))
        if alone and placed and ledger.beside(base_of(number.id), "count") is None:
            shares.setdefault(number.table, []).append(number)
    found = []
    for table, numbers in shares.items():
        if len(numbers) < 2 or not ledger.sample_size:
            continue
        sizes = joint_denominators([one.interval for one in numbers], ledger.sample_size)
        told = ", ".join(map(str, sizes)) or "none"
        found.append(
            Finding(
                f"denominator.{table}",
                "implied denominator, jointly",
                tuple(numbers),
                told,
                f"n <= {ledger.sample_size} that can print all {len(numbers)}: {told}",
                possible=told,
                condition="all of them of the same patients",
            )
        )
    return found


def _change_of_means(ledger: Ledger, number: PublishedNumber) -> list[Finding]:
    means = {
        one.visit: one
        for one in ledger.of_statistic("mean")
        if one.variable == number.variable and not one.group
    }
    before, after = means.get(0), means.get(number.visit)
    if before is None or after is None:
        return []
    exact = 100 * (before.numeric - after.numeric) / before.numeric
    return [
        Finding(
            f"change_of_means.{number.id}",
            "change of means",
            (number, before, after),
            f"{exact:.3f}",
            f"100*({before.value}-{after.value})/{before.value} = {exact:.3f}",
            grade_rounding(exact, number),
            possible=f"{exact:.{number.decimals}f}",
            condition="the percentage is that of the two means",
        )
    ]
