"""Whether data from the fitted model look like the data: each statistic where its replicates fall."""

import math
import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from adbayes.plots import style

_ACROSS = 3
_COUNTS = ("patients", "rules met")
_COMMON = ("correlation",)
"""Units whose panels are compared, and so have one scale."""


def posterior_predictive(
    checks: pd.DataFrame, *, label: str, title: str = "Posterior predictive checks"
) -> Figure:
    """Draw the interval of each replicated statistic by visit, and the observed value in it.

    Parameters
    ----------
    checks : DataFrame
        statistic, visit (empty for the whole follow-up), observed, replicated_low,
        replicated_high, evidence; `replicated_median` is drawn, `outcome` and `unit` name the
        panels and axes, `tick` the points in place of the visits, with `axis` for what they are, and
        `n` goes to the footer, where present. One panel a statistic (and
        outcome), in the order of the rows. With a column `group` the rows of a statistic are lines
        of one wide panel, named by their group, instead of points over the visits.
    label : str
        Which data the figure shows, for the footer.
    title : str, default "Posterior predictive checks"
        Above the panels.

    Returns
    -------
    Figure
        Two journal columns wide, three panels a row; an observed value outside its interval has
        another colour and marker.

    Raises
    ------
    DataError
        A column is absent or the table is empty.
    """
    needed = ["statistic", "visit", "observed", "replicated_low", "replicated_high", "evidence"]
    style.require(checks, needed, "posterior_predictive")
    if "group" in checks:
        return _by_group(checks, label, title)
    keys = ["outcome", "statistic"] if "outcome" in checks else ["statistic"]
    groups = list(checks.groupby(keys, sort=False, observed=True, dropna=False))
    across = 2 if len(groups) == 4 else min(len(groups), _ACROSS)
    down = math.ceil(len(groups) / across)
    figure = style.blank(style.TWO_COLUMNS, 1.0 + 1.8 * down, title)
    panels = figure.subplots(down, across, squeeze=False).ravel()
    named = "tick" in checks
    axis = str(checks["axis"].iloc[0]) if named else "Weeks since the first dose"
    for ax in panels[max(0, len(groups) - across) : len(groups)]:  # the lowest of each column
        ax.set_xlabel(textwrap.fill(axis, 32), fontsize=style.SMALL)
    for ax, (_, rows) in zip(panels, groups, strict=False):
        at = np.arange(len(rows))
        low, high = rows["replicated_low"].to_numpy(float), rows["replicated_high"].to_numpy(float)
        observed = rows["observed"].to_numpy(float)
        style.plain(ax)
        ax.vlines(at, low, high, color=style.SKY, linewidth=5, alpha=0.7, gid="replicated")
        if "replicated_median" in rows:
            median = rows["replicated_median"].to_numpy(float)
            ax.plot(at, median, "_", color=style.BLUE, ms=8, mew=1.5, gid="median")
        within = (low <= observed) & (observed <= high)
        ax.plot(at[within], observed[within], "o", color=style.BLACK, ms=4, gid="observed")
        ax.plot(at[~within], observed[~within], "D", color=style.VERMILLION, ms=4.5, gid="outside")
        ax.set_xlim(-0.6, len(rows) - 0.4)
        ax.set_xticks(
            at,
            [str(tick) for tick in rows["tick"]] if named else [_visit(v) for v in rows["visit"]],
        )
        what = rows[keys].iloc[0].dropna().astype(str)
        ax.set_title(textwrap.fill(", ".join(what), 32), fontsize=style.TEXT)
        unit = str(rows["unit"].iloc[0]) if "unit" in rows else ""
        share = unit == "%" and str(what.iloc[-1]).lower().startswith("share")
        if high.max() == low.min() == observed.min() == observed.max() and not share:
            # All in one point: matplotlib would zoom in until nothing means anything.
            ax.set_ylim(observed[0] - 5, observed[0] + 5)
        if share:  # from 0: no share is negative, and a small one should look small
            top = max(float(high.max()), float(observed.max()), 5.0)
            ax.set_ylim(-0.05 * top, 1.07 * top)
        if unit in _COUNTS:
            ax.yaxis.get_major_locator().set_params(integer=True)
        if unit in _COMMON:
            ax.set_ylim(*_reach(checks))
        ax.set_ylabel(unit, fontsize=style.SMALL)
    for ax in panels[len(groups) :]:
        ax.remove()
    _explain(figure, panels[0], median="replicated_median" in checks)
    return style.sign(figure, checks, label, "posterior_predictive")


def _by_group(checks: pd.DataFrame, label: str, title: str) -> Figure:
    """One line a group: for a response looked at by many predictors."""
    rows = checks.reset_index(drop=True)
    figure = style.blank(style.TWO_COLUMNS, 1.2 + 0.17 * len(rows), title)
    ax = style.plain(figure.subplots())
    for y, row in enumerate(rows.itertuples()):
        low, high, observed = (
            float(getattr(row, name)) for name in ("replicated_low", "replicated_high", "observed")
        )
        ax.hlines(y, low, high, color=style.SKY, linewidth=5, alpha=0.7, gid="replicated")
        if low <= observed <= high:
            ax.plot(observed, y, "o", color=style.BLACK, ms=4, gid="observed")
        else:
            ax.plot(observed, y, "D", color=style.VERMILLION, ms=4.5, gid="outside")
    ax.set_yticks(range(len(rows)), rows["group"].astype(str).to_list())
    ax.set_ylim(len(rows) - 0.4, -0.6)
    unit = f" ({rows['unit'].iloc[0]})" if "unit" in rows else ""
    ax.set_xlabel(f"{rows['statistic'].iloc[0]}{unit}", fontsize=style.TEXT)
    if unit == " (%)":
        ax.set_xlim(-3, 103)
    _explain(figure, ax, median=False)
    return style.sign(figure, checks, label, "posterior_predictive")


def _reach(checks: pd.DataFrame) -> tuple[float, float]:
    """Limits that hold every panel."""
    numbers = checks[["replicated_low", "replicated_high", "observed"]].astype(float)
    low, high = float(numbers.min().min()), float(numbers.max().max())
    room = 0.05 * (high - low)
    return low - room, high + room


def _explain(figure: Figure, ax: Axes, *, median: bool) -> None:
    ax.plot([], [], color=style.SKY, linewidth=5, alpha=0.7, label="replicated, 95 % interval")
    if median:
        ax.plot([], [], "_", color=style.BLUE, ms=8, mew=1.5, label="replicated, median")
    ax.plot([], [], "o", color=style.BLACK, ms=4, label="in the data")
    ax.plot([], [], "D", color=style.VERMILLION, ms=4.5, label="in the data, outside the interval")
    style.legend(figure, ax)


def _visit(visit: object) -> str:
    if visit is None or visit == "" or visit != visit:
        return "all"
    # A column of numbers with a gap is read as floats: 52.0 is week 52.
    return f"{visit:g}" if isinstance(visit, float) else str(visit)
