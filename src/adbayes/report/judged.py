"""The paper's own models against the better ones, on what was printed: reported as it falls."""

import pandas as pd

from adbayes.checks.judgement import BETTER, FAITHFUL
from adbayes.plots.labels import outcome_label
from adbayes.report.markup import Section, bullets, heading, paragraph, table
from adbayes.report.numbers import number
from adbayes.report.opening import ONE_GENERATOR
from adbayes.results.run import Run

TITLE = "The paper's models and better ones, judged by the data they make"
JUDGEMENT = "judgement.csv"
"""File of a run that holds the table of this section."""

_OUTSIDE = " ✗"


def judged(run: Run) -> Section:
    """The section of faithful against better models.

    Parameters
    ----------
    run : Run
        What was found.

    Returns
    -------
    Section
        Empty where no outcome has two models.
    """
    found = run.more.get(JUDGEMENT)
    if found is None or found.empty or not (found["kind"] == BETTER).any():
        return Section("judged", TITLE, "")
    patients = run.cohort.evidence == "patients"
    against = "what was observed" if patients else "the print"
    body = paragraph(
        "Each cell is the central 95 % range of a statistic over data sets that a fitted model makes. "
        f"The paper's own model of an outcome stands first. A cross marks a range that does not hold "
        f"{against}; nothing is left out, whichever way it falls."
        + (
            ""
            if patients
            else " The patients were reconstructed to have the printed means, SDs and responders, so this "
            "asks which model could have made such numbers. What was not printed (a dash) is judged by "
            f"nothing. {ONE_GENERATOR}"
        )
    )
    body += bullets(_score(found))
    for outcome, mine in found.groupby("outcome", sort=False):
        if (mine["kind"] == BETTER).any():
            body += heading(outcome_label(str(outcome)), f"judged-{outcome}")
            body += table(
                _rows(mine),
                f"{outcome_label(str(outcome))}: statistics and their 95 % posterior predictive ranges",
                id=f"judged-table-{outcome}",
                left=2,
                groups="Statistic",
            )
    body += paragraph(
        f"Shares are percent of the patients with a value (of both visits, for a response). All rows "
        f"are in {JUDGEMENT}.",
        "small",
    )
    return Section("judged", TITLE, body)


def _score(found: pd.DataFrame) -> list[str]:
    """One line an outcome: how many printed statistics each model's ranges hold."""
    lines = []
    for outcome, mine in found.groupby("outcome", sort=False):
        if not (mine["kind"] == BETTER).any():
            continue
        parts = []
        for name, rows in mine.groupby(_model(mine), sort=False):
            told = rows[rows["holds"].astype(str) != ""]
            if len(told):
                held = int((told["holds"].astype(str) == "True").sum())
                own = " (the paper's)" if (rows["kind"] == FAITHFUL).any() else ""
                parts.append(f"{name}{own} {held} of {len(told)}")
        if parts:
            lines.append(f"{outcome_label(str(outcome))}: {'; '.join(parts)}.")
    return lines


def _model(rows: pd.DataFrame) -> "pd.Series[str]":
    plain = rows["model"].astype(str)
    return plain.where(rows["variant"] == "base", plain + "." + rows["variant"].astype(str))


def _rows(mine: pd.DataFrame) -> pd.DataFrame:
    models = list(dict.fromkeys(_model(mine)))
    shown = []
    for (quantity, visit), rows in mine.groupby(["quantity", "visit"], sort=False):
        first = rows.iloc[0]
        decimals = 1 if first["unit"] == "%" else 2
        unit = f", {first['unit']}" if str(first["unit"]) not in ("", "nan") else ""
        line = {
            "Statistic": f"{str(quantity)[0].upper()}{str(quantity)[1:]}{unit}",
            "Week": str(visit),
            "Print": number(float(first["published"]), decimals),
            "Data": number(float(first["observed"]), decimals),
        }
        named = dict(zip(_model(rows), rows.to_dict("records"), strict=True))
        for model in models:
            row = named.get(model)
            if row is None:
                line[model] = ""
                continue
            low, high = (float(row[key]) for key in ("replicated_low", "replicated_high"))
            mark = _OUTSIDE if str(row["holds"]) == "False" else ""
            line[model] = f"{number(low, decimals)} to {number(high, decimals)}{mark}"
        shown.append(line)
    return pd.DataFrame(shown)
