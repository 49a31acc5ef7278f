"""What if I had believed something else: every way of asking, for print and for patients, in one table."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from adbayes.checks.claims import claims
from adbayes.checks.conflict import box_p, contraction
from adbayes.checks.credibility import Credibility, credibility, normal_credibility
from adbayes.checks.marginal import Marginal
from adbayes.checks.power_scaling import COLUMNS, MAX_KHAT, power_scaling, scaled
from adbayes.checks.prior_grid import (
    normal,
    printed_marginal,
    published_grid,
    quantities_of,
    refit_grid,
)
from adbayes.cohort.cohort import Cohort
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit_analysis
from adbayes.inference.plan import plan
from adbayes.inference.printed import posterior, printed_likelihood
from adbayes.inference.printed_answer import SCALES
from adbayes.model.spec import Spec
from adbayes.results.estimands import Estimand, estimands
from adbayes.results.summary import identity

CONFLICT = 0.05
"""Box's p below which prior and data are said to conflict."""
ALPHA = 0.8
"""Power of prior or likelihood in the rows of power-scaling."""

_DRAWS = 4000
"""Quantiles of a print-only posterior that stand for its draws."""

Progress = Callable[[str, int, int], None]


def sensitivity(
    spec: Spec,
    cohort: Cohort,
    variant: str | None = None,
    *,
    cores: int | None = None,
    progress: Progress = lambda stage, done, total: None,
    **sampler: Any,
) -> pd.DataFrame:
    """Hold a model's claims against other priors, on the user's or on reconstructed patients.

    Parameters
    ----------
    spec : Spec
        The model; its first prior set is the reported one.
    cohort : Cohort
        The data.
    variant : str, optional
        A variant of the spec.
    cores : int, optional
        Chains run at once; changes no number.
    progress : callable, optional
        Called with stage, number done and total.
    **sampler : int or float or None
        Keys of `[sampler]` that replace the spec's.

    Returns
    -------
    pandas.DataFrame
        The columns of `COLUMNS`, by `method`: ``power_scaling`` (prior or likelihood raised to 0.8),
        ``refit`` (21 priors a term, each fitted), ``reverse_bayes`` (the prior under which the claim
        falls; its sentence in `diagnosis`) and ``conflict`` (Box's p and contraction in `setting`).

    Raises
    ------
    SpecError, DataError
        As `adbayes.fit`.
    """
    settled = plan(spec, cohort, variant, **sampler)
    tables: list[pd.DataFrame] = []
    reported: dict[tuple[str, str], tuple[Fit, Estimand]] = {}
    for number, (analysis, frame) in enumerate(settled.jobs):
        progress(f"power-scaling {analysis.key}", number, len(settled.jobs))
        fit = fit_analysis(analysis, cohort, frame, cores=cores)
        tables.append(power_scaling(fit, ALPHA))
        reported |= {(str(analysis.x), q.key): (fit, q) for q in estimands(fit)}
    grid, widest = refit_grid(spec, cohort, variant, cores=cores, progress=progress, **sampler)
    rows = []
    for wide, term in widest:
        for quantity in quantities_of(wide, term):
            fit, mine = reported[str(wide.analysis.x), quantity.key]
            rows += _reverse(fit, mine, term, wide, quantity)
    return pd.concat([*tables, grid, pd.DataFrame(rows)], ignore_index=True).reindex(
        columns=COLUMNS
    )


def _reverse(
    fit: Fit, reported: Estimand, term: str, wide: Fit, quantity: Estimand
) -> list[dict[str, Any]]:
    """The rows of one claim that are not refits."""
    report = np.exp if quantity.unit == "ratio" else np.asarray
    values = np.ravel(quantity.draws.to_numpy())
    theta = np.log(values) if quantity.unit == "ratio" else values
    mu, sigma = normal(wide.analysis.priors[term])
    log_prior = -0.5 * ((theta - mu) / sigma) ** 2
    null = float(np.log(quantity.null) if quantity.unit == "ratio" else quantity.null)
    marginal = Marginal.of_draws(theta, log_prior, null)
    prior = normal(fit.analysis.priors[term])
    found, note = _withstood(marginal, prior[1])
    now = np.ravel(reported.draws.to_numpy())
    now = np.log(now) if quantity.unit == "ratio" else now
    who: dict[str, Any] = {
        key: identity(fit)[key] for key in ("model", "variant", "evidence", "cohort")
    }
    who |= {"denominator": fit.frame.n, "estimand": quantity.estimand, "outcome": quantity.outcome}
    who |= {"visit": quantity.visit, "term": quantity.term, "priors": fit.analysis.prior_set}
    return [
        who | _reverse_row(marginal, found, prior, report, quantity.estimand, note),
        who | _conflict_row(marginal, prior, float(now.std(ddof=1))),
    ]


def _withstood(marginal: Marginal, scale: float) -> tuple[Credibility, str]:
    """Reverse-Bayes from draws; in closed form where they do not reach the tipping prior."""
    found = credibility(marginal, scale)
    reaches = np.isfinite(found.tipping_scale)
    if reaches and marginal.khat(marginal.null, found.tipping_scale) <= MAX_KHAT:
        return found, ""
    if not reaches and not found.stands_flat:
        return found, ""
    estimate, se = marginal.moments()
    note = "normal approximation: the draws do not reach a prior so sceptical"
    return normal_credibility(estimate, se, marginal.null, scale), note


