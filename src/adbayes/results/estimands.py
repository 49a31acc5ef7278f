"""Draws to clinical quantities: what is asked, before it is summarised or compared.

Every quantity is computed draw by draw; averages over patients (g-computation) are taken within a
draw, never over interval ends.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from math import ceil

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import ndtr

from adbayes.cohort.outcomes import OUTCOMES
from adbayes.inference.diagnostics import scalars
from adbayes.inference.fit import Fit
from adbayes.model import imputed_logistic
from adbayes.model.analysis import MEAN
from adbayes.model.answerable import baseline, levels
from adbayes.model.kinds import KINDS
from adbayes.model.one_course import is_bounded_score, is_lognormal_lab
from adbayes.model.responses import (
    OF_FRACTIONS,
    is_fraction_regression,
    percent_change_of,
    score_of,
)
from adbayes.results.bounded import bounded_quantities
from adbayes.results.differences import group_means, group_term
from adbayes.results.fraction_regression import fraction_ratios, responses_at
from adbayes.results.fractions import fraction_quantity
from adbayes.results.lab_cutoff import lab_cutoff
from adbayes.results.lognormal import lognormal_quantities
from adbayes.results.marginal import INVERSE_LINKS
from adbayes.results.responses import response_quantity
from adbayes.results.score_correlations import correlates_scores, score_correlations


@dataclass(frozen=True)
class Estimand:
    """One quantity with its draws.

    Parameters
    ----------
    estimand : str
        Its name in the tables: mean, mean_change, mean_difference, ratio_of_means, predictive_sd, share_mcid,
        share_floor,
        share_ceiling, share_above, geometric_mean_ratio, icc, correlation, partial_correlation,
        odds_ratio, risk_difference, risk_ratio, mean_percent_change, percent_change_sd, mean_score,
        score_sd, share_mild, response, fraction_ratio, parameter.
    outcome : str
        The outcome's column.
    visit : str
        Level of the spec's ``by`` column it belongs to; empty if none.
    term : str
        Predictor or parameter; empty if none.
    unit : str
        Unit of the draws.
    null : float
        The value of no effect, against which the direction is judged; NaN where none is meant.
    draws : xarray.DataArray
        Dimensions ``chain`` and ``draw``.
    note : str
        What the number is for, where its term does not say so: the step of a continuous predictor.
    """

    estimand: str
    outcome: str
    visit: str
    term: str
    unit: str
    null: float
    draws: xr.DataArray
    note: str = ""

    @property
    def key(self) -> str:
        """A name that is unique within a fit."""
        return key_of(self.estimand, self.outcome, self.visit, self.term)


def key_of(estimand: str, outcome: str, visit: str, term: str) -> str:
    """Name of a quantity, or of its row in a summary, that is unique within a fit.

    Parameters
    ----------
    estimand, outcome, visit, term : str
        As in the tables.

    Returns
    -------
    str
        Parts between slashes; the outcome only for correlations of scores, which have two, while all
        other quantities of a fit have the same one.
    """
    of = [outcome] if estimand.endswith("correlation") else []
    return "/".join([estimand, *of, visit, term])


def estimands(fit: Fit) -> list[Estimand]:
    """The clinical quantities that a fit's spec asks for, in its order.

    Parameters
    ----------
    fit : Fit
        A fitted model.

    Returns
    -------
    list of Estimand
        Empty where the spec asks for none.
    """
    return list(_asked(fit))


# Summary and power-scaling ask for those of one fit; between them influence does, of its thinned draws.
@lru_cache(maxsize=2)
def _asked(fit: Fit) -> tuple[Estimand, ...]:
    table = fit.analysis.estimands
    known: dict[str, Callable[[Fit], Iterator[Estimand]]] = {
        "mean": _means,
        "mean_change": _changes,
        "ratio_of_means": _ratios,
        "predictive_sd": _predictive_sds,
        "share_mcid": _shares_mcid,
        "share_above": _shares_above,
        "icc": _icc,
        "correlation": _correlations,
        "partial_correlation": partial(_score_correlations, name="partial_correlation"),
        "odds_ratio": _odds_ratios,
        "risk_difference": _risk_differences,
        "risk_ratio": _risk_ratios,
        **{name: partial(_of_fractions, name=name) for name in OF_FRACTIONS},
        "response": _responses,
        "mean_difference": _mean_differences,
        "fraction_ratio": _fraction_ratios,
    }
    by_level = _by_level(fit)
    found: list[Estimand] = []
    for name in table.report:
        found += _of_levels(fit, name, by_level[name]) if name in by_level else known[name](fit)
    return tuple(found)


def _by_level(fit: Fit) -> dict[str, dict[str, np.ndarray]]:
    """Quantities of the families whose patients must be averaged over outside the linear predictor."""
    if is_bounded_score(fit.analysis):
        return bounded_quantities(fit)
    return lognormal_quantities(fit) if is_lognormal_lab(fit.analysis) else {}


def _of_levels(fit: Fit, name: str, draws: dict[str, np.ndarray]) -> Iterator[Estimand]:
    cutoff = lab_cutoff(fit.frame)
    percent = {"share_above": "%" if cutoff is None else cutoff.words}
    percent |= dict.fromkeys(("ratio_of_means", "share_mcid", "share_floor", "share_ceiling"), "%")
    unit = {"geometric_mean_ratio": "ratio", **percent}.get(name, _unit(fit))
    null = {"mean_change": 0.0, "ratio_of_means": 0.0, "geometric_mean_ratio": 1.0}.get(
        name, np.nan
    )
    for level, values in draws.items():
        yield Estimand(name, fit.frame.outcome, level, "", unit, null, _array(fit, values))


def parameters(fit: Fit) -> list[Estimand]:
    """Every parameter of the model, under its name in the draws.

    Parameters
    ----------
    fit : Fit
        A fitted model.

    Returns
    -------
    list of Estimand
        Population-level coefficients, SDs and auxiliary parameters; the effects of single groups
        and single imputed values stay in ``fit.draws``.
    """
    found: list[Estimand] = []
    groups = set(fit.analysis.mean.groups)
    for formula in fit.analysis.formulas.values():
        groups |= set(formula.groups)
    coefficient = {"identity": _unit(fit), "logit": "log odds"}.get(fit.analysis.link, "")
    if fit.analysis.family.name == "lognormal":
        coefficient = "log"
    # A second parameter with a formula of its own lives on its own link's scale.
    others = tuple(f"{name}_" for name in fit.analysis.formulas if name != MEAN)
    for name, values in fit.posterior.data_vars.items():
        single = ("__factor_dim", "__missing_dim", "__value_dim")
        if any(str(dim).endswith(single) for dim in values.dims) or name in groups:
            continue
        null = 0.0 if name in fit.analysis.mean.common and name != "Intercept" else np.nan
        # Precisions and degrees of freedom have no unit; thresholds lie on the link's scale.
        own = str(name).split("_")[0]
        unitless = own in fit.analysis.family.auxiliary and own not in ("sigma", "threshold")
        unitless |= str(name).startswith((*others, "sigma_", "impute_", "slopes_"))
        unitless |= "correlation" in str(name) and fit.analysis.kind != "bambi"
        unit = "" if unitless else coefficient
        for term, draws in scalars(fit.posterior[[name]]):
            found.append(Estimand("parameter", fit.frame.outcome, "", term, unit, null, draws))
    return found


def _unit(fit: Fit) -> str:
    outcome = OUTCOMES.get(fit.frame.outcome)
    return outcome.unit if outcome is not None else ""


def _levels(fit: Fit) -> list[str]:
    return levels(fit.frame.data[fit.analysis.estimands.by])


def _baseline(fit: Fit) -> str:
    return baseline(fit.analysis, _levels(fit))


@lru_cache(maxsize=1)  # means, changes and ratios ask for them one after the other
def _level_means(fit: Fit) -> dict[str, xr.DataArray]:
    """Mean outcome at each level of ``by``, other predictors averaged over the units in the data."""
    by = fit.analysis.estimands.by
    levels = _levels(fit)
    data = fit.frame.data
    units = data.drop_duplicates(fit.frame.unit) if fit.frame.unit else data
    beta = fit.design.coefficient_draws(fit.posterior)
    means = {}
    for level in levels:
        value = (
            pd.Categorical([level] * len(units), categories=data[by].cat.categories)
            if isinstance(data[by].dtype, pd.CategoricalDtype)
            else float(level)
        )
        rows = units.assign(**{by: value})
        average, added = fit.design.at(rows).mean(axis=0), fit.design.added_at(rows).mean()
        means[level] = _array(fit, beta @ average + added)
    return means


def _array(fit: Fit, values: np.ndarray) -> xr.DataArray:
    coords = {"chain": fit.posterior["chain"], "draw": fit.posterior["draw"]}
    return xr.DataArray(values, dims=("chain", "draw"), coords=coords)


def _means(fit: Fit) -> Iterator[Estimand]:
    for level, draws in _level_means(fit).items():
        yield Estimand("mean", fit.frame.outcome, level, "", _unit(fit), np.nan, draws)


def _changes(fit: Fit) -> Iterator[Estimand]:
    means, baseline = _level_means(fit), _baseline(fit)
    for level, draws in means.items():
        if level != baseline:
            change = draws - means[baseline]
            yield Estimand("mean_change", fit.frame.outcome, level, "", _unit(fit), 0.0, change)


def _ratios(fit: Fit) -> Iterator[Estimand]:
    """Percent change of the mean: 100 (1 - mean at visit / mean at baseline), positive = a fall."""
    means, baseline = _level_means(fit), _baseline(fit)
    for level, draws in means.items():
        if level != baseline:
            fall = 100 * (1 - draws / means[baseline])
            yield Estimand("ratio_of_means", fit.frame.outcome, level, "", "%", 0.0, fall)


def _covariance(fit: Fit) -> np.ndarray:
    """Covariance over patients of their outcomes at the levels: ``(chain, draw, level, level)``."""
    return KINDS[fit.analysis.kind].covariance(fit.posterior, fit.analysis, _levels(fit))


def _predictive_sds(fit: Fit) -> Iterator[Estimand]:
    """SD of one new patient's outcome at a visit."""
    covariance = _covariance(fit)
    for position, level in enumerate(_levels(fit)):
        draws = _array(fit, np.sqrt(covariance[..., position, position]))
        yield Estimand("predictive_sd", fit.frame.outcome, level, "", _unit(fit), np.nan, draws)


