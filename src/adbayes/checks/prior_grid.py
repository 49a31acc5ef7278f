"""Real posteriors on a grid of prior scales and centres: of the print by quadrature, of patients by refits.

Scales are multiples of the reported prior's SD. Centres are at the null and at the bounds of the sceptical
set's 95 % range on either side: for an odds ratio 1/2, 1 and 2, for a score the change that matters.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from adbayes.checks.claims import claims
from adbayes.checks.marginal import Marginal
from adbayes.checks.power_scaling import COLUMNS
from adbayes.checks.refits import Varied
from adbayes.cohort.cohort import Cohort
from adbayes.inference.fit import Fit
from adbayes.inference.plan import plan
from adbayes.inference.printed import printed_likelihood
from adbayes.inference.printed_answer import SCALES as REPORTED_ON
from adbayes.model.analysis import Analysis
from adbayes.model.priors import Prior
from adbayes.model.spec import Spec
from adbayes.results.estimands import Estimand, estimands
from adbayes.results.summary import NOT_CONVERGED, identity, prob_direction

MULTIPLES = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Prior SDs, in units of the reported one."""
CENTRES = (-1.0, 0.0, 1.0)
"""Prior centres, in units of the sceptical set's 95 % bound."""

CLAIMED = ("odds_ratio", "mean_change")
"""Estimands with a null that a prior of one term bears on."""

_SCEPTICAL = "skeptical"
_Z95 = float(stats.norm.ppf(0.975))


def setting(scale: float, centre: float) -> str:
    """A point of a grid, as the tables write it.

    Parameters
    ----------
    scale, centre : float
        SD and mean of the prior.

    Returns
    -------
    str
        Such as ``scale=0.5;centre=0``.
    """
    return f"scale={scale:.4g};centre={centre:.4g}"


def grid_of(prior: Prior, sceptical: Prior | None) -> tuple[np.ndarray, np.ndarray]:
    """The grid around a reported prior.

    Parameters
    ----------
    prior : Prior
        The reported one: a normal.
    sceptical : Prior or None
        That of the sceptical set, whose 95 % bound spaces the centres; the reported one if there is none.

    Returns
    -------
    tuple of numpy.ndarray
        Centres and scales, every combination, scale by scale.
    """
    mu, sigma = normal(prior)
    bound = _Z95 * normal(prior if sceptical is None else sceptical)[1]
    scale, centre = np.meshgrid(sigma * np.array(MULTIPLES), mu + bound * np.array(CENTRES))
    return centre.T.ravel(), scale.T.ravel()


def printed_marginal(
    id: str, priors: str | None = None, n: int | None = None, likelihood: str = "skewed"
) -> tuple[Marginal, Prior]:
    """What the print says about a quantity, ready for any prior.

    Parameters
    ----------
    id, priors : str
        As for `adbayes.inference.printed.printed_likelihood`.
    n : int, optional
        As there.
    likelihood : str, optional
        As for `adbayes.inference.printed.printed_likelihood`.

    Returns
    -------
    tuple of (Marginal, Prior)
        On the working scale, and the prior of the set.
    """
    asked, shape, prior = printed_likelihood(id, priors, n, likelihood)
    null = {"log": np.log, "fisher_z": np.arctanh}.get(asked.scale, float)(asked.null)
    return Marginal.of_likelihood(shape.log, shape.centre, shape.scale, float(null)), prior


def published_grid(ids: Iterable[str] | None = None) -> pd.DataFrame:
    """Posteriors from print alone on the grid.

    Parameters
    ----------
    ids : iterable of str, optional
        Quantities with a null; the claims of `adbayes.checks.claims` that have one if not given.

    Returns
    -------
    pandas.DataFrame
        The columns of `COLUMNS` and `published_id`, 21 rows an id. `shift_in_sd` is the move of the
        mean from that under the reported prior, in its posterior SDs, on the scale of the prior.
    """
    if ids is None:
        ids = [claim.id for claim in claims() if claim.null is not None]
    tables = []
    for id in ids:
        asked, _, sceptical = printed_likelihood(id, _SCEPTICAL)
        marginal, prior = printed_marginal(id)
        centre, scale = grid_of(prior, sceptical)
        found = marginal.summaries(centre, scale, REPORTED_ON[asked.scale].report)
        moved = marginal.summaries(centre, scale)
        reported = marginal.summaries(*normal(prior)).iloc[0]
        tables.append(
            found.drop(columns="sd").assign(
                published_id=id,
                model=f"published.{id.split('.')[0]}",
                variant="base",
                evidence="published",
                cohort="",
                denominator=asked.denominators["base"],
                estimand=asked.estimand,
                outcome=asked.outcome,
                visit="" if asked.visit is None else str(asked.visit),
                term=asked.term,
                method="refit",
                priors="grid",
                setting=[setting(s, c) for s, c in zip(scale, centre, strict=True)],
                shift_in_sd=(moved["mean"] - reported["mean"]) / reported["sd"],
                diagnosis="",
            )
        )
    table = pd.concat(tables, ignore_index=True)
    return table.reindex(columns=[*COLUMNS, "published_id"])


def normal(prior: Prior, place: int = 0) -> tuple[float, float]:
    """Mean and SD of a normal prior.

    Parameters
    ----------
    prior : Prior
        Of one number, or of a list of levels.
    place : int, optional
        Which level counts, from 0.

    Returns
    -------
    tuple of float
        On the scale that the prior is stated on.
    """
    stated = (np.ravel(np.asarray(prior[key], dtype=float)) for key in ("mu", "sigma"))
    mu, sigma = (float(values[min(place, len(values) - 1)]) for values in stated)
    return mu, sigma


