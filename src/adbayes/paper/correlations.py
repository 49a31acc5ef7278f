"""Printed correlations: whether they can be one matrix, and the p of each."""

from itertools import combinations
from math import atanh, sqrt, tanh

import numpy as np
from scipy import stats

from adbayes.paper.findings import Finding
from adbayes.paper.ledger import Ledger
from adbayes.paper.published import PublishedNumber

Z95 = float(stats.norm.ppf(0.975))


def p_of(r: float, n: int) -> float:
    """Two-sided p of a correlation of normal pairs against 0.

    Parameters
    ----------
    r : float
        Within -1 and 1.
    n : int
        Pairs, at least 3.

    Returns
    -------
    float
        Of t = r sqrt((n - 2) / (1 - r^2)) on n - 2 degrees of freedom.
    """
    if abs(r) >= 1:
        return 0.0
    return float(2 * stats.t.sf(abs(r) * sqrt((n - 2) / (1 - r * r)), n - 2))


def smallest_eigenvalue(pairs: dict[frozenset[str], float]) -> float | None:
    """The smallest eigenvalue of a correlation matrix.

    Parameters
    ----------
    pairs : dict of frozenset to float
        Correlations by the two names.

    Returns
    -------
    float or None
        None where some pair of the names has none.
    """
    found = _eigenvalues(pairs)
    return None if found is None else float(found[0])


def correlations(ledger: Ledger) -> list[Finding]:
    """Every printed correlation, and every matrix of them.

    Parameters
    ----------
    ledger : Ledger
        The printed numbers; the variable of a correlation reads ``a~b``.

    Returns
    -------
    list of Finding
        A matrix is impossible where no correlations within the rounding make it positive
        semi-definite. A correlation alone is impossible beyond 1.
    """
    found = []
    matrices: dict[tuple[str, int | None, str], list[PublishedNumber]] = {}
    for one in ledger.of_statistic("correlation"):
        if one.variable.count("~") == 1:
            matrices.setdefault((one.table, one.visit, one.group), []).append(one)
        n = one.denominator or ledger.sample_size
        if n is not None and n > 3:
            found.append(_single(one, n))
    for (table, _, _), numbers in matrices.items():
        found += _matrix(table, numbers)
    return found


def _eigenvalues(pairs: dict[frozenset[str], float]) -> list[float] | None:
    names = sorted({name for pair in pairs for name in pair})
    if any(frozenset(pair) not in pairs for pair in combinations(names, 2)):
        return None
    matrix = np.array([[1.0 if a == b else pairs[frozenset((a, b))] for b in names] for a in names])
    return [float(one) for one in np.linalg.eigvalsh(matrix)]


def _single(one: PublishedNumber, n: int) -> Finding:
    r = one.numeric
    if min(abs(end) for end in one.interval) > 1:
        return Finding(
            f"correlation.{one.id}",
            "correlation",
            (one,),
            "beyond 1",
            f"|{one.value}| > 1",
            "impossible",
            possible="-1 to 1",
            condition="none",
        )
    inside = min(max(r, -1 + 1e-12), 1 - 1e-12)
    low, high = (tanh(atanh(inside) + sign * Z95 / sqrt(n - 3)) for sign in (-1, 1))
    return Finding(
        f"correlation.{one.id}",
        "correlation",
        (one,),
        f"p = {p_of(r, n):.4g}; 95 % interval {low:.2f} to {high:.2f}",
        f"t = r sqrt((n-2)/(1-r^2)) with n = {n}; interval by Fisher's z",
        condition=f"{n} pairs, normal",
    )


def _matrix(table: str, numbers: list[PublishedNumber]) -> list[Finding]:
    pairs = {frozenset(one.variable.split("~")): one.numeric for one in numbers}
    values = _eigenvalues(pairs) if len(numbers) > 2 else None
    if values is None:
        return []
    # Weyl: rounding moves an eigenvalue by no more than the largest row sum of its errors.
    half = max((one.interval[1] - one.interval[0]) / 2 for one in numbers)
    room = half * (len(values) - 1)
    told = ", ".join(f"{one:.3f}" for one in values)
    impossible = values[0] < -room - 1e-12
    return [
        Finding(
            f"correlation_matrix.{table}",
            "positive definite",
            tuple(numbers),
            f"eigenvalues {told}",
            f"smallest eigenvalue {values[0]:.3f}; rounding moves it by at most {room:.3g}",
            "impossible" if impossible else "consistent",
            possible="a smallest eigenvalue of at least 0" if impossible else "",
            condition="all correlations of the same patients",
        )
    ]
