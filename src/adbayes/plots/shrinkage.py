"""Effects of one table, each alone and all under one scale: how far every one is drawn in."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from adbayes.errors import DataError
from adbayes.plots import style

ALONE, TOGETHER = "Alone", "Partially pooled"
"""Values of `series`."""

_LOOKS = {ALONE: (-0.17, style.GREY, "o", "white"), TOGETHER: (0.17, style.BLUE, "o", style.BLUE)}
_TICKS = [0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0]
_NEEDED = ("group", "term_label", "series", "estimate", "ci_low", "ci_high", "evidence")
_HEAD = 0.9  # rows that the name of a group takes


def shrinkage(
    rows: pd.DataFrame,
    *,
    label: str,
    title: str,
    quantity: str,
    ratio: bool,
    decimals: int = 2,
) -> Figure:
    """Draw the posterior of every effect alone and after partial pooling, in named groups.

    Parameters
    ----------
    rows : DataFrame
        group, term_label (unique in its group), series (`ALONE` or `TOGETHER`), estimate, ci_low,
        ci_high, evidence; n if there is one. Groups and terms are drawn in the order of the rows.
    label : str
        Which data the figure shows, for the footer.
    title : str
        Above the panel.
    quantity : str
        Name of the axis.
    ratio : bool
        Whether no effect is 1 and the axis logarithmic (within 0.01 to 100); otherwise it is 0.
    decimals : int, default 2
        Of the numbers beside the panel.

    Returns
    -------
    Figure
        Two journal columns wide. An interval beyond the axis ends in an arrow.

    Raises
    ------
    DataError
        A column is absent, there are no rows, a series has another name or a term twice, or a ratio
        is not positive.
    """
    style.require(rows, _NEEDED, "shrinkage")
    unknown = sorted(set(rows["series"]) - set(_LOOKS))
    if unknown:
        raise DataError(
            f"shrinkage: series is {', '.join(unknown)}; it must be {ALONE} or {TOGETHER}."
        )
    if rows.duplicated(["group", "term_label", "series"]).any():
        raise DataError("shrinkage: a term has two rows of one series; give each once.")
    numbers = rows[["estimate", "ci_low", "ci_high"]].to_numpy(float)
    if ratio and (numbers <= 0).any():
        raise DataError("shrinkage: a ratio is not positive; exponentiate log odds before drawing.")
    places = _places(rows)
    last = max(places.values())
    figure = style.blank(style.TWO_COLUMNS, 1.1 + 0.215 * (last + 1), title)
    ax, text = figure.subplots(1, 2, sharey=True, gridspec_kw={"width_ratios": [1.05, 1]})
    style.plain(ax)
    low, high = _limits(numbers, ratio)
    if ratio:
        ax.set_xscale("log")
        inside = [tick for tick in _TICKS if low <= tick <= high]
        ax.set_xticks(inside, [f"{tick:g}" for tick in inside])
        ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlim(low, high)
    ax.axvline(float(ratio), color=style.GREY, linewidth=0.8, zorder=0, gid="null")
    _heads(text, rows, places)
    for column, name in enumerate(_LOOKS):
        drawn = rows[rows["series"] == name]
        for row in drawn.to_dict("records"):
            _draw(ax, row, places[row["group"], row["term_label"]], name, ratio)
            text.text(
                column,
                places[row["group"], row["term_label"]],
                _printed(row, decimals),
                fontsize=style.SMALL,
                va="center",
                in_layout=False,  # or the panel would be narrowed by the words
            )
        _, colour, marker, fill = _LOOKS[name]
        key: dict[str, Any] = {"marker": marker, "color": colour, "mfc": fill, "mec": colour}
        ax.plot([], [], ms=4, linewidth=1.1, label=f"{name}: median, 95 % interval", **key)
    ax.set_yticks([places[key] for key in places], [term for _, term in places])
    ax.tick_params(axis="y", length=0)
    for group, at in _group_places(places).items():
        ax.text(
            -0.02,
            at,
            group,
            transform=ax.get_yaxis_transform(),
            fontsize=style.SMALL,
            weight="bold",
            ha="right",
            va="center",
            gid="group",
        )
    ax.set_ylim(last + 0.6, -1.2)
    ax.set_xlabel(quantity, fontsize=style.TEXT)
    text.set_xlim(0, len(_LOOKS))
    text.axis("off")
    style.legend(figure, ax, columns=2)
    return style.sign(figure, rows, label, "shrinkage")


def _places(rows: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Group and term to height, with room above each group for its name."""
    places: dict[tuple[str, str], float] = {}
    at = 0.0
    for group, mine in rows.groupby("group", sort=False):
        at += _HEAD
        for term in mine["term_label"].unique():
            places[str(group), str(term)] = at
            at += 1.0
    return places


def _group_places(places: dict[tuple[str, str], float]) -> dict[str, float]:
    first: dict[str, float] = {}
    for (group, _), at in places.items():
        first.setdefault(group, at - _HEAD)
    return first


def _heads(text: Axes, rows: pd.DataFrame, places: dict[tuple[str, str], float]) -> None:
    for column, name in enumerate(_LOOKS):
        if (rows["series"] == name).any():
            text.text(
                column,
                -0.85,
                name,
                fontsize=style.SMALL,
                weight="bold",
                va="center",
                in_layout=False,
            )


def _limits(numbers: np.ndarray, ratio: bool) -> tuple[float, float]:
    if ratio:
        values = np.clip(numbers, _TICKS[0], _TICKS[-1])
        below = [tick for tick in _TICKS if tick <= min(values.min(), 0.3)]
        above = [tick for tick in _TICKS if tick >= max(values.max(), 3.0)]
        return below[-1], above[0]
    room = 0.04 * (numbers.max() - numbers.min())
    return min(numbers.min() - room, -room), max(numbers.max() + room, room)


def _draw(ax: Axes, row: dict[Any, Any], at: float, name: str, ratio: bool) -> None:
    shift, colour, marker, fill = _LOOKS[name]
    low, high = ax.get_xlim()
    y = at + shift
    start, end = (float(np.clip(row[side], low, high)) for side in ("ci_low", "ci_high"))
    ax.plot([start, end], [y, y], color=colour, linewidth=1.1, zorder=2, gid=f"interval:{name}")
    for beyond, edge, arrow in (
        (row["ci_low"] < low, low, "<"),
        (row["ci_high"] > high, high, ">"),
    ):
        if beyond:
            ax.plot(edge, y, arrow, color=colour, ms=3.5, clip_on=False, gid="arrow")
    if low <= row["estimate"] <= high:
        ax.plot(
            row["estimate"], y, marker, mfc=fill, mec=colour, ms=4, zorder=3, gid=f"estimate:{name}"
        )


def _printed(row: dict[Any, Any], decimals: int) -> str:
    def short(value: float) -> str:
        # A ratio far from 1 is told by its first digits.
        return f"{value:.{decimals}f}" if abs(value) < 100 else f"{value:.0f}"

    shown = [short(float(row[name])) for name in ("estimate", "ci_low", "ci_high")]
    return f"{shown[0]} [{shown[1]}, {shown[2]}]".replace("-", "−")
