"""What every figure shares: print sizes, colours, the footer, and the watermark of unreal patients."""

import io
import math
from collections.abc import Iterable

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from adbayes.errors import DataError

COLUMN, TWO_COLUMNS = 3.5, 7.2
"""Widths in inches of one and of two columns of a medical journal."""

TEXT, SMALL = 8.5, 7.5
"""Font sizes in points."""

# Okabe and Ito, distinguishable under the common colour-vision deficiencies
# (Wong 2011, doi:10.1038/nmeth.1618), without the yellow that vanishes on white.
BLUE, VERMILLION, GREEN, ORANGE, SKY, PURPLE, BLACK = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#E69F00",
    "#56B4E9",
    "#CC79A7",
    "#000000",
)
GREY = "#999999"

WATERMARKS = {
    "published": "",
    "patients": "",
    "reconstructed": "RECONSTRUCTED COHORT, NOT PATIENTS",
    "simulated": "SIMULATED DATA",
}
"""Kind of evidence to the words across a figure that shows any of it."""

_FOOTER, _LEGEND_ROW = 0.24, 0.19  # inches


def require(table: pd.DataFrame, columns: Iterable[str], plot: str) -> None:
    """Refuse a table that lacks a column, or any row, before anything is drawn.

    Parameters
    ----------
    table : DataFrame
        What the plot was given.
    columns : iterable of str
        What it needs.
    plot : str
        Its name, for the message.

    Raises
    ------
    DataError
        A column is absent, or the table is empty.
    """
    missing = [name for name in columns if name not in table]
    if missing:
        raise DataError(
            f"{plot}: the table has no column {', '.join(missing)}; "
            f"it has {', '.join(map(str, table.columns))}."
        )
    if table.empty:
        raise DataError(f"{plot}: the table has no rows; nothing can be drawn.")


class Shown(Figure):
    """A figure that a notebook shows as it is, without ``%matplotlib inline``."""

    def _repr_png_(self) -> bytes:
        written = io.BytesIO()
        self.savefig(written, format="png")
        return written.getvalue()


def blank(width: float, height: float, title: str) -> Shown:
    """Start a figure of a print size, with room left for the footer.

    Parameters
    ----------
    width : float
        Inches, such as `COLUMN` or `TWO_COLUMNS`.
    height : float
        Inches.
    title : str
        Above the panels.

    Returns
    -------
    Figure
        Without axes, outside pyplot's global state.
    """
    figure = Shown(figsize=(width, height), layout="constrained", facecolor="white", dpi=150)
    _keep_free(figure, _FOOTER)
    figure.suptitle(title, fontsize=TEXT + 0.5, x=0.01, ha="left")
    return figure


def _keep_free(figure: Figure, inches: float) -> None:
    share = inches / float(figure.get_figheight())
    engine = figure.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        engine.set(rect=(0, share, 1, 1 - share))


def legend(figure: Figure, ax: Axes, columns: int = 4) -> None:
    """Put one legend for all panels between them and the footer.

    Parameters
    ----------
    figure : Figure
        Changed in place.
    ax : Axes
        Whose labelled artists are explained.
    columns : int, default 4
        Entries a row.
    """
    handles, labels = ax.get_legend_handles_labels()
    _keep_free(figure, _FOOTER + 0.06 + _LEGEND_ROW * math.ceil(len(labels) / columns))
    figure.legend(
        handles,
        labels,
        loc="lower left",
        bbox_to_anchor=(0, _FOOTER / float(figure.get_figheight())),
        ncols=columns,
        fontsize=SMALL,
        frameon=False,
        borderaxespad=0.2,
    )


def plain(ax: Axes) -> Axes:
    """Give axes the small print and open frame of every figure.

    Parameters
    ----------
    ax : Axes
        Changed in place.

    Returns
    -------
    Axes
        The same axes.
    """
    ax.tick_params(labelsize=SMALL, length=2.5, width=0.6)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_linewidth(0.6)
    return ax


def sign(figure: Figure, table: pd.DataFrame, label: str, plot: str) -> Figure:
    """Write the data label under the figure, and across it what its patients are not.

    Parameters
    ----------
    figure : Figure
        Changed in place.
    table : DataFrame
        With `evidence` (published, reconstructed, patients or simulated); if it has `n`, the footer
        states it. A print that gives no n is said to give none.
    label : str
        Which data the figure shows.
    plot : str
        Name of the plot, for the message.

    Returns
    -------
    Figure
        The same figure, its footer and watermark under the gids `footer` and `watermark`.

    Raises
    ------
    DataError
        `evidence` is absent or has another value.
    """
    require(table, ["evidence"], plot)
    kinds = list(dict.fromkeys(table["evidence"]))
    unknown = [str(kind) for kind in kinds if kind not in WATERMARKS]
    if unknown:
        raise DataError(
            f"{plot}: evidence is {', '.join(unknown)}; it must be {', '.join(WATERMARKS)}."
        )
    sizes = table["n"].dropna() if "n" in table else pd.Series(dtype=float)
    if len(sizes):
        low, high = int(sizes.min()), int(sizes.max())
        label += f"; n = {low}" if low == high else f"; n = {low} to {high}"
    elif "n" in table and kinds == ["published"]:
        label += "; n not printed"
    figure.text(0.01, 0.06 / figure.get_figheight(), label, fontsize=SMALL - 0.5, gid="footer")
    words = [WATERMARKS[kind] for kind in kinds if WATERMARKS[kind]]
    if words:
        width, height = figure.get_size_inches()
        text = "\n".join(words)
        longest = max(map(len, words))
        figure.text(
            0.5,
            0.5,
            text,
            fontsize=min(72 * 0.85 * width / (0.66 * longest), 30),
            color="0.5",
            alpha=0.28,
            rotation=min(25.0, 60 * height / width),
            ha="center",
            va="center",
            weight="bold",
            zorder=10,
            gid="watermark",
        )
    return figure
