"""A regression of the mean and of the log SD, normal or Student t, compiled once and then swapped.

Two groups with SDs of their own (Behrens and Fisher's problem) are its smallest case. The density is
Bambi's (a test holds them equal datum by datum); everything that changes sits in `pm.Data`.
"""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from scipy import stats

from adbayes.model.analysis import MEAN, Analysis
from adbayes.model.bambi_model import Design, design_of
from adbayes.model.coefficients import (
    linear_predictor,
    normal_priors,
    prior_coefficients,
    split_terms,
)
from adbayes.model.frame import ModelFrame
from adbayes.model.structure import Frozen, labelled

if TYPE_CHECKING:
    import pymc as pm

NAME = "location_scale"
DIMS = {
    "X": ("row", "coefficient"),
    "Z": ("row", "scale_coefficient"),
    "y": ("row",),
    "offset": ("row",),
    "scale_offset": ("row",),
    "prior_mu": ("coefficient",),
    "prior_sigma": ("coefficient",),
    "scale_prior_mu": ("scale_coefficient",),
    "scale_prior_sigma": ("scale_coefficient",),
    "nu_alpha": (),
    "nu_beta": (),
}
FREE = frozenset({"row"})
POSITIVE = frozenset({"prior_sigma", "scale_prior_sigma", "nu_alpha", "nu_beta"})
SCALE = "sigma"


def matches(analysis: Analysis) -> bool:
    """A normal or t outcome with identity link and a formula for ``sigma`` (`Structure.matches`).

    That of its log; no groups, normal priors of all coefficients and, for t, a gamma prior of ``nu``.
    """
    return (
        analysis.kind == "bambi"
        and analysis.family.name in ("gaussian", "t")
        and analysis.link == "identity"
        and set(analysis.formulas) == {MEAN, SCALE}
        and not any(formula.groups for formula in analysis.formulas.values())
        and all(
            prior.distribution == ("Gamma" if name == "nu" else "Normal")
            and not prior.is_hierarchical
            for name, prior in analysis.priors.items()
        )
    )


def frozen(analysis: Analysis, frame: ModelFrame, design: Design) -> Frozen:
    """What is frozen when it is compiled (`Structure.frozen`).

    Numbers of coefficients of the mean and of the log SD, and the family.
    """
    return (design.X.shape[1], scale_design(design).X.shape[1], analysis.family.name)


def scale_design(design: Design) -> Design:
    """The design of the log SD.

    Parameters
    ----------
    design : Design
        That of the mean.

    Returns
    -------
    Design
        Of the same rows; terms under the names of their draws.
    """
    return design_of(design.model, SCALE)


def swap_data(analysis: Analysis, frame: ModelFrame, design: Design) -> dict[str, np.ndarray]:
    """By the names of `DIMS`; `nu_alpha` and `nu_beta` for the family t only (`Structure.swap_data`)."""
    scale = scale_design(design)
    mu, sigma = normal_priors(analysis, design)
    scale_mu, scale_sigma = normal_priors(analysis, scale)
    found = {
        "X": design.X,
        "Z": scale.X,
        "y": frame.y,
        "offset": design.added,
        "scale_offset": scale.added,
        "prior_mu": mu,
        "prior_sigma": sigma,
        "scale_prior_mu": scale_mu,
        "scale_prior_sigma": scale_sigma,
    }
    if analysis.family.name == "t":  # nutpie refuses data that the density does not use
        nu = analysis.priors["nu"]
        found |= {f"nu_{key}": np.asarray(nu[key], dtype=float) for key in ("alpha", "beta")}
    return found


