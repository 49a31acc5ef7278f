"""The likelihood with the patient as the unit: patient effects integrated out.

Leave-one-patient-out needs p(all outcomes of a patient | parameters). Where the fit does not have it
in closed form, one random intercept is integrated by Gauss-Hermite quadrature, its nodes moved to where
the posterior has the patient's effect (Merkle, Furr and Rabe-Hesketh 2019, doi
10.1007/s11336-019-09679-0). The conditional likelihoods are those of `row_families`: all that a spec may name.
"""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from scipy.special import logsumexp, roots_hermitenorm

from adbayes.errors import SpecError
from adbayes.inference.patient_likelihood import integrates
from adbayes.inference.row_families import log_density
from adbayes.model.compiled import structure_of

if TYPE_CHECKING:
    from adbayes.inference.fit import Fit

NODES = 21
DRAWS = 1000  # each costs NODES evaluations of the likelihood of all rows
_LEVELS = "__factor_dim"
# Effects of single groups, single imputed values, shares of single values of a score.
_SINGLE = (_LEVELS, "__missing_dim", "__value_dim")


def patient_log_likelihood(fit: "Fit", nodes: int = NODES, size: int = DRAWS) -> xr.DataArray:
    """Log-likelihood of all outcomes of each patient, patient effects integrated out.

    Parameters
    ----------
    fit : Fit
        A fitted model.
    nodes : int, optional
        Quadrature nodes, where the integral has no closed form.
    size : int, optional
        About how many draws are used then; elsewhere all are.

    Returns
    -------
    xarray.DataArray
        Dimensions ``chain``, ``draw`` and ``unit`` (the patient's name; the row's number in a table
        without patients). The coordinates ``chain`` and ``draw`` say which draws were used.

    Raises
    ------
    SpecError
        Where the integral has more than one dimension, or the effects are not normal.
    """
    groups = fit.analysis.group_effects
    if structure_of(fit.analysis) is None and groups and not integrates(fit.analysis):
        return _by_quadrature(fit, groups, nodes, size)
    found = _only(fit.log_likelihood)
    (dim,) = (str(name) for name in found.dims if name not in ("chain", "draw"))
    found = found.rename({dim: "unit"}).transpose("chain", "draw", "unit")
    units = unit_names(fit)
    if fit.frame.unit is None:
        return found.assign_coords(unit=units)
    if dim == fit.frame.unit:
        return found
    if dim in fit.analysis.mean.grouping:
        raise SpecError(
            f"{fit.analysis.model}: the effects of {dim!r} are integrated out, but the units are those "
            f"of {fit.frame.unit!r}; leaving out one unit needs K-fold"
        )
    return summed(found.to_numpy(), units, found.coords["chain"], found.coords["draw"])


def unit_names(fit: "Fit") -> np.ndarray:
    """What each row belongs to when patients are left out one by one.

    Parameters
    ----------
    fit : Fit
        A fitted model.

    Returns
    -------
    numpy.ndarray
        One name a row: the patient; the row's number in a table without patients.
    """
    frame = fit.frame
    if frame.unit is None:
        return np.arange(frame.n_rows).astype(str)
    return frame.data[frame.unit].astype(str).to_numpy()


def summed(
    values: np.ndarray, units: np.ndarray, chain: xr.DataArray, draw: xr.DataArray
) -> xr.DataArray:
    """Sums of a row's log-likelihood over the rows of each unit.

    Parameters
    ----------
    values : numpy.ndarray
        ``(chain, draw, row)``.
    units : numpy.ndarray
        One name a row.
    chain, draw : xarray.DataArray
        Coordinates.

    Returns
    -------
    xarray.DataArray
        Dimensions ``chain``, ``draw``, ``unit``; units in the order of their first row.
    """
    names, codes = _coded(units)
    membership = np.zeros((len(units), len(names)))
    membership[np.arange(len(units)), codes] = 1
    return xr.DataArray(
        values @ membership,
        dims=("chain", "draw", "unit"),
        coords={"chain": chain, "draw": draw, "unit": names},
    )


