"""The structure of kind `joint_scores`: its data, its graph, its draws by name, its likelihood.

The patients' effects are integrated out. `adbayes.model.joint_density` has the density that is
sampled; the graph here, with one covariance of all scores at all times, is its oracle.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from scipy.special import expit

from adbayes.model.analysis import SCORE, Analysis
from adbayes.model.bambi_model import Design
from adbayes.model.coefficients import (
    linear_predictor,
    normal_priors,
    prior_coefficients,
    split_terms,
)
from adbayes.model.frame import ModelFrame
from adbayes.model.joint_scores import NAME as KIND
from adbayes.model.joint_scores import effect_covariance, residual_covariance
from adbayes.model.lkj import Lkj, correlations, from_positions, matrix_in_pymc, pairs
from adbayes.model.structure import Frozen, by_hand, labelled, of_kind, scales
from adbayes.model.visit_patterns import log_density, patterns

if TYPE_CHECKING:
    import pymc as pm

NAME = "joint_structure"
DIMS = {
    "X": ("row", "coefficient"),
    "row_of": ("unit", "time", "score"),
    "y": ("unit", "time", "score"),
    "pattern_of": ("unit",),
    "present": ("pattern", "time", "score"),
    "prior_mu": ("coefficient",),
    "prior_sigma": ("coefficient",),
    "beta_start": ("coefficient",),
    "beta_root": ("coefficient", "coefficient"),
    "effect_scale": ("score",),
    "sigma_scale": ("score",),
    "effect_shape": ("correlation",),
    "residual_shape": ("correlation",),
}
FREE = frozenset({"unit", "pattern", "row"})
POSITIVE = frozenset({"prior_sigma", "effect_scale", "sigma_scale", "effect_shape"}) | {
    "residual_shape"
}


matches = of_kind(KIND)


def _levels(frame: ModelFrame, analysis: Analysis) -> tuple[list[str], list[str]]:
    """Times and scores in the data."""
    return frame.levels(analysis.options["time"]), frame.levels(SCORE)


def _placed(frame: ModelFrame, analysis: Analysis) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit, time and score of every row, counted from 0."""
    unit, time = (frame.codes(analysis.options[name]) for name in ("unit", "time"))
    return unit, time, frame.codes(SCORE)


def _sizes(analysis: Analysis, frame: ModelFrame) -> tuple[int, int, int]:
    """Numbers of times, scores, and matrices of residual correlations."""
    times, scores = _levels(frame, analysis)
    groups = len(times) if analysis.options["residuals"] == "by_time" else 1
    return len(times), len(scores), groups


def frozen(analysis: Analysis, frame: ModelFrame, design: Design) -> Frozen:
    """What is frozen when it is compiled (`Structure.frozen`).

    Numbers of coefficients, times, scores, and matrices of residual correlations.
    """
    return design.X.shape[1], *_sizes(analysis, frame)


def swap_data(analysis: Analysis, frame: ModelFrame, design: Design) -> dict[str, np.ndarray]:
    """Outcomes by unit, time and score, and the priors' values (`Structure.swap_data`).

    `X`, the different rows of the design matrix; `row_of` each unit, time and score, and `y`, both 0
    where missing; `pattern_of` each unit and what is `present` in a pattern; and the scale on which
    the coefficients are sampled (`beta_start`, `beta_root`).

    Raises
    ------
    SpecError
        For a prior whose list has another length than the scores.
    """
    times, scores = _levels(frame, analysis)
    unit, time, score = _placed(frame, analysis)
    priors = analysis.priors
    values = frame.y - design.added
    shape = (unit.max() + 1, len(times), len(scores))
    X, of = np.unique(design.X, axis=0, return_inverse=True)
    row_of, y = np.zeros(shape), np.zeros(shape)
    row_of[unit, time, score], y[unit, time, score] = of.reshape(-1), values
    place = time * len(scores) + score
    kinds, pattern_of = patterns(unit, place, len(times) * len(scores))
    mu, spread = normal_priors(analysis, design)
    start, root = _sampling_scale(design.X, values, place, mu, spread)
    sds = {
        name: scales(analysis, name, len(scores), f"scores ({', '.join(scores)})", "score")
        for name in ("effect_sd", "sigma")
    }
    return {
        "X": X,
        "row_of": row_of,
        "y": y,
        "pattern_of": pattern_of.astype(float),
        "present": kinds.reshape(-1, *shape[1:]).astype(float),
        "prior_mu": mu,
        "prior_sigma": spread,
        "beta_start": start,
        "beta_root": root,
        "effect_scale": sds["effect_sd"],
        "sigma_scale": sds["sigma"],
        **{
            f"{name}_shape": Lkj(priors[f"{name}_correlation"].number("eta")).shapes(len(scores))
            for name in ("effect", "residual")
        },
    }


