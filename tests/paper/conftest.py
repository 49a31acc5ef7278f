"""Ledgers in a few words, and a whole paper printed from simulated patients."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from adbayes.cohort.simulate import simulate_patients
from adbayes.paper.claims import COLUMNS as CLAIM_COLUMNS
from adbayes.paper.ledger import Ledger
from adbayes.results.frequentist import logistic


def printed_row(id: str, statistic: str, value: str, **more: Any) -> dict[str, Any]:
    """One row; the number and its decimals are read from the print."""
    text = value.lstrip("<* ").rstrip("%") or "0.05"
    row: dict[str, Any] = {
        "id": id,
        "table": id.split(".")[0],
        "row": "",
        "column": "",
        "section": "",
        "variable": "",
        "visit": None,
        "group": "",
        "statistic": statistic,
        "value": value,
        "numeric": float(text),
        "decimals": len(text.partition(".")[2]),
        "bound": "upper" if value[:1] in "<*" else "",
        "n": None,
        "n_inferred": None,
        "term": "",
        "quantity": "",
        "status": "",
        "note": "",
    }
    unknown = set(more) - set(row)
    assert not unknown, unknown
    return row | more


@pytest.fixture(scope="session")
def entry() -> Callable[..., dict[str, Any]]:
    """Make a row of a ledger."""
    return printed_row


@pytest.fixture(scope="session")
def ledger_of() -> Callable[..., Ledger]:
    """Make a ledger of rows, with the number of patients first where it is given."""

    def make(*rows: dict[str, Any], size: int | None = None) -> Ledger:
        first = [] if size is None else [printed_row("table1.n", "n", str(size), variable="n")]
        return Ledger.of(pd.DataFrame([*first, *rows]))

    return make


def printed_paper(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A paper printed from simulated patients, every number right; and what it says."""
    frame = simulate_patients(seed=seed, n_patients=70).frame.set_index("visit")
    start, end = frame.loc[0], frame.loc[52]
    rows = [printed_row("text.n", "n", "70", variable="n")]

    def add(id, statistic, value, decimals=2, **more):
        rows.append(printed_row(id, statistic, f"{value:.{decimals}f}", **more))

    for name in ("female", "concomitant"):
        add(f"table1.{name}.count", "count", start[name].sum(), 0, n=70, variable=name)
        add(f"table1.{name}.pct", "percent", 100 * start[name].mean(), n=70, variable=name)
    add("text.female.pct", "percent", 100 * start["female"].mean(), 1, n=70, variable="female")
    for name in ("easi", "nrs", "poem", "dlqi", "ldh"):
        for visit, label in ((0, "baseline"), (16, "w16"), (52, "w52")):
            here, base = frame.loc[visit], f"table2.{name}.{label}"
            more = {"variable": name, "visit": visit}
            add(f"{base}.mean", "mean", here[name].mean(), **more)
            add(f"{base}.sd", "sd", here[name].std(), **more)
            if visit and name != "ldh":
                change = here[f"{name}_percent_change"]
                add(f"{base}.pct_change_mean", "pct_change_mean", change.mean(), **more)
                add(f"{base}.pct_change_sd", "pct_change_sd", change.std(), **more)
    for name in ("easi75", "easi90"):
        more = {"variable": name, "visit": 52}
        add(f"fig1.{name}.w52.pct", "percent", 100 * end[name].astype(float).mean(), **more)
    names = ["easi", "nrs", "poem", "dlqi"]
    matrix = end[names].corr()
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            more = {"variable": f"{first}~{second}", "visit": 52}
            add(f"fig2.{first}_{second}.r", "correlation", matrix.loc[first, second], **more)
    high = (start["ldh"] >= 250).to_numpy()
    outcome = end["easi_percent_change"].to_numpy(dtype=float)
    base, test = "table4.easi.ldh", stats.ttest_ind(outcome[~high], outcome[high], equal_var=False)
    for name, which in (("lo", ~high), ("hi", high)):
        add(f"{base}.{name}.mean", "pct_change_mean", outcome[which].mean(), n=int(which.sum()))
    p = "< 0.001" if test.pvalue < 0.001 else f"{test.pvalue:.3f}"
    rows.append(printed_row(f"{base}.p", "p_value", p))
    for name in ("female", "concomitant", "age_over_30"):
        design = pd.DataFrame(
            {"i": 1.0, "x": start[name].to_numpy(), "easi": start["easi"].to_numpy()}
        )
        fit = logistic(design, end["easi90"].to_numpy(dtype=float)).table.iloc[1]
        more = {"variable": name, "group": "yes against no", "term": name}
        for statistic, key, label in (
            ("odds_ratio", "estimate", "or"),
            ("ci_low", "ci_low", "ci_low"),
            ("ci_high", "ci_high", "ci_high"),
        ):
            add(f"table5.{name}.{label}", statistic, np.exp(fit[key]), 3, **more)
        small = fit["p_value"] < 0.001
        text = "< 0.001" if small else f"{fit['p_value']:.3f}"
        rows.append(printed_row(f"table5.{name}.p", "p_value", text, **more))
    said = [
        ("c1", "x", "groups", f"{base}.p", "total", "table2.easi.w52.pct_change_*", ""),
        ("c2", "x", "women", "table5.female.or", "group_size", "table1.female.count", "women"),
        (
            "c3",
            "x",
            "others",
            "table5.concomitant.or",
            "group_size",
            "table1.concomitant.count",
            "others",
        ),
        ("c4", "x", "of all", "table5.*.or", "bound_on_n", "fig1.*.pct", "bound"),
        ("c5", "x", "of all", "fig1.*.pct", "same_patients", "text.n", "same"),
        (
            "c6",
            "x",
            "of all",
            "table2.nrs.w52.mean table2.poem.w52.mean",
            "grim_at",
            "text.n",
            "grim",
        ),
        ("c7", "x", "rows", "table5.*.or", "covariates", "female concomitant age_*", "rows"),
    ]
    return pd.DataFrame(rows), pd.DataFrame(said, columns=list(CLAIM_COLUMNS))


@pytest.fixture(scope="session")
def other_paper() -> Callable[[int], tuple[pd.DataFrame, pd.DataFrame]]:
    """Print a paper from simulated patients."""
    return printed_paper
