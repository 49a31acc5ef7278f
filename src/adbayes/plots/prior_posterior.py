"""What was believed before and after the data, one small panel a parameter."""

import math
import textwrap

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from adbayes.plots import style

_ACROSS = 4


def prior_posterior(
    densities: pd.DataFrame, *, label: str, title: str = "Prior and posterior"
) -> Figure:
    """Draw prior and posterior densities in small multiples.

    Parameters
    ----------
    densities : DataFrame
        term_label, x (the parameter's value), prior and posterior (densities at x, 0 or more),
        evidence; `unit` names the axis of each panel if present, `n` goes to the footer; where
        `log` is present and true the axis is logarithmic and the densities are per unit of the log.
        Panels in the order of the rows.
    label : str
        Which data the figure shows, for the footer.
    title : str, default "Prior and posterior"
        Above the panels.

    Returns
    -------
    Figure
        Two journal columns wide, four panels a row.

    Raises
    ------
    DataError
        A column is absent or the table is empty.
    """
    style.require(
        densities, ["term_label", "x", "prior", "posterior", "evidence"], "prior_posterior"
    )
    terms = list(densities["term_label"].unique())
    across = min(len(terms), _ACROSS)
    down = math.ceil(len(terms) / across)
    figure = style.blank(style.TWO_COLUMNS, 0.8 + 1.45 * down, title)
    panels = figure.subplots(down, across, squeeze=False).ravel()
    for ax, term in zip(panels, terms, strict=False):
        rows = densities[densities["term_label"] == term].sort_values("x")
        x = rows["x"].to_numpy(float)
        for name, colour, dashes in [
            ("prior", style.GREY, "--"),
            ("posterior", style.BLUE, "-"),
        ]:
            height = rows[name].to_numpy(float)
            ax.plot(x, height, color=colour, linestyle=dashes, linewidth=1.2, label=name, gid=name)
            ax.fill_between(x, height, color=colour, alpha=0.15, linewidth=0)
        style.plain(ax)
        ax.set_title(textwrap.fill(str(term), 24), fontsize=style.TEXT)
        ax.set_ylim(bottom=0)
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
        if "log" in rows and bool(rows["log"].iloc[0]):
            _logarithmic(ax, float(x[0]), float(x[-1]))
        else:
            ax.locator_params(axis="x", nbins=4)  # more would touch each other
        if "unit" in rows:
            ax.set_xlabel(str(rows["unit"].iloc[0]), fontsize=style.SMALL)
    for ax in panels[len(terms) :]:
        ax.remove()
    style.legend(figure, panels[0])
    return style.sign(figure, densities, label, "prior_posterior")


def _logarithmic(ax: Axes, low: float, high: float) -> None:
    """A log axis with few round numbers."""
    ax.set_xscale("log")
    decades, steps = (0.01, 0.1, 1.0, 10.0, 100.0), (0.2, 0.5, 1.0, 2.0, 5.0)
    wide = high / low > 100
    inside = [tick for tick in (decades if wide else steps) if low <= tick <= high]
    ax.set_xticks(inside, [f"{tick:g}" for tick in inside])
    ax.xaxis.set_minor_locator(NullLocator())
