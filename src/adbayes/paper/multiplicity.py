"""Which p values of a table stay below 0.05 once all of its tests are counted."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from adbayes.paper.findings import Finding
from adbayes.paper.ledger import Ledger, base_of
from adbayes.paper.published import PublishedNumber

LEVEL = 0.05


def holm(p: ArrayLike) -> NDArray[np.float64]:
    """Holm's adjusted p values (1979, Scand J Stat 6:65-70).

    Parameters
    ----------
    p : array_like
        One-dimensional, each within 0 and 1.

    Returns
    -------
    numpy.ndarray
        In the same order; at most 1.
    """
    values = np.asarray(p, dtype=float)
    order = np.argsort(values, kind="stable")
    steps = values[order] * (len(values) - np.arange(len(values)))
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted


def multiplicity(ledger: Ledger) -> list[Finding]:
    """Every table with at least two p values that are numbers.

    Parameters
    ----------
    ledger : Ledger
        The printed numbers; a p printed as "< 0.001" counts as 0.001, a star alone does not count.

    Returns
    -------
    list of Finding
        Three a table: Bonferroni, Holm, and Benjamini and Hochberg (1995,
        doi:10.1111/j.2517-6161.1995.tb02031.x). They say what is kept and are always consistent.
    """
    tables: dict[str, list[PublishedNumber]] = {}
    for one in ledger.of_statistic("p_value"):
        if one.table.startswith("table") and any(letter.isdigit() for letter in one.value):
            tables.setdefault(one.table, []).append(one)
    return [
        finding
        for table, numbers in tables.items()
        if len(numbers) > 1
        for finding in _of(table, numbers)
    ]


def _of(table: str, numbers: list[PublishedNumber]) -> list[Finding]:
    p = np.array([one.numeric for one in numbers])
    methods = {
        "bonferroni": np.minimum(p * len(p), 1),
        "holm": holm(p),
        "bh": np.asarray(stats.false_discovery_control(p, method="bh"), dtype=float),
    }
    below = int((p < LEVEL).sum())
    names = [base_of(one.id).removeprefix(f"{table}.") for one in numbers]
    bounds = "; bounds entered as themselves" if any(one.bound for one in numbers) else ""
    found = []
    for method, adjusted in methods.items():
        kept = [name for name, one in zip(names, adjusted, strict=True) if one < LEVEL]
        near = [
            f"{names[k]} {adjusted[k]:.3f}" for k in np.argsort(p, kind="stable") if p[k] < LEVEL
        ]
        found.append(
            Finding(
                f"multiplicity.{table}.{method}",
                "multiplicity",
                tuple(numbers),
                f"kept: {', '.join(kept) or 'none'}",
                f"adjusted: {', '.join(near) or 'none below ' + str(LEVEL)}{bounds}",
                condition=f"the {len(p)} tests of the table are one family",
                printed=f"{below} of {len(p)} below {LEVEL}",
            )
        )
    return found
