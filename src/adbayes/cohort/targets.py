"""What a reconstructed cohort must agree with: the printed numbers, each with its role.

The numbers come from the ledger; the rules here only say what part a printed number plays. A paper of
the same kind with fewer outcomes, other visits or another number of patients needs no change.
"""

import math
import re
from dataclasses import dataclass
from typing import Any

import pandas as pd

from adbayes.cohort.outcomes import OUTCOMES, RESPONSE_RULES
from adbayes.errors import DataError
from adbayes.paper.published import SUSPECTED_MISPRINT, load_published

TARGET, HELD_OUT, NOT_ADDRESSABLE = "target", "held_out", "not_addressable"
ROLES = (TARGET, HELD_OUT, SUSPECTED_MISPRINT, NOT_ADDRESSABLE)

MARGINS = {
    "female": ("female", 1),
    "male": ("female", 0),
    "onset_adult": ("adult_onset", 1),
    "onset_childhood": ("adult_onset", 0),
    "cyclosporine": ("prior_cyclosporine", 1),
    "tci_only": ("concomitant", 0),
}
"""Where the ledger's words for a characteristic are found in a patient file: column and value.

A vocabulary, without any number of a paper: another ledger uses the same words, or has no such rows.
"""

AGE_BIN = re.compile(r"age(\d+)_(\d+)")
"""The ledger's words for a class of ages: from and to, in years."""

_MOMENTS = ("mean", "sd", "pct_change_mean", "pct_change_sd")
_ODDS = ("odds_ratio", "ci_low", "ci_high", "p_value")
NUMBERS = (
    "table",
    "variable",
    "visit",
    "group",
    "statistic",
    "numeric",
    "decimals",
    "bound",
    "term",
    "n",
    "n_inferred",
)
Interval = tuple[float, float]
ANY: Interval = (-math.inf, math.inf)
"""The interval of a number that is not a target: every value will do."""


def reconstruction_targets(
    ledger: pd.DataFrame | None = None, fit_all: bool = False
) -> pd.DataFrame:
    """Say of every printed number what part it plays in a reconstruction.

    Parameters
    ----------
    ledger : DataFrame, optional
        Printed numbers as `load_published` returns them; the paper's own if not given. Its tables
        are named by what they hold: table1 characteristics, table2 scores, table3 laboratory
        values, table4 percent changes by groups, table5 and table6 odds ratios of one predictor
        and of all, fig1 responses, fig2 correlations; any of them may be absent.
    fit_all : bool, optional
        Whether Table 6 is a target too; otherwise it is held out.

    Returns
    -------
    DataFrame
        One row a printed number, in the order of the ledger: published_id, table, variable, visit,
        group, statistic, numeric, decimals, bound, term, n (patients behind it, as printed or as
        deduced; missing where neither), role and reason. The role is `target` (the reconstruction
        is made to agree), `held_out` (computed and compared, never fitted), `suspected_misprint`
        (never fitted) or `not_addressable` (a patient file does not hold it, or it was printed
        before).

    Raises
    ------
    DataError
        Where the ledger lacks a column.
    """
    table = load_published() if ledger is None else ledger
    lacking = [name for name in ("id", "quantity", "status", *NUMBERS) if name not in table.columns]
    if lacking:
        raise DataError(
            f"the ledger has no column {', '.join(lacking)}; it needs those of load_published()"
        )
    judged = [_role(row, fit_all) for row in table.to_dict("records")]
    result = table[["id", *NUMBERS]].rename(columns={"id": "published_id"}).reset_index(drop=True)
    result["n"] = result["n"].fillna(result.pop("n_inferred"))
    return result.assign(role=[role for role, _ in judged], reason=[why for _, why in judged])


