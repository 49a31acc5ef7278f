"""How faithful a cohort is: every printed number beside the one its patients give.

What is judged is the number as it would be printed. A target that agrees does so by construction and
confirms nothing; a number that was held out is the test.
"""

import math
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.targets import NOT_ADDRESSABLE, reconstruction_targets
from adbayes.errors import DataError
from adbayes.results.recomputed import Recomputed
from adbayes.results.result_table import as_result

COLUMNS = (
    "cohort", "published_id", "published", "decimals", "reconstructed", "matched", "role", "note",
)  # fmt: skip
KINDS = {
    "n": "number", "count": "number", "percent": "percent", "mean": "mean", "min": "range",
    "max": "range", "sd": "sd", "pct_change_mean": "mean", "pct_change_sd": "sd",
    "correlation": "correlation", "odds_ratio": "odds ratio", "ci_low": "limit",
    "ci_high": "limit", "p_value": "p",
}  # fmt: skip
"""What a printed statistic is counted as."""

CLOSE, CLOSE_P = 0.01, 0.002
"""A near miss: within 1 % of the printed number; of a p value, within 0.002."""


@as_result
def fidelity(
    cohort: Cohort, ledger: pd.DataFrame | None = None, *, fit_all: bool = False
) -> pd.DataFrame:
    """Compare a cohort with every number the paper printed.

    Parameters
    ----------
    cohort : Cohort
        Patients in the vocabulary.
    ledger : DataFrame, optional
        Printed numbers as `load_published` returns them; the paper's own if not given.
    fit_all : bool, optional
        Whether Table 6 was a target of the reconstruction too.

    Returns
    -------
    DataFrame
        One row a printed number, in the order of the ledger: cohort (its index), published_id,
        published, decimals, reconstructed (NaN where a patient file does not hold it), matched
        (rounded to the printed digits it is the printed number; for an upper bound, it lies below;
        missing where nothing can be computed, or where the patients were not made to agree), role
        (as `reconstruction_targets` gives it; `other_data` for patients that were not
        reconstructed) and note.

    Raises
    ------
    DataError
        Where the cohort is a plain table, or lacks a column or visit of which numbers are printed.
    """
    targets = reconstruction_targets(ledger, fit_all)
    numbers = Recomputed(cohort, targets)
    ours = cohort.evidence == "reconstructed"
    rows = []
    for row in targets.to_dict("records"):
        value, note = math.nan, ""
        if row["role"] != NOT_ADDRESSABLE:
            value, note = numbers.value(row)
        matched = None
        if ours and row["role"] != NOT_ADDRESSABLE:
            matched = printed_alike(value, row["numeric"], row["decimals"], row["bound"])
        role = row["role"] if ours or row["role"] == NOT_ADDRESSABLE else "other_data"
        rows.append(
            (
                cohort.index, row["published_id"], row["numeric"], row["decimals"], value, matched,
                role, note or row["reason"],
            )
        )  # fmt: skip
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({"cohort": "Int64", "matched": "boolean"})


def printed_alike(value: float, published: float, decimals: int, bound: str = "") -> bool:
    """Whether a number would be printed as it was.

    Parameters
    ----------
    value : float
        The number.
    published : float
        The print.
    decimals : int
        Digits printed after the point.
    bound : str, optional
        ``upper`` where the print is an upper bound.

    Returns
    -------
    bool
        Rounded half up, or half to even: R and spreadsheets differ on a tie.
    """
    if not math.isfinite(value):
        return False
    if bound == "upper":
        return value < published
    if abs(value - published) > 1:  # far off, maybe by more digits than Decimal has
        return False
    # Twelve digits first: a mean of tenths must not miss a tie by the last bit of a float.
    exact = Decimal(f"{value:.12g}")
    digit = Decimal(1).scaleb(-int(decimals))
    wanted = Decimal(repr(float(published))).quantize(digit)
    return wanted in (exact.quantize(digit, ROUND_HALF_UP), exact.quantize(digit))


