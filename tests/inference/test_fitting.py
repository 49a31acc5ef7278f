"""A fit keeps its spec, data and draws together; the store gives back exactly what was sampled."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.simulate import simulate_patients
from adbayes.inference import fitting
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit
from adbayes.inference.sampler import sample
from adbayes.model.priors import Prior

SHORT = {"draws": 120, "tune": 150, "chains": 2, "cores": 1}


def one(cohort: Cohort, folder: Path, **options: Any) -> Fit:
    found = fit("easi_change", cohort, folder=folder, **(SHORT | options))
    assert isinstance(found, Fit)
    return found


def test_a_stored_fit_is_reused_without_sampling(
    patients: Cohort, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = one(patients, tmp_path)

    def never(*_: object, **__: object) -> None:
        raise AssertionError("sampled although the draws are stored")

    monkeypatch.setattr(fitting, "sample", never)
    again = one(patients, tmp_path)
    xr.testing.assert_equal(again.posterior, first.posterior)
    xr.testing.assert_equal(again.sample_stats, first.sample_stats)
    assert (again.retries, again.fingerprint) == (first.retries, first.fingerprint)
    # Numbers of tables are the same to the last bit.
    left, right = first.summary(), again.summary()
    np.testing.assert_array_equal(
        left.select_dtypes("number").to_numpy(), right.select_dtypes("number").to_numpy()
    )
    for changes in ({"seed": 7}, {"draws": 121}, {"tune": 151}, {"chains": 3}, {"priors": "vague"}):
        with pytest.raises(AssertionError, match="sampled although"):
            one(patients, tmp_path, **changes)
    with pytest.raises(AssertionError, match="sampled although"):
        one(simulate_patients(seed=2), tmp_path)


@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty"])
def test_a_damaged_fit_is_fitted_again(patients: Cohort, tmp_path: Path, damage: str) -> None:
    first = one(patients, tmp_path)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    path.write_bytes(
        {"truncated": whole[: len(whole) // 3], "flipped": bytes(flipped), "empty": b""}[damage]
    )
    again = one(patients, tmp_path)
    xr.testing.assert_equal(again.posterior, first.posterior)
    assert len(list(tmp_path.iterdir())) == 1
    assert fitting.load(path, first.fingerprint) is not None  # and mended


def test_fingerprints_tell_spec_priors_data_seed_and_draws_apart(patients: Cohort) -> None:
    other = patients.frame.copy()
    other.loc[other["easi"].first_valid_index(), "easi"] += 0.1
    changed = Cohort(other, patients.evidence, patients.label, patients.source)
    numbered = Cohort(patients.frame, patients.evidence, patients.label, patients.source, index=3)
    prints = [
        fit(spec, cohort, **(SHORT | options)).fingerprint
        for spec, cohort, options in [
            ("easi_change", patients, {}),
            ("nrs_change", patients, {}),
            ("easi_change", changed, {}),
            ("easi_change", numbered, {}),
            ("easi_change", patients, {"seed": 1}),
            ("easi_change", patients, {"draws": 130}),
            ("easi_change", patients, {"priors": "skeptical"}),
            ("easi_change", patients, {"priors": {"sigma": Prior.of("HalfNormal", sigma=9)}}),
        ]
    ]
    assert len(set(prints)) == len(prints)
    # What is not a number of the model is not part of it: label, source and unused columns.
    relabelled = Cohort(patients.frame.drop(columns="ldh"), "simulated", "another", "elsewhere")
    again = fit("easi_change", relabelled, **SHORT)
    assert again.fingerprint == prints[0]


def test_names_of_files(patients: Cohort, tmp_path: Path) -> None:
    one(patients, tmp_path)
    numbered = Cohort(patients.frame, "reconstructed", "label", "source", index=4)
    one(numbered, tmp_path, priors="vague")
    fit("easi90_univariable", patients, x="female", folder=tmp_path, **SHORT)
    assert {path.name for path in tmp_path.iterdir()} == {
        "easi_change.base.weakly_informative.nc",
        "easi_change.base.vague.cohort4.nc",
        "easi90_univariable.female.base.weakly_informative.nc",
    }


@pytest.mark.parametrize(
    ("target_accept", "targets", "retries"), [(0.9, [0.9, 0.99], 1), (0.995, [0.995], 0)]
)
def test_what_fails_the_gate_is_tried_once_more(
    patients: Cohort, monkeypatch: pytest.MonkeyPatch, target_accept: float,
    targets: list[float], retries: int,
) -> None:  # fmt: skip
    tried: list[float] = []

    def failing(*arguments: Any) -> tuple[xr.Dataset, xr.Dataset]:
        tried.append(arguments[3].target_accept)
        posterior, statistics = sample(*arguments)
        statistics["diverging"] = xr.ones_like(statistics["diverging"])
        return posterior, statistics

    monkeypatch.setattr(fitting, "sample", failing)
    found = fit("easi_change", patients, target_accept=target_accept, **SHORT)
    assert isinstance(found, Fit)
    assert tried == targets
    assert found.retries == retries
    assert not found.diagnostics()["passed"].any()
    assert (found.summary()["flag"] == "not converged").all()
    assert "FAILED" in repr(found)
