"""The signed root of any single-peaked likelihood, tabulated both ways.

With l the log-likelihood and t its peak, r(theta) = sign(theta - t) sqrt(2 (l(t) - l(theta))): exactly
(theta - t) / se for a normal likelihood, and close to standard normal over repeated data for others.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicHermiteSpline
from scipy.optimize import minimize_scalar

from adbayes.errors import DataError
from adbayes.paper.likelihood import Likelihood

Array = NDArray[np.float64]

REACH = 40.0
"""Roots are tabulated to this many standard normal deviations, or to where the likelihood is tabulated."""

STEP = 0.01
"""Between roots; linear interpolation is then right to about a hundred-thousandth of a standard error."""

_COARSE, _POINTS, _SPAN = 301, 1601, 7.0  # of the likelihood, out to sinh(7) = 548 of its scales


@dataclass(frozen=True, eq=False)
class RootTable:
    """A parameter as an increasing function of the signed root of its likelihood.

    Parameters
    ----------
    root : numpy.ndarray
        Evenly spaced, 0 at the peak.
    theta : numpy.ndarray
        The parameter at each root.
    log_slope : numpy.ndarray
        Log of the derivative of the parameter in the root; at the peak the log of the standard error.
    """

    root: Array
    theta: Array
    log_slope: Array

    @classmethod
    def of(cls, likelihood: Likelihood) -> "RootTable":
        """Tabulate a likelihood.

        Parameters
        ----------
        likelihood : Likelihood
            With one peak near its centre.

        Returns
        -------
        RootTable
            Its root.

        Raises
        ------
        DataError
            Where the likelihood has more than one peak.
        """
        centre, scale = likelihood.centre, likelihood.scale
        theta = centre + scale * np.sinh(np.linspace(-_SPAN, _SPAN, _COARSE))
        top = int(np.argmax(likelihood.log(theta)))
        found = minimize_scalar(
            lambda value: -likelihood.log(np.array([value]))[0],
            bounds=(theta[max(top - 1, 0)], theta[min(top + 1, _COARSE - 1)]),
            method="bounded",
            options={"xatol": 1e-9 * scale},
        )
        peak, highest = float(found.x), -float(found.fun)
        # Closer to the peak the fall of the likelihood drowns in the digits of its height.
        theta = peak + scale * np.sinh(np.linspace(-_SPAN, _SPAN, _POINTS))
        theta = theta[np.abs(theta - peak) > 1e-3 * scale]
        fall = np.maximum(highest - likelihood.log(theta), 0.0)
        root = np.sign(theta - peak) * np.sqrt(2 * fall)
        inside = np.abs(root) <= REACH + 1
        theta, root = theta[inside], root[inside]
        if not (np.diff(root) > 0).all():
            raise DataError(
                "A likelihood from print has more than one peak; its rows cannot be pooled. Ask for "
                "the rows one by one."
            )
        at = np.searchsorted(theta, peak)
        theta, root = np.insert(theta, at, peak), np.insert(root, at, 0.0)
        spline = CubicHermiteSpline(root, theta, np.gradient(theta, root))
        low, high = max(root[0], -REACH), min(root[-1], REACH)
        steps = np.arange(np.ceil(low / STEP), np.floor(high / STEP) + 1) * STEP
        slope = spline(steps, 1)
        return cls(steps, np.asarray(spline(steps), dtype=float), np.log(slope))

    def at(self, theta: float) -> float:
        """The root of one value of the parameter.

        Parameters
        ----------
        theta : float
            Any value.

        Returns
        -------
        float
            Its root; the last of the table beyond it.
        """
        return float(np.interp(theta, self.theta, self.root))
