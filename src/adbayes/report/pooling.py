"""What several cohorts say together, and how much of it the print leaves open."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from adbayes.plots.labels import outcome_label, term_label
from adbayes.report.markup import FLAG, Section, paragraph, table
from adbayes.report.numbers import SCORE_DECIMALS, interval, number, ratio_interval, supported
from adbayes.results.pooled import SHARE
from adbayes.results.run import Run
from adbayes.results.summary import NOT_CONVERGED

TITLE = "Over cohorts: what the print leaves open"
_QUANTITIES = {
    "mean_change": "Change of the mean",
    "share_mcid": "Share who improve by the MCID",
    "icc": "Correlation of two visits of a patient",
    "odds_ratio": "Odds ratio",
}


def pooling(run: Run) -> Section:
    """The section of posteriors pooled over cohorts.

    Parameters
    ----------
    run : Run
        What was found.

    Returns
    -------
    Section
        Empty where models were fitted to one cohort only.
    """
    pooled = run.pooled
    rows = pd.DataFrame() if pooled.empty else _rows(run)
    if rows.empty:
        return Section("cohorts", TITLE, "")
    names = [str(cohort.index) for cohort in run.cohorts]
    body = paragraph(
        f"The models were fitted to {len(names)} reconstructed cohorts (numbers {names[0]} to "
        f"{names[-1]}) and their draws mixed, equally many from each. Cohorts agree on what was printed "
        "and differ in what was not. The last column is the variance of the cohorts' posterior means "
        "over the variance of the mixture: near 0 %, every cohort gives the same posterior; where it "
        "is large, the print leaves the quantity open, and the interval of one cohort hides that."
    )
    body += paragraph(
        "This is not multiple imputation: cohorts are not draws from a posterior of the patients' data, "
        "but cases that one generator made under stated assumptions. A pooled interval is not an "
        "interval about the paper's patients."
    )
    body += table(
        rows,
        f"Main quantities in cohort {names[0]} and pooled over {len(names)} cohorts",
        id="cohorts-pooled",
        left=3,
        groups="Quantity",
    )
    body += paragraph(
        "Scores as means, odds ratios as medians, with 95 % equal-tailed intervals. The share of an "
        "odds ratio is that of its logarithm, because a few large draws rule the variance of a ratio. "
        "Every quantity is in summary.csv.",
        "small",
    )
    return Section("cohorts", TITLE, body)


def _rows(run: Run) -> pd.DataFrame:
    pooled, own = run.pooled, run.own(run.summary)
    last = pooled[pooled["estimand"] == "mean_change"].groupby("model")["visit"].last()
    shown = []
    for estimand, words in _QUANTITIES.items():
        rows = pooled[pooled["estimand"] == estimand]
        for row in rows.to_dict("records"):
            if estimand in ("mean_change", "share_mcid") and row["visit"] != last[row["model"]]:
                continue
            mine = (own["model"] == row["model"]) & (own["estimand"] == estimand)
            mine &= (own["visit"] == row["visit"]) & (own["term"] == row["term"])
            alone = own[mine & (own["x"] == row["x"])].to_dict("records")[0]
            odds = estimand == "odds_ratio"
            share = _share_of_log(pooled, row) if odds else float(row[SHARE])
            decimals = supported(row["mcse_mean"], 1 if row["unit"] == "%" else SCORE_DECIMALS)
            cells = [
                ratio_interval(one, "median") if odds else interval(one, decimals)
                for one in (alone, row)
            ]
            joint = odds and not row["x"]
            shown.append(
                {
                    "Quantity": words,
                    "Model": row["model"],
                    "Outcome": outcome_label(row["outcome"]),
                    "Predictor": term_label(row["term"]) + (", joint model" if joint else "")
                    if odds
                    else "",
                    "Week": row["visit"],
                    "Unit": "" if odds else row["unit"],
                    f"Cohort {alone['cohort']}": cells[0],
                    "Pooled": cells[1],
                    "Between cohorts, %": number(100 * share, 0 if share >= 0.1 else 1),
                    FLAG: NOT_CONVERGED if NOT_CONVERGED in (row["flag"], alone["flag"]) else "",
                }
            )
    if not shown:
        return pd.DataFrame()
    frame = pd.DataFrame(shown).drop(columns="Model")
    return frame.loc[:, [c for c in frame if c in ("Outcome", FLAG) or frame[c].str.len().any()]]


def _share_of_log(pooled: pd.DataFrame, row: Mapping[Any, Any]) -> float:
    """Between-cohort share of the log odds ratio that an odds ratio is made of."""
    mine = (pooled["model"] == row["model"]) & (pooled["x"] == row["x"])
    mine &= (pooled["estimand"] == "parameter") & (pooled["term"] == row["term"])
    return float(pooled.loc[mine, SHARE].iloc[0])
