"""A logistic regression without groups, in a form that is compiled once a width and then swapped.

The density is Bambi's (a test holds them equal datum by datum); only the place of the data differs:
everything that changes between analyses sits in `pm.Data`.
"""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design
from adbayes.model.frame import ModelFrame
from adbayes.model.structure import Frozen

if TYPE_CHECKING:
    import pymc as pm

NAME = "logistic_regression"
DIMS = {
    "X": ("row", "coefficient"),
    "y": ("row",),
    "offset": ("row",),
    "prior_mu": ("coefficient",),
    "prior_sigma": ("coefficient",),
}
FREE = frozenset({"row"})
POSITIVE = frozenset({"prior_sigma"})


def matches(analysis: Analysis) -> bool:
    """Whether an analysis has this structure.

    Parameters
    ----------
    analysis : Analysis
        Its formula, family and priors.

    Returns
    -------
    bool
        True for a Bernoulli outcome with logit link, no groups, and normal priors throughout.
    """
    return (
        analysis.kind == "bambi"
        and analysis.family.name == "bernoulli"
        and analysis.link == "logit"
        and not analysis.mean.groups
        and all(
            p.distribution == "Normal" and not p.is_hierarchical for p in analysis.priors.values()
        )
    )


def frozen(analysis: Analysis, frame: ModelFrame, design: Design) -> Frozen:
    """What is frozen when it is compiled.

    Parameters
    ----------
    analysis, frame : Analysis, ModelFrame
        Not used.
    design : Design
        The predictors.

    Returns
    -------
    tuple of int
        The number of coefficients.
    """
    return (design.X.shape[1],)


def swap_data(analysis: Analysis, frame: ModelFrame, design: Design) -> dict[str, np.ndarray]:
    """Everything that differs between two analyses of this structure and width.

    Parameters
    ----------
    analysis : Analysis
        Gives the priors.
    frame : ModelFrame
        Gives the outcome.
    design : Design
        Gives the predictors.

    Returns
    -------
    dict of str to numpy.ndarray
        `X` (rows x coefficients), `y`, `offset` (rows), `prior_mu`, `prior_sigma` (coefficients).
    """
    mu, sigma = normal_priors(analysis, design)
    n = frame.n_rows
    return {
        "X": design.X,
        "y": frame.data[frame.outcome].to_numpy(dtype=float),
        "offset": np.zeros(n) if design.offset is None else design.offset,
        "prior_mu": mu,
        "prior_sigma": sigma,
    }


def normal_priors(analysis: Analysis, design: Design) -> tuple[np.ndarray, np.ndarray]:
    """Means and SDs of normal coefficient priors, one a column of the design matrix.

    Parameters
    ----------
    analysis : Analysis
        With a normal prior for every term.
    design : Design
        The order of the columns.

    Returns
    -------
    tuple of numpy.ndarray
        Means and SDs.
    """
    mu, sigma = [], []
    for term in design.terms:
        prior = analysis.priors[term.name]
        width = len(term.coefficients)
        mu.append(np.broadcast_to(np.asarray(prior["mu"], dtype=float), width))
        sigma.append(np.broadcast_to(np.asarray(prior["sigma"], dtype=float), width))
    return np.concatenate(mu), np.concatenate(sigma)


def pymc_model(width: int) -> "pm.Model":
    """The structure with placeholders for its data.

    Parameters
    ----------
    width : int
        Number of coefficients, frozen when compiled.

    Returns
    -------
    pymc.Model
        With `coefficients` as its only free variable.
    """
    import pymc as pm
    import pytensor.tensor as pt

    with pm.Model() as model:
        X = pm.Data("X", np.zeros((2, width)))
        y = pm.Data("y", np.zeros(2))
        offset = pm.Data("offset", np.zeros(2))
        mu = pm.Data("prior_mu", np.zeros(width))
        sigma = pm.Data("prior_sigma", np.ones(width))
        beta = pm.Normal("coefficients", mu, sigma, shape=width)
        eta = offset + X @ beta
        pm.Potential("likelihood", pt.sum(y * eta - pt.softplus(eta)))
    return model


