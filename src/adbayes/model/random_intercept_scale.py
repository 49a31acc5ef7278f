"""A normal or lognormal outcome with one group intercept and a regression of the log SD.

The group's intercept u is integrated out. With the residuals r of a group (of the logarithms, where the
outcome is lognormal), their SDs s and the SD of the intercepts tau,

    log p = sum [-log s - r^2 / (2 s^2)] - 1/2 log(1 + tau^2 P) + 1/2 tau^2 B^2 / (1 + tau^2 P),

up to constants, where P is the sum of 1 / s^2 and B that of r / s^2. Sampled with the intercepts as
parameters, as Bambi's graph does, such a model mixes badly where visits tell much of a patient (R-hat 1.015
for LDH of 64 patients whose SD is twice that of their visits); here they are drawn afterwards, exactly. A
test holds the density equal to Bambi's.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from adbayes.model.analysis import MEAN, Analysis
from adbayes.model.bambi_model import Design
from adbayes.model.coefficients import (
    linear_predictor,
    normal_priors,
    prior_coefficients,
    split_terms,
)
from adbayes.model.frame import ModelFrame
from adbayes.model.location_scale import SCALE, scale_design
from adbayes.model.priors import Prior
from adbayes.model.structure import Frozen, labelled

if TYPE_CHECKING:
    import pymc as pm

NAME = "random_intercept_scale"
DIMS = {
    "X": ("group", "place", "coefficient"),
    "Z": ("group", "place", "scale_coefficient"),
    "y": ("group", "place"),
    "there": ("group", "place"),
    "offset": ("group", "place"),
    "scale_offset": ("group", "place"),
    "log_jacobian": (),
    "prior_mu": ("coefficient",),
    "prior_sigma": ("coefficient",),
    "scale_prior_mu": ("scale_coefficient",),
    "scale_prior_sigma": ("scale_coefficient",),
    "group_scale": (),
}
FREE = frozenset({"group", "place"})
POSITIVE = frozenset({"prior_sigma", "scale_prior_sigma", "group_scale"})


def matches(analysis: Analysis) -> bool:
    """A normal or lognormal outcome, one intercept a group, a formula for ``sigma`` (`Structure.matches`).

    That of its log, without groups; normal priors of all coefficients, and a half-normal one of the SD of
    the intercepts.
    """
    if (
        analysis.kind != "bambi"
        or analysis.family.name not in ("gaussian", "lognormal")
        or analysis.link != "identity"
        or set(analysis.formulas) != {MEAN, SCALE}
        or analysis.formulas[SCALE].groups
        or len(analysis.mean.grouping) != 1
        or analysis.mean.groups != (f"1|{analysis.mean.grouping[0]}",)
    ):
        return False
    (group,) = analysis.mean.groups
    scale = analysis.priors[group]["sigma"]
    return (
        isinstance(scale, Prior)
        and scale.distribution == "HalfNormal"
        and not scale.is_hierarchical
        and all(
            prior.distribution == "Normal" and (name == group or not prior.is_hierarchical)
            for name, prior in analysis.priors.items()
        )
    )


def frozen(analysis: Analysis, frame: ModelFrame, design: Design) -> Frozen:
    """Numbers of coefficients of the mean and of the log SD (`Structure.frozen`)."""
    return (design.X.shape[1], scale_design(design).X.shape[1])


def swap_data(analysis: Analysis, frame: ModelFrame, design: Design) -> dict[str, np.ndarray]:
    """The rows of each group side by side, as many places as the largest group has (`Structure.swap_data`).

    `there` is 1 where a place holds a row; `log_jacobian` is what logarithms of the outcome add to the density.
    """
    scale = scale_design(design)
    mu, sigma = normal_priors(analysis, design)
    scale_mu, scale_sigma = normal_priors(analysis, scale)
    group = analysis.priors[analysis.mean.groups[0]]["sigma"]
    assert isinstance(group, Prior)  # `matches` has seen it
    at = places(frame, analysis)
    y = on_scale(frame, analysis)

    def placed(values: np.ndarray) -> np.ndarray:
        found = np.zeros((at[0].max() + 1, at[1].max() + 1, *values.shape[1:]))
        found[at] = values
        return found

    return {
        "X": placed(design.X),
        "Z": placed(scale.X),
        "y": placed(y),
        "there": placed(np.ones(frame.n_rows)),
        "offset": placed(design.added),
        "scale_offset": placed(scale.added),
        "log_jacobian": np.asarray(float(log_jacobian(frame, analysis).sum())),
        "prior_mu": mu,
        "prior_sigma": sigma,
        "scale_prior_mu": scale_mu,
        "scale_prior_sigma": scale_sigma,
        "group_scale": np.asarray(group["sigma"], dtype=float),
    }


def places(frame: ModelFrame, analysis: Analysis) -> tuple[np.ndarray, np.ndarray]:
    """Where each row stands when those of a group stand side by side.

    Parameters
    ----------
    frame : ModelFrame
        The rows.
    analysis : Analysis
        Names the grouping column.

    Returns
    -------
    tuple of numpy.ndarray
        Group, and place within it, of every row.
    """
    codes = frame.codes(analysis.mean.grouping[0])
    order = np.argsort(codes, kind="stable")
    first = np.searchsorted(codes[order], codes[order])
    within = np.empty_like(codes)
    within[order] = np.arange(len(codes)) - first
    return codes, within


def on_scale(frame: ModelFrame, analysis: Analysis) -> np.ndarray:
    """The outcome on the scale on which it is normal.

    Parameters
    ----------
    frame : ModelFrame
        The rows.
    analysis : Analysis
        Says whether the outcome is lognormal.

    Returns
    -------
    numpy.ndarray
        One value a row; logarithms of a lognormal outcome.
    """
    return np.log(frame.y) if analysis.family.name == "lognormal" else frame.y


def log_jacobian(frame: ModelFrame, analysis: Analysis) -> np.ndarray:
    """What the change of scale adds to the log density of each row.

    Parameters
    ----------
    frame : ModelFrame
        The rows.
    analysis : Analysis
        Says whether the outcome is lognormal.

    Returns
    -------
    numpy.ndarray
        One value a row: minus the logarithm of a lognormal outcome, 0 for a normal one.
    """
    return -np.log(frame.y) if analysis.family.name == "lognormal" else np.zeros(frame.n_rows)


def pymc_model(width: int, scale_width: int) -> "pm.Model":
    """The structure with placeholders for its data.

    Parameters
    ----------
    width, scale_width : int
        Numbers of coefficients of the mean and of the log SD, frozen when compiled.

    Returns
    -------
    pymc.Model
        Free variables `coefficients`, `scale_coefficients`, `group_sigma`.
    """
    import pymc as pm
    import pytensor.tensor as pt

    with pm.Model() as model:
        X = pm.Data("X", np.zeros((2, 2, width)))
        Z = pm.Data("Z", np.zeros((2, 2, scale_width)))
        y, there = pm.Data("y", np.zeros((2, 2))), pm.Data("there", np.ones((2, 2)))
        offset = pm.Data("offset", np.zeros((2, 2)))
        scale_offset = pm.Data("scale_offset", np.zeros((2, 2)))
        log_jacobian = pm.Data("log_jacobian", np.asarray(0.0))
        mu, sigma = pm.Data("prior_mu", np.zeros(width)), pm.Data("prior_sigma", np.ones(width))
        scale_mu = pm.Data("scale_prior_mu", np.zeros(scale_width))
        scale_sigma = pm.Data("scale_prior_sigma", np.ones(scale_width))
        group_scale = pm.Data("group_scale", np.asarray(1.0))
        location = pm.Normal("coefficients", mu, sigma, shape=width)
        spread = pm.Normal("scale_coefficients", scale_mu, scale_sigma, shape=scale_width)
        tau = pm.HalfNormal("group_sigma", group_scale)
        log_sd = scale_offset + pt.dot(Z, spread)
        precision = there * pt.exp(-2 * log_sd)
        residual = y - offset - pt.dot(X, location)
        inflated = 1 + tau**2 * pt.sum(precision, axis=1)
        pull = tau * pt.sum(precision * residual, axis=1)
        pm.Potential(
            "likelihood",
            log_jacobian
            - pt.sum(there * log_sd)
            - pt.sum(there) * np.log(2 * np.pi) / 2
            - pt.sum(precision * residual**2) / 2
            + pt.sum(pull**2 / inflated - pt.log(inflated)) / 2,
        )
    return model


def named(
    sampled: xr.Dataset,
    frame: ModelFrame,
    design: Design,
    analysis: Analysis,
    rng: np.random.Generator,
) -> xr.Dataset:
    """Bambi's names; the group effects are drawn from their exact conditional (`Structure.named`).

    One variable a term, those of the log SD called ``sigma_...``; ``1|<group>_sigma`` and ``1|<group>``.
    """
    (group,) = analysis.mean.grouping
    parts = [
        split_terms(sampled["coefficients"].to_numpy(), design),
        split_terms(sampled["scale_coefficients"].to_numpy(), scale_design(design)),
    ]
    found = xr.merge(parts, join="exact")
    found[f"1|{group}_sigma"] = labelled(sampled["group_sigma"].to_numpy())
    sums = _of_groups(found, frame, design, analysis)
    # Given all else the intercept is normal: precision 1 / tau^2 + P, mean B over it.
    variance = sums.between / sums.inflated
    noise = rng.standard_normal(variance.shape)
    effects = variance * sums.pull + np.sqrt(variance) * noise
    axes = {f"{group}__factor_dim": frame.levels(group)}
    return found.assign({f"1|{group}": labelled(effects, axes, found)})


def prior_draws(
    frame: ModelFrame, design: Design, analysis: Analysis, size: int, rng: np.random.Generator
) -> xr.Dataset:
    """As `named`, without the group effects (`Structure.prior_draws`)."""
    parts = [
        split_terms(prior_coefficients(analysis, one, size, rng), one)
        for one in (design, scale_design(design))
    ]
    draws = xr.merge(parts, join="exact")
    (group,) = analysis.mean.groups
    for key, hyper in analysis.priors[group].hyper_priors():
        draws[f"{group}_{key}"] = labelled(hyper.sample(size, rng)[None])
    return draws


@dataclass(frozen=True)
class _Sums:
    """What the rows of each group add up to, draw by draw.

    Parameters
    ----------
    rows : numpy.ndarray
        Log density of each row at an intercept of 0, ``(chain, draw, row)``.
    pull : numpy.ndarray
        B of each group, ``(chain, draw, group)``.
    between : numpy.ndarray
        Variance of the intercepts, ``(chain, draw, 1)``.
    inflated : numpy.ndarray
        1 + tau^2 P of each group.
    """

    rows: np.ndarray
    pull: np.ndarray
    between: np.ndarray
    inflated: np.ndarray


def _of_groups(
    posterior: xr.Dataset, frame: ModelFrame, design: Design, analysis: Analysis
) -> _Sums:
    log_sd = _log_sd(posterior, design, analysis)
    residual = on_scale(frame, analysis) - linear_predictor(posterior, design)
    precision = np.exp(-2 * log_sd)
    density = -log_sd - (np.log(2 * np.pi) + precision * residual**2) / 2
    between = posterior[f"{analysis.mean.groups[0]}_sigma"].to_numpy()[..., None] ** 2
    return _Sums(
        rows=density + log_jacobian(frame, analysis),
        pull=_by_group(precision * residual, frame, analysis),
        between=between,
        inflated=1 + between * _by_group(precision, frame, analysis),
    )


def _log_sd(posterior: xr.Dataset, design: Design, analysis: Analysis) -> np.ndarray:
    """Of every row; of all rows alike where the spec has one SD, which Bambi's graph samples."""
    if SCALE in analysis.formulas:
        return linear_predictor(posterior, scale_design(design))
    one = posterior[SCALE].transpose("chain", "draw").to_numpy()[..., None]
    return np.log(np.broadcast_to(one, (*one.shape[:2], len(design.X))))


