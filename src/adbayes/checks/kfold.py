"""Ten-fold cross-validation by patient: refits, for models whose patient effects have no easy integral."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from scipy.special import logsumexp

from adbayes.errors import SpecError
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit_analysis
from adbayes.inference.marginal_likelihood import (
    new_effects,
    of_all_patients,
    summed,
    thinned,
    unit_names,
)
from adbayes.inference.row_families import log_density
from adbayes.inference.sampler import stream
from adbayes.model.compiled import structure_of
from adbayes.model.frame import ModelFrame

if TYPE_CHECKING:
    from arviz_stats.utils import ELPDData

FOLDS = 10
DRAWS = 1000
EFFECTS = 20  # new patients a draw: their average is the integral over the patient effects


def kfold(fit: Fit, folds: int = FOLDS, cores: int | None = None) -> "ELPDData":
    """Refit without each tenth of the patients, and predict these.

    Parameters
    ----------
    fit : Fit
        A fitted model.
    folds : int, optional
        Number of refits, 2 or more.
    cores : int, optional
        Chains run at once, at most.

    Returns
    -------
    arviz ELPDData
        Pointwise over ``unit``, like `az.loo_kfold` (which needs rows as the unit). The fold of a
        patient follows from the sampler's seed. Takes `folds` fits: minutes where each is compiled.

    Raises
    ------
    SpecError
        Where there are fewer patients than folds, or a fold takes a whole level of a predictor.
    """
    from arviz_stats.utils import ELPDDataLOOKFold

    units = unit_names(fit)
    names = list(dict.fromkeys(units.tolist()))
    if len(names) < folds:
        raise SpecError(
            f"{fit.analysis.model}: {len(names)} {fit.frame.unit or 'row'}s cannot make {folds} folds; "
            "ask for fewer"
        )
    rng = np.random.default_rng(stream(fit.analysis.sampler.seed, "folds", fit.analysis.key))
    fold_of = dict(zip(rng.permutation(names), np.arange(len(names)) % folds, strict=True))
    inside = _log_predictive(fit, fit.posterior, rng)
    held_out = xr.zeros_like(inside)
    for fold in range(folds):
        out = np.array([fold_of[unit] == fold for unit in units])
        posterior = without(fit, out, cores).posterior
        if posterior["chain"].size != fit.posterior["chain"].size or any(
            posterior[name].shape != values.shape
            for name, values in fit.posterior.data_vars.items()
            if of_all_patients(values)
        ):
            raise SpecError(
                f"{fit.analysis.model}: without one of {folds} folds a level of a predictor has no "
                "rows; merge rare levels or ask for fewer folds"
            )
        predicted = _log_predictive(fit, posterior, rng)
        own = [name for name in names if fold_of[name] == fold]
        held_out.loc[{"unit": own}] = predicted.sel(unit=own)
    values = held_out.to_numpy()
    return ELPDDataLOOKFold(
        elpd=float(values.sum()),
        se=float(np.sqrt(len(values)) * values.std()),
        p=float((inside - held_out).sum()),
        n_samples=fit.posterior["chain"].size * fit.posterior["draw"].size,
        n_data_points=len(values),
        scale="log",
        warning=False,
        good_k=None,  # type: ignore[arg-type]  # as az.loo_kfold makes it
        elpd_i=held_out,
        pareto_k=None,  # type: ignore[arg-type]  # likewise
        n_folds=folds,
        p_kfold_i=inside - held_out,
    )


def without(fit: Fit, out: np.ndarray, cores: int | None = None) -> Fit:
    """Fit the same model to the other rows.

    Parameters
    ----------
    fit : Fit
        A fitted model.
    out : numpy.ndarray
        Whether each row is left out.
    cores : int, optional
        Chains run at once, at most.

    Returns
    -------
    Fit
        With the same priors and sampler; groups without rows are gone, levels of predictors kept as
        far as they have rows.
    """
    data = fit.frame.data.loc[~out].reset_index(drop=True)
    for name in data.columns:
        if name == fit.frame.outcome or data[name].dtype.name != "category":
            continue
        data[name] = data[name].cat.remove_unused_categories()
    frame: ModelFrame = replace(fit.frame, data=data)
    return fit_analysis(fit.analysis, fit.cohort, frame, cores=cores)


def _log_predictive(fit: Fit, posterior: xr.Dataset, rng: np.random.Generator) -> xr.DataArray:
    """Log of the average density of all outcomes of each patient, were the patient new."""
    structure = structure_of(fit.analysis)
    if structure is not None:
        # The closed form; only names and shapes of the parameters matter to it.
        likelihood = replace(fit, posterior=posterior).patient_log_likelihood
        values = likelihood.stack(sample=("chain", "draw")).transpose("sample", "unit").to_numpy()
        names = likelihood["unit"].to_numpy()
    else:
        draws = thinned(posterior, DRAWS)
        effects = fit.analysis.group_effects
        parts = []
        for _ in range(EFFECTS if effects else 1):
            moved = new_effects(_with_all_groups(fit, draws), rng)
            rows = log_density(fit.analysis, fit.frame, fit.design, moved)
            by_unit = summed(rows, unit_names(fit), draws["chain"], draws["draw"])
            parts.append(by_unit.to_numpy().reshape(-1, by_unit.sizes["unit"]))
        values, names = np.concatenate(parts), by_unit["unit"].to_numpy()
    average = logsumexp(values, axis=0) - np.log(len(values))
    return xr.DataArray(average, dims="unit", coords={"unit": names})


def _with_all_groups(fit: Fit, draws: xr.Dataset) -> xr.Dataset:
    """Draws of a refit with a place for the groups it did not see."""
    groups = [dim for dim in draws.dims if str(dim).endswith("__factor_dim")]
    return draws.reindex({dim: fit.posterior[dim] for dim in groups}, fill_value=0.0)
