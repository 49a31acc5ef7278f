"""Shares of several studies, and the share that a new study would have: the meta-analytic-predictive prior.

Counts are binomial, log odds of the studies normal around a common mean (Neuenschwander 2010,
doi:10.1177/1740774509356002; Schmidli 2014, doi:10.1111/biom.12242). Two parameters are left once each
study's own log odds are integrated out, so everything is quadrature.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.polynomial import Legendre
from numpy.typing import NDArray
from scipy import special, stats
from scipy.interpolate import CubicSpline

from adbayes.errors import DataError
from adbayes.inference.beta_mixture import BetaMixture, fit_mixture
from adbayes.inference.quadrature import Grid

Array = NDArray[np.float64]

TAU_SCALE = 1.0
"""Scale of the half-normal prior of the between-study SD on the logit scale: its median, 0.67, has 95 % of
studies within odds 3.8 times the typical ones. RBesT advises it for shares of 0.2 to 0.8 (Weber 2021,
doi:10.18637/jss.v100.i19)."""

MEAN_SD = 2.0
"""SD of the normal prior of the mean log odds, centred at a share of one half: 95 % within 0.02 and 0.98,
close to flat on the share. RBesT's default."""

_HERMITE = 20  # nodes for one study's own log odds, placed at its mode
_NEW = 48  # nodes for the new study's log odds around the mean
_PANELS = (0.0, 0.1, 0.3, 1.0, 2.5, 6.0)  # of the between-study SD, in scales of its prior
_LEGENDRE = 10  # nodes a panel


