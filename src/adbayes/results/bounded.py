"""A beta-binomial score over patients: its distribution at each visit, by quadrature.

A patient's score out of n is beta-binomial with mean ``n expit(eta + u)`` and precision kappa; the
effects u are normal over patients. What is asked about patients in general is the average over u,
taken within every draw by Gauss-Hermite quadrature, so that no simulation noise enters. Two visits of
one patient are independent given u.
"""

from math import ceil

import numpy as np

from adbayes.inference.course import Course, course_of, from_means
from adbayes.inference.fit import Fit
from adbayes.inference.patient_likelihood import AT_ONCE, NODES, log_pmf, normal_nodes


def bounded_quantities(fit: Fit) -> dict[str, dict[str, np.ndarray]]:
    """What a beta-binomial model says about the scores of patients in general.

    Parameters
    ----------
    fit : Fit
        Of a model for which `adbayes.model.answerable.is_bounded_score` is true.

    Returns
    -------
    dict of str to dict
        Estimand to level to draws ``(chain, draw)``: mean, mean_change and predictive_sd in points,
        ratio_of_means, share_floor and share_ceiling in percent, and share_mcid (percent of patients
        whose score falls by at least the MCID) where the spec states one.
    """
    top = fit.analysis.mean.trials
    assert isinstance(top, int)  # `is_bounded_score` has seen it
    mcid = fit.analysis.estimands.mcid
    course = course_of(fit.analysis, fit.frame, fit.design, fit.posterior)
    return score_quantities(course, top, None if mcid is None else mcid.value)


def score_quantities(
    course: Course, top: int, mcid: float | None, nodes: int = NODES
) -> dict[str, dict[str, np.ndarray]]:
    """The same from the parameters.

    Parameters
    ----------
    course : Course
        Linear predictor (log odds), precision kappa and patient SD, draw by draw.
    top : int
        The highest score; the lowest is 0.
    mcid : float or None
        The fall that matters, points.
    nodes : int, optional
        Of the quadrature.

    Returns
    -------
    dict of str to dict
        As `bounded_quantities`.
    """
    shape = course.between.shape
    count = course.between.size
    z, weights = normal_nodes(nodes)
    later = [level for level in course.levels if level != course.baseline]
    means, sds, floors, ceilings = (
        {level: np.empty(count) for level in course.levels} for _ in range(4)
    )
    falls = {level: np.empty(count) for level in later}
    scores = np.arange(top + 1)
    for start in range(0, count, AT_ONCE):
        part = slice(start, start + AT_ONCE)
        effects = course.between.reshape(-1)[part, None] * z
        given = {
            level: np.exp(
                log_pmf(
                    course.centre[level].reshape(-1)[part, None] + effects,
                    course.spread[level].reshape(-1)[part, None],
                    top,
                )
            )
            for level in course.levels
        }
        for level, probability in given.items():
            overall = np.einsum("k,dky->dy", weights, probability)
            means[level][part] = overall @ scores
            squares = overall @ scores**2
            sds[level][part] = np.sqrt(squares - means[level][part] ** 2)
            floors[level][part] = 100 * overall[:, 0]
            ceilings[level][part] = 100 * overall[:, top]
        if mcid is not None:
            before = given[course.baseline]
            for level in later:
                falls[level][part] = 100 * fall_share(before, given[level], weights, ceil(mcid))
    found = from_means(means, course.baseline)
    found |= {"predictive_sd": sds, "share_floor": floors, "share_ceiling": ceilings}
    if mcid is not None:
        found["share_mcid"] = falls
    return {
        name: {level: draws.reshape(shape) for level, draws in by_level.items()}
        for name, by_level in found.items()
    }


def fall_share(
    before: np.ndarray, after: np.ndarray, weights: np.ndarray, points: int
) -> np.ndarray:
    """Share of patients whose score falls by at least so many points.

    Parameters
    ----------
    before, after : numpy.ndarray
        Probabilities given the patient's effect, ``(draw, node, score)``.
    weights : numpy.ndarray
        Of the nodes.
    points : int
        The fall.

    Returns
    -------
    numpy.ndarray
        0 to 1, one a draw.
    """
    at_most = after.cumsum(axis=-1)[..., : after.shape[-1] - points]
    return np.asarray(np.einsum("k,dky,dky->d", weights, before[..., points:], at_most))
