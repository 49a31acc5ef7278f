"""The structure of kind `gaussian_copula`: its data, its graph, its draws by name, its likelihood."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from scipy.special import expit, ndtr, ndtri

from adbayes.model.analysis import SCORE, Analysis
from adbayes.model.bambi_model import Design
from adbayes.model.frame import ModelFrame
from adbayes.model.gaussian_copula import NAME as KIND
from adbayes.model.gaussian_copula import covariance
from adbayes.model.lkj import Lkj, correlations, from_positions, matrix_in_pymc, pairs
from adbayes.model.structure import Frozen, by_hand, labelled, of_kind

if TYPE_CHECKING:
    import pymc as pm

NAME = "copula_structure"
DIMS = {
    "category": ("unit", "score"),
    "first": ("score",),
    "count": ("score",),
    "correlation_shape": ("correlation",),
    "margin_weight": ("weight",),
}
FREE: frozenset[str] = frozenset()
POSITIVE = frozenset({"count", "correlation_shape", "margin_weight"})
POINTS = 32
"""Points of the rectangle probabilities. Against 4096 of them a patient's is 4 % off (root mean square),
and the sum over 99 patients 0.3, where its SD over draws is 7."""
_CHUNK = 250  # draws at a time: a rectangle's arrays stay below 10 MB
_MARGINS = "margins__value_dim"  # one share a value: not among the summarised parameters


matches = of_kind(KIND)


def values_of(frame: ModelFrame) -> dict[str, np.ndarray]:
    """The values of each score that occur.

    Parameters
    ----------
    frame : ModelFrame
        Stacked rows.

    Returns
    -------
    dict of str to numpy.ndarray
        Score to its values, ascending.
    """
    values = frame.y
    return {name: np.unique(values[frame.outcomes == name]) for name in frame.levels(SCORE)}


def _categories(frame: ModelFrame, analysis: Analysis) -> np.ndarray:
    """Category of each unit's scores, -1 where missing."""
    unit, values = frame.codes(analysis.options["unit"]), frame.y
    found = np.full((unit.max() + 1, len(frame.levels(SCORE))), -1)
    for j, (name, there) in enumerate(values_of(frame).items()):
        mine = frame.outcomes == name
        found[unit[mine], j] = np.searchsorted(there, values[mine])
    return found


def frozen(analysis: Analysis, frame: ModelFrame, design: Design) -> Frozen:
    """What is frozen when it is compiled (`Structure.frozen`).

    Number of units, number of scores, number of values of all scores together.
    """
    category = _categories(frame, analysis)
    return *category.shape, sum(map(len, values_of(frame).values()))


def swap_data(analysis: Analysis, frame: ModelFrame, design: Design) -> dict[str, np.ndarray]:
    """As `adbayes.model.copula_density.value_and_gradient` takes them (`Structure.swap_data`)."""
    count = np.array([len(values) for values in values_of(frame).values()])
    priors = analysis.priors
    return {
        "category": _categories(frame, analysis).astype(float),
        "first": (np.cumsum(count) - count).astype(float),
        "count": count.astype(float),
        "correlation_shape": Lkj(priors["correlation"].number("eta")).shapes(len(count)),
        "margin_weight": np.array([priors["margins"].number("a")]),
    }


