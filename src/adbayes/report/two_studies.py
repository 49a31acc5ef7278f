"""A user's patients beside the paper's: two studies, and how far they differ."""

from typing import Any

import numpy as np
import pandas as pd

from adbayes.plots.labels import outcome_label, term_label, unit_label
from adbayes.report.markup import FLAG, Section, paragraph, table
from adbayes.report.numbers import ABSENT, SCORE_DECIMALS, interval, ratio_interval
from adbayes.results.run import Run
from adbayes.results.summary import NOT_CONVERGED

TITLE = "These patients beside the paper's"
_KINDS = {
    "mean": "Mean of an outcome",
    "change": "Change of the mean from baseline",
    "percent": "Responders, %",
    "odds_ratio": "Odds ratio of EASI-90 at week 52, one predictor at a time",
    "pct_change_mean": "Mean percent change at week 52",
    "correlation": "Correlation of two scores at week 52",
}
"""Statistics that are compared, and what they are called."""

_JOINT = "Odds ratio of EASI-90 at week 52, seven predictors together"


def two_studies(run: Run) -> Section:
    """The section of a user's study beside the paper.

    Parameters
    ----------
    run : Run
        What was found.

    Returns
    -------
    Section
        Empty where the patients are no real ones, or nothing is answered by both.
    """
    both = compared(run)
    if both.empty:
        return Section("two-studies", TITLE, "")
    outside = both[(both["low"] > both["null"]) | (both["high"] < both["null"])]
    body = paragraph(
        f"{len(both)} quantities have a posterior in both studies: of the paper's patients from its printed "
        f"numbers alone, and of {run.cohort.source} from the patients themselves. The last column is "
        f"{run.cohort.source} minus the paper (of odds ratios, over the paper) with a 95 % interval from both "
        "posteriors (Zou and Donner 2008, doi:10.1002/sim.3095), as of two studies without a patient in "
        f"common. {len(outside)} of the {len(both)} intervals exclude no difference; of that many "
        f"comparisons about {0.05 * len(both):.0f} would, were the two alike and the quantities independent."
    )
    body += paragraph(
        "A difference says that the patients, their care, or how they were measured differ. It is neither an "
        "error of one study nor an effect of the drug."
    )
    body += table(
        _rows(both, run.cohort.source),
        f"The paper and {run.cohort.source}: posteriors with 95 % intervals",
        id="two-studies-table",
        left=2,
        groups="Quantity",
    )
    return Section("two-studies", TITLE, body)


def compared(run: Run) -> pd.DataFrame:
    """Quantities that the print and the patients both answer.

    Parameters
    ----------
    run : Run
        What was found.

    Returns
    -------
    pandas.DataFrame
        published_id, statistic, outcome, visit, term, paper, paper_low, paper_high, own, own_low, own_high,
        difference, low, high (a ratio for odds ratios), null (0, or 1 for odds ratios) and flag; a row a
        number of the paper's tables and figures. Empty where the patients are no real ones.
    """
    table = run.comparison
    evidence = run.cohort.evidence
    if evidence != "patients" or table.empty:
        return pd.DataFrame()
    ids = table["published_id"].astype(str)
    rows = table[
        table["statistic"].isin(list(_KINDS))
        & table["variant"].eq("base")
        & table["bayes_low"].notna()
        & table["same_quantity"].astype(str).eq("True")
        & ids.str.startswith(("table", "fig"))
    ]
    print_alone = rows[rows["evidence"] == "published"].drop_duplicates("published_id")
    own = rows[rows["evidence"] == evidence].drop_duplicates("published_id")
    names = {"bayes": "own", "bayes_low": "own_low", "bayes_high": "own_high"}
    who = ["published_id", "statistic", "outcome", "visit", "term", "model"]
    both = own[[*who, *names]].rename(columns=names)
    names = {"bayes": "paper", "bayes_low": "paper_low", "bayes_high": "paper_high"}
    both = both.merge(
        print_alone[["published_id", *names]].rename(columns=names), on="published_id"
    )
    if both.empty:
        return both
    flagged = run.diagnostics[run.diagnostics["evidence"] == evidence]
    failed = set(flagged.loc[~flagged["passed"].astype(bool), "model"])
    both["flag"] = [NOT_CONVERGED if model in failed else "" for model in both["model"]]
    ratio = both["statistic"] == "odds_ratio"
    both["null"] = ratio.astype(float)
    both[["difference", "low", "high"]] = [_difference(row) for row in both.to_dict("records")]
    order = list(_KINDS)
    return both.sort_values("statistic", key=lambda s: s.map(order.index), kind="stable")


def _difference(row: dict[Any, Any]) -> tuple[float, float, float]:
    """Own minus paper, its interval from the limits of both (the method of variance estimates recovery)."""
    ratio = row["statistic"] == "odds_ratio"
    sides = ("own", "own_low", "own_high", "paper", "paper_low", "paper_high")
    values = np.array([float(row[name]) for name in sides])
    own, own_low, own_high, paper, paper_low, paper_high = np.log(values) if ratio else values
    middle = own - paper
    low = middle - np.hypot(own - own_low, paper_high - paper)
    high = middle + np.hypot(own_high - own, paper - paper_low)
    found = np.exp([middle, low, high]) if ratio else np.array([middle, low, high])
    return float(found[0]), float(found[1]), float(found[2])


def _rows(both: pd.DataFrame, source: str) -> pd.DataFrame:
    shown = []
    for row in both.to_dict("records"):
        ratio = row["statistic"] == "odds_ratio"
        term, outcome = str(row["term"]), outcome_label(str(row["outcome"]))
        if row["statistic"] == "correlation":
            of = f"{outcome} and {outcome_label(term)}"
        elif ratio:
            of = term_label(term)
        else:
            name, _, level = term.partition(" = ")
            group = f", {term_label(name)}: {'yes' if level == '1' else 'no'}" if level else ""
            unit = "" if row["statistic"] == "percent" else f" ({unit_label(str(row['outcome']))})"
            of = outcome + unit + group
        line = {
            "Quantity": _JOINT
            if row["published_id"].startswith("table6")
            else _KINDS[row["statistic"]],
            "Of": of,
            "Week": ABSENT if str(row["visit"]) == "" else str(row["visit"]),
        }
        for heading, middle in (("Paper, from print", "paper"), (source, "own")):
            values = {name: row[f"{middle}_{end}"] for name, end in _ENDS} | {"mean": row[middle]}
            line[heading] = _shown(values, row["statistic"])
        ends = {"ci_low": row["low"], "ci_high": row["high"], "mean": row["difference"]}
        line["Difference or ratio"] = _shown(ends, row["statistic"])
        line[FLAG] = row["flag"]
        shown.append(line)
    return pd.DataFrame(shown)


_ENDS = (("ci_low", "low"), ("ci_high", "high"))


def _shown(values: dict[str, float], statistic: str) -> str:
    if statistic == "odds_ratio":
        return ratio_interval(values, "mean")
    return interval(values, 2 if statistic == "correlation" else SCORE_DECIMALS)
