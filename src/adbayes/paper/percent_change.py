"""Percent changes beside the scores they are of: whether patients can have both."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import product

import numpy as np

from adbayes.paper.feasibility import LARGEST_PROGRAMME, Pairs, Spread, largest_sd
from adbayes.paper.findings import MISPRINT, Finding
from adbayes.paper.grids import Grid, Interval, Moments, baseline_of, moments
from adbayes.paper.ledger import Ledger, base_of
from adbayes.paper.published import PublishedNumber


def percent_changes(ledger: Ledger, grids: Mapping[str, Grid]) -> list[Finding]:
    """Every percent change that stands beside the means and SDs of its score.

    Parameters
    ----------
    ledger : Ledger
        The printed numbers.
    grids : mapping of str to Grid
        The scores, by variable.

    Returns
    -------
    list of Finding
        One a percent change for the moments; one for the linear programme, where the scores are few
        enough; and where that has no solution one that names the likely misprint.
    """
    found = []
    scores = {base_of(one.mean.id): one for one in moments(ledger)}
    changes = moments(ledger, "pct_change_mean")
    for change in changes:
        visit = scores.get(base_of(change.mean.id))
        before = baseline_of(ledger, change)
        grid = grids.get(change.mean.variable)
        n = change.mean.n or ledger.sample_size
        if visit is None or before is None or grid is None or n is None or n < 3:
            continue
        if before.mean.numeric <= 0:
            continue
        found.append(_by_moments(before, visit, change, grid))
        if ((grid.high - grid.low) / grid.step) ** 2 <= LARGEST_PROGRAMME:
            pairs = Pairs(_spread(before), _spread(visit), _spread(change), grid, n)
            found += _by_programme(before, visit, change, pairs, changes)
    return found


def one_digit_away(value: str) -> list[str]:
    """The numbers that one digit replaced, or one digit lost, turns into a print.

    Parameters
    ----------
    value : str
        As printed.

    Returns
    -------
    list of str
        Without the print itself; every one has the same digits after the point.
    """
    if not value[:1].isdigit():
        return []
    places = [place for place, letter in enumerate(value) if letter.isdigit()]
    whole = value.partition(".")[0]
    found = {value[:p] + d + value[p + 1 :] for p, d in product(places, "0123456789")}
    found |= {value[:p] + d + value[p:] for p, d in product(range(len(whole) + 1), "0123456789")}
    shape = len(value.partition(".")[2])
    kept = [one for one in found if one != value and not one.startswith("0") and one[:1].isdigit()]
    return sorted(one for one in kept if len(one.partition(".")[2]) == shape)


def _spread(one: Moments) -> Spread:
    return Spread(one.mean.interval, one.sd_interval)


def _by_moments(before: Moments, visit: Moments, change: Moments, grid: Grid) -> Finding:
    left = 1 - change.mean.numeric / 100
    left_sd = change.sd.numeric / 100
    x, y = before.mean.numeric, visit.mean.numeric
    covariance = y - left * x
    correlation = covariance / (left_sd * before.sd.numeric) if left_sd * before.sd.numeric else 0.0
    of_means = 100 * (x - y) / x
    alone = np.sqrt(
        left**2 * before.sd.numeric**2 + x**2 * left_sd**2 + left_sd**2 * before.sd.numeric**2
    )
    left_mean: Interval = (1 - change.mean.interval[1] / 100, 1 - change.mean.interval[0] / 100)
    left_spread: Interval = (change.sd_interval[0] / 100, change.sd_interval[1] / 100)
    ceiling = largest_sd(left_mean, left_spread, before.sd_interval, grid.high)
    too_wide = visit.sd_interval[0] > ceiling + 1e-9
    # The least |covariance| that the rounding of the three means leaves.
    corners = [
        m - r * b for m, r, b in product(visit.mean.interval, left_mean, before.mean.interval)
    ]
    least = 0.0 if min(corners) <= 0 <= max(corners) else min(map(abs, corners))
    too_tied = least > left_spread[1] * before.sd_interval[1] + 1e-9
    told = (
        f"Y = R X: mean R = {left:.4f}, SD R = {left_sd:.4f}; cov(R,X) = {visit.mean.value} - "
        f"{left:.4f}*{before.mean.value} = {covariance:+.3f}; SD(Y) <= {left:.4f}*{before.sd.value} + "
        f"{left_sd:.4f}*{grid.high:g} = {ceiling:.2f} (with rounding), printed {visit.sd.value}"
    )
    return Finding(
        f"change.{base_of(change.mean.id)}",
        "change of means and mean of changes",
        (visit.mean, visit.sd, change.mean, change.sd, before.mean, before.sd),
        f"change of means {of_means:.2f}; corr(fraction left, baseline) {correlation:+.2f}; SD of the "
        f"score if independent {alone:.2f}",
        told,
        "impossible" if too_wide or too_tied else "consistent",
        possible=f"SD of the score at most {ceiling:.2f}" if too_wide else "",
        condition="patients with both scores; any number of them",
        finding=base_of(change.mean.id),
        printed=f"{before.text}; {visit.text}; {change.text}",
    )


def _by_programme(
    before: Moments, visit: Moments, change: Moments, pairs: Pairs, changes: list[Moments]
) -> list[Finding]:
    base = base_of(change.mean.id)
    numbers = (visit.mean, visit.sd, change.mean, change.sd, before.mean, before.sd)
    moments_printed = f"{before.text}; {visit.text}; {change.text}"
    size = len(pairs._values[0])
    setup = f"{size} pairs of scores, six moments, each within its rounding"
    either = [found for found in (replace(pairs, lost=lost) for lost in (1, 0)) if found.feasible]
    correlation = either[0].correlation() if either else None
    if correlation is not None:
        low, high = correlation
        return [
            Finding(
                f"pairs.{base}",
                "linear programme over score pairs",
                numbers,
                f"feasible; corr(baseline, visit) between {low:.2f} and {high:.2f}",
                setup,
                condition=f"the same {pairs.n} patients at both visits",
                printed=moments_printed,
            )
        ]
    fewest = [replace(pairs, lost=lost).fewest_missing() for lost in (1, 0)]
    missing = min((one for one in fewest if one is not None), default=None)
    if missing is None:
        rescue = f"also with up to {pairs.n // 2} of {pairs.n} missing at the visit"
    else:
        rescue = f"possible from {missing} of {pairs.n} missing at the visit"
    found = [
        Finding(
            f"pairs.{base}",
            "linear programme over score pairs",
            numbers,
            "infeasible",
            f"{setup}: no solution; {rescue}",
            "impossible",
            possible=rescue if missing is not None else "",
            condition=f"baseline above 0; SDs divide by n - 1 or n; the same {pairs.n} patients at both "
            "visits, " + _at_most(missing, pairs.n),
            finding=base,
            printed=moments_printed,
        )
    ]
    suspect = _suspect(visit, before, change, pairs, changes)
    if suspect is not None:
        number, told, arithmetic = suspect
        found.append(
            Finding(
                f"misprint.{number.id}",
                MISPRINT,
                (number,),
                f"impossible beside the others; possible: {told}",
                arithmetic,
                "impossible",
                possible=told,
                condition=found[0].condition,
                finding=base,
            )
        )
    return found


def _hull(intervals: list[Interval | None]) -> Interval | None:
    ends = [one for one in intervals if one is not None]
    return (min(one[0] for one in ends), max(one[1] for one in ends)) if ends else None


def _at_most(missing: int | None, n: int) -> str:
    if missing is None:
        return f"or up to {n // 2} of them missing at the later one"
    return "none missing" if missing == 1 else f"or at most {missing - 1} missing at the later one"


def _suspect(
    visit: Moments, before: Moments, change: Moments, pairs: Pairs, changes: list[Moments]
) -> tuple[PublishedNumber, str, str] | None:
    """Which of the two numbers of the percent change to doubt: the one that must move least.

    The mean and the SD of the score are what the percent change is computed from, so they are taken
    as given. Moves are counted in standard errors of the statistic (SD / sqrt(n), SD / sqrt(2 n)).
    """
    of_means = 100 * (1 - visit.mean.numeric / before.mean.numeric)
    others = [
        one.sd.numeric
        for one in changes
        if one.mean.variable == change.mean.variable
        and one.mean.table == change.mean.table
        and one.mean.visit != change.mean.visit
    ]
    usual = float(np.median(others)) if others else change.sd.numeric
    spread = change.sd.numeric or 1.0
    options = []
    either = [replace(pairs, lost=lost) for lost in (1, 0)]
    for number, allowed, near, unit in (
        (
            change.mean,
            _hull([one.means_of_change() for one in either]),
            of_means,
            spread / np.sqrt(pairs.n),
        ),
        (
            change.sd,
            _hull([one.sds_of_change() for one in either]),
            usual,
            spread / np.sqrt(2 * pairs.n),
        ),
    ):
        if allowed is None:
            continue
        move = max(allowed[0] - number.numeric, number.numeric - allowed[1], 0.0) / unit
        edits = [
            one for one in one_digit_away(number.value) if allowed[0] <= float(one) <= allowed[1]
        ]
        told = f"{allowed[0]:.2f} to {allowed[1]:.2f}"
        if edits:
            nearest = edits[int(np.argmin([abs(float(one) - near) for one in edits]))]
            told += f"; one digit away and nearest to {near:.2f}: {nearest}"
        name = "the mean" if number is change.mean else "the SD"
        meaning = (
            "change of the means" if number is change.mean else "median SD of the other visits"
        )
        arithmetic = (
            f"with the other five as printed {name} of the percent change can be {allowed[0]:.2f} to "
            f"{allowed[1]:.2f}, {move:.2f} standard errors away; {meaning} {near:.2f}"
        )
        options.append((move, number, told, arithmetic))
    if not options:
        return None
    _, number, told, arithmetic = min(options, key=lambda one: one[0])
    return number, told, arithmetic
