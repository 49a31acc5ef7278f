"""The paper beside other studies, and its adverse events: all of it from print."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from adbayes.plots.labels import outcome_label
from adbayes.plots.of_studies import figure_rows
from adbayes.plots.other_studies import draw_other_studies
from adbayes.report.markup import Section, figure, heading, paragraph, table
from adbayes.report.numbers import ABSENT, number
from adbayes.results.run import Run

TITLE = "Other studies, and adverse events"
FIGURE = "other_studies"
STUDIES, PREDICTED, EVENTS = "other_studies.csv", "predicted_shares.csv", "adverse_events.csv"
"""Files of a run that hold the tables of this section."""

_LABEL = "Printed numbers alone; paper: Jang 2021; ESS: patients the prediction is worth"


def studies(run: Run, figures: Mapping[str, Figure]) -> Section:
    """The section of other studies and adverse events.

    Parameters
    ----------
    run : Run
        What was found.
    figures : mapping of str to Figure
        From `draw_figures`.

    Returns
    -------
    Section
        Empty where the run did not look at the print.
    """
    if STUDIES not in run.more:
        return Section("studies", TITLE, "")
    body = paragraph(
        "Shares of responders in other studies of dupilumab, each compared with the paper on the "
        "denominator that study used (as observed, or missing as failure). Nothing here is a test of "
        "the drug, and the studies differ in patients, doses and weeks."
    )
    if FIGURE in figures:
        body += figure(
            FIGURE, figures[FIGURE], "The paper beside other studies, and their prediction."
        )
    body += table(
        _predicted(run.more[PREDICTED]),
        "What the other studies predict for a further one, and the paper",
        id="studies-predicted",
    )
    body += table(
        _compared(run.more[STUDIES]),
        "Study by study, like with like: percent of patients [95 % interval]",
        id="studies-compared",
        left=2,
        groups="Response",
    )
    body += paragraph(
        "Studies that may share the paper's patients enter no prior. Sources, counts and what differs "
        f"are in {STUDIES}, with the comparisons that are not like with like;"
        f" priors made of them are given by ab.historical_prior.",
        "small",
    )
    body += heading("Adverse events: how often, and what became of them", "studies-events")
    body += paragraph(
        "An event that persisted is one of those that occurred: the share of all patients is the product "
        "of both. Exposure is not printed, so these are shares of patients over the year and not rates."
    )
    body += table(
        _events(run.more[EVENTS]),
        "Adverse events, percent of patients [95 % interval]",
        id="studies-adverse",
        left=3,
    )
    return Section("studies", TITLE, body)


def studies_figure(run: Run) -> dict[str, Figure]:
    """Draw the paper beside other studies.

    Parameters
    ----------
    run : Run
        What was found.

    Returns
    -------
    dict of str to Figure
        Empty where the run did not look at the print.
    """
    if STUDIES not in run.more:
        return {}
    rows = figure_rows(run.more[STUDIES], run.more[PREDICTED])
    return {FIGURE: draw_other_studies(rows, label=_LABEL)}


def _overlap(found: Any) -> str:
    told = "" if found is None or found != found else str(found)
    return f"may hold patients of the paper: {told}" if told else ""


def _percent(row: Mapping[Any, Any], middle: str, low: str, high: str) -> str:
    values = [float(row[name]) for name in (middle, low, high)]
    if values[0] != values[0]:
        return ABSENT
    shown = [number(100 * value, 0) for value in values]
    return f"{shown[0]} [{shown[1]}, {shown[2]}]"


def _predicted(found: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "Response": _name(row["outcome"]),
                "Week": f"{float(row['visit']):.0f}",
                "Studies": f"{float(row['studies']):.0f}",
                "Predicted, %": _percent(row, "predicted", "predicted_low", "predicted_high"),
                "Worth, patients": number(float(row["ess_elir"]), 0),
                "Paper counts": str(row["paper_handling"]),
                "Paper": f"{float(row['paper_count']):.0f} of {float(row['paper_n']):.0f}",
                "P(as high or higher)": number(float(row["prob_as_high"]), 2),
            }
            for row in found.to_dict("records")
        ]
    )


def _compared(found: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "Response": _name(row["outcome"]),
                "Study": f"{row['label']} {row['year']}",
                "Counted": str(row["handling"]),
                "Week": str(row["weeks"]),
                "n": number(float(row["n"]), 0),
                "Study, %": _percent(row, "median", "ci_low", "ci_high"),
                "Paper, %": _percent(row, "paper_median", "paper_ci_low", "paper_ci_high"),
                "Paper less study, points": _percent(
                    row, "difference", "difference_low", "difference_high"
                ),
                "Note": _overlap(row["overlaps"]),
            }
            for row in found[found["comparison"] == "like"].to_dict("records")
        ]
    )


def _events(found: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for row in found.to_dict("records"):
        who = str(row["term"]).replace("_", " ")
        rows.append(
            {
                "Event": str(row["outcome"]).replace("_", " ").capitalize(),
                "Among": who if who and who != "nan" else "all patients",
                "Prior": str(row["priors"]).replace("_", " "),
                "Print": f"{float(row['count']):.0f} of {float(row['n']):.0f}",
                "Posterior median, %": _tenths(row),
            }
        )
    return pd.DataFrame(rows)


def _tenths(row: Mapping[Any, Any]) -> str:
    shown = [number(100 * float(row[name]), 1) for name in ("median", "ci_low", "ci_high")]
    return f"{shown[0]} [{shown[1]}, {shown[2]}]"


def _name(outcome: Any) -> str:
    name = str(outcome)
    return outcome_label(name) if name.startswith("easi") else name.replace("_", " ").capitalize()
