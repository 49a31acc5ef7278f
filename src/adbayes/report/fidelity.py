"""How near reconstructed patients come to every printed number."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from adbayes.plots.fidelity import draw_fidelity
from adbayes.plots.labels import kind_label, place_label
from adbayes.report.markup import Section, figure, paragraph, table
from adbayes.report.numbers import number
from adbayes.results.fidelity import fidelity_by_table, placed
from adbayes.results.run import Run

TITLE = "How near the reconstructed patients come to the print"
FIGURE, FIDELITY = "fidelity", "fidelity.csv"

_ROLES = {
    "target": "target",
    "held_out": "held out",
    "suspected_misprint": "suspected misprint",
}


def fidelity_section(run: Run, figures: Mapping[str, Figure]) -> Section:
    """The section of printed numbers beside the same numbers of the cohort.

    Parameters
    ----------
    run : Run
        What was found.
    figures : mapping of str to Figure
        From `draw_figures`.

    Returns
    -------
    Section
        Empty where the patients were not reconstructed.
    """
    if FIDELITY not in run.more:
        return Section("fidelity", TITLE, "")
    found = run.more[FIDELITY]
    targets = found[found["role"] == "target"]
    matched = int((targets["matched"].astype(str) == "True").sum())
    body = paragraph(
        f"{matched} of {len(targets)} targets of the reconstruction would be printed as they were, from "
        f"cohort {run.cohort.index} alone. These agree by construction: it says that the printed numbers "
        "can be true together, and nothing about the paper's patients. Numbers that were held out, and "
        "the two suspected misprints, were never fitted."
    )
    if FIGURE in figures:
        body += figure(
            FIGURE, figures[FIGURE], f"Printed numbers and those of cohort {run.cohort.index}."
        )
    rows = fidelity_by_table(found)
    rows = rows[rows["role"].isin(list(_ROLES))]
    body += table(
        pd.DataFrame(
            {
                "Printed in": [place_label(str(table)) for table in rows["table"]],
                "Kind": [kind_label(str(kind)) for kind in rows["kind"]],
                "Role": rows["role"].map(_ROLES),
                "Numbers": rows["numbers"].astype(int).astype(str),
                "Matched": rows["matched"].astype(int).astype(str),
                "Largest distance, last digits": [number(float(v), 2) for v in rows["largest"]],
            }
        ),
        f"Printed numbers that cohort {run.cohort.index} gives",
        id="fidelity-table",
        left=3,
    )
    body += paragraph(f"Every number is in {FIDELITY}.", "small")
    return Section("fidelity", TITLE, body)


def fidelity_figure(run: Run) -> dict[str, Figure]:
    """Draw printed numbers beside those of the cohort.

    Parameters
    ----------
    run : Run
        What was found.

    Returns
    -------
    dict of str to Figure
        Empty where the patients were not reconstructed.
    """
    if FIDELITY not in run.more:
        return {}
    rows = placed(run.more[FIDELITY]).assign(
        cohort=0, evidence="reconstructed", n=run.cohort.n_patients
    )
    return {FIGURE: draw_fidelity(rows, label=run.cohort.label)}
