"""One cohort through every format that can be written and every layout is one cohort."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.outcomes import OUTCOMES, PATIENT_COLUMNS
from adbayes.cohort.read import cohort_from_frame, read_patients
from adbayes.cohort.simulate import simulate_patients
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit

FORMATS = ("csv", "tsv", "parquet", "xlsx", "xpt")
LAYOUTS = ("long", "wide", "adam")


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    # some visits and some laboratory values missing, so a layout that loses gaps is seen
    return simulate_patients(seed=11, n_patients=30, missing=0.1, missing_labs=0.1)


def raw(cohort: Cohort) -> pd.DataFrame:
    return cohort.frame[["patient", "visit", *OUTCOMES, *PATIENT_COLUMNS]]


def layout(cohort: Cohort, name: str) -> pd.DataFrame:
    long = raw(cohort)
    if name == "long":
        return long
    fixed = long.groupby("patient", as_index=False)[list(PATIENT_COLUMNS)].first()
    if name == "wide":
        wide = long.pivot_table(
            index="patient", columns="visit", values=list(OUTCOMES), dropna=False
        )
        wide.columns = [f"{outcome}_w{visit}" for outcome, visit in wide.columns]
        return fixed.merge(wide.reset_index(), on="patient")
    records = long.melt(["patient", "visit"], list(OUTCOMES), "PARAMCD", "AVAL").dropna()
    records = records.merge(fixed, on="patient").rename(columns={"patient": "USUBJID"})
    records["PARAMCD"] = records["PARAMCD"].str.upper()
    records["AVISIT"] = records["visit"].map(lambda week: f"Week {week}" if week else "Baseline")
    records["SEX"] = records["female"].map({1: "F", 0: "M"})
    records["PCHG"] = -12345.0  # never read
    records["ADY"] = np.arange(len(records), dtype=float)  # varies within a patient
    return records.drop(columns=["visit", "female"]).sample(frac=1, random_state=1)


def write(frame: pd.DataFrame, path: Path) -> Path:
    if path.suffix in (".csv", ".tsv"):
        frame.to_csv(path, index=False, sep="," if path.suffix == ".csv" else "\t")
    elif path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".xlsx":
        frame.to_excel(path, index=False)
    else:
        pyreadstat.write_xport(frame, str(path), file_format_version=8)
    return path


@pytest.mark.parametrize("shape", LAYOUTS)
@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_and_layout_gives_the_same_cohort(
    tmp_path: Path, cohort: Cohort, suffix: str, shape: str
) -> None:
    found = read_patients(write(layout(cohort, shape), tmp_path / f"registry.{suffix}"))
    pd.testing.assert_frame_equal(
        found.frame[list(cohort.frame.columns)], cohort.frame, check_exact=True
    )
    assert found.hash() == cohort.hash()
    assert found.evidence == "patients"


def test_one_changed_value_changes_the_hash(tmp_path: Path, cohort: Cohort) -> None:
    wide = layout(cohort, "wide")
    wide.loc[3, "easi_w0"] = round(wide.loc[3, "easi_w0"] + 0.1, 1)
    assert read_patients(write(wide, tmp_path / "registry.xpt")).hash() != cohort.hash()


def test_a_data_frame_may_have_any_layout(cohort: Cohort) -> None:
    for shape in LAYOUTS:
        assert cohort_from_frame(layout(cohort, shape)).hash() == cohort.hash()


def test_a_plain_table_is_the_same_in_every_format(tmp_path: Path) -> None:
    plain = pd.DataFrame(
        {"y": [1, 0, 3], "x": [0.1, None, -2.5], "g": ["b", "a, or c", None], "n": [7.0, 8.0, 9.0]}
    )
    hashes = {read_patients(write(plain, tmp_path / f"mine.{f}")).hash() for f in FORMATS}
    assert hashes == {cohort_from_frame(plain).hash()}


def test_names_in_capitals_of_eight_letters(tmp_path: Path, cohort: Cohort) -> None:
    """The oldest transport format: names of eight capitals, mapped with `columns`."""
    names = {"adult_onset": "ADULTONS", "concomitant": "CONCOM", "prior_cyclosporine": "PRIORCYC"}
    frame = raw(cohort).rename(columns=names).rename(columns=str.upper)
    path = tmp_path / "registry.XPT"
    pyreadstat.write_xport(frame, str(path), file_format_version=5)
    assert read_patients(path, names).hash() == cohort.hash()


def test_the_same_cohort_gives_the_same_fit(tmp_path: Path, cohort: Cohort) -> None:
    fits = []
    for suffix, shape in (("csv", "long"), ("xpt", "adam")):
        found = read_patients(write(layout(cohort, shape), tmp_path / f"registry.{suffix}"))
        one = fit("easi_change", found, draws=100, tune=100, chains=2, cores=2)
        assert isinstance(one, Fit)
        fits.append(one)
    first, second = (one.draws.posterior.to_dataset() for one in fits)
    assert set(first.data_vars) == set(second.data_vars)
    for name in first.data_vars:
        np.testing.assert_array_equal(first[name].to_numpy(), second[name].to_numpy())
