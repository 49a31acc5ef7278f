"""The embedded cohorts: written, read, and rebuilt from their seeds."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from adbayes.cohort import library
from adbayes.cohort.assumptions import vary_assumptions
from adbayes.cohort.derive import derive
from adbayes.cohort.library import (
    embedded_count,
    export_text,
    load_cohort,
    load_cohorts,
    rebuild,
)
from adbayes.cohort.read import read_patients
from adbayes.cohort.reconstructed import LABEL, ReconstructedCohort
from adbayes.cohort.simulate import SimulatedCohort
from adbayes.errors import DataError

EMBEDDED = Path(library.__file__).parent / "embedded"


@pytest.fixture
def made_up(patients: SimulatedCohort) -> ReconstructedCohort:
    """Any patients with missing cells, in the shape of a reconstruction."""
    raw = patients.frame[
        ["patient", "visit", "easi", "nrs", "ige", "ldh", "age", "female", "concomitant"]
    ]
    raw = raw.assign(in_figure_1=1.0 - raw["concomitant"], synthetic=1.0)
    raw[["ige", "ldh", "age"]] = raw[["ige", "ldh", "age"]].round().clip(lower=1)
    return ReconstructedCohort(derive(raw), "reconstructed", LABEL, "seed 3", index=3, seed=3)


@pytest.fixture
def folder(
    tmp_path: Path, made_up: ReconstructedCohort, monkeypatch: pytest.MonkeyPatch
) -> ReconstructedCohort:
    """A package whose cohorts 0 to 3 are these patients."""
    (tmp_path / "embedded").mkdir()
    for index in range(4):
        path = tmp_path / "embedded" / f"cohort{index:02d}.csv"
        path.write_text(export_text(made_up), encoding="utf-8")
    monkeypatch.setattr(library, "files", lambda _: tmp_path)
    return made_up


def test_a_written_cohort_is_read_back_exactly(folder: ReconstructedCohort) -> None:
    found = load_cohort(3)
    pd.testing.assert_frame_equal(found.frame, folder.frame, check_exact=True)
    assert found.hash() == folder.hash()
    assert (found.evidence, found.index, found.seed) == ("reconstructed", 3, 3)
    assert found.assumptions == vary_assumptions(3)
    assert (
        export_text(found).split("patient,visit")[1]
        == export_text(folder).split("patient,visit")[1]
    )


def test_the_ensemble_is_read_in_order(folder: ReconstructedCohort) -> None:
    assert embedded_count() == 4
    assert [cohort.index for cohort in load_cohorts()] == [0, 1, 2, 3]
    assert len(load_cohorts(2)) == 2
    with pytest.raises(DataError, match="embedded cohort 4 does not exist; there are 4"):
        load_cohort(4)
    with pytest.raises(DataError, match="embedded cohort -1 does not exist"):
        load_cohort(-1)
    for wrong in (0, 5):
        with pytest.raises(DataError, match=f"{wrong} cohorts were asked for; 1 to 4 are embedded"):
            load_cohorts(wrong)


def test_every_line_says_that_the_patients_are_synthetic(made_up: ReconstructedCohort) -> None:
    lines = export_text(made_up).splitlines()
    head = [line for line in lines if line.startswith("#")]
    assert head[0] == "# synthetic = true"
    assert "not patient data" in "".join(head)
    assert "# seed = 3" in head
    assert {line.split(" = ")[0][2:] for line in head} >= set(made_up.assumptions.describe())
    titles, *rows = lines[len(head) :]
    assert titles.endswith(",synthetic")
    assert all(row.endswith(",true") for row in rows)


def test_an_exported_file_read_as_the_user_s_own_stays_synthetic(
    tmp_path: Path, made_up: ReconstructedCohort
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(export_text(made_up), encoding="utf-8")
    found = read_patients(path)
    assert found.evidence == "reconstructed"
    pd.testing.assert_frame_equal(found.frame, made_up.frame, check_exact=True)


def test_an_exported_file_with_a_wrong_cell_is_refused_by_its_line(
    tmp_path: Path, made_up: ReconstructedCohort
) -> None:
    lines = export_text(made_up).splitlines()
    first = next(i for i, line in enumerate(lines) if not line.startswith("#")) + 1
    cells = lines[first].split(",")
    lines[first] = ",".join([cells[0], cells[1], "99.0", *cells[3:]])
    path = tmp_path / "mine.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=rf"line {first + 1}: 99.0"):
        read_patients(path)


def test_cohorts_are_written_together_as_they_are_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Processes of their own cannot see what a test replaces; the pool is one of threads here.
    from concurrent.futures import ThreadPoolExecutor

    monkeypatch.setattr(
        library, "ProcessPoolExecutor", lambda jobs, mp_context: ThreadPoolExecutor(jobs)
    )
    monkeypatch.setattr(library, "rebuild", lambda index: f"text of {index}\n")
    written = list(library.rebuild_all(tmp_path, 3, jobs=2))
    assert [path.name for path in written] == ["cohort00.csv", "cohort01.csv", "cohort02.csv"]
    assert [path.read_text() for path in written] == [f"text of {i}\n" for i in range(3)]


def test_a_package_without_cohorts_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "files", lambda _: tmp_path)
    assert embedded_count() == 0
    with pytest.raises(DataError, match="there are 0"):
        load_cohort()


def test_reading_a_patient_file_loads_no_search() -> None:
    code = "import sys, adbayes.cohort.read; sys.exit('adbayes.cohort.reconstruct' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_embedded_cohorts_are_what_their_headers_say() -> None:
    cohorts = load_cohorts()
    assert len({cohort.hash() for cohort in cohorts}) == len(cohorts)
    for cohort in cohorts:
        text = (EMBEDDED / f"cohort{cohort.index:02d}.csv").read_text(encoding="utf-8")
        assert text == export_text(cohort)
        assert cohort.n_patients == 99
        assert cohort.visits == (0, 16, 32, 52)
        assert (cohort.frame["synthetic"] == 1).all()
        assert not np.isnan(cohort.frame["easi"]).any()


@pytest.mark.slow
def test_an_embedded_cohort_is_rebuilt_byte_for_byte() -> None:
    assert rebuild(1) == (EMBEDDED / "cohort01.csv").read_text(encoding="utf-8")
