"""No bytes under a text suffix, and no bytes in a spec, end in anything but a sentence."""

import contextlib
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.outcomes import OUTCOMES, PATIENT_COLUMNS
from adbayes.cohort.read import read_patients
from adbayes.errors import DataError, SpecError
from adbayes.model.library import models_folder
from adbayes.model.spec import load_spec

SETTINGS = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,  # one seed: the same examples in every run
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SUFFIXES = st.sampled_from(["csv", "tsv"])
ADAM = ["USUBJID", "PARAMCD", "AVISIT", "AVISITN", "AVAL", "BASE", "ANL01FL"]
NAMES = ["patient", "visit", "sex", "easi_w0", "easi_w16", "easi90", "site", "", "EASI", "0"]
HEADER = st.sampled_from([*NAMES, *OUTCOMES, *PATIENT_COLUMNS, *ADAM])
CELL = st.one_of(
    st.sampled_from(
        [
            "a",
            "b",
            "0",
            "16",
            "Week 16",
            "V1",
            "EASI",
            "F",
            "Yes",
            "Y",
            "3.5",
            "3,5",
            "1.234,5",
            "",
            "NA",
            "1e999",
            "-1",
            "2021-03-04",
            "44259",
            '"',
            "\u0663",
            "9" * 5000,
            "\x1f",
            "\U0001f4a5",
        ]
    ),
    st.integers(-5, 80).map(str),
    st.floats(width=32).map(str),
    st.text(max_size=5),
)
SIGN = st.sampled_from([",", ";", "\t", "|"])


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """Text that looks like a patient file."""
    sign = draw(SIGN)
    header = draw(st.lists(HEADER, min_size=1, max_size=6))
    if draw(st.booleans()):
        header = ["patient", "visit", *header]
    width = len(header) + draw(st.sampled_from([0, 0, 0, 0, 1]))
    rows = draw(st.lists(st.lists(CELL, min_size=width, max_size=width), max_size=5))
    text = "\n".join(sign.join(row) for row in [header, *rows])
    return text.encode(draw(st.sampled_from(["utf-8", "utf-16", "utf-8-sig", "utf-32"])))


@st.composite
def changed(draw: st.DrawFn, text: bytes, edits: st.SearchStrategy[bytes]) -> bytes:
    """A good file with a few bytes replaced, removed or put in."""
    content = bytearray(text)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(content)))
        length = draw(st.integers(0, 3))
        content[place : place + length] = draw(edits)
    return bytes(content)


BYTES = st.binary(max_size=6)
CHARACTERS = st.text(alphabet='abFMNYw_,;.| \n"-0123456789', max_size=2).map(str.encode)


PATIENTS = b"patient,visit,easi,nrs,sex\na,0,30.0,8,F\na,16,3.0,2,F\nb,0,20.0,9,M\nb,16,2.0,3,M\n"
WIDE = b"patient,easi_w0,easi_w16,sex\na,30.0,3.0,F\nb,20.0,2.0,M\n"
RECORDS = (
    b"USUBJID,PARAMCD,AVISIT,AVAL,AGE\na,EASI,Baseline,30,50\na,EASI,Week 16,3,50\n"
    b"b,EASI,Baseline,20,60\nb,EASI,Week 16,2,60\n"
)


def read_or_refuse(path: Path, content: bytes) -> bool:
    path.write_bytes(content)
    said = ""
    try:
        cohort = read_patients(path)
    except DataError as error:
        said = str(error)
    if said:
        assert len(said.splitlines()) == 1, said
        assert said.startswith(path.name)
        return False
    assert isinstance(cohort, Cohort)
    assert len(cohort.hash()) == 64
    repr(cohort)
    return True


@SETTINGS
@given(suffix=SUFFIXES, content=st.binary(max_size=200))
def test_any_bytes(tmp_path: Path, suffix: str, content: bytes) -> None:
    read_or_refuse(tmp_path / f"x.{suffix}", content)


@SETTINGS
@given(suffix=SUFFIXES, content=st.text(max_size=200))
def test_any_text(tmp_path: Path, suffix: str, content: str) -> None:
    read_or_refuse(tmp_path / f"x.{suffix}", content.encode())


@SETTINGS
@given(suffix=SUFFIXES, content=tables())
def test_tables_of_the_vocabulary(tmp_path: Path, suffix: str, content: bytes) -> None:
    read_or_refuse(tmp_path / f"x.{suffix}", content)


@pytest.mark.parametrize("good", [PATIENTS, WIDE, RECORDS], ids=["long", "wide", "adam"])
def test_damaged_patient_files(tmp_path: Path, good: bytes) -> None:
    read = []

    @SETTINGS
    @given(suffix=SUFFIXES, content=changed(good, st.one_of(CHARACTERS, CHARACTERS, BYTES)))
    def damage(suffix: str, content: bytes) -> None:
        read.append(read_or_refuse(tmp_path / f"x.{suffix}", content))

    damage()
    # some damage does no harm and some is refused, so every check on the way has been reached
    assert 0.02 < sum(read) / len(read) < 0.95


@pytest.mark.parametrize("suffix", ["parquet", "xlsx"])
def test_damaged_files_of_other_formats(tmp_path: Path, suffix: str) -> None:
    frame = pd.read_csv(io.BytesIO(PATIENTS))
    path = tmp_path / f"good.{suffix}"
    frame.to_parquet(path) if suffix == "parquet" else frame.to_excel(path, index=False)

    @SETTINGS
    @given(content=changed(path.read_bytes(), st.binary(min_size=1, max_size=1)))
    def damage(content: bytes) -> None:
        read_or_refuse(tmp_path / f"x.{suffix}", content)

    damage()


@SETTINGS
@given(content=st.binary(max_size=300))
def test_a_spec_of_any_bytes(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    with contextlib.suppress(SpecError):
        load_spec(path)


@pytest.mark.parametrize("name", ["easi_change", "easi90_univariable"])
def test_a_damaged_spec(tmp_path: Path, name: str) -> None:
    text = (models_folder() / f"{name}.toml").read_bytes()

    @SETTINGS
    @given(content=changed(text, st.one_of(CHARACTERS, BYTES)))
    def damage(content: bytes) -> None:
        path = tmp_path / "x.toml"
        path.write_bytes(content)
        with contextlib.suppress(SpecError):
            load_spec(path)

    damage()
