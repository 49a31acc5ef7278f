"""Numbers as a reader should see them: no digit that simulation or print does not support."""

import math
from collections.abc import Mapping
from typing import Any

SCORE_DECIMALS, RATIO_DECIMALS = 2, 3
"""What the paper prints for scores and for odds ratios; no table prints more."""

ABSENT = "–"
"""Where there is no number."""


def supported(mcse: float, most: int = SCORE_DECIMALS) -> int:
    """How many decimals Monte Carlo error leaves.

    Parameters
    ----------
    mcse : float
        Monte Carlo standard error; NaN where nothing was sampled.
    most : int, optional
        Never more than this.

    Returns
    -------
    int
        From 0 to `most`: the last digit is worth at least two standard errors.
    """
    if math.isnan(mcse) or mcse <= 0:
        return most
    return min(most, max(0, math.floor(-math.log10(2 * mcse))))


def number(value: float, decimals: int) -> str:
    """A value with a fixed number of decimals.

    Parameters
    ----------
    value : float
        Any; NaN gives a dash.
    decimals : int
        Digits after the point.

    Returns
    -------
    str
        With a true minus sign and thousands separated by a narrow space that no line breaks at.
    """
    if math.isnan(value):
        return ABSENT
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    shown = f"{value:,.{decimals}f}".replace(",", "\u202f")
    if float(shown.replace("\u202f", "")) == 0:
        shown = shown.lstrip("-")
    return shown.replace("-", "−")


def interval(
    row: Mapping[Any, Any], decimals: int, *, middle: str = "mean", factor: float = 1.0
) -> str:
    """An estimate and its interval.

    Parameters
    ----------
    row : mapping
        With the estimate, `ci_low` and `ci_high`.
    decimals : int
        Digits after the point.
    middle : str, optional
        Which estimate: mean, median or estimate.
    factor : float, optional
        Multiplies all three: 100 for shares in percent.

    Returns
    -------
    str
        ``2.35 [1.04, 5.48]``; a dash where there is no estimate.
    """
    if math.isnan(row[middle]):
        return ABSENT
    shown, low, high = (
        number(factor * row[name], decimals) for name in (middle, "ci_low", "ci_high")
    )
    return f"{shown} [{low}, {high}]"


def ratio(value: float, digits: int = 2, null: float = 1.0) -> str:
    """A ratio with significant digits, never rounded to or across its null.

    Parameters
    ----------
    value : float
        Above 0; NaN gives a dash.
    digits : int, optional
        Significant digits, 2 or more.
    null : float, optional
        The value of no effect.

    Returns
    -------
    str
        ``0.29``, ``1.7``, ``19``; more digits where fewer would say 1 of what is not.
    """
    if math.isnan(value) or math.isinf(value) or value <= 0:
        return number(value, 0)
    decimals = max(0, digits - 1 - math.floor(math.log10(value)))
    while decimals < 6:
        rounded = round(value, decimals)
        if value == null or (rounded - null) * (value - null) > 0:
            break
        decimals += 1
    return number(value, decimals)


def ratio_interval(row: Mapping[Any, Any], middle: str, digits: int = 2) -> str:
    """A ratio and its interval.

    Parameters
    ----------
    row : mapping
        With the estimate, `ci_low` and `ci_high`.
    middle : str
        Which estimate: median or mean.
    digits : int, optional
        Significant digits of each.

    Returns
    -------
    str
        ``1.7 [0.29, 10]``.
    """
    shown, low, high = (ratio(float(row[name]), digits) for name in (middle, "ci_low", "ci_high"))
    return f"{shown} [{low}, {high}]"


def probability(value: float, decimals: int = 2) -> str:
    """A posterior probability.

    Parameters
    ----------
    value : float
        From 0 to 1.
    decimals : int, optional
        Digits; a third is given where the second would say 1.00.

    Returns
    -------
    str
        ``> 0.999`` rather than 1.
    """
    if math.isnan(value):
        return ABSENT
    if value >= 0.9995:
        return "> 0.999"
    return f"{value:.{3 if value >= 0.99 else decimals}f}"


def p_value(value: float) -> str:
    """A p value.

    Parameters
    ----------
    value : float
        From 0 to 1.

    Returns
    -------
    str
        Three decimals, ``< 0.001`` below them.
    """
    if math.isnan(value):
        return ABSENT
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def tail_area(value: float) -> str:
    """A share of replicates.

    Parameters
    ----------
    value : float
        From 0 to 1.

    Returns
    -------
    str
        Three decimals, ``< 0.001`` and ``> 0.999`` beyond them: of finitely many replicates, none is
        not never.
    """
    if math.isnan(value):
        return ABSENT
    return "> 0.999" if value > 0.999 else p_value(value)
