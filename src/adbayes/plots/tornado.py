"""How far each choice moves a claim: one bar a choice, the widest first."""

import pandas as pd
from matplotlib.figure import Figure

from adbayes.errors import DataError
from adbayes.plots import style

_NEEDED = ["claim_label", "dimension", "smallest", "largest", "fallen", "evidence"]
_COLOURS = {
    "priors": style.BLUE,
    "likelihood": style.ORANGE,
    "denominator": style.GREEN,
    "evidence": style.PURPLE,
}


def tornado(
    rows: pd.DataFrame,
    *,
    label: str,
    title: str = "How far one choice alone moves each claim",
) -> Figure:
    """Draw the range of moves of each claim, one bar a dimension.

    Parameters
    ----------
    rows : DataFrame
        claim_label, dimension (priors, likelihood, denominator or evidence), smallest and largest
        (moves of the median in posterior SDs; 0 is the reported choice), fallen (number of choices for
        which the claim's verdict changes), evidence; n if there is one. Claims are ordered by their widest bar.
    label : str
        Which data the figure shows, for the footer.
    title : str, optional
        Text.

    Returns
    -------
    Figure
        Bars with a dot at the end where the verdict changes.

    Raises
    ------
    DataError
        A column is absent, or a dimension is unknown.
    """
    style.require(rows, _NEEDED, "tornado")
    unknown = sorted(set(rows["dimension"]) - set(_COLOURS))
    if unknown:
        raise DataError(
            f"tornado: no dimension {', '.join(unknown)}; it is one of {', '.join(_COLOURS)}."
        )
    rows = rows.assign(width=rows["largest"].astype(float) - rows["smallest"].astype(float))
    widest = rows.groupby("claim_label", sort=False)["width"].max()
    order = list(widest.sort_values(ascending=False, kind="stable").index)
    shown = [name for name in _COLOURS if (rows["dimension"] == name).any()]
    height = max(2.0, 0.9 + len(order) * (0.06 + 0.09 * len(shown)))
    figure = style.blank(style.TWO_COLUMNS, height, title)
    ax = style.plain(figure.subplots())
    ax.axvline(0, color=style.GREY, linewidth=0.8, zorder=0, gid="reported")
    height = 0.8 / len(shown)
    for k, name in enumerate(shown):
        mine = rows[rows["dimension"] == name]
        at = [order.index(c) + (k - (len(shown) - 1) / 2) * height for c in mine["claim_label"]]
        ax.barh(
            at, mine["width"], 0.85 * height, left=mine["smallest"].astype(float),
            color=_COLOURS[name], label=name, gid=f"bar:{name}",
        )  # fmt: skip
        for y, row in zip(at, mine.itertuples(), strict=True):
            if int(str(row.fallen)) > 0:
                end = max((float(str(row.smallest)), float(str(row.largest))), key=abs)
                ax.plot(end, y, "o", color="black", ms=2.5, gid="fallen")
    ax.plot([], [], "o", color="black", ms=2.5, label="verdict changes")
    ax.set_yticks(range(len(order)), order, fontsize=style.SMALL)
    ax.set_ylim(len(order) - 0.4, -0.6)
    ax.use_sticky_edges = False
    ax.margins(x=0.03)
    ax.set_xlabel("Move of the posterior median, in posterior SDs", fontsize=style.TEXT)
    style.legend(figure, ax, columns=5)
    return style.sign(figure, rows, label, "tornado")
