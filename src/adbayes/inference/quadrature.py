"""One-dimensional densities by quadrature: no sampling, so exact to a stated accuracy and repeatable."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import cumulative_simpson
from scipy.interpolate import CubicHermiteSpline

from adbayes.errors import ConvergenceError, DataError

Array = NDArray[np.float64]

ACCURACY = 1e-6
"""Largest change of the normalising constant, the mean and the SD (in posterior SDs) when every second
point of the grid is left out."""

_REACH = 5.0  # the grid ends at sinh(5) = 74 posterior SDs from its centre
_COARSE = 301  # points that find the centre
_SIZES = (601, 1201, 2401, 4801)  # odd, so that every second point spans the same range


@dataclass(frozen=True, eq=False)
class Grid:
    """A normalised density on points that are dense at its centre and reach far into its tails.

    Parameters
    ----------
    centre, width : float
        The points are centre + width * sinh(steps).
    steps : numpy.ndarray
        Evenly spaced.
    theta, density : numpy.ndarray
        Points, and the density at them.
    """

    centre: float
    width: float
    steps: Array
    theta: Array
    density: Array

    @classmethod
    def of(cls, log: Callable[[Array], Array], centre: float, width: float) -> "Grid":
        """Normalise a density, refining its grid until the answer no longer moves.

        Parameters
        ----------
        log : callable
            Log density up to a constant, with one mode.
        centre, width : float
            A first guess of where it is and how wide.

        Returns
        -------
        Grid
            Accurate to `ACCURACY`.

        Raises
        ------
        DataError
            Where the density is 0 all around the guess.
        ConvergenceError
            Where the finest grid is not accurate, as for a density with jumps.
        """
        for _ in range(20):
            mean, sd = cls._on(log, centre, width, _COARSE).moments()
            if sd == 0:
                break
            settled = abs(mean - centre) < 0.1 * width and 0.8 < sd / width < 1.25
            centre, width = mean, sd
            if settled:
                break
        moves: tuple[float, ...] = (np.inf,)
        for size in _SIZES if width > 0 else ():
            grid = cls._on(log, centre, width, size)
            half = cls._normalised(centre, width, grid.steps[::2], grid.density[::2])
            mean, sd = grid.moments()
            mean_half, sd_half = half.moments()
            constant = float(half.density[size // 4] / grid.density[size // 4 * 2]) - 1
            moves = (abs(mean - mean_half) / sd, abs(sd - sd_half) / sd, abs(constant))
            if max(moves) < ACCURACY:
                return grid
        raise ConvergenceError(
            f"The grid of a posterior is accurate to {max(moves):.1e} of an SD only, not to "
            f"{ACCURACY:g}; use a prior whose density is smooth."
        )

    @classmethod
    def _on(cls, log: Callable[[Array], Array], centre: float, width: float, size: int) -> "Grid":
        steps = np.linspace(-_REACH, _REACH, size)
        value = log(centre + width * np.sinh(steps))
        if not np.isfinite(value.max()):
            raise DataError(
                "The prior excludes the values that the print allows; use a prior that reaches "
                f"{centre:.4g}."
            )
        return cls._normalised(centre, width, steps, np.exp(value - value.max()))

    @classmethod
    def _normalised(cls, centre: float, width: float, steps: Array, density: Array) -> "Grid":
        total = np.trapezoid(density * width * np.cosh(steps), steps)
        return cls(centre, width, steps, centre + width * np.sinh(steps), density / total)

    def expect(self, values: Array) -> float:
        """Expectation of a function given at the points.

        Parameters
        ----------
        values : numpy.ndarray
            One a point; may overflow where the density is negligible.

        Returns
        -------
        float
            The expectation.
        """
        inside = self.density > 1e-100 * self.density.max()
        jacobian = self.width * np.cosh(self.steps)
        product = np.zeros_like(self.density)
        product[inside] = values[inside] * self.density[inside] * jacobian[inside]
        return float(np.trapezoid(product, self.steps))

    def moments(self) -> tuple[float, float]:
        """Mean and SD.

        Returns
        -------
        tuple of (float, float)
            On the scale of the points.
        """
        mean = self.expect(self.theta)
        return mean, float(np.sqrt(self.expect((self.theta - mean) ** 2)))

    def _cumulative(self) -> tuple[Array, Array]:
        """Distribution function at the points, and its derivative in the steps."""
        rate = self.density * self.width * np.cosh(self.steps)
        below = cumulative_simpson(rate, x=self.steps, initial=0)
        return np.clip(below / below[-1], 0, 1), rate / below[-1]

    def cdf(self, theta: float) -> float:
        """Probability of values up to one.

        Parameters
        ----------
        theta : float
            Any value.

        Returns
        -------
        float
            In [0, 1].
        """
        step = np.clip(np.arcsinh((theta - self.centre) / self.width), -_REACH, _REACH)
        below, rate = self._cumulative()
        return float(np.clip(CubicHermiteSpline(self.steps, below, rate)(step), 0, 1))

    def quantile(self, level: ArrayLike) -> Array:
        """Quantiles.

        Parameters
        ----------
        level : array_like
            In (1e-8, 1 - 1e-8): beyond lie fewer points than an inverse needs.

        Returns
        -------
        numpy.ndarray
            On the scale of the points.
        """
        below, rate = self._cumulative()
        wanted = np.asarray(level, dtype=float)
        inside = (below > 1e-9) & (below < 1 - 1e-9)
        steps = np.interp(wanted, below[inside], self.steps[inside])
        cdf = CubicHermiteSpline(self.steps, below, rate)
        for _ in range(4):  # Newton from a start within one step of the grid
            steps = steps - (cdf(steps) - wanted) / cdf(steps, 1)
        return np.asarray(self.centre + self.width * np.sinh(steps), dtype=float)
