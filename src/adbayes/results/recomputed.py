"""Printed statistics, computed anew from a table of patients.

Nothing is taken from the code that builds cohorts: moments by pandas, odds ratios with Wald p and R's
profile limits by `results.frequentist`, Welch's test and correlations by SciPy.
"""

import math
from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.derive import flag_column
from adbayes.cohort.outcomes import CUTOFFS
from adbayes.cohort.reconstructed import ReconstructedCohort
from adbayes.cohort.targets import AGE_BIN, MARGINS, is_high_group
from adbayes.errors import ConvergenceError, DataError
from adbayes.results.frequentist import MixedFit, logistic, random_intercept_reml

RESPONSE, SEVERITY = "easi90", "easi_baseline"
"""Outcome of the odds ratios of Tables 5 and 6, and the covariate of each."""

_FITTED = {
    "odds_ratio": "estimate", "ci_low": "ci_low", "ci_high": "ci_high", "p_value": "p_value",
    "firth": "firth_estimate", "firth_low": "firth_low", "firth_high": "firth_high",
}  # fmt: skip
_RATIOS = ("odds_ratio", "ci_low", "ci_high")


class Recomputed:
    """The printed statistics of one cohort; each model is fitted once.

    Parameters
    ----------
    cohort : Cohort
        Patients in the vocabulary.
    targets : DataFrame
        The printed numbers, as `reconstruction_targets` returns them: they say which predictors
        share a model, which laboratory value forms groups, and how many patients there were.

    Raises
    ------
    DataError
        For a plain table.
    """

    def __init__(self, cohort: Cohort, targets: pd.DataFrame) -> None:
        if not cohort.clinical:
            raise DataError(f"{cohort.source}: is a plain table; printed numbers are of patients")
        self.cohort, self.targets = cohort, targets
        self.visits = cohort.visits
        self._at: dict[int, pd.DataFrame] = {}
        self._odds: dict[tuple[str, ...], pd.DataFrame | str] = {}
        self._mixed: dict[str, MixedFit] = {}

    def value(self, row: dict[Any, Any]) -> tuple[float, str]:
        """Compute what a row of the ledger prints.

        Parameters
        ----------
        row : dict
            One row of the targets; any role but `not_addressable`.

        Returns
        -------
        value : float
            NaN where these patients do not determine it.
        note : str
            Why not; empty otherwise.

        Raises
        ------
        DataError
            For a column or visit that the cohort lacks, or a kind of number without a rule.
        """
        table, statistic, variable = row["table"], row["statistic"], row["variable"]
        week = self.visits[0] if pd.isna(row["visit"]) else int(row["visit"])
        if table in ("table5", "table6"):
            terms = self.joint_terms() if table == "table6" else (row["term"],)
            found = self.odds(terms, week)
            if isinstance(found, str):
                return math.nan, found
            value = float(found.loc[row["term"], statistic])
            return value, "" if math.isfinite(
                value
            ) else "the data separate: no finite value exists"
        if table in ("table2", "table3") and statistic == "p_value":
            p = self.mixed(variable).table.set_index("term")["p_value"]
            return float(p[str(week)]), ""
        if table in ("table2", "table3"):
            return self._moment(variable, week, statistic), ""
        if table == "table4":
            return self._group(variable, week, row["group"], statistic), ""
        if table == "fig1":
            return self._response(variable, week), ""
        if table == "fig2":
            one, other = (self.column(name, week) for name in variable.split("~"))
            both = one.notna() & other.notna()
            return float(stats.pearsonr(one[both], other[both]).statistic), ""
        return self._characteristic(row), ""

    def at(self, week: int) -> pd.DataFrame:
        """The rows of one visit.

        Parameters
        ----------
        week : int
            The visit.

        Returns
        -------
        DataFrame
            One row a patient, by patient.

        Raises
        ------
        DataError
            For a visit that the cohort lacks.
        """
        if week not in self._at:
            if week not in self.visits:
                raise DataError(
                    f"{self.cohort.source}: no visit at week {week}, of which numbers are printed; its "
                    f"visits are {', '.join(map(str, self.visits))}"
                )
            frame = self.cohort.frame
            self._at[week] = frame[frame["visit"] == week].set_index("patient").sort_index()
        return self._at[week]

    def column(self, name: str, week: int) -> pd.Series:
        """One column at one visit.

        Parameters
        ----------
        name : str
            The column.
        week : int
            The visit.

        Returns
        -------
        Series
            By patient, NaN for missing.

        Raises
        ------
        DataError
            For a column or visit that the cohort lacks.
        """
        rows = self.at(week)
        if name not in rows.columns:
            raise DataError(
                f"{self.cohort.source}: no column {name}, of which numbers are printed; fidelity needs "
                "every column of the printed tables"
            )
        return rows[name]

    def joint_terms(self) -> tuple[str, ...]:
        """The predictors of the model with all of them, in the order of print."""
        rows = self.targets[self.targets["table"] == "table6"]
        return tuple(dict.fromkeys(rows["term"]))

    def odds(self, terms: Iterable[str], week: int) -> pd.DataFrame | str:
        """The logistic regression of EASI-90 on predictors and baseline EASI.

        Parameters
        ----------
        terms : iterable of str
            Binary columns.
        week : int
            Visit of the response.

        Returns
        -------
        DataFrame or str
            By term, baseline EASI included: odds_ratio, ci_low, ci_high (95 %, profile likelihood),
            p_value (Wald); firth, firth_low and firth_high (log odds by Firth's penalised
            likelihood, finite where the data separate). Or a sentence why these patients have none.
        """
        key = (*terms, str(week))
        if key not in self._odds:
            names = [RESPONSE, SEVERITY, *terms]
            data = pd.DataFrame({name: self.column(name, week) for name in names}).dropna()
            same = [name for name in names if data[name].nunique() < 2]
            if same:
                sentence = f"{same[0]} does not vary among the {len(data)} patients of the model"
                self._odds[key] = sentence
                return sentence
            X = data[[*terms, SEVERITY]].assign(Intercept=1.0)
            try:
                fit = logistic(X, data[RESPONSE]).table.set_index("term")
            except (DataError, ConvergenceError) as error:
                self._odds[key] = str(error)
            else:
                values = {name: fit[of].to_numpy(dtype=float) for name, of in _FITTED.items()}
                ratios = {name: np.exp(values.pop(name)) for name in _RATIOS}
                self._odds[key] = pd.DataFrame(ratios | values, index=fit.index)
        return self._odds[key]

    def mixed(self, variable: str) -> MixedFit:
        """The linear mixed model of an outcome on visits, with a random intercept.

        Parameters
        ----------
        variable : str
            The outcome.

        Returns
        -------
        MixedFit
            By REML; the terms are the weeks after the first, against it.
        """
        if variable not in self._mixed:
            long = pd.concat({week: self.column(variable, week) for week in self.visits}).dropna()
            at, patients = long.index.get_level_values(0), long.index.get_level_values(1)
            seen = sorted(set(at))
            X = pd.DataFrame({str(w): (at == w).astype(float) for w in seen[1:]})
            X.insert(0, "Intercept", 1.0)
            self._mixed[variable] = random_intercept_reml(
                X, long.to_numpy(dtype=float), patients.to_numpy()
            )
        return self._mixed[variable]

    def _moment(self, variable: str, week: int, statistic: str) -> float:
        name = f"{variable}_percent_change" if statistic.startswith("pct") else variable
        values = self.column(name, week).dropna()
        return float(values.mean() if statistic.endswith("mean") else values.std(ddof=1))

    def _group(self, variable: str, week: int, group: str, statistic: str) -> float:
        flag = self.column(flag_column(self._grouping(), week), week)
        if statistic == "n":
            return float((flag == float(is_high_group(group))).sum())
        printed = self.targets.loc[self.targets["table"] == "table2", "visit"].dropna()
        last = int(printed.max()) if len(printed) else self.visits[-1]
        change = self.column(f"{variable}_percent_change", last)
        low, high = change[flag == 0].dropna(), change[flag == 1].dropna()
        if statistic == "p_value":
            return float(stats.ttest_ind(low, high, equal_var=False).pvalue)
        return float((high if is_high_group(group) else low).mean())

    def _grouping(self) -> str:
        """The laboratory value whose groups Table 4 compares: it has the group sizes."""
        sizes = (self.targets["table"] == "table4") & (self.targets["statistic"] == "n")
        named = [name for name in self.targets.loc[sizes, "variable"].unique() if name in CUTOFFS]
        if len(named) != 1:
            raise DataError(
                f"table4 prints group sizes of {', '.join(named) or 'nothing'}; sizes of the groups of "
                "one laboratory value are needed"
            )
        return str(named[0])

    def _response(self, variable: str, week: int) -> float:
        reached = self.column(variable, week)
        if "in_figure_1" in self.at(week).columns:
            reached = reached[self.at(week)["in_figure_1"] == 1]
        return 100 * float(reached.mean())

    def _characteristic(self, row: dict[Any, Any]) -> float:
        variable, statistic = row["variable"], row["statistic"]
        people = self.at(self.visits[0])
        bin_of = AGE_BIN.fullmatch(variable)
        if variable == "n":
            return float(len(people))
        if variable == "age":
            return float(self.column("age", self.visits[0]).agg(statistic))
        if variable in MARGINS:
            name, wanted = MARGINS[variable]
            share = self.column(name, self.visits[0]) == wanted
        elif bin_of:
            share = self._aged(int(bin_of[1]), int(bin_of[2]), self._age_bins())
        else:
            raise DataError(f"no rule computes {row['published_id']}, a {statistic} of {variable}")
        if statistic == "count":
            return float(share.sum())
        # A share of a group that a patient file does not hold has the printed group below the line.
        everyone = self.targets.loc[
            (self.targets["table"] == "table1") & (self.targets["variable"] == "n"), "numeric"
        ]
        part = not pd.isna(row["n"]) and int(row["n"]) not in {int(n) for n in everyone}
        return 100 * float(share.sum()) / (int(row["n"]) if part else len(people))

    def _aged(
        self, low: int, high: int, closed: Literal["right_closed", "left_closed"]
    ) -> pd.Series:
        age = self.column("age", self.visits[0])
        if closed == "right_closed":
            return (age > low) & (age <= high)
        return (age >= low) & (age < high)

    def _age_bins(self) -> Literal["right_closed", "left_closed"]:
        """Where the edge of a class belongs: not printed, so assumed, or the reading that fits better."""
        if isinstance(self.cohort, ReconstructedCohort):
            return self.cohort.assumptions.age_bins
        rows = self.targets[
            (self.targets["table"] == "table1") & (self.targets["statistic"] == "count")
        ]
        missed = {"right_closed": 0.0, "left_closed": 0.0}
        for variable, count in zip(rows["variable"], rows["numeric"], strict=True):
            if found := AGE_BIN.fullmatch(variable):
                ends = int(found[1]), int(found[2])
                missed["right_closed"] += abs(self._aged(*ends, "right_closed").sum() - count)
                missed["left_closed"] += abs(self._aged(*ends, "left_closed").sum() - count)
        return "left_closed" if missed["left_closed"] < missed["right_closed"] else "right_closed"
