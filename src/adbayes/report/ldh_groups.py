"""Table 4 on patients: outcomes in groups of high and low LDH, alone, robust and under one scale."""

from collections.abc import Sequence

import pandas as pd

from adbayes.cohort.derive import concurrent
from adbayes.inference.fit import Fit
from adbayes.inference.printed_dependence import HIERARCHICAL
from adbayes.plots.labels import outcome_label, term_label
from adbayes.report.figures import Group
from adbayes.report.markup import FLAG, Section, paragraph, table
from adbayes.report.models import flag
from adbayes.report.numbers import interval, number, p_value, probability
from adbayes.results.differences import group_term
from adbayes.results.differences_together import MODEL
from adbayes.results.run import Run
from adbayes.results.welch import two_groups

TITLE = "Percent change at week 52 by groups of LDH"


def ldh_groups(run: Run, groups: Sequence[Group]) -> Section:
    """The section of differences between two groups.

    Parameters
    ----------
    run : Run
        What was found.
    groups : sequence of Group
        Its fits by spec.

    Returns
    -------
    Section
        Empty where no such model was fitted.
    """
    rows = [row for group in groups for row in _rows(run, group, groups)]
    if not rows:
        return Section("ldh-groups", TITLE, "")
    frame = pd.DataFrame(rows).fillna("")
    frame = frame.loc[:, [c for c in frame if c == "LDH" or frame[c].str.len().any()]]
    own = run.cohort.evidence == "reconstructed"
    body = paragraph(
        f"Data: {run.cohort.label.rstrip('.')}. Percent change of each outcome at week 52 (positive is "
        "improvement) in patients with LDH ≥ 250 minus those below, in percentage points: the "
        "posterior mean [95 % equal-tailed interval] under two normals with SDs of their own, the "
        "same with Student t errors, which give way to patients far from the others, and all "
        "differences under one scale, which draws all of them towards none. Rows of one table are the "
        "same patients; in the last column they correlate as LDH at two visits does in these patients "
        "times as the outcomes do within the groups. Refit: Welch's test, as in the paper. LDH at "
        "weeks 16 and 32 is measured under treatment, that of week 52 with the outcome: associations, "
        "not predictions, and not adjusted for baseline."
    )
    body += table(
        frame,
        f"{TITLE}: {'beside the print' if own else 'other patients than the print'}",
        id="ldh-groups-differences",
        left=2,
        groups="Outcome",
    )
    scale = _together(run)
    count = int((scale["estimand"] == "mean_difference").sum())
    scale = scale[scale["term"] == "tau"]
    if len(scale):
        found = scale.to_dict("records")[0]
        body += paragraph(
            f"Scale of the {count} differences (their SD about none): {interval(found, 1)} points.",
            "small",
        )
    return Section("ldh-groups", TITLE, body)


def _together(run: Run) -> pd.DataFrame:
    s = run.own(run.summary)
    return s[(s["model"] == MODEL) & (s["variant"] == HIERARCHICAL)]


def _rows(run: Run, group: Group, groups: Sequence[Group]) -> list[dict[str, str]]:
    shown = []
    for fit, summary, ok in zip(group.fits, group.summaries, group.passed, strict=True):
        column = two_groups(fit)
        reported = "mean_difference" in fit.analysis.estimands.report
        if column is None or not reported or fit.analysis.variant != "base":
            continue
        found = {
            (row["estimand"], row["term"]): row
            for row in summary[summary["estimand"] != "parameter"].to_dict("records")
        }
        difference = found["mean_difference", column]
        outcome = fit.frame.outcome.removesuffix("_percent_change")
        line = {
            "Outcome": outcome_label(outcome),
            "LDH": term_label(column),
            "Kind": "concurrent" if concurrent(column) else "baseline",
            "n below, above": " and ".join(
                str(int((fit.frame.data[column] == value).sum())) for value in (0, 1)
            ),
            **_printed(run, group, column),
        }
        again = run.refits.get(fit.analysis.key)
        if again is not None:
            row = again.coefficients.set_index("term").loc[column].to_dict()
            line["Refit difference [95 % CI]"] = interval(row, 1, middle="estimate")
            line["Refit p"] = p_value(float(row["p_value"]))
        means = (found["mean_percent_change", group_term(column, value)] for value in (0, 1))
        line["Means"] = " and ".join(number(float(row["mean"]), 1) for row in means)
        line["Two normals"] = interval(difference, 1)
        line["P(direction)"] = _direction(difference)
        line["Student t"] = _of_variant(fit, groups, column)
        pooled = _together(run)
        pooled = pooled[(pooled["outcome"] == fit.frame.outcome) & (pooled["term"] == column)]
        for row in pooled.to_dict("records"):
            line["One scale"] = interval(row, 1)
        line[FLAG] = flag(difference["flag"], ok)
        shown.append(line)
    return shown


def _direction(row: dict[object, object]) -> str:
    side = "> 0" if float(str(row["median"])) > 0 else "< 0"
    return f"{probability(float(str(row['prob_direction'])))} ({side})"


def _printed(run: Run, group: Group, column: str) -> dict[str, str]:
    """What the paper prints of a row: its two means and the p."""
    beside = group.of(run.comparison)
    values = {}
    for row in beside.to_dict("records"):
        values[row["term"], row["statistic"]] = run.paper.number(row["published_id"])
    low, high = (values.get((group_term(column, value), "pct_change_mean")) for value in (0, 1))
    p = values.get((column, "p_value"))
    if low is None or high is None or p is None:
        return {}
    return {"Paper means": f"{low.value} and {high.value}", "Paper p": p.value}


def _of_variant(fit: Fit, groups: Sequence[Group], column: str) -> str:
    for group in groups:
        for other, summary in zip(group.fits, group.summaries, strict=True):
            a = other.analysis
            if (a.model, a.x, a.variant) == (fit.analysis.model, fit.analysis.x, "student_t"):
                mine = (summary["estimand"] == "mean_difference") & (summary["term"] == column)
                return interval(summary[mine].to_dict("records")[0], 1)
    return ""
