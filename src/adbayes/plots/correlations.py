"""Correlations with their uncertainty: what was printed, and how far it pins the correlation down."""

import pandas as pd
from matplotlib.figure import Figure

from adbayes.plots import style
from adbayes.plots.intervals import intervals

_NEEDED = ["pair", "series", "estimate", "ci_low", "ci_high", "evidence"]


def correlations(
    rows: pd.DataFrame,
    *,
    label: str,
    title: str = "Correlations of scores at week 52",
) -> Figure:
    """Draw correlations of pairs of outcomes.

    Parameters
    ----------
    rows : DataFrame
        pair (its name), series (``Print``, or how it was computed), estimate, ci_low, ci_high (NaN for a
        printed number without an interval), evidence; panel (such as ``Partial correlation``) and n if
        there are any.
    label : str
        Which data the figure shows, for the footer.
    title : str, optional
        Text.

    Returns
    -------
    Figure
        A panel a kind of correlation, a row a pair, from -1 to 1.

    Raises
    ------
    DataError
        A column is absent or there are no rows.
    """
    style.require(rows, _NEEDED, "correlations")
    drawn = rows.rename(columns={"pair": "row_label"})
    if "panel" not in drawn:
        drawn = drawn.assign(panel="Correlation")
    return intervals(
        drawn,
        label=label,
        title=title,
        quantity="Correlation (posterior mean, 95 % interval)",
        limits=(-1, 1),
        null=0.0,
    )