def _shares_mcid(fit: Fit) -> Iterator[Estimand]:
    """Share of patients whose outcome falls by at least the MCID, one patient's visits correlated.

    Scores are recorded in steps: a fall of 4 whole points begins half-way from 3 (as for cut-offs).
    """
    mcid = fit.analysis.estimands.mcid
    assert mcid is not None  # load_spec has seen to it
    instrument, name = OUTCOMES.get(fit.frame.outcome), fit.frame.outcome
    rescaled = name in fit.analysis.data.standardize or name in fit.analysis.data.log2
    step = 0.0 if instrument is None or rescaled else instrument.step or 0.0
    least = step * (ceil(mcid.value / step - 1e-9) - 0.5) if step else mcid.value
    covariance, names = _covariance(fit), _levels(fit)
    means, baseline = _level_means(fit), _baseline(fit)
    start = names.index(baseline)
    for here, level in enumerate(names):
        if level != baseline:
            fall = (means[baseline] - means[level]).to_numpy()
            variance = (
                covariance[..., start, start]
                + covariance[..., here, here]
                - 2 * covariance[..., start, here]
            )
            share = _array(fit, 100 * ndtr((fall - least) / np.sqrt(variance)))
            yield Estimand("share_mcid", fit.frame.outcome, level, "", "%", np.nan, share)


