"""Shares of several studies with intervals, the paper among them, and what the others predict."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from adbayes.errors import DataError
from adbayes.plots import style

KINDS = {
    "missing as failure": ("Study, missing as failure", style.BLUE, "s"),
    "as observed": ("Study, as observed", style.SKY, "o"),
    "all treated": ("Study, all treated", style.PURPLE, "^"),
    "paper": ("The paper", style.BLACK, "D"),
    "predicted": ("Predicted for a new study", style.VERMILLION, "|"),
}
"""Values of `kind` to label, colour and marker."""

_NEEDED = (
    "panel", "row_label", "kind", "estimate", "ci_low", "ci_high", "patients", "flag", "evidence",
)  # fmt: skip
_ROW = 0.178  # inches


def draw_other_studies(
    rows: pd.DataFrame,
    *,
    label: str,
    title: str = "Shares of patients in studies of dupilumab: posterior medians and 95 % intervals",
) -> Figure:
    """Draw shares and intervals, one row a study, one block a panel.

    Parameters
    ----------
    rows : DataFrame
        panel, row_label, kind (of `KINDS`), estimate, ci_low, ci_high (shares, 0 to 1), patients
        (text, such as "46/82"), flag (empty, or why the row stands apart: drawn hollow and starred),
        evidence. Panels and rows are drawn in the order of the table.
    label : str
        Which data the figure shows, for the footer.
    title : str, optional
        States the coverage.

    Returns
    -------
    Figure
        Two journal columns wide. The interval that is predicted for a new study is a band behind
        the rows of its panel.

    Raises
    ------
    DataError
        A column is absent, there are no rows, a kind is unknown, or a share lies outside 0 to 1.
    """
    style.require(rows, _NEEDED, "other_studies")
    unknown = sorted(set(rows["kind"]) - set(KINDS))
    if unknown:
        raise DataError(
            f"other_studies: kind is {', '.join(unknown)}; it must be {', '.join(KINDS)}."
        )
    numbers = rows[["estimate", "ci_low", "ci_high"]].astype(float)
    if not numbers.apply(lambda column: column.between(0, 1)).all(axis=None):
        raise DataError("other_studies: a share outside 0 to 1; give shares, not percentages.")
    panels = list(rows["panel"].unique())
    height = 1.25 + _ROW * (len(rows) + 1.5 * len(panels))
    figure = style.blank(style.TWO_COLUMNS, height, title)
    ax, text = figure.subplots(1, 2, sharey=True, gridspec_kw={"width_ratios": [1.9, 1]})
    style.plain(ax)
    places, names, y = [], [], 0.0
    for panel in panels:
        block = rows[rows["panel"] == panel]
        # The heading takes a row of its own, to the left of the axis like the labels.
        places.append(y)
        names.append(panel)
        first, y = y + 1, y + 1
        for row in block.to_dict("records"):
            _draw(ax, text, {str(key): value for key, value in row.items()}, y)
            places.append(y)
            names.append(str(row["row_label"]))
            y += 1
        for row in block[block["kind"] == "predicted"].to_dict("records"):
            ax.fill_between(
                [row["ci_low"], row["ci_high"]],
                first - 0.5,
                y - 0.5,
                color=style.VERMILLION,
                alpha=0.09,
                linewidth=0,
                zorder=0,
                gid="band",
            )
        y += 0.5
    ax.set_yticks(places, names)
    for tick, name in zip(ax.get_yticklabels(), names, strict=True):
        if name in panels:
            tick.set_fontweight("bold")
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(y - 0.3, -0.8)
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    ax.set_xlabel("Share of patients, %", fontsize=style.TEXT)
    ax.grid(axis="x", color="0.9", linewidth=0.6)
    ax.set_axisbelow(True)
    text.set_xlim(0, 1)
    text.axis("off")
    for x, name in ((0.0, "Patients"), (0.36, "% [95 % interval]")):
        text.text(x, -0.05, name, fontsize=style.SMALL, weight="bold", va="center")
    shown = [kind for kind in KINDS if (rows["kind"] == kind).any()]
    for kind in shown:
        name, colour, marker = KINDS[kind]
        ax.plot([], [], marker=marker, color=colour, ms=4, linewidth=1.1, label=name)
    if (rows["flag"] != "").any():
        ax.plot(
            [],
            [],
            "o",
            mfc="white",
            mec="black",
            ms=4,
            label="hollow, *: not in the prediction (shared patients)",
        )
    style.legend(figure, ax, columns=3)
    return style.sign(figure, rows, label, "other_studies")


def _draw(ax: Axes, text: Axes, row: dict[str, object], y: float) -> None:
    kind, flag = str(row["kind"]), str(row["flag"])
    _, colour, marker = KINDS[kind]
    estimate, low, high = (float(str(row[key])) for key in ("estimate", "ci_low", "ci_high"))
    ax.plot([low, high], [y, y], color=colour, linewidth=1.1, gid=f"interval:{kind}")
    fill = "white" if flag else colour
    size = 7 if marker == "|" else 4
    ax.plot(estimate, y, marker, mfc=fill, mec=colour, ms=size, gid=f"estimate:{kind}")
    star = " *" if flag else ""
    text.text(0.0, y, str(row["patients"]), fontsize=style.SMALL, va="center")
    text.text(
        0.36,
        y,
        f"{100 * estimate:.1f} [{100 * low:.1f}, {100 * high:.1f}]{star}",
        fontsize=style.SMALL,
        va="center",
    )
