"""The paper's own model against the better ones, on the statistics that were printed."""

import re
from typing import Any

import numpy as np
import pandas as pd

from adbayes.cohort.outcomes import OUTCOMES, RESPONSE_RULES
from adbayes.paper.published import Paper

COLUMNS = [
    "outcome", "visit", "quantity", "unit", "published_id", "published", "observed", "kind", "model",
    "variant", "priors", "evidence", "cohort", "n", "replicated_low", "replicated_high", "holds",
]  # fmt: skip
FAITHFUL, BETTER = "faithful", "better"

OTHER_PATIENTS = ("figure_1", "failure")
"""Variants that are the same model of other patients, and no other model."""

_DIRECT = {
    "mean": "mean",
    "sd": "SD of patients",
    "share at or below floor": "at or below the floor",
    "share at or above ceiling": "at or above the ceiling",
    "share of high values": "beyond the cut-off",
}
_ORDER = (*_DIRECT.values(), "mean percent change", "SD of percent changes", "EASI-75", "EASI-90")
_COUNT = re.compile(r"(?:EASI-(\d+) responders|easi(\d+) count)")
_OF = re.compile(r"of (\d+)")


def judgement(checks: pd.DataFrame, paper: Paper) -> pd.DataFrame:
    """Lay printed statistics beside what each model of an outcome would make.

    Parameters
    ----------
    checks : DataFrame
        A run's checks, in the order of its models: the first model of an outcome, unvaried, is the
        paper's own (faithful); its other variants, and the other models of the outcome, are the
        better ones.
    paper : Paper
        The printed numbers.

    Returns
    -------
    DataFrame
        The columns of `COLUMNS`, one row a statistic, visit and model: `published` (NaN where it was not
        printed; 0 at or below the floor of EASI is a bound, so that no number is given), `observed` (the
        same statistic of the data that were fitted), the model's central 95 % posterior predictive range,
        and `holds`: whether the range holds the number that the data were given by, which is the print,
        and for a user's own patients what was observed. Shares in percent of the patients with a value.
    """
    rows = [
        row for found in _own(checks).to_dict("records") if (row := _read(found, paper)) is not None
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    if table.empty:
        return table
    first = table.drop_duplicates("outcome").set_index("outcome")
    base = table["variant"] == "base"
    own = base & (table["model"] == table["outcome"].map(first["model"]))
    table["kind"] = np.where(own, FAITHFUL, BETTER)
    patients = table["evidence"] == "patients"
    true = table["published"].where(~patients, table["observed"])
    inside = (table["replicated_low"] <= true) & (true <= table["replicated_high"])
    table["holds"] = inside.astype(object).where(true.notna(), "")
    place = {outcome: k for k, outcome in enumerate(OUTCOMES)}
    by = table.assign(
        _outcome=table["outcome"].map(place),
        _quantity=table["quantity"].map(_ORDER.index),
        _visit=pd.to_numeric(table["visit"], errors="coerce"),
    ).sort_values(["_outcome", "_quantity", "_visit"], kind="stable")
    return by[COLUMNS].reset_index(drop=True)


def _own(checks: pd.DataFrame) -> pd.DataFrame:
    mine = (checks["check"] == "posterior_predictive") & (checks["x"].fillna("") == "")
    return checks[mine & ~checks["variant"].isin(OTHER_PATIENTS)]


def _read(found: dict[Any, Any], paper: Paper) -> dict[str, Any] | None:
    """One check as a judged statistic; None for what the paper does not print of an outcome."""
    outcome, statistic = str(found["outcome"]), str(found["statistic"])
    score, factor, offset, quantity, unit, n = outcome, 1.0, 0.0, "", "", np.nan
    counted = _COUNT.fullmatch(statistic)
    if counted is not None:
        score, quantity, unit = "easi", f"EASI-{counted[1] or counted[2]}", "%"
        of = _OF.search(str(found["note"]))
        size = float(of[1]) if of else float("nan")
        factor, n = 100 / size, size
    elif outcome in RESPONSE_RULES and statistic == "share of 1":
        score, quantity, unit = "easi", f"EASI-{RESPONSE_RULES[outcome].percent}", "%"
    elif outcome == "easi_fraction" and statistic in ("mean", "sd"):
        score, factor, unit = "easi", 100.0, "%"
        quantity = "mean percent change" if statistic == "mean" else "SD of percent changes"
        if statistic == "mean":
            factor, offset = -100.0, 100.0
    elif outcome in OUTCOMES and statistic in _DIRECT:
        quantity = _DIRECT[statistic]
        unit = "%" if statistic.startswith("share") else OUTCOMES[outcome].unit
    if not quantity or not np.isfinite(factor):
        return None
    ends = [offset + factor * float(found[k]) for k in ("replicated_low", "replicated_high")]
    id, value = _printed(paper, score, str(found["visit"]), quantity)
    return {
        "outcome": score,
        "visit": str(found["visit"]),
        "quantity": quantity,
        "unit": unit,
        "published_id": id,
        "published": value,
        "observed": offset + factor * float(found["observed"]),
        **{key: found[key] for key in ("model", "variant", "priors", "evidence", "cohort")},
        "n": n,
        "replicated_low": min(ends),
        "replicated_high": max(ends),
    }


def _printed(paper: Paper, score: str, visit: str, quantity: str) -> tuple[str, float]:
    """The id and the number that was printed of a statistic; empty and NaN where none was."""
    place = "table3" if score in ("ige", "tec", "ldh") else "table2"
    week = "baseline" if visit == "0" else f"w{visit}"
    ids = {
        "mean": f"{place}.{score}.{week}.mean",
        "SD of patients": f"{place}.{score}.{week}.sd",
        "mean percent change": f"table2.easi.w{visit}.pct_change_mean",
        "SD of percent changes": f"table2.easi.w{visit}.pct_change_sd",
        "EASI-75": f"fig1.easi75.w{visit}.pct",
        "EASI-90": f"fig1.easi90.w{visit}.pct",
    }
    id = ids.get(quantity, "")
    if id not in paper.ids():
        return "", float("nan")
    number = paper.number(id)
    return id, float("nan") if number.status else float(number.numeric)
