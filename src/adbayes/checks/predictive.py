"""Prior and posterior predictive checks: data the model would make beside the data there are."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import xarray as xr

from adbayes.checks.correlated import correlation_checks
from adbayes.checks.responders import response_statistics
from adbayes.cohort.outcomes import OUTCOMES, RESPONSE_RULES
from adbayes.inference.fit import Fit
from adbayes.inference.replicates import outcomes, prior_outcomes
from adbayes.inference.sampler import stream
from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design
from adbayes.model.frame import ModelFrame
from adbayes.model.stacked import cells
from adbayes.results.lab_cutoff import lab_cutoff
from adbayes.results.summary import identity

COLUMNS = [
    "model",
    "variant",
    "priors",
    "evidence",
    "cohort",
    "check",
    "outcome",
    "visit",
    "statistic",
    "observed",
    "replicated_low",
    "replicated_high",
    "tail_area",
    "note",
    "x",
]
DRAWS = 1000  # replicated data sets; a tail area is then known to within 0.03
QUANTILES = (0.1, 0.5, 0.9)
Statistic = Callable[[np.ndarray], np.ndarray]


def predictive_checks(fit: Fit, seed: int | None = None) -> pd.DataFrame:
    """Check a fit against its data, before and after seeing them.

    Parameters
    ----------
    fit : Fit
        A fitted model.
    seed : int, optional
        Of the replicates; the sampler's seed if not given.

    Returns
    -------
    pandas.DataFrame
        The columns of `COLUMNS`; `check` is prior_predictive or posterior_predictive. `observed` is
        the statistic in the data, `replicated_low` and `replicated_high` its 95 % range over
        replicated data sets, `tail_area` the share of replicates at or above it, ties counted half
        (near 0 or 1: the model does not make data like these). Statistics by visit: mean, SD, the
        10 %, 50 % and 90 % quantiles, and for a bounded instrument the share of patients (%) at or
        beyond its floor and ceiling (or within half a step of them: recorded so), for a laboratory
        value beyond its cut-off; for EASI the
        patients who reach EASI-75 and EASI-90, counted in replicated baselines and visits; for a
        0/1 outcome the share (%) with 1, overall and at each value of a 0/1 predictor; for
        fractions of baseline and ordered classes those of `response_statistics`; for stacked scores
        those of each, and the correlations of each pair (`correlation_checks`).
    """
    a = fit.analysis
    seed = a.sampler.seed if seed is None else seed
    rng = np.random.default_rng(stream(seed, "posterior predictive", a.key))
    replicated = outcomes(a, fit.frame, fit.design, _thinned(fit.posterior, DRAWS), rng)
    after = _compared(a, fit.frame, replicated, "posterior_predictive")
    before = prior_predictive(a, fit.frame, fit.design, seed)
    table = pd.DataFrame([*before, *after]).assign(**identity(fit))
    return table.reindex(columns=COLUMNS)


def prior_predictive(
    analysis: Analysis, frame: ModelFrame, design: Design, seed: int
) -> list[dict[str, object]]:
    """Rows of the prior predictive check, without any sampling.

    Parameters
    ----------
    analysis : Analysis
        The model and its priors.
    frame : ModelFrame
        The rows.
    design : Design
        The mean's design matrix.
    seed : int
        Of the replicates.

    Returns
    -------
    list of dict
        Rows of `predictive_checks` without the columns that identify a fit.
    """
    rng = np.random.default_rng(stream(seed, "prior predictive", analysis.key))
    replicated = prior_outcomes(analysis, frame, design, DRAWS, rng)
    return _compared(analysis, frame, replicated, "prior_predictive")


def _compared(
    analysis: Analysis, frame: ModelFrame, replicated: np.ndarray, check: str
) -> list[dict[str, object]]:
    values = frame.data[frame.outcome].astype(float).to_numpy()
    rows: list[dict[str, object]] = []
    for outcome, visit, mask in cells(analysis, frame):
        for name, statistic, note in _statistics(analysis, frame, mask, outcome):
            row = {"check": check, "outcome": outcome, "visit": visit, "statistic": name}
            observed = float(statistic(values[None, mask])[0])
            rows.append(row | beside(observed, statistic(replicated[:, mask])) | {"note": note})
    if analysis.data.stack:
        rows += correlation_checks(analysis, frame, values, replicated, check)
    elif analysis.family.name == "bernoulli":
        rows += _by_predictor(analysis, frame, values, replicated, check, rows)
    else:
        rows += _responders(analysis, frame, values, replicated, check)
    return rows


def _by_predictor(
    analysis: Analysis,
    frame: ModelFrame,
    values: np.ndarray,
    replicated: np.ndarray,
    check: str,
    overall: list[dict[str, object]],
) -> Iterator[dict[str, object]]:
    """The share with outcome 1 at each value of the reported 0/1 predictors."""
    for name in analysis.estimands.terms:
        column = frame.data.get(name)
        if column is None or set(column.unique()) - {0.0, 1.0}:
            continue
        for level in (0.0, 1.0):
            mask = (column == level).to_numpy()
            over = 100 * replicated[:, mask].mean(axis=1)
            observed = 100 * float(values[mask].mean())
            yield overall[0] | {
                "check": check,
                "statistic": f"share of 1 where {name} = {level:g}",
                **beside(observed, over),
                "note": f"n = {int(mask.sum())}",
            }


def _responders(
    analysis: Analysis,
    frame: ModelFrame,
    values: np.ndarray,
    replicated: np.ndarray,
    check: str,
) -> Iterator[dict[str, object]]:
    """Patients who reach a response rule, in whole steps, both visits being of one replicate."""
    rules = [rule for rule in RESPONSE_RULES.values() if rule.outcome == frame.outcome]
    parts = {visit: mask for _, visit, mask in cells(analysis, frame)}
    if not rules or frame.unit != "patient" or "0" not in parts:
        return
    step = OUTCOMES[frame.outcome].step
    steps = 1 if step is None else round(1 / step)
    patient = frame.data["patient"].astype(str).to_numpy()
    first = {patient[row]: row for row in np.flatnonzero(parts["0"] & (values > 0))}
    for visit, mask in parts.items():
        after = np.array([row for row in np.flatnonzero(mask) if patient[row] in first], dtype=int)
        if visit == "0" or not len(after):
            continue
        before = np.array([first[patient[row]] for row in after])
        for rule in rules:
            counts = [
                # A replicate may fall below 0; from a baseline of 0 there is no response.
                ((100 * (b - a) >= rule.percent * b) & (b > 0)).sum(axis=1)
                for b, a in (
                    (np.round(steps * y[:, before]), np.round(steps * y[:, after]))
                    for y in (values[None], replicated)
                )
            ]
            yield {
                "check": check,
                "outcome": frame.outcome,
                "visit": visit,
                "statistic": f"EASI-{rule.percent} responders",
                **beside(float(counts[0][0]), counts[1]),
                "note": f"patients, of {len(after)} with both visits",
            }


def beside(observed: float, replicated: np.ndarray) -> dict[str, object]:
    """An observed statistic beside its replicates.

    Parameters
    ----------
    observed : float
        The statistic in the data.
    replicated : numpy.ndarray
        The statistic in each replicated data set.

    Returns
    -------
    dict
        observed, replicated_low, replicated_high (95 %) and tail_area, ties counted half.
    """
    low, high = np.quantile(replicated, [0.025, 0.975])
    return {
        "observed": observed,
        "replicated_low": float(low),
        "replicated_high": float(high),
        "tail_area": float((replicated > observed).mean() + (replicated == observed).mean() / 2),
    }


def _statistics(
    analysis: Analysis, frame: ModelFrame, mask: np.ndarray, outcome: str
) -> Iterator[tuple[str, Statistic, str]]:
    if analysis.family.name == "bernoulli":
        yield "share of 1", lambda y: 100 * y.mean(axis=1), "%"
        return
    yield "mean", lambda y: y.mean(axis=1), ""
    yield "sd", lambda y: y.std(axis=1, ddof=1), ""
    yield from response_statistics(analysis, frame, mask)
    yield from ((f"{100 * p:.0f} % quantile", _quantile(p), "") for p in QUANTILES)
    instrument = OUTCOMES.get(outcome)
    if instrument is None:
        return
    low, high, half = instrument.low, instrument.high, (instrument.step or 0.0) / 2
    # A replicate of a normal model is no score yet: what is nearest to the floor is recorded as it.
    if low is not None:
        yield (
            "share at or below floor",
            lambda y: 100 * ((y <= low) | (y < low + half)).mean(axis=1),
            f"% at or below {low:g}",
        )
    if high is not None:
        yield (
            "share at or above ceiling",
            lambda y: 100 * ((y >= high) | (y > high - half)).mean(axis=1),
            f"% at or above {high:g}",
        )
    cutoff = lab_cutoff(frame)
    if cutoff is not None:
        yield "share of high values", lambda y: 100 * cutoff.high(y).mean(axis=1), cutoff.words


def _quantile(share: float) -> Statistic:
    return lambda y: np.quantile(y, share, axis=1)


def _thinned(posterior: xr.Dataset, size: int) -> xr.Dataset:
    """About `size` draws, spread over all chains."""
    chains, draws = posterior.sizes["chain"], posterior.sizes["draw"]
    step = max(1, chains * draws // size)
    return posterior.isel(draw=slice(None, None, step))
