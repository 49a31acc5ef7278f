"""The structure of `imputed_logistic`: its density given rows, its draws given names."""

import numpy as np
import xarray as xr

from adbayes.errors import SpecError
from adbayes.model import imputation
from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design
from adbayes.model.coefficients import split_terms
from adbayes.model.frame import ModelFrame
from adbayes.model.imputation import BLOCK, IMPUTATION, Rows
from adbayes.model.imputation import NAME as NAME
from adbayes.model.imputed_density import data_of
from adbayes.model.imputed_density import pymc_model as pymc_model
from adbayes.model.priors import Prior
from adbayes.model.structure import Frozen, labelled, of_kind

DIMS = {
    "X": ("row", "coefficient"),
    "y": ("row",),
    "prior_mu": ("free",),
    "prior_sigma": ("free",),
    "slopes_scales": ("scale",),
    "impute_mu": ("location",),
    "impute_prior_sigma": ("prior",),
    "missing_row": ("missing",),
    "missing_column": ("missing",),
}
FREE = frozenset({"row"})
POSITIVE = frozenset({"prior_sigma", "slopes_scales", "impute_prior_sigma"})


matches = of_kind(NAME)


def rows_of(frame: ModelFrame, design: Design, analysis: Analysis) -> Rows:
    """The rows of an analysis as this model takes them.

    Parameters
    ----------
    frame : ModelFrame
        The outcome, and NaN where a value is to be imputed.
    design : Design
        The columns, 0 in the place of NaN.
    analysis : Analysis
        The columns to impute, in their order.

    Returns
    -------
    Rows
        With NaN in the design matrix.

    Raises
    ------
    SpecError
        For a predictor with more than one coefficient.
    """
    for term in design.terms:
        if term.levels:
            raise SpecError(
                f"{analysis.where_from}: [model] formula: {term.name!r} is categorical; {NAME} takes "
                "numbers and 0/1 columns only"
            )
    names = design.coefficients
    X = design.X.copy()
    listed = analysis.options["impute"].split()
    for name in listed:
        X[frame.data[name].isna().to_numpy(), names.index(name)] = np.nan
    return Rows(X, frame.y, names, tuple(names.index(name) for name in listed))


def frozen(analysis: Analysis, frame: ModelFrame, design: Design) -> Frozen:
    """What is frozen when it is compiled (`Structure.frozen`).

    Columns, columns with gaps, number of missing values, columns under the horseshoe.
    """
    shape = rows_of(frame, design, analysis).shape(analysis.priors)
    return (shape.width, shape.imputed, shape.missing, shape.shrunk)


def swap_data(analysis: Analysis, frame: ModelFrame, design: Design) -> dict[str, np.ndarray]:
    """As `adbayes.model.imputed_density.data_of` (`Structure.swap_data`)."""
    return data_of(rows_of(frame, design, analysis), analysis.priors)


def named(
    sampled: xr.Dataset,
    frame: ModelFrame,
    design: Design,
    analysis: Analysis,
    rng: np.random.Generator,
) -> xr.Dataset:
    """One variable a term, the imputation's parameters and imputed values (`Structure.named`).

    Under a horseshoe its scales; for each column with gaps ``<column>_missing``: the imputed values by
    patient, on the standardised scale.
    """
    rows = rows_of(frame, design, analysis)
    posterior = split_terms(sampled["beta"].to_numpy(), design)
    for name, labels in _labels(rows, analysis.priors).items():
        axes = {f"{name}_dim": labels} if labels else {}
        posterior[name] = labelled(sampled[name].to_numpy(), axes)
    missing = sampled["missing"].to_numpy() if rows.gaps[0].size else None
    return _with_missing(posterior, missing, rows, frame)


def prior_draws(
    frame: ModelFrame, design: Design, analysis: Analysis, size: int, rng: np.random.Generator
) -> xr.Dataset:
    """As `named`, without the horseshoe's scales (`Structure.prior_draws`).

    Missing values from what the draws imply given the observed predictors.
    """
    rows, priors = rows_of(frame, design, analysis), analysis.priors
    beta = np.empty((size, len(rows.names)))
    for j, name in enumerate(rows.names):
        if name in priors:
            beta[:, j] = priors[name].sample(size, rng)
    shrunk = list(rows.shape(priors).shrunk)
    if shrunk:
        beta[:, shrunk] = priors[BLOCK].sample(size, rng, len(shrunk))
    draws = split_terms(beta[None], design)
    labels = _labels(rows, priors)
    for name in IMPUTATION:
        values = priors[name].sample(size, rng, len(labels[name]))[None]
        draws[name] = labelled(values, {f"{name}_dim": labels[name]})
    missing = imputation.draw_missing(draws, rows, rng) if rows.gaps[0].size else None
    return _with_missing(draws, missing, rows, frame)


