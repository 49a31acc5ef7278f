"""The density of kind `mmrm`: visits of a unit are multivariate normal, missing ones left out.

Units with the same visits present are a pattern. With ``z = (y, X)`` the rows of a unit and
``w = (1, -beta)``, the residuals' cross-products of a pattern are ``R = w' (sum of z z') w``, so that

    log p(y) = -1/2 sum_patterns [ n (m log 2 pi + log det S) + trace(S^-1 R) ],

with S the rows and columns of the covariance that are present and m their number. Only the sums of
``z z'`` enter: neither units nor patterns are frozen when it is compiled. In S a missing visit is
given variance 1 and no covariance, and its residual is 0, which changes neither term.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from scipy.special import expit

from adbayes.errors import SpecError
from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design
from adbayes.model.coefficients import (
    linear_predictor,
    normal_priors,
    prior_coefficients,
    split_terms,
)
from adbayes.model.frame import ModelFrame
from adbayes.model.lkj import Lkj, correlations, from_positions, matrix_in_pymc, pairs
from adbayes.model.mmrm import NAME as KIND
from adbayes.model.mmrm import covariance
from adbayes.model.structure import Frozen, by_hand, labelled, of_kind, scales
from adbayes.model.visit_patterns import log_density, placed, sampling_scale, sums, times

if TYPE_CHECKING:
    import pymc as pm

NAME = "visit_covariance"
ONE_CHAIN_AT_A_TIME = True
"""A call takes microseconds: chains run at once wait for Python, for twice the time of one after the other."""
DIMS = {
    "products": ("pattern", "time", "time", "product"),
    "present": ("pattern", "time"),
    "n_in_pattern": ("pattern",),
    "prior_mu": ("coefficient",),
    "prior_sigma": ("coefficient",),
    "beta_start": ("coefficient",),
    "beta_root": ("coefficient", "coefficient"),
    "sigma_scale": ("sd",),
    "correlation_alpha": ("correlation",),
    "correlation_beta": ("correlation",),
    "correlation_range": ("limit",),
}
FREE = frozenset({"pattern"})
POSITIVE = frozenset(
    {"n_in_pattern", "prior_sigma", "sigma_scale", "correlation_alpha", "correlation_beta"}
)


matches = of_kind(KIND)


def frozen(analysis: Analysis, frame: ModelFrame, design: Design) -> Frozen:
    """Number of coefficients, number of times, covariance (`Structure.frozen`)."""
    return design.X.shape[1], len(times(frame, analysis)), analysis.options["covariance"]


def swap_data(analysis: Analysis, frame: ModelFrame, design: Design) -> dict[str, np.ndarray]:
    """Sums by pattern, and the priors' values (`Structure.swap_data`).

    `products` (sums of z z' by pattern and pair of times, the last axis two columns of z), `present`,
    `n_in_pattern`, and the scale on which the coefficients are sampled (`beta_start`, `beta_root`).

    Raises
    ------
    SpecError
        For a prior whose list has another length than the times, or of a common correlation that
        no covariance of so many times can have.
    """
    z, products, kinds, n = sums(frame, analysis, design)
    mu, spread = normal_priors(analysis, design)
    start, root = sampling_scale(products, kinds, z, mu, spread)
    names = times(frame, analysis)
    return {
        "products": products.reshape(*products.shape[:3], -1),
        "present": kinds.astype(float),
        "n_in_pattern": n.astype(float),
        "beta_start": start,
        "beta_root": root,
        "prior_mu": mu,
        "prior_sigma": spread,
        "sigma_scale": scales(
            analysis,
            "sigma",
            len(names) if analysis.options["covariance"] == "unstructured" else 1,
            f"levels of {analysis.options['time']} ({', '.join(names)})",
            "level",
        ),
        **_correlation_prior(analysis, kinds.shape[1]),
    }


def _correlation_prior(analysis: Analysis, size: int) -> dict[str, np.ndarray]:
    """Betas on a range: of the partial correlations of an LKJ prior, or of the common correlation."""
    prior = analysis.priors["correlation"]
    limits = [-1.0, 1.0]
    if prior.distribution == "LKJ":
        alpha = beta = Lkj(prior.number("eta")).shapes(size)
    elif prior.distribution == "Beta":
        alpha, beta = (np.array([prior.number(key)]) for key in ("alpha", "beta"))
        limits = [0.0, 1.0]
    else:
        alpha, beta = np.ones(1), np.ones(1)
        limits = [prior.number(key) for key in ("lower", "upper")]
        if limits[0] < -1 / (size - 1) or limits[1] > 1:
            raise SpecError(
                f"{analysis.where_from}: [priors.{analysis.prior_set}] 'correlation': one correlation "
                f"of {size} times lies between {-1 / (size - 1):.4g} and 1, found {prior}; narrow it"
            )
    return {
        "correlation_alpha": alpha,
        "correlation_beta": beta,
        "correlation_range": np.array(limits),
    }


def pymc_model(width: int, size: int, covariance: str) -> "pm.Model":
    """The density with placeholders for its data.

    Parameters
    ----------
    width : int
        Number of coefficients.
    size : int
        Number of times.
    covariance : str
        ``unstructured`` or ``compound_symmetry``.

    Returns
    -------
    pymc.Model
        Free variables `coefficients`, `sigma`, and `position`: of the common correlation within its
        range, or of the partial correlations between -1 and 1.
    """
    import pymc as pm
    import pytensor.tensor as pt

    with pm.Model() as model:
        products = pm.Data("products", np.zeros((1, size, size, (1 + width) ** 2)))
        present = pm.Data("present", np.ones((1, size)))
        n = pm.Data("n_in_pattern", np.ones(1))
        mu = pm.Data("prior_mu", np.zeros(width))
        spread = pm.Data("prior_sigma", np.ones(width))
        pm.Data("beta_start", np.zeros(width))  # the sampler's scale, no part of the density
        pm.Data("beta_root", np.eye(width))
        beta = pm.Normal("coefficients", mu, spread, shape=width)
        free = covariance == "unstructured"
        n_pairs = size * (size - 1) // 2
        n_sds, n_correlations = (size, n_pairs) if free else (1, 1)
        scale = pm.Data("sigma_scale", np.ones(n_sds))
        alpha = pm.Data("correlation_alpha", np.ones(n_correlations))
        other = pm.Data("correlation_beta", np.ones(n_correlations))
        limits = pm.Data("correlation_range", np.array([-1.0, 1.0]))
        sigma = pm.HalfNormal("sigma", scale, shape=n_sds)
        position = pm.Beta("position", alpha, other, shape=n_correlations)
        placed = limits[0] + (limits[1] - limits[0]) * position
        partial = [placed[k] for k in range(n_correlations)]
        rho = correlations(partial, size) if free else partial * n_pairs
        S = sigma[:, None] * matrix_in_pymc(rho, size) * sigma[None, :]
        w = pt.concatenate([pt.ones(1), -beta])
        R = pt.tensordot(products, pt.outer(w, w).flatten(), axes=[[3], [0]])
        both = present[:, :, None] * present[:, None, :]
        whole = both * S[None] + pt.eye(size)[None] * (1 - present)[:, :, None]
        factor = pt.linalg.cholesky(whole)
        log_det = 2 * pt.sum(pt.log(pt.diagonal(factor, axis1=-2, axis2=-1)), axis=-1)
        half = pt.linalg.solve_triangular(factor, R, lower=True)
        rest = pt.linalg.solve_triangular(factor, pt.swapaxes(half, -1, -2), lower=True)
        quadratic = pt.sum(pt.diagonal(rest, axis1=-2, axis2=-1), axis=-1)
        m = pt.sum(present, axis=1)
        pm.Potential("likelihood", -0.5 * pt.sum(n * (m * np.log(2 * np.pi) + log_det) + quadratic))
    return model


def nutpie_model(width: int, size: int, covariance: str) -> Any:
    """The same density and variables, compiled by Numba (`Structure.pymc_model`)."""
    from adbayes.model.covariance_density import value_and_gradient

    free = covariance == "unstructured"
    n_sds, n_correlations = (size, size * (size - 1) // 2) if free else (1, 1)
    return by_hand(
        pymc_model(width, size, covariance),
        value_and_gradient,
        {"coefficients": (width,), "sigma": (n_sds,), "position": (n_correlations,)},
        {
            "coefficients": lambda z, data: data["beta_start"] + data["beta_root"] @ z,
            "sigma": lambda t, data: data["sigma_scale"] * np.exp(t),
            "position": lambda s, _: expit(s),
        },
    )


def named(
    sampled: xr.Dataset,
    frame: ModelFrame,
    design: Design,
    analysis: Analysis,
    rng: np.random.Generator,
) -> xr.Dataset:
    """One variable a term, ``sigma`` and ``correlation`` (`Structure.named`).

    ``sigma`` by level of time and ``correlation`` by pair of levels; single numbers under compound
    symmetry.
    """
    size = len(times(frame, analysis))
    sigma, position = sampled["sigma"].to_numpy(), sampled["position"].to_numpy()
    if analysis.options["covariance"] == "unstructured":
        found = from_positions(position, size)
    else:
        low, high = _correlation_prior(analysis, size)["correlation_range"]
        sigma, found = sigma[..., 0], low + (high - low) * position[..., 0]
    return _labelled(sampled["coefficients"].to_numpy(), sigma, found, frame, design, analysis)


def _labelled(
    coefficients: np.ndarray,
    sigma: np.ndarray,
    correlation: np.ndarray,
    frame: ModelFrame,
    design: Design,
    analysis: Analysis,
) -> xr.Dataset:
    draws = split_terms(coefficients, design)
    names = times(frame, analysis)
    free = sigma.ndim == 3  # else one number each
    draws["sigma"] = labelled(sigma, {"sigma_dim": names} if free else {})
    draws["correlation"] = labelled(correlation, {"correlation_dim": pairs(names)} if free else {})
    return draws


def prior_draws(
    frame: ModelFrame, design: Design, analysis: Analysis, size: int, rng: np.random.Generator
) -> xr.Dataset:
    """As `named` (`Structure.prior_draws`)."""
    priors = analysis.priors
    coefficients = prior_coefficients(analysis, design, size, rng)
    free = analysis.options["covariance"] == "unstructured"
    count = len(times(frame, analysis)) if free else None
    sigma, correlation = (priors[n].sample(size, rng, count) for n in ("sigma", "correlation"))
    return _labelled(coefficients, sigma[None], correlation[None], frame, design, analysis)


def log_likelihood(
    posterior: xr.Dataset, frame: ModelFrame, design: Design, analysis: Analysis
) -> xr.DataArray:
    """Marginal, one a unit (`Structure.log_likelihood`).

    It is what leaving out one patient needs.
    """
    residual = frame.y - linear_predictor(posterior, design)
    S = covariance(posterior, analysis, times(frame, analysis))
    unit = analysis.options["unit"]
    density = log_density(residual, *placed(frame, analysis), S)
    return labelled(density, {unit: frame.levels(unit)}, posterior)


def replicate(
    posterior: xr.Dataset,
    frame: ModelFrame,
    design: Design,
    analysis: Analysis,
    rng: np.random.Generator,
) -> np.ndarray:
    """Outcomes of new units with the same visits present (`Structure.replicate`)."""
    unit, time = placed(frame, analysis)
    mean = linear_predictor(posterior, design)
    factor = np.linalg.cholesky(covariance(posterior, analysis, times(frame, analysis)))
    z = rng.standard_normal((*mean.shape[:2], factor.shape[-1], unit.max() + 1))
    noise = factor @ z  # (chain, draw, time, unit)
    return np.asarray(mean + noise[..., time, unit])
