"""Missing outcomes: what the missing patients would have to be like for each claim to fail.

Likelihood-based models use the patients' other visits and answer under missing at random (MAR). The
delta-adjusted pattern mixture departs from it: a missing outcome is what MAR predicts plus delta. With
a share f of the outcomes missing, the mean is the MAR mean + f delta, draw by draw; this is what
imputing from the posterior predictive, shifting and averaging gives without its simulation noise
(Carpenter, Roger and Kenward 2013, doi 10.1080/10543406.2013.834911; Cro et al. 2020, doi
10.1002/sim.8569). For a response, delta is added to the log odds of the missing patients.
"""

import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from adbayes.checks.pattern_mixture import Claim, mean_claims, outcome_unit, response_claims
from adbayes.checks.same_data import base_outcome
from adbayes.cohort.outcomes import OUTCOMES
from adbayes.errors import SpecError
from adbayes.inference.fit import Fit
from adbayes.inference.fits import Fits
from adbayes.results.result_table import as_result
from adbayes.results.summary import identity, prob_direction

COLUMNS = [
    "model",
    "variant",
    "priors",
    "evidence",
    "cohort",
    "x",
    "estimand",
    "outcome",
    "visit",
    "term",
    "unit",
    "n",
    "n_missing",
    "delta",
    "delta_unit",
    "mean",
    "median",
    "ci_low",
    "ci_high",
    "null",
    "prob_direction",
    "missing_mean",
    "tipping",
    "note",
]
LOG_ODDS = (-np.inf, -2.0, -1.0, 0.0, 1.0, 2.0, np.inf)
_FARTHEST = 12.0  # log odds: beyond it the corners (none, all respond) say the rest
NOT_HELD = "does not hold under missing at random"
NOTHING = "no outcome missing"


@as_result
def missing(
    fit: Fit | Fits, deltas: Sequence[float] | None = None, *, opposed: bool = False
) -> pd.DataFrame:
    """Every claim with the missing outcomes worse than predicted by delta, and its tipping point.

    Parameters
    ----------
    fit : Fit or Fits
        A model that reports mean changes between visits, or a model of a response at one visit.
    deltas : sequence of float, optional
        In units of the outcome, positive = worse (an unknown outcome: higher); if not given 0 and a
        half, one and two minimal important changes (SDs at the first level, where none is known).
        For a response: added to the log odds of responding, negative = worse; if not given -2 to 2
        and the corners, minus infinity (none of the missing respond) and infinity (all do).
    opposed : bool, optional
        For contrasts of a 0/1 predictor: delta for the missing patients who have it, minus delta
        for the others. The hardest case; if False delta is common to all.

    Returns
    -------
    pandas.DataFrame
        The columns of `COLUMNS`, one row a claim and delta. Delta 0 is MAR, the model's own answer.
        The same delta holds for all patients without the outcome at that visit; baseline stays under
        MAR; the share missing is that of these patients. `missing_mean`: what MAR predicts for the
        missing patients from their own other visits. `tipping`: the delta nearest 0 at which the
        interval reaches the null (P(direction) falls to (1 + ci_prob) / 2); infinite where no delta
        does; empty, with the reason in `note`, where there is nothing to tip.

    Raises
    ------
    SpecError
        For a table without patients and visits, or a model without such claims.
    """
    if isinstance(fit, Fits):
        return pd.concat(
            [missing(one, deltas, opposed=opposed) for one in fit.values()], ignore_index=True
        )
    if not fit.cohort.clinical:
        raise SpecError(
            f"{fit.analysis.model}: missing outcomes need a table of patients and visits; this one is "
            f"{fit.cohort.source}"
        )
    binary = fit.analysis.family.name == "bernoulli"
    claims = list(response_claims(fit, opposed) if binary else mean_claims(fit))
    tip = _tipping_on_grid if binary else _tipping_linear
    if deltas is None:
        deltas = LOG_ODDS if binary else _multiples(fit)
    prob = fit.analysis.sampler.ci_prob
    rows = []
    for claim in claims:
        tipping, note = tip(claim, prob)
        if not note and not binary:
            note = _reach(fit, claim.missing_mean + tipping)
        for delta in deltas if claim.n_missing else (0.0,):
            draws = claim.at(float(delta))
            low, high = np.quantile(draws, [(1 - prob) / 2, (1 + prob) / 2])
            rows.append(
                {
                    **{
                        name: getattr(claim, name) for name in ("estimand", "visit", "term", "unit")
                    },
                    "n": claim.n,
                    "n_missing": claim.n_missing,
                    "delta": float(delta),
                    "delta_unit": "log odds" if binary else outcome_unit(fit),
                    "mean": draws.mean(),
                    "median": np.median(draws),
                    "ci_low": low,
                    "ci_high": high,
                    "null": claim.null,
                    "prob_direction": prob_direction(draws, claim.null),
                    "missing_mean": claim.missing_mean,
                    "tipping": tipping,
                    "note": note,
                }
            )
    table = pd.DataFrame(rows).assign(**identity(fit), outcome=fit.frame.outcome)
    return table.reindex(columns=COLUMNS)


