"""The figure of a cohort shows the numbers of its fidelity table."""

import pytest

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.derive import derive
from adbayes.cohort.reconstructed import ReconstructedCohort
from adbayes.cohort.simulate import SimulatedCohort, simulate_patients
from adbayes.errors import DataError
from adbayes.plots.of_cohort import plot_fidelity
from adbayes.results.fidelity import fidelity


@pytest.fixture(scope="module")
def cohort() -> ReconstructedCohort:
    frame = simulate_patients(seed=1, ldh_shift=0).frame
    frame = derive(frame.assign(ige=frame["ige"] / 20))
    return ReconstructedCohort(frame, "reconstructed", "made up", "seed 4", index=4)


def test_one_cohort_and_an_ensemble(cohort: ReconstructedCohort) -> None:
    figure = plot_fidelity(cohort)
    matched = int(fidelity(cohort)["matched"].sum())
    counts = [t.get_text() for t in figure.axes[1].texts if t.get_gid() == "count"]
    assert sum(int(text.split(" of ")[0]) for text in counts) == matched
    (footer,) = [t.get_text() for t in figure.texts if t.get_gid() == "footer"]
    assert footer == f"made up (seed 4); n = {cohort.n_patients}"
    # Cohorts without a number of their own are still told apart.
    twice = plot_fidelity([cohort, cohort])
    assert twice.axes[1].texts[0].get_text() == "match: median (worst)"


def test_what_was_not_reconstructed_has_no_fidelity(patients: SimulatedCohort) -> None:
    with pytest.raises(DataError, match="fidelity is of reconstructed cohorts"):
        plot_fidelity(patients)
    none: list[Cohort] = []
    with pytest.raises(DataError, match="no cohort is given"):
        plot_fidelity(none)
