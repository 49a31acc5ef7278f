"""Reconstructed cohorts: synthetic patients that agree with every printed number that can be true.

**What they are.** Nobody outside the study has its patients. A reconstructed cohort is one of very many
sets of invented patients on the instruments' own grids for which the paper's tables would have been
printed as they were. **What they can answer.** They let a patient-level model run at the paper's design;
over an ensemble, they show how much the print leaves open. **What they never can.** A number that was a
target agrees by construction and confirms nothing; what was not printed follows from the base model and
the assumptions, not from the patients. They must not be taken for patient data.

The order makes the problem small: EASI first; then, with EASI fixed, every row of Table 5 is a search of
its own; the scores follow one after the other; laboratory values come last, inside their classes.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from adbayes.cohort.ages import reconstruct_ages
from adbayes.cohort.assumptions import Assumptions
from adbayes.cohort.derive import derive
from adbayes.cohort.joint import fit_joint
from adbayes.cohort.mending import MendingStages
from adbayes.cohort.outcomes import PATIENT_COLUMNS
from adbayes.cohort.reconstructed import LABEL, ReconstructedCohort
from adbayes.cohort.stages import Effort
from adbayes.cohort.targets import Targets, reconstruction_targets
from adbayes.errors import DataError


def reconstruct_patients(
    seed: int = 0,
    assumptions: Assumptions | None = None,
    *,
    fit_all: bool = False,
    ledger: pd.DataFrame | None = None,
    effort: Effort | None = None,
    progress: Callable[[str], None] | None = None,
) -> ReconstructedCohort:
    """Build patients that agree with what a paper printed.

    Parameters
    ----------
    seed : int, optional
        Seed, 0 or above; equal seeds, assumptions and versions give equal bytes.
    assumptions : Assumptions, optional
        What the print does not force; the defaults if not given.
    fit_all : bool, optional
        Whether Table 6 is a target too; a minute more. Held out otherwise, it is the only test of a
        reconstruction.
    ledger : DataFrame, optional
        Printed numbers as `load_published` returns them; the paper's own if not given.
    effort : Effort, optional
        Length of the searches.
    progress : callable, optional
        Called with the name of each stage.

    Returns
    -------
    ReconstructedCohort
        One row a patient and visit, with the derived columns, `synthetic` (1 in every row) and
        `in_figure_1` (1 for the patients behind the response percentages).

    Raises
    ------
    DataError
        For a negative seed, a ledger without number of patients or EASI moments, or with a joint
        regression to fit on a predictor that is not reconstructed.
    """
    if seed < 0:
        raise DataError(f"seed is {seed}, allowed is 0 or above")
    build = MendingStages(
        seed,
        assumptions or Assumptions(),
        Targets(reconstruction_targets(ledger, fit_all)),
        effort or Effort(),
        progress or (lambda _: None),
    )
    build.people()
    build.lab_classes()
    if fit_all:
        fit_joint(build)
    build.scores()
    if not fit_all:
        build.mend_groups()
    build.lab_values()
    return _cohort(build)


def _cohort(build: MendingStages) -> ReconstructedCohort:
    lab_weeks = build.targets.visits("table3")
    weeks = sorted({*build.visits, *lab_weeks})
    rng = build._rng("order")
    order = rng.permutation(build.n)
    over = build.labels.get("age_over_30")
    ages = reconstruct_ages(
        build.targets, build.assumptions, over, np.random.default_rng(build._number("age"))
    )
    rows = []
    for number, i in enumerate(order, start=1):
        for week in weeks:
            row: dict[str, Any] = {"patient": f"{number:03d}", "visit": week}
            for name, values in build.values.items():
                at = lab_weeks if name in build.lab_names else build.visits
                value = values[at.index(week), i] if week in at else -1
                scale = 10 if name == "easi" else 1
                row[name] = np.nan if value < 0 else value / scale
            if ages is not None:
                row["age"] = float(ages[i])
            for name in PATIENT_COLUMNS:
                if name in build.labels:
                    row[name] = float(build.labels[name][i])
            row["in_figure_1"] = float(build.subset[i])
            row["synthetic"] = 1.0
            rows.append(row)
    return ReconstructedCohort(
        derive(pd.DataFrame(rows)),
        "reconstructed",
        LABEL,
        f"seed {build.seed}",
        index=build.seed,
        seed=build.seed,
        assumptions=build.assumptions,
        missed=build.missed,
    )
