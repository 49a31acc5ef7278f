"""The symmetric Dirichlet distribution of the shares of ordered categories."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Dirichlet:
    """A distribution over the shares of any number of categories.

    Parameters
    ----------
    a : float
        Above 0; the weight of a category in patients. 1 is uniform over all shares.
    """

    a: float

    def margin(self, n: int) -> Any:
        """The distribution of one share.

        Parameters
        ----------
        n : int
            Number of categories, 2 or more.

        Returns
        -------
        scipy.stats distribution
            A beta.
        """
        return stats.beta(self.a, self.a * (n - 1))

    def log_density(self, values: np.ndarray) -> np.ndarray:
        """Log density, up to a constant that no share changes.

        Parameters
        ----------
        values : numpy.ndarray
            Shares above 0; the last axis holds the categories of one or more distributions.

        Returns
        -------
        numpy.ndarray
            Without the last axis.
        """
        return np.asarray((self.a - 1) * np.log(values).sum(axis=-1))

    def sample(self, size: int, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw shares.

        Parameters
        ----------
        size : int
            Number of draws.
        n : int
            Number of categories.
        rng : numpy.random.Generator
            The source of randomness.

        Returns
        -------
        numpy.ndarray
            ``(size, n)``, each row's sum 1.
        """
        return rng.dirichlet(np.full(n, self.a), size)