def _role(row: dict[Any, Any], fit_all: bool) -> tuple[str, str]:
    table, statistic = str(row["table"]), str(row["statistic"])
    variable, quantity = str(row["variable"]), str(row["quantity"])
    if row["status"] == SUSPECTED_MISPRINT:
        return SUSPECTED_MISPRINT, "no patients can give it beside the other printed numbers"
    if table == "table6":
        held = "kept out of the fit, as the test of the reconstruction"
        return (TARGET, "") if fit_all else (HELD_OUT, held)
    # A characteristic may be printed in a sentence only; what a sentence repeats is not asked twice.
    own = quantity in ("", row["id"])
    if variable in MARGINS and statistic in ("count", "percent") and (table == "table1" or own):
        return TARGET, ""
    if table == "table1":
        held_too = variable in ("n", "age") or AGE_BIN.fullmatch(variable)
        return (TARGET, "") if held_too else (NOT_ADDRESSABLE, "not a column of a patient file")
    if table in ("table2", "table3", "table4") and variable in OUTCOMES:
        return TARGET, ""
    if table == "table5" and statistic in _ODDS:
        return TARGET, ""
    if table == "fig1" and variable in RESPONSE_RULES:
        return TARGET, ""
    if table == "fig2" and statistic == "correlation":
        return TARGET, ""
    if not own:
        return NOT_ADDRESSABLE, f"restates {quantity}"
    if {"n", "age", *OUTCOMES} & set(variable.split(", ")):
        return NOT_ADDRESSABLE, "restates numbers of the tables, or follows from them"
    return NOT_ADDRESSABLE, "not a column of a patient file"


def printed_interval(numeric: float, decimals: int, bound: str) -> Interval:
    """The values that are printed as this number.

    Parameters
    ----------
    numeric : float
        The printed value.
    decimals : int
        Digits printed after the point.
    bound : str
        ``upper`` where the print is an upper bound.

    Returns
    -------
    low, high : float
        Half a unit of the last digit to either side; 0 to the bound for a bound.
    """
    if bound == "upper":
        return 0.0, numeric
    half = 0.5 * 10.0**-decimals
    return numeric - half, numeric + half