def pymc_model(width: int, scale_width: int, family: str) -> "pm.Model":
    """The structure with placeholders for its data.

    Parameters
    ----------
    width, scale_width : int
        Numbers of coefficients of the mean and of the log SD, frozen when compiled.
    family : str
        ``gaussian`` or ``t``.

    Returns
    -------
    pymc.Model
        With `coefficients`, `scale_coefficients` and, for t, `nu` as its free variables.
    """
    import pymc as pm
    import pytensor.tensor as pt

    with pm.Model() as model:
        X, Z = pm.Data("X", np.zeros((2, width))), pm.Data("Z", np.zeros((2, scale_width)))
        y = pm.Data("y", np.zeros(2))
        offset, scale_offset = pm.Data("offset", np.zeros(2)), pm.Data("scale_offset", np.zeros(2))
        mu = pm.Data("prior_mu", np.zeros(width))
        sigma = pm.Data("prior_sigma", np.ones(width))
        scale_mu = pm.Data("scale_prior_mu", np.zeros(scale_width))
        scale_sigma = pm.Data("scale_prior_sigma", np.ones(scale_width))
        location = pm.Normal("coefficients", mu, sigma, shape=width)
        spread = pm.Normal("scale_coefficients", scale_mu, scale_sigma, shape=scale_width)
        log_sd = scale_offset + Z @ spread
        # In the log SD, so that no SD is 0 however far a first step of the sampler goes.
        z = (y - offset - X @ location) * pt.exp(-log_sd)
        if family == "t":
            alpha = pm.Data("nu_alpha", np.asarray(1.0))
            beta = pm.Data("nu_beta", np.asarray(1.0))
            nu = pm.Gamma("nu", alpha=alpha, beta=beta)
            constant = pt.gammaln((nu + 1) / 2) - pt.gammaln(nu / 2) - pt.log(nu * np.pi) / 2
            density = constant - (nu + 1) / 2 * pt.log1p(z**2 / nu)
        else:
            density = -(z**2) / 2 - np.log(2 * np.pi) / 2
        pm.Potential("likelihood", pt.sum(density - log_sd))
    return model


def named(
    sampled: xr.Dataset,
    frame: ModelFrame,
    design: Design,
    analysis: Analysis,
    rng: np.random.Generator,
) -> xr.Dataset:
    """One variable a term, and ``nu`` for the family t (`Structure.named`).

    Terms of the log SD are called ``sigma_...``.
    """
    parts = [
        split_terms(sampled["coefficients"].to_numpy(), design),
        split_terms(sampled["scale_coefficients"].to_numpy(), scale_design(design)),
    ]
    found = xr.merge(parts, join="exact")
    if analysis.family.name != "t":
        return found
    return found.assign(nu=labelled(sampled["nu"].to_numpy()))


def prior_draws(
    frame: ModelFrame, design: Design, analysis: Analysis, size: int, rng: np.random.Generator
) -> xr.Dataset:
    """As `named` (`Structure.prior_draws`)."""
    drawn: dict[str, tuple[tuple[str, ...], np.ndarray]] = {}
    for name, one in (("coefficients", design), ("scale_coefficients", scale_design(design))):
        drawn[name] = (("chain", "draw", name), prior_coefficients(analysis, one, size, rng))
    if analysis.family.name == "t":
        drawn["nu"] = (("chain", "draw"), analysis.priors["nu"].sample(size, rng).reshape(1, -1))
    return named(xr.Dataset(drawn), frame, design, analysis, rng)


def _parts(
    posterior: xr.Dataset, design: Design, analysis: Analysis
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Location and scale of every row, and the degrees of freedom of every draw."""
    scale = np.exp(linear_predictor(posterior, scale_design(design)))
    nu = None
    if analysis.family.name == "t":
        nu = posterior["nu"].transpose("chain", "draw").to_numpy()[..., None]
    return linear_predictor(posterior, design), scale, nu


def log_likelihood(
    posterior: xr.Dataset, frame: ModelFrame, design: Design, analysis: Analysis
) -> xr.DataArray:
    """One a row, by ``__obs__`` (`Structure.log_likelihood`)."""
    location, scale, nu = _parts(posterior, design, analysis)
    y = frame.y
    values = (
        stats.norm.logpdf(y, location, scale)
        if nu is None
        else stats.t.logpdf(y, nu, location, scale)
    )
    return labelled(np.asarray(values), {"__obs__": range(frame.n_rows)}, posterior)


def replicate(
    posterior: xr.Dataset,
    frame: ModelFrame,
    design: Design,
    analysis: Analysis,
    rng: np.random.Generator,
) -> np.ndarray:
    """New outcomes for the same rows (`Structure.replicate`)."""
    location, scale, nu = _parts(posterior, design, analysis)
    noise = (
        rng.standard_normal(location.shape)
        if nu is None
        else rng.standard_t(np.broadcast_to(nu, location.shape))
    )
    return np.asarray(location + scale * noise)
