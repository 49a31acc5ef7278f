"""Fits made by a second process are the fits that this one makes."""

import multiprocessing
from pathlib import Path

import pandas as pd
import pytest

from adbayes.cohort.simulate import SimulatedCohort
from adbayes.inference.beside import Asked, beside
from adbayes.inference.fitting import fit_analysis
from adbayes.inference.plan import plan
from adbayes.inference.second_process import second_process
from adbayes.model.spec import load_spec
from adbayes.results.summary import diagnose


@pytest.fixture
def asked(patients: SimulatedCohort) -> Asked:
    (analysis, frame), *_ = plan(
        load_spec("easi90_multivariable"), patients, draws=100, tune=200, chains=2
    ).jobs
    return Asked(analysis, patients, frame)


def test_draws_are_those_of_this_process(asked: Asked, tmp_path: Path) -> None:
    there = tmp_path / "there"
    with second_process() as second:
        waiting = beside(second, [asked], there, diagnose, cores=1)
        (name,) = waiting
        diagnosed = waiting[name].result()
    (written,) = there.glob("*.nc")
    assert written.stem == name
    before = written.stat().st_mtime_ns
    handed_over = fit_analysis(*asked, folder=there)
    assert written.stat().st_mtime_ns == before  # read, not sampled again
    made_here = fit_analysis(*asked, cores=2)
    pd.testing.assert_frame_equal(diagnosed, diagnose(made_here), check_exact=True)
    assert handed_over.fingerprint == made_here.fingerprint
    assert (
        handed_over.draws["posterior"]
        .to_dataset()
        .equals(made_here.draws["posterior"].to_dataset())
    )


def test_an_error_of_a_fit_is_raised_where_its_result_is_asked_for(
    asked: Asked, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")

    def failing() -> None:
        with second_process() as second:
            waiting = beside(second, [asked], tmp_path / "file", diagnose)
            next(iter(waiting.values())).result()

    with pytest.raises(OSError, match="file"):
        failing()
    assert not multiprocessing.active_children()
