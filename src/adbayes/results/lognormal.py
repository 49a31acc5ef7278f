"""A lognormal laboratory value over patients: closed forms, draw by draw.

Over patients the logarithm is normal with the variance of the patients' effects and that of the visit
together, so that mean, SD and every share follow without quadrature.
"""

import numpy as np
from scipy.special import ndtr

from adbayes.inference.course import Course, course_of, from_means
from adbayes.inference.fit import Fit
from adbayes.results.lab_cutoff import lab_cutoff


def lognormal_quantities(fit: Fit) -> dict[str, dict[str, np.ndarray]]:
    """What a lognormal model says about the values of patients in general.

    Parameters
    ----------
    fit : Fit
        Of a model for which `adbayes.model.answerable.is_lognormal_lab` is true.

    Returns
    -------
    dict of str to dict
        Estimand to level to draws ``(chain, draw)``: mean (arithmetic), mean_change and predictive_sd
        in the outcome's unit, ratio_of_means in percent, geometric_mean_ratio (level over baseline),
        and share_above (percent of patients beyond the cut-off) where the outcome has one.
    """
    course = course_of(fit.analysis, fit.frame, fit.design, fit.posterior)
    cutoff = lab_cutoff(fit.frame)
    return value_quantities(course, None if cutoff is None else cutoff.boundary)


def value_quantities(course: Course, boundary: float | None) -> dict[str, dict[str, np.ndarray]]:
    """The same from the parameters.

    Parameters
    ----------
    course : Course
        Mean of the logarithm, its SD within and between patients, draw by draw.
    boundary : float or None
        Where high values begin, unit of the outcome.

    Returns
    -------
    dict of str to dict
        As `lognormal_quantities`.
    """
    start = course.baseline
    variance = {level: course.between**2 + course.spread[level] ** 2 for level in course.levels}
    means = {level: np.exp(course.centre[level] + variance[level] / 2) for level in course.levels}
    found = from_means(means, start)
    found["predictive_sd"] = {
        level: means[level] * np.sqrt(np.expm1(variance[level])) for level in course.levels
    }
    found["geometric_mean_ratio"] = {
        level: np.exp(course.centre[level] - course.centre[start])
        for level in course.levels
        if level != start
    }
    if boundary is not None:
        found["share_above"] = {
            level: 100 * ndtr((course.centre[level] - np.log(boundary)) / np.sqrt(variance[level]))
            for level in course.levels
        }
    return found
