"""The audit at a glance: kinds of check against what they found."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from adbayes.paper.findings import CLASSES
from adbayes.plots import style

_NEEDED = ["topic", "class", "finding"]
_SHADES = {
    "consistent": style.GREEN,
    "rounding": style.SKY,
    "inconsistent": style.ORANGE,
    "impossible": style.VERMILLION,
}
_WORDS = {
    "consistent": "consistent",
    "rounding": "off by less\nthan a digit",
    "inconsistent": "contradicts\nanother number",
    "impossible": "impossible under\nits condition",
}


def audit(
    findings: pd.DataFrame,
    *,
    label: str,
    title: str = "The printed numbers checked against each other",
) -> Figure:
    """Draw how many checks of each kind found what.

    Parameters
    ----------
    findings : DataFrame
        As `Paper.audit` returns it: topic, class (consistent, rounding, inconsistent, impossible), finding.
    label : str
        Which data the figure shows, for the footer.
    title : str, optional
        Text.

    Returns
    -------
    Figure
        A row a kind of check, those with the gravest findings first and those without one together;
        counts of checks, an area each.

    Raises
    ------
    DataError
        A column is absent or there are no rows.
    """
    style.require(findings, _NEEDED, "audit")
    counts = (
        pd.crosstab(findings["topic"], findings["class"])
        .reindex(columns=list(CLASSES), fill_value=0)
        .sort_values([*reversed(CLASSES)], ascending=False, kind="stable")
    )
    clean = counts.drop(columns="consistent").sum(axis=1) == 0
    if clean.sum() > 1:
        rest = counts[clean].sum().rename(f"{int(clean.sum())} other kinds of check")
        counts = pd.concat([counts[~clean], rest.to_frame().T])
    figure = style.blank(style.TWO_COLUMNS, 1.1 + 0.24 * len(counts), title)
    ax = style.plain(figure.subplots())
    largest = float(counts.to_numpy().max())
    for x, name in enumerate(CLASSES):
        for y, count in enumerate(counts[name]):
            if not count:
                continue
            # Areas in proportion to the number of checks.
            ax.scatter(
                x, y, s=8 + 200 * count / largest, color=_SHADES[name], alpha=0.85, linewidths=0,
                gid=f"{name}:{counts.index[y]}",
            )  # fmt: skip
            ax.annotate(
                str(count), (x, y), xytext=(11, 0), textcoords="offset points", va="center",
                fontsize=style.SMALL,
            )  # fmt: skip
    ax.set_xticks(
        range(len(CLASSES)),
        [f"{_WORDS[name]}\n({int(counts[name].sum())})" for name in CLASSES],
        fontsize=style.SMALL,
    )
    ax.xaxis.tick_top()
    ax.spines["bottom"].set_visible(False)
    ax.set_yticks(np.arange(len(counts)), list(counts.index), fontsize=style.SMALL)
    ax.set_ylim(len(counts) - 0.5, -0.5)
    ax.set_xlim(-0.4, len(CLASSES) - 0.4)
    ax.grid(axis="y", color="0.93", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(length=0)
    return style.sign(figure, findings.assign(evidence="published"), label, "audit")
