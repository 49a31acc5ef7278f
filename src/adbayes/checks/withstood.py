"""Which priors take a claim away: rows and sentences, for print, for a fit, and for refits."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from adbayes.checks.conflict import box_p, contraction
from adbayes.checks.credibility import Credibility, credibility, normal_credibility
from adbayes.checks.marginal import Marginal
from adbayes.checks.power_scaling import COLUMNS, MAX_KHAT, power_scaling
from adbayes.checks.prior_grid import normal, quantities_of, varied_terms
from adbayes.inference.fit import Fit
from adbayes.results.estimands import Estimand
from adbayes.results.summary import identity, prob_direction

CONFLICT = 0.05
"""Box's p below which prior and data are said to conflict."""

FROM_NORMAL = "normal approximation: the draws do not reach a prior so sceptical"
_NO_FLAT = "normal approximation: the draws do not reach a flat prior"


def fit_sensitivity(fit: Fit, alpha: float = 0.8) -> pd.DataFrame:
    """Hold a fit's claims against other priors, from its own draws: no refit.

    Parameters
    ----------
    fit : Fit
        A fitted model.
    alpha : float, optional
        The power that prior or likelihood are raised to, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        The columns of `COLUMNS`. ``power_scaling``: two rows a quantity. And for every odds ratio and mean
        change whose term has a normal prior on the scale of the quantity: ``reverse_bayes``, the prior under
        which it falls, its sentence in `diagnosis`; ``conflict``, Box's p and the contraction. The
        likelihood behind the draws is the posterior over the prior. Where the weights for a prior so
        sceptical cannot be trusted (Pareto k above 0.7) the sentence says down to which prior the claim
        stands; where the fit's own prior is tighter than the data, it is taken as normal, and the sentence
        says so. `adbayes sensitivity` answers by refits.
    """
    rows = []
    for term in varied_terms(fit.analysis):
        for quantity in quantities_of(fit, term):
            if on_prior_scale(fit, quantity):
                prior = normal(fit.analysis.priors[term], place_of(fit, term, quantity))
                theta, null, report = working(quantity)
                log_prior = -0.5 * ((theta - prior[0]) / prior[1]) ** 2
                marginal = Marginal.of_draws(theta, log_prior, null)
                found, note = withstood(marginal, prior, prior[1])
                who = whose(fit, quantity)
                row = (
                    unreached_row(marginal, found, quantity.estimand)
                    if note == FROM_NORMAL
                    else reverse_row(marginal, found, prior, report, quantity.estimand, note)
                )
                rows += [
                    who | row,
                    who | conflict_row(marginal, prior, float(theta.std(ddof=1)), prior),
                ]
    table = pd.concat([power_scaling(fit, alpha), pd.DataFrame(rows)], ignore_index=True)
    return table.reindex(columns=COLUMNS)


def unreached_row(marginal: Marginal, found: Credibility, estimand: str) -> dict[str, Any]:
    """The row of a claim that no prior which the draws reach takes away.

    Parameters
    ----------
    marginal : Marginal
        From draws.
    found : Credibility
        From it; only its intrinsic credibility is used.
    estimand : str
        For the sentence.

    Returns
    -------
    dict
        method; setting with `tipping_below`, the narrowest SD of a prior centred at the null for which Pareto k
        is at most 0.7; khat there; diagnosis.
    """
    _, se = marginal.moments()
    at, khat = float("nan"), float("nan")
    for scale in se * np.geomspace(100, 0.01, 81):
        reached = marginal.khat(marginal.null, float(scale))
        if reached > MAX_KHAT:
            break
        at, khat = float(scale), reached
    of, null = _words(estimand)
    return {
        "method": "reverse_bayes",
        "setting": f"tipping_below={at:.4g};p_intrinsic={found.p_intrinsic:.3g}",
        "khat": khat,
        "diagnosis": f"down to a prior SD of {of} of {at:.3g}, the narrowest that the draws reach, the 95 % "
        f"interval excludes {null}; refits tell more",
    }


