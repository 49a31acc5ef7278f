"""What the audit of the printed numbers found: impossible, contradictory or rounded, with what could be."""

import pandas as pd

from adbayes.paper.findings import distinct
from adbayes.report.markup import Section, paragraph, table
from adbayes.results.run import Run

_KINDS = (
    ("impossible", "Impossible under the stated condition"),
    ("inconsistent", "Contradictions"),
    ("rounding", "Off by less than one unit of the last digit"),
)
_SHOWN = 4  # ids named in a row; a finding about a whole table names the first of them


def audited(run: Run) -> Section:
    """The section of audit findings.

    Parameters
    ----------
    run : Run
        What was found.

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
    for grade, title in _KINDS:
        names = distinct(found, grade)  # type: ignore[arg-type]  # one of the four classes
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
