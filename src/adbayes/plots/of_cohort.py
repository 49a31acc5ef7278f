"""Figures of reconstructed cohorts, from the cohorts themselves."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from adbayes.cohort.cohort import Cohort
from adbayes.errors import DataError
from adbayes.plots.fidelity import draw_fidelity
from adbayes.results.fidelity import fidelity, placed


def plot_fidelity(
    cohorts: Cohort | Sequence[Cohort],
    ledger: pd.DataFrame | None = None,
    *,
    fit_all: bool = False,
) -> Figure:
    """Draw every printed number beside what reconstructed patients give.

    Parameters
    ----------
    cohorts : Cohort or sequence of Cohort
        One reconstructed cohort, or an ensemble.
    ledger : DataFrame, optional
        Printed numbers as `load_published` returns them; the paper's own if not given.
    fit_all : bool, optional
        Whether Table 6 was a target of the reconstruction too.

    Returns
    -------
    Figure
        As `draw_fidelity` describes it.

    Raises
    ------
    DataError
        For no cohort, or patients that were not reconstructed: nothing made them agree.
    """
    several = [cohorts] if isinstance(cohorts, Cohort) else list(cohorts)
    if not several:
        raise DataError("no cohort is given; at least one is needed")
    for cohort in several:
        if cohort.evidence != "reconstructed":
            raise DataError(
                f"{cohort.source}: has evidence {cohort.evidence}; fidelity is of reconstructed cohorts"
            )
    tables = [placed(fidelity(cohort, ledger, fit_all=fit_all), ledger) for cohort in several]
    if len(several) == 1:
        label = f"{several[0].label} ({several[0].source})"
    else:
        label = f"{len(several)} reconstructed cohorts; not patient data"
    rows = pd.concat(
        [
            t.assign(cohort=k, evidence="reconstructed", n=cohort.n_patients)
            for k, (t, cohort) in enumerate(zip(tables, several, strict=True))
        ]
    )
    return draw_fidelity(rows, label=label)
