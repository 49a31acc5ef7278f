"""Claims as functions of how far the missing outcomes lie from what missing at random predicts.

With a share f of the outcomes missing, the mean is the MAR mean + f delta, draw by draw; imputing from
the posterior predictive, shifting and averaging gives the same with simulation noise. For a response,
delta is added to the log odds of the missing patients.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from adbayes.checks.same_data import base_outcome
from adbayes.cohort.outcomes import OUTCOMES
from adbayes.errors import SpecError
from adbayes.inference.fit import Fit
from adbayes.model.frame import model_frame
from adbayes.model.where import parse_where, rows_where
from adbayes.results.estimands import estimands
from adbayes.results.marginal import INVERSE_LINKS


@dataclass(frozen=True)
class Claim:
    """One quantity as a function of delta.

    Parameters
    ----------
    estimand, visit, term, unit : str
        As in a summary.
    null : float
        The value of no effect; NaN for none.
    n, n_missing : int
        Patients, and those without the outcome.
    missing_mean : float
        Mean predicted for the missing patients under MAR; NaN where it is not computed.
    at : callable
        Takes delta and gives the draws.
    """

    estimand: str
    visit: str
    term: str
    unit: str
    null: float
    n: int
    n_missing: int
    missing_mean: float
    at: Callable[[float], np.ndarray]


def mean_claims(fit: Fit) -> Iterator[Claim]:
    """Changes of the mean and its percent fall, as functions of the shift of the missing.

    Parameters
    ----------
    fit : Fit
        A model that reports mean changes by visit.

    Yields
    ------
    Claim
        Baseline stays under MAR.

    Raises
    ------
    SpecError
        For a model without such claims.
    """
    a = fit.analysis
    changes = {"mean_change", "ratio_of_means"} & set(a.estimands.report)
    if a.estimands.by != "visit" or "mean_change" not in changes:
        raise SpecError(
            f"{a.model}: missing outcomes are answered for models that report mean_change by visit, "
            "and for 0/1 outcomes"
        )
    wanted = a.estimands.model_copy(update={"report": ("mean", "mean_change")})
    found = estimands(replace(fit, analysis=replace(a, estimands=wanted)))
    means = {q.visit: q.draws.to_numpy().ravel() for q in found if q.estimand == "mean"}
    (baseline,) = set(means) - {q.visit for q in found if q.estimand == "mean_change"}
    patients, gaps = _gaps(fit)
    sign = -1.0 if base_outcome(fit.frame.outcome)[1] == "_percent_change" else 1.0
    for visit, draws in means.items():
        if visit == baseline:
            continue
        absent = gaps(visit)
        share = sign * len(absent) / len(patients)
        about = (len(patients), len(absent), _predicted(fit, absent, visit))
        change = partial(_change, draws, means[baseline], share)
        yield Claim("mean_change", visit, "", outcome_unit(fit), 0.0, *about, change)
        if "ratio_of_means" in changes:
            ratio = partial(_percent_fall, draws, means[baseline], share)
            yield Claim("ratio_of_means", visit, "", "%", 0.0, *about, ratio)


def _change(mean: np.ndarray, start: np.ndarray, share: float, delta: float) -> np.ndarray:
    return np.asarray(mean - start + share * delta)


def _percent_fall(mean: np.ndarray, start: np.ndarray, share: float, delta: float) -> np.ndarray:
    return np.asarray(100 * (1 - (mean + share * delta) / start))


def response_claims(fit: Fit, opposed: bool) -> Iterator[Claim]:
    """The response rate and the contrasts of 0/1 predictors, as functions of the log odds.

    Parameters
    ----------
    fit : Fit
        A model of a 0/1 outcome at one visit.
    opposed : bool
        Whether delta is taken from the patients without the predictor instead of added.

    Yields
    ------
    Claim
        Standardised over all patients whose predictors are known; the shares missing are theirs.

    Raises
    ------
    SpecError
        Where missing outcomes already count as failures, or the model has patient effects.
    """
    a = fit.analysis
    if a.data.missing == "failure":
        raise SpecError(
            f'{a.model}: missing outcomes already count as failures (missing = "failure"); fit with '
            'missing = "drop" to vary them'
        )
    if a.kind != "bambi" or a.mean.groups or a.data.visit is None or fit.design.offset is not None:
        raise SpecError(
            f"{a.model}: missing responses are answered for one visit, without patient effects, "
            "offset or imputed predictors"
        )
    filled = replace(a, data=a.data.model_copy(update={"missing": "failure"}))
    everyone = model_frame(filled, fit.cohort).data
    absent = ~everyone["patient"].isin(fit.frame.data["patient"].astype(str)).to_numpy()
    own = _probability(fit, everyone)
    predicted = 100 * float(own[:, absent].mean()) if absent.any() else np.nan
    visit, about = str(a.data.visit), (len(everyone), int(absent.sum()), predicted)
    rate = partial(_rate, own, absent.astype(float))
    yield Claim("response", visit, "", "%", np.nan, *about, rate)
    named = a.estimands.terms or tuple(t.name for t in fit.design.terms if t.name != "Intercept")
    contrasts = {
        "risk_difference": ("percentage points", 0.0),
        "risk_ratio": ("ratio", 1.0),
        # With other predictors the odds ratio is conditional and has no such mixture.
        **({"odds_ratio": ("ratio", 1.0)} if len(fit.design.terms) == 2 else {}),
    }
    for term in named:
        if term not in everyone or set(everyone[term].unique()) - {0.0, 1.0}:
            continue
        groups = []
        for value, sign in ((1.0, 1.0), (0.0, -1.0 if opposed else 1.0)):
            level = (everyone[term] == value).to_numpy()
            share = float(absent[level].mean()) if level.any() else 0.0
            groups.append((_probability(fit, everyone.assign(**{term: value})), share, sign))
        for name in a.estimands.report:
            if name in contrasts:
                at = partial(_contrast, name, groups)
                unit, null = contrasts[name]
                yield Claim(name, visit, term, unit, null, *about, at)


def _probability(fit: Fit, rows: pd.DataFrame) -> np.ndarray:
    """Probability of the response of each row, ``(draw, row)``."""
    eta = fit.design.coefficient_draws(fit.posterior) @ fit.design.at(rows).T
    p = np.asarray(INVERSE_LINKS[fit.analysis.link](eta).reshape(-1, len(rows)))
    return np.clip(p, 1e-12, 1 - 1e-12)  # the corners add infinite log odds


def _mixed(p: np.ndarray, share: float | np.ndarray, delta: float) -> np.ndarray:
    """Mean probability where a share has its log odds shifted."""
    return np.asarray(((1 - share) * p + share * expit(logit(p) + delta)).mean(axis=1))


def _rate(p: np.ndarray, share: np.ndarray, delta: float) -> np.ndarray:
    return 100 * _mixed(p, share, delta)


def _contrast(name: str, groups: list[tuple[np.ndarray, float, float]], delta: float) -> np.ndarray:
    with_it, without_it = (_mixed(p, share, sign * delta) for p, share, sign in groups)
    if name == "risk_difference":
        return np.asarray(100 * (with_it - without_it))
    if name == "risk_ratio":
        return np.asarray(with_it / without_it)
    return np.asarray(with_it / (1 - with_it) / (without_it / (1 - without_it)))


def _gaps(fit: Fit) -> tuple[list[str], Callable[[str], list[str]]]:
    """The patients, and those without the outcome at a visit (no row, or an empty cell)."""
    frame = fit.cohort.frame
    if fit.analysis.data.where is not None:
        frame = frame[rows_where(parse_where(fit.analysis.data.where), frame)]
    patients = list(dict.fromkeys(frame["patient"].astype(str)))
    seen = frame[frame[fit.frame.outcome].notna()]

    def absent(visit: str) -> list[str]:
        there = set(seen.loc[seen["visit"].astype(str) == visit, "patient"].astype(str))
        return [name for name in patients if name not in there]

    return patients, absent


def _predicted(fit: Fit, absent: list[str], visit: str) -> float:
    """Mean of what the random-intercept model predicts for patients from their other visits."""
    a = fit.analysis
    effect = f"{a.mean.groups[0]}" if len(a.mean.groups) == 1 else ""
    plain = set(a.mean.columns) <= {fit.frame.outcome, "visit", "patient"}
    if not absent or effect != "1|patient" or not plain or a.link != "identity":
        return np.nan
    dim = "patient__factor_dim"
    if effect not in fit.posterior or fit.frame.data.empty:
        return np.nan
    row = fit.frame.data[fit.frame.data["visit"] == visit].head(1)
    mean = (fit.design.coefficient_draws(fit.posterior) @ fit.design.at(row).T).mean()
    known = [name for name in absent if name in fit.posterior[dim].to_numpy()]
    # A patient without any outcome is predicted at the mean.
    own = float(fit.posterior[effect].sel({dim: known}).mean(("chain", "draw")).sum())
    return float(mean + own / len(absent))


def outcome_unit(fit: Fit) -> str:
    """Unit of a fit's outcome.

    Parameters
    ----------
    fit : Fit
        A fitted model.

    Returns
    -------
    str
        Empty for an outcome that the vocabulary does not know.
    """
    outcome = OUTCOMES.get(fit.frame.outcome)
    return outcome.unit if outcome is not None else ""