def on_prior_scale(fit: Fit, quantity: Estimand) -> bool:
    """Whether a quantity is its term's coefficient, or the exponential of it.

    Parameters
    ----------
    fit : Fit
        A fitted model.
    quantity : Estimand
        An odds ratio or a mean change.

    Returns
    -------
    bool
        False for a mean change of a model on another scale, such as log odds of a bounded score.
    """
    if quantity.estimand == "odds_ratio":
        return fit.analysis.link == "logit"
    return fit.analysis.link == "identity" and fit.analysis.family.name != "lognormal"


def place_of(fit: Fit, term: str, quantity: Estimand) -> int:
    """Which of a term's coefficients a quantity is.

    Parameters
    ----------
    fit : Fit
        A fitted model.
    term : str
        Of its formula.
    quantity : Estimand
        Of `quantities_of` the term.

    Returns
    -------
    int
        From 0.
    """
    found = next(one for one in fit.design.terms if one.name == term)
    if quantity.estimand == "mean_change" and str(quantity.visit) in found.levels:
        return found.levels.index(str(quantity.visit))
    names = list(found.coefficients)
    return names.index(quantity.term) if quantity.term in names else 0


def working(quantity: Estimand) -> tuple[np.ndarray, float, Callable[..., Any]]:
    """Draws and null on the scale of the prior, and the way back.

    Parameters
    ----------
    quantity : Estimand
        A ratio, or what has its prior's scale.

    Returns
    -------
    tuple of (numpy.ndarray, float, callable)
        Logarithms of a ratio.
    """
    values = np.ravel(quantity.draws.to_numpy())
    if quantity.unit == "ratio":
        return np.log(values), float(np.log(quantity.null)), np.exp
    return values, float(quantity.null), np.asarray


def whose(fit: Fit, quantity: Estimand) -> dict[str, Any]:
    """The columns that say what a row is about.

    Parameters
    ----------
    fit : Fit
        Whose claim.
    quantity : Estimand
        The claim.

    Returns
    -------
    dict
        Of `COLUMNS`, up to `term`, and `priors`.
    """
    who: dict[str, Any] = {
        key: identity(fit)[key] for key in ("model", "variant", "evidence", "cohort")
    }
    who |= {"denominator": fit.frame.n, "estimand": quantity.estimand, "outcome": quantity.outcome}
    return who | {
        "visit": quantity.visit,
        "term": quantity.term,
        "priors": fit.analysis.prior_set,
    }


def withstood(
    marginal: Marginal, made_under: tuple[float, float], scale: float
) -> tuple[Credibility, str]:
    """Reverse-Bayes from draws; in closed form where they do not reach the prior that is asked for.

    Parameters
    ----------
    marginal : Marginal
        From draws.
    made_under : tuple of (float, float)
        Mean and SD of the normal prior of the draws.
    scale : float
        SD of the prior whose centre is moved.

    Returns
    -------
    tuple of (Credibility, str)
        And a note where the closed form is used.
    """
    if marginal.khat(marginal.null, np.inf) > MAX_KHAT:
        # The draws were made under a prior that cut the likelihood's tails off.
        estimate, se = marginal.moments_behind(*made_under)
        return normal_credibility(estimate, se, marginal.null, scale), _NO_FLAT
    found = credibility(marginal, scale)
    reaches = np.isfinite(found.tipping_scale)
    if reaches and marginal.khat(marginal.null, found.tipping_scale) <= MAX_KHAT:
        return found, ""
    if not reaches and not found.stands_flat:
        return found, ""
    estimate, se = marginal.moments()
    return normal_credibility(estimate, se, marginal.null, scale), FROM_NORMAL


