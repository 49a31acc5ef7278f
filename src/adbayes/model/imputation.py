"""Predictors with gaps: their normal distribution given the others, and what follows from draws of it.

The K predictors with gaps are regressed on the complete ones and on each other, one after the other
(`adbayes.model.imputed_density` has the model), so that a row's missing values given its observed
ones are normal, and a sum of them is one normal variable.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr
from scipy.special import expit, log_expit, logsumexp

from adbayes.model.priors import Prior

NAME = "imputed_logistic"
"""The kind, and its structure."""
BLOCK = "slopes"
"""The parameter of a spec that stands for every slope without a prior of its own."""
IMPUTATION = ("impute_intercept", "impute_slope", "impute_sigma")
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(40)
_LOG_WEIGHTS = np.log(_WEIGHTS / _WEIGHTS.sum())


@dataclass(frozen=True)
class Shape:
    """What is frozen when the structure is compiled.

    Parameters
    ----------
    width : int
        Columns of the design matrix, the intercept first.
    imputed : tuple of int
        Columns with gaps, in the order in which they are regressed on each other.
    missing : int
        Number of missing values.
    shrunk : tuple of int
        Columns under the horseshoe; empty for independent normal slopes.
    """

    width: int
    imputed: tuple[int, ...]
    missing: int
    shrunk: tuple[int, ...] = ()

    @property
    def complete(self) -> tuple[int, ...]:
        """Columns without gaps, without the intercept."""
        return tuple(j for j in range(1, self.width) if j not in self.imputed)

    @property
    def slopes(self) -> int:
        """Number of slopes of the imputation's regressions."""
        k = len(self.imputed)
        return k * len(self.complete) + k * (k - 1) // 2


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of one analysis.

    Parameters
    ----------
    X : numpy.ndarray
        ``(row, column)``, a column of ones first; NaN where a value is missing.
    y : numpy.ndarray
        ``(row,)`` of 0 and 1.
    names : tuple of str
        One a column; the first is Intercept.
    imputed : tuple of int
        Columns that may have gaps, in the order of their regressions.
    """

    X: np.ndarray
    y: np.ndarray
    names: tuple[str, ...]
    imputed: tuple[int, ...]

    @cached_property
    def gaps(self) -> tuple[np.ndarray, np.ndarray]:
        """Row and column of every missing value, column by column in the imputation's order."""
        found = [(row, j) for j in self.imputed for row in np.flatnonzero(np.isnan(self.X[:, j]))]
        pairs = np.asarray(found, dtype=np.int64).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]

    def shape(self, priors: dict[str, Prior]) -> Shape:
        """What is compiled for these rows under a set of priors.

        Parameters
        ----------
        priors : dict of str to Prior
            By parameter.

        Returns
        -------
        Shape
            Equal for analyses that can share one compiled model.
        """
        shrunk = tuple(j for j, name in enumerate(self.names) if name not in priors)
        return Shape(len(self.names), self.imputed, len(self.gaps[0]), shrunk)

    @property
    def regressions(self) -> tuple[str, ...]:
        """Names of the imputation's slopes, in their order: ``ldh_baseline on female``."""
        shape = Shape(len(self.names), self.imputed, 0)
        on_complete = [
            f"{self.names[j]} on {self.names[c]}" for j in self.imputed for c in shape.complete
        ]
        on_earlier = [
            f"{self.names[j]} on {self.names[e]}"
            for k, j in enumerate(self.imputed)
            for e in self.imputed[:k]
        ]
        return (*on_complete, *on_earlier)


@dataclass(frozen=True, eq=False)
class Normal:
    """The normal distribution of the predictors with gaps, draw by draw.

    Parameters
    ----------
    mean : numpy.ndarray
        ``(draw, row, k)``, given the complete predictors.
    covariance : numpy.ndarray
        ``(draw, k, k)``.
    """

    mean: np.ndarray
    covariance: np.ndarray

    def given(self, rows: np.ndarray, z: np.ndarray, gaps: np.ndarray) -> "Normal":
        """The distribution of some of them given the others.

        Parameters
        ----------
        rows : numpy.ndarray
            Positions of rows that lack the same values.
        z : numpy.ndarray
            ``(row, k)``, their values; those that lack are not looked at.
        gaps : numpy.ndarray
            ``(k,)``, True where these rows lack the value.

        Returns
        -------
        Normal
            Of the lacking values of these rows.
        """
        mean = self.mean[:, rows]
        if gaps.all():
            return Normal(mean, self.covariance)
        among = self.covariance[:, ~gaps][:, :, ~gaps]
        across = self.covariance[:, gaps][:, :, ~gaps]
        weights = np.linalg.solve(among, across.transpose(0, 2, 1)).transpose(0, 2, 1)
        shift = (z[:, ~gaps] - mean[..., ~gaps]) @ weights.transpose(0, 2, 1)
        within = self.covariance[:, gaps][:, :, gaps] - weights @ across.transpose(0, 2, 1)
        return Normal(mean[..., gaps] + shift, within)


def imputation(posterior: xr.Dataset, rows: Rows) -> Normal:
    """The distribution of the predictors with gaps that the draws imply for these rows.

    Parameters
    ----------
    posterior : xarray.Dataset
        Draws with `impute_intercept`, `impute_slope` and `impute_sigma`.
    rows : Rows
        The rows.

    Returns
    -------
    Normal
        Before anything is known of the gappy predictors themselves.
    """
    shape = Shape(len(rows.names), rows.imputed, 0)
    k, p = len(rows.imputed), len(shape.complete)
    a, slope, s = (_flat(posterior[name]) for name in IMPUTATION)
    on_complete = slope[:, : k * p].reshape(-1, k, p)
    on_earlier = np.zeros((len(slope), k, k))
    on_earlier[:, *np.tril_indices(k, -1)] = slope[:, k * p :]
    # z = m + B z + s e  =>  z = (I - B)^-1 (m + s e), with B strictly lower triangular.
    forward = np.linalg.inv(np.eye(k) - on_earlier)
    own = a[:, None] + rows.X[:, list(shape.complete)] @ on_complete.transpose(0, 2, 1)
    root = forward * s[:, None]
    return Normal(own @ forward.transpose(0, 2, 1), root @ root.transpose(0, 2, 1))


