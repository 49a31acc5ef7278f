"""What if I had believed something else: every way of asking, for print and for patients, in one table."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy import stats

from adbayes.checks.claims import claims
from adbayes.checks.credibility import Credibility, credibility
from adbayes.checks.marginal import Marginal
from adbayes.checks.power_scaling import COLUMNS, power_scaling, scaled
from adbayes.checks.prior_grid import (
    normal,
    printed_marginal,
    published_grid,
    quantities_of,
    refit_grid,
)
from adbayes.checks.refits import Bracket, Varied, bracket
from adbayes.checks.withstood import (
    FROM_NORMAL,
    conflict_row,
    on_prior_scale,
    place_of,
    reverse_row,
    unreached_row,
    whose,
    withstood,
    working,
)
from adbayes.cohort.cohort import Cohort
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit_analysis
from adbayes.inference.plan import plan
from adbayes.inference.printed import posterior, printed_likelihood
from adbayes.inference.printed_answer import SCALES
from adbayes.model.spec import Spec
from adbayes.results.estimands import Estimand, estimands

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
        Chains run at once, at most; changes no number.
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
    grid, terms = refit_grid(spec, cohort, variant, cores=cores, progress=progress, **sampler)
    rows = []
    for number, (varied, centred) in enumerate(terms):
        progress(f"what {varied.analysis.key}, {varied.term}, withstands", number, len(terms))
        for quantity in quantities_of(centred[max(centred)], varied.term):
            fit, mine = reported[str(varied.analysis.x), quantity.key]
            # Elsewhere, such as points where the prior is of log odds, the refits of the grid answer.
            if on_prior_scale(fit, quantity):
                rows += _reverse(fit, mine, varied, centred, quantity)
    return pd.concat([*tables, grid, pd.DataFrame(rows)], ignore_index=True).reindex(
        columns=COLUMNS
    )


def _reverse(
    fit: Fit, reported: Estimand, varied: Varied, centred: dict[float, Fit], quantity: Estimand
) -> list[dict[str, Any]]:
    """The rows of one claim that are not points of the grid, from its draws under the widest prior."""
    theta, null, report = working(quantity)
    place = place_of(fit, varied.term, quantity)
    widest = normal(centred[max(centred)].analysis.priors[varied.term], place)
    log_prior = -0.5 * ((theta - widest[0]) / widest[1]) ** 2
    marginal = Marginal.of_draws(theta, log_prior, null)
    prior = normal(fit.analysis.priors[varied.term], place)
    found, note = withstood(marginal, widest, prior[1])
    fitted = None
    if note == FROM_NORMAL and varied.compiled and prior[0] == null:
        between = bracket(varied, centred, quantity.key, null)
        if between is not None:
            found, note, fitted = by_refits(found, between, null, marginal.side)
    now, _, _ = working(reported)
    who = whose(fit, quantity)
    row = (
        unreached_row(marginal, found, quantity.estimand)
        if note == FROM_NORMAL
        else reverse_row(marginal, found, prior, report, quantity.estimand, note, fitted)
    )
    return [
        who | row,
        who | conflict_row(marginal, prior, float(now.std(ddof=1)), widest),
    ]


def by_refits(
    found: Credibility, between: Bracket, null: float, side: float
) -> tuple[Credibility, str, Estimand]:
    """Put the tipping prior that fits found in place of an approximation.

    Parameters
    ----------
    found : Credibility
        The approximation; its centre and intrinsic credibility stay.
    between : Bracket
        From fits.
    null : float
        The value of no effect on the scale of the prior.
    side : float
        On which side of it the data lie.

    Returns
    -------
    tuple of (Credibility, str, Estimand)
        A note for the sentence, and the claim's draws under the narrowest prior that it withstood.
    """
    scale = float(np.sqrt(between.falls * between.stands))
    limit = null + side * float(stats.norm.ppf(0.975)) * scale
    note = f"by refits: it stands at {between.stands:.3g}, "
    note += f"not at {between.falls:.3g}" if between.converged else (
        f"at {between.falls:.3g} prior and data disagree too much for the fit to converge"
    )  # fmt: skip
    return replace(found, tipping_scale=scale, sceptical_limit=limit), note, between.at


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
    wanted = _with_null() if ids is None else list(ids)
    verdicts = published_verdicts(wanted, power_scaled=True)
    table = pd.concat([published_grid(wanted), verdicts], ignore_index=True)
    return table.reindex(columns=[*COLUMNS, "published_id"])


def published_verdicts(
    ids: Iterable[str] | None = None, *, power_scaled: bool = False
) -> pd.DataFrame:
    """Say what would take each claim of the paper away, and whether prior and print disagree.

    Parameters
    ----------
    ids : iterable of str, optional
        Quantities with a null; every claim that has one if not given.
    power_scaled : bool, default False
        With the rows of ``power_scaling`` too: half of the time.

    Returns
    -------
    pandas.DataFrame
        Of `published_sensitivity` the rows whose method is ``reverse_bayes`` or ``conflict``, and
        ``power_scaling`` where it is asked for.
    """
    wanted = _with_null() if ids is None else list(ids)
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
        if power_scaled:
            rows += [who | row for row in _scaled(marginal, normal(prior), asked.null, report)]
        rows.append(who | reverse_row(marginal, found, normal(prior), report, asked.estimand, ""))
        rows.append(who | conflict_row(marginal, normal(prior), now.grid.moments()[1]))
    return pd.DataFrame(rows).reindex(columns=[*COLUMNS, "published_id"])


def _with_null() -> list[str]:
    return [claim.id for claim in claims() if claim.null is not None]


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