def reverse_row(
    marginal: Marginal,
    found: Credibility,
    prior: tuple[float, float],
    report: Callable[..., Any],
    estimand: str,
    note: str,
    fitted: Estimand | None = None,
) -> dict[str, Any]:
    """The row of what a claim withstands.

    Parameters
    ----------
    marginal : Marginal
        What the data say.
    found : Credibility
        From it.
    prior : tuple of (float, float)
        Mean and SD of the reported prior.
    report : callable
        From the scale of the prior to the reported one.
    estimand, note : str
        For the sentence.
    fitted : Estimand, optional
        The claim's draws under the tipping prior, where a fit found it; from the marginal if not given.

    Returns
    -------
    dict
        method, setting, summaries at the tipping prior, the move to it, khat and diagnosis.
    """
    row: dict[str, Any] = {"method": "reverse_bayes", "diagnosis": sentence(found, estimand, note)}
    limit = float(report(found.sceptical_limit))
    row["setting"] = (
        f"tipping_scale={found.tipping_scale:.4g};tipping_centre={found.tipping_centre:.4g};"
        f"sceptical_limit={limit:.4g};p_intrinsic={found.p_intrinsic:.3g}"
        if found.stands_flat
        else f"none;p_intrinsic={found.p_intrinsic:.3g}"
    )
    if fitted is not None:
        values = np.ravel(fitted.draws.to_numpy())
        row["mean"], row["median"] = values.mean(), np.median(values)
        row["ci_low"], row["ci_high"] = np.quantile(values, [0.025, 0.975])
        row["prob_direction"] = prob_direction(values, fitted.null)
        theta, _, _ = working(fitted)
        now = marginal.summaries(prior[0], prior[1]).iloc[0]
        row["shift_in_sd"] = (theta.mean() - now["mean"]) / now["sd"]
    elif np.isfinite(found.tipping_scale):
        at = marginal.summaries(marginal.null, found.tipping_scale, report).iloc[0]
        row |= {k: at[k] for k in ("mean", "median", "ci_low", "ci_high", "prob_direction")}
        moved = marginal.summaries([marginal.null, prior[0]], [found.tipping_scale, prior[1]])
        row["shift_in_sd"] = (moved["mean"][0] - moved["mean"][1]) / moved["sd"][1]
        row["khat"] = marginal.khat(marginal.null, found.tipping_scale)
    return row


def conflict_row(
    marginal: Marginal,
    prior: tuple[float, float],
    posterior_sd: float,
    made_under: tuple[float, float] | None = None,
) -> dict[str, Any]:
    """The row of prior against data.

    Parameters
    ----------
    marginal : Marginal
        What the data say.
    prior : tuple of (float, float)
        Mean and SD of the reported prior.
    posterior_sd : float
        On its scale.
    made_under : tuple of (float, float), optional
        Mean and SD of the normal prior of the marginal's draws; not needed for a grid.

    Returns
    -------
    dict
        method, setting (Box's p and contraction) and diagnosis.
    """
    p = box_p(marginal, *prior, made_under)
    return {
        "method": "conflict",
        "setting": f"box_p={p:.4g};contraction={contraction(prior[1], posterior_sd):.4g}",
        "diagnosis": "prior-data conflict" if p < CONFLICT else "",
    }


def sentence(found: Credibility, estimand: str, note: str = "") -> str:
    """What a statistician would write of a claim.

    Parameters
    ----------
    found : Credibility
        What the claim withstands.
    estimand : str
        odds_ratio, or another quantity whose null is 0.
    note : str, optional
        Added in brackets.

    Returns
    -------
    str
        One sentence.
    """
    of, null = _words(estimand)
    if not found.stands_flat:
        text = f"the 95 % interval includes {null} even under a flat prior: no prior takes anything away"
    elif np.isnan(found.tipping_scale):
        text = f"no prior centred at no effect makes the 95 % interval include {null}"
    else:
        text = (
            f"with the prior SD of {of} under {found.tipping_scale:.3g} the 95 % interval includes "
            f"{null}"
        )
    return f"{text} ({note})" if note else text


def _words(estimand: str) -> tuple[str, str]:
    """What a prior is of, and the null."""
    named = {"odds_ratio": ("the log OR", "1"), "mean_change": ("the change", "0")}
    return named.get(estimand, ("the difference", "0"))
