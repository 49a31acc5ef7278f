"""Printed odds ratios that a reconstruction did not see, among those of every cohort."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from adbayes.plots import style

_TICKS = [0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0]
_PAPER, _COHORTS, _FIRST, _POOLED = (
    "Paper",
    "Other cohorts, maximum likelihood",
    "Cohort run in full, maximum likelihood",
    "Pooled posterior",
)
_INTERVALS = {_PAPER: (-0.27, style.BLACK, "D"), _POOLED: (0.27, style.BLUE, "o")}
_NEEDED = ("term_label", "series", "estimate", "ci_low", "ci_high", "evidence")
SERIES = (_PAPER, _COHORTS, _FIRST, _POOLED)
"""Values of `series`: the print, one maximum-likelihood estimate a cohort, that of the first, Bayes."""


def held_out(rows: pd.DataFrame, *, label: str, title: str) -> Figure:
    """Draw each predictor's printed odds ratio, the cohorts' estimates, and the pooled posterior.

    Parameters
    ----------
    rows : DataFrame
        term_label, series (of `SERIES`), estimate, ci_low, ci_high (ratios, 0 to infinity; limits
        are drawn for the paper and the posterior), evidence.
    label : str
        Which data the figure shows, for the footer.
    title : str
        Above the panel.

    Returns
    -------
    Figure
        Two journal columns wide, the axis within 0.01 to 100; an estimate beyond it is an arrow at
        its edge. Cohorts with estimates close together are darker.

    Raises
    ------
    DataError
        A column is absent, or there are no rows.
    """
    style.require(rows, _NEEDED, "held_out")
    terms = list(rows["term_label"].unique())
    figure = style.blank(style.TWO_COLUMNS, 1.2 + 0.48 * len(terms), title)
    ax = style.plain(figure.subplots())
    low, high = _limits(rows)
    ax.set_xscale("log")
    ax.set_xlim(low, high)
    ax.axvline(1, color=style.GREY, linewidth=0.8, zorder=0, gid="null")
    for name in SERIES:
        drawn = rows[rows["series"] == name]
        if drawn.empty:
            continue
        at = np.array([terms.index(term) for term in drawn["term_label"]], dtype=float)
        if name in _INTERVALS:
            _intervals(ax, drawn, at, name)
        else:
            _points(ax, drawn["estimate"].to_numpy(float), at, name)
    ax.set_yticks(range(len(terms)), terms)
    ax.set_ylim(len(terms) - 0.4, -0.6)
    inside = [tick for tick in _TICKS if low <= tick <= high]
    ax.set_xticks(inside, [f"{tick:g}" for tick in inside])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlabel("Odds ratio (log scale)", fontsize=style.TEXT)
    style.legend(figure, ax, columns=2)
    return style.sign(figure, rows, label, "held_out")


def _limits(rows: pd.DataFrame) -> tuple[float, float]:
    values = rows[["estimate", "ci_low", "ci_high"]].to_numpy(float).ravel()
    values = np.clip(values[np.isfinite(values) & (values > 0)], _TICKS[0], _TICKS[-1])
    low = max(tick for tick in _TICKS if tick <= min(values.min(), 0.3))
    high = min(tick for tick in _TICKS if tick >= max(values.max(), 3.0))
    return low, high


def _intervals(ax: Axes, drawn: pd.DataFrame, at: np.ndarray, name: str) -> None:
    shift, colour, marker = _INTERVALS[name]
    low, high = ax.get_xlim()
    for y, row in zip(at + shift, drawn.to_dict("records"), strict=True):
        ends = np.clip([row["ci_low"], row["ci_high"]], low, high)
        ax.plot(ends, [y, y], color=colour, linewidth=1.1, gid=f"interval:{name}")
        ax.plot(row["estimate"], y, marker, color=colour, ms=4, gid=f"estimate:{name}")
    ax.plot([], [], marker=marker, color=colour, ms=4, linewidth=1.1, label=name)


def _points(ax: Axes, values: np.ndarray, at: np.ndarray, name: str) -> None:
    first = name == _FIRST
    colour, marker = (style.VERMILLION, "s") if first else (style.SKY, "o")
    look: dict[str, Any] = {
        "color": colour,
        "ms": 4,
        "alpha": 1.0 if first else 0.6,
        "linestyle": "none",
    }
    low, high = ax.get_xlim()
    within = (values >= low) & (values <= high)
    ax.plot(values[within], at[within], marker=marker, gid=f"estimate:{name}", label=name, **look)
    for beyond, edge, arrow in ((values < low, low, "<"), (values > high, high, ">")):
        if beyond.any():
            ax.plot(
                np.full(beyond.sum(), edge),
                at[beyond],
                marker=arrow,
                clip_on=False,
                gid="arrow",
                **look,
            )
