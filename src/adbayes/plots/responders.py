"""Responders from a continuous outcome, from ordered classes and from one cut in two, side by side."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from adbayes.plots import style
from adbayes.plots.intervals import intervals
from adbayes.plots.labels import outcome_label

_NEEDED = ["model", "variant", "evidence", "visit", "term", "n", "mean", "ci_low", "ci_high"]


def responders(
    rows: pd.DataFrame,
    names: Mapping[str, str],
    *,
    label: str,
    title: str = "Share of patients who respond: the score itself, and the score cut in two",
) -> Figure:
    """Draw the shares of responders that models of finer and coarser data give.

    Parameters
    ----------
    rows : DataFrame
        model, variant, evidence, visit (weeks), term (easi75 or easi90), n, mean, ci_low, ci_high (%), as
        rows of a summary with the estimand `response`; the finest model first.
    names : mapping of str to str
        Model (a model's name and, where it is not ``base``, its variant: ``easi_classes.figure_1``) to
        what it is called.
    label : str
        Which data the figure shows, for the footer.
    title : str, optional
        Text.

    Returns
    -------
    Figure
        A panel a response rule, a row a week, a colour a model.

    Raises
    ------
    DataError
        A column is absent or there are no rows.
    """
    style.require(rows, _NEEDED, "responders")
    key = rows["model"].where(rows["variant"] == "base", rows["model"] + "." + rows["variant"])
    drawn = pd.DataFrame(
        {
            "panel": rows["term"].map(outcome_label),
            "row_label": "week " + rows["visit"].astype(str),
            "series": key.map(lambda name: names.get(name, name)),
            "estimate": rows["mean"].astype(float),
            "ci_low": rows["ci_low"].astype(float),
            "ci_high": rows["ci_high"].astype(float),
            "evidence": rows["evidence"],
            "n": rows["n"],
        }
    )
    return intervals(
        drawn,
        label=label,
        title=title,
        quantity="Patients with the response, % (posterior mean, 95 % interval)",
        limits=(0, 100),
    )
