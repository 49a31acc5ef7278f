"""The page again from its folder: the same bytes, or one sentence that says what is missing."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from adbayes.analysis import run_specs
from adbayes.cohort.simulate import simulate_patients
from adbayes.errors import DataError
from adbayes.model.spec import load_spec
from adbayes.report.output import write_report, write_run
from adbayes.report.rebuild import rebuild


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    raw = simulate_patients(seed=5, n_patients=40, missing=0.05).frame
    path = tmp_path_factory.mktemp("data") / "mine.csv"
    raw[["patient", "visit", "nrs"]].to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def written(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from adbayes.cohort.read import read_patients

    folder = tmp_path_factory.mktemp("run")
    run = run_specs(
        [load_spec("nrs_change")],
        read_patients(data),
        folder=folder / "posteriors",
        draws=500,
        tune=500,
    )
    run.settings.update(data=str(data), columns=None)
    write_run(run, folder)
    return folder


def test_the_page_comes_back_byte_for_byte(written: Path, tmp_path: Path) -> None:
    run = rebuild(written)
    write_report(run, tmp_path)
    assert (tmp_path / "report.html").read_bytes() == (written / "report.html").read_bytes()
    for name, table in run.tables.items():
        there = pd.read_csv(written / name, dtype=str, keep_default_na=False)
        assert list(table.columns) == list(there.columns)
        assert len(table) == len(there)


def test_other_data_are_refused_and_moved_data_are_found(
    written: Path, data: Path, tmp_path: Path
) -> None:
    moved = tmp_path / "mine.csv"
    shutil.copy(data, moved)
    assert rebuild(written, moved).cohort.n_patients == 40
    changed = pd.read_csv(data)
    changed.loc[0, "nrs"] = (changed.loc[0, "nrs"] + 1) % 11
    changed.to_csv(moved, index=False)
    with pytest.raises(DataError, match="holds other values"):
        rebuild(written, moved)


def copied(written: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "copy"
    shutil.copytree(written, folder)
    return folder


def test_draws_that_are_gone_or_damaged_are_named(written: Path, tmp_path: Path) -> None:
    folder = copied(written, tmp_path)
    (draws,) = (folder / "posteriors").glob("*.nc")
    draws.write_bytes(b"no draws")
    with pytest.raises(DataError, match="no draws of nrs_change"):
        rebuild(folder)


def test_a_folder_without_a_whole_run_is_refused(written: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has no run\.json"):
        rebuild(tmp_path)
    folder = copied(written, tmp_path)
    (folder / "checks.csv").unlink()
    with pytest.raises(DataError, match=r"lacks checks\.csv"):
        rebuild(folder)
    (folder / "run.json").write_text("{}")
    with pytest.raises(DataError, match="not the record of a run"):
        rebuild(folder)


def test_a_run_of_data_without_a_file_asks_for_it(written: Path, tmp_path: Path) -> None:
    folder = copied(written, tmp_path)
    record = json.loads((folder / "run.json").read_text())
    record["settings"].pop("data")
    (folder / "run.json").write_text(json.dumps(record))
    with pytest.raises(DataError, match="--data FILE"):
        rebuild(folder)