@dataclass(frozen=True, eq=False)
class MetaAnalysis:
    """Studies with one share each, and what they say about a further one.

    Parameters
    ----------
    counts, sizes : tuple of int
        Responders and patients, one a study.
    tau_scale : float
        Scale of the half-normal prior of the between-study SD, log odds.
    mean_sd : float
        SD of the normal prior of the mean log odds, centred at 0.
    """

    counts: tuple[int, ...]
    sizes: tuple[int, ...]
    tau_scale: float = TAU_SCALE
    mean_sd: float = MEAN_SD

    def __post_init__(self) -> None:
        if not self.counts or len(self.counts) != len(self.sizes):
            raise DataError(
                f"A meta-analysis needs one count a size and at least one study, found {len(self.counts)} "
                f"counts and {len(self.sizes)} sizes."
            )
        for count, n in zip(self.counts, self.sizes, strict=True):
            if n < 1 or not 0 <= count <= n:
                raise DataError(
                    f"{count} of {n} is not a share; the count must lie between 0 and n."
                )
        if not (self.tau_scale > 0 and self.mean_sd > 0):
            raise DataError(
                f"Prior scales must be positive, found tau_scale {self.tau_scale} and mean_sd "
                f"{self.mean_sd}."
            )

    @cached_property
    def _taus(self) -> tuple[Array, Array]:
        """Between-study SDs and their quadrature weights."""
        nodes, weights = special.roots_legendre(_LEGENDRE)
        ends = np.array(_PANELS) * self.tau_scale
        half = np.diff(ends)[:, None] / 2
        return (ends[:-1, None] + half * (1 + nodes)).ravel(), (half * weights).ravel()

    @cached_property
    def _conditional(self) -> tuple[Array, list[Grid]]:
        """Posterior probability of each SD, and the mean log odds given it."""
        taus, weights = self._taus
        own, variance = _logit(np.array(self.counts), np.array(self.sizes))
        grids, log_evidence = [], []
        for tau in taus:
            precision = 1 / (variance + tau**2)
            total = precision.sum() + self.mean_sd**-2
            centre, width = float((precision * own).sum() / total), float(total**-0.5)

            def log(mu: Array, tau: float = tau) -> Array:
                return self._log_likelihood(mu, tau) - 0.5 * (mu / self.mean_sd) ** 2

            grid = Grid.of(log, centre, width)
            middle = len(grid.theta) // 2
            at = log(grid.theta[[middle]])[0]
            log_evidence.append(at - np.log(grid.density[middle]))
            grids.append(grid)
        log_post = np.array(log_evidence) + stats.halfnorm.logpdf(taus, scale=self.tau_scale)
        return special.softmax(log_post + np.log(weights)), grids

    def _log_likelihood(self, mu: Array, tau: float) -> Array:
        """Of the mean log odds, each study's own integrated out by adaptive Gauss-Hermite quadrature."""
        nodes, weights = special.roots_hermite(_HERMITE)
        total = np.zeros_like(mu)
        for y, n in zip(self.counts, self.sizes, strict=True):
            z = _mode(mu, tau, y, n)  # the study's log odds are mu + tau z
            share = special.expit(mu + tau * z)
            width = (1 + tau**2 * n * share * (1 - share)) ** -0.5
            at = z[:, None] + np.sqrt(2) * width[:, None] * nodes
            theta = mu[:, None] + tau * at
            log = y * special.log_expit(theta) + (n - y) * special.log_expit(-theta) - at**2 / 2
            total += special.logsumexp(log + nodes**2, b=weights, axis=1) + np.log(width)
        return total

    @cached_property
    def predictive(self) -> Grid:
        """Density of a new study's log odds.

        Returns
        -------
        Grid
            On the logit scale.
        """
        nodes, weights = special.roots_hermite(_NEW)
        return self._marginal(np.sqrt(2) * nodes, weights / np.sqrt(np.pi))

    @cached_property
    def mean(self) -> Grid:
        """Posterior density of the mean log odds.

        Returns
        -------
        Grid
            On the logit scale.
        """
        return self._marginal(np.zeros(1), np.ones(1))

    def _marginal(self, z: Array, chance: Array) -> Grid:
        """Density of mean + SD z over the posterior of both and the probabilities of z."""
        weights, grids = self._conditional
        kept = weights > 1e-13
        taus, weights = self._taus[0][kept], weights[kept]
        grids = [grid for grid, keep in zip(grids, kept, strict=True) if keep]
        splines, ends = [], []
        for grid in grids:
            inside = grid.density > 1e-250
            splines.append(CubicSpline(grid.steps[inside], np.log(grid.density[inside])))
            ends.append(grid.steps[inside][[0, -1]])

        def log(theta: Array) -> Array:
            total = np.zeros_like(theta)
            for tau, weight, grid, spline, (low, high) in zip(
                taus, weights, grids, splines, ends, strict=True
            ):
                steps = np.arcsinh((theta[:, None] - tau * z - grid.centre) / grid.width)
                density = np.exp(spline(np.clip(steps, low, high)))
                density[(steps < low) | (steps > high)] = 0
                total += weight * (density @ chance)
            return np.asarray(np.log(np.maximum(total, 1e-300)))

        moments = np.array([grid.moments() for grid in grids])
        share = weights / weights.sum()
        centre = float(share @ moments[:, 0])
        own = (taus**2) * float(chance @ z**2)
        spread = share @ (moments[:, 1] ** 2 + own + (moments[:, 0] - centre) ** 2)
        return Grid.of(log, centre, float(np.sqrt(spread)))

    def between_study_sd(self, level: float) -> float:
        """Quantile of the between-study SD.

        Parameters
        ----------
        level : float
            In (0, 1).

        Returns
        -------
        float
            SD of the log odds.
        """
        points, below = self._tau_cumulative
        return float(np.interp(level, below, points))

    @cached_property
    def _tau_cumulative(self) -> tuple[Array, Array]:
        """Distribution function of the between-study SD: the polynomial through a panel's nodes, integrated."""
        taus, weights = self._taus
        density = self._conditional[0] / weights
        points, below, total = [], [], 0.0
        for k in range(len(_PANELS) - 1):
            nodes = slice(k * _LEGENDRE, (k + 1) * _LEGENDRE)
            ends = [end * self.tau_scale for end in _PANELS[k : k + 2]]
            through = Legendre.fit(taus[nodes], density[nodes], _LEGENDRE - 1, domain=ends)
            whole = through.integ(lbnd=ends[0])
            here = np.linspace(ends[0], ends[1], 2001)
            points.append(here)
            below.append(total + whole(here))
            total = float(below[-1][-1])
        return np.concatenate(points), np.maximum.accumulate(np.concatenate(below) / total)

    def mixture(self, components: int | None = None) -> BetaMixture:
        """The predictive distribution of a new study's share as a mixture of betas.

        Parameters
        ----------
        components : int, optional
            1 to 3; the fewest that come close if not given.

        Returns
        -------
        BetaMixture
            By the smallest Kullback-Leibler divergence.
        """
        return fit_mixture(self.predictive, components)

    def interval(self, prob: float = 0.95) -> tuple[float, float]:
        """Equal-tailed interval of a new study's share.

        Parameters
        ----------
        prob : float
            In (0, 1).

        Returns
        -------
        tuple of (float, float)
            Lower and upper end.
        """
        low, high = special.expit(self.predictive.quantile([(1 - prob) / 2, (1 + prob) / 2]))
        return float(low), float(high)

    def count_probabilities(self, n: int) -> Array:
        """Probabilities of the counts of a new study.

        Parameters
        ----------
        n : int
            Its size, at least 1.

        Returns
        -------
        numpy.ndarray
            Of 0 to n responders, from the predictive density itself.
        """
        grid = self.predictive
        up, down = special.log_expit(grid.theta), special.log_expit(-grid.theta)
        counts = np.arange(n + 1)
        choose = -special.betaln(counts + 1, n - counts + 1) - np.log(n + 1)
        return np.array(
            [
                grid.expect(np.exp(c + k * up + (n - k) * down))
                for k, c in zip(counts, choose, strict=True)
            ]
        )

    def summary(self) -> pd.DataFrame:
        """What the studies say.

        Returns
        -------
        DataFrame
            One row each of ``new_study`` and ``mean`` (shares; the mean on the logit scale,
            transformed) and ``between_study_sd`` (log odds): quantity, mean, median, sd, ci_low,
            ci_high, the interval 95 % equal-tailed. The mean share and its SD are of the share
            itself.
        """
        rows: list[tuple[object, ...]] = []
        for name, grid in (("new_study", self.predictive), ("mean", self.mean)):
            share = special.expit(grid.theta)
            mean = grid.expect(share)
            sd = float(np.sqrt(grid.expect((share - mean) ** 2)))
            low, median, high = special.expit(grid.quantile([0.025, 0.5, 0.975])).tolist()
            rows.append((name, mean, median, sd, low, high))
        taus, weights = self._taus[0], self._conditional[0]
        mean = float(weights @ taus)
        sd = float(np.sqrt(weights @ (taus - mean) ** 2))
        low, median, high = (self.between_study_sd(level) for level in (0.025, 0.5, 0.975))
        rows.append(("between_study_sd", mean, median, sd, low, high))
        names = ["quantity", "mean", "median", "sd", "ci_low", "ci_high"]
        return pd.DataFrame(rows, columns=names)


