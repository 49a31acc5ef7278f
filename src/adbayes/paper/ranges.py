"""Numbers that are impossible by themselves: a p above 1, a negative SD, a correlation beyond 1."""

from math import inf

from adbayes.paper.findings import Finding
from adbayes.paper.ledger import Ledger

RANGES: dict[str, tuple[float, float]] = {
    "p_value": (0, 1),
    "correlation": (-1, 1),
    "sd": (0, inf),
    "pct_change_sd": (0, inf),
    "odds_ratio": (0, inf),
    "ci_low": (0, inf),
    "ci_high": (0, inf),
    "count": (0, inf),
    "n": (0, inf),
    "pct_change_mean": (-inf, 100),
}
"""Lowest and highest value by statistic; intervals are those of odds ratios, and a percent change is
an improvement of a score that is not negative."""


def ranges(ledger: Ledger) -> tuple[Ledger, list[Finding]]:
    """Set aside the numbers that no data give, whatever stands beside them.

    Parameters
    ----------
    ledger : Ledger
        The printed numbers.

    Returns
    -------
    tuple of (Ledger, list of Finding)
        The ledger without them, for the checks that need possible numbers; and one impossible
        finding for each.
    """
    found = []
    for one in ledger:
        low, high = RANGES.get(one.statistic, (-inf, inf))
        if low <= one.numeric <= high:
            continue
        bounds = f"{low:g} to {high:g}".replace("-inf to", "at most").replace(" to inf", " or more")
        found.append(
            Finding(
                f"range.{one.id}",
                "range",
                (one,),
                "out of range",
                f"{one.numeric:g} is not {bounds}",
                "impossible",
                possible=bounds,
                condition=f"it is a {one.statistic}",
            )
        )
    wrong = {one.numbers[0].id for one in found}
    return Ledger({id: one for id, one in ledger.numbers.items() if id not in wrong}), found
