"""What a spec will fit to a cohort, settled and validated before anything is sampled."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adbayes.cohort.cohort import Cohort
from adbayes.errors import DataError
from adbayes.model.analysis import Analysis
from adbayes.model.frame import ModelFrame, model_frame
from adbayes.model.priors import Prior
from adbayes.model.spec import Spec

if TYPE_CHECKING:
    import bambi as bmb


@dataclass(frozen=True)
class Plan:
    """The analyses of one spec that a cohort can answer, and why it cannot answer the others.

    Parameters
    ----------
    jobs : tuple of (Analysis, ModelFrame)
        In the order of the spec.
    skipped : tuple of (Analysis, str)
        Analyses of ``for_each`` that the data cannot answer, with the reason.
    """

    jobs: tuple[tuple[Analysis, ModelFrame], ...]
    skipped: tuple[tuple[Analysis, str], ...]

    @property
    def reasons(self) -> dict[str, str]:
        """Predictor to the reason it is left out."""
        return {str(analysis.x): reason for analysis, reason in self.skipped}


def plan(
    spec: Spec,
    cohort: Cohort,
    variant: str | None = None,
    priors: "str | Mapping[str, Prior | bmb.Prior] | None" = None,
    x: str | None = None,
    **sampler: Any,
) -> Plan:
    """Settle what will be fitted.

    Parameters
    ----------
    spec : Spec
        The spec.
    cohort : Cohort
        The data.
    variant : str, optional
        A variant of the spec.
    priors : str or mapping, optional
        A prior set's name, or replacements by parameter.
    x : str, optional
        One predictor of ``for_each``.
    **sampler : int or float or None
        Keys of `[sampler]` that replace the spec's.

    Returns
    -------
    Plan
        With at least one job.

    Raises
    ------
    SpecError
        For a fault in the spec, the variant, the priors or the sampler's settings.
    DataError
        Where nothing can be fitted. Under ``for_each`` a predictor that cannot be fitted (its
        column is absent or has one level, the outcome does not vary where it is known) is skipped
        with its reason, unless it was asked for or no other can be fitted.
    """
    if not isinstance(cohort, Cohort):
        raise DataError(
            f"the data are a {type(cohort).__name__}; give a Cohort: ab.read_patients(FILE), "
            "ab.cohort_from_frame(TABLE) or ab.load_cohort(0)"
        )
    jobs: list[tuple[Analysis, ModelFrame]] = []
    skipped: list[tuple[Analysis, str]] = []
    for analysis in spec.analyses(variant, priors, x):
        settled = analysis.with_sampler(**sampler)
        try:
            jobs.append((settled, model_frame(settled, cohort)))
        except DataError as error:
            if settled.x is None or x is not None:
                raise
            skipped.append((settled, str(error)))
    if not jobs:  # then what is wrong is not one predictor
        raise DataError(skipped[0][1])
    return Plan(tuple(jobs), tuple(skipped))
