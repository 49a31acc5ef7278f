"""Where high values of a laboratory test begin, on the grid that the values were written down on."""

from dataclasses import dataclass

import numpy as np

from adbayes.cohort.outcomes import CUTOFFS
from adbayes.model.frame import ModelFrame


@dataclass(frozen=True)
class LabCutoff:
    """The cut-off of a laboratory value for a continuous distribution.

    Parameters
    ----------
    boundary : float
        High values lie beyond it, in the unit of the outcome. For whole numbers it is half-way
        between the last value that is not high and the first that is.
    words : str
        ``% at or above 250``: the unit of a share of high values.
    at_boundary : bool
        Whether a value on the boundary itself is high; no whole number is.
    """

    boundary: float
    words: str
    at_boundary: bool

    def high(self, values: np.ndarray) -> np.ndarray:
        """Which values are high.

        Parameters
        ----------
        values : numpy.ndarray
            In the unit of the outcome.

        Returns
        -------
        numpy.ndarray
            True where they are.
        """
        return values >= self.boundary if self.at_boundary else values > self.boundary


def lab_cutoff(frame: ModelFrame) -> LabCutoff | None:
    """The cut-off of an outcome, if it has one.

    Parameters
    ----------
    frame : ModelFrame
        The rows; their values tell whether the outcome was written in whole numbers.

    Returns
    -------
    LabCutoff or None
        None for an outcome without an entry in `adbayes.cohort.outcomes.CUTOFFS`.
    """
    cutoff = CUTOFFS.get(frame.outcome)
    if cutoff is None:
        return None
    values = frame.y
    half = 0.5 if (values == np.floor(values)).all() else 0.0
    boundary = cutoff.value - half if cutoff.inclusive else cutoff.value + half
    words = f"% {'at or above' if cutoff.inclusive else 'above'} {cutoff.value:g}"
    return LabCutoff(boundary, words, cutoff.inclusive)