def of_all_patients(values: xr.DataArray) -> bool:
    """Whether draws are of a parameter, not of one patient's effect or one imputed value.

    Parameters
    ----------
    values : xarray.DataArray
        A variable of a posterior.

    Returns
    -------
    bool
        True for what stays when patients are left out.
    """
    return not any(str(dim).endswith(_SINGLE) for dim in values.dims)


def new_effects(posterior: xr.Dataset, rng: np.random.Generator) -> xr.Dataset:
    """The same draws with the effects of new groups in the place of those of the data.

    Parameters
    ----------
    posterior : xarray.Dataset
        Draws under Bambi's names.
    rng : numpy.random.Generator
        The source of randomness.

    Returns
    -------
    xarray.Dataset
        Every effect drawn anew from its normal distribution at the draw's SD.
    """
    changed = posterior.copy()
    for name, values in posterior.data_vars.items():
        if any(str(dim).endswith(_LEVELS) for dim in values.dims):
            noise = values.copy(data=rng.standard_normal(values.shape))
            changed[name] = (noise * posterior[f"{name}_sigma"]).transpose(*values.dims)
    return changed


def thinned(posterior: xr.Dataset, size: int) -> xr.Dataset:
    """About `size` draws, spread evenly over all chains.

    Parameters
    ----------
    posterior : xarray.Dataset
        Draws.
    size : int
        How many are wanted; at least as many are returned, where there are so many.

    Returns
    -------
    xarray.Dataset
        Every k-th draw.
    """
    chains, draws = posterior.sizes["chain"], posterior.sizes["draw"]
    return posterior.isel(draw=slice(None, None, max(1, chains * draws // size)))


def _by_quadrature(fit: "Fit", groups: tuple[str, ...], nodes: int, size: int) -> xr.DataArray:
    name = _one_intercept(fit, groups)
    posterior = thinned(fit.posterior, size)
    levels = f"{fit.analysis.mean.grouping[0]}{_LEVELS}"
    effects = fit.posterior[name]
    # Where the patient's effect is, from all draws: one centre and scale a patient is Merkle's
    # variant; the spread over draws is wider than given one draw, which the nodes allow for.
    centre = effects.mean(("chain", "draw"))
    scale = effects.std(("chain", "draw"))
    tau = posterior[f"{name}_sigma"]
    points, weights = roots_hermitenorm(nodes)
    units = unit_names(fit)
    total = []
    for point, weight in zip(points, weights, strict=True):
        at = centre + scale * point
        effect = at.broadcast_like(posterior[name]).transpose(*posterior[name].dims)
        moved = posterior.assign({name: effect})
        rows = log_density(fit.analysis, fit.frame, fit.design, moved)
        given = summed(rows, units, posterior["chain"], posterior["draw"])
        prior = -0.5 * (at / tau) ** 2 - np.log(tau) - 0.5 * np.log(2 * np.pi)
        step = np.log(weight) + 0.5 * point**2 + np.log(scale)
        inside = (prior + step).rename({levels: "unit"}).sel(unit=given["unit"])
        total.append(given + inside.transpose("chain", "draw", "unit"))
    found: xr.DataArray = given.copy(data=logsumexp(np.stack(total), axis=0))
    return found


def _one_intercept(fit: "Fit", groups: tuple[str, ...]) -> str:
    """The name of the only group effect, where quadrature is possible."""
    a = fit.analysis
    name = groups[0]
    if (
        len(groups) > 1
        or name not in a.mean.groups
        or not name.startswith("1|")
        or a.mean.grouping != (fit.frame.unit,)
        or a.priors[name].distribution != "Normal"
    ):
        raise SpecError(
            f"{a.model}: the effects {', '.join(groups)} are not one normal intercept a "
            f"{fit.frame.unit or 'row'}, so a patient's likelihood is not computed; use K-fold "
            '(method = "kfold")'
        )
    return name


def _coded(units: np.ndarray) -> tuple[list[str], np.ndarray]:
    names = list(dict.fromkeys(units.tolist()))
    place = {name: number for number, name in enumerate(names)}
    return names, np.array([place[unit] for unit in units.tolist()])


def _only(dataset: xr.Dataset) -> xr.DataArray:
    (name,) = dataset.data_vars
    return dataset[name]