def _shares_above(fit: Fit) -> Iterator[Estimand]:
    """Share of new patients beyond the outcome's cut-off under a normal distribution."""
    cutoff = lab_cutoff(fit.frame)
    assert cutoff is not None  # load_spec has seen to it
    means = _level_means(fit)
    for of_level in _predictive_sds(fit):
        level = of_level.visit
        z = ((means[level] - cutoff.boundary) / of_level.draws).to_numpy()
        share = _array(fit, 100 * ndtr(z))
        yield Estimand("share_above", fit.frame.outcome, level, "", cutoff.words, np.nan, share)


def _icc(fit: Fit) -> Iterator[Estimand]:
    """Correlation of two visits of one patient, where it is the same for all pairs."""
    covariance = KINDS[fit.analysis.kind].covariance(fit.posterior, fit.analysis, ["1", "2"])
    draws = _array(fit, covariance[..., 0, 1] / covariance[..., 0, 0])
    yield Estimand("icc", fit.frame.outcome, "", "", "", np.nan, draws)


def _correlations(fit: Fit) -> Iterator[Estimand]:
    """Correlation of every pair of visits of one patient, or of every pair of scores."""
    if correlates_scores(fit.analysis):
        yield from _score_correlations(fit, "correlation")
        return
    covariance, names = _covariance(fit), _levels(fit)
    for (i, first), (j, second) in itertools.combinations(enumerate(names), 2):
        scale = np.sqrt(covariance[..., i, i] * covariance[..., j, j])
        draws = _array(fit, covariance[..., i, j] / scale)
        term = f"{first}, {second}"
        yield Estimand("correlation", fit.frame.outcome, "", term, "", 0.0, draws)


