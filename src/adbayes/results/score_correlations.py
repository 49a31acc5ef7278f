"""Correlations of several scores of one patient, and what is left of each given the others."""

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np

from adbayes.inference.correlation_matrix import partial_correlations
from adbayes.inference.fit import Fit
from adbayes.model import joint_scores
from adbayes.model.analysis import SCORE, Analysis
from adbayes.model.kinds import KINDS

BETWEEN, WITHIN = "between patients", "within a visit"
"""What correlates where it is not the scores of a visit: patients' levels, or what is left of a visit."""


class ScoreCorrelation(NamedTuple):
    """One correlation with its draws.

    Parameters
    ----------
    first, second : str
        The scores.
    visit : str
        Weeks; empty for patients' levels and for residuals that all visits share.
    part : str
        Empty for the scores of a visit, `BETWEEN` or `WITHIN`.
    values : numpy.ndarray
        ``(chain, draw)``.
    """

    first: str
    second: str
    visit: str
    part: str
    values: np.ndarray

    @property
    def term(self) -> str:
        """As tables name it, beside the first score as outcome."""
        return f"{self.second}, {self.part}" if self.part else self.second


def correlates_scores(analysis: Analysis) -> bool:
    """Whether the correlations of a model are those of several scores, not of several visits.

    Parameters
    ----------
    analysis : Analysis
        The model.

    Returns
    -------
    bool
        True for stacked scores of which each pair has a correlation.
    """
    return bool(analysis.data.stack) and {"correlation", "partial_correlation"} <= KINDS[
        analysis.kind
    ].answers(analysis)


def score_correlations(fit: Fit, *, partial: bool) -> Iterator[ScoreCorrelation]:
    """Correlations of every pair of scores.

    Parameters
    ----------
    fit : Fit
        A model that correlates scores.
    partial : bool
        Whether of the two given all other scores, instead of as they are.

    Yields
    ------
    ScoreCorrelation
        Of the scores at each visit; from a joint model of visits also of the patients' levels and
        of the residuals of a visit.
    """
    names = fit.frame.levels(SCORE)
    for visit, part, matrix in _covariances(fit):
        sd = np.sqrt(np.diagonal(matrix, axis1=-2, axis2=-1))
        upper = np.triu_indices(len(names), 1)
        found = (matrix / (sd[..., :, None] * sd[..., None, :]))[..., upper[0], upper[1]]
        if partial:
            found = partial_correlations(found)
        for k, (first, second) in enumerate(combinations(names, 2)):
            yield ScoreCorrelation(first, second, visit, part, found[..., k])


def _covariances(fit: Fit) -> Iterator[tuple[str, str, np.ndarray]]:
    """Visit, part and covariance of the scores: ``(chain, draw, score, score)``."""
    a, posterior = fit.analysis, fit.posterior
    visit = "" if a.data.visit is None else str(a.data.visit)
    if a.kind != joint_scores.NAME:
        names = fit.frame.levels(SCORE)
        yield visit, "", KINDS[a.kind].covariance(posterior, a, names)
        return
    effects, residuals = (
        joint_scores.effect_covariance(posterior),
        joint_scores.residual_covariance(posterior),
    )
    times = fit.frame.levels(a.options["time"])
    for t, level in enumerate(times):
        yield level, "", effects + residuals[:, :, t]
    yield "", BETWEEN, effects
    common = a.options["residuals"] == "common"
    for t, level in enumerate(times[:1] if common else times):
        yield "" if common else level, WITHIN, residuals[:, :, t]