def patterns(rows: Rows) -> list[tuple[np.ndarray, np.ndarray]]:
    """Rows grouped by what they lack.

    Parameters
    ----------
    rows : Rows
        The rows.

    Returns
    -------
    list of tuple of numpy.ndarray
        Which of the gappy predictors lack, ``(k,)`` of bool, and the positions of the rows.
    """
    lack = np.isnan(rows.X[:, list(rows.imputed)])
    kinds, which = np.unique(lack, axis=0, return_inverse=True)
    return [(kind, np.flatnonzero(which.ravel() == i)) for i, kind in enumerate(kinds)]


def log_likelihood(posterior: xr.Dataset, rows: Rows) -> np.ndarray:
    """Log probability of each outcome given what was observed of the row, the rest integrated out.

    A sum of the missing values is normal given a draw, so one Gauss-Hermite rule of 40 nodes does it.

    Parameters
    ----------
    posterior : xarray.Dataset
        Draws under the terms' names, with the imputation's parameters.
    rows : Rows
        The rows.

    Returns
    -------
    numpy.ndarray
        ``(chain, draw, row)``.
    """
    beta = coefficients(posterior, rows)
    labs = imputation(posterior, rows)
    z = rows.X[:, list(rows.imputed)]
    found = np.empty((len(beta), len(rows.y)))
    known = beta @ np.nan_to_num(rows.X).T
    for gaps, at in patterns(rows):
        sign = 2 * rows.y[at] - 1  # log p(y) = log expit(+-eta)
        if not gaps.any():
            found[:, at] = log_expit(sign * known[:, at])
            continue
        lacking = labs.given(at, z[at], gaps)
        slope = beta[:, np.asarray(rows.imputed)[gaps]]
        centre = known[:, at] + np.einsum("drk,dk->dr", lacking.mean, slope)
        sd = np.sqrt(np.einsum("dj,djk,dk->d", slope, lacking.covariance, slope))
        eta = centre[..., None] + sd[:, None, None] * _NODES
        found[:, at] = logsumexp(log_expit(sign[:, None] * eta) + _LOG_WEIGHTS, axis=-1)
    return found.reshape(*_chains(posterior), -1)


def draw_missing(posterior: xr.Dataset, rows: Rows, rng: np.random.Generator) -> np.ndarray:
    """Missing values given what was observed of the predictors, not of the outcome.

    Parameters
    ----------
    posterior : xarray.Dataset
        Draws with the imputation's parameters, from the prior or, for new patients, the posterior.
    rows : Rows
        The rows.
    rng : numpy.random.Generator
        The source of randomness.

    Returns
    -------
    numpy.ndarray
        ``(chain, draw, missing value)`` in the order of `Rows.gaps`.
    """
    labs = imputation(posterior, rows)
    z = rows.X[:, list(rows.imputed)]
    whole = np.empty((len(labs.mean), *z.shape))
    for gaps, at in patterns(rows):
        if gaps.any():
            lacking = labs.given(at, z[at], gaps)
            root = np.linalg.cholesky(lacking.covariance)
            noise = rng.standard_normal(lacking.mean.shape) @ root.transpose(0, 2, 1)
            whole[:, at[:, None], np.flatnonzero(gaps)] = lacking.mean + noise
    row, column = rows.gaps
    order = {j: k for k, j in enumerate(rows.imputed)}
    drawn = whole[:, row, [order[j] for j in column]]
    return drawn.reshape(*_chains(posterior), -1)


def risk(posterior: xr.Dataset, rows: Rows, missing: np.ndarray) -> np.ndarray:
    """Probability of the outcome, each draw with its own imputed values.

    Parameters
    ----------
    posterior : xarray.Dataset
        Draws under the terms' names.
    rows : Rows
        The rows, observed values as they are to be asked about.
    missing : numpy.ndarray
        ``(chain, draw, missing value)``.

    Returns
    -------
    numpy.ndarray
        ``(chain, draw, row)``.
    """
    beta = coefficients(posterior, rows)
    eta = beta @ np.nan_to_num(rows.X).T
    row, column = rows.gaps
    values = missing.reshape(len(beta), -1)
    np.add.at(eta.T, row, (values * beta[:, column]).T)
    return np.asarray(expit(eta)).reshape(*_chains(posterior), -1)


def coefficients(posterior: xr.Dataset, rows: Rows) -> np.ndarray:
    """All coefficients, side by side.

    Parameters
    ----------
    posterior : xarray.Dataset
        Draws under the terms' names.
    rows : Rows
        Names the columns.

    Returns
    -------
    numpy.ndarray
        ``(chain x draw, column)``.
    """
    parts = [posterior[name].transpose("chain", "draw").to_numpy().ravel() for name in rows.names]
    return np.stack(parts, axis=-1)


def _flat(values: xr.DataArray) -> np.ndarray:
    array = values.transpose("chain", "draw", ...).to_numpy()
    return np.asarray(array.reshape(-1, array.shape[-1]))


def _chains(posterior: xr.Dataset) -> tuple[int, int]:
    return posterior.sizes["chain"], posterior.sizes["draw"]
