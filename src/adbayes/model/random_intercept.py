"""A Gaussian model with one group intercept, the intercepts integrated out exactly.

Given the coefficients, a group's outcomes are multivariate normal with compound symmetry, so that

    log p(y) = -1/2 [ N log 2 pi + (N - G) log sigma^2 + sum_g log v_g
                      + r'r / sigma^2 - sum_g tau^2 S_g^2 / (sigma^2 v_g) ],

with r = y - X beta, S_g the sum of r in group g, v_g = sigma^2 + n_g tau^2. It needs only sums of
the data, so neither the number of rows nor of groups is frozen when it is compiled. The group
effects are drawn afterwards from their exact normal conditional. A test holds the density equal to
Bambi's own graph.
"""

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
from adbayes.model.priors import Prior
from adbayes.model.structure import labelled

if TYPE_CHECKING:
    import pymc as pm

NAME = "random_intercept"
DIMS = {
    "XtX": ("coefficient", "coefficient"),
    "Xty": ("coefficient",),
    "yty": (),
    "n_rows": (),
    "X_sum": ("group", "coefficient"),
    "y_sum": ("group",),
    "n_in_group": ("group",),
    "prior_mu": ("coefficient",),
    "prior_sigma": ("coefficient",),
    "group_scale": (),
    "residual_scale": (),
}
FREE = frozenset({"group"})
POSITIVE = frozenset({"n_rows", "n_in_group", "prior_sigma", "group_scale", "residual_scale"})


def matches(analysis: Analysis) -> bool:
    """A Gaussian outcome with identity link and one intercept a group (`Structure.matches`).

    The coefficients have normal priors and both SDs half-normal ones.
    """
    if (
        analysis.kind != "bambi"
        or analysis.family.name != "gaussian"
        or analysis.link != "identity"
        or set(analysis.formulas) != {"mu"}
        or len(analysis.mean.groups) != 1
        or len(analysis.mean.grouping) != 1
        or analysis.mean.groups[0] != f"1|{analysis.mean.grouping[0]}"
    ):
        return False
    group = analysis.priors[analysis.mean.groups[0]]["sigma"]
    scales = (group, analysis.priors["sigma"])
    return all(
        isinstance(s, Prior) and s.distribution == "HalfNormal" and not s.is_hierarchical
        for s in scales
    ) and all(analysis.priors[name].distribution == "Normal" for name in analysis.mean.common)


def group_sums(frame: ModelFrame, analysis: Analysis, columns: np.ndarray) -> np.ndarray:
    """Sums of columns within each level of the grouping column.

    Parameters
    ----------
    frame : ModelFrame
        The rows.
    analysis : Analysis
        Names the grouping column.
    columns : numpy.ndarray
        ``(row,)`` or ``(row, k)``.

    Returns
    -------
    numpy.ndarray
        ``(level,)`` or ``(level, k)``, in the order of the categories.
    """
    group = analysis.mean.grouping[0]
    sums = np.zeros((len(frame.levels(group)), *columns.shape[1:]))
    np.add.at(sums, frame.codes(group), columns)
    return sums


frozen = width


def swap_data(analysis: Analysis, frame: ModelFrame, design: Design) -> dict[str, np.ndarray]:
    """Sums of the data and the priors' values (`Structure.swap_data`).

    Squares and products (`XtX`, `Xty`, `yty`), sums by group (`X_sum`, `y_sum`, `n_in_group`) and the
    number of rows.
    """
    X = design.X
    y = frame.y - design.added
    mu, sigma = normal_priors(analysis, design)
    group = analysis.priors[analysis.mean.groups[0]]["sigma"]
    assert isinstance(group, Prior)  # `matches` has seen it
    return {
        "XtX": X.T @ X,
        "Xty": X.T @ y,
        "yty": np.asarray(y @ y),
        "n_rows": np.asarray(float(len(y))),
        "X_sum": group_sums(frame, analysis, X),
        "y_sum": group_sums(frame, analysis, y),
        "n_in_group": group_sums(frame, analysis, np.ones_like(y)),
        "prior_mu": mu,
        "prior_sigma": sigma,
        "group_scale": np.asarray(group["sigma"], dtype=float),
        "residual_scale": np.asarray(analysis.priors["sigma"]["sigma"], dtype=float),
    }


def pymc_model(width: int) -> "pm.Model":
    """The structure with placeholders for its data.

    Parameters
    ----------
    width : int
        Number of coefficients, frozen when compiled.

    Returns
    -------
    pymc.Model
        Free variables `coefficients`, `group_sigma`, `sigma`.
    """
    import pymc as pm
    import pytensor.tensor as pt

    with pm.Model() as model:
        XtX = pm.Data("XtX", np.eye(width))
        Xty = pm.Data("Xty", np.zeros(width))
        yty = pm.Data("yty", np.asarray(1.0))
        n_rows = pm.Data("n_rows", np.asarray(2.0))
        X_sum = pm.Data("X_sum", np.zeros((2, width)))
        y_sum = pm.Data("y_sum", np.zeros(2))
        n_in_group = pm.Data("n_in_group", np.ones(2))
        mu = pm.Data("prior_mu", np.zeros(width))
        spread = pm.Data("prior_sigma", np.ones(width))
        group_scale = pm.Data("group_scale", np.asarray(1.0))
        residual_scale = pm.Data("residual_scale", np.asarray(1.0))
        beta = pm.Normal("coefficients", mu, spread, shape=width)
        tau = pm.HalfNormal("group_sigma", group_scale)
        sigma = pm.HalfNormal("sigma", residual_scale)
        squares = yty - 2 * pt.dot(Xty, beta) + pt.dot(beta, pt.dot(XtX, beta))
        sums = y_sum - X_sum @ beta
        v = sigma**2 + n_in_group * tau**2
        deviance = (
            n_rows * np.log(2 * np.pi)
            + (n_rows - n_in_group.shape[0]) * 2 * pt.log(sigma)
            + pt.sum(pt.log(v))
            + (squares - pt.sum(tau**2 * sums**2 / v)) / sigma**2
        )
        pm.Potential("likelihood", -0.5 * deviance)
    return model


