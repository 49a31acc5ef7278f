"""A page about the data: what a cohort holds, and what each model in models/ would leave out."""

from dataclasses import dataclass

import pandas as pd

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.describe import (
    column_table,
    derived_columns,
    missing_patterns,
    responders,
    visit_table,
)
from adbayes.errors import DataError
from adbayes.inference.plan import plan
from adbayes.model.analysis import Analysis
from adbayes.model.frame import ModelFrame
from adbayes.model.library import model_names
from adbayes.model.spec import load_spec
from adbayes.shown import as_html

_PATTERNS = 8  # of one outcome, in print; the table has all
NOT_FITTED = "not fitted: "
SPEC_COLUMNS = ["model", "x", "rows", "patients", "dropped"]


@dataclass(frozen=True)
class Description:
    """What a cohort holds.

    Parameters
    ----------
    label : str
        What the data are.
    summary : str
        Rows, patients and visits.
    visits : pandas.DataFrame
        Every outcome at every visit: `adbayes.cohort.describe.visit_table`.
    patterns : pandas.DataFrame
        Which visits were observed together: `adbayes.cohort.describe.missing_patterns`.
    responders : pandas.DataFrame
        With their denominators: `adbayes.cohort.describe.responders`.
    columns : pandas.DataFrame
        Patient-level columns, or all of a plain table: `adbayes.cohort.describe.column_table`.
    derived : pandas.DataFrame
        Computed columns: `adbayes.cohort.describe.derived_columns`.
    specs : pandas.DataFrame
        What each model would use: `spec_table`.
    messages : tuple of str
        What was understood, mapped or left out while reading.
    """

    label: str
    summary: str
    visits: pd.DataFrame
    patterns: pd.DataFrame
    responders: pd.DataFrame
    columns: pd.DataFrame
    derived: pd.DataFrame
    specs: pd.DataFrame
    messages: tuple[str, ...]

    def __repr__(self) -> str:
        text = self._head
        for title, table in self._tables:
            if len(table):
                shown = table.to_string(
                    index=False, na_rep="", float_format=lambda value: f"{value:.4g}"
                )
                text += ["", title, shown]
        return "\n".join(text + self._unfitted)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        tables = {title: table for title, table in self._tables if len(table)}
        return as_html("\n".join(self._head + self._unfitted), tables)

    @property
    def _head(self) -> list[str]:
        return [self.label, self.summary, *(f"- {message}" for message in self.messages)]

    @property
    def _tables(self) -> list[tuple[str, pd.DataFrame]]:
        patterns = self.patterns.groupby("outcome", sort=False).head(_PATTERNS)
        more = len(self.patterns) - len(patterns)
        return [
            ("Outcomes by visit", self.visits),
            (
                "Observed visits, a point where missing"
                + (f" ({more} rarer patterns not shown)" if more else ""),
                patterns,
            ),
            (
                "Responders among completers, and with missing counted as failure",
                self.responders,
            ),
            ("Columns", self.columns),
            ("Derived columns", self.derived),
            (
                "Models: rows and patients used, and what is dropped",
                self.specs[self.specs["rows"] > 0],
            ),
        ]

    @property
    def _unfitted(self) -> list[str]:
        """Models not fitted, and why, a line each."""
        unfitted = self.specs[self.specs["rows"] == 0]
        lines = ["", "Models not fitted, and why"] if len(unfitted) else []
        for model, reasons in unfitted.groupby("model", sort=False)["dropped"]:
            # The table has the sentences whole; here the columns are on the page already.
            heads = [reason.removeprefix(NOT_FITTED).partition(";")[0] for reason in reasons]
            brief = dict.fromkeys(head.replace(f", which {model} needs", "") for head in heads)
            lines.append(f"- {model}: {'; '.join(brief)}")
        return lines


def describe(cohort: Cohort) -> Description:
    """Describe a cohort: counts, gaps, floors and ceilings, responders, and what models would use.

    Parameters
    ----------
    cohort : Cohort
        The data.

    Returns
    -------
    Description
        Tables, and a page of them when printed.
    """
    summary = f"{len(cohort.frame)} rows, {len(cohort.frame.columns)} columns"
    if cohort.clinical:
        weeks = ", ".join(map(str, cohort.visits))
        summary = f"{cohort.n_patients} patients, visits at weeks {weeks}; {summary}"
    return Description(
        label=f"{cohort.label} [evidence: {cohort.evidence}]",
        summary=summary,
        visits=visit_table(cohort),
        patterns=missing_patterns(cohort),
        responders=responders(cohort),
        columns=column_table(cohort),
        derived=derived_columns(cohort),
        specs=spec_table(cohort),
        messages=cohort.messages,
    )


def spec_table(cohort: Cohort) -> pd.DataFrame:
    """Say what every model in models/ would use of a cohort, and what it would drop and why.

    Parameters
    ----------
    cohort : Cohort
        The data.

    Returns
    -------
    pandas.DataFrame
        `model`, `x` (the predictor, where the model has one at a time), `rows` and `patients` used,
        and `dropped`: the reasons with their counts, or why nothing can be fitted.
    """
    found = []
    for name in model_names():
        try:
            settled = plan(load_spec(name), cohort)
        except DataError as error:
            found.append([name, "", 0, 0, f"{NOT_FITTED}{_reason(error, cohort)}"])
            continue
        for analysis, frame in settled.jobs:
            dropped = _dropped(analysis, frame, cohort)
            found.append([name, analysis.x or "", frame.n_rows, frame.n_units, dropped])
        for x, reason in settled.reasons.items():
            found.append([name, x, 0, 0, f"{NOT_FITTED}{_reason(reason, cohort)}"])
    return pd.DataFrame(found, columns=SPEC_COLUMNS)


def _dropped(analysis: Analysis, frame: ModelFrame, cohort: Cohort) -> str:
    table = analysis.data
    reasons = [f"{reason} in {n} rows" for reason, n in frame.dropped.items()]
    if table.visit is not None and table.missing != "failure" and cohort.clinical:
        there = cohort.frame.loc[cohort.frame["visit"] == table.visit, "patient"].nunique()
        if there < cohort.n_patients:
            reasons.insert(
                0, f"no row at week {table.visit} in {cohort.n_patients - there} patients"
            )
    if table.where is not None:
        reasons.insert(0, f"rows outside where {table.where!r}")
    return "; ".join(reasons) or "none"


def _reason(error: DataError | str, cohort: Cohort) -> str:
    return str(error).removeprefix(f"{cohort.source}: ")
