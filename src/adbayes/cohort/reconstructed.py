"""A reconstructed cohort as a thing of its own, known without the search that makes one."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from adbayes.cohort.assumptions import Assumptions
from adbayes.cohort.cohort import Cohort

LABEL = "reconstructed: synthetic patients made to agree with the printed numbers; not patient data"


@dataclass(frozen=True, eq=False, repr=False)
class ReconstructedCohort(Cohort):
    """Synthetic patients, with what they were made from.

    Parameters
    ----------
    seed : int
        Rebuilds it.
    assumptions : Assumptions
        The choices that the print does not force.
    missed : mapping of str to float
        Distance from the printed intervals that each search ended with, in half widths; 0 where
        everything agrees.
    """

    seed: int = 0
    assumptions: Assumptions = field(default_factory=Assumptions)
    missed: Mapping[str, float] = field(default_factory=dict)