def _by_group(values: np.ndarray, frame: ModelFrame, analysis: Analysis) -> np.ndarray:
    """Sums over the rows of each group; every level of the frame has rows."""
    codes = frame.codes(analysis.mean.grouping[0])
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(codes[order]) > 0])
    return np.asarray(np.add.reduceat(values[..., order], starts, axis=-1))


def log_likelihood(
    posterior: xr.Dataset, frame: ModelFrame, design: Design, analysis: Analysis
) -> xr.DataArray:
    """Marginal, one a group (`Structure.log_likelihood`).

    It holds for any draws of such a model, those of Bambi's graph under other priors or with one SD among them.
    """
    (group,) = analysis.mean.grouping
    sums = _of_groups(posterior, frame, design, analysis)
    shared = (sums.between * sums.pull**2 / sums.inflated - np.log(sums.inflated)) / 2
    values = _by_group(sums.rows, frame, analysis) + shared
    return labelled(values, {group: frame.levels(group)}, posterior)


def replicate(
    posterior: xr.Dataset,
    frame: ModelFrame,
    design: Design,
    analysis: Analysis,
    rng: np.random.Generator,
) -> np.ndarray:
    """Outcomes of new groups observed at the same rows (`Structure.replicate`)."""
    (group,) = analysis.mean.grouping
    mean = linear_predictor(posterior, design)
    sd = np.exp(linear_predictor(posterior, scale_design(design)))
    tau = posterior[f"1|{group}_sigma"].to_numpy()[..., None]
    effects = tau * rng.standard_normal((*tau.shape[:2], len(frame.levels(group))))
    values = mean + effects[..., frame.codes(group)] + sd * rng.standard_normal(mean.shape)
    return np.exp(values) if analysis.family.name == "lognormal" else np.asarray(values)