def named(
    sampled: xr.Dataset,
    frame: ModelFrame,
    design: Design,
    analysis: Analysis,
    rng: np.random.Generator,
) -> xr.Dataset:
    """Draws under Bambi's names.

    Parameters
    ----------
    sampled : xarray.Dataset
        With `coefficients` (chain, draw, coefficient).
    frame, analysis, rng : ModelFrame, Analysis, numpy.random.Generator
        Not used.
    design : Design
        Names and levels.

    Returns
    -------
    xarray.Dataset
        One variable a term.
    """
    return split_terms(sampled["coefficients"].to_numpy(), design)


def prior_draws(
    frame: ModelFrame, design: Design, analysis: Analysis, size: int, rng: np.random.Generator
) -> xr.Dataset:
    """Draws from the prior.

    Parameters
    ----------
    frame : ModelFrame
        Not used.
    design : Design
        Names and levels.
    analysis : Analysis
        The priors.
    size : int
        Number of draws.
    rng : numpy.random.Generator
        The source of randomness.

    Returns
    -------
    xarray.Dataset
        One variable a term; one chain.
    """
    columns = [analysis.priors[t.name].sample(size, rng, len(t.coefficients)) for t in design.terms]
    return split_terms(np.concatenate(columns, axis=1)[None], design)


def split_terms(coefficients: np.ndarray, design: Design) -> xr.Dataset:
    """Cut side-by-side coefficients into terms.

    Parameters
    ----------
    coefficients : numpy.ndarray
        ``(chain, draw, column)``.
    design : Design
        Names and levels.

    Returns
    -------
    xarray.Dataset
        One variable a term, with its levels as a coordinate.
    """
    variables: dict[str, xr.DataArray] = {}
    chains, draws = (np.arange(n) for n in coefficients.shape[:2])
    for term in design.terms:
        part = coefficients[..., term.columns]
        coords = {"chain": chains, "draw": draws}
        if term.levels:
            variables[term.name] = xr.DataArray(
                part,
                dims=("chain", "draw", term.dim),
                coords={**coords, term.dim: list(term.levels)},
            )
        else:
            variables[term.name] = xr.DataArray(part[..., 0], dims=("chain", "draw"), coords=coords)
    return xr.Dataset(variables)


def log_likelihood(
    posterior: xr.Dataset, frame: ModelFrame, design: Design, analysis: Analysis
) -> xr.DataArray:
    """Pointwise log-likelihood, one a row.

    Parameters
    ----------
    posterior : xarray.Dataset
        Draws with Bambi's names.
    frame : ModelFrame
        The outcome.
    design : Design
        The predictors.
    analysis : Analysis
        Not used.

    Returns
    -------
    xarray.DataArray
        ``(chain, draw, __obs__)``.
    """
    eta = linear_predictor(posterior, design)
    y = frame.data[frame.outcome].to_numpy(dtype=float)
    coords = {"chain": posterior["chain"], "draw": posterior["draw"]}
    return xr.DataArray(
        y * eta - np.logaddexp(0, eta),
        dims=("chain", "draw", "__obs__"),
        coords={**coords, "__obs__": np.arange(frame.n_rows)},
    )


def replicate(
    posterior: xr.Dataset,
    frame: ModelFrame,
    design: Design,
    analysis: Analysis,
    rng: np.random.Generator,
) -> np.ndarray:
    """New outcomes for the same rows, one set a draw.

    Parameters
    ----------
    posterior : xarray.Dataset
        Draws with Bambi's names (prior or posterior).
    frame : ModelFrame
        The rows.
    design : Design
        The predictors.
    analysis : Analysis
        Not used.
    rng : numpy.random.Generator
        The source of randomness.

    Returns
    -------
    numpy.ndarray
        ``(chain, draw, row)`` of 0 and 1.
    """
    eta = linear_predictor(posterior, design)
    return (rng.random(eta.shape) < 1 / (1 + np.exp(-eta))).astype(float)


def linear_predictor(posterior: xr.Dataset, design: Design) -> np.ndarray:
    """The linear predictor of the population-level terms.

    Parameters
    ----------
    posterior : xarray.Dataset
        Draws with Bambi's names.
    design : Design
        The predictors.

    Returns
    -------
    numpy.ndarray
        ``(chain, draw, row)``.
    """
    eta = design.coefficient_draws(posterior) @ design.X.T
    return np.asarray(eta if design.offset is None else eta + design.offset)
