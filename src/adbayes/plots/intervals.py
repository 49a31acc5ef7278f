"""Estimates with their intervals: a panel a question, a row a quantity, a colour a source."""

import math
import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from adbayes.errors import DataError
from adbayes.plots import style

_NEEDED = ["panel", "row_label", "series", "estimate", "ci_low", "ci_high", "evidence"]
_LOOKS = [
    (style.BLACK, "D"),
    (style.BLUE, "o"),
    (style.VERMILLION, "s"),
    (style.GREEN, "^"),
    (style.PURPLE, "v"),
    (style.ORANGE, "P"),
]
"""Colour and marker of each series, in order: told apart without colour too."""


def intervals(
    rows: pd.DataFrame,
    *,
    label: str,
    title: str,
    quantity: str,
    limits: tuple[float, float] | None = None,
    null: float | None = None,
    across: int = 2,
) -> Figure:
    """Draw estimates with intervals from several sources side by side.

    Parameters
    ----------
    rows : DataFrame
        panel, row_label, series, estimate, ci_low, ci_high (NaN for a number without an interval),
        evidence; n if there is one. Panels, rows and series in the order of the table; a row of one
        series and panel once.
    label : str
        Which data the figure shows, for the footer.
    title : str
        Above the panels.
    quantity : str
        Name of the horizontal axis, with its unit.
    limits : tuple of float, optional
        Of the axis.
    null : float, optional
        Where a line marks no effect.
    across : int, default 2
        Panels side by side.

    Returns
    -------
    Figure
        Two journal columns wide; numbers without an interval are hollow.

    Raises
    ------
    DataError
        A column is absent, there are no rows, more than six series, or a row twice.
    """
    style.require(rows, _NEEDED, "intervals")
    series = list(dict.fromkeys(rows["series"]))
    if len(series) > len(_LOOKS):
        raise DataError(
            f"intervals: {len(series)} series; at most {len(_LOOKS)} can be told apart."
        )
    if rows.duplicated(["panel", "row_label", "series"]).any():
        raise DataError("intervals: a row of one panel and series is given twice; give it once.")
    panels = list(dict.fromkeys(rows["panel"]))
    across = min(across, len(panels))
    down = math.ceil(len(panels) / across)
    high = max(rows[rows["panel"] == panel]["row_label"].nunique() for panel in panels)
    each = 0.12 + 0.1 * len(series)
    figure = style.blank(style.TWO_COLUMNS, 0.9 + down * (0.5 + each * high), title)
    axes = figure.subplots(down, across, sharex=limits is not None, squeeze=False)
    for ax, panel in zip(axes.ravel(), panels, strict=False):
        _panel(ax, rows[rows["panel"] == panel], series, null)
        ax.set_title(panel, fontsize=style.TEXT, loc="left", pad=3)
        if limits is not None:
            ax.set_xlim(*limits)
    for ax in axes.ravel()[len(panels) :]:
        ax.axis("off")
    for ax in axes.ravel()[max(0, len(panels) - across) : len(panels)]:
        ax.set_xlabel(textwrap.fill(quantity, 72 // across), fontsize=style.SMALL)
    for (colour, marker), name in zip(_LOOKS, series, strict=False):
        mine = rows[rows["series"] == name]
        sure = bool(mine[["ci_low", "ci_high"]].notna().all(axis=1).any())
        look = {"linestyle": "-", "color": colour} if sure else {"mfc": "white", "mec": colour}
        axes[0, 0].plot([], [], marker, ms=4, label=name, **look)
    style.legend(figure, axes[0, 0], columns=3)
    return style.sign(figure, rows, label, "intervals")


def _panel(ax: Axes, rows: pd.DataFrame, series: list[str], null: float | None) -> None:
    style.plain(ax)
    names = list(dict.fromkeys(rows["row_label"]))
    here = [name for name in series if (rows["series"] == name).any()]
    if null is not None:
        ax.axvline(null, color=style.GREY, linewidth=0.8, zorder=0, gid="null")
    for y in range(1, len(names), 2):
        ax.axhspan(y - 0.5, y + 0.5, color="0.96", zorder=-1, linewidth=0)
    for k, name in enumerate(here):
        colour, marker = _LOOKS[series.index(name)]
        shift = 0.72 * ((k + 0.5) / len(here) - 0.5)
        for row in rows[rows["series"] == name].to_dict("records"):
            at = names.index(row["row_label"]) + shift
            sure = bool(np.isfinite(row["ci_low"]) and np.isfinite(row["ci_high"]))
            if sure:
                ends = [row["ci_low"], row["ci_high"]]
                ax.plot(ends, [at, at], color=colour, linewidth=1.1, gid=f"interval:{name}")
            ax.plot(
                row["estimate"], at, marker, mec=colour, mfc=colour if sure else "white", ms=4,
                gid=f"estimate:{name}",
            )  # fmt: skip
    ax.set_yticks(range(len(names)), names, fontsize=style.SMALL)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