@dataclass(frozen=True)
class Targets:
    """The targets as intervals, asked for by what they are numbers of.

    Parameters
    ----------
    table : DataFrame
        As `reconstruction_targets` returns it.
    """

    table: pd.DataFrame

    def _rows(self, **where: object) -> pd.DataFrame:
        rows = self.table[self.table["role"] == TARGET]
        for column, value in where.items():
            rows = rows[rows[column] == value]
        return rows

    def interval(self, table: str, statistic: str, **where: object) -> Interval:
        """The interval of one target.

        Parameters
        ----------
        table, statistic : str
            Where it is printed, and what.
        **where : object
            Values of further columns that single it out.

        Returns
        -------
        low, high : float
            The whole line where nothing of that description is a target.

        Raises
        ------
        DataError
            Where several targets fit the description and disagree.
        """
        rows = self._rows(table=table, statistic=statistic, **where)
        found = {
            printed_interval(float(x), int(d), str(b))
            for x, d, b in zip(rows["numeric"], rows["decimals"], rows["bound"], strict=True)
        }
        if len(found) > 1:
            raise DataError(
                f"{table} prints {len(found)} numbers for {statistic} with {where}; state which one"
            )
        return found.pop() if found else ANY

    def value(self, table: str, statistic: str, **where: object) -> float | None:
        """The printed value of one number, target or not.

        Parameters
        ----------
        table, statistic : str
            Where it is printed, and what.
        **where : object
            Values of further columns that single it out.

        Returns
        -------
        float or None
            None where nothing of that description is printed.
        """
        rows = self.table[(self.table["table"] == table) & (self.table["statistic"] == statistic)]
        for column, wanted in where.items():
            rows = rows[rows[column] == wanted]
        return None if rows.empty else float(rows["numeric"].iloc[0])

    @property
    def n(self) -> int:
        """Number of patients (Table 1)."""
        n = self.value("table1", "n", variable="n")
        if n is None:
            raise DataError("the ledger prints no n in table1, needed for the number of patients")
        return int(n)

    def visits(self, table: str) -> tuple[int, ...]:
        """Visits of a table with moments.

        Parameters
        ----------
        table : str
            `table2` or `table3`.

        Returns
        -------
        tuple of int
            Weeks, ascending.
        """
        rows = self.table[(self.table["table"] == table) & self.table["statistic"].isin(_MOMENTS)]
        return tuple(sorted({int(week) for week in rows["visit"].dropna()}))

    def outcomes(self, table: str) -> tuple[str, ...]:
        """Outcomes with moments in a table, in the order of print.

        Parameters
        ----------
        table : str
            `table2` or `table3`.

        Returns
        -------
        tuple of str
            Names of outcomes.
        """
        rows = self.table[(self.table["table"] == table) & self.table["statistic"].isin(_MOMENTS)]
        return tuple(dict.fromkeys(name for name in rows["variable"] if name in OUTCOMES))

    def odds_terms(self, table: str = "table5") -> tuple[str, ...]:
        """Predictors with a row in a table of odds ratios, in the order of print.

        Parameters
        ----------
        table : str, optional
            `table5`, one predictor at a time, or `table6`, all at once.

        Returns
        -------
        tuple of str
            Columns of a patient file.
        """
        return tuple(dict.fromkeys(self._rows(table=table)["term"]))

    def margin(self, column: str) -> int | None:
        """Number of patients with a characteristic.

        Parameters
        ----------
        column : str
            Binary column of a patient file.

        Returns
        -------
        int or None
            How many have it; None where it is not printed.
        """
        for variable, (name, value) in MARGINS.items():
            if name != column or value != 1:
                continue
            rows = self._rows(variable=variable, statistic="count")
            if not rows.empty:
                return int(rows["numeric"].iloc[0])
        for variable, (name, value) in MARGINS.items():
            rows = self._rows(variable=variable, statistic="percent")
            if name == column and not rows.empty:
                k = round(float(rows["numeric"].iloc[0]) * self.n / 100)
                return k if value == 1 else self.n - k
        return None

    def response_counts(self) -> dict[tuple[str, int], tuple[int, int]]:
        """Responders behind the percentages of Fig. 1.

        Returns
        -------
        dict
            (response, visit) to (responders, patients); the denominator is the one that the ledger
            prints or that alone fits.
        """
        rows = self._rows(table="fig1", statistic="percent")
        shares = rows["numeric"].to_numpy(dtype=float)
        for n in range(self.n, 0, -1):
            counts = [round(float(share) * n / 100) for share in shares]
            misses = [
                abs(100 * k / n - share) > 0.5 * 10.0 ** -int(d) + 1e-9
                for k, share, d in zip(counts, shares, rows["decimals"], strict=True)
            ]
            if not any(misses):
                keys = zip(rows["variable"], rows["visit"], strict=True)
                return {
                    (str(name), int(week)): (k, n)
                    for (name, week), k in zip(keys, counts, strict=True)
                }
        raise DataError(f"no denominator up to {self.n} gives every percentage of fig1")

    def lab_groups(self) -> dict[int, tuple[int, int]]:
        """Group sizes of Table 4.

        Returns
        -------
        dict
            Visit of the laboratory value to (patients below the cut, patients above).
        """
        groups: dict[int, tuple[int, int]] = {}
        rows = self._rows(table="table4", statistic="n")
        for week in sorted({int(week) for week in rows["visit"].dropna()}):
            here = rows[rows["visit"] == week]
            high = here["group"].map(is_high_group)
            groups[week] = (
                int(here.loc[~high, "numeric"].iloc[0]),
                int(here.loc[high, "numeric"].iloc[0]),
            )
        return groups


def is_high_group(group: str) -> bool:
    """Whether a group of Table 4 is the one above the cut.

    Parameters
    ----------
    group : str
        As the ledger words it, such as "LDH < 250".

    Returns
    -------
    bool
        True for "≥" or ">".
    """
    return "≥" in group or ">" in group


LAB_OF_GROUPS = "ldh"
"""The laboratory value whose classes form the groups of Table 4."""
