"""The main job on one model: refused before anything is written, reused, and the same from the same seed."""

import html
import json
from pathlib import Path

import pytest

import adbayes as ab
from adbayes.errors import DataError, SpecError
from adbayes.report.reproduce import in_print_order


def test_reproduce_writes_reuses_and_repeats(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"only": ["nrs_change"], "draws": 300, "tune": 300}
    run = ab.reproduce(tmp_path / "a", **settings)
    assert run.comparison["evidence"].iloc[0] == "published"
    record = json.loads((tmp_path / "a" / "run.json").read_text())
    assert record["seconds"]["report"] > 0
    assert run.cohort.label in html.unescape((tmp_path / "a" / "report.html").read_text())
    tables = {path.name: path.read_bytes() for path in (tmp_path / "a").glob("*.csv")}

    def never(*_: object, **__: object) -> None:
        raise AssertionError("sampled although the draws were kept")

    with monkeypatch.context() as patch:
        patch.setattr("adbayes.inference.fitting.sample", never)
        ab.reproduce(tmp_path / "a", **settings)
    assert {path.name: path.read_bytes() for path in (tmp_path / "a").glob("*.csv")} == tables
    ab.reproduce(tmp_path / "b", jobs=1, **settings)
    assert {path.name: path.read_bytes() for path in (tmp_path / "b").glob("*.csv")} == tables
    assert (tmp_path / "a" / "report.html").read_text() == (
        tmp_path / "b" / "report.html"
    ).read_text()


def test_models_run_in_the_order_of_the_paper() -> None:
    assert [spec.name for spec in in_print_order()] == [
        *(f"{outcome}_change" for outcome in ("easi", "nrs", "poem", "dlqi", "ige", "tec", "ldh")),
        "easi90_univariable",
        "easi90_multivariable",
    ]


def test_nothing_is_written_when_something_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no model named"):
        ab.reproduce(tmp_path / "out", only=["nope"])
    with pytest.raises(DataError, match=r"none\.csv"):
        ab.reproduce(tmp_path / "out", data=tmp_path / "none.csv")
    assert not (tmp_path / "out").exists()
