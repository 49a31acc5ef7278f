"""The LKJ distribution of a correlation matrix, in NumPy: density, draws, and one correlation's margin.

PyMC has it as a graph, whose draws would have to be compiled; a test holds the density to PyMC's.
Its partial correlations are independent betas, and that is how it is drawn and sampled here.
Lewandowski, Kurowicka and Joe 2009, doi 10.1016/j.jmva.2009.04.008. A matrix is written here as the
vector of its correlations, in the order of `pairs`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from scipy import stats
from scipy.special import gammaln


def pairs(names: Sequence[str]) -> list[str]:
    """Names of the correlations of some variables.

    Parameters
    ----------
    names : sequence of str
        The variables.

    Returns
    -------
    list of str
        ``"first, second"``, the first variable's pairs first.
    """
    return [f"{first}, {second}" for first, second in combinations(names, 2)]


def matrices(values: np.ndarray) -> np.ndarray:
    """Correlation matrices from vectors of correlations.

    Parameters
    ----------
    values : numpy.ndarray
        ``(..., n (n - 1) / 2)``, in the order of `pairs`.

    Returns
    -------
    numpy.ndarray
        ``(..., n, n)``.
    """
    n = round((1 + np.sqrt(1 + 8 * values.shape[-1])) / 2)
    found = np.zeros((*values.shape[:-1], n, n)) + np.eye(n)
    rows, columns = np.triu_indices(n, 1)
    found[..., rows, columns] = values
    found[..., columns, rows] = values
    return found


def correlations(partial: Sequence[Any], n: int) -> list[Any]:
    """Correlations from partial correlations, through the Cholesky factor.

    Parameters
    ----------
    partial : sequence
        In the order of `pairs`, each given the variables before the first of its pair: numbers,
        arrays of one shape, or PyTensor scalars.
    n : int
        Number of variables.

    Returns
    -------
    list
        In the order of `pairs`.
    """
    factor: list[list[Any]] = [[] for _ in range(n)]
    left: list[Any] = [1.0] * n  # of each variable's variance
    for (_, variable), value in zip(combinations(range(n), 2), partial, strict=True):
        factor[variable].append(value * left[variable] ** 0.5)
        left[variable] = left[variable] * (1 - value**2)
    for variable in range(n):
        factor[variable].append(left[variable] ** 0.5)
    return [
        sum((a * b for a, b in zip(factor[i], factor[j], strict=False)), start=0.0)
        for i, j in combinations(range(n), 2)
    ]


def from_positions(position: np.ndarray, n: int) -> np.ndarray:
    """Correlations from the places of the partial correlations between -1 and 1.

    Parameters
    ----------
    position : numpy.ndarray
        ``(..., n (n - 1) / 2)``, between 0 and 1.
    n : int
        Number of variables.

    Returns
    -------
    numpy.ndarray
        Of the same shape, in the order of `pairs`.
    """
    partial = np.moveaxis(2 * position - 1, -1, 0)
    return np.stack(correlations(list(partial), n), axis=-1)


def matrix_in_pymc(values: Sequence[Any], n: int) -> Any:
    """The correlation matrix as a graph.

    Parameters
    ----------
    values : sequence of PyTensor scalars
        The correlations, in the order of `pairs`.
    n : int
        Number of variables.

    Returns
    -------
    PyTensor matrix
        ``(n, n)``.
    """
    import pytensor.tensor as pt

    whole = pt.eye(n)
    for (i, j), value in zip(combinations(range(n), 2), values, strict=True):
        whole = pt.set_subtensor(whole[[i, j], [j, i]], value)
    return whole


@dataclass(frozen=True)
class Lkj:
    """A distribution over correlation matrices of any size.

    Parameters
    ----------
    eta : float
        Above 0; 1 is uniform over the matrices, more pulls the correlations to 0.
    """

    eta: float

    def margin(self, n: int) -> Any:
        """The distribution of one correlation.

        Parameters
        ----------
        n : int
            Number of variables, 2 or more.

        Returns
        -------
        scipy.stats distribution
            A beta on -1 to 1.
        """
        shape = self.eta - 1 + n / 2
        return stats.beta(shape, shape, loc=-1, scale=2)

    def log_density(self, values: np.ndarray) -> np.ndarray:
        """Log density over the correlations.

        Parameters
        ----------
        values : numpy.ndarray
            ``(..., n (n - 1) / 2)``, in the order of `pairs`.

        Returns
        -------
        numpy.ndarray
            ``(...)``.
        """
        matrix = matrices(values)
        n = matrix.shape[-1]
        k = np.arange(1, n)
        constant = (n - 1) * gammaln(self.eta + (n - 1) / 2) - np.sum(
            k * np.log(np.pi) / 2 + gammaln(self.eta + (n - 1 - k) / 2)
        )
        return np.asarray(constant + (self.eta - 1) * np.linalg.slogdet(matrix)[1])

    def shapes(self, n: int) -> np.ndarray:
        """The partial correlations are independent: betas on -1 to 1, both shapes equal.

        Parameters
        ----------
        n : int
            Number of variables.

        Returns
        -------
        numpy.ndarray
            One shape a partial correlation, in the order of `pairs`; each is given the variables
            before the first of its pair.
        """
        return np.array([self.eta + (n - 2 - first) / 2 for first, _ in combinations(range(n), 2)])

    def sample(self, size: int, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw matrices through their partial correlations.

        Parameters
        ----------
        size : int
            Number of draws.
        n : int
            Number of variables.
        rng : numpy.random.Generator
            The source of randomness.

        Returns
        -------
        numpy.ndarray
            ``(size, n (n - 1) / 2)``, in the order of `pairs`.
        """
        shapes = self.shapes(n)
        return from_positions(rng.beta(shapes, shapes, (size, len(shapes))), n)
