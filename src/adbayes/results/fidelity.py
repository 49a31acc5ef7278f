"""How faithful a cohort is: every printed number recomputed from the table of patients.

Nothing is taken from the code that builds cohorts: moments by NumPy, odds ratios with Wald p and R's
profile limits by `results.frequentist`, Welch's test and correlations by SciPy. What is judged is the
number as it would be printed.
"""

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.derive import flag_column
from adbayes.cohort.outcomes import RESPONSE_RULES
from adbayes.cohort.targets import LAB_OF_GROUPS, MARGINS, is_high_group, reconstruction_targets
from adbayes.errors import DataError
from adbayes.results.frequentist import logistic, random_intercept_reml

COLUMNS = (
    "cohort", "published_id", "published", "decimals", "reconstructed", "matched", "role", "note",
)  # fmt: skip


def fidelity(cohort: Cohort, ledger: pd.DataFrame | None = None) -> pd.DataFrame:
    """Compare a cohort with every number the paper printed.

    Parameters
    ----------
    cohort : Cohort
        Patients in the vocabulary.
    ledger : DataFrame, optional
        Printed numbers as `load_published` returns them; the paper's own if not given.

    Returns
    -------
    DataFrame
        One row a printed number, in the order of the ledger: cohort, published_id, published,
        decimals, reconstructed, matched (rounded to the printed digits it is the printed number;
        for an upper bound, it lies below; empty where nothing can be computed), role (as
        `reconstruction_targets` gives it) and note.

    Raises
    ------
    DataError
        Where the cohort lacks a column that a target needs.
    """
    targets = reconstruction_targets(ledger)
    numbers = _Numbers(cohort.frame)
    rows = []
    for row in targets.to_dict("records"):
        value = math.nan if row["role"] == "not_addressable" else numbers.of(row)
        matched: bool | None = None
        if not math.isnan(value):
            matched = printed_alike(value, row["numeric"], row["decimals"], row["bound"])
        elif row["role"] != "not_addressable":
            matched = False
        rows.append(
            (
                cohort.index, row["published_id"], row["numeric"], row["decimals"], value, matched,
                row["role"], row["reason"],
            )
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


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
    # Twelve digits first: a mean of tenths must not miss a tie by the last bit of a float.
    exact = Decimal(f"{value:.12g}")
    digit = Decimal(1).scaleb(-decimals)
    wanted = Decimal(repr(published)).quantize(digit)
    return wanted in (exact.quantize(digit, ROUND_HALF_UP), exact.quantize(digit))


class _Numbers:
    """The printed statistics, computed from a table; each model is fitted once."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame.sort_values(["patient", "visit"], kind="stable")
        self.weeks = sorted(int(week) for week in self.frame["visit"].unique())
        self.first = self.at(self.weeks[0])
        # The paper's percent changes and responses are at the last visit with EASI.
        scored = self.frame.loc[self.frame["easi"].notna(), "visit"]
        self.last = self.at(int(scored.max()))
        self.odds: dict[str, dict[str, float]] = {}
        self.mixed: dict[str, dict[int, float]] = {}

    def at(self, week: int) -> pd.DataFrame:
        return self.frame[self.frame["visit"] == week].set_index("patient")

    def of(self, row: dict[Any, Any]) -> float:
        table, statistic, variable = row["table"], row["statistic"], row["variable"]
        if table == "table1" or table.startswith("text"):
            return self.table1(variable, statistic)
        if table in ("table2", "table3"):
            return self.moment(variable, int(row["visit"]), statistic)
        if table == "table4":
            return self.group(variable, int(row["visit"]), row["group"], statistic)
        if table in ("table5", "table6"):
            return self.odds_ratio(table, row["term"], statistic)
        if table == "fig1":
            return self.response(variable, int(row["visit"]))
        if table == "fig2":
            return self.correlation(*variable.split("~"))
        raise DataError(f"no rule computes {row['published_id']}, a {statistic} of {table}")

    def table1(self, variable: str, statistic: str) -> float:
        people = self.first
        if variable == "n":
            return float(len(people))
        if variable == "age":
            return float(people["age"].agg(statistic))
        if variable in MARGINS:
            column, value = MARGINS[variable]
            share = people[column] == value
        else:
            low, high = (int(part) for part in variable[3:].split("_"))
            age = people["age"]
            # The print does not say where a bin's edge belongs; either reading may be the paper's.
            share = (age > low) & (age <= high)
            if self.left_closed:
                share = (age >= low) & (age < high)
        if statistic == "count":
            return float(share.sum())
        # Previous cyclosporine is printed as a share of those with any immunosuppressant, 61.
        of = 61 if variable == "cyclosporine" else len(people)
        return 100 * float(share.sum()) / of

    @property
    def left_closed(self) -> bool:
        """Bins are left-closed if that gives as many patients over 30 in 30-40 and above as printed."""
        age = self.first["age"]
        return int((age > 30).sum()) < int((age >= 30).sum()) == 47

    def moment(self, variable: str, week: int, statistic: str) -> float:
        if statistic == "p_value":
            return self.contrast(variable, week)
        column = f"{variable}_percent_change" if statistic.startswith("pct") else variable
        values = self.at(week)[column].dropna()
        return float(values.mean() if statistic.endswith("mean") else values.std(ddof=1))

    def contrast(self, variable: str, week: int) -> float:
        if variable not in self.mixed:
            seen = self.frame.dropna(subset=[variable])
            columns: dict[str, Any] = {"Intercept": np.ones(len(seen))}
            later = self.weeks[1:]
            columns |= {str(w): (seen["visit"] == w).to_numpy(dtype=float) for w in later}
            fit = random_intercept_reml(
                pd.DataFrame(columns), seen[variable].to_numpy(), seen["patient"]
            )
            p = fit.table.set_index("term")["p_value"]
            self.mixed[variable] = {w: float(p[str(w)]) for w in later}
        return self.mixed[variable][week]

    def group(self, variable: str, week: int, group: str, statistic: str) -> float:
        flag = self.last[flag_column(LAB_OF_GROUPS, week)]
        if statistic == "n":
            return float((flag == float(is_high_group(group))).sum())
        change = self.last[f"{variable}_percent_change"]
        low, high = change[flag == 0].dropna(), change[flag == 1].dropna()
        if statistic == "p_value":
            return float(stats.ttest_ind(low, high, equal_var=False).pvalue)
        return float((high if is_high_group(group) else low).mean())

    def odds_ratio(self, table: str, term: str, statistic: str) -> float:
        key = "table6" if table == "table6" else term
        if key not in self.odds:
            terms = [term]
            if table == "table6":
                joint = reconstruction_targets()
                terms = list(dict.fromkeys(joint.loc[joint["table"] == "table6", "term"]))
            data = self.last[["easi90", "easi_baseline", *terms]].dropna()
            X = data[[*terms, "easi_baseline"]].assign(Intercept=1.0)
            fit = logistic(X, data["easi90"]).table.set_index("term")
            for name in terms:
                found = {k: float(fit[k].loc[name]) for k in ("estimate", "ci_low", "ci_high", "p_value")}
                self.odds[f"table6.{name}" if table == "table6" else name] = {
                    "odds_ratio": math.exp(found["estimate"]),
                    "ci_low": math.exp(found["ci_low"]),
                    "ci_high": math.exp(found["ci_high"]),
                    "p_value": found["p_value"],
                }
            self.odds.setdefault(key, {})
        return self.odds[f"table6.{term}" if table == "table6" else term][statistic]

    def response(self, variable: str, week: int) -> float:
        rule = RESPONSE_RULES[variable]
        people = self.at(week)
        if "in_figure_1" in people.columns:
            people = people[people["in_figure_1"] == 1]
        return 100 * float(people[rule.name].mean())

    def correlation(self, one: str, other: str) -> float:
        pair = self.last[[one, other]].dropna()
        return float(stats.pearsonr(pair[one], pair[other]).statistic)
