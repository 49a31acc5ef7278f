"""Each claim against the width of its prior, with the width at which it tips."""

import math
import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from adbayes.plots import style

_NEEDED = ["panel", "scale", "median", "ci_low", "ci_high", "null", "tipping", "evidence"]
_RATIOS = [0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0]
_SCALES = [0.01, 0.1, 1.0, 10.0, 100.0, 1000.0]
_FINER = [0.25, 0.5, 1.0, 2.0, 4.0]
_LONGEST = 24
"""Characters of a panel's name that fit on one line."""


def tipping(
    rows: pd.DataFrame,
    *,
    label: str,
    title: str = "Posterior median and 95 % interval against the SD of a prior centred at no effect",
    scale_name: str = "Prior SD of the log odds ratio",
    quantity: str = "Odds ratio",
    ratio: bool = True,
) -> Figure:
    """Draw a small panel a claim: its posterior over a range of priors.

    Parameters
    ----------
    rows : DataFrame
        panel (the claim's name), scale (prior SD, above 0), median, ci_low, ci_high, null, tipping (the
        scale below which the interval includes the null; NaN for none), evidence; n if there is one.
        Panels in the order of the rows.
    label : str
        Which data the figure shows, for the footer.
    title, scale_name, quantity : str, optional
        Texts.
    ratio : bool, default True
        Whether the quantity is drawn on a log axis.

    Returns
    -------
    Figure
        Four panels a row; the tipping scale is a vertical line with its number.

    Raises
    ------
    DataError
        A column is absent.
    """
    style.require(rows, _NEEDED, "tipping")
    panels = list(rows["panel"].unique())
    across = min(4, len(panels))
    down = math.ceil(len(panels) / across)
    figure = style.blank(style.TWO_COLUMNS, 1.0 + 1.35 * down, title)
    axes = figure.subplots(down, across, sharex=True, squeeze=False)
    for ax, panel in zip(axes.ravel(), panels, strict=False):
        _panel(ax, rows[rows["panel"] == panel].sort_values("scale"), ratio)
        name = textwrap.fill(panel, _LONGEST)
        ax.set_title(name, fontsize=style.SMALL, loc="left", pad=2)
    for ax in axes.ravel()[len(panels) :]:
        ax.remove()
    for ax in axes.ravel()[max(0, len(panels) - across) : len(panels)]:
        ax.tick_params(
            labelbottom=True
        )  # of each column the lowest panel, though the last row be short
        ax.set_xlabel(textwrap.fill(scale_name, _LONGEST), fontsize=style.SMALL)
    for ax in axes[:, 0]:
        ax.set_ylabel(quantity, fontsize=style.SMALL)
    if rows["tipping"].notna().any():
        words = "tipping SD: with any smaller one the interval includes no effect"
        axes[0, 0].plot([], [], color=style.VERMILLION, linewidth=1.0, linestyle="--", label=words)
        style.legend(figure, axes[0, 0])
    return style.sign(figure, rows, label, "tipping")


def _panel(ax: Axes, rows: pd.DataFrame, ratio: bool) -> None:
    style.plain(ax)
    ax.set_xscale("log")
    ax.set_xticks(_SCALES, [f"{t:g}" for t in _SCALES])
    ax.xaxis.set_minor_locator(NullLocator())
    scale = rows["scale"].to_numpy(float)
    ax.set_xlim(scale[0], scale[-1])
    low, high = rows["ci_low"].to_numpy(float), rows["ci_high"].to_numpy(float)
    null, tip = float(rows["null"].iloc[0]), float(rows["tipping"].iloc[0])
    if ratio:
        ax.set_yscale("log")
        low, high = np.maximum(low, _RATIOS[0]), np.minimum(high, _RATIOS[-1])
        wanted = _FINER if high.max() / low.min() < 30 else _RATIOS
        inside = [t for t in wanted if low.min() / 1.1 <= t <= high.max() * 1.1]
        ax.set_yticks(inside, [f"{t:g}" for t in inside])
        ax.yaxis.set_minor_locator(NullLocator())
    ax.axhline(null, color=style.GREY, linewidth=0.8, zorder=0, gid="null")
    ax.fill_between(scale, low, high, color=style.SKY, alpha=0.35, linewidth=0, gid="interval")
    ax.plot(scale, rows["median"], color=style.BLUE, linewidth=1.3, gid="median")
    if np.isfinite(tip):
        ax.axvline(tip, color=style.VERMILLION, linewidth=1.0, linestyle="--", gid="tipping")
        # On the side where there is room for it.
        left = tip > np.sqrt(scale[0] * scale[-1])
        ax.annotate(
            f"{tip:.2g}", (tip, 0.97), xycoords=("data", "axes fraction"),
            xytext=(-3 if left else 3, 0), textcoords="offset points", va="top",
            ha="right" if left else "left", fontsize=style.SMALL, color=style.VERMILLION,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.6},
        )  # fmt: skip
