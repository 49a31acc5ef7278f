"""The job writes what it found, and only that."""

from pathlib import Path

import pandas as pd
import pytest

from adbayes.checks import multiverse, prior_grid, sensitivity
from adbayes.checks.claims import Claim, claims
from adbayes.errors import DataError
from adbayes.report import sensitivity as job
from adbayes.report.sensitivity import Sensitivity, run_sensitivity
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
        return run_sensitivity("easi90_multivariable", out=folder, draws=500, tune=500), folder


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
    assert set(pd.read_csv(folder / "moves.csv")["dimension"]) == {
        "priors", "likelihood", "denominator", "evidence",
    }  # fmt: skip


def test_a_failed_gate_is_told(found: tuple[Sensitivity, Path]) -> None:
    run = found[0]
    assert run.passed
    table = run.sensitivity.copy()
    table.loc[len(table) - 1, "diagnosis"] = NOT_CONVERGED
    assert not Sensitivity("", table, run.multiverse, {}).passed
    cells = run.multiverse.assign(flag=NOT_CONVERGED)
    assert not Sensitivity("", run.sensitivity, cells, {}).passed


def test_print_has_neither_file_nor_variant(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="neither a file nor a variant"):
        run_sensitivity("published", tmp_path / "x.csv", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
