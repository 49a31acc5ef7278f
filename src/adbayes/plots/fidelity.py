"""How faithful cohorts are: every printed number as a point, exact ones inside the band of rounding."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from adbayes.plots import style
from adbayes.plots.labels import kind_label, place_label

_BAND = 0.5  # units of the last printed digit: what rounds to the print
_NEEDED = ["cohort", "table", "kind", "role", "matched", "close", "digits", "evidence"]
_LOOKS = {
    "exact": (style.GREEN, "o", 1.0),
    "near miss": (style.BLUE, "D", 0.0),
    "miss": (style.VERMILLION, "s", 0.0),
    "held out": (style.GREY, "^", 0.0),
    "suspected misprint": (style.BLACK, "x", 0.0),
}
"""Colour, marker, and opacity of the filling: only what agrees is full."""

_MEANING = {
    "exact": "rounds to the print",
    "near miss": "off by at most 1 % (a p value: 0.002)",
    "miss": "further off",
    "held out": "held out, never fitted",
    "suspected misprint": "suspected misprint, never fitted",
}


def draw_fidelity(
    rows: pd.DataFrame, *, label: str, title: str = "Printed numbers and those of the cohort"
) -> Figure:
    """Draw the distance of every printed number, by table and kind of number.

    Parameters
    ----------
    rows : DataFrame
        As `placed` returns it, of one cohort or several, with `evidence`: cohort, table, kind,
        role, matched, close, digits (distance in units of the last printed digit; beyond 10,000,
        or where no finite value exists, an arrow at the edge), evidence; n if there is one. Rows without `matched`
        are not drawn.
    label : str
        Which data the figure shows, for the footer.
    title : str, default "Printed numbers and those of the cohort"
        Above the figure.

    Returns
    -------
    Figure
        Two journal columns wide, one line a table and kind, in the order of the rows. The axis is
        linear inside the band of numbers that are printed alike, logarithmic outside. At the right
        the numbers that match: of one cohort, or the median and the worst of several.

    Raises
    ------
    DataError
        A column is absent, or no row can be drawn.
    """
    style.require(rows, _NEEDED, "draw_fidelity")
    drawn = rows[rows["matched"].notna()].assign(look=_looks(rows[rows["matched"].notna()]))
    style.require(drawn, _NEEDED, "draw_fidelity")
    groups = list(drawn.groupby(["table", "kind"], sort=False))
    several = len(drawn["cohort"].unique()) > 1
    figure = style.blank(style.TWO_COLUMNS, 1.25 + 0.21 * len(groups), title)
    ax, counts = figure.subplots(1, 2, sharey=True, gridspec_kw={"width_ratios": [6, 1.5]})
    style.plain(ax)
    edge = _scale(ax, drawn["digits"].abs())
    ax.axvspan(-_BAND, _BAND, color=style.GREEN, alpha=0.12, linewidth=0, gid="band")
    counts.axis("off")
    heading = "match: median (worst)" if several else "match"
    counts.text(0, -0.75, heading, fontsize=style.SMALL, weight="bold", va="bottom")
    for y, (_, part) in enumerate(groups):
        ax.axhline(y, color="0.92", linewidth=0.6, zorder=0)
        _points(ax, y, part, edge, small=several)
        counts.text(0, y, _matches(part), fontsize=style.SMALL, va="center", gid="count")
    ax.set_yticks(
        range(len(groups)),
        [f"{place_label(str(table))}, {kind_label(str(kind))}" for (table, kind), _ in groups],
    )
    ax.set_ylim(len(groups) - 0.4, -0.6)
    ax.set_xlabel(
        "Reconstructed minus printed, in units of the last printed digit", fontsize=style.TEXT
    )
    for look in (name for name in _LOOKS if name in set(drawn["look"])):
        colour, marker, filled = _LOOKS[look]
        fill = colour if filled else "white"
        ax.plot([], [], marker, mfc=fill, mec=colour, ms=4, color=colour, label=_MEANING[look])
    style.legend(figure, ax, columns=3)
    return style.sign(figure, drawn, label, "draw_fidelity")


def _looks(rows: pd.DataFrame) -> list[str]:
    def of(role: str, matched: bool, close: bool) -> str:
        if role == "suspected_misprint":
            return "suspected misprint"
        if role == "held_out":
            return "held out"
        return "exact" if matched else "near miss" if close else "miss"

    return [
        of(*row) for row in rows[["role", "matched", "close"]].itertuples(index=False, name=None)
    ]


def _scale(ax: Axes, sizes: pd.Series) -> float:
    """Linear up to the band's ends, logarithmic beyond, up to a power of ten but not above 10,000."""
    finite = sizes[np.isfinite(sizes)]
    top = min(max(float(finite.max()) if len(finite) else 1.0, 9.0), 8000.0)
    powers = range(int(np.ceil(np.log10(top * 1.2))) + 1)
    edge = 10.0 ** powers[-1]
    ax.set_xscale("symlog", linthresh=_BAND, linscale=0.7)
    ax.set_xlim(-edge, edge)
    ticks = [*(-(10.0**k) for k in reversed(powers)), 0.0, *(10.0**k for k in powers)]
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_major_formatter(FixedFormatter([_tick(tick) for tick in ticks]))
    ax.xaxis.set_minor_locator(NullLocator())
    return edge


def _tick(value: float) -> str:
    sign = "\N{MINUS SIGN}" if value < 0 else ""
    return f"{sign}{abs(value):.0f}"


def _points(ax: Axes, y: int, part: pd.DataFrame, edge: float, *, small: bool) -> None:
    """The numbers of one line, spread over its height in their order."""
    heights = y + 0.64 * ((np.arange(len(part)) + 0.5) / len(part) - 0.5)
    at = part["digits"].to_numpy(dtype=float)
    looks = part["look"].to_numpy()
    for look, (colour, marker, filled) in _LOOKS.items():
        here = (looks == look) & (np.abs(at) <= edge)
        ax.plot(
            at[here],
            heights[here],
            marker,
            mfc=colour if filled else "white",
            mec=colour,
            mew=0.8,
            ms=2.2 if small else 3.2,
            alpha=0.6 if small else 1.0,
            linestyle="none",
            gid=look,
        )
        for sign, arrow in ((1, ">"), (-1, "<")):
            off = (looks == look) & (np.abs(at) > edge) & (np.sign(at) == sign)
            if off.any():  # an empty line that is not clipped would take room from the panel
                ends = np.full(int(off.sum()), sign * edge)
                ax.plot(ends, heights[off], arrow, color=colour, ms=4, clip_on=False, gid="arrow")


def _matches(part: pd.DataFrame) -> str:
    """Matched of those fitted; of a held-out table, of all of it; misprints are in neither."""
    fitted = part[part["role"] != "suspected_misprint"]
    if fitted.empty:
        return ""
    per_cohort = fitted.groupby("cohort", dropna=False)["matched"].agg(["sum", "size"])
    of = int(per_cohort["size"].max())
    if len(per_cohort) == 1:
        return f"{int(per_cohort['sum'].iloc[0])} of {of}"
    return f"{per_cohort['sum'].median():g} ({int(per_cohort['sum'].min())}) of {of}"
