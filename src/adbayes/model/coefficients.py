"""Terms of a formula and their coefficients, side by side in the order of the design matrix."""

import numpy as np
import xarray as xr

from adbayes.model.analysis import MEAN, Analysis
from adbayes.model.bambi_model import Design, GroupTerm, Term
from adbayes.model.frame import ModelFrame
from adbayes.model.priors import Prior
from adbayes.model.structure import Frozen, labelled


def width(analysis: Analysis, frame: ModelFrame, design: Design) -> Frozen:
    """What is frozen where it is the number of coefficients alone.

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


def prior_of(analysis: Analysis, design: Design, term: Term | GroupTerm) -> Prior:
    """The prior that a spec states for a term.

    Parameters
    ----------
    analysis : Analysis
        The priors.
    design : Design
        Says whose linear predictor it is.
    term : Term or GroupTerm
        Of the design.

    Returns
    -------
    Prior
        A term of another parameter than the mean is ``sigma.x`` in a spec and ``sigma_x`` in draws.
    """
    if design.parameter == MEAN:
        return analysis.priors[term.name]
    return analysis.priors[term.name.replace(f"{design.parameter}_", f"{design.parameter}.", 1)]


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
    mu, sigma = (
        np.concatenate(
            [
                np.broadcast_to(
                    np.asarray(prior_of(analysis, design, term)[key], dtype=float),
                    len(term.coefficients),
                )
                for term in design.terms
            ]
        )
        for key in ("mu", "sigma")
    )
    return mu, sigma


def prior_coefficients(
    analysis: Analysis, design: Design, size: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw the coefficients of all columns from their priors.

    Parameters
    ----------
    analysis : Analysis
        The priors.
    design : Design
        The order of the columns.
    size : int
        Number of draws.
    rng : numpy.random.Generator
        The source of randomness.

    Returns
    -------
    numpy.ndarray
        ``(1, size, column)``: one chain.
    """
    columns = [
        prior_of(analysis, design, term).sample(size, rng, len(term.coefficients))
        for term in design.terms
    ]
    return np.concatenate([np.zeros((size, 0)), *columns], axis=1)[None]


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
    for term in design.terms:
        part = coefficients[..., term.columns]
        if term.levels:
            variables[term.name] = labelled(part, {term.dim: term.levels})
        else:
            variables[term.name] = labelled(part[..., 0])
    return xr.Dataset(variables)


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


def group_effects(posterior: xr.Dataset, design: Design) -> np.ndarray:
    """What the effects of groups add to the linear predictor.

    Parameters
    ----------
    posterior : xarray.Dataset
        Draws with Bambi's names.
    design : Design
        The groups of each row.

    Returns
    -------
    numpy.ndarray
        ``(chain, draw, row)``; 0 where there are none.
    """
    added = np.zeros((posterior.sizes["chain"], posterior.sizes["draw"], len(design.X)))
    for term in design.group_terms:
        effects = posterior[term.name].transpose("chain", "draw", *term.coords).to_numpy()
        effects = effects.reshape(*effects.shape[:3], -1)
        for column in range(effects.shape[-1]):
            added += effects[:, :, term.codes, column] * term.columns[:, column]
    return added
