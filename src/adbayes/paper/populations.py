"""Claims about the patients behind a number: how many, in which groups, with how many responders."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from adbayes.errors import DataError
from adbayes.paper.cells import SHIFTS, STEEPEST, TOLERANCE, search
from adbayes.paper.claims import Claim
from adbayes.paper.coherence import (
    OddsRatioRow,
    half_width_at,
    information_of,
    needed,
    odds_ratio_rows,
    smallest_group,
    smallest_n,
)
from adbayes.paper.findings import Finding
from adbayes.paper.grids import Grid
from adbayes.paper.grim import at_size
from adbayes.paper.ledger import Ledger, base_of
from adbayes.paper.percent import counts_of, joint_denominators
from adbayes.paper.published import PublishedNumber

_SLACK = 1e-9


@dataclass(frozen=True)
class Setting:
    """What claims about patients are judged in.

    Parameters
    ----------
    ledger : Ledger
        The printed numbers.
    grids : mapping of str to Grid
        The values a score can take, by variable.
    groups : dict of str to (int, int)
        The groups behind odds ratios, as `group_sizes` gives them.
    """

    ledger: Ledger
    grids: Mapping[str, Grid]
    groups: dict[str, tuple[int, int]]


def sizes_behind(numbers: tuple[PublishedNumber, ...], largest: int) -> list[int]:
    """The numbers of patients that percentages or printed sizes allow.

    Parameters
    ----------
    numbers : tuple of PublishedNumber
        Percentages of one group of patients, or one size.
    largest : int
        Patients of the study.

    Returns
    -------
    list of int
        The sizes that can print all percentages, or the printed size.
    """
    shares = [one.interval for one in numbers if one.statistic == "percent"]
    if shares:
        return joint_denominators(shares, largest)
    return sorted({int(one.numeric) for one in numbers if one.statistic in ("n", "count")})


def group_sizes(claims: list[Claim], ledger: Ledger) -> dict[str, tuple[int, int]]:
    """The groups that the claims say an odds ratio compares.

    Parameters
    ----------
    claims : list of Claim
        Those of the relation ``group_size`` give one group of all patients, those of ``group_of``
        both groups.
    ledger : Ledger
        The printed numbers.

    Returns
    -------
    dict of str to (int, int)
        Patients in the group and in the other, by the shared part of the odds ratio's ids.
    """
    found = {}
    for claim in claims:
        groups = _groups(claim, ledger)
        if groups is not None:
            found[base_of(claim.numbers[0].id)] = groups
    return found


def _groups(claim: Claim, ledger: Ledger) -> tuple[int, int] | None:
    size = ledger.sample_size
    if claim.relation == "group_of":
        first, second = claim.against
        return int(first.numeric), int(second.numeric)
    if claim.relation != "group_size" or size is None:
        return None
    group = sum(_count(one, size) for one in claim.against)
    return group, size - group


def _count(number: PublishedNumber, size: int) -> int:
    """A count, or the count of all patients that prints as a percentage."""
    if number.statistic != "percent":
        return int(number.numeric)
    n = number.denominator or size
    counts = counts_of(number.interval, n)
    if not counts:
        raise DataError(f"claims: no count of {n} prints as {number.value} ({number.id!r}).")
    return min(counts, key=lambda one: abs(100 * one / n - number.numeric))


def _rows(claim: Claim, ledger: Ledger) -> list[OddsRatioRow]:
    wanted = {base_of(one.id) for one in claim.numbers}
    rows = [row for row in odds_ratio_rows(ledger) if row.base in wanted and row.binary]
    if not rows:
        raise DataError(
            f"claims: {claim.check!r} needs odds ratios of two groups with both ends of an interval "
            f"around them, found none in {', '.join(sorted(wanted))}; correct the ledger or the claim."
        )
    return rows


def _size(ledger: Ledger, claim: Claim) -> int:
    if ledger.sample_size is None:
        raise DataError(
            f"claims: {claim.check!r} needs the number of patients; give the ledger a row with "
            "statistic 'n' and variable 'n'."
        )
    return ledger.sample_size


def _same_patients(claim: Claim, setting: Setting) -> Finding:
    size = _size(setting.ledger, claim)
    ours, theirs = sizes_behind(claim.numbers, size), sizes_behind(claim.against, size)
    told = ", ".join(map(str, ours)) or "none"
    other = ", ".join(map(str, theirs))
    return claim.verdict(
        f"n = {told} beside {other}",
        f"n <= {size} that can print all of {', '.join(one.value for one in claim.numbers)}: {told}",
        "consistent" if set(ours) & set(theirs) else "inconsistent",
        possible=f"n = {told}",
        condition="one denominator for all of them",
    )


def _among(claim: Claim, setting: Setting) -> Finding:
    size = _size(setting.ledger, claim)
    sums: dict[str, int] = {}
    for one in claim.numbers:
        whole = base_of(base_of(one.id))
        sums[whole] = sums.get(whole, 0) + int(one.numeric)
    limits = sizes_behind(claim.against, size)
    most = max(limits) if limits else size
    above = [f"{name} {n}" for name, n in sums.items() if n > most]
    return claim.verdict(
        ", ".join(str(n) for n in sums.values()),
        f"more than the {most}: {', '.join(above) or 'none'}",
        "inconsistent" if above else "consistent",
        possible=f"at most {most} together",
        condition="every patient of a group has the outcome too",
    )


def _grim_at(claim: Claim, setting: Setting) -> Finding:
    size = _size(setting.ledger, claim)
    sizes = sizes_behind(claim.against, size)
    told, works = [], []
    for n in sizes:
        tried = [(one, *at_size(one, _grid_of(one, setting), n)) for one in claim.numbers]
        told += [f"{one.value}: {text}" for one, fits, text in tried if not fits]
        if all(fits for _, fits, _ in tried):
            works.append(n)
    others = [
        n
        for n in range(min(sizes, default=size), size + 1)
        if all(at_size(one, _grid_of(one, setting), n)[0] for one in claim.numbers)
    ]
    known = ", ".join(map(str, sizes)) or "none"
    return claim.verdict(
        f"n = {known} " + ("possible" if works else "impossible"),
        "; ".join(told) or f"every mean is a whole number of steps over {known}",
        "consistent" if works else "impossible",
        possible=f"n = {', '.join(map(str, others))}",
        condition="integer scores",
    )


def _grid_of(number: PublishedNumber, setting: Setting) -> Grid:
    # A score of no known range is taken as whole numbers.
    return setting.grids.get(number.variable, Grid(0, 1e6))


def _bound_on_n(claim: Claim, setting: Setting) -> Finding:
    size = _size(setting.ledger, claim)
    sizes = sizes_behind(claim.against, size)
    most = max(sizes) if sizes else size
    rows = sorted(_rows(claim, setting.ledger), key=smallest_n, reverse=True)
    need = smallest_n(rows[0])
    narrow = [row for row in rows if smallest_n(row) > most]
    shown = ", ".join(f"{row.base.rpartition('.')[2]} {smallest_n(row)}" for row in rows[:6])
    arms = "; ".join(
        f"{row.base} arms at most {row.arms[0][1]:.4f} and {row.arms[1][1]:.4f}" for row in narrow
    )
    shortest = half_width_at(most, rows[0].critical)
    return claim.verdict(
        f"n >= {need}: {shown}",
        f"information on a log OR <= n/16, so each arm >= {rows[0].critical:.3f}*sqrt(16/{most}) = "
        f"{shortest:.3f} at n = {most}; {arms or 'no arm is shorter'}",
        "impossible" if narrow else "consistent",
        possible=f"n >= {need}",
        condition="logistic model, one row per patient",
    )


def _group_size(claim: Claim, setting: Setting) -> Finding:
    (row,) = _rows(claim, setting.ledger)
    _size(setting.ledger, claim)
    pair = _groups(claim, setting.ledger)
    assert pair is not None
    group, other = pair
    n = group + other
    offered, need = information_of(group, n), needed(row)
    least = smallest_group(row, n)
    enough = offered >= need - _SLACK
    alike = []
    if not enough:
        words = {word.lower() for word in row.estimate.row.split() if len(word) > 3}
        alike = [
            f"{one.id} {one.value} ({information_of(int(one.numeric), n):.1f})"
            for one in setting.ledger.of_statistic("count")
            if words & {word.lower() for word in one.row.split()}
            and one.numeric < n
            and information_of(int(one.numeric), n) >= need
        ]
    return claim.verdict(
        f"needs n1 n0/n >= {need:.1f}; {group} of {n} gives {offered:.1f}",
        f"4*({row.critical:.3f}/arm)^2 with the shorter arm at most "
        f"{min(row.arms[0][1], row.arms[1][1]):.4f} = {need:.1f}; {group}*{other}/{n} = {offered:.1f}",
        "consistent" if enough else "impossible",
        possible=(f"a smaller group of at least {least}" if least else f"more than {n} patients")
        + (f"; enough: {', '.join(alike)}" if alike else ""),
        condition=f"logistic model, one row per patient, at most {n} patients",
    )


def _responders(claim: Claim, setting: Setting) -> Finding:
    size = _size(setting.ledger, claim)
    of = {one.statistic: one for one in claim.against}
    mean, sd, share = of["mean"].numeric, of["sd"].numeric, of["percent"]
    n = share.denominator or size
    printed = counts_of(share.interval, n)
    told, ranges = [], []
    for row in _rows(claim, setting.ledger):
        exposed, other = setting.groups[row.base]
        cells = search(row, exposed, other, sd / mean)
        if cells.totals is None:
            told.append(f"{row.base} {exposed}/{other}: none of {cells.tried} pairs")
            continue
        ranges.append(cells.totals)
        told.append(
            f"{row.base} {exposed}/{other}: {cells.exposed.min()}-{cells.exposed.max()} and "
            f"{cells.unexposed.min()}-{cells.unexposed.max()}, together {cells.totals[0]}-"
            f"{cells.totals[1]} ({len(cells.exposed)} of {cells.tried} pairs)"
        )
    low, high = max(one[0] for one in ranges), min(one[1] for one in ranges)
    agree = any(low <= count <= high for count in printed)
    return claim.verdict(
        f"{low} to {high} of {size}, beside {', '.join(map(str, printed))} of {n}",
        "; ".join(told),
        "consistent" if agree else "inconsistent",
        possible=f"{low} to {high}",
        condition=f"group sizes as claimed; a covariate whose groups differ by at most "
        f"{SHIFTS.max():g} SD, with a slope of at most {STEEPEST:g} per SD; {TOLERANCE:g} beyond rounding",
    )


def _events(claim: Claim, setting: Setting) -> Finding:
    n = int(sum(one.numeric for one in claim.against))
    slopes = len(claim.numbers) + 1
    events = n // 2
    return claim.verdict(
        f"at most {events}/{slopes} = {events / slopes:.1f} events per slope",
        f"at most {n} patients with every predictor, so at most {events} of the rarer outcome; "
        f"{len(claim.numbers)} rows and one covariate",
        "consistent",
        possible="10 is the usual rule of thumb (doi:10.1016/S0895-4356(96)00236-3)",
    )


Relation = Callable[[Claim, Setting], Finding]

RELATIONS: dict[str, Relation] = {
    "same_patients": _same_patients,
    "among": _among,
    "grim_at": _grim_at,
    "bound_on_n": _bound_on_n,
    "group_size": _group_size,
    "group_of": _group_size,
    "responders": _responders,
    "events_per_variable": _events,
}
"""same_patients: the percentages have the printed n as denominator. among: groups together are no more
than it. grim_at: the means are possible at it. bound_on_n: the odds ratios are no more precise than it
allows. group_size, group_of: nor than the group, or the two groups, allow. responders: the counts that
reproduce the odds ratios include the printed one. events_per_variable: events over slopes, no verdict."""
