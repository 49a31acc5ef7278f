"""Mixtures of beta distributions: priors of a share that a binomial count updates in closed form."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special, stats

from adbayes.errors import ConvergenceError, DataError
from adbayes.inference.quadrature import Grid

Array = NDArray[np.float64]

CLOSE = 1e-3
"""Kullback-Leibler divergence in nats at which a fit is close enough: about 1000 draws from the density
would be needed before its likelihood exceeded the mixture's by a factor of e."""

_MOST = 3  # components that a fit may have
_FLAT = 1e-5  # largest slope at the end of a fit, in nats a unit of a log parameter


@dataclass(frozen=True, repr=False)
class BetaMixture:
    """A mixture of beta distributions.

    The methods `pdf`, `logpdf`, `cdf`, `ppf` and `rvs` are called as those of SciPy's distributions.

    Parameters
    ----------
    weights : tuple of float
        Of the components, positive, summing to 1.
    alphas, betas : tuple of float
        Their parameters, positive.
    """

    weights: tuple[float, ...]
    alphas: tuple[float, ...]
    betas: tuple[float, ...]

    def __post_init__(self) -> None:
        sizes = {len(self.weights), len(self.alphas), len(self.betas)}
        if len(sizes) > 1 or not self.weights:
            raise DataError(
                f"A mixture has one alpha and one beta a weight, found {len(self.weights)} weights, "
                f"{len(self.alphas)} alphas and {len(self.betas)} betas."
            )
        numbers = np.array([*self.weights, *self.alphas, *self.betas], dtype=float)
        if not (np.isfinite(numbers) & (numbers > 0)).all():
            raise DataError(f"Weights and parameters of a mixture are positive, found {self}.")
        if abs(sum(self.weights) - 1) > 1e-9:
            raise DataError(f"Weights of a mixture sum to 1, found {sum(self.weights):g}.")

    def logpdf(self, share: ArrayLike) -> Array:
        """Log density.

        Parameters
        ----------
        share : array_like
            In [0, 1]; minus infinity outside.

        Returns
        -------
        numpy.ndarray
            One a share.
        """
        x = np.asarray(share, dtype=float)[..., None]
        parts = stats.beta.logpdf(x, self.alphas, self.betas) + np.log(self.weights)
        return np.asarray(special.logsumexp(parts, axis=-1), dtype=float)

    def pdf(self, share: ArrayLike) -> Array:
        """Density.

        Parameters
        ----------
        share : array_like
            In [0, 1]; 0 outside.

        Returns
        -------
        numpy.ndarray
            One a share.
        """
        return np.exp(self.logpdf(share))

    def cdf(self, share: ArrayLike) -> Array:
        """Probability of shares up to one.

        Parameters
        ----------
        share : array_like
            Any numbers.

        Returns
        -------
        numpy.ndarray
            In [0, 1].
        """
        x = np.asarray(share, dtype=float)[..., None]
        return np.asarray(stats.beta.cdf(x, self.alphas, self.betas) @ np.array(self.weights))

    def ppf(self, level: ArrayLike) -> Array:
        """Quantiles.

        Parameters
        ----------
        level : array_like
            In [0, 1].

        Returns
        -------
        numpy.ndarray
            Shares.
        """
        levels = np.atleast_1d(np.asarray(level, dtype=float))
        found = np.empty_like(levels)
        for place, wanted in np.ndenumerate(levels):
            # A quantile of the mixture lies between those of its components.
            ends = np.asarray(stats.beta.ppf(wanted, self.alphas, self.betas))
            low, high = float(ends.min()), float(ends.max())
            found[place] = (
                low
                if high - low < 1e-14
                else optimize.brentq(
                    lambda x, q=wanted: float(self.cdf(x)) - q, low, high, xtol=1e-14
                )
            )
        return found.reshape(np.shape(level))

    def rvs(self, size: int, random_state: int | np.random.Generator) -> Array:
        """Draws.

        Parameters
        ----------
        size : int
            How many.
        random_state : int or numpy.random.Generator
            The seed.

        Returns
        -------
        numpy.ndarray
            Shares.
        """
        rng = np.random.default_rng(random_state)
        which = rng.choice(len(self.weights), size=size, p=self.weights)
        draws = rng.beta(np.array(self.alphas)[which], np.array(self.betas)[which])
        return np.asarray(draws, dtype=float)

    def mean(self) -> float:
        """Mean.

        Returns
        -------
        float
            In (0, 1).
        """
        a, b = np.array(self.alphas), np.array(self.betas)
        return float(np.array(self.weights) @ (a / (a + b)))

    def sd(self) -> float:
        """Standard deviation.

        Returns
        -------
        float
            Below 0.5.
        """
        a, b = np.array(self.alphas), np.array(self.betas)
        second = np.array(self.weights) @ (a * (a + 1) / ((a + b) * (a + b + 1)))
        return float(np.sqrt(second - self.mean() ** 2))

    def interval(self, prob: float = 0.95) -> tuple[float, float]:
        """Equal-tailed interval.

        Parameters
        ----------
        prob : float
            In (0, 1).

        Returns
        -------
        tuple of (float, float)
            Lower and upper end.

        Raises
        ------
        DataError
            For a probability outside (0, 1).
        """
        if not 0 < prob < 1:
            raise DataError(f"prob is {prob}; it must lie between 0 and 1, such as 0.95.")
        low, high = self.ppf([(1 - prob) / 2, (1 + prob) / 2])
        return float(low), float(high)

    def predictive(self, n: int) -> Array:
        """Probabilities of the counts of a new sample.

        Parameters
        ----------
        n : int
            Its size, at least 1.

        Returns
        -------
        numpy.ndarray
            Of 0 to n responders: a mixture of beta-binomials.
        """
        _check(0, n)
        counts = np.arange(n + 1)[:, None]
        parts = stats.betabinom.pmf(counts, n, np.array(self.alphas), np.array(self.betas))
        return np.asarray(parts @ np.array(self.weights))

    def posterior(self, count: int, n: int) -> "BetaMixture":
        """The mixture after a count: each component is updated, and each weight by how well it predicted.

        Parameters
        ----------
        count, n : int
            Patients with the property, of how many.

        Returns
        -------
        BetaMixture
            As many components.

        Raises
        ------
        DataError
            For a count outside 0 to n.
        """
        _check(count, n)
        a, b = np.array(self.alphas), np.array(self.betas)
        log = np.log(self.weights) + special.betaln(a + count, b + n - count) - special.betaln(a, b)
        weights = special.softmax(log)
        # A weight below the smallest float is 0, and such a component is left out.
        kept = weights > 0
        return BetaMixture(
            tuple((weights[kept] / weights[kept].sum()).tolist()),
            tuple((a[kept] + count).tolist()),
            tuple((b[kept] + n - count).tolist()),
        )

    def robust(self, weight: float, alpha: float = 1.0, beta: float = 1.0) -> "BetaMixture":
        """Add a vague component, so that data in conflict with the rest can outweigh it.

        Parameters
        ----------
        weight : float
            Of the vague component, in (0, 1).
        alpha, beta : float
            Its parameters; uniform if not given.

        Returns
        -------
        BetaMixture
            The vague component is the last (Schmidli 2014, doi:10.1111/biom.12242).

        Raises
        ------
        DataError
            For a weight outside (0, 1).
        """
        if not 0 < weight < 1:
            raise DataError(f"The robust weight is {weight}; it must lie between 0 and 1.")
        shrunk = tuple((1 - weight) * each for each in self.weights)
        return BetaMixture(
            (*shrunk, weight), (*self.alphas, float(alpha)), (*self.betas, float(beta))
        )

    def ess(self, method: str = "elir") -> float:
        """How many patients the mixture is worth as a prior of a share.

        Parameters
        ----------
        method : {"elir", "moment", "morita"}
            The expected local information ratio (Neuenschwander 2020, doi:10.1111/biom.13252), the
            only one of the three whose expectation after m patients is m more; the beta
            distribution with the same mean and SD, which is low for heavy tails; the curvature at
            the mode (Morita 2008, doi:10.1111/j.1541-0420.2007.00888.x, at the mode as in RBesT),
            which is high for peaked mixtures.

        Returns
        -------
        float
            Patients; the sum of the parameters for one component with both above 1.

        Raises
        ------
        DataError
            For another method, or ``elir`` of a mixture with a parameter below 1, where it diverges.
        """
        if method == "moment":
            mean, sd = self.mean(), self.sd()
            return mean * (1 - mean) / sd**2 - 1
        if method == "morita":
            mode = self._mode()
            flat = 1 / 100  # the reference prior: a hundredth of a patient, at the mode
            reference = (mode * flat - 1) / mode**2 + ((1 - mode) * flat - 1) / (1 - mode) ** 2
            mean = self.mean()
            per_patient = mean / mode**2 + (1 - mean) / (1 - mode) ** 2
            return float((self._information(np.array([mode]))[0] - reference) / per_patient)
        if method != "elir":
            raise DataError(f"No method {method!r}; it is 'elir', 'moment' or 'morita'.")
        if min(*self.alphas, *self.betas) < 1:
            raise DataError(
                "The expected local information ratio diverges where a parameter is below 1; use "
                "'moment'."
            )
        # Nodes on the logit scale, where every component is smooth and tails fall exponentially.
        steps, width = np.linspace(-45, 45, 18001, retstep=True)
        x = special.expit(steps)
        log = self.logpdf(x) + special.log_expit(steps) + special.log_expit(-steps)
        inside = (x > 0) & (x < 1)
        ratio = self._information(x[inside]) * x[inside] * special.expit(-steps[inside])
        return float(np.sum(np.exp(log[inside]) * ratio) * width)

    def _information(self, x: Array) -> Array:
        """Minus the second derivative of the log density."""
        a, b = np.array(self.alphas) - 1, np.array(self.betas) - 1
        x = x[:, None]
        log = stats.beta.logpdf(x, a + 1, b + 1) + np.log(self.weights)
        share = special.softmax(log, axis=-1)
        slope = a / x - b / (1 - x)
        bend = -a / x**2 - b / (1 - x) ** 2
        mean_slope = (share * slope).sum(axis=-1)
        return np.asarray(mean_slope**2 - (share * (bend + slope**2)).sum(axis=-1))

    def _mode(self) -> float:
        grid = np.linspace(0, 1, 2001)[1:-1]
        best = float(grid[np.argmax(self.logpdf(grid))])
        found = optimize.minimize_scalar(
            lambda x: -float(self.logpdf(x)),
            bounds=(max(best - 1e-3, 1e-9), min(best + 1e-3, 1 - 1e-9)),
            method="bounded",
            options={"xatol": 1e-10},
        )
        return float(found.x)

    def __repr__(self) -> str:
        return f"BetaMixture: {self}"

    def __str__(self) -> str:
        parts = zip(self.weights, self.alphas, self.betas, strict=True)
        return " + ".join(f"{w:.3g} Beta({a:.4g}, {b:.4g})" for w, a, b in parts)


