"""How much each reported quantity rests on single patients."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from adbayes.checks.kfold import without
from adbayes.checks.loo import LeaveOneOut, leave_one_out
from adbayes.checks.power_scaling import MAX_KHAT
from adbayes.checks.predictive import COLUMNS as CHECKS
from adbayes.errors import DataError
from adbayes.inference.fit import Fit
from adbayes.inference.marginal_likelihood import of_all_patients, unit_names
from adbayes.results.estimands import Estimand, estimands
from adbayes.results.result_table import as_result
from adbayes.results.summary import identity

COLUMNS = [
    "model",
    "variant",
    "priors",
    "evidence",
    "cohort",
    "x",
    "patient",
    "estimand",
    "outcome",
    "visit",
    "term",
    "unit",
    "mean",
    "mean_without",
    "shift_in_sd",
    "prob_direction",
    "prob_direction_without",
    "khat",
    "method",
]


@as_result
def influence(
    fit: Fit, *, refit: bool = True, cores: int | None = None, left_out: LeaveOneOut | None = None
) -> pd.DataFrame:
    """Every reported quantity without each patient in turn.

    Parameters
    ----------
    fit : Fit
        A fitted model.
    refit : bool, optional
        Fit again without a patient whose Pareto k is above 0.7. If not, these rows keep the
        untrustworthy weights, and say so.
    cores : int, optional
        Chains of the refits run at once.
    left_out : LeaveOneOut, optional
        From `leave_one_out`, where it is there already.

    Returns
    -------
    pandas.DataFrame
        The columns of `COLUMNS`, largest shifts first: posterior mean with and without the patient
        (of a ratio, the exponential of the mean logarithm), the shift in posterior SDs (of the log,
        for a ratio), the probability of the direction that all patients give, and how the row was
        made: psis, refit, or "psis, Pareto k above 0.7". Averages over patients' characteristics
        (risk differences) keep all patients, so that only the parameters change.

    Raises
    ------
    SpecError
        Where a patient's likelihood cannot be computed.
    """
    found = leave_one_out(fit) if left_out is None else left_out
    quantities = estimands(replace(fit, posterior=found.posterior))
    high = np.flatnonzero(found.khat > MAX_KHAT)
    refitted: dict[int, list[Estimand]] = {}
    units = unit_names(fit)
    for column in high if refit else ():
        again = without(fit, units == found.units[column], cores)
        if not _same_parameters(fit, again):
            raise DataError(
                f"{fit.analysis.model}: without {found.units[column]!r} a level of a predictor has "
                "no rows, so the model has other parameters; use influence(refit=False)"
            )
        # Imputed values belong to the rows they were drawn for: there the refit's own rows are used.
        imputed = any(str(dim).endswith("__missing_dim") for dim in fit.posterior.dims)
        judged = again if imputed else replace(fit, posterior=again.posterior)
        refitted[int(column)] = estimands(judged)
    parts = []
    for number, quantity in enumerate(quantities):
        values = _scale(quantity, quantity.draws.to_numpy().ravel())
        null = _scale(quantity, np.array([quantity.null]))[0]
        above = bool((values > null).mean() >= 0.5)
        mean, spread = values.mean(), values.std(ddof=1)
        means = found.weights.T @ values
        directions = found.weights.T @ _beyond(values, null, above)
        methods = np.array(["psis"] * len(means), dtype=object)
        methods[high] = f"psis, Pareto k above {MAX_KHAT:g}"
        for place, instead in refitted.items():
            draws = _scale(quantity, instead[number].draws.to_numpy().ravel())
            means[place], methods[place] = draws.mean(), "refit"
            directions[place] = _beyond(draws, null, above).mean()
        shift = (means - mean) / spread if spread > 0 else np.zeros(len(means))
        parts.append(
            pd.DataFrame(
                {
                    "patient": found.units,
                    "estimand": quantity.estimand,
                    "outcome": quantity.outcome,
                    "visit": quantity.visit,
                    "term": quantity.term,
                    "unit": quantity.unit,
                    "mean": _back(quantity, mean),
                    "mean_without": _back(quantity, means),
                    "shift_in_sd": shift,
                    "prob_direction": float(_beyond(values, null, above).mean()),
                    "prob_direction_without": directions,
                    "khat": found.khat,
                    "method": methods,
                }
            )
        )
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    table = pd.concat(parts, ignore_index=True).assign(**identity(fit))
    order = table["shift_in_sd"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order, COLUMNS].reset_index(drop=True)


def influence_checks(table: pd.DataFrame) -> pd.DataFrame:
    """The most influential patient of each quantity, as rows of a table of checks.

    Parameters
    ----------
    table : pandas.DataFrame
        From `influence`.

    Returns
    -------
    pandas.DataFrame
        The columns of `adbayes.checks.predictive.COLUMNS`; `check` is influence. Two rows a
        quantity: the largest shift of the mean in posterior SDs (either sign), and P(direction) with
        its range over the data sets without one patient.
    """
    rows = []
    keys = ["estimand", "outcome", "visit", "term"]
    for (estimand, outcome, visit, term), part in table.groupby(keys, sort=False):
        largest = part.iloc[int(part["shift_in_sd"].abs().to_numpy().argmax())]
        head = {name: largest[name] for name in COLUMNS[:6]}
        head |= {"check": "influence", "outcome": outcome, "visit": visit}
        named = f"{estimand} {term}".strip()
        who = f"without {largest['patient']} ({largest['method']})"
        rows.append(
            head
            | {
                "statistic": f"{named}: largest shift in SDs",
                "observed": float(largest["shift_in_sd"]),
                "note": who,
            }
        )
        without_one = part["prob_direction_without"]
        if without_one.notna().any():
            rows.append(
                head
                | {
                    "statistic": f"{named}: P(direction)",
                    "observed": float(part["prob_direction"].iloc[0]),
                    "replicated_low": float(without_one.min()),
                    "replicated_high": float(without_one.max()),
                    "note": "range over the data without one patient",
                }
            )
    return pd.DataFrame(rows).reindex(columns=CHECKS)


def _scale(quantity: Estimand, values: np.ndarray) -> np.ndarray:
    """Ratios as logarithms, whose posterior is not one long tail."""
    return np.log(values) if quantity.unit == "ratio" else values


def _back(quantity: Estimand, values: Any) -> Any:
    return np.exp(values) if quantity.unit == "ratio" else values


def _beyond(values: np.ndarray, null: float, above: bool) -> np.ndarray:
    """Whether each draw lies on the side of all patients' posterior; NaN without a null value."""
    if np.isnan(null):
        return np.full(len(values), np.nan)
    return (values > null if above else values < null).astype(float)


def _same_parameters(fit: Fit, again: Fit) -> bool:
    return all(
        again.posterior[name].shape[2:] == values.shape[2:]
        for name, values in fit.posterior.data_vars.items()
        if of_all_patients(values)
    )