def log_likelihood(
    posterior: xr.Dataset, frame: ModelFrame, design: Design, analysis: Analysis
) -> xr.DataArray:
    """Log probability of each outcome given what was observed of the row (`Structure.log_likelihood`).

    Missing values are integrated out.
    """
    values = imputation.log_likelihood(posterior, rows_of(frame, design, analysis))
    return labelled(values, {"__obs__": range(frame.n_rows)}, posterior)


def replicate(
    posterior: xr.Dataset,
    frame: ModelFrame,
    design: Design,
    analysis: Analysis,
    rng: np.random.Generator,
) -> np.ndarray:
    """0 and 1 for the same rows, each draw with its own imputed values (`Structure.replicate`)."""
    p = risk(posterior, frame, design, analysis, {})
    return (rng.random(p.shape) < p).astype(float)


def risk(
    posterior: xr.Dataset,
    frame: ModelFrame,
    design: Design,
    analysis: Analysis,
    change: dict[str, tuple[str, float]],
) -> np.ndarray:
    """Probability of the outcome for every row, if a predictor were other than it is.

    Parameters
    ----------
    posterior : xarray.Dataset
        Draws as `named` gives them.
    frame, design, analysis : ModelFrame, Design, Analysis
        What was fitted.
    change : dict of str to tuple of (str, float)
        Column to ``("set", value)`` or ``("add", value)``, on the scale of the design matrix;
        imputed values change with the observed ones.

    Returns
    -------
    numpy.ndarray
        ``(chain, draw, row)``.
    """
    table = frame.filled
    for name, (how, value) in change.items():
        table = table.assign(**{name: value if how == "set" else table[name] + value})
    rows = rows_of(frame, design, analysis)
    X = design.at(table)
    X[np.isnan(rows.X)] = np.nan
    missing = missing_of(posterior, rows)
    for name, (how, value) in change.items():
        if name in rows.names and rows.gaps[0].size:
            mine = rows.gaps[1] == rows.names.index(name)
            missing[..., mine] = value if how == "set" else missing[..., mine] + value
    return imputation.risk(posterior, Rows(X, rows.y, rows.names, rows.imputed), missing)


def missing_of(posterior: xr.Dataset, rows: Rows) -> np.ndarray:
    """The imputed values of all columns, side by side in the order of `Rows.gaps`.

    Parameters
    ----------
    posterior : xarray.Dataset
        Draws as `named` gives them.
    rows : Rows
        Where the gaps are.

    Returns
    -------
    numpy.ndarray
        ``(chain, draw, missing value)``, a copy.
    """
    parts = [
        posterior[f"{rows.names[j]}_missing"].transpose("chain", "draw", ...).to_numpy()
        for j in rows.imputed
        if (rows.gaps[1] == j).any()
    ]
    shape = (posterior.sizes["chain"], posterior.sizes["draw"], 0)
    return np.concatenate([np.empty(shape), *parts], axis=-1)


def _labels(rows: Rows, priors: dict[str, Prior]) -> dict[str, tuple[str, ...]]:
    """Parameters beside the terms: name to labels, none for a scalar."""
    imputed = tuple(rows.names[j] for j in rows.imputed)
    intercept, slope, sigma = IMPUTATION
    found: dict[str, tuple[str, ...]] = {
        intercept: imputed,
        slope: rows.regressions,
        sigma: imputed,
    }
    if BLOCK in priors:
        shrunk = tuple(rows.names[j] for j in rows.shape(priors).shrunk)
        found |= {"slopes_tau": (), "slopes_lambda": shrunk, "slopes_slab": ()}
    return found


def _with_missing(
    posterior: xr.Dataset, missing: np.ndarray | None, rows: Rows, frame: ModelFrame
) -> xr.Dataset:
    if missing is None:
        return posterior
    row, column = rows.gaps
    who = frame.data[frame.unit].astype(str).to_numpy() if frame.unit else np.arange(len(rows.y))
    for j in rows.imputed:
        mine = column == j
        if mine.any():
            names = [str(one) for one in who[row[mine]]]
            posterior[f"{rows.names[j]}_missing"] = labelled(
                missing[..., mine], {f"{rows.names[j]}__missing_dim": names}
            )
    return posterior