def _logit(count: Any, n: Any) -> tuple[Any, Any]:
    """Log odds of a count and their variance, with half a patient added on either side."""
    return np.log((count + 0.5) / (n - count + 0.5)), 1 / (count + 0.5) + 1 / (n - count + 0.5)


def _mode(mu: Array, tau: float, y: int, n: int) -> Array:
    """Mode of a study's standardised log odds: Newton's steps, halving where one leaves its bracket."""
    low, high = np.full_like(mu, tau * (y - n)), np.full_like(mu, tau * y)
    own, variance = _logit(y, n)
    z = np.clip(tau * (own - mu) / (variance + tau**2), low, high)
    before = high - low
    for _ in range(200):
        share = special.expit(mu + tau * z)
        slope = tau * (y - n * share) - z  # falls in z
        low, high = np.where(slope >= 0, z, low), np.where(slope < 0, z, high)
        step = slope / (1 + tau**2 * n * share * (1 - share))
        # Newton's steps can circle the mode; one that does not shrink is replaced by halving.
        newton = (np.abs(step) < before / 2) | (np.abs(step) < 1e-8)
        newton &= ((z + step >= low) & (z + step <= high)) | (np.abs(step) < 1e-8)
        step = np.where(newton, step, (low + high) / 2 - z)
        z, before = z + step, np.abs(step)
        if before.max() < 1e-6:  # quadrature around it does not need its last digits
            break
    return np.asarray(z, dtype=float)


def meta_analysis(
    studies: Iterable[tuple[int, int]] | pd.DataFrame,
    tau_scale: float = TAU_SCALE,
    mean_sd: float = MEAN_SD,
) -> MetaAnalysis:
    """Combine the shares of several studies.

    Parameters
    ----------
    studies : DataFrame or iterable of (int, int)
        Columns `count` and `denominator`, as in `load_evidence`; or pairs of them.
    tau_scale : float, optional
        Scale of the half-normal prior of the between-study SD of the log odds.
    mean_sd : float, optional
        SD of the normal prior of the mean log odds.

    Returns
    -------
    MetaAnalysis
        By quadrature; the predictive density is accurate to `quadrature.ACCURACY`.

    Raises
    ------
    DataError
        For no study, an absent column or count, or a count outside 0 to its denominator.
    """
    if isinstance(studies, pd.DataFrame):
        absent = [name for name in ("count", "denominator") if name not in studies]
        if absent:
            raise DataError(f"The table of studies has no column {', '.join(absent)}; add it.")
        pairs = studies[["count", "denominator"]]
        if pairs.isna().any(axis=None):
            raise DataError("A study has no count; leave out rows without count and denominator.")
        studies = list(pairs.itertuples(index=False, name=None))
    found = [(int(count), int(n)) for count, n in studies]
    return MetaAnalysis(
        tuple(count for count, _ in found), tuple(n for _, n in found), tau_scale, mean_sd
    )