@as_result
def fidelity_by_table(table: pd.DataFrame, ledger: pd.DataFrame | None = None) -> pd.DataFrame:
    """Count the numbers that agree, by printed table and kind of number.

    Parameters
    ----------
    table : DataFrame
        As `fidelity` returns it, of one cohort or of several one below the other.
    ledger : DataFrame, optional
        The ledger it was made with; the paper's own if not given.

    Returns
    -------
    DataFrame
        One row a cohort, table, kind (number, percent, mean, sd, range, correlation, odds ratio,
        limit, p) and role: cohort, table, kind, role, numbers, matched, close (matched, or within
        1 % of the printed number, of a p value within 0.002), largest (the largest distance in
        units of the last printed digit; 0.5 or less is a match) and farthest (the published id it
        belongs to; empty where all match).

    Raises
    ------
    DataError
        Where a number of the table is not in the ledger.
    """
    with_places = placed(table, ledger)
    judged = with_places[with_places["matched"].notna()]
    rows = []
    for key, part in judged.groupby(["cohort", "table", "kind", "role"], sort=False, dropna=False):
        missed = part[~part["matched"].astype(bool)]
        far = missed.sort_values("digits", key=abs, kind="stable")["published_id"].tail(1)
        rows.append(
            (
                *key, len(part), len(part) - len(missed), int(part["close"].sum()),
                float(part["digits"].abs().max()), "".join(far),
            )
        )  # fmt: skip
    columns = [
        "cohort",
        "table",
        "kind",
        "role",
        "numbers",
        "matched",
        "close",
        "largest",
        "farthest",
    ]
    return pd.DataFrame(rows, columns=columns)


@as_result
def fidelity_over_cohorts(by_table: pd.DataFrame) -> pd.DataFrame:
    """Reduce the counts of an ensemble to its median and its worst cohort.

    Parameters
    ----------
    by_table : DataFrame
        As `fidelity_by_table` returns it.

    Returns
    -------
    DataFrame
        One row a table, kind and role: table, kind, role, cohorts, numbers, matched (median over
        cohorts), matched_worst (fewest), close (median), close_worst.
    """
    groups = by_table.groupby(["table", "kind", "role"], sort=False)
    return groups.agg(
        cohorts=("cohort", "size"),
        numbers=("numbers", "first"),
        matched=("matched", "median"),
        matched_worst=("matched", "min"),
        close=("close", "median"),
        close_worst=("close", "min"),
    ).reset_index()


def placed(table: pd.DataFrame, ledger: pd.DataFrame | None = None) -> pd.DataFrame:
    """Say of each row of a fidelity table where it is printed and how far off it is.

    Parameters
    ----------
    table : DataFrame
        As `fidelity` returns it.
    ledger : DataFrame, optional
        The ledger it was made with; the paper's own if not given.

    Returns
    -------
    DataFrame
        The same rows with the columns table, statistic, kind, digits (reconstructed minus
        published in units of the last printed digit; 0 for an upper bound that holds; infinite
        where nothing finite was found) and close.

    Raises
    ------
    DataError
        Where a number of the table is not in the ledger.
    """
    printed = reconstruction_targets(ledger).set_index("published_id")
    unknown = [id for id in table["published_id"] if id not in printed.index]
    if unknown:
        raise DataError(
            f"the ledger has no number {unknown[0]}; give the one that the fidelity table was made with"
        )
    at = printed.loc[table["published_id"]]
    result = table.assign(
        table=at["table"].to_numpy(),
        statistic=at["statistic"].to_numpy(),
        kind=at["statistic"].map(KINDS).fillna("other").to_numpy(),
    )
    gap = (result["reconstructed"] - result["published"]).astype(float)
    bound = (at["bound"] == "upper").to_numpy()
    gap = gap.where(~bound | (gap > 0), 0.0)
    lost = result["matched"].notna() & ~np.isfinite(gap)
    gap = gap.where(~lost, np.inf)
    size = result["published"].abs().where(result["kind"] != "p", CLOSE_P / CLOSE)
    near = gap.abs() <= CLOSE * size * (1 + 1e-9)
    matched = result["matched"].fillna(False).astype(bool)
    digits = gap * 10.0 ** result["decimals"].astype(float)
    return result.assign(digits=digits, close=matched | near)