def published_sensitivity(ids: Iterable[str] | None = None) -> pd.DataFrame:
    """Hold the claims of the paper against other priors, from print alone.

    Parameters
    ----------
    ids : iterable of str, optional
        Quantities with a null; every claim that has one if not given.

    Returns
    -------
    pandas.DataFrame
        The columns of `COLUMNS` and `published_id`; methods as in `sensitivity`. All by quadrature:
        nothing is sampled, and the rows of ``refit`` are posteriors, not reweighted draws.
    """
    wanted = [c.id for c in claims() if c.null is not None] if ids is None else list(ids)
    rows: list[dict[str, Any]] = []
    for id in wanted:
        asked, _, prior = printed_likelihood(id)
        marginal, _ = printed_marginal(id)
        now = posterior(id)
        report = SCALES[asked.scale].report
        who: dict[str, Any] = {
            "published_id": id,
            "model": f"published.{id.split('.')[0]}",
            "variant": "base",
            "evidence": "published",
            "cohort": "",
            "denominator": asked.denominators["base"],
            "estimand": asked.estimand,
            "outcome": asked.outcome,
            "visit": "" if asked.visit is None else str(asked.visit),
            "term": asked.term,
            "priors": now.priors,
        }
        found = credibility(marginal, normal(prior)[1])
        rows += [who | row for row in _scaled(marginal, normal(prior), asked.null, report)]
        rows.append(who | _reverse_row(marginal, found, normal(prior), report, asked.estimand, ""))
        rows.append(who | _conflict_row(marginal, normal(prior), now.grid.moments()[1]))
    table = pd.concat([published_grid(wanted), pd.DataFrame(rows)], ignore_index=True)
    return table.reindex(columns=[*COLUMNS, "published_id"])


def published_curves(ids: Iterable[str], points: int = 40) -> pd.DataFrame:
    """Posteriors from print alone over a range of prior widths, for a plot.

    Parameters
    ----------
    ids : iterable of str
        Quantities with a null.
    points : int, optional
        Prior SDs a quantity, evenly spaced on the log scale from a thirtieth to seven times the
        reported one.

    Returns
    -------
    pandas.DataFrame
        published_id, term, scale, mean, sd, median, ci_low, ci_high, prob_direction, null, tipping (NaN
        for none), n, evidence.
    """
    tables = []
    for id in ids:
        asked, _, prior = printed_likelihood(id)
        marginal, _ = printed_marginal(id)
        _, sigma = normal(prior)
        scale = np.geomspace(sigma / 30, 7 * sigma, points)
        curve = marginal.summaries(marginal.null, scale, SCALES[asked.scale].report)
        tables.append(
            curve.assign(
                published_id=id,
                term=asked.term,
                scale=scale,
                null=asked.null,
                tipping=credibility(marginal, sigma).tipping_scale,
                n=asked.denominators["base"],
                evidence="published",
            )
        )
    return pd.concat(tables, ignore_index=True)


def _scaled(
    marginal: Marginal, prior: tuple[float, float], null: float, report: Callable[..., Any]
) -> list[dict[str, Any]]:
    """Power-scaling of a print-only posterior, on evenly spaced quantiles in place of draws."""
    weight = marginal.weights(*prior)
    below = np.cumsum(weight) - weight / 2
    theta = np.interp((np.arange(_DRAWS) + 0.5) / _DRAWS, below, marginal.theta)
    # ArviZ wants chains: every fourth quantile to each.
    dims = ("draw", "chain")
    theta_by_chain = xr.DataArray(theta.reshape(-1, 4), dims=dims).transpose("chain", "draw")
    inside = np.interp(theta, marginal.theta, marginal.log_weight)
    prior_part = -0.5 * ((theta - prior[0]) / prior[1]) ** 2
    densities = [
        xr.Dataset({"x": xr.DataArray(part.reshape(-1, 4), dims=dims).transpose("chain", "draw")})
        for part in (prior_part, inside)
    ]
    unit = "ratio" if report is np.exp else ""
    quantity = Estimand(
        "", "", "", "", unit, null, theta_by_chain.copy(data=report(theta_by_chain))
    )
    kept = (
        "setting", "mean", "median", "ci_low", "ci_high", "prob_direction", "shift_in_sd", "khat",
        "diagnosis",
    )  # fmt: skip
    return [
        {"method": "power_scaling", **{key: row[key] for key in kept}}
        for row in scaled([quantity], densities[0], densities[1], ALPHA, 0.95)
    ]


def _reverse_row(
    marginal: Marginal,
    found: Credibility,
    prior: tuple[float, float],
    report: Callable[..., Any],
    estimand: str,
    note: str,
) -> dict[str, Any]:
    row: dict[str, Any] = {"method": "reverse_bayes", "diagnosis": sentence(found, estimand, note)}
    limit = float(report(found.sceptical_limit))
    row["setting"] = (
        f"tipping_scale={found.tipping_scale:.4g};tipping_centre={found.tipping_centre:.4g};"
        f"sceptical_limit={limit:.4g};p_intrinsic={found.p_intrinsic:.3g}"
        if found.stands_flat
        else f"none;p_intrinsic={found.p_intrinsic:.3g}"
    )
    if np.isfinite(found.tipping_scale):
        at = marginal.summaries(marginal.null, found.tipping_scale, report).iloc[0]
        row |= {k: at[k] for k in ("mean", "median", "ci_low", "ci_high", "prob_direction")}
        moved = marginal.summaries([marginal.null, prior[0]], [found.tipping_scale, prior[1]])
        row["shift_in_sd"] = (moved["mean"][0] - moved["mean"][1]) / moved["sd"][1]
        row["khat"] = marginal.khat(marginal.null, found.tipping_scale)
    return row


def _conflict_row(
    marginal: Marginal, prior: tuple[float, float], posterior_sd: float
) -> dict[str, Any]:
    p = box_p(marginal, *prior)
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
    of, null = ("the log OR", "1") if estimand == "odds_ratio" else ("the change", "0")
    if estimand not in ("odds_ratio", "mean_change"):
        of = "the difference"
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
