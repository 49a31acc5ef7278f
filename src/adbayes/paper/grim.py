"""GRIM and GRIMMER: which numbers of patients can print a mean and an SD of scores on a grid.

GRIM: a mean of n scores is a whole number of steps over n (Brown and Heathers 2017,
doi:10.1177/1948550616673876). GRIMMER: their sum of squares is whole too, and odd exactly when the
sum is (Anaya 2016, doi:10.7287/peerj.preprints.2400v1). Here the rounding of mean and SD is kept
as two intervals throughout, so that no data set is ever found impossible by its own print.
"""

from collections.abc import Mapping
from math import ceil, floor, sqrt

from adbayes.paper.findings import Finding
from adbayes.paper.grids import Grid, Interval, Moments, moments
from adbayes.paper.ledger import Ledger
from adbayes.paper.published import PublishedNumber

# In steps of the score times n; far below the half step that matters, far above binary noise.
_SLACK = 1e-7

SMALLEST_SHARE = 0.6
"""Numbers of patients from this share of the sample upwards are listed."""


def sums(mean: Interval, n: int, grid: Grid) -> range:
    """The sums of n scores whose mean rounds to the print, in steps above the lowest score.

    Parameters
    ----------
    mean : tuple of (float, float)
        What rounds to the print.
    n : int
        Patients, at least 1.
    grid : Grid
        The scores.

    Returns
    -------
    range
        Empty where GRIM fails.
    """
    low, high = ((end - grid.low) / grid.step * n for end in mean)
    top = round((grid.high - grid.low) / grid.step) * n
    return range(max(ceil(low - _SLACK), 0), min(floor(high + _SLACK), top) + 1)


def grim(mean: Interval, n: int, grid: Grid) -> bool:
    """Whether n scores can have a mean.

    Parameters
    ----------
    mean : tuple of (float, float)
        What rounds to the print.
    n : int
        Patients, at least 1.
    grid : Grid
        The scores.

    Returns
    -------
    bool
        True where some sum does.
    """
    return len(sums(mean, n, grid)) > 0


def grimmer(mean: Interval, sd: Interval, n: int, grid: Grid) -> bool:
    """Whether n scores can have a mean and an SD (divisor n - 1).

    Parameters
    ----------
    mean, sd : tuple of (float, float)
        What rounds to the prints; the SD's lower end at least 0.
    n : int
        Patients, at least 2.
    grid : Grid
        The scores.

    Returns
    -------
    bool
        True where some sum has a sum of squares of its own parity, within what the range of the
        scores allows, whose SD rounds to the print. False is proof; True is not.
    """
    top = round((grid.high - grid.low) / grid.step)
    for total in sums(mean, n, grid):
        each, rest = divmod(total, n)
        least = (n - rest) * each**2 + rest * (each + 1) ** 2
        full, part = divmod(total, top)
        most = full * top**2 + part**2
        low, high = ((end / grid.step) ** 2 * (n - 1) + total**2 / n for end in sd)
        slack = _SLACK * max(1.0, high)
        first, last = max(ceil(low - slack), least), min(floor(high + slack), most)
        if first + (first - total) % 2 <= last:
            return True
    return False


def possible_sizes(printed: list[tuple[Moments, Grid]], largest: int) -> list[int]:
    """The numbers of patients that can print several means and SDs.

    Parameters
    ----------
    printed : list of (Moments, Grid)
        The prints and the scores they are of.
    largest : int
        Patients of the study.

    Returns
    -------
    list of int
        From `SMALLEST_SHARE` of the study to all of it.
    """
    smallest = max(2, floor(SMALLEST_SHARE * largest + 1))
    return [
        n
        for n in range(smallest, largest + 1)
        if all(grimmer(one.mean.interval, one.sd_interval, n, grid) for one, grid in printed)
    ]


