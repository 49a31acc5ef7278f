"""Files whole or not at all, and a record of what was run."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from adbayes.analysis import run_specs
from adbayes.cohort.simulate import simulate_patients
from adbayes.errors import DataError
from adbayes.model.spec import load_spec
from adbayes.report.output import check_folder, record, replacing, write_run, write_table
from adbayes.results.run import Run


@pytest.fixture(scope="module")
def run() -> Run:
    return run_specs([load_spec("nrs_change")], simulate_patients(seed=2), draws=300, tune=300)


def test_a_file_is_replaced_only_when_all_went_well(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "table.csv"
    with replacing(path) as temporary:
        temporary.write_text("old")

    def interrupted() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half of the new")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_cannot_be_written_is_refused_before_anything(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(DataError, match="is a file; give a folder"):
        check_folder(file)
    with pytest.raises(DataError, match="cannot be written to"):
        check_folder(file / "below")
    assert check_folder(tmp_path / "new" / "deeper") == tmp_path / "new" / "deeper"
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(DataError, match="cannot be written to"):
        check_folder(tmp_path / "out")


def test_a_table_comes_back_as_it_was(tmp_path: Path) -> None:
    table = pd.DataFrame({"a": [1 / 3, np.nan], "b": ["x, y", ""], "c": [1e-12, 2e9]})
    write_table(table, tmp_path / "t.csv")
    back = pd.read_csv(tmp_path / "t.csv", keep_default_na=True)
    assert back["a"][0] == pytest.approx(1 / 3, rel=1e-9)
    assert np.isnan(back["a"][1])
    assert back["c"].tolist() == pytest.approx([1e-12, 2e9], rel=1e-9)


def test_columns_of_mixed_types_are_written_to_as_many_digits(tmp_path: Path) -> None:
    mixed = pd.Series([1 / 3, "", None, 7, True, np.float64(2e9 / 3)], dtype=object)
    write_table(pd.DataFrame({"a": mixed}), tmp_path / "t.csv")
    written = (tmp_path / "t.csv").read_text().splitlines()
    assert written == ["a", "0.3333333333", '""', '""', "7", "True", "666666666.7"]


def test_a_run_leaves_every_file_and_run_json_last(run: Run, tmp_path: Path) -> None:
    write_run(run, tmp_path)
    for name, table in run.tables.items():
        assert len(pd.read_csv(tmp_path / name)) == len(table)
    assert (tmp_path / "report.html").stat().st_size > 10_000
    assert list((tmp_path / "figures").glob("*.png"))
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    assert max(times, key=lambda path: times[path]) == tmp_path / "run.json"
    assert not list(tmp_path.rglob(".*"))


def test_an_interrupt_among_the_figures_leaves_the_tables(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("adbayes.report.figures.draw_figures", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_run(run, tmp_path)
    assert {path.name for path in tmp_path.glob("*.csv")} == set(run.tables)
    assert not (tmp_path / "run.json").exists()


def test_the_record_says_what_was_run(run: Run) -> None:
    found = json.loads(json.dumps(record(run)))
    assert found["evidence"] == "simulated"
    assert found["models"][0]["rows"] == 396
    assert found["models"][0]["seed"] == run.fits[0].analysis.sampler.seed
    assert found["data_hash"] == run.cohort.hash()
    assert {"adbayes", "pymc", "bambi", "nutpie", "python"} <= set(found["versions"])
    assert found["settings"]["draws"] == 300
    assert set(found["seconds"]) == set(run.seconds)


def test_timings_live_only_in_the_record(run: Run) -> None:
    for table in run.tables.values():
        assert not [name for name in table.columns if "second" in name or "time" in name]
