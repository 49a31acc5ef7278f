"""The job writes what it found, and only that."""

from pathlib import Path

import pandas as pd
import pytest

import adbayes as ab
from adbayes.checks import multiverse, prior_grid, sensitivity
from adbayes.checks.claims import Claim, claims
from adbayes.cohort.cohort import Cohort
from adbayes.cohort.library import load_cohort
from adbayes.errors import DataError
from adbayes.model.spec import Spec, load_spec
from adbayes.report import sensitivity as job
from adbayes.report.sensitivity import Sensitivity
from adbayes.results.summary import NOT_CONVERGED

FEW = tuple(c for c in claims() if c.id in ("table6.sex.or", "table6.ldh_baseline.or"))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sensitivity, Path]:
    """Two claims of the joint model, few priors."""
    folder = tmp_path_factory.mktemp("sensitivity") / "out"

    def few() -> tuple[Claim, ...]:
        return FEW

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prior_grid, "MULTIPLES", (8.0,))
        patch.setattr(prior_grid, "CENTRES", (-1.0, 0.0, 1.0))
        for module in (multiverse, prior_grid, sensitivity, job):
            patch.setattr(module, "claims", few)
        patch.setattr(prior_grid, "MULTIPLES", (1.0, 8.0))
        return job.sensitivity("easi90_multivariable", out=folder, draws=500, tune=500), folder


def test_print_comes_before_patients(found: tuple[Sensitivity, Path]) -> None:
    table = found[0].sensitivity
    kinds = list(dict.fromkeys(table["evidence"]))
    assert kinds == ["published", "reconstructed"]
    assert "synthetic" in found[0].label
    sentences = found[0].sentences
    assert set(sentences["evidence"]) == set(kinds)
    assert (sentences["sentence"].str.len() > 20).all()
    assert {"female", "ldh_ge_250_w0"} <= set(sentences["of"])


def test_everything_is_written(found: tuple[Sensitivity, Path]) -> None:
    run, folder = found
    written = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    assert written == {
        "sensitivity.csv", "multiverse.csv", "moves.csv", "figures/tipping.png",
        "figures/tornado-odds_ratio.png", "figures/multiverse/table6.sex.or.png",
        "figures/multiverse/table6.ldh_baseline.or.png",
    }  # fmt: skip
    again = pd.read_csv(folder / "multiverse.csv")
    assert len(again) == len(run.multiverse)
    assert set(again["denominator"]) >= {"reported", multiverse.FIGURE_1, multiverse.FAILURE}
    # Nobody of this cohort misses the response, and all of Fig. 1 are without concomitant treatment.
    others = again[(again["evidence"] == "reconstructed") & (again["denominator"] != "reported")]
    assert others["skipped"].notna().all()
    moved = set(pd.read_csv(folder / "moves.csv")["dimension"])
    assert moved == {"priors", "likelihood", "evidence"}


def test_a_failed_gate_is_told(found: tuple[Sensitivity, Path]) -> None:
    run = found[0]
    assert run.passed
    table = run.sensitivity.copy()
    table.loc[len(table) - 1, "diagnosis"] = NOT_CONVERGED
    assert not Sensitivity("", table, run.multiverse, {}).passed
    cells = run.multiverse.assign(flag=NOT_CONVERGED)
    assert not Sensitivity("", run.sensitivity, cells, {}).passed


def test_print_has_neither_file_nor_variant(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="neither patients nor a variant"):
        job.sensitivity("published", load_cohort(0), out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_it_shows_itself_by_its_sentences(found: tuple[Sensitivity, Path]) -> None:
    shown = repr(found[0])
    assert found[0].label in shown.splitlines()[0]
    assert all(sentence in shown for sentence in found[0].sentences["sentence"])
    html = found[0]._repr_html_()
    assert "<table" in html
    assert "<script" not in html


def test_a_spec_and_a_cohort_are_taken_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def stop(spec: Spec, cohort: Cohort, *rest: object, **more: object) -> None:
        asked.append((spec, cohort))
        raise InterruptedError

    monkeypatch.setattr(job, "of_model", stop)
    monkeypatch.setattr(job, "claims", tuple)
    spec, cohort = load_spec("easi_change"), load_cohort(1)
    with pytest.raises(InterruptedError):
        job.sensitivity(spec, cohort)
    assert asked == [(spec, cohort)]
    assert ab.sensitivity is job.sensitivity
