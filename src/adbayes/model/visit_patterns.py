"""Visits present and missing: patterns, sums by pattern, and a rough fit that scales the sampler."""

import numpy as np

from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design
from adbayes.model.frame import ModelFrame


def times(frame: ModelFrame, analysis: Analysis) -> list[str]:
    """The levels of time in the data.

    Parameters
    ----------
    frame : ModelFrame
        The rows.
    analysis : Analysis
        Names the column of time.

    Returns
    -------
    list of str
        In their order.
    """
    return frame.levels(analysis.options["time"])


def placed(frame: ModelFrame, analysis: Analysis) -> tuple[np.ndarray, np.ndarray]:
    """Where every row belongs.

    Parameters
    ----------
    frame : ModelFrame
        The rows.
    analysis : Analysis
        Names the columns of unit and time.

    Returns
    -------
    tuple of numpy.ndarray
        Its unit and its time, counted from 0.
    """
    return frame.codes(analysis.options["unit"]), frame.codes(analysis.options["time"])


def patterns(unit: np.ndarray, place: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Which places are present in which units.

    Parameters
    ----------
    unit, place : numpy.ndarray
        Of each row, counted from 0: its unit, and its time, or its time and score.
    size : int
        Number of places.

    Returns
    -------
    tuple of numpy.ndarray
        The patterns that occur, ``(pattern, place)`` of bool, and the pattern of each unit.
    """
    present = np.zeros((unit.max() + 1, size), dtype=bool)
    present[unit, place] = True
    found, which = np.unique(present, axis=0, return_inverse=True)
    return found, which.reshape(-1)


def log_density(
    residual: np.ndarray, unit: np.ndarray, place: np.ndarray, S: np.ndarray
) -> np.ndarray:
    """Log density of each unit's rows, multivariate normal about 0; what is missing is left out.

    Parameters
    ----------
    residual : numpy.ndarray
        ``(chain, draw, row)``.
    unit, place : numpy.ndarray
        Of each row, counted from 0.
    S : numpy.ndarray
        Covariance of a unit's places, ``(chain, draw, place, place)``.

    Returns
    -------
    numpy.ndarray
        ``(chain, draw, unit)``.
    """
    kinds, which = patterns(unit, place, S.shape[-1])
    row = np.zeros((len(which), S.shape[-1]), dtype=int)
    row[unit, place] = np.arange(len(unit))
    density = np.empty((*residual.shape[:2], len(which)))
    for pattern, present in enumerate(kinds):
        members = np.flatnonzero(which == pattern)
        own = residual[..., row[members][:, present]]
        factor = np.linalg.cholesky(S[..., present, :][..., present])
        white = np.linalg.solve(factor, own.swapaxes(-1, -2))
        log_det = 2 * np.log(np.diagonal(factor, axis1=-2, axis2=-1)).sum(axis=-1)
        constant = present.sum() * np.log(2 * np.pi) + log_det
        density[..., members] = -0.5 * (constant[..., None] + (white**2).sum(axis=-2))
    return density


def sums(
    frame: ModelFrame, analysis: Analysis, design: Design
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What the density needs of the data.

    Parameters
    ----------
    frame : ModelFrame
        The outcome.
    analysis : Analysis
        Names the columns of unit and time.
    design : Design
        The predictors.

    Returns
    -------
    tuple of numpy.ndarray
        z: outcome and predictors, ``(unit, time, column)``, zero where missing; sums of z z' over
        the units of a pattern, ``(pattern, time, time, column, column)``; the patterns; the number
        of units of each.
    """
    unit, time = placed(frame, analysis)
    kinds, which = patterns(unit, time, len(times(frame, analysis)))
    y = frame.y - design.added
    z = np.zeros((len(which), kinds.shape[1], 1 + design.X.shape[1]))
    z[unit, time] = np.column_stack([y, design.X])
    products = np.stack(
        [np.einsum("isa,itb->stab", z[which == p], z[which == p]) for p in range(len(kinds))]
    )
    return z, products, kinds, np.bincount(which, minlength=len(kinds))


def sampling_scale(
    products: np.ndarray, kinds: np.ndarray, z: np.ndarray, mu: np.ndarray, spread: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and root of the covariance of the coefficients, given a rough covariance of the times.

    Only the sampler's steps depend on it: sampled as they are, intercept and changes are nearly one
    line, and EASI's smallest effective sample size was 565 instead of 2,350 of 4,000.

    Parameters
    ----------
    products : numpy.ndarray
        From `sums`.
    kinds : numpy.ndarray
        From `patterns`.
    z : numpy.ndarray
        Outcome and predictors, ``(unit, time, column)``, zero where missing.
    mu, spread : numpy.ndarray
        Means and SDs of the coefficients' priors.

    Returns
    -------
    tuple of numpy.ndarray
        ``(coefficient,)`` and a lower triangle.
    """
    whole = products.sum(axis=0).diagonal().sum(axis=-1)  # without correlation
    width = len(mu)
    precision = np.diag(1 / spread**2)
    ridge = precision * whole[0, 0] / max(kinds.shape[0], len(z))
    beta = np.linalg.solve(whole[1:, 1:] + ridge, whole[1:, 0] + ridge @ mu)
    residual = np.where((z[..., 1:] != 0).any(axis=-1), z[..., 0] - z[..., 1:] @ beta, 0.0)
    count = np.maximum((residual != 0).sum(axis=0), 1)
    sd = np.sqrt((residual**2).sum(axis=0) / count) + 1e-8 * (1 + np.abs(z[..., 0]).max())
    standard = residual / sd
    rough = standard.T @ standard / len(z)
    rough = 0.9 * rough + np.diag(1 - 0.9 * np.diag(rough))
    S = sd[:, None] * rough * sd
    A = np.zeros((1 + width, 1 + width))
    for product, present in zip(products, kinds, strict=True):
        at = np.flatnonzero(present)
        A += np.einsum("st,stab->ab", np.linalg.inv(S[np.ix_(at, at)]), product[np.ix_(at, at)])
    covariance = np.linalg.inv(A[1:, 1:] + precision)
    return covariance @ (A[1:, 0] + precision @ mu), np.linalg.cholesky(covariance)
