"""The likelihood of one patient, the patient's effect integrated out: what leaving one out needs.

Given the effect u a patient's visits are independent. For a beta-binomial score their joint
probability is averaged over u by Gauss-Hermite quadrature; for a lognormal value it is a closed form
(`random_intercept_scale`). The likelihood of rows is conditional on u, and there the importance weights of
power-scaling fail.
"""

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import expit, gammaln

from adbayes.inference.course import Course, course_of
from adbayes.model import random_intercept_scale
from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design
from adbayes.model.frame import ModelFrame
from adbayes.model.one_course import is_bounded_score, is_lognormal_lab

# Up to a patient SD of 2 on the log-odds scale shares are within 0.03 percentage points of those with
# 201 nodes, means and SDs within 1e-5 of their value; a test holds it.
NODES = 31
AT_ONCE = 500  # draws: memory stays under 100 MB


def integrates(analysis: Analysis) -> bool:
    """Whether the patients' effects of a model that Bambi's graph samples can be integrated out here.

    Parameters
    ----------
    analysis : Analysis
        The model.

    Returns
    -------
    bool
        True for a bounded score and a lognormal value with one patient intercept.
    """
    return is_bounded_score(analysis) or is_lognormal_lab(analysis)


def patient_log_likelihood(
    analysis: Analysis, frame: ModelFrame, design: Design, posterior: xr.Dataset
) -> np.ndarray:
    """Marginal log-likelihood, one a patient.

    Parameters
    ----------
    analysis : Analysis
        A model for which `integrates` is true.
    frame : ModelFrame
        The data.
    design : Design
        The mean's design matrix.
    posterior : xarray.Dataset
        Draws with Bambi's names.

    Returns
    -------
    numpy.ndarray
        ``(chain, draw, patient)``, patients in the order of the categories.
    """
    if is_lognormal_lab(analysis):
        values = random_intercept_scale.log_likelihood(posterior, frame, design, analysis)
        return np.asarray(values)
    course = course_of(analysis, frame, design, posterior)
    group = frame.data[analysis.mean.grouping[0]].cat.codes.to_numpy()
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(group[order]) > 0])
    _, level = np.unique(_number(frame.data[analysis.estimands.by]), return_inverse=True)
    at = level[order]
    y = frame.data[frame.outcome].to_numpy()[order]
    assert isinstance(analysis.mean.trials, int)  # `is_bounded_score` has seen it
    return _beta_binomial(course, at, y, starts, analysis.mean.trials)


def _number(by: pd.Series) -> np.ndarray:
    """The levels of a column as numbers in their order."""
    categorical = isinstance(by.dtype, pd.CategoricalDtype)
    return by.cat.codes.to_numpy() if categorical else by.to_numpy(dtype=float)


def _beta_binomial(
    course: Course, at: np.ndarray, y: np.ndarray, starts: np.ndarray, top: int
) -> np.ndarray:
    nodes, weights = normal_nodes(NODES)
    shape = course.between.shape
    found = np.empty((course.between.size, len(starts)))
    scores = np.asarray(y, dtype=int)
    for first in range(0, len(found), AT_ONCE):
        part = slice(first, first + AT_ONCE)
        effects = course.between.reshape(-1)[part, None] * nodes
        rows = np.empty((*effects.shape, len(scores)))
        for number, level in enumerate(course.levels):
            own = at == number
            log_odds = course.centre[level].reshape(-1)[part, None] + effects
            kappa = course.spread[level].reshape(-1)[part, None]
            rows[..., own] = log_pmf(log_odds, kappa, top)[..., scores[own]]
        joint = np.add.reduceat(rows, starts, axis=-1)
        highest = joint.max(axis=1, keepdims=True)
        mean = np.einsum("k,dkp->dp", weights, np.exp(joint - highest))
        found[part] = np.log(mean) + highest[:, 0]
    return found.reshape(*shape, len(starts))


def normal_nodes(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Hermite nodes of a standard normal variable.

    Parameters
    ----------
    count : int
        How many.

    Returns
    -------
    tuple of numpy.ndarray
        Nodes, and weights that sum to 1.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(count)
    return nodes, weights / weights.sum()


def log_pmf(log_odds: np.ndarray, kappa: np.ndarray, top: int) -> np.ndarray:
    """Log probability of every score of a beta-binomial variable.

    Rising factorials as sums of logarithms: a tenth of the time of `scipy.stats.betabinom`, which a
    test compares.

    Parameters
    ----------
    log_odds : numpy.ndarray
        Logit of the mean share of the highest score.
    kappa : numpy.ndarray
        Precision, above 0; the binomial is its limit at infinity.
    top : int
        The highest score; the lowest is 0.

    Returns
    -------
    numpy.ndarray
        One more axis than the two broadcast, of length ``top + 1``.
    """
    steps = np.arange(top)
    scores = np.arange(top + 1)
    up = _summed(np.log((expit(log_odds) * kappa)[..., None] + steps))
    down = _summed(np.log((expit(-log_odds) * kappa)[..., None] + steps))
    total = np.log(kappa[..., None] + steps).sum(axis=-1, keepdims=True)
    ways = gammaln(top + 1) - gammaln(scores + 1) - gammaln(top - scores + 1)
    return np.asarray(up + down[..., ::-1] - total + ways)


def _summed(terms: np.ndarray) -> np.ndarray:
    """Cumulative sums that start at 0."""
    return np.concatenate([np.zeros((*terms.shape[:-1], 1)), terms.cumsum(axis=-1)], axis=-1)
