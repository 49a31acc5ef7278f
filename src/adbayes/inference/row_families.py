"""Densities and new outcomes of rows under the families of Bambi's graphs, by NumPy.

Bambi answers through a graph that is compiled anew in every call, for seconds. Here a row's parameters are
read off the draws, and every family is a few lines; a test holds the densities to Bambi's and the outcomes
to SciPy's distributions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy import stats
from scipy.special import betaln, gammaln

from adbayes.errors import SpecError
from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design, design_of
from adbayes.model.coefficients import (
    group_effects,
    linear_predictor,
    prior_coefficients,
    prior_of,
    split_terms,
)
from adbayes.model.families import TRIALS_FAMILIES
from adbayes.model.frame import ModelFrame
from adbayes.model.structure import labelled

Parameters = dict[str, Any]
"""`centre`, the auxiliary parameters and `trials` by name, arrays that broadcast to ``(chain, draw, row)``;
for ordered classes `below`, the probability of a class up to each but the last, with one more axis."""

_NEVER = float(np.finfo(float).eps)
"""Beta variables of mean 0 or 1 do not exist: means are kept this far from them."""


_TRIES = 200
"""Rounds of draws from which increasing thresholds are taken."""


@dataclass(frozen=True)
class RowFamily:
    """What a family says of rows.

    Parameters
    ----------
    log_density : callable
        From outcomes ``(row,)`` and parameters to ``(chain, draw, row)``.
    draw : callable
        From parameters, their common shape and a source of randomness to outcomes of that shape.
    """

    log_density: Callable[[np.ndarray, Parameters], np.ndarray]
    draw: Callable[[Parameters, tuple[int, ...], np.random.Generator], np.ndarray]


def log_density(
    analysis: Analysis, frame: ModelFrame, design: Design, posterior: xr.Dataset
) -> np.ndarray:
    """Log density of every row, given the effects.

    Parameters
    ----------
    analysis : Analysis
        A model that is fitted through Bambi's graph.
    frame : ModelFrame
        Its rows.
    design : Design
        The mean's design matrix.
    posterior : xarray.Dataset
        Draws with Bambi's names, an effect for each group.

    Returns
    -------
    numpy.ndarray
        ``(chain, draw, row)``, natural logarithms.
    """
    found = _parameters(analysis, design, posterior)
    column = frame.data[frame.outcome]
    categorical = isinstance(column.dtype, pd.CategoricalDtype)
    y = column.cat.codes.to_numpy() if categorical else frame.y
    with np.errstate(divide="ignore"):  # what has probability 0
        return np.asarray(FAMILIES[analysis.family.name].log_density(y, found))


def new_outcomes(
    analysis: Analysis,
    frame: ModelFrame,
    design: Design,
    posterior: xr.Dataset,
    rng: np.random.Generator,
) -> np.ndarray:
    """Draw an outcome of every row, given the effects.

    Parameters
    ----------
    analysis, frame, design, posterior : Analysis, ModelFrame, Design, xarray.Dataset
        As `log_density`.
    rng : numpy.random.Generator
        The source of randomness.

    Returns
    -------
    numpy.ndarray
        ``(chain, draw, row)``, outcome units; ordered classes counted from 0.
    """
    found = _parameters(analysis, design, posterior)
    shape = (posterior.sizes["chain"], posterior.sizes["draw"], frame.n_rows)
    return FAMILIES[analysis.family.name].draw(found, shape, rng)


def prior_draws(
    analysis: Analysis, frame: ModelFrame, design: Design, size: int, rng: np.random.Generator
) -> xr.Dataset:
    """Draw the parameters from their priors.

    PyMC's own forward sampling does not know that thresholds increase: their restriction is a transform.

    Parameters
    ----------
    analysis, frame, design : Analysis, ModelFrame, Design
        As `log_density`.
    size : int
        Number of draws.
    rng : numpy.random.Generator
        The source of randomness.

    Returns
    -------
    xarray.Dataset
        One chain, under the names of a posterior; the effects of groups are 0, their SDs drawn.

    Raises
    ------
    SpecError
        Where thresholds hardly ever increase under their priors.
    """
    found = split_terms(prior_coefficients(analysis, design, size, rng), design)
    designs = [design]
    for name in analysis.family.auxiliary:
        if name in analysis.formulas:
            own = design_of(design.model, name)
            found = found.merge(split_terms(prior_coefficients(analysis, own, size, rng), own))
            designs.append(own)
        elif name == "threshold":
            count = len(frame.data[frame.outcome].cat.categories) - 1
            cuts = _increasing(analysis, count, size, rng)[None]
            found[name] = labelled(cuts, {"threshold_dim": range(count)})
        else:
            found[name] = labelled(analysis.priors[name].sample(size, rng)[None])
    for one in designs:
        for term in one.group_terms:
            _, *dims = term.coords
            slopes = {dim: term.coords[dim] for dim in dims}  # of levels, each with its own SD
            width = [term.columns.shape[1]] if slopes else []
            for key, hyper in prior_of(analysis, one, term).hyper_priors():
                drawn = hyper.sample(size, rng, *width)[None]
                found[f"{term.name}_{key}"] = labelled(drawn, slopes)
            zero = np.zeros((1, size, *map(len, term.coords.values())))
            found[term.name] = labelled(zero, term.coords)
    return found


def _increasing(analysis: Analysis, count: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """Thresholds from their prior, restricted to those that increase, ``(draw, threshold)``."""
    prior = analysis.priors["threshold"]
    if not any(isinstance(value, tuple) for _, value in prior.parameters):
        # Independent draws of one distribution, given that they increase, are those draws sorted.
        return np.sort(prior.sample(size, rng, count), axis=1)
    kept = np.empty((0, count))
    for _ in range(_TRIES):
        drawn = prior.sample(size, rng, count)
        kept = np.concatenate([kept, drawn[(np.diff(drawn, axis=1) > 0).all(axis=1)]])
        if len(kept) >= size:
            return kept[:size]
    raise SpecError(
        f"{analysis.where_from}: [priors.{analysis.prior_set}] 'threshold': {len(kept)} of {_TRIES * size} "
        "draws increase from class to class; give means that increase, or wider priors"
    )


def _parameters(analysis: Analysis, design: Design, posterior: xr.Dataset) -> Parameters:
    family = design.model.family
    eta = linear_predictor(posterior, design) + group_effects(posterior, design)
    inverse = family.link[family.likelihood.parent].linkinv
    if analysis.family.name == "cumulative":
        thresholds = posterior["threshold"].transpose("chain", "draw", ...).to_numpy()
        return {"below": inverse(thresholds[..., None, :] - eta[..., None])}
    found: Parameters = {"centre": inverse(eta)}
    for name in analysis.family.auxiliary:
        if name in analysis.formulas:
            own = design_of(design.model, name)
            added = group_effects(posterior, own)
            found[name] = family.link[name].linkinv(linear_predictor(posterior, own) + added)
        else:
            found[name] = posterior[name].transpose("chain", "draw").to_numpy()[..., None]
    if analysis.family.name in TRIALS_FAMILIES:
        found["trials"] = np.asarray(design.model.response_term.data)[:, 1]
    return found


def _gamma(y: np.ndarray, p: Parameters) -> np.ndarray:
    shape, rate = p["alpha"], p["alpha"] / p["centre"]
    return np.asarray(shape * np.log(rate) - gammaln(shape) + (shape - 1) * np.log(y) - rate * y)


def _hurdle_gamma(y: np.ndarray, p: Parameters) -> np.ndarray:
    positive = y > 0
    above = np.log(p["psi"]) + _gamma(np.where(positive, y, 1.0), p)
    return np.asarray(np.where(positive, above, np.log1p(-p["psi"])))


def _shapes(p: Parameters) -> tuple[np.ndarray, np.ndarray]:
    mean = np.clip(p["centre"], _NEVER, 1 - _NEVER)
    return mean * p["kappa"], (1 - mean) * p["kappa"]


def _beta(y: np.ndarray, p: Parameters) -> np.ndarray:
    a, b = _shapes(p)
    return np.asarray((a - 1) * np.log(y) + (b - 1) * np.log1p(-y) - betaln(a, b))


def _classes(y: np.ndarray, p: Parameters) -> np.ndarray:
    edge = np.zeros((*p["below"].shape[:-1], 1))
    share = np.diff(np.concatenate([edge, p["below"], edge + 1], axis=-1), axis=-1)
    return np.asarray(np.log(share[:, :, np.arange(len(y)), y]))


def _drawn_gamma(p: Parameters, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    return np.asarray(rng.gamma(p["alpha"], p["centre"] / p["alpha"], shape))


FAMILIES: dict[str, RowFamily] = {
    "gaussian": RowFamily(
        lambda y, p: np.asarray(stats.norm.logpdf(y, p["centre"], p["sigma"])),
        lambda p, shape, rng: rng.normal(p["centre"], p["sigma"], shape),
    ),
    "t": RowFamily(
        lambda y, p: stats.t.logpdf(y, p["nu"], p["centre"], p["sigma"]),
        lambda p, shape, rng: p["centre"] + p["sigma"] * rng.standard_t(p["nu"], shape),
    ),
    "lognormal": RowFamily(
        lambda y, p: stats.norm.logpdf(np.log(y), p["centre"], p["sigma"]) - np.log(y),
        lambda p, shape, rng: rng.lognormal(p["centre"], p["sigma"], shape),
    ),
    "bernoulli": RowFamily(
        lambda y, p: np.log(np.where(y == 1, p["centre"], 1 - p["centre"])),
        lambda p, shape, rng: (rng.random(shape) < p["centre"]).astype(float),
    ),
    "binomial": RowFamily(
        lambda y, p: stats.binom.logpmf(y, p["trials"], p["centre"]),
        lambda p, shape, rng: rng.binomial(p["trials"], p["centre"], shape),
    ),
    "beta_binomial": RowFamily(
        lambda y, p: np.asarray(stats.betabinom.logpmf(y, p["trials"], *_shapes(p))),
        lambda p, shape, rng: rng.binomial(p["trials"], rng.beta(*_shapes(p), shape)),
    ),
    "negativebinomial": RowFamily(
        lambda y, p: stats.nbinom.logpmf(y, p["alpha"], p["alpha"] / (p["alpha"] + p["centre"])),
        lambda p, shape, rng: rng.poisson(_drawn_gamma(p, shape, rng)),
    ),
    "gamma": RowFamily(_gamma, _drawn_gamma),
    "hurdle_gamma": RowFamily(
        _hurdle_gamma,
        lambda p, shape, rng: np.where(
            rng.random(shape) < p["psi"], _drawn_gamma(p, shape, rng), 0.0
        ),
    ),
    "beta": RowFamily(_beta, lambda p, shape, rng: rng.beta(*_shapes(p), shape)),
    "cumulative": RowFamily(
        _classes,
        lambda p, shape, rng: (rng.random(shape)[..., None] > p["below"]).sum(axis=-1),
    ),
}
"""By Bambi's name: all that a spec may name (`adbayes.model.families`)."""
