"""Every combination of choices for one claim: intervals in order of their medians, choices below."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from adbayes.plots import style

_NEEDED = [
    "evidence", "priors", "likelihood", "denominator", "median", "ci_low", "ci_high", "stands",
]  # fmt: skip
_RATIOS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0]
_CHOICES = ("evidence", "priors", "likelihood", "denominator")


def multiverse(
    rows: pd.DataFrame,
    *,
    label: str,
    title: str,
    quantity: str,
    null: float | None = None,
    ratio: bool = False,
) -> Figure:
    """Draw the specification curve of one claim.

    Parameters
    ----------
    rows : DataFrame
        evidence, priors, likelihood, denominator, median, ci_low, ci_high, stands (True, False, or empty
        where the quantity has no null); n if there is one. The first row has the reported choices. Rows
        without a median are left out.
    label : str
        Which data the figure shows, for the footer.
    title, quantity : str
        Texts.
    null : float, optional
        The value of no effect.
    ratio : bool, default False
        Whether the quantity is drawn on a log axis.

    Returns
    -------
    Figure
        Above, medians with 95 % intervals (hollow where the claim does not stand, black for the reported
        choices); below, a mark for each choice made.

    Raises
    ------
    DataError
        A column is absent.
    """
    style.require(rows, _NEEDED, "multiverse")
    cells = rows[rows["median"].notna()]
    style.require(cells, _NEEDED, "multiverse")
    cells = cells.assign(reported=np.arange(len(cells)) == 0)
    numbers = ["median", "ci_low", "ci_high"]
    cells = cells.astype(dict.fromkeys(numbers, float)).sort_values("median", kind="stable")
    levels = [
        (name, str(level)) for name in _CHOICES for level in dict.fromkeys(rows[name].astype(str))
        if (cells[name].astype(str) == level).any()
    ]  # fmt: skip
    figure = style.blank(style.TWO_COLUMNS, 2.6 + 0.15 * len(levels), title)
    above, below = figure.subplots(
        2, 1, sharex=True, gridspec_kw={"height_ratios": [1.9, 0.15 * len(levels)]}
    )
    style.plain(above)
    if ratio:
        above.set_yscale("log")
        low, high = cells["ci_low"].min() / 1.1, cells["ci_high"].max() * 1.1
        inside = [t for t in _RATIOS if low <= t <= high]
        above.set_yticks(inside, [f"{t:g}" for t in inside])
        above.yaxis.set_minor_locator(NullLocator())
    if null is not None:
        above.axhline(null, color=style.GREY, linewidth=0.8, zorder=0, gid="null")
    for x, row in enumerate(cells.to_dict("records")):
        colour = style.BLACK if row["reported"] else style.BLUE
        above.plot(
            [x, x], [row["ci_low"], row["ci_high"]], color=colour, linewidth=1.0, gid="interval"
        )
        fill = "white" if str(row["stands"]) == "False" else colour
        above.plot(x, row["median"], "o", mfc=fill, mec=colour, ms=3.5, gid="median")
    above.set_ylabel(quantity, fontsize=style.TEXT)
    style.plain(below)
    below.spines[["left", "bottom"]].set_visible(False)
    for y, (name, level) in enumerate(levels):
        chosen = np.flatnonzero(cells[name].astype(str) == level)
        if y % 2:
            below.axhspan(y - 0.5, y + 0.5, color="0.95", zorder=0)
        below.plot(
            chosen, np.full(len(chosen), y), "s", color="0.25", ms=2.8, gid=f"{name}:{level}"
        )
    named = [f"{name}: {_level(name, level)}" for name, level in levels]
    below.set_yticks(range(len(levels)), named, fontsize=style.SMALL - 1)
    below.set_ylim(len(levels) - 0.5, -0.5)
    below.set_xticks([])
    below.set_xlabel("one column a combination, in order of the median", fontsize=style.SMALL)
    above.plot([], [], "o", mfc=style.BLACK, mec=style.BLACK, ms=3.5, label="reported choices")
    above.plot([], [], "o", mfc=style.BLUE, mec=style.BLUE, ms=3.5, label="another combination")
    if (cells["stands"].astype(str) == "False").any():
        said = "hollow: interval includes no effect"
        above.plot([], [], "o", mfc="white", mec=style.BLUE, ms=3.5, label=said)
    style.legend(figure, above, columns=3)
    return style.sign(figure, cells, label, "multiverse")


def _level(name: str, level: str) -> str:
    """A choice in words: names of files and of settings have underscores."""
    if name == "likelihood" and level == "base":
        return "as reported"
    return level.replace("_", " ")