def _score_correlations(fit: Fit, name: str) -> Iterator[Estimand]:
    for one in score_correlations(fit, partial=name == "partial_correlation"):
        draws = _array(fit, one.values)
        yield Estimand(name, one.first, one.visit, one.term, "", 0.0, draws)


def _effect_terms(fit: Fit) -> list[tuple[str, str, xr.DataArray]]:
    """Predictors whose effects are reported: column, label of the contrast, log-scale draws."""
    named = fit.analysis.estimands.terms or tuple(
        term.name for term in fit.design.terms if term.name != "Intercept"
    )
    found = []
    for term in fit.design.terms:
        if term.name not in named:
            continue
        for position, label in enumerate(term.coefficients):
            draws = fit.posterior[term.name]
            if term.levels:
                draws = draws.isel({term.dim: position}, drop=True)
            found.append((term.name, label, draws.transpose("chain", "draw")))
    return found


def _step(fit: Fit, name: str) -> tuple[float, str]:
    """The step of a predictor that its odds ratio is for: on the design's scale, and in words."""
    data = fit.analysis.data
    scale = data.standardize.get(name, (0.0, 1.0))[1]
    if name in data.log2 and fit.analysis.kind == imputed_logistic.NAME:
        return 1 / scale, "per doubling"
    if name in data.log2:  # as its refit by maximum likelihood gives it
        return 1.0, f"per {scale:g} doublings"
    return 1.0, f"per {scale:g}" if name in data.standardize else ""


def _odds_ratios(fit: Fit) -> Iterator[Estimand]:
    visit = _response_visit(fit)
    for name, label, draws in _effect_terms(fit):
        step, note = _step(fit, name)
        ratio = _array(fit, np.exp(step * draws.to_numpy()))
        yield Estimand("odds_ratio", fit.frame.outcome, visit, label, "ratio", 1.0, ratio, note)


def _response_visit(fit: Fit) -> str:
    visit = fit.analysis.data.visit
    return "" if visit is None else str(visit)


@lru_cache(maxsize=1)  # differences and ratios ask for them one after the other
def _risks(fit: Fit) -> tuple[tuple[str, np.ndarray, np.ndarray, str], ...]:
    """Per predictor: mean probabilities of the patients under a contrast (g-computation).

    A 0/1 predictor is set to 1 and to 0 in everyone. Where missing predictors are imputed, each draw
    has its own, and a continuous predictor is one step higher in everyone, against as it is.
    """
    if fit.analysis.kind == imputed_logistic.NAME:
        return tuple(_risks_imputed(fit))
    link = INVERSE_LINKS[fit.analysis.link]
    beta = fit.design.coefficient_draws(fit.posterior)
    data = fit.frame.data
    found = []
    for name, label, _ in _effect_terms(fit):
        if name not in data.columns or set(data[name].unique()) - {0.0, 1.0}:
            continue  # a risk contrast of a continuous predictor would need a step of its own
        risk = []
        for value in (1.0, 0.0):
            rows = data.assign(**{name: value})
            eta = beta @ fit.design.at(rows).T + fit.design.added_at(rows)
            risk.append(np.asarray(link(eta)).mean(axis=-1))
        found.append((label, risk[0], risk[1], ""))
    return tuple(found)