def grims(ledger: Ledger, grids: Mapping[str, Grid]) -> list[Finding]:
    """Every mean and SD of a score on a grid.

    Parameters
    ----------
    ledger : Ledger
        The printed numbers.
    grids : mapping of str to Grid
        The scores, by variable.

    Returns
    -------
    list of Finding
        One a mean, and one a visit for all integer scores together. Impossible where the printed n
        cannot have it, or no n up to the number of patients.
    """
    found = []
    visits: dict[tuple[str, int | None, str], list[tuple[Moments, Grid]]] = {}
    size = ledger.sample_size
    if size is None:
        return []
    for one in moments(ledger):
        grid = grids.get(one.mean.variable)
        if grid is None or (one.mean.n or size) < 2:
            continue
        found.append(_single(one, grid, size))
        if grid.step == 1:
            key = (one.mean.table, one.mean.visit, one.mean.group)
            visits.setdefault(key, []).append((one, grid))
    for (table, visit, group), printed in visits.items():
        if len(printed) > 1:
            name = (
                f"{table}.{'w' + str(visit) if visit else 'baseline'}{'.' + group if group else ''}"
            )
            found.append(_joint(name, printed, size))
    return found


def at_size(number: PublishedNumber, grid: Grid, n: int) -> tuple[bool, str]:
    """GRIM of one printed mean at one n, with its arithmetic.

    Parameters
    ----------
    number : PublishedNumber
        A mean.
    grid : Grid
        The scores.
    n : int
        Patients.

    Returns
    -------
    tuple of (bool, str)
        Whether it can be printed, and the nearest sums over n.
    """
    total = (number.numeric - grid.low) / grid.step * n
    near = (
        [floor(total), ceil(total)]
        if not grim(number.interval, n, grid)
        else [min(sums(number.interval, n, grid), key=lambda one: abs(one - total))]
    )
    told = ", ".join(
        f"{grid.low * n + one * grid.step:g}/{n} = "
        f"{grid.low + one * grid.step / n:.{number.decimals + 2}f}"
        for one in near
    )
    return grim(number.interval, n, grid), told


def _single(one: Moments, grid: Grid, size: int) -> Finding:
    n = one.mean.n
    largest = n or size
    sizes = [n] if n else list(range(2, size + 1))
    fits = [k for k in sizes if grimmer(one.mean.interval, one.sd_interval, k, grid)]
    listed = range(max(2, floor(SMALLEST_SHARE * largest + 1)), largest + 1)
    failing = [k for k in listed if not grim(one.mean.interval, k, grid)]
    only_sd = [
        k
        for k in listed
        if k not in failing and not grimmer(one.mean.interval, one.sd_interval, k, grid)
    ]
    step = grid.step**2 / ((largest - 1) * max(one.sd.numeric, sqrt(grid.step)))
    _, told = at_size(one.mean, grid, largest)
    return Finding(
        f"grim.{one.mean.id}",
        "GRIM and GRIMMER",
        (one.mean, one.sd),
        f"n failing GRIM: {_listed(failing)}; failing GRIMMER only: {_listed(only_sd)}",
        f"{told}; one step of the sum of squares moves the SD by {step:.2g}",
        "consistent" if fits else "impossible",
        possible=f"n = {_listed([k for k in listed if k not in failing and k not in only_sd])}",
        condition=f"scores in steps of {grid.step:g}, "
        + (f"n = {n} as printed" if n else f"n not printed, at most {size}"),
        printed=one.text,
    )


def _joint(name: str, printed: list[tuple[Moments, Grid]], size: int) -> Finding:
    sizes = possible_sizes(printed, size)
    told = _listed(sizes)
    return Finding(
        f"grim.{name}",
        "GRIM and GRIMMER, jointly",
        tuple(one.mean for one, _ in printed),
        f"n = {told}",
        "n at which each mean and SD passes: "
        + "; ".join(
            f"{one.mean.variable} {len(possible_sizes([(one, g)], size))}" for one, g in printed
        ),
        possible=f"n = {told}",
        condition=f"integer scores, the same n for all of them, at most {size}",
        printed="; ".join(one.text for one, _ in printed),
    )


def _listed(sizes: list[int]) -> str:
    """Numbers as ranges: 82-84, 90."""
    parts: list[list[int]] = []
    for n in sizes:
        if parts and parts[-1][-1] == n - 1:
            parts[-1].append(n)
        else:
            parts.append([n])
    told = [f"{part[0]}-{part[-1]}" if len(part) > 1 else f"{part[0]}" for part in parts]
    return ", ".join(told) or "none"
