"""Numbers as a reader should see them: no digit that simulation or print does not support."""

import math

SCORE_DECIMALS, RATIO_DECIMALS = 2, 3
"""What the paper prints for scores and for odds ratios; no table prints more."""


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
        With a true minus sign and thousands separated by a thin space.
    """
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    shown = f"{value:,.{decimals}f}".replace(",", "\u2009")
    if float(shown.replace("\u2009", "")) == 0:
        shown = shown.lstrip("-")
    return shown.replace("-", "−")


def interval(middle: float, low: float, high: float, decimals: int) -> str:
    """An estimate and its interval.

    Parameters
    ----------
    middle, low, high : float
        Estimate and ends.
    decimals : int
        Digits after the point.

    Returns
    -------
    str
        ``2.35 [1.04, 5.48]``.
    """
    if math.isnan(middle):
        return "–"
    return f"{number(middle, decimals)} [{number(low, decimals)}, {number(high, decimals)}]"


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
        return "–"
    if value > 0.9995:
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
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