def pymc_model(units: int, size: int, total: int) -> "pm.Model":
    """The density with placeholders for its data.

    Parameters
    ----------
    units, size, total : int
        From `frozen`.

    Returns
    -------
    pymc.Model
        Free variables `position` (of partial correlations between -1 and 1), `gammas`, whose parts of
        a score's sum are its shares, and `places` of the latent normals between their thresholds.
    """
    import pymc as pm
    import pytensor.tensor as pt

    count = size * (size - 1) // 2
    with pm.Model() as model:
        category = pt.cast(pm.Data("category", np.zeros((units, size))), "int64")
        first = pt.cast(pm.Data("first", np.zeros(size)), "int64")
        number = pt.cast(pm.Data("count", np.full(size, 2.0)), "int64")
        shape = pm.Data("correlation_shape", np.ones(count))
        weight = pm.Data("margin_weight", np.ones(1))
        position = pm.Beta("position", shape, shape, shape=count)
        gammas = pm.Gamma("gammas", weight[0], 1.0, shape=total)
        places = pm.Flat("places", shape=(units, size))
        index = np.arange(total)
        score = pt.sum(pt.ge(index[:, None], first[None, :]), axis=1) - 1
        same = pt.eq(score[:, None], score[None, :])
        below = pt.sum(same * np.tri(total) * gammas[None, :], axis=1)
        last = pt.eq(index, first[score] + number[score] - 1)
        share = pt.switch(last, 0.5, below / pt.sum(same * gammas[None, :], axis=1))
        cut = np.sqrt(2) * pt.erfinv(2 * share - 1)
        low = cut[pt.maximum(first[None, :] + category - 1, 0)]
        high = cut[first[None, :] + pt.maximum(category, 0)]
        lowest, highest = pt.eq(category, 0), pt.eq(category, number[None, :] - 1)
        missing, ends = pt.lt(category, 0), lowest | highest
        width = pt.switch(ends | missing, 1.0, high - low)
        z = pt.switch(lowest, high - pt.exp(places), low + width * pt.sigmoid(places))
        z = pt.switch(highest, low + pt.exp(places), z)
        z = pt.switch(missing, places, z)
        inside = pt.log(width) - pt.softplus(places) - pt.softplus(-places)
        pm.Potential("jacobian", pt.sum(pt.switch(missing, 0, pt.switch(ends, places, inside))))
        found = correlations([2 * position[k] - 1 for k in range(count)], size)
        C = matrix_in_pymc(found, size)
        pm.Potential("normals", pt.sum(pm.logp(pm.MvNormal.dist(np.zeros(size), C), z)))
    return model


def nutpie_model(units: int, size: int, total: int) -> Any:
    """The same density, compiled by Numba (`Structure.pymc_model`).

    The latent normals are sampled and not kept.
    """
    from adbayes.model.copula_density import value_and_gradient

    count = size * (size - 1) // 2
    return by_hand(
        pymc_model(units, size, total),
        value_and_gradient,
        {"position": (count,), "gammas": (total,), "places": (units, size)},
        {"position": lambda p, _: expit(p), "gammas": lambda g, _: np.exp(g)},
    )


def named(
    sampled: xr.Dataset,
    frame: ModelFrame,
    design: Design,
    analysis: Analysis,
    rng: np.random.Generator,
) -> xr.Dataset:
    """``correlation`` by pair of scores, and ``margins`` (`Structure.named`).

    Margins are the share of each value of each score.
    """
    found = from_positions(sampled["position"].to_numpy(), len(frame.levels(SCORE)))
    gammas, start = sampled["gammas"].to_numpy(), 0
    shares = []
    for values in values_of(frame).values():
        own = gammas[..., start : start + len(values)]
        shares.append(own / own.sum(axis=-1, keepdims=True))
        start += len(values)
    return _labelled(found, np.concatenate(shares, axis=-1), frame)


def _labelled(correlation: np.ndarray, margins: np.ndarray, frame: ModelFrame) -> xr.Dataset:
    cells = [f"{name}, {value:g}" for name, there in values_of(frame).items() for value in there]
    return xr.Dataset(
        {
            "correlation": labelled(correlation, {"correlation_dim": pairs(frame.levels(SCORE))}),
            "margins": labelled(margins, {_MARGINS: cells}),
        }
    )


def prior_draws(
    frame: ModelFrame, design: Design, analysis: Analysis, size: int, rng: np.random.Generator
) -> xr.Dataset:
    """As `named` (`Structure.prior_draws`)."""
    there = values_of(frame)
    found = analysis.priors["correlation"].sample(size, rng, len(there))
    shares = [analysis.priors["margins"].sample(size, rng, len(own)) for own in there.values()]
    tiny = np.finfo(float).tiny  # shares of a small weight may be 0 in floating point
    return _labelled(found[None], np.maximum(np.concatenate(shares, axis=1), tiny)[None], frame)


