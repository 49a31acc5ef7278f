"""The figure of other studies, from the tables of the comparison and the prediction."""

import pandas as pd
from matplotlib.figure import Figure

from adbayes.plots.labels import outcome_label
from adbayes.plots.other_studies import draw_other_studies
from adbayes.results.other_studies import other_studies, predicted_from_studies


def plot_other_studies(evidence: pd.DataFrame | None = None) -> Figure:
    """Draw the paper's shares beside those of other studies and what these predict.

    Parameters
    ----------
    evidence : DataFrame, optional
        Results of other studies, as `load_evidence` returns them; the packaged ones if not given.

    Returns
    -------
    Figure
        As `draw_other_studies` describes it: the studies that enter a prior, those that share the
        paper's patients (hollow), the paper on each of its denominators, and the prediction.
    """
    rows = figure_rows(other_studies(evidence=evidence), predicted_from_studies(evidence=evidence))
    return draw_other_studies(
        rows, label="Printed numbers alone; paper: Jang 2021; ESS: patients the prediction is worth"
    )


def figure_rows(studies: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """Arrange two tables for `draw_other_studies`.

    Parameters
    ----------
    studies : DataFrame
        From `other_studies`.
    predictions : DataFrame
        From `predicted_from_studies`.

    Returns
    -------
    DataFrame
        One row a study, denominator of the paper, and prediction, by panel.
    """
    rows = []
    weeks = pd.to_numeric(studies["paper_visit"], errors="coerce")
    for (outcome, visit), block in predictions.groupby(["outcome", "visit"], sort=False):
        adverse = not str(outcome).startswith("easi")
        name = outcome_label(str(outcome)).capitalize() if adverse else outcome_label(str(outcome))
        panel = f"{name}, up to week {visit}" if adverse else f"{name}, week {visit}"
        ids = block["evidence_ids"].iloc[0]
        inside = set(ids.split("; ") if isinstance(ids, str) else ids)
        own = studies[studies["outcome"] == outcome].drop_duplicates("evidence_id")
        shared = own["overlaps"].eq("same centre") & own["median"].notna() & adverse
        for row in own[own["evidence_id"].isin(inside) | shared].to_dict("records"):
            rows.append(
                {
                    "panel": panel,
                    "row_label": f"{row['label']} {row['year']}, week {row['weeks']}",
                    "kind": row["handling"],
                    "estimate": row["median"],
                    "ci_low": row["ci_low"],
                    "ci_high": row["ci_high"],
                    "patients": f"{float(row['count']):.0f}/{float(row['n']):.0f}",
                    "flag": "" if row["evidence_id"] in inside else row["comparison"],
                }
            )
        paper = studies[(studies["outcome"] == outcome) & (weeks == float(str(visit)))]
        for row in paper.drop_duplicates("paper_variant").to_dict("records"):
            rows.append(
                {
                    "panel": panel,
                    "row_label": f"Paper, {row['paper_handling']}",
                    "kind": "paper",
                    "estimate": row["paper_median"],
                    "ci_low": row["paper_ci_low"],
                    "ci_high": row["paper_ci_high"],
                    "patients": f"{float(row['paper_count']):.0f}/{float(row['paper_n']):.0f}",
                    "flag": "",
                }
            )
        said = block.iloc[0]
        rows.append(
            {
                "panel": panel,
                "row_label": f"Predicted from {said['studies']} studies",
                "kind": "predicted",
                "estimate": said["predicted"],
                "ci_low": said["predicted_low"],
                "ci_high": said["predicted_high"],
                "patients": f"ESS {said['ess_elir']:.0f}",
                "flag": "",
            }
        )
    return pd.DataFrame(rows).assign(evidence="published")
