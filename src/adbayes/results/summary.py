"""Draws to tables: how every quantity is reduced to numbers, and which of them are flagged."""

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.derive import timing
from adbayes.inference.diagnostics import COLUMNS as DIAGNOSTICS_COLUMNS
from adbayes.inference.diagnostics import MAX_R_HAT, MIN_BFMI, MIN_ESS, Gate, quality
from adbayes.inference.fit import Fit
from adbayes.model.analysis import Analysis
from adbayes.results.estimands import Estimand, estimands, parameters

COLUMNS = [
    "model",
    "variant",
    "priors",
    "evidence",
    "cohort",
    "estimand",
    "outcome",
    "visit",
    "term",
    "unit",
    "n",
    "mean",
    "median",
    "sd",
    "ci_low",
    "ci_high",
    "ci_prob",
    "null",
    "prob_direction",
    "mcse_mean",
    "ess_bulk",
    "ess_tail",
    "r_hat",
    "flag",
    "x",
    "note",
]
CONSTANT = "constant over draws; judged through its parameters"
NOT_CONVERGED = "not converged"


def summarize(fit: Fit) -> pd.DataFrame:
    """Reduce a fit to one row a quantity.

    Parameters
    ----------
    fit : Fit
        A fitted model.

    Returns
    -------
    pandas.DataFrame
        The columns of `COLUMNS`. `n` is the number of patients (rows, in a table without patients);
        `prob_direction` the posterior probability (0.5 to 1) of lying on the median's side of
        `null`; `ci_low` and `ci_high` equal-tailed; `flag` says what did not converge (the whole
        fit, for divergences or E-BFMI; the quantity, for R-hat of 1.01 or more or an effective
        sample size of 400 or less); `note` the
        step of a continuous predictor, and which predictors are concurrent. MCSE is that of the mean.
    """
    asked, own = estimands(fit), parameters(fit)
    terms, known = [quantity.term for quantity in own], fit.quality
    if not (known.index.is_unique and set(terms) <= set(known.index)):
        terms, known = _names(own), quality(_dataset(own))  # draws that were added to a fit by hand
    judged = [*quality(_dataset(asked)).to_dict("records"), *known.loc[terms].to_dict("records")]
    whole = fit.gate
    prob = fit.analysis.sampler.ci_prob
    rows = []
    for quantity, found in zip([*asked, *own], judged, strict=True):
        values = np.ravel(quantity.draws.to_numpy())
        low, high = np.quantile(values, [(1 - prob) / 2, (1 + prob) / 2])
        rows.append(
            {
                **identity(fit),
                "estimand": quantity.estimand,
                "outcome": quantity.outcome,
                "visit": quantity.visit,
                "term": quantity.term,
                "unit": quantity.unit,
                "n": fit.frame.n,
                "mean": values.mean(),
                "median": np.median(values),
                "sd": values.std(ddof=1),
                "ci_low": low,
                "ci_high": high,
                "ci_prob": prob,
                "null": quantity.null,
                "prob_direction": prob_direction(values, quantity.null),
                "mcse_mean": found["mcse_mean"],
                "ess_bulk": found["ess_bulk"],
                "ess_tail": found["ess_tail"],
                "r_hat": found["r_hat"],
                "flag": _flag(found, whole.divergences > 0 or not whole.min_bfmi > MIN_BFMI),
                "note": noted(quantity),
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def diagnose(fit: Fit, summary: pd.DataFrame | None = None) -> pd.DataFrame:
    """Judge the convergence of every sampled parameter and every reported quantity.

    Parameters
    ----------
    fit : Fit
        A fitted model.
    summary : pandas.DataFrame, optional
        From `summarize`, where it is there already: it has what the judgement needs.

    Returns
    -------
    pandas.DataFrame
        One row; the columns of `adbayes.inference.diagnostics.COLUMNS`.
    """
    found = fit.gate
    reported = summarize(fit) if summary is None else summary
    reported = reported[(reported["estimand"] != "parameter") & (reported["sd"] > 0)]
    if len(reported):
        worst = Gate(
            divergences=found.divergences,
            max_treedepth_share=found.max_treedepth_share,
            min_ess_bulk=float(reported["ess_bulk"].min(skipna=False)),
            min_ess_tail=float(reported["ess_tail"].min(skipna=False)),
            max_r_hat=float(reported["r_hat"].max(skipna=False)),
            min_bfmi=found.min_bfmi,
        )
        found = found.worst_of(worst)
    row = {
        **identity(fit),
        "divergences": found.divergences,
        "retries": fit.retries,
        "max_treedepth_share": found.max_treedepth_share,
        "min_ess_bulk": found.min_ess_bulk,
        "min_ess_tail": found.min_ess_tail,
        "max_r_hat": found.max_r_hat,
        "min_bfmi": found.min_bfmi,
        "passed": found.passed,
    }
    return pd.DataFrame([row], columns=DIAGNOSTICS_COLUMNS)


def identity(fit: Fit) -> dict[str, str]:
    """The columns that say what a row is about and on which evidence it rests.

    Parameters
    ----------
    fit : Fit
        A fitted model.

    Returns
    -------
    dict
        model, variant, priors, evidence, cohort, and x: the predictor under `for_each`.
    """
    return whose(fit.analysis, fit.cohort)


def whose(analysis: Analysis, cohort: Cohort) -> dict[str, str]:
    """The same columns for a model that need not have been fitted.

    Parameters
    ----------
    analysis : Analysis
        The model.
    cohort : Cohort
        The data.

    Returns
    -------
    dict
        model, variant, priors, evidence, cohort, and x: the predictor under `for_each`.
    """
    return {
        "model": analysis.model,
        "variant": analysis.variant,
        "priors": analysis.prior_set,
        "evidence": cohort.evidence,
        "cohort": "" if cohort.index is None else str(cohort.index),
        "x": analysis.x or "",
    }


def prob_direction(values: np.ndarray, null: float) -> float:
    """Posterior probability of lying on the median's side of a null value.

    Parameters
    ----------
    values : numpy.ndarray
        Draws.
    null : float
        The value of no effect; NaN for a quantity that has none.

    Returns
    -------
    float
        Between 0.5 and 1; NaN where `null` is.
    """
    if np.isnan(null):
        return float("nan")
    above, below = float((values > null).mean()), float((values < null).mean())
    return max(above, below)


def noted(quantity: Estimand) -> str:
    """What a reader must know of a quantity beside its name and unit.

    Parameters
    ----------
    quantity : Estimand
        The quantity.

    Returns
    -------
    str
        The step of a continuous predictor; that a laboratory value was taken under treatment.
    """
    return "; ".join(note for note in (quantity.note, timing(quantity.term)) if note)


def _names(quantities: list[Estimand]) -> list[str]:
    return [str(number) for number in range(len(quantities))]


def _dataset(quantities: list[Estimand]) -> xr.Dataset:
    draws = [quantity.draws for quantity in quantities]
    return xr.Dataset(dict(zip(_names(quantities), draws, strict=True)))


def _flag(found: dict[Hashable, Any], whole_fit_failed: bool) -> str:
    if whole_fit_failed:
        return NOT_CONVERGED
    if found["constant"]:
        return CONSTANT
    passed = (
        found["r_hat"] < MAX_R_HAT and found["ess_bulk"] > MIN_ESS and found["ess_tail"] > MIN_ESS
    )
    return "" if passed else NOT_CONVERGED


def unconverged(rows: pd.DataFrame) -> str:
    """What the footer of a figure says of rows that did not pass the gate.

    Parameters
    ----------
    rows : pandas.DataFrame
        model and flag, of a summary or of pooled rows.

    Returns
    -------
    str
        "; NOT CONVERGED: " and the models; empty where all passed.
    """
    names = dict.fromkeys(rows.loc[rows["flag"] == NOT_CONVERGED, "model"])
    return f"; {NOT_CONVERGED.upper()}: {', '.join(map(str, names))}" if names else ""
