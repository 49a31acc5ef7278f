"""What a printed mean and SD say of the shape behind them: normal tails, equal SDs, stars."""

from collections.abc import Mapping
from math import sqrt

from scipy import stats

from adbayes.paper.findings import Finding
from adbayes.paper.grids import Grid, Moments, baseline_of, moments
from adbayes.paper.ledger import Ledger, base_of
from adbayes.paper.published import PublishedNumber

NEGLIGIBLE = 0.01
"""Mass of a normal outside the possible values up to which it is called tolerable."""


def normal_mass(one: Moments, low: float, high: float | None) -> tuple[float, float]:
    """The mass of a normal with a printed mean and SD beyond the possible values.

    Parameters
    ----------
    one : Moments
        Mean and SD; the SD is above 0.
    low : float
        Lowest possible value.
    high : float or None
        Highest possible value, where there is one.

    Returns
    -------
    tuple of (float, float)
        Below and above.
    """
    normal = stats.norm(one.mean.numeric, one.sd.numeric)
    return float(normal.cdf(low)), 0.0 if high is None else float(normal.sf(high))


def needed_correlation(before: Moments, after: Moments, n: int, p: float) -> float:
    """The within-patient correlation that makes a change as significant as printed.

    Parameters
    ----------
    before, after : Moments
        Means and SDs of the same n patients.
    n : int
        Patients.
    p : float
        Two-sided, of the paired z.

    Returns
    -------
    float
        Above 1 where none does; negative where none is needed.
    """
    gap = abs(before.mean.numeric - after.mean.numeric)
    variance = n * (gap / float(stats.norm.isf(p / 2))) ** 2
    a, b = before.sd.numeric, after.sd.numeric
    return (a * a + b * b - variance) / (2 * a * b)


def shapes(ledger: Ledger, grids: Mapping[str, Grid]) -> list[Finding]:
    """Every mean with an SD, every variable measured at several visits, every p against baseline.

    Parameters
    ----------
    ledger : Ledger
        The printed numbers.
    grids : mapping of str to Grid
        The possible values, by variable; others are taken as not negative.

    Returns
    -------
    list of Finding
        A p against baseline is inconsistent where it would need a correlation above 1. The others say
        what a normal or a common SD would assume and are always consistent.
    """
    printed = [one for one in moments(ledger) if one.sd.numeric > 0]
    found = [_normal(one, grids.get(one.mean.variable)) for one in printed]
    series: dict[tuple[str, str, str], list[Moments]] = {}
    for one in printed:
        key = (one.mean.table, one.mean.variable, one.mean.group)
        series.setdefault(key, []).append(one)
    found += [_common_sd(several) for several in series.values() if len(several) > 1]
    return found + _against_baseline(ledger, printed)


def _normal(one: Moments, grid: Grid | None) -> Finding:
    low, high = (0.0, None) if grid is None else (grid.low, grid.high)
    below, above = normal_mass(one, low, high)
    told = f"normal mass below {low:g}: {below:.3f}"
    if high is not None:
        told += f", above {high:g}: {above:.3f}"
    verdict = "tolerable" if below + above < NEGLIGIBLE else "implausible"
    return Finding(
        f"normal.{base_of(one.mean.id)}",
        "whether a normal can hold",
        (one.mean, one.sd),
        told,
        f"SD/mean = {one.sd.numeric / one.mean.numeric:.2f}; a normal is {verdict}"
        if one.mean.numeric
        else f"a normal is {verdict}",
        condition="about models, not about the print",
        printed=one.text,
    )


def _common_sd(several: list[Moments]) -> Finding:
    sds = [one.sd.numeric for one in several]
    pooled = sqrt(sum(sd * sd for sd in sds) / len(sds))
    return Finding(
        f"common_sd.{base_of(base_of(several[0].mean.id))}",
        "one SD for all visits",
        tuple(one.sd for one in several),
        f"largest variance / smallest = {(max(sds) / min(sds)) ** 2:.1f}; pooled SD {pooled:.2f}",
        f"a common SD makes the standard error {pooled / min(sds):.1f} times too large where the SD is "
        f"smallest, {pooled / max(sds):.2f} of what it should be where it is largest",
        condition="about models, not about the print; equal numbers of patients",
    )


def _against_baseline(ledger: Ledger, printed: list[Moments]) -> list[Finding]:
    by_base = {base_of(one.mean.id): one for one in printed}
    found = []
    for p in ledger.of_statistic("p_value"):
        after = by_base.get(base_of(p.id))
        if after is None or p.group != "against baseline":
            continue
        before = baseline_of(ledger, after)
        n = after.mean.denominator or ledger.sample_size
        if before is not None and n:
            found.append(_star(p, before, after, n))
    return found


def _star(p: PublishedNumber, before: Moments, after: Moments, n: int) -> Finding:
    bound = p.interval[1]
    z = abs(before.mean.numeric - after.mean.numeric) / sqrt(
        (before.sd.numeric**2 + after.sd.numeric**2) / n
    )
    need = needed_correlation(before, after, n, bound)
    told = "none" if need <= 0 else f"{need:.2f}"
    return Finding(
        f"against_baseline.{base_of(p.id)}",
        "p against baseline beside the moments",
        (p, before.mean, before.sd, after.mean, after.sd),
        f"correlation needed: {told}",
        f"paired z at correlation 0 with n = {n}: {z:.2f}; "
        f"within-patient correlation that p <= {bound:g} needs: {told}",
        "inconsistent" if need > 1 else "consistent",
        possible=f"p above {bound:g}" if need > 1 else "",
        condition=f"the same {n} patients at both visits, a paired test, normal approximation",
        printed=f"{p.value}; {before.text}; {after.text}",
    )