def _margins(posterior: xr.Dataset, frame: ModelFrame) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Values of each score, and the probabilities of at most each of them: ``(..., value)``."""
    shares, start = posterior["margins"].transpose("chain", "draw", _MARGINS).to_numpy(), 0
    for values in values_of(frame).values():
        below = np.cumsum(shares[..., start : start + len(values)], axis=-1)
        yield values, np.minimum(below, 1.0)
        start += len(values)


def log_likelihood(
    posterior: xr.Dataset, frame: ModelFrame, design: Design, analysis: Analysis
) -> xr.DataArray:
    """Log probability of each unit's scores (`Structure.log_likelihood`).

    The latent normals are integrated out: rectangle probabilities by the sequential importance
    sampler of Geweke, Hajivassiliou and Keane (Genz 1992, doi 10.1080/10618600.1992.10477010) on
    `POINTS` points of one lattice, the same for all draws.
    """
    category = _categories(frame, analysis)
    size = category.shape[1]
    lower, upper = [], []
    for j, (_, below) in enumerate(_margins(posterior, frame)):
        edges = np.concatenate([np.zeros_like(below[..., :1]), below[..., :-1]], axis=-1)
        ends = np.concatenate([below[..., :-1], np.ones_like(below[..., :1])], axis=-1)
        missing, k = category[:, j] < 0, np.maximum(category[:, j], 0)
        lower.append(np.where(missing, -np.inf, ndtri(edges[..., k])))
        upper.append(np.where(missing, np.inf, ndtri(ends[..., k])))
    shape = lower[0].shape
    low, high = (np.stack(bounds, -1).reshape(-1, shape[-1], size) for bounds in (lower, upper))
    factor = np.linalg.cholesky(covariance(posterior, analysis, [])).reshape(-1, size, size)
    # A Kronecker lattice by the generalised golden ratio of its dimension.
    root = np.roots([1, *[0] * (size - 2), -1, -1])
    golden = float(root[np.isreal(root) & (root.real > 0)].real[0])
    steps = golden ** -np.arange(1, size)
    points = (0.5 + np.arange(POINTS)[:, None] * steps) % 1.0
    density = np.empty((len(low), shape[-1]))
    for start in range(0, len(low), _CHUNK):
        part = slice(start, start + _CHUNK)
        density[part] = _rectangles(factor[part], low[part], high[part], points)
    name = analysis.options["unit"]
    return labelled(density.reshape(shape), {name: frame.levels(name)}, posterior)


def _rectangles(
    factor: np.ndarray, low: np.ndarray, high: np.ndarray, points: np.ndarray
) -> np.ndarray:
    """Log probabilities of rectangles: ``(draw, unit)``."""
    size = factor.shape[-1]
    weight = np.ones((*low.shape[:2], len(points)))
    w: list[np.ndarray] = []
    for j in range(size):
        given = sum((factor[:, j, k, None, None] * w[k] for k in range(j)), start=np.zeros(()))
        scale = factor[:, j, j, None, None]
        ends = [ndtr((bound[..., j, None] - given) / scale) for bound in (low, high)]
        mass = np.maximum(ends[1] - ends[0], 0.0)
        weight = weight * mass
        if j < size - 1:
            inside = np.clip(ends[0] + mass * points[:, j], 1e-15, 1 - 1e-15)
            w.append(ndtri(inside))
    return np.asarray(np.log(np.maximum(weight.mean(axis=-1), np.finfo(float).tiny)))


def replicate(
    posterior: xr.Dataset,
    frame: ModelFrame,
    design: Design,
    analysis: Analysis,
    rng: np.random.Generator,
) -> np.ndarray:
    """Scores of new units with the same scores present (`Structure.replicate`).

    They are values that occur in the data.
    """
    unit = frame.codes(analysis.options["unit"])
    factor = np.linalg.cholesky(covariance(posterior, analysis, []))
    normal = factor @ rng.standard_normal((*factor.shape[:2], factor.shape[-1], unit.max() + 1))
    found = np.empty((*factor.shape[:2], len(unit)))
    for j, ((values, below), name) in enumerate(
        zip(_margins(posterior, frame), frame.levels(SCORE), strict=True)
    ):
        mine = frame.outcomes == name
        share = ndtr(normal[:, :, j, unit[mine]])
        place = (share[..., None] > below[:, :, None, :-1]).sum(axis=-1)
        found[..., mine] = values[place]
    return found
