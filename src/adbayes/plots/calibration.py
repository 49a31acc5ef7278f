"""Whether predicted probabilities come true: the reliability diagram of a model of a response."""

import pandas as pd
from matplotlib.figure import Figure

from adbayes.plots import style


def calibration(table: pd.DataFrame, *, label: str, title: str = "Calibration") -> Figure:
    """Draw shares that came true against predicted probabilities.

    Parameters
    ----------
    table : DataFrame
        predicted, observed (0 or 1), calibrated, low, high (0 to 1), evidence; `n` goes to the
        footer.
    label : str
        Which data the figure shows, for the footer.
    title : str, default "Calibration"
        Above the panel.

    Returns
    -------
    Figure
        Two journal columns wide: the isotonic curve, its band were the predictions right, the
        diagonal, and a tick for each patient (above: responded).

    Raises
    ------
    DataError
        A column is absent or the table is empty.
    """
    needed = ["predicted", "observed", "calibrated", "low", "high", "evidence"]
    style.require(table, needed, "calibration")
    rows = table.sort_values("predicted", kind="stable")
    x = rows["predicted"].to_numpy(float)
    figure = style.blank(style.TWO_COLUMNS, 4.0, title)
    ax = style.plain(figure.subplots())
    ax.fill_between(
        x,
        rows["low"].to_numpy(float),
        rows["high"].to_numpy(float),
        color=style.SKY,
        alpha=0.35,
        linewidth=0,
        label="95 %, were the predictions right",
        gid="band",
    )
    ax.plot([0, 1], [0, 1], color=style.GREY, linewidth=0.7)
    calibrated = rows["calibrated"].to_numpy(float)
    ax.plot(x, calibrated, color=style.BLUE, linewidth=1.3, label="came true", gid="calibrated")
    for value, at in ((0.0, -0.02), (1.0, 1.02)):
        own = x[rows["observed"].to_numpy(float) == value]
        ax.plot(own, [at] * len(own), "|", color=style.BLACK, ms=5, mew=0.6, gid="patients")
    ax.set_xlim(-0.01, 1.01)
    ax.set_ylim(-0.05, 1.05)
    ax.set_xlabel("Predicted from the other patients", fontsize=style.TEXT)
    ax.set_ylabel("Share that responded", fontsize=style.TEXT)
    style.legend(figure, ax)
    return style.sign(figure, table, label, "calibration")
