"""The log-F(m, m) distribution: a prior of a log odds ratio with the weight of m patients.

PyMC and SciPy lack it. It is the log odds of a share that is Beta(m/2, m/2), and m pseudo-patients of whom
half respond (Greenland and Mansournia 2015, doi 10.1002/sim.6537).
"""

from typing import Any

import numpy as np
from scipy import special, stats


class LogF:
    """A frozen distribution, as SciPy's are.

    Parameters
    ----------
    m : float or array_like
        Number of pseudo-patients, above 0; 1 is the usual prior against separation.
    """

    def __init__(self, m: Any) -> None:
        self.m = np.asarray(m, dtype=float)
        self.share = stats.beta(self.m / 2, self.m / 2)

    def logpdf(self, x: Any) -> Any:
        """Log density.

        Parameters
        ----------
        x : array_like
            Log odds ratios.

        Returns
        -------
        numpy.ndarray
            Of their shape.
        """
        x = np.asarray(x, dtype=float)
        constant = special.betaln(self.m / 2, self.m / 2)
        return self.m / 2 * x + self.m * special.log_expit(-x) - constant

    def pdf(self, x: Any) -> Any:
        """Density.

        Parameters
        ----------
        x : array_like
            Log odds ratios.

        Returns
        -------
        numpy.ndarray
            Of their shape.
        """
        return np.exp(self.logpdf(x))

    def cdf(self, x: Any) -> Any:
        """Distribution function.

        Parameters
        ----------
        x : array_like
            Log odds ratios.

        Returns
        -------
        numpy.ndarray
            In [0, 1].
        """
        return self.share.cdf(special.expit(x))

    def ppf(self, q: Any) -> Any:
        """Quantiles.

        Parameters
        ----------
        q : array_like
            In (0, 1).

        Returns
        -------
        numpy.ndarray
            Log odds ratios.
        """
        return special.logit(self.share.ppf(q))

    def rvs(self, size: Any = None, random_state: Any = None) -> Any:
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
            Log odds ratios.
        """
        return special.logit(self.share.rvs(size=size, random_state=random_state))


def log_f_in_pymc(name: str, m: Any, dims: Any = None, shape: Any = None) -> Any:
    """The distribution in a PyMC model.

    Parameters
    ----------
    name : str
        Of the variable.
    m : float or tensor
        Number of pseudo-patients.
    dims, shape : optional
        As PyMC takes them.

    Returns
    -------
    tensor
        The variable, registered in the model at hand.
    """
    import pymc as pm
    import pytensor.tensor as pt

    def logp(value: Any, m: Any) -> Any:
        constant = 2 * pt.gammaln(m / 2) - pt.gammaln(m)
        return m / 2 * value - m * pt.softplus(value) - constant

    def random(m: Any, rng: Any = None, size: Any = None) -> Any:
        return special.logit(rng.beta(m / 2, m / 2, size=size))

    return pm.CustomDist(name, m, logp=logp, random=random, dims=dims, shape=shape)
