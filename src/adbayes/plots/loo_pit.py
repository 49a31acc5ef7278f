"""Whether observations fall where the others predict them: LOO-PIT by visit, less the uniform."""

import math

import pandas as pd
from matplotlib.figure import Figure

from adbayes.plots import style

_ACROSS = 4


def loo_pit(curves: pd.DataFrame, *, label: str, title: str = "LOO-PIT by visit") -> Figure:
    """Draw the empirical distribution of PIT values less the uniform, within its band.

    Parameters
    ----------
    curves : DataFrame
        visit, x (0 to 1), difference, low, high, evidence; `n` goes into the panel titles and the
        footer. One panel a visit, in the order of the rows.
    label : str
        Which data the figure shows, for the footer.
    title : str, default "LOO-PIT by visit"
        Above the panels.

    Returns
    -------
    Figure
        Two journal columns wide. A curve above 0 on the left: more low values than predicted. What
        leaves the band has another colour.

    Raises
    ------
    DataError
        A column is absent or the table is empty.
    """
    needed = ["visit", "x", "difference", "low", "high", "evidence"]
    style.require(curves, needed, "loo_pit")
    groups = list(curves.groupby("visit", sort=False))
    across = min(len(groups), _ACROSS)
    down = math.ceil(len(groups) / across)
    figure = style.blank(style.TWO_COLUMNS, 1.1 + 1.8 * down, title)
    panels = figure.subplots(down, across, squeeze=False, sharey=True).ravel()
    for ax, (_, rows) in zip(panels, groups, strict=False):
        style.plain(ax)
        visit = str(rows["visit"].iloc[0])
        x, difference, low, high = (
            rows[name].to_numpy(float) for name in ("x", "difference", "low", "high")
        )
        ax.fill_between(
            x, low, high, color=style.SKY, alpha=0.35, linewidth=0, label="95 % simultaneous band"
        )
        ax.axhline(0, color=style.GREY, linewidth=0.6)
        ax.plot(x, difference, color=style.BLACK, linewidth=1, label="LOO-PIT", gid="curve")
        outside = (difference < low) | (difference > high)
        ax.plot(
            x[outside],
            difference[outside],
            ".",
            color=style.VERMILLION,
            ms=4,
            label="outside the band",
            gid="outside",
        )
        n = f", n = {int(rows['n'].iloc[0])}" if "n" in rows else ""
        ax.set_title(f"week {visit}{n}" if visit else f"all{n}", fontsize=style.TEXT)
        ax.set_xlabel("PIT", fontsize=style.SMALL)
    panels[0].set_ylabel("ECDF less uniform", fontsize=style.SMALL)
    for ax in panels[len(groups) :]:
        ax.remove()
    style.legend(figure, panels[0])
    return style.sign(figure, curves, label, "loo_pit")
