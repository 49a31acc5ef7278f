import pytest

from adbayes.cohort.read import read_patients
from adbayes.cohort.table import Table
from adbayes.cohort.wide import is_wide_name, long_from_wide, renamed_stems
from adbayes.errors import DataError


def table(**columns):
    n = len(next(iter(columns.values())))
    return Table("x.csv", columns, tuple(range(2, n + 2)), "line")


def test_names():
    assert all(map(is_wide_name, ("easi_w0", "EASI_W16", "ldh_w104")))
    assert not any(
        map(is_wide_name, ("easi", "easi_w", "easi_wk16", "ldh_ge_250_w0", "easi90_w52"))
    )


def test_every_patient_at_every_week():
    found = long_from_wide(
        table(
            patient=["a", "b"], easi_w0=["30", "20"], easi_w16=["3", None], nrs_w16=["2", "4"],
            age=["50", "60"], site=["x", "y"], easi90_w16=["1", "0"],
        )
    )  # fmt: skip
    assert found.columns == {
        "patient": ["a", "a", "b", "b"],
        "visit": [0, 16, 0, 16],
        "easi": ["30", "3", "20", None],
        "nrs": [None, "2", None, "4"],
        "age": ["50", None, "60", None],  # once a patient, so that a fault is told once
        "site": ["x", "x", "y", "y"],
    }
    assert found.rows == (2, 2, 3, 3)
    assert found.notes == (
        "x.csv: wide layout: 3 columns of easi, nrs at weeks 0, 16",
        "x.csv: computed here, not read from the file: easi90_w16",
    )


def test_a_fault_is_placed_in_the_file_as_it_is():
    found = long_from_wide(table(patient=["a"], easi_w16=["99"], easi_w0=["98"]))
    assert found.at([0, 1], "easi") == "line 2, easi_w0: 98, line 2, easi_w16: 99"


def test_one_week_twice():
    with pytest.raises(DataError, match="columns easi_w4 and EASI_W04 are one outcome and week"):
        long_from_wide(table(patient=["a"], easi_w4=["1"], EASI_W04=["1"]))


def test_all_weeks_of_an_outcome_are_renamed_at_once():
    found, rest = renamed_stems(
        table(ID=["a"], SCORE_w0=["1"], SCORE_w16=["2"], SCORE=["3"]),
        {"patient": "ID", "nrs": "SCORE", "easi": "none"},
    )
    assert list(found.columns) == ["ID", "SCORE_w0", "SCORE_w16", "SCORE"]
    assert rest == {"patient": "ID", "nrs": "SCORE", "easi": "none"}  # SCORE itself is a column
    found, rest = renamed_stems(table(ID=["a"], SC_w0=["1"], SC_w16=["2"]), {"easi": "SC"})
    assert (list(found.columns), rest) == (["ID", "easi_w0", "easi_w16"], {})
    found, rest = renamed_stems(table(ID=["a"], SC_w0=["1"]), {"site": "SC"})
    assert (list(found.columns), rest) == (["ID", "SC_w0"], {"site": "SC"})  # not an outcome


def test_a_file(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("ID;Sex;SC_W0;SC_W16\na;F;30,5;3\nb;M;20;\n")
    found = read_patients(path, {"patient": "ID", "easi": "SC"})
    assert found.clinical
    assert found.frame["easi"].tolist()[:3] == [30.5, 3, 20]
    assert found.frame["female"].tolist() == [1, 1, 0, 0]
    assert found.frame["easi90"].tolist()[1] == 1
    text = "\n".join(found.messages)
    assert "decimal comma read in SC_W0" in text
    assert "Sex as sex, easi_W0 as easi_w0" in text


def test_a_column_of_one_week_beside_a_column_visit_is_the_users_own(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("patient,visit,easi,ldh_w0\na,0,30,250\nb,0,20,300\n")
    assert read_patients(path).frame["ldh_w0"].tolist() == [250, 300]


def test_without_patients_it_is_a_plain_table(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("easi_w0,easi_w16\n30,3\n20,2\n")
    found = read_patients(path)
    assert not found.clinical
    assert "read as a plain table" in found.messages[0]
