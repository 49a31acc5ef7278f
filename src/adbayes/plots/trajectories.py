"""An outcome over the visits: the mean with its interval, where patients should lie, where they do."""

import textwrap

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from adbayes.errors import DataError
from adbayes.plots import style

_WHO = {
    "reconstructed": "synthetic patients",
    "simulated": "simulated patients",
    "patients": "patients, observed",
}
_LABEL = 36
"""Letters of an axis label on a line: a longer one would run into the title."""
_LOG = 30.0
"""Largest over smallest value of the band from which a linear axis would hide most patients."""


def trajectories(
    summary: pd.DataFrame,
    observed: pd.DataFrame,
    *,
    unit: str,
    label: str,
    outcome_label: str,
    low: float | None,
    high: float | None,
    title: str = "",
) -> Figure:
    """Draw posterior means, the predictive band for a patient, and every patient's own line.

    Parameters
    ----------
    summary : DataFrame
        One row a visit: visit (weeks since the first dose), mean, ci_low, ci_high (of the mean),
        pred_low, pred_high (of one patient), evidence.
    observed : DataFrame
        Long: patient, visit, value; missing values are not drawn and not counted.
    unit : str
        Of the outcome, such as "points" or "IU/mL".
    label : str
        Which data the figure shows, for the footer.
    outcome_label : str
        Name of the outcome.
    low : float or None
        Smallest value of the instrument; None if it has none. Drawn where the band leaves it.
    high : float or None
        Largest value, likewise.
    title : str, optional
        Above the panel; the name of the outcome "over time" without it.

    Returns
    -------
    Figure
        Two journal columns wide, the number of patients under each visit. An outcome without a
        largest value, whose band is above 0 and spans a factor of 30, has a log axis.

    Raises
    ------
    DataError
        A column is absent, a visit is no number or has two rows, or nothing was observed.
    """
    needed = ["visit", "mean", "ci_low", "ci_high", "pred_low", "pred_high", "evidence"]
    style.require(summary, needed, "trajectories")
    style.require(observed, ["patient", "visit", "value"], "trajectories")
    if not all(pd.api.types.is_numeric_dtype(t["visit"]) for t in (summary, observed)):
        raise DataError("trajectories: visit must be a number of weeks since the first dose.")
    if summary["visit"].duplicated().any():
        visit = summary.loc[summary["visit"].duplicated(), "visit"].iloc[0]
        raise DataError(f"trajectories: visit {visit:g} has two rows; draw one model at a time.")
    seen = observed.dropna(subset=["value"]).sort_values(["patient", "visit"])
    if seen.empty:
        raise DataError("trajectories: no value was observed; nothing can be drawn.")
    rows = summary.sort_values("visit")
    weeks = rows["visit"].to_numpy(float)

    figure = style.blank(style.TWO_COLUMNS, 4.0, title or f"{outcome_label} over time")
    ax = style.plain(figure.subplots())
    for _, patient in seen.groupby("patient", observed=True):
        ax.plot(
            patient["visit"],
            patient["value"],
            color=style.GREY,
            linewidth=0.5,
            alpha=0.45,
            # A patient seen once has no line; the dot shows the visit.
            marker="." if len(patient) == 1 else "",
            markersize=2,
            gid="patient",
        )
    who = _WHO.get(str(rows["evidence"].iloc[0]), "patients, observed")
    ax.plot([], [], color=style.GREY, linewidth=0.8, label=who)
    ax.fill_between(
        weeks,
        rows["pred_low"].to_numpy(float),
        rows["pred_high"].to_numpy(float),
        color=style.SKY,
        alpha=0.25,
        linewidth=0,
        label="95 % predictive band, one patient",
        gid="predictive",
    )
    middle = rows["mean"].to_numpy(float)
    errors = np.abs(rows[["ci_low", "ci_high"]].to_numpy(float).T - middle)
    ax.errorbar(
        weeks,
        middle,
        errors,
        color=style.BLUE,
        marker="o",
        markersize=4,
        linewidth=1.3,
        capsize=2.5,
        label="posterior mean, 95 % interval",
        gid="mean",
    )
    left = [
        bound
        for bound, leaves in [
            (low, low is not None and rows["pred_low"].min() < low),
            (high, high is not None and rows["pred_high"].max() > high),
        ]
        if leaves and bound is not None
    ]
    for k, bound in enumerate(left):
        ax.axhline(
            bound,
            color=style.VERMILLION,
            linestyle="--",
            linewidth=0.9,
            label="limit of the scale, crossed by the band" if k == 0 else None,
            gid="bound",
        )
    count = seen.groupby("visit")["patient"].nunique()
    ticks = [f"{week:g}\nn = {count.get(week, 0)}" for week in weeks]
    ax.set_xticks(weeks, ticks)
    ax.set_xlabel("Weeks since the first dose (n: patients with a value)", fontsize=style.TEXT)
    scale = ""
    smallest = float(rows["pred_low"].min())
    positive = smallest > 0 and seen["value"].min() > 0
    if high is None and positive and float(rows["pred_high"].max()) > _LOG * smallest:
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
        ax.yaxis.set_major_formatter(StrMethodFormatter("{x:.0f}" if smallest > 1 else "{x:g}"))
        ax.yaxis.set_minor_locator(NullLocator())
        scale = ", log scale"
    measured = textwrap.fill(f"{outcome_label} ({unit}{scale})", _LABEL)
    ax.set_ylabel(measured, fontsize=style.TEXT)
    style.legend(figure, ax, columns=2)  # four entries are wider than the figure
    return style.sign(figure, summary, label, "trajectories")
