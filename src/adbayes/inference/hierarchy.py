"""Partial pooling of printed effects: each row's own likelihood, one scale, correlated rows.

The effects theta_j are jointly normal about 0 with standard deviation tau and correlation matrix K.
Row j enters through the signed root r_j(theta_j) of its print-only likelihood, and the roots of all
rows are jointly normal with correlation matrix C: log-likelihood -r' C^-1 r / 2. With C = 1 that is the
product of the rows' likelihoods as they are reported one by one; with normal likelihoods it is the
usual multivariate normal of correlated estimates; otherwise it is a Gaussian copula, which keeps every
row's skew and makes up nothing but C.

Given tau the effects are drawn by importance sampling in the coordinates r, where the posterior is
close to normal whatever tau is; tau itself is one-dimensional and integrated on a grid.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.interpolate import CubicSpline
from scipy.stats import qmc

from adbayes.errors import DataError
from adbayes.inference.quadrature import Grid
from adbayes.inference.weighted import WeightedDraws
from adbayes.paper.root_table import STEP, RootTable

Array = NDArray[np.float64]

NODES = 64
"""Values of tau, evenly spaced in its posterior probability, among which the effects are drawn."""

DRAWS = 1024
"""Draws of the effects at each; a power of two, as Sobol sequences need."""

_SEED = 20211130
_SPACING = 0.25  # between values of log tau at which the evidence is computed
_FREEDOM = 12  # of the t proposal


@dataclass(frozen=True, eq=False)
class Pooled:
    """Effects after pooling.

    Parameters
    ----------
    effects : WeightedDraws
        ``(draws, rows)``, on the scale of the likelihoods.
    log_scale : Grid
        Posterior density of log tau.
    """

    effects: WeightedDraws
    log_scale: Grid


@dataclass(frozen=True, eq=False)
class Rows:
    """Printed effects with the correlations of their estimates and of themselves.

    Parameters
    ----------
    roots : tuple of RootTable
        One a row.
    estimates, effects : numpy.ndarray
        ``(rows, rows)``: C and K, positive definite, ones on the diagonal.
    """

    roots: tuple[RootTable, ...]
    estimates: Array
    effects: Array

    def __post_init__(self) -> None:
        rows = len(self.roots)
        if not all(table.theta[0] < 0 < table.theta[-1] for table in self.roots):
            raise DataError(
                "An effect is so far from none that its likelihood there is nought; it cannot be pooled "
                "towards no effect."
            )
        for name, matrix in (("estimates", self.estimates), ("effects", self.effects)):
            if matrix.shape != (rows, rows):
                raise DataError(
                    f"The correlation of the {name} of {rows} rows has shape {matrix.shape}; give one "
                    "row and column a printed row."
                )
            if not np.allclose(np.diag(matrix), 1):
                raise DataError(f"The correlation of the {name} has no ones on its diagonal.")
            if np.linalg.eigvalsh(matrix)[0] <= 1e-10:
                raise DataError(
                    f"The correlation of the {name} is not positive definite; state weaker ones."
                )

    @cached_property
    def _precisions(self) -> tuple[Array, Array]:
        return np.linalg.inv(self.estimates), np.linalg.inv(self.effects)

    @cached_property
    def _table(self) -> tuple[float, Array, Array]:
        """First root, effects and log slopes of all rows on one grid of roots, ``(grid, rows)``."""
        low = max(float(table.root[0]) for table in self.roots)
        high = min(float(table.root[-1]) for table in self.roots)
        size = round((high - low) / STEP) + 1
        starts = [round((low - float(table.root[0])) / STEP) for table in self.roots]
        pairs = list(zip(self.roots, starts, strict=True))
        theta = np.column_stack([table.theta[at : at + size] for table, at in pairs])
        log_slope = np.column_stack([table.log_slope[at : at + size] for table, at in pairs])
        return low, theta, log_slope

    def _at(self, where: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
        """Effects and log slopes at roots ``(..., rows)``, and whether they lie beyond the tables."""
        low, theta, log_slope = self._table
        steps = (where - low) / STEP
        beyond = (steps < 0) | (steps > len(theta) - 1)
        before = np.clip(steps.astype(int), 0, len(theta) - 2)
        part = np.clip(steps - before, 0, 1)
        flat = before * theta.shape[1] + np.arange(theta.shape[1])
        values = []
        for table in (theta, log_slope):
            left = table.take(flat)
            values.append(left + part * (table.take(flat + theta.shape[1]) - left))
        return values[0], values[1], beyond

    def given(
        self, tau: float, draws: int = DRAWS, seed: int = _SEED
    ) -> tuple[Array, Array, float]:
        """Draw the effects given their scale.

        Parameters
        ----------
        tau : float
            Standard deviation of the effects, > 0.
        draws : int
            A power of two.
        seed : int
            Of the draws; with the same one the evidence is a smooth function of tau.

        Returns
        -------
        tuple of (numpy.ndarray, numpy.ndarray, float)
            Effects ``(draws, rows)``, their log weights, and the log of the evidence of tau, up to
            a constant that is the same for every tau.
        """
        base, log_base = _base(len(self.roots), draws, seed)
        centre, spread = self._mode(tau)
        for last in (False, True):
            root = np.linalg.cholesky(spread)
            where = centre + base @ root.T
            effects, log_target = self._log_target(where, tau)
            log_weight = log_target - log_base + np.log(np.diag(root)).sum()
            if not last:  # a second proposal with the moments that the first one found
                weight = special.softmax(log_weight)
                centre = weight @ where
                spread = (where - centre).T @ ((where - centre) * weight[:, None])
        evidence = float(special.logsumexp(log_weight) - np.log(draws))
        return effects, log_weight, evidence

    def _log_target(self, where: Array, tau: float) -> tuple[Array, Array]:
        """Effects at given roots, and the log density of the roots; -inf beyond their tables."""
        effects, log_slope, beyond = self._at(where)
        of_estimates, of_effects = self._precisions
        fit = ((where @ of_estimates) * where).sum(axis=1)
        prior = ((effects @ of_effects) * effects).sum(axis=1) / tau**2
        prior += 2 * len(self.roots) * np.log(tau)
        log = log_slope.sum(axis=1) - (fit + prior) / 2
        return effects, np.where(beyond.any(axis=1), -np.inf, log)

    def _mode(self, tau: float) -> tuple[Array, Array]:
        """A centre and a covariance for a first proposal: Newton's, with each row made normal."""
        of_estimates, of_effects = self._precisions
        at = np.zeros(len(self.roots))
        for _ in range(30):
            theta, log_slope, _ = self._at(at)
            slope = np.exp(log_slope)
            # theta is close to linear in r, so the prior is close to quadratic in it.
            curvature = of_estimates + of_effects * np.outer(slope, slope) / tau**2
            uphill = -of_estimates @ at - slope * (of_effects @ theta) / tau**2
            move = np.linalg.solve(curvature, uphill)
            at = at + np.clip(move, -1.0, 1.0)
            if np.abs(move).max() < 1e-3:
                break
        return at, np.linalg.inv(curvature)

    def pool(self, prior: Any, draws: int = DRAWS) -> Pooled:
        """Integrate over the scale.

        Parameters
        ----------
        prior : object
            Of tau: a frozen distribution on the positive numbers, with `logpdf` and `ppf`.
        draws : int
            Of the effects, at each of `NODES` values of tau.

        Returns
        -------
        Pooled
            Effects and scale.

        Raises
        ------
        ConvergenceError
            Where the importance weights cannot be trusted, or the grid of tau is not accurate.
        """
        log_scale = self._scale(prior)
        levels = (np.arange(NODES) + 0.5) / NODES
        # Other points at every node, so that their errors do not add up.
        nodes = enumerate(np.exp(log_scale.quantile(levels)), start=_SEED + 1)
        drawn = [self.given(float(tau), draws, seed) for seed, tau in nodes]
        weights = [log_weight - special.logsumexp(log_weight) for _, log_weight, _ in drawn]
        effects = np.concatenate([effects for effects, _, _ in drawn])
        return Pooled(WeightedDraws.of(effects, np.concatenate(weights)), log_scale)

    def _scale(self, prior: Any) -> Grid:
        """Posterior density of log tau."""
        smallest = float(np.exp(min(table.log_slope.min() for table in self.roots)))
        low = np.log(min(smallest * 1e-3, float(prior.ppf(1e-4))))
        high = np.log(float(prior.ppf(1 - 1e-9)))
        steps = np.linspace(low, high, int(np.ceil((high - low) / _SPACING)) + 1)
        evidence = np.array([self.given(float(tau))[2] for tau in np.exp(steps)])
        spline = CubicSpline(steps, evidence)

        def log(x: Array) -> Array:
            inside = np.clip(x, low, high)
            # Below the evidence is that of no effects at all; above it falls with every row.
            beyond = -len(self.roots) * np.maximum(x - high, 0)
            with np.errstate(over="ignore", divide="ignore"):
                density = prior.logpdf(np.exp(np.minimum(x, 700))) + x
            return np.asarray(spline(inside) + beyond + density, dtype=float)

        values = log(steps)
        weight = special.softmax(values)
        centre = float(weight @ steps)
        width = float(np.sqrt(weight @ (steps - centre) ** 2)) + _SPACING / 2
        return Grid.of(log, centre, width)


@lru_cache(maxsize=4 * NODES)
def _base(rows: int, draws: int, seed: int) -> tuple[Array, Array]:
    """Draws of a standard multivariate t, the same at every call, and the log of their density."""
    sobol = qmc.Sobol(rows + 1, rng=np.random.default_rng(seed)).random(draws)
    normal = special.ndtri(sobol[:, :rows])
    chi2 = 2 * special.gammaincinv(_FREEDOM / 2, sobol[:, rows])
    base = normal * np.sqrt(_FREEDOM / chi2)[:, None]
    size = (base**2).sum(axis=1)
    log = -(_FREEDOM + rows) / 2 * np.log1p(size / _FREEDOM)
    log += special.gammaln((_FREEDOM + rows) / 2) - special.gammaln(_FREEDOM / 2)
    return base, log - rows / 2 * np.log(_FREEDOM * np.pi)
