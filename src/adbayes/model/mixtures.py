"""Mixtures of distributions as priors: what other studies predict, and a vague part in case they mislead.

A robust prior is such a mixture (Schmidli 2014, doi 10.1111/biom.12242): where the data conflict with its
narrow component, the weight moves to the wide one.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special, stats

Array = NDArray[np.float64]


class Mixture:
    """A mixture, called as SciPy's frozen distributions are.

    Parameters
    ----------
    weights : array_like
        Of the components, positive, summing to 1.
    components : scipy.stats frozen distribution
        All of them in one, its parameters along the last axis.
    """

    def __init__(self, weights: ArrayLike, components: Any) -> None:
        self.weights: Array = np.asarray(weights, dtype=float)
        self.components = components

    def logpdf(self, x: ArrayLike) -> Array:
        """Log density.

        Parameters
        ----------
        x : array_like
            Any numbers.

        Returns
        -------
        numpy.ndarray
            Of their shape.
        """
        parts = self.components.logpdf(np.asarray(x, dtype=float)[..., None])
        return np.asarray(special.logsumexp(parts + np.log(self.weights), axis=-1), dtype=float)

    def pdf(self, x: ArrayLike) -> Array:
        """Density.

        Parameters
        ----------
        x : array_like
            Any numbers.

        Returns
        -------
        numpy.ndarray
            Of their shape.
        """
        return np.exp(self.logpdf(x))

    def cdf(self, x: ArrayLike) -> Array:
        """Distribution function.

        Parameters
        ----------
        x : array_like
            Any numbers.

        Returns
        -------
        numpy.ndarray
            In [0, 1].
        """
        x = np.asarray(x, dtype=float)[..., None]
        return np.asarray(self.components.cdf(x) @ self.weights, dtype=float)

    def ppf(self, q: ArrayLike) -> Array:
        """Quantiles.

        Parameters
        ----------
        q : array_like
            In (0, 1).

        Returns
        -------
        numpy.ndarray
            Of their shape.
        """
        levels = np.asarray(q, dtype=float)
        found = np.empty(levels.shape)
        for place, level in np.ndenumerate(levels):
            # A quantile of the mixture lies between those of its components.
            ends = np.ravel(self.components.ppf(level))
            low, high = float(ends.min()), float(ends.max())
            found[place] = (
                low
                if high - low < 1e-13
                else optimize.brentq(lambda x, at=level: float(self.cdf(x)) - at, low, high)
            )
        return found

    def rvs(self, size: Any = None, random_state: Any = None) -> Array:
        """Draws.

        Parameters
        ----------
        size : int or tuple of int, optional
            Shape.
        random_state : numpy.random.Generator, optional
            The source of randomness.

        Returns
        -------
        numpy.ndarray
            One a draw.
        """
        rng = np.random.default_rng(random_state)
        shape = () if size is None else tuple(np.atleast_1d(size))
        which = rng.choice(len(self.weights), size=shape, p=self.weights)
        each = self.components.rvs(size=(*shape, len(self.weights)), random_state=rng)
        return np.take_along_axis(each, np.asarray(which)[..., None], axis=-1)[..., 0]


class Mixtures:
    """A mixture for each coefficient of a term, called as SciPy's frozen distributions of a vector are.

    Parameters
    ----------
    each : sequence of Mixture
        One a coefficient; they are independent.
    """

    def __init__(self, each: Sequence[Mixture]) -> None:
        self.each = tuple(each)

    def logpdf(self, x: ArrayLike) -> Array:
        """Log density.

        Parameters
        ----------
        x : array_like
            The last axis one a coefficient, or of length 1 for all.

        Returns
        -------
        numpy.ndarray
            The last axis one a coefficient.
        """
        return self._along("logpdf", x)

    def pdf(self, x: ArrayLike) -> Array:
        """Density (`Mixture.pdf`), coefficients along the last axis."""
        return self._along("pdf", x)

    def cdf(self, x: ArrayLike) -> Array:
        """Distribution function (`Mixture.cdf`), coefficients along the last axis."""
        return self._along("cdf", x)

    def ppf(self, q: ArrayLike) -> Array:
        """Quantiles of levels in (0, 1) (`Mixture.ppf`), coefficients along the last axis."""
        return self._along("ppf", q)

    def rvs(self, size: Any = None, random_state: Any = None) -> Array:
        """Draws.

        Parameters
        ----------
        size : int or tuple of int, optional
            Shape, the last axis one a coefficient; one set if not given.
        random_state : numpy.random.Generator, optional
            The source of randomness.

        Returns
        -------
        numpy.ndarray
            Of this shape.
        """
        rng = np.random.default_rng(random_state)
        shape = (len(self.each),) if size is None else tuple(np.atleast_1d(size))
        return np.stack([one.rvs(shape[:-1], rng) for one in self.each], axis=-1)

    def _along(self, name: str, x: ArrayLike) -> Array:
        values = np.asarray(x, dtype=float)
        values = np.broadcast_to(values, np.broadcast_shapes(values.shape, (len(self.each),)))
        return np.stack(
            [getattr(one, name)(values[..., k]) for k, one in enumerate(self.each)], axis=-1
        )


def normal_mixture(w: ArrayLike, mu: ArrayLike, sigma: ArrayLike) -> Mixture | Mixtures:
    """A mixture of normals.

    Parameters
    ----------
    w, mu, sigma : array_like
        Weights, means and SDs of the components; for the coefficients of a term a row each.

    Returns
    -------
    Mixture or Mixtures
        On the whole line.
    """
    if np.ndim(w) == 2:
        rows = zip(*(np.asarray(one) for one in (w, mu, sigma)), strict=True)
        return Mixtures([Mixture(a, stats.norm(b, c)) for a, b, c in rows])
    return Mixture(w, stats.norm(np.asarray(mu), np.asarray(sigma)))


def beta_mixture(w: ArrayLike, alpha: ArrayLike, beta: ArrayLike) -> Mixture:
    """A mixture of betas.

    Parameters
    ----------
    w, alpha, beta : array_like
        Weights and parameters of the components.

    Returns
    -------
    Mixture
        Of a share.
    """
    return Mixture(w, stats.beta(np.asarray(alpha), np.asarray(beta)))


MIXTURES: dict[str, tuple[tuple[str, ...], Callable[..., Mixture | Mixtures]]] = {
    "NormalMixture": (("w", "mu", "sigma"), normal_mixture),
    "BetaMixture": (("w", "alpha", "beta"), beta_mixture),
}
"""Name to parameters, each a list with one number a component; a normal one may have such a list a coefficient."""


def fault(distribution: str, parameters: dict[str, Any]) -> str:
    """What is wrong with the parameters of a mixture.

    Parameters
    ----------
    distribution : str
        Of `MIXTURES`.
    parameters : dict of str to (float or tuple)
        As stated.

    Returns
    -------
    str
        Empty where nothing is.
    """
    shapes = {np.shape(value) for value in parameters.values()}
    allowed = (1, 2) if distribution == "NormalMixture" else (1,)
    if len(shapes) > 1 or any(len(shape) not in allowed for shape in shapes):
        named = ", ".join(MIXTURES[distribution][0])
        return f"{distribution}: {named} are lists of one length, one number a component"
    for total in np.atleast_1d(np.sum(parameters["w"], axis=-1)):
        if abs(total - 1) > 1e-6:
            return f"{distribution}: w must sum to 1, found {total:g}"
    return ""
