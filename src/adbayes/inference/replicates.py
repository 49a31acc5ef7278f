"""New data from a model: parameters from the prior, outcomes from prior or posterior."""

import numpy as np
import pandas as pd
import xarray as xr

from adbayes.inference.marginal_likelihood import new_effects
from adbayes.inference.row_families import new_outcomes, prior_draws
from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design
from adbayes.model.compiled import structure_of
from adbayes.model.frame import ModelFrame


def prior_outcomes(
    analysis: Analysis, frame: ModelFrame, design: Design, size: int, rng: np.random.Generator
) -> np.ndarray:
    """Outcomes that the priors imply for the rows of the data.

    Parameters
    ----------
    analysis : Analysis
        The model and its priors.
    frame : ModelFrame
        The rows.
    design : Design
        The mean's design matrix.
    size : int
        Number of draws from the prior.
    rng : numpy.random.Generator
        The source of randomness.

    Returns
    -------
    numpy.ndarray
        ``(draw, row)``, outcome units.
    """
    structure = structure_of(analysis)
    if structure is not None:
        draws = structure.prior_draws(frame, design, analysis, size, rng)
        return outcomes(analysis, frame, design, draws, rng)
    draws = prior_draws(analysis, frame, design, size, rng)
    return outcomes(analysis, frame, design, draws, rng)


def outcomes(
    analysis: Analysis,
    frame: ModelFrame,
    design: Design,
    draws: xr.Dataset,
    rng: np.random.Generator,
) -> np.ndarray:
    """Outcomes that draws of the parameters imply for the rows of the data.

    Parameters
    ----------
    analysis : Analysis
        The model.
    frame : ModelFrame
        The rows.
    design : Design
        The mean's design matrix.
    draws : xarray.Dataset
        Parameters under Bambi's names, dimensions ``chain`` and ``draw``.
    rng : numpy.random.Generator
        The source of randomness.

    Returns
    -------
    numpy.ndarray
        ``(draw, row)``, outcome units. The patients (or other groups) are new ones, observed at
        the rows of the data.
    """
    structure = structure_of(analysis)
    if structure is None:
        new = new_effects(draws, rng)
        return _labelled(frame, _rows(new_outcomes(analysis, frame, design, new, rng)))
    return _rows(structure.replicate(draws, frame, design, analysis, rng))


def _labelled(frame: ModelFrame, values: np.ndarray) -> np.ndarray:
    """The classes of an ordered outcome as the data write them, where Bambi counts from 0."""
    column = frame.data[frame.outcome]
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return values
    return np.asarray(column.cat.categories.to_numpy(dtype=float)[values.astype(int)])


def _rows(values: np.ndarray) -> np.ndarray:
    """Chains and draws as one axis."""
    return values.reshape(-1, values.shape[-1])