def _tipping_linear(claim: Claim, prob: float) -> tuple[float, str]:
    """Closed form: the interval's end moves by the same amount for each unit of delta."""
    if not claim.n_missing:
        return np.nan, NOTHING
    draws = claim.at(0.0)
    end = _end(draws, claim.null, prob)
    if end is None:
        return np.nan, NOT_HELD
    if claim.estimand == "ratio_of_means":
        # The sign of each draw is that of the difference of means, which is linear.
        slopes = claim.at(1.0) - draws
        ends = -(draws - claim.null) / slopes
        return float(
            np.quantile(ends, (1 - prob) / 2 if np.median(ends) > 0 else (1 + prob) / 2)
        ), ""
    slope = float((claim.at(1.0) - draws)[0])
    return float((claim.null - end) / slope), ""


def _tipping_on_grid(claim: Claim, prob: float) -> tuple[float, str]:
    """The nearest root on either side, found on a grid and refined."""
    if not claim.n_missing:
        return np.nan, NOTHING
    if np.isnan(claim.null):
        return np.nan, "no null value to reach"
    start = claim.at(0.0)
    if _end(start, claim.null, prob) is None:
        return np.nan, NOT_HELD
    above = bool(np.median(start) > claim.null)
    tail = (1 - prob) / 2 if above else (1 + prob) / 2

    def gap(delta: float) -> float:
        value = float(np.quantile(claim.at(delta), tail)) - claim.null
        return value if above else -value

    roots = []
    for side in (-1.0, 1.0):
        grid = side * np.linspace(0, _FARTHEST, 25)
        for near, far in itertools.pairwise(grid):
            if gap(float(far)) < 0:
                roots.append(float(brentq(gap, near, far)))
                break
    if not roots:
        return np.inf, "holds whatever the missing patients' responses"
    return min(roots, key=abs), ""


def _end(draws: np.ndarray, null: float, prob: float) -> float | None:
    """The interval's end on the side of the null; None where the interval includes it."""
    low, high = np.quantile(draws, [(1 - prob) / 2, (1 + prob) / 2])
    if low > null:
        return float(low)
    return float(high) if high < null else None


def _reach(fit: Fit, value: float) -> str:
    """Whether the missing patients would have to be where the instrument does not go."""
    outcome = OUTCOMES.get(fit.frame.outcome)
    if outcome is None or np.isnan(value):
        return ""
    if value < outcome.low:
        return f"the missing would have to average below {outcome.low:g}"
    if outcome.high is not None and value > outcome.high:
        return f"the missing would have to average above {outcome.high:g}"
    return ""


def _multiples(fit: Fit) -> tuple[float, ...]:
    outcome = OUTCOMES.get(base_outcome(fit.frame.outcome)[0])
    y = fit.frame.data
    first = y.loc[y["visit"] == y["visit"].cat.categories[0], fit.frame.outcome].astype(float)
    known = outcome is not None and outcome.mcid is not None and outcome.name == fit.frame.outcome
    unit = outcome.mcid.value if known and outcome and outcome.mcid else float(first.std(ddof=1))
    return 0.0, unit / 2, unit, 2 * unit