def fit_mixture(grid: Grid, components: int | None = None) -> BetaMixture:
    """The mixture of betas nearest to a density, by the Kullback-Leibler divergence from it.

    Parameters
    ----------
    grid : Grid
        The density of the logit of a share.
    components : int, optional
        1 to 3; if not given the fewest that come within `CLOSE`, or else 3.

    Returns
    -------
    BetaMixture
        Components in the order of their means, all parameters above 1.

    Raises
    ------
    DataError
        For another number of components.
    ConvergenceError
        Where the search ends before a minimum.
    """
    if components is not None and components not in range(1, _MOST + 1):
        raise DataError(f"{components} components; allowed are 1 to {_MOST}.")
    for k in range(1, _MOST + 1) if components is None else [components]:
        mixture = _nearest(grid, k)
        if divergence(grid, mixture) < CLOSE:
            break
    return mixture


def divergence(grid: Grid, mixture: BetaMixture) -> float:
    """The Kullback-Leibler divergence of a mixture from a density.

    Parameters
    ----------
    grid : Grid
        The density of the logit of a share.
    mixture : BetaMixture
        What stands for it.

    Returns
    -------
    float
        In nats, at least 0.
    """
    inside = grid.density > 0
    log = np.zeros_like(grid.density)
    log[inside] = np.log(grid.density[inside]) - _log_on_logit(mixture, grid.theta[inside])
    return grid.expect(log)


