"""The main job on one model: refused before anything is written, reused, and the same from the same seed."""

import html
import json
from pathlib import Path

import pytest

import adbayes as ab
from adbayes.cohort.library import embedded_count
from adbayes.errors import DataError, SpecError
from adbayes.report.reproduce import in_print_order


def test_reproduce_writes_reuses_and_repeats(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"only": ["easi_change"], "cohorts": 2, "draws": 300, "tune": 300}
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


def test_one_cohort_is_cohort_0_alone(tmp_path: Path) -> None:
    settings = {"only": ["easi90_multivariable"], "draws": 300, "tune": 300}
    alone = ab.reproduce(tmp_path, cohorts=1, **settings)
    assert [cohort.index for cohort in alone.cohorts] == [0]
    assert alone.pooled.empty
    before = {path.name for path in (tmp_path / "posteriors").iterdir()}
    assert before == {"easi90_multivariable.base.weakly_informative.cohort0.nc"}
    two = ab.reproduce(tmp_path, cohorts=2, **settings)
    after = {path.name for path in (tmp_path / "posteriors").iterdir()}
    assert after - before == {"easi90_multivariable.base.weakly_informative.cohort1.nc"}
    assert len(two.pooled) == len(two.own(two.summary))
    # The first cohort's rows are the same with and without the second.
    assert two.own(two.summary).astype(str).equals(alone.own(alone.summary).astype(str))
    record = json.loads((tmp_path / "run.json").read_text())
    assert [cohort["cohort"] for cohort in record["cohorts"]] == [0, 1]
    assert len(record["models"]) == 2


def test_a_number_of_cohorts_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    for wanted in (0, -1, embedded_count() + 1):
        with pytest.raises(DataError, match=rf"--cohorts {wanted}: .* give 1 to"):
            ab.reproduce(tmp_path / "out", cohorts=wanted)
    with pytest.raises(DataError, match="leave one of them out"):
        ab.reproduce(tmp_path / "out", data=tmp_path / "none.csv", cohorts=2)
    assert not (tmp_path / "out").exists()


def test_models_run_in_the_order_of_the_paper() -> None:
    assert [spec.name for spec in in_print_order()] == [
        *(f"{outcome}_change" for outcome in ("easi", "nrs", "poem", "dlqi", "ige", "tec", "ldh")),
        *(f"ldh_groups_{outcome}" for outcome in ("easi", "nrs", "poem", "dlqi")),
        "easi90_univariable",
        "easi90_multivariable",
        "easi_classes",
        "easi90_visits",
        "correlations",
        "scores_joint",
        "easi_fraction",
        "easi90_predictors",
        "easi_fraction_ldh",
    ]


def test_nothing_is_written_when_something_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no model named"):
        ab.reproduce(tmp_path / "out", only=["nope"])
    with pytest.raises(DataError, match=r"none\.csv"):
        ab.reproduce(tmp_path / "out", data=tmp_path / "none.csv")
    assert not (tmp_path / "out").exists()
