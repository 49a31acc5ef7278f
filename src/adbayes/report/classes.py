"""Responders three ways: the fraction of baseline itself, its ordered classes, and 0 or 1."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from adbayes.plots.labels import outcome_label
from adbayes.plots.responders import responders
from adbayes.report.markup import FLAG, Section, figure, paragraph, table
from adbayes.report.numbers import interval, number, supported
from adbayes.report.opening import ONE_GENERATOR
from adbayes.results.run import Run
from adbayes.results.summary import NOT_CONVERGED, unconverged

TITLE = "Responders: a continuous score, or the same score cut in two"
FIGURE = "responders"
_MODELS = {
    "easi_fraction": "Continuous fraction",
    "easi_classes": "Three ordered classes",
    "easi90_visits": "Cut in two (logistic)",
}
"""Models of the same patients, the one with the finest data first."""


def classes_section(run: Run, figures: Mapping[str, Figure]) -> Section:
    """The section of responders under finer and coarser data.

    Parameters
    ----------
    run : Run
        What was found.
    figures : mapping of str to Figure
        From `draw_figures`.

    Returns
    -------
    Section
        Empty where fewer than two of the models were fitted.
    """
    found = _found(run)
    if found["model"].nunique() < 2:
        return Section("responders", TITLE, "")
    body = paragraph(
        f"Data: {run.cohort.label.rstrip('.')}. EASI-75 and EASI-90 are thresholds of a continuous score. The "
        "same share of responders is known from a model of the score itself, from its three classes, and "
        "from a logistic regression of who responded. The variance ratio is the posterior variance over "
        "that of the continuous model: 1.5 means that two thirds of the patients would have done for the "
        "continuous one. A smaller variance is an advantage only where the continuous distribution is "
        "right." + ("" if run.cohort.evidence == "patients" else f" {ONE_GENERATOR}")
    )
    if FIGURE in figures:
        body += figure(
            FIGURE,
            figures[FIGURE],
            "Share of responders by what the model was told of the outcome.",
        )
    body += table(
        _rows(found),
        "Share of patients who respond, % [95 % interval], and what cutting the score costs",
        id="responders-table",
        left=1,
        groups="Response",
    )
    return Section("responders", TITLE, body)


def classes_figure(run: Run) -> dict[str, Figure]:
    """Draw responders under finer and coarser data.

    Parameters
    ----------
    run : Run
        What was found.

    Returns
    -------
    dict of str to Figure
        Empty where fewer than two of the models were fitted.
    """
    found = _found(run)
    if found["model"].nunique() < 2:
        return {}
    names: dict[str, str] = dict(_MODELS)
    rows = [found]
    p = run.published
    printed = p[(p["estimand"] == "response") & (p["variant"] == "base")] if len(p) else p
    if len(printed):
        names["published.fig1"] = "Print alone (82 patients)"
        percent = {k: 100 * printed[k].astype(float) for k in ("mean", "ci_low", "ci_high")}
        rows.insert(0, printed.assign(term=printed["outcome"], **percent))
    table = pd.concat([one.astype(object) for one in rows], ignore_index=True)
    return {FIGURE: responders(table, names, label=run.cohort.label + unconverged(found))}


def _found(run: Run) -> pd.DataFrame:
    own = run.own(run.summary)
    mine = (own["estimand"] == "response") & (own["variant"] == "base")
    mine &= own["model"].isin(list(_MODELS))
    rows = own[mine]
    place = rows["model"].map(list(_MODELS).index)
    found: pd.DataFrame = rows.assign(_place=place).sort_values("_place", kind="stable")
    return found.drop(columns="_place")


def _rows(found: pd.DataFrame) -> pd.DataFrame:
    shown = []
    for (term, visit), rows in found.groupby(["term", "visit"], sort=False):
        first = rows.iloc[0]
        for row in rows.to_dict("records"):
            comparable = first["model"] == next(iter(_MODELS)) and row["n"] == first["n"]
            ratio = (float(row["sd"]) / float(first["sd"])) ** 2 if comparable else float("nan")
            shown.append(
                {
                    "Response": f"{outcome_label(str(term))}, week {visit}",
                    "Model": _MODELS[str(row["model"])],
                    "n": number(float(row["n"]), 0),
                    "Share, %": interval(row, supported(float(row["mcse_mean"]), 1)),
                    "Posterior SD": number(float(row["sd"]), 1),
                    "Variance ratio": number(ratio, 2),
                    FLAG: NOT_CONVERGED if row["flag"] == NOT_CONVERGED else "",
                }
            )
    return pd.DataFrame(shown)
