"""A logistic regression without groups, in a form that is compiled once a width and then swapped.

The density is Bambi's (a test holds them equal datum by datum); only the place of the data differs:
everything that changes between analyses sits in `pm.Data`.
"""

from collections.abc import Container
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design
from adbayes.model.coefficients import (
    linear_predictor,
    normal_priors,
    prior_coefficients,
    split_terms,
    width,
)
from adbayes.model.frame import ModelFrame
from adbayes.model.structure import labelled

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
    """Bernoulli with logit link, no groups and normal priors throughout (`Structure.matches`)."""
    return has_priors_of(analysis, {"Normal"})


def has_priors_of(analysis: Analysis, distributions: Container[str]) -> bool:
    """Whether an analysis is a logistic regression without groups under some priors.

    Parameters
    ----------
    analysis : Analysis
        Its formula, family and priors.
    distributions : container of str
        What the priors may be.

    Returns
    -------
    bool
        True for a Bernoulli outcome with logit link, no groups, and no other priors.
    """
    return (
        analysis.kind == "bambi"
        and analysis.family.name == "bernoulli"
        and analysis.link == "logit"
        and not analysis.mean.groups
        and all(
            p.distribution in distributions and not p.is_hierarchical
            for p in analysis.priors.values()
        )
    )


frozen = width


def swap_data(analysis: Analysis, frame: ModelFrame, design: Design) -> dict[str, np.ndarray]:
    """`X`, `y`, `offset` and the priors' values (`Structure.swap_data`)."""
    mu, sigma = normal_priors(analysis, design)
    return {
        "X": design.X,
        "y": frame.y,
        "offset": design.added,
        "prior_mu": mu,
        "prior_sigma": sigma,
    }


def pymc_model(width: int) -> "pm.Model":
    """The regression (`Structure.pymc_model`); its only free variable is `coefficients`.

    Parameters
    ----------
    width : int
        Number of coefficients.

    Returns
    -------
    pymc.Model
        With placeholders for its data.
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
    """One variable a term (`Structure.named`)."""
    return split_terms(sampled["coefficients"].to_numpy(), design)


def prior_draws(
    frame: ModelFrame, design: Design, analysis: Analysis, size: int, rng: np.random.Generator
) -> xr.Dataset:
    """One variable a term (`Structure.prior_draws`)."""
    return split_terms(prior_coefficients(analysis, design, size, rng), design)


def log_likelihood(
    posterior: xr.Dataset, frame: ModelFrame, design: Design, analysis: Analysis
) -> xr.DataArray:
    """One a row, by ``__obs__`` (`Structure.log_likelihood`)."""
    eta = linear_predictor(posterior, design)
    values = frame.y * eta - np.logaddexp(0, eta)
    return labelled(values, {"__obs__": range(frame.n_rows)}, posterior)


def replicate(
    posterior: xr.Dataset,
    frame: ModelFrame,
    design: Design,
    analysis: Analysis,
    rng: np.random.Generator,
) -> np.ndarray:
    """0 and 1 for the same rows (`Structure.replicate`)."""
    eta = linear_predictor(posterior, design)
    return (rng.random(eta.shape) < 1 / (1 + np.exp(-eta))).astype(float)
