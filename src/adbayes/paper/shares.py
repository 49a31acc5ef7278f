"""Shares beyond a threshold beside the mean and SD of what is cut: what any shape allows.

By Cantelli's inequality a share P(X >= t) is at most s^2 / (s^2 + (t - m)^2) where t lies above the
mean, and at least 1 minus that with t below it.
"""

import re
from collections.abc import Callable
from math import ceil, floor, log, sqrt
from typing import Any

from scipy import stats

from adbayes.paper.findings import Finding
from adbayes.paper.grids import Moments, moments
from adbayes.paper.ledger import Ledger, base_of
from adbayes.paper.percent import counts_of, joint_denominators
from adbayes.paper.published import PublishedNumber

Interval = tuple[float, float]

_RESPONDER = re.compile(r"([a-z_]+?)_?(\d{2})")
_CUT = re.compile(r"([<>≤≥])\s*(\d+(?:\.\d+)?)")
_SLACK = 1e-9


def shares_of_any_shape(mean: float, sd: float, cut: float) -> Interval:
    """The shares at or above a cut that a mean and SD allow.

    Parameters
    ----------
    mean, sd : float
        Of the whole group, the SD with divisor n; sd >= 0.
    cut : float
        The threshold.

    Returns
    -------
    tuple of (float, float)
        Lowest and highest, within 0 and 1.
    """
    if sd == 0:
        share = float(mean >= cut)
        return share, share
    tail = sd * sd / (sd * sd + (cut - mean) ** 2)
    return (1 - tail, 1.0) if cut <= mean else (0.0, tail)


def shares(ledger: Ledger) -> list[Finding]:
    """Responders beside percent changes, and the sizes of groups that a threshold makes.

    Parameters
    ----------
    ledger : Ledger
        The printed numbers. A variable such as ``easi75`` is the share whose percent change of
        ``easi`` is at least 75; a pair of group sizes such as "LDH < 250" and "LDH >= 250" cuts the
        variable whose mean and SD are printed at that visit.

    Returns
    -------
    list of Finding
        Inconsistent where no shape has the share beside the mean and SD.
    """
    return _responders(ledger) + _cuts(ledger)


def _responders(ledger: Ledger) -> list[Finding]:
    changes = {
        (one.mean.variable, one.mean.visit): one for one in moments(ledger, "pct_change_mean")
    }
    groups: dict[tuple[str, int | None], list[tuple[PublishedNumber, float]]] = {}
    for one in ledger.of_statistic("percent"):
        named = _RESPONDER.fullmatch(one.variable)
        placed = one.table.startswith(("table", "fig")) and not one.group
        if named and placed and (named.group(1), one.visit) in changes:
            groups.setdefault((named.group(1), one.visit), []).append((one, float(named.group(2))))
    every = [pair[0].interval for pairs in groups.values() for pair in pairs]
    sizes = joint_denominators(every, ledger.sample_size or 0)
    found = []
    for key, pairs in groups.items():
        own = [one.denominator for one, _ in pairs]
        n = own[0] if own[0] and len(set(own)) == 1 else sizes[-1] if sizes else None
        change = changes[key]
        if n is not None and change.sd.numeric > 0 and change.mean.numeric < 100:
            found.append(_responder(change, pairs, n))
    return found


def _responder(change: Moments, pairs: list[tuple[PublishedNumber, float]], n: int) -> Finding:
    left = 1 - change.mean.numeric / 100
    spread = change.sd.numeric / 100
    normal = stats.norm(left, spread)
    laws: dict[str, Callable[[float], float]] = {
        "normal": normal.cdf,
        "gamma": stats.gamma((left / spread) ** 2, scale=spread**2 / left).cdf,
        "lognormal": _lognormal(left, spread).cdf,
    }
    size = left * (1 - left) / spread**2 - 1
    if size > 0:
        laws["beta"] = stats.beta(left * size, (1 - left) * size).cdf
    fits = []
    possible, bad = [], False
    for one, cut in pairs:
        counts = counts_of(one.interval, n)
        low, high = _counts_allowed(change, cut, n)
        possible.append(f"{one.variable} {low} to {high}")
        bad |= not any(low <= count <= high for count in counts)
    for name, law in laws.items():
        told = []
        for one, cut in pairs:
            share = float(law(1 - cut / 100))
            count = round(one.numeric * n / 100)
            told.append(f"{n * share:.1f} (p {stats.binomtest(count, n, share).pvalue:.2g})")
        fits.append(f"{name} {', '.join(told)}")
    return Finding(
        f"responders.{base_of(change.mean.id)}",
        "responders beside the mean and SD of the percent change",
        (*(one for one, _ in pairs), change.mean, change.sd),
        f"expected of {n}: " + "; ".join(fits),
        f"fraction left: mean {left:.4f}, SD {spread:.4f}; any shape gives {', '.join(possible)} of {n}",
        "inconsistent" if bad else "consistent",
        possible=", ".join(possible),
        condition=f"the share and the moments are of the same {n} patients",
    )


def _counts_allowed(printed: Moments, cut: float, n: int) -> tuple[int, int]:
    """Cantelli at the corners of the rounding box."""
    bounds = [
        shares_of_any_shape(mean, sd * sqrt((n - 1) / n), cut)
        for mean in printed.mean.interval
        for sd in printed.sd_interval
    ]
    low, high = min(one[0] for one in bounds), max(one[1] for one in bounds)
    return ceil(n * low - _SLACK), floor(n * high + _SLACK)


def _cuts(ledger: Ledger) -> list[Finding]:
    printed = {(one.mean.variable, one.mean.visit): one for one in moments(ledger)}
    pairs: dict[tuple[str, int | None], dict[bool, tuple[PublishedNumber, float]]] = {}
    for one in ledger.of_statistic("n"):
        named = _CUT.search(one.group)
        if named and (one.variable, one.visit) in printed:
            above = named.group(1) in ">≥"
            pairs.setdefault((one.variable, one.visit), {})[above] = one, float(named.group(2))
    found = []
    for key, groups in pairs.items():
        if len(groups) < 2 or groups[True][1] != groups[False][1]:
            continue
        (high, cut), (low, _) = groups[True], groups[False]
        measured = printed[key]
        n = int(high.numeric + low.numeric)
        count = int(high.numeric)
        mean, sd = measured.mean.numeric, measured.sd.numeric
        expected = {
            "normal": float(stats.norm(mean, sd).sf(cut)),
            "lognormal": float(_lognormal(mean, sd).sf(cut)),
        }
        told = ", ".join(
            f"{name} {share:.3f} (p {stats.binomtest(count, n, share).pvalue:.2g})"
            for name, share in expected.items()
        )
        least, most = _counts_allowed(measured, cut, n)
        found.append(
            Finding(
                f"share_above.{base_of(measured.mean.id)}",
                "groups of a threshold beside mean and SD",
                (low, high, measured.mean, measured.sd),
                told,
                f"{count}/{n} = {count / n:.3f} at or above {cut:g}; any shape gives {least} to {most}",
                "consistent" if least <= count <= most else "inconsistent",
                possible=f"{least} to {most} of {n}",
                condition="the groups and the moments are of the same patients",
                printed=f"{low.value} and {high.value}; {measured.text}",
            )
        )
    return found


def _lognormal(mean: float, sd: float) -> Any:
    shape = sqrt(log(1 + (sd / mean) ** 2))
    return stats.lognorm(shape, scale=mean / sqrt(1 + (sd / mean) ** 2))