def named(
    sampled: xr.Dataset,
    frame: ModelFrame,
    design: Design,
    analysis: Analysis,
    rng: np.random.Generator,
) -> xr.Dataset:
    """Bambi's names; the group effects are drawn from their exact conditional (`Structure.named`).

    One variable a term, ``1|<group>_sigma``, ``sigma`` and ``1|<group>``.
    """
    group = analysis.mean.grouping[0]
    posterior = split_terms(sampled["coefficients"].to_numpy(), design)
    posterior[f"1|{group}_sigma"] = labelled(sampled["group_sigma"].to_numpy())
    posterior["sigma"] = labelled(sampled["sigma"].to_numpy())
    posterior[f"1|{group}"] = draw_group_effects(posterior, frame, design, analysis, rng)
    return posterior


def prior_draws(
    frame: ModelFrame, design: Design, analysis: Analysis, size: int, rng: np.random.Generator
) -> xr.Dataset:
    """As `named`, without the group effects (`Structure.prior_draws`)."""
    draws = split_terms(prior_coefficients(analysis, design, size, rng), design)
    group = analysis.mean.groups[0]
    for key, hyper in analysis.priors[group].hyper_priors():
        draws[f"{group}_{key}"] = labelled(hyper.sample(size, rng)[None])
    draws["sigma"] = labelled(analysis.priors["sigma"].sample(size, rng)[None])
    return draws


def _residual_sums(
    posterior: xr.Dataset, frame: ModelFrame, design: Design, analysis: Analysis
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Per draw and group: sum of residuals, sum of their squares; with n, sigma^2 and tau^2."""
    group = analysis.mean.grouping[0]
    residual = frame.y - linear_predictor(posterior, design)
    n = group_sums(frame, analysis, np.ones(frame.n_rows))
    index = np.argsort(frame.codes(group), kind="stable")
    starts = np.concatenate([[0], np.cumsum(n)[:-1]]).astype(int)
    ordered = residual[..., index]
    sums = np.add.reduceat(ordered, starts, axis=-1)
    squares = np.add.reduceat(ordered**2, starts, axis=-1)
    variance = posterior["sigma"].to_numpy()[..., None] ** 2
    between = posterior[f"1|{group}_sigma"].to_numpy()[..., None] ** 2
    return sums, squares, n, variance, between


def draw_group_effects(
    posterior: xr.Dataset,
    frame: ModelFrame,
    design: Design,
    analysis: Analysis,
    rng: np.random.Generator,
) -> xr.DataArray:
    """Draw the group effects from their exact conditional, one set a posterior draw.

    Parameters
    ----------
    posterior : xarray.Dataset
        Draws of everything else.
    frame : ModelFrame
        The data.
    design : Design
        The predictors.
    analysis : Analysis
        Names the grouping column.
    rng : numpy.random.Generator
        The source of randomness.

    Returns
    -------
    xarray.DataArray
        ``1|<group>`` with Bambi's dimensions.
    """
    group = analysis.mean.grouping[0]
    sums, _, n, variance, between = _residual_sums(posterior, frame, design, analysis)
    v = variance + n * between
    mean = between * sums / v
    effects = mean + np.sqrt(between * variance / v) * rng.standard_normal(sums.shape)
    found = labelled(effects, {f"{group}__factor_dim": frame.levels(group)}, posterior)
    return found.rename(f"1|{group}")


def log_likelihood(
    posterior: xr.Dataset, frame: ModelFrame, design: Design, analysis: Analysis
) -> xr.DataArray:
    """Marginal, one a group (`Structure.log_likelihood`).

    It is what leaving out one patient needs.
    """
    sums, squares, n, variance, between = _residual_sums(posterior, frame, design, analysis)
    v = variance + n * between
    quadratic = (squares - between * sums**2 / v) / variance
    deviance = n * np.log(2 * np.pi) + (n - 1) * np.log(variance) + np.log(v) + quadratic
    group = analysis.mean.grouping[0]
    return labelled(-0.5 * deviance, {group: frame.levels(group)}, posterior)


def replicate(
    posterior: xr.Dataset,
    frame: ModelFrame,
    design: Design,
    analysis: Analysis,
    rng: np.random.Generator,
) -> np.ndarray:
    """Outcomes of new groups observed at the same rows (`Structure.replicate`)."""
    group = analysis.mean.grouping[0]
    mean = linear_predictor(posterior, design)
    tau = posterior[f"1|{group}_sigma"].to_numpy()[..., None]
    sigma = posterior["sigma"].to_numpy()[..., None]
    effects = tau * rng.standard_normal((*tau.shape[:2], len(frame.levels(group))))
    noise = sigma * rng.standard_normal(mean.shape)
    return np.asarray(mean + effects[..., frame.codes(group)] + noise)