def _sampling_scale(
    X: np.ndarray, y: np.ndarray, cell: np.ndarray, mu: np.ndarray, spread: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and root of the covariance of the coefficients, were all outcomes independent.

    Only the sampler's steps depend on it: baselines and changes are nearly one line as they are.
    """
    count = np.maximum(np.bincount(cell), 1)
    mean = np.bincount(cell, y) / count
    variance = np.bincount(cell, (y - mean[cell]) ** 2) / count
    weight = 1 / (variance + 1e-8 * (1 + np.abs(y).max()))[cell]
    precision = X.T @ (weight[:, None] * X) + np.diag(1 / spread**2)
    covariance = np.linalg.inv(precision)
    return covariance @ (X.T @ (weight * y) + mu / spread**2), np.linalg.cholesky(covariance)


def pymc_model(width: int, n_times: int, size: int, groups: int) -> "pm.Model":
    """The density with placeholders for its data.

    Parameters
    ----------
    width, n_times, size : int
        Numbers of coefficients, times and scores.
    groups : int
        Matrices of residual correlations: 1, or one a time.

    Returns
    -------
    pymc.Model
        Free variables `coefficients`, `effect_sd`, `sigma`, and `effect_position` and
        `residual_position` of the partial correlations between -1 and 1.
    """
    import pymc as pm
    import pytensor.tensor as pt

    count = size * (size - 1) // 2

    def matrix(position: Any, sd: Any) -> Any:
        found = correlations([2 * position[k] - 1 for k in range(count)], size)
        return sd[:, None] * matrix_in_pymc(found, size) * sd[None, :]

    with pm.Model() as model:
        X = pm.Data("X", np.zeros((1, width)))
        row_of = pm.Data("row_of", np.zeros((1, n_times, size)))
        y = pm.Data("y", np.zeros((1, n_times, size)))
        pattern_of = pm.Data("pattern_of", np.zeros(1))
        present = pm.Data("present", np.ones((1, n_times, size)))
        mu = pm.Data("prior_mu", np.zeros(width))
        spread = pm.Data("prior_sigma", np.ones(width))
        pm.Data("beta_start", np.zeros(width))  # the sampler's scale, no part of the density
        pm.Data("beta_root", np.eye(width))
        effect_scale = pm.Data("effect_scale", np.ones(size))
        sigma_scale = pm.Data("sigma_scale", np.ones(size))
        effect_shape = pm.Data("effect_shape", np.ones(count))
        residual_shape = pm.Data("residual_shape", np.ones(count))
        beta = pm.Normal("coefficients", mu, spread, shape=width)
        effect = pm.HalfNormal("effect_sd", effect_scale, shape=size)
        sigma = pm.HalfNormal("sigma", sigma_scale[None, :], shape=(n_times, size))
        of_effects = pm.Beta("effect_position", effect_shape, effect_shape, shape=count)
        of_residuals = pm.Beta(
            "residual_position", residual_shape, residual_shape, shape=(groups, count)
        )
        blocks = [matrix(of_residuals[s if groups > 1 else 0], sigma[s]) for s in range(n_times)]
        S = pt.tile(matrix(of_effects, effect), (n_times, n_times)) + pt.linalg.block_diag(*blocks)
        here = present[pt.cast(pattern_of, "int64")].reshape((-1, n_times * size))
        both = here[:, :, None] * here[:, None, :]
        whole = both * S[None] + pt.eye(n_times * size)[None] * (1 - here)[:, :, None]
        residual = (y - (X @ beta)[pt.cast(row_of, "int64")]).reshape((-1, n_times * size)) * here
        factor = pt.linalg.cholesky(whole)
        log_det = 2 * pt.sum(pt.log(pt.diagonal(factor, axis1=-2, axis2=-1)))
        white = pt.linalg.solve_triangular(factor, residual[:, :, None], lower=True)
        constant = pt.sum(here) * np.log(2 * np.pi)
        pm.Potential("likelihood", -0.5 * (constant + log_det + pt.sum(white**2)))
    return model


def nutpie_model(width: int, n_times: int, size: int, groups: int) -> Any:
    """The same density and variables, compiled by Numba (`Structure.pymc_model`)."""
    from adbayes.model.joint_density import value_and_gradient

    count = size * (size - 1) // 2
    parts = {
        "coefficients": (width,),
        "effect_sd": (size,),
        "sigma": (n_times, size),
        "effect_position": (count,),
        "residual_position": (groups, count),
    }
    return by_hand(
        pymc_model(width, n_times, size, groups),
        value_and_gradient,
        parts,
        {
            "coefficients": lambda z, data: data["beta_start"] + data["beta_root"] @ z,
            "effect_sd": lambda t, data: data["effect_scale"] * np.exp(t),
            "sigma": lambda s, data: data["sigma_scale"] * np.exp(s),
            "effect_position": lambda e, _: expit(e),
            "residual_position": lambda r, _: expit(r),
        },
    )


def named(
    sampled: xr.Dataset,
    frame: ModelFrame,
    design: Design,
    analysis: Analysis,
    rng: np.random.Generator,
) -> xr.Dataset:
    """One variable a term, SDs and correlations (`Structure.named`).

    ``effect_sd`` by score, ``sigma`` by time and score, ``effect_correlation`` and
    ``residual_correlation`` by pair of scores (and time).
    """
    size = len(_levels(frame, analysis)[1])
    values = {name: sampled[name].to_numpy() for name in ("effect_sd", "sigma")}
    for name in ("effect", "residual"):
        position = sampled[f"{name}_position"].to_numpy()
        values[f"{name}_correlation"] = from_positions(position, size)
    return _labelled(sampled["coefficients"].to_numpy(), values, frame, design, analysis)


def _labelled(
    coefficients: np.ndarray,
    values: dict[str, np.ndarray],
    frame: ModelFrame,
    design: Design,
    analysis: Analysis,
) -> xr.Dataset:
    draws = split_terms(coefficients, design)
    times, scores = _levels(frame, analysis)
    if analysis.options["residuals"] == "common":
        values["residual_correlation"] = values["residual_correlation"][:, :, 0]
    for name, array in values.items():
        labels = pairs(scores) if name.endswith("_correlation") else scores
        # Scores last, where a list of prior values is one a score.
        by_time = {f"{name}_time": times} if array.ndim == 4 else {}
        draws[name] = labelled(array, {**by_time, f"{name}_dim": labels})
    return draws


def prior_draws(
    frame: ModelFrame, design: Design, analysis: Analysis, size: int, rng: np.random.Generator
) -> xr.Dataset:
    """As `named` (`Structure.prior_draws`)."""
    priors = analysis.priors
    n_times, count, groups = _sizes(analysis, frame)
    coefficients = prior_coefficients(analysis, design, size, rng)
    residual = priors["residual_correlation"].sample(size * groups, rng, count)
    values = {
        "effect_sd": priors["effect_sd"].sample(size, rng, count)[None],
        "sigma": priors["sigma"]
        .sample(size * n_times, rng, count)
        .reshape(1, size, n_times, count),
        "effect_correlation": priors["effect_correlation"].sample(size, rng, count)[None],
        "residual_correlation": residual.reshape(1, size, groups, -1),
    }
    return _labelled(coefficients, values, frame, design, analysis)


def log_likelihood(
    posterior: xr.Dataset, frame: ModelFrame, design: Design, analysis: Analysis
) -> xr.DataArray:
    """Marginal, one a unit (`Structure.log_likelihood`).

    It is what leaving out one patient needs.
    """
    times, scores = _levels(frame, analysis)
    unit, time, score = _placed(frame, analysis)
    S = np.tile(effect_covariance(posterior), (1, 1, len(times), len(times)))
    for t, block in enumerate(np.moveaxis(residual_covariance(posterior), 2, 0)):
        own = slice(t * len(scores), (t + 1) * len(scores))
        S[..., own, own] += block
    residual = frame.y - linear_predictor(posterior, design)
    density = log_density(residual, unit, time * len(scores) + score, S)
    name = analysis.options["unit"]
    return labelled(density, {name: frame.levels(name)}, posterior)


def replicate(
    posterior: xr.Dataset,
    frame: ModelFrame,
    design: Design,
    analysis: Analysis,
    rng: np.random.Generator,
) -> np.ndarray:
    """Outcomes of new units with the same values present (`Structure.replicate`)."""
    unit, time, score = _placed(frame, analysis)
    mean = linear_predictor(posterior, design)
    of_unit = np.linalg.cholesky(effect_covariance(posterior))
    of_rest = np.linalg.cholesky(residual_covariance(posterior))
    units, size, times = unit.max() + 1, of_unit.shape[-1], of_rest.shape[2]
    effects = of_unit @ rng.standard_normal((*mean.shape[:2], size, units))
    rest = of_rest @ rng.standard_normal((*mean.shape[:2], times, size, units))
    return np.asarray(mean + effects[..., score, unit] + rest[..., time, score, unit])
