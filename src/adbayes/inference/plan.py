"""What a spec will fit to a cohort, settled and validated before anything is sampled."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adbayes.cohort.cohort import Cohort
from adbayes.errors import DataError
from adbayes.model.frame import ModelFrame, missing_columns, model_frame
from adbayes.model.priors import Prior
from adbayes.model.spec import Analysis, Spec

if TYPE_CHECKING:
    import bambi as bmb


@dataclass(frozen=True)
class Plan:
    """The analyses of one spec that a cohort can answer, and why it cannot answer the others.

    Parameters
    ----------
    jobs : tuple of (Analysis, ModelFrame)
        In the order of the spec.
    skipped : dict of str to str
        Predictor of ``for_each`` to the reason it is left out.
    """

    jobs: tuple[tuple[Analysis, ModelFrame], ...]
    skipped: dict[str, str]


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
        column is absent or has one level) is skipped with its reason, unless it was asked for.
    """
    jobs: list[tuple[Analysis, ModelFrame]] = []
    skipped: dict[str, str] = {}
    for analysis in spec.analyses(variant, priors, x):
        settled = analysis.with_sampler(**sampler)
        try:
            jobs.append((settled, model_frame(settled, cohort)))
        except DataError as error:
            # Only what is wrong with this predictor alone may be skipped.
            own = settled.x is not None and x is None
            if own and (_only_x_missing(settled, cohort) or repr(settled.x) in str(error)):
                skipped[str(settled.x)] = str(error)
                continue
            raise
    if not jobs:
        raise DataError(next(iter(skipped.values())))
    return Plan(tuple(jobs), skipped)


def _only_x_missing(analysis: Analysis, cohort: Cohort) -> bool:
    return missing_columns(analysis, cohort) == (analysis.x,)