def varied_terms(analysis: Analysis) -> list[str]:
    """The terms whose priors a grid varies.

    Parameters
    ----------
    analysis : Analysis
        A model.

    Returns
    -------
    list of str
        Population-level terms that its estimands are about, with a normal prior.
    """
    asked = analysis.estimands.terms or tuple(
        name
        for name in analysis.mean.common
        if name != "Intercept"
        and ("odds_ratio" in analysis.estimands.report or name == analysis.estimands.by)
    )
    return [
        name
        for name in asked
        if name in analysis.priors and analysis.priors[name].distribution == "Normal"
    ]


def quantities_of(fit: Fit, term: str) -> list[Estimand]:
    """The claims that a term's prior is about, of those that a fit reports.

    Parameters
    ----------
    fit : Fit
        A fitted model.
    term : str
        A term of its formula.

    Returns
    -------
    list of Estimand
        Odds ratios of the term, or changes between the levels of the term; those with a null.
    """
    labels = next(t.coefficients for t in fit.design.terms if t.name == term)
    found = []
    for quantity in estimands(fit):
        mine = quantity.term in labels
        if term == fit.analysis.estimands.by:
            mine |= quantity.estimand == "mean_change"
        if mine and quantity.estimand in CLAIMED:
            found.append(quantity)
    return found


def refit_grid(
    spec: Spec,
    cohort: Cohort,
    variant: str | None = None,
    *,
    cores: int | None = None,
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
    **sampler: Any,
) -> tuple[pd.DataFrame, list[tuple[Varied, dict[float, Fit]]]]:
    """Posteriors from patients on the grid: every point a fit of its own.

    Parameters
    ----------
    spec : Spec
        Its reported prior set is varied, one term at a time; of a term with several levels all at once.
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
    tuple of (DataFrame, list of (Varied, dict of float to Fit))
        The columns of `COLUMNS`; `diagnosis` says which points did not converge. And each term with its
        fits under the priors centred where the reported one is, by prior SD.
    """
    settled = plan(spec, cohort, variant, **sampler)
    settled = replace(
        settled, jobs=tuple((narrowed(a, CLAIMED), frame) for a, frame in settled.jobs)
    )
    sets = spec.prior_sets if (variant or "base") == "base" else spec.variant_sets[str(variant)]
    doubtful = sets.get(_SCEPTICAL, {})
    todo = [(a, frame, term) for a, frame in settled.jobs for term in varied_terms(a)]
    rows: list[dict[str, Any]] = []
    centred: list[tuple[Varied, dict[float, Fit]]] = []
    for number, (analysis, frame, term) in enumerate(todo):
        progress(f"prior grid of {analysis.key}, {term}", number, len(todo))
        varied = Varied(analysis, cohort, frame, term, cores)
        # `{x}` stands for the predictor in a spec's own sets.
        sceptical = doubtful.get(term, doubtful.get("{x}") if term == analysis.x else None)
        centres, scales = (each.tolist() for each in grid_of(analysis.priors[term], sceptical))
        fits = [varied.fit(*point) for point in zip(centres, scales, strict=True)]
        mu, sigma = normal(analysis.priors[term])
        named = [setting(scale, centre) for centre, scale in zip(centres, scales, strict=True)]
        rows += _rows(list(zip(named, fits, strict=True)), term, setting(sigma, mu))
        middle = [k for k, centre in enumerate(centres) if centre == mu]
        centred.append((varied, {scales[k]: fits[k] for k in middle}))
    table = pd.DataFrame(rows).assign(method="refit", priors="grid")
    return table.reindex(columns=COLUMNS), centred


def narrowed(analysis: Analysis, report: Sequence[str]) -> Analysis:
    """The analysis reporting some of its estimands: averages over patients would cost more than the fit.

    Parameters
    ----------
    analysis : Analysis
        A model.
    report : sequence of str
        Estimands that are kept.

    Returns
    -------
    Analysis
        The same model, so the same draws.
    """
    kept = tuple(name for name in analysis.estimands.report if name in report)
    return replace(analysis, estimands=analysis.estimands.model_copy(update={"report": kept}))


def _rows(points: Sequence[tuple[str, Fit]], term: str, reported: str) -> list[dict[str, Any]]:
    """One row a point and quantity."""
    prob = points[0][1].analysis.sampler.ci_prob
    middle = {q.key: _working(q) for q in quantities_of(dict(points)[reported], term)}
    rows = []
    for at, fit in points:
        failed = "" if fit.gate.passed else NOT_CONVERGED
        for quantity in quantities_of(fit, term):
            values = np.ravel(quantity.draws.to_numpy())
            centre, spread = middle[quantity.key]
            low, high = np.quantile(values, [(1 - prob) / 2, (1 + prob) / 2])
            rows.append(
                {
                    **{
                        key: identity(fit)[key]
                        for key in ("model", "variant", "evidence", "cohort")
                    },
                    "denominator": fit.frame.n,
                    "estimand": quantity.estimand,
                    "outcome": quantity.outcome,
                    "visit": quantity.visit,
                    "term": quantity.term,
                    "setting": at,
                    "mean": values.mean(),
                    "median": np.median(values),
                    "ci_low": low,
                    "ci_high": high,
                    "prob_direction": prob_direction(values, quantity.null),
                    "shift_in_sd": (_working(quantity)[0] - centre) / spread,
                    "khat": np.nan,
                    "diagnosis": failed,
                }
            )
    return rows


def _working(quantity: Estimand) -> tuple[float, float]:
    """Mean and SD on the scale of the prior."""
    values = np.ravel(quantity.draws.to_numpy())
    values = np.log(values) if quantity.unit == "ratio" else values
    return float(values.mean()), float(values.std(ddof=1))
