"""The paper's own models against the better ones, on what was printed: reported as it falls."""

from collections.abc import Mapping, Sequence
from typing import Any

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
        f"The paper's own model of an outcome stands first; names are those of the methods. A cross "
        f"marks a range that does not hold {against}; nothing is left out, whichever way it falls."
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
            # Empty where nothing was printed; a table read back from its file has NaN there.
            told = rows[rows["holds"].astype(str).isin(["True", "False"])]
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
    """A line a model below the print and the data, a column a week: models are more than fit across."""
    weeks = list(dict.fromkeys(mine["visit"].astype(str)))
    weeks = sorted(weeks, key=lambda week: (not week.isdigit(), int(week) if week.isdigit() else 0))
    shown = []
    for quantity, rows in mine.groupby("quantity", sort=False):
        first = rows.iloc[0]
        decimals = 1 if first["unit"] == "%" else 2
        unit = f", {first['unit']}" if str(first["unit"]) not in ("", "nan") else ""
        group = f"{str(quantity)[0].upper()}{str(quantity)[1:]}{unit}"
        once = rows.drop_duplicates("visit")
        for name, column in (("Print", "published"), ("Data", "observed")):
            cells = {
                str(row["visit"]): number(float(row[column]), decimals)
                for row in once.to_dict("records")
            }
            shown.append({"Statistic": group, "Model": name} | _across(cells, weeks))
        for model, own in rows.groupby(_model(rows), sort=False):
            cells = {str(row["visit"]): _range(row, decimals) for row in own.to_dict("records")}
            shown.append({"Statistic": group, "Model": str(model)} | _across(cells, weeks))
    return pd.DataFrame(shown)


def _across(cells: Mapping[str, str], weeks: Sequence[str]) -> dict[str, str]:
    return {f"Week {week}" if week else "All weeks": cells.get(week, "") for week in weeks}


def _range(row: Mapping[Any, Any], decimals: int) -> str:
    """The range that the model's data sets span, with a cross where it misses the print."""
    low, high = (number(float(row[key]), decimals) for key in ("replicated_low", "replicated_high"))
    return f"{low} to {high}{_OUTSIDE if str(row['holds']) == 'False' else ''}"