def _log_on_logit(mixture: BetaMixture, theta: Array) -> Array:
    """Log density of the logit, exact far out where the share itself is 0 or 1 in floating point."""
    up, down = special.log_expit(theta)[:, None], special.log_expit(-theta)[:, None]
    a, b = np.array(mixture.alphas), np.array(mixture.betas)
    parts = np.log(mixture.weights) + a * up + b * down - special.betaln(a, b)
    return np.asarray(special.logsumexp(parts, axis=1), dtype=float)


def _nearest(grid: Grid, k: int) -> BetaMixture:
    inside = grid.density > 1e-14 * grid.density.max()
    mass = (grid.density * grid.width * np.cosh(grid.steps))[inside]
    mass /= mass.sum()
    theta = grid.theta[inside]
    up, down = special.log_expit(theta)[:, None], special.log_expit(-theta)[:, None]

    def unpack(x: Array) -> tuple[Array, Array, Array]:
        log_weights = x[:k] - special.logsumexp(x[:k])
        return log_weights, 1 + np.exp(x[k : 2 * k]), 1 + np.exp(x[2 * k :])

    def loss(x: Array) -> tuple[float, Array]:
        log_weights, a, b = unpack(x)
        parts = log_weights + a * up + b * down - special.betaln(a, b)
        total = special.logsumexp(parts, axis=1)
        owned = np.exp(parts - total[:, None]) * mass[:, None]
        each = owned.sum(axis=0)
        both = special.digamma(a + b)
        by_a = (owned * up).sum(axis=0) - each * (special.digamma(a) - both)
        by_b = (owned * down).sum(axis=0) - each * (special.digamma(b) - both)
        by_weight = each - np.exp(log_weights)
        slope = np.concatenate([by_weight, by_a * (a - 1), by_b * (b - 1)])
        return -float(mass @ total), -slope

    # Start with the same centre and widths from narrow to wide: peaks with heavy tails are the rule.
    share = special.expit(theta)
    mean = float(mass @ share)
    spread = float(mass @ (share - mean) ** 2)
    size = mean * (1 - mean) / spread - 1
    sizes = size * np.array({1: [1.0], 2: [2.0, 0.5], 3: [4.0, 1.0, 0.3]}[k])
    alphas = np.maximum(sizes * mean - 1, 0.05)
    betas = np.maximum(sizes * (1 - mean) - 1, 0.05)
    start = np.concatenate([np.zeros(k), np.log(alphas), np.log(betas)])
    # BFGS, not L-BFGS-B: with nine numbers the latter spends its time waiting for BLAS threads.
    found: Any = optimize.minimize(
        loss, start, jac=True, method="BFGS", options={"maxiter": 2000, "gtol": 1e-7}
    )
    if np.abs(found.jac).max() > _FLAT:
        raise ConvergenceError(f"No mixture of {k} betas was found: {found.message}")
    log_weights, a, b = unpack(found.x)
    order = np.argsort(a / (a + b))
    weights = np.exp(log_weights)[order]
    return BetaMixture(
        tuple((weights / weights.sum()).tolist()),
        tuple(a[order].tolist()),
        tuple(b[order].tolist()),
    )


def _check(count: int, n: int) -> None:
    if n < 1 or not 0 <= count <= n:
        raise DataError(f"{count} of {n} is not a share; the count must lie between 0 and n.")
