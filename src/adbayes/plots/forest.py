"""Odds ratios with their intervals, the print beside what was refitted and what Bayes says."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from adbayes.errors import DataError
from adbayes.plots import style

_TICKS = [0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0]
_LOOKS = [
    (style.BLACK, "D"),
    (style.VERMILLION, "s"),
    (style.GREEN, "^"),
    (style.BLUE, "o"),
    (style.ORANGE, "v"),
    (style.PURPLE, "P"),
    (style.SKY, "X"),
]
_NEEDED = ["term_label", "series", "estimate", "ci_low", "ci_high", "flag", "evidence"]


def forest(
    rows: pd.DataFrame,
    *,
    label: str,
    title: str = "Odds ratios with 95 % intervals",
    quantity: str = "Odds ratio",
) -> Figure:
    """Draw ratios and intervals on a log axis, one row a term, one colour and marker a series.

    Parameters
    ----------
    rows : DataFrame
        term_label, series, estimate, ci_low, ci_high (ratios: 0 to infinity; a limit of 0 or
        infinity becomes an arrow, NaN is not drawn), flag (empty, or why the row is in doubt:
        drawn hollow and starred), evidence; n if there is one. Terms and series are drawn in the
        order of the rows, at most seven series; the first two are printed as numbers.
    label : str
        Which data the figure shows, for the footer.
    title : str, default "Odds ratios with 95 % intervals"
        States the coverage.
    quantity : str, default "Odds ratio"
        Name of the axis.

    Returns
    -------
    Figure
        Two journal columns wide; the axis never leaves 0.01 to 100.

    Raises
    ------
    DataError
        A column is absent, a ratio is negative, a series has a term twice, or there are more than
        seven series.
    """
    style.require(rows, _NEEDED, "forest")
    numbers = rows[["estimate", "ci_low", "ci_high"]].astype(float)
    terms, series = rows["term_label"].unique(), rows["series"].unique()
    if (numbers < 0).any(axis=None):
        raise DataError("forest: a ratio below 0; exponentiate log odds before they are drawn.")
    if rows.duplicated(["term_label", "series"]).any():
        twice = rows[rows.duplicated(["term_label", "series"])].iloc[0]
        raise DataError(f"forest: '{twice['term_label']}' has two rows of '{twice['series']}'.")
    if len(series) > len(_LOOKS):
        raise DataError(f"forest: {len(series)} series; at most {len(_LOOKS)} can be told apart.")
    low, high = _limits(numbers)
    printed = list(series[:2])
    figure = style.blank(style.TWO_COLUMNS, 1.2 + len(terms) * (0.1 + 0.13 * len(series)), title)
    ax, text = figure.subplots(
        1, 2, sharey=True, gridspec_kw={"width_ratios": [2.2, 0.95 * len(printed)]}
    )
    style.plain(ax)
    ax.set_xscale("log")
    ax.set_xlim(low, high)
    ax.axvline(1, color=style.GREY, linewidth=0.8, zorder=0, gid="null")
    for k, name in enumerate(series):
        drawn = rows[rows["series"] == name]
        shift = (k - (len(series) - 1) / 2) * 0.8 / len(series)
        at = [int(np.flatnonzero(terms == term)[0]) + shift for term in drawn["term_label"]]
        _series(ax, drawn, np.array(at), *_LOOKS[k])
        if name in printed:
            column = printed.index(name)
            text.text(column, -0.75, name, fontsize=style.SMALL, weight="bold", va="bottom")
            for term, row in zip(drawn["term_label"], drawn.itertuples(), strict=True):
                y = float(np.flatnonzero(terms == term)[0])
                text.text(column, y, _printed(row), fontsize=style.SMALL, va="center")
    ax.set_yticks(range(len(terms)), terms)
    ax.set_ylim(len(terms) - 0.4, -0.6)
    inside = [tick for tick in _TICKS if low <= tick <= high]
    ax.set_xticks(inside, [f"{tick:g}" for tick in inside])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlabel(f"{quantity} (log scale)", fontsize=style.TEXT)
    text.set_xlim(0, len(printed))
    text.axis("off")
    flagged = rows["flag"].fillna("").astype(str).str.len() > 0
    if flagged.any():
        ax.plot([], [], "o", mfc="white", mec="black", ms=4, label="hollow, *: flagged")
    style.legend(figure, ax, columns=5)
    return style.sign(figure, rows, label, "forest")


def _limits(numbers: pd.DataFrame) -> tuple[float, float]:
    values = numbers.to_numpy().ravel()
    values = np.r_[values[np.isfinite(values) & (values > 0)], 1 / 1.5, 1.5]
    below = [tick for tick in _TICKS if tick <= values.min()]
    above = [tick for tick in _TICKS if tick >= values.max()]
    return (below or _TICKS)[-1 if below else 0], (above or _TICKS)[0 if above else -1]


def _series(ax: Axes, drawn: pd.DataFrame, at: np.ndarray, colour: str, marker: str) -> None:
    low, high = ax.get_xlim()
    name = str(drawn["series"].iloc[0])
    numbers = drawn[["estimate", "ci_low", "ci_high"]].to_numpy(float)
    flags = drawn["flag"].fillna("").astype(str)
    for y, (estimate, start, end), flag in zip(at, numbers, flags, strict=True):
        if not math.isnan(start) and not math.isnan(end):
            ends = np.clip([start, end], low, high)
            ax.plot(ends, [y, y], color=colour, linewidth=1.1, gid=f"interval:{name}")
            for limit, edge, arrow, off in [
                (start, low, "<", start < low),
                (end, high, ">", end > high),
            ]:
                if off or math.isinf(limit):
                    ax.plot(edge, y, arrow, color=colour, ms=4, clip_on=False, gid="arrow")
        if low <= estimate <= high:
            fill = "white" if flag else colour
            ax.plot(estimate, y, marker, mfc=fill, mec=colour, ms=4, gid=f"estimate:{name}")
    ax.plot([], [], marker=marker, color=colour, ms=4, linewidth=1.1, label=name)


def _printed(row: object) -> str:
    def short(value: float) -> str:
        if math.isnan(value):
            return "NA"
        if math.isinf(value):
            return "∞"
        decimals = 3 if 0 < value < 0.1 else 2 if 0 < value < 100 else 0
        return f"{value:.{decimals}f}"

    estimate, low, high, flag = (
        getattr(row, name) for name in ("estimate", "ci_low", "ci_high", "flag")
    )
    star = " *" if isinstance(flag, str) and flag else ""
    return f"{short(float(estimate))} [{short(float(low))}, {short(float(high))}]{star}"
