"""What the audit of the printed numbers found: impossible, contradictory or rounded, with what could be."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from adbayes.paper.findings import Grade, distinct
from adbayes.plots.audit import audit
from adbayes.report.markup import Section, figure, paragraph, table
from adbayes.results.run import Run

_KINDS: tuple[tuple[Grade, str], ...] = (
    ("impossible", "Impossible under the stated condition"),
    ("inconsistent", "Contradictions"),
    ("rounding", "Off by less than one unit of the last digit"),
)
_SHOWN = 4  # ids named in a row; a finding about a whole table names the first of them


FIGURE = "audit"
"""Name of the figure."""


def audit_figure(run: Run) -> dict[str, Figure]:
    """Draw the audit at a glance.

    Parameters
    ----------
    run : Run
        What was found.

    Returns
    -------
    dict of str to Figure
        Empty where the audit did not run.
    """
    if run.findings.empty:
        return {}
    label = "The printed numbers alone, recomputed from each other; areas in proportion to checks"
    return {FIGURE: audit(run.findings, label=label)}


def audited(run: Run, figures: Mapping[str, Figure]) -> Section:
    """The section of audit findings.

    Parameters
    ----------
    run : Run
        What was found.
    figures : mapping of str to Figure
        From `draw_figures`.

    Returns
    -------
    Section
        A table a class; without content where the audit did not run.
    """
    found = run.findings
    if found.empty:
        return Section("audit", "What the audit of the print found", "")
    counts = found["class"].value_counts()
    parts = [
        paragraph(
            f"{len(found)} checks of the printed numbers, each recomputed from the ledger: "
            f"{counts.get('consistent', 0)} consistent. A number is called impossible only under "
            "the condition beside it. Nothing below was corrected; the two suspected misprints "
            "were not fitted. The command adbayes audit prints the arithmetic of each finding."
        )
    ]
    if FIGURE in figures:
        parts.append(figure(FIGURE, figures[FIGURE], "Kinds of check, and what they found."))
    for grade, title in _KINDS:
        names = distinct(found, grade)
        if names:
            parts.append(_table(found, names, grade, f"{title} ({len(names)})"))
    return Section("audit", "What the audit of the print found", "".join(parts))


def _table(found: pd.DataFrame, names: list[str], grade: str, title: str) -> str:
    rows = []
    for name in names:
        views = found[(found["finding"] == name) & (found["class"] == grade)]
        # The view about a single number, where there is one, says it shortest.
        view = min((row for _, row in views.iterrows()), key=lambda r: len(r["published_ids"]))
        ids = view["published_ids"].split()
        more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
        rows.append(
            {
                "Check": view["topic"],
                "Numbers": ", ".join(ids[:_SHOWN]) + more,
                "Computed": view["computed"],
                "Possible": view["possible"],
                "Condition": view["condition"],
            }
        )
    return table(pd.DataFrame(rows), title, id=f"audit-{grade}", left=len(rows[0]))