def _risks_imputed(fit: Fit) -> Iterator[tuple[str, np.ndarray, np.ndarray, str]]:
    parts = (fit.posterior, fit.frame, fit.design, fit.analysis)
    data = fit.frame.data
    for name, label, _ in _effect_terms(fit):
        if name not in data.columns:
            continue
        if set(data[name].unique()) <= {0.0, 1.0}:
            changes = ({name: ("set", 1.0)}, {name: ("set", 0.0)})
            note = ""
        else:
            step, note = _step(fit, name)
            changes = ({name: ("add", step)}, {})
        high, low = (imputed_logistic.risk(*parts, change).mean(axis=-1) for change in changes)
        yield label, high, low, note


def _risk_differences(fit: Fit) -> Iterator[Estimand]:
    visit, unit = _response_visit(fit), "percentage points"
    for label, exposed, unexposed, note in _risks(fit):
        draws = _array(fit, 100 * (exposed - unexposed))
        yield Estimand("risk_difference", fit.frame.outcome, visit, label, unit, 0.0, draws, note)


def _risk_ratios(fit: Fit) -> Iterator[Estimand]:
    visit = _response_visit(fit)
    for label, exposed, unexposed, note in _risks(fit):
        draws = _array(fit, exposed / unexposed)
        yield Estimand("risk_ratio", fit.frame.outcome, visit, label, "ratio", 1.0, draws, note)


def _of_fractions(fit: Fit, name: str) -> Iterator[Estimand]:
    """A quantity of the fraction of baseline, or of the score that it implies."""
    if percent_change_of(fit.analysis) is not None:
        yield from _mean_percent_changes(fit)
        return
    for outcome, level, term, unit, null, draws in fraction_quantity(fit, name):
        yield Estimand(name, outcome, level, term, unit, null, _array(fit, draws))


def _mean_percent_changes(fit: Fit) -> Iterator[Estimand]:
    """Mean percent change in the two groups of each 0/1 predictor."""
    outcome, visit = fit.frame.outcome, _response_visit(fit)
    for found in group_means(fit):
        for value, draws in enumerate((found.low, found.high)):
            term = group_term(found.term, value)
            shown = _array(fit, draws)
            yield Estimand("mean_percent_change", outcome, visit, term, "%", 0.0, shown)


def _mean_differences(fit: Fit) -> Iterator[Estimand]:
    """Mean with a 0/1 predictor at 1 minus that at 0."""
    unit = _unit(fit) if percent_change_of(fit.analysis) is None else "percentage points"
    for found in group_means(fit):
        draws = _array(fit, found.high - found.low)
        visit = _response_visit(fit)
        yield Estimand("mean_difference", fit.frame.outcome, visit, found.term, unit, 0.0, draws)


def _fraction_ratios(fit: Fit) -> Iterator[Estimand]:
    """Ratio of the mean fraction of baseline, one step of a predictor up."""
    visit = _response_visit(fit)
    for label, step, values in fraction_ratios(fit):
        draws = _array(fit, values)
        yield Estimand("fraction_ratio", fit.frame.outcome, visit, label, "ratio", 1.0, draws, step)


def _responses(fit: Fit) -> Iterator[Estimand]:
    """Share of new patients who meet a response rule."""
    if is_fraction_regression(fit.analysis):
        visit = _response_visit(fit)
        for term, draws in responses_at(fit):
            shown = _array(fit, draws)
            yield Estimand("response", fit.frame.outcome, visit, term, "%", np.nan, shown)
        return
    if score_of(fit.analysis) is not None:
        yield from _of_fractions(fit, "response")
        return
    for level, term, draws in response_quantity(fit):
        visit = level or _response_visit(fit)
        yield Estimand("response", fit.frame.outcome, visit, term, "%", np.nan, _array(fit, draws))
