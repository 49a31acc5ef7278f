"""Whether predicted probabilities of a response come true: isotonic calibration of binary models."""

import numpy as np
import pandas as pd
from scipy.optimize import isotonic_regression

from adbayes.checks.loo import LeaveOneOut, leave_one_out
from adbayes.checks.loo_pit import new_patients
from adbayes.checks.predictive import COLUMNS, DRAWS, beside
from adbayes.errors import SpecError
from adbayes.inference.fit import Fit
from adbayes.inference.marginal_likelihood import unit_names
from adbayes.inference.sampler import stream
from adbayes.model import imputation, imputed_logistic
from adbayes.results.marginal import INVERSE_LINKS
from adbayes.results.result_table import as_result
from adbayes.results.summary import identity


@as_result
def reliability(
    fit: Fit, seed: int | None = None, left_out: LeaveOneOut | None = None
) -> pd.DataFrame:
    """Predicted probabilities beside the shares that came true, for a reliability diagram.

    Parameters
    ----------
    fit : Fit
        A model of a 0/1 outcome.
    seed : int, optional
        Of the replicates behind the band; the sampler's seed if not given.
    left_out : LeaveOneOut, optional
        From `leave_one_out`, where it is there already.

    Returns
    -------
    pandas.DataFrame
        One row an observation, by rising prediction: the columns of `identity`, outcome, n,
        predicted (probability from the other patients), observed (0 or 1), calibrated (their isotonic
        regression by pool-adjacent-violators) and low, high (95 % range of `calibrated`, were the
        predictions right). The CORP diagram of Dimitriadis, Gneiting and Jordan 2021
        (doi 10.1073/pnas.2016191118), as `az.plot_loo_pava` draws it, with exact predictions.

    Raises
    ------
    SpecError
        For another family, or where a patient's likelihood cannot be computed.
    """
    predicted, observed, replicated = _predictions(fit, seed, left_out)
    bands = np.quantile(_isotonic(replicated), [0.025, 0.975], axis=0)
    table = pd.DataFrame(
        {
            "predicted": predicted,
            "observed": observed,
            "calibrated": _isotonic(observed[None])[0],
            "low": bands[0],
            "high": bands[1],
        }
    ).assign(**identity(fit), outcome=fit.frame.outcome, n=fit.frame.n)
    return table[[*identity(fit), "outcome", "n", *table.columns[:5]]]


def reliability_checks(
    fit: Fit, seed: int | None = None, left_out: LeaveOneOut | None = None
) -> pd.DataFrame:
    """Judge the calibration of a model of a 0/1 outcome.

    Parameters
    ----------
    fit : Fit
        A model of a 0/1 outcome.
    seed : int, optional
        As `reliability`.
    left_out : LeaveOneOut, optional
        As `reliability`.

    Returns
    -------
    pandas.DataFrame
        The columns of `adbayes.checks.predictive.COLUMNS`; `check` is calibration. The Brier score
        of the leave-one-patient-out predictions is miscalibration - discrimination + uncertainty
        (Dimitriadis et al. 2021); each part beside its range over outcomes drawn from the
        predictions. A tail area of miscalibration near 0: the probabilities do not come true.

    Raises
    ------
    SpecError
        As `reliability`.
    """
    predicted, observed, replicated = _predictions(fit, seed, left_out)
    own, others = _scores(predicted, observed[None]), _scores(predicted, replicated)
    note = f"n = {len(observed)}; each patient predicted from the others"
    rows = [
        {"statistic": name, **beside(float(own[name][0]), others[name]), "note": note}
        for name in own
    ]
    table = pd.DataFrame(rows).assign(**identity(fit), check="calibration")
    visit = "" if fit.analysis.data.visit is None else str(fit.analysis.data.visit)
    return table.assign(outcome=fit.frame.outcome, visit=visit).reindex(columns=COLUMNS)


def _predictions(
    fit: Fit, seed: int | None, left_out: LeaveOneOut | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Leave-one-out probabilities in rising order, outcomes, and outcomes drawn from them."""
    a, frame = fit.analysis, fit.frame
    if a.family.name != "bernoulli":
        raise SpecError(
            f"{a.model}: calibration of probabilities is for a 0/1 outcome, not family "
            f"{a.family.name!r}; look at its loo_pit"
        )
    found = leave_one_out(fit) if left_out is None else left_out
    rng = np.random.default_rng(
        stream(a.sampler.seed if seed is None else seed, "reliability", a.key)
    )
    if a.kind == imputed_logistic.NAME:
        # Predictors are imputed anew, without what the patient's own response says about them.
        rows = imputed_logistic.rows_of(frame, fit.design, a)
        missing = imputation.draw_missing(found.posterior, rows, rng)
        risks = imputation.risk(found.posterior, rows, missing)
        probability = risks.reshape(-1, frame.n_rows)
    elif a.group_effects:
        probability = new_patients(fit, found.posterior, rng)  # 0/1: averaged over new patients
    else:
        offset = fit.design.added
        eta = fit.design.coefficient_draws(found.posterior) @ fit.design.X.T + offset
        probability = INVERSE_LINKS[a.link](eta).reshape(-1, frame.n_rows)
    place = {name: number for number, name in enumerate(found.units)}
    column = np.array([place[unit] for unit in unit_names(fit)])
    predicted = (found.weights[:, column] * probability).sum(axis=0)
    order = np.argsort(predicted, kind="stable")
    predicted = predicted[order]
    observed = frame.y[order]
    # Equal predictions are one prediction: their outcomes are pooled whatever their order.
    observed = _tied(predicted, observed[None])[0]
    replicated = (rng.random((DRAWS, len(predicted))) < predicted).astype(float)
    return predicted, observed, _tied(predicted, replicated)


def _tied(predicted: np.ndarray, outcomes: np.ndarray) -> np.ndarray:
    """Outcomes of equal predictions in falling order, which pool-adjacent-violators averages."""
    group = np.concatenate([[0], np.cumsum(np.diff(predicted) > 1e-12)])
    return np.take_along_axis(outcomes, np.lexsort((-outcomes, group[None] + 0 * outcomes)), axis=1)


def _isotonic(outcomes: np.ndarray) -> np.ndarray:
    return np.array([isotonic_regression(row).x for row in outcomes])


def _scores(predicted: np.ndarray, outcomes: np.ndarray) -> dict[str, np.ndarray]:
    """The Brier score and its parts, one value a set of outcomes."""
    calibrated = _isotonic(outcomes)
    base = outcomes.mean(axis=1, keepdims=True)
    score, best, constant = (
        ((p - outcomes) ** 2).mean(axis=1) for p in (predicted, calibrated, base)
    )
    return {
        "Brier score": score,
        "miscalibration": score - best,
        "discrimination": constant - best,
    }
