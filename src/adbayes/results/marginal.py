"""Averages over new patients: a patient effect integrated out of a probability or a mean, draw by draw.

Gauss-Hermite quadrature, because simulated patients would add their own noise to every draw.
"""

from collections.abc import Callable

import numpy as np
from scipy.special import expit, ndtr

from adbayes.inference.fit import Fit

INVERSE_LINKS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "identity": lambda eta: eta,
    "log": np.exp,
    "inverse": lambda eta: 1 / eta,
    "logit": expit,
    "probit": ndtr,
    "cloglog": lambda eta: -np.expm1(-np.exp(eta)),
}
# Probabilities are then within 2e-5 for patient SDs up to 0.7 (log) or 2.8 (log odds); a test holds it.
NODES = 30
_LIGHTEST = 1e-10


def standard_nodes(size: int = NODES) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of an average over a standard normal variable.

    Parameters
    ----------
    size : int, optional
        Number of nodes; polynomials up to degree 2 size - 1 are averaged exactly.

    Returns
    -------
    tuple of numpy.ndarray
        Nodes, and weights that sum to 1; nodes whose weight is below 1e-10 are left out.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(size)
    weights = weights / weights.sum()
    kept = weights > _LIGHTEST
    return nodes[kept], weights[kept] / weights[kept].sum()


def patient_effects(fit: Fit, size: int = NODES) -> tuple[np.ndarray, np.ndarray]:
    """Effects of new patients on the link's scale, and how much each counts.

    Parameters
    ----------
    fit : Fit
        A model with one group intercept or none.
    size : int, optional
        Number of nodes.

    Returns
    -------
    tuple of numpy.ndarray
        Effects ``(chain, draw, node)`` and weights ``(node,)``; one effect of 0 where the model has
        no groups.
    """
    if not fit.analysis.mean.groups:
        shape = (fit.posterior.sizes["chain"], fit.posterior.sizes["draw"], 1)
        return np.zeros(shape), np.ones(1)
    nodes, weights = standard_nodes(size)
    spread = fit.posterior[f"{fit.analysis.mean.groups[0]}_sigma"].transpose("chain", "draw")
    return spread.to_numpy()[..., None] * nodes, weights
