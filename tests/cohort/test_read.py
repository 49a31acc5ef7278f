import numpy as np
import pandas as pd
import pytest

from adbayes.cohort.read import cohort_from_frame, read_patients
from adbayes.cohort.simulate import simulate_patients
from adbayes.errors import DataError

PATIENTS = "patient,visit,easi,sex\na,0,30.0,F\na,16,3.0,\nb,0,20.0,M\nb,16,,\n"


def write(folder, text, name="registry.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def test_a_patient_file(tmp_path):
    found = read_patients(write(tmp_path, PATIENTS))
    assert found.clinical
    assert found.evidence == "patients"
    assert found.label == "patients of registry.csv (the user's own data)"
    assert found.source == "registry.csv"
    assert found.messages == ("registry.csv: column sex read as female: F = 1, M = 0",)
    assert found.frame["female"].tolist() == [1, 1, 0, 0]
    np.testing.assert_array_equal(found.frame["easi90"], [np.nan, 1, np.nan, np.nan])


def test_a_written_cohort_reads_back_to_the_same_hash_in_any_order(tmp_path):
    cohort = simulate_patients(seed=4, n_patients=30, missing=0.1, missing_labs=0.1)
    shuffled = cohort.frame.sample(frac=1, random_state=1)
    path = tmp_path / "x.csv"
    shuffled.to_csv(path, index=False)
    found = read_patients(path)
    assert found.hash() == cohort.hash()
    pd.testing.assert_frame_equal(found.frame, cohort.frame)
    assert cohort_from_frame(shuffled).hash() == cohort.hash()


def test_a_byte_order_mark_blank_lines_crlf_and_quotes(tmp_path):
    text = '\ufeffpatient,visit,easi,note\r\n"a",0,30.0,"one, two"\r\n\r\nb,0,20.0,"two\r\nlines"\r\nb,16,81,\r\n'
    path = write(tmp_path, text)
    with pytest.raises(DataError, match=r"line 6: 81"):  # the line of the file, not of the record
        read_patients(path)
    found = read_patients(write(tmp_path, text.replace("81", "8")))
    assert found.frame["note"].tolist()[:2] == ["one, two", "two\r\nlines"]


def test_columns_are_renamed(tmp_path):
    text = PATIENTS.replace("patient,visit,easi", "ID,AVISIT,EASI_TOTAL")
    names = {"patient": "ID", "visit": "AVISIT", "easi": "EASI_TOTAL"}
    assert (
        read_patients(write(tmp_path, text), names).hash()
        == read_patients(write(tmp_path, PATIENTS)).hash()
    )
    with pytest.raises(DataError, match="did you mean 'EASI_TOTAL'"):
        read_patients(write(tmp_path, text), {"easi": "EASI_TOT"})


def test_derived_columns_of_the_file_are_replaced_and_told(tmp_path):
    text = "patient,visit,easi,easi90,ldh,ldh_ge_250_w0\na,0,30.0,1,300,0\na,16,9.0,1,1,0\nb,0,20.0,,200,1\n"
    found = read_patients(write(tmp_path, text))
    assert found.frame.loc[1, "easi90"] == 0
    assert found.frame["ldh_ge_250_w0"].tolist() == [1, 1, 0]
    assert found.messages == (
        "registry.csv: computed here, not read from the file: easi90, ldh_ge_250_w0",
    )


def test_extra_columns_are_kept_and_capitals_do_not_matter(tmp_path):
    found = read_patients(write(tmp_path, "Patient,VISIT,EASI,Site,EASI90\na,0,1,x,1\nb,0,2,y,1\n"))
    assert found.frame["Site"].tolist() == ["x", "y"]
    assert found.frame["easi"].tolist() == [1, 2]
    assert found.frame["easi90"].isna().all()
    assert found.messages == (
        "registry.csv: columns read whatever their spelling: Patient as patient, VISIT as visit, "
        "EASI as easi, EASI90 as easi90",
        "registry.csv: computed here, not read from the file: easi90",
    )


def test_two_columns_that_differ_by_capitals_are_refused(tmp_path):
    for header, first in (("patient,visit,easi,EASI", "easi"), ("patient,visit,Easi,EASI", "Easi")):
        with pytest.raises(
            DataError,
            match=f"columns {first} and EASI differ by capitals or spaces only and would both be easi",
        ):
            read_patients(write(tmp_path, f"{header}\na,0,1,1\nb,0,2,2\n"))


def test_row_names_are_left_out_and_told(tmp_path):
    found = read_patients(write(tmp_path, ",patient,visit,easi\n1,a,0,1\n2,b,0,2\n"))
    assert list(found.frame.columns)[:3] == ["patient", "visit", "easi"]
    assert "first column has no name (row names) and is left out" in found.messages[0]


def test_a_plain_table_is_taken_as_it_is(tmp_path):
    found = read_patients(write(tmp_path, "y,x,group,gap\n1,2.5,a,\n-3,4,,7\n", "mine.csv"))
    assert not found.clinical
    assert found.label == "rows of mine.csv (the user's own data)"
    assert list(found.frame.columns) == ["y", "x", "group", "gap"]
    assert found.frame["y"].dtype == np.int64
    assert found.frame["x"].dtype == found.frame["gap"].dtype == float
    assert found.frame["group"].tolist()[0] == "a"
    assert found.frame["group"].isna().tolist() == [False, True]
    assert found.messages == ()


def test_a_plain_frame_keeps_its_types():
    frame = pd.DataFrame({"y": [1, 2], "g": pd.Categorical(["b", "a"], ["b", "a"])}, index=[7, 9])
    found = cohort_from_frame(frame, "two rows of mine")
    pd.testing.assert_frame_equal(found.frame, frame.reset_index(drop=True))
    assert (found.label, found.clinical, found.evidence) == ("two rows of mine", False, "patients")


def test_a_table_that_resembles_a_patient_file_says_why_it_is_plain(tmp_path):
    for text in ("Patient,Visit,y\na,0,1\nb,0,2\n", "patient,easi\na,1\nb,2\n"):
        found = read_patients(write(tmp_path, text))
        assert not found.clinical
        assert "read as a plain table, nothing checked or derived" in found.messages[0]


def test_a_table_under_names_of_its_own_is_told_which_may_be_meant(tmp_path):
    text = "Pat_Nr,Week,EASI_TOTAL,PP_NRS,POEM,easi_change\nK1,0,30,8,20,0\nK2,0,5,2,9,-25\n"
    (said,) = read_patients(write(tmp_path, text)).messages
    assert "did you mean --columns patient=Pat_Nr,easi=EASI_TOTAL,nrs=PP_NRS, in Python" in said
    named = read_patients(
        write(tmp_path, text), {"patient": "Pat_Nr", "easi": "EASI_TOTAL", "nrs": "PP_NRS"}
    )
    assert named.clinical
    assert named.frame[["easi", "nrs", "poem"]].to_numpy().tolist() == [[30, 8, 20], [5, 2, 9]]
    wide = read_patients(write(tmp_path, "Pat_Nr,EASI_TOTAL_w0,EASI_TOTAL_w16\na,30,3\nb,20,2\n"))
    assert "did you mean --columns patient=Pat_Nr,easi=EASI_TOTAL, in" in wide.messages[0]


def test_an_outcome_under_a_name_of_its_own_is_told_and_not_taken(tmp_path):
    found = read_patients(write(tmp_path, "PatID,Week,EASI_TOTAL,POEM\na,0,30,20\nb,0,3,9\n"))
    assert found.clinical
    assert "easi" not in found.frame
    assert found.messages[-1] == (
        "registry.csv: EASI_TOTAL kept under the file's own name and not used as easi; if that is what "
        "they are, give --columns easi=EASI_TOTAL, in Python columns={'easi': 'EASI_TOTAL'}"
    )
    two = read_patients(write(tmp_path, "PatID,Week,EASI_A,EASI_B,POEM\na,0,30,3,20\nb,0,3,3,9\n"))
    assert not any("kept under" in said for said in two.messages)  # which of them is not guessed


def test_a_frame_of_patients_may_carry_another_kind_of_evidence():
    frame = pd.DataFrame(
        {"patient": [1, 2], "visit": [0, 0], "easi": [20.0, 30.0], "female": [True, False]}
    )
    found = cohort_from_frame(
        frame, "made up", evidence="reconstructed", index=2, source="cohort 2"
    )
    assert (found.evidence, found.index, found.source) == ("reconstructed", 2, "cohort 2")
    assert found.frame["female"].tolist() == [1, 0]
    with pytest.raises(DataError, match=r"mine, column easi: 1 value out of range \(row 2: 99\)"):
        cohort_from_frame(frame.assign(easi=[1.0, 99.0]), source="mine")


CONTENT = {
    "empty": ("", "registry.csv: the file is empty"),
    "blank": ("\n\n", "registry.csv: the file is empty"),
    "header only": ("patient,visit\n", "a header but no rows"),
    "duplicated column": (
        "patient,visit,easi,easi\na,0,1,2\n",
        "column easi occurs more than once",
    ),
    "unnamed column": (
        "patient,visit,,\na,0,1,2\n",
        r"column 3, 4 \(counted from the left\) has no name",
    ),
    "no visit": (
        "patient,Vist,easi\na,0,2\na,16,1\n",
        r"column visit is missing beside patient and easi \(did you mean 'Vist'\?\)",
    ),
    "no patient": (
        "id,visit,easi\na,0,2\na,16,1\n",
        "column patient is missing beside visit and easi; .*columns=",
    ),
    "one patient": ("patient,visit,easi\na,0,2\n", "at least 2"),
}


@pytest.mark.parametrize(("text", "sentence"), CONTENT.values(), ids=CONTENT)
def test_content_that_is_refused(tmp_path, text, sentence):
    with pytest.raises(DataError, match=sentence) as caught:
        read_patients(write(tmp_path, text))
    assert str(caught.value).startswith("registry.csv")
    assert "\n" not in str(caught.value)


def test_frames_that_are_refused():
    with pytest.raises(DataError, match="data frame: the table has no rows"):
        cohort_from_frame(pd.DataFrame({"y": []}))
    with pytest.raises(DataError, match="column y occurs more than once"):
        cohort_from_frame(pd.DataFrame([[1, 2]], columns=["y", "y"]))


SYNTHETIC = "patient,visit,easi,synthetic\na,0,30.0,{}\na,16,3.0,{}\nb,0,20.0,{}\nb,16,,{}\n"


@pytest.mark.parametrize("answer", ["true", "1", "Yes"])
def test_synthetic_patients_never_pass_for_real_ones(tmp_path, answer):
    path = write(tmp_path, SYNTHETIC.format(*[answer] * 4))
    found = read_patients(path)
    assert found.evidence == "reconstructed"
    assert found.label == "synthetic patients of registry.csv; not patient data"
    assert cohort_from_frame(found.frame).evidence == "reconstructed"
    assert cohort_from_frame(found.frame, evidence="simulated").evidence == "simulated"


def test_patients_said_to_be_real_are_patients(tmp_path):
    path = write(tmp_path, SYNTHETIC.format(*["false"] * 4))
    assert read_patients(path).evidence == "patients"


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        (("true", "true", "true", "false"), "3 of 4 rows are true"),
        (("true", "true", "true", ""), "3 of 4 rows are true"),
        (("cotton", "true", "true", "true"), "column synthetic: 1 value not understood"),
    ],
)
def test_a_file_that_is_synthetic_in_part_is_refused(tmp_path, answers, sentence):
    with pytest.raises(DataError, match=sentence):
        read_patients(write(tmp_path, SYNTHETIC.format(*answers)))


def test_names_with_spaces_points_and_of_other_words_are_read_and_told(tmp_path):
    text = "Patient ID;Week;EASI;Gender;Comment\nK-1;0;30,5;F;\nK-1;16;9,0;;x\nK-2;0;20,1;M;\n"
    found = read_patients(write(tmp_path, text))
    assert found.clinical
    assert found.frame["easi"].tolist() == [30.5, 9.0, 20.1]
    assert found.frame["female"].tolist() == [1, 1, 0]
    assert (
        "registry.csv: columns read whatever their spelling: Patient ID as patient, Week as visit, "
        "EASI as easi, Gender as sex" in found.messages
    )
    wide = read_patients(write(tmp_path, "Subject.ID,EASI W0,EASI.w16\na,30,3\nb,20,9\n"))
    assert wide.frame["visit"].tolist() == [0, 16, 0, 16]


def test_another_word_never_displaces_the_name_itself(tmp_path):
    found = read_patients(
        write(tmp_path, "patient,Subject,visit,Week,easi\na,S1,0,9,1\nb,S2,0,9,2\n")
    )
    assert found.frame["patient"].tolist() == ["a", "b"]
    assert found.frame["Subject"].tolist() == ["S1", "S2"]
    assert found.frame["visit"].tolist() == [0, 0]


def test_two_other_words_for_one_name_are_not_guessed(tmp_path):
    with pytest.raises(DataError, match="column patient is missing beside visit and easi"):
        read_patients(write(tmp_path, "Subject,Patient ID,visit,easi\ns,a,0,1\ns,b,0,2\n"))


def test_other_tables_keep_their_names(tmp_path):
    found = read_patients(write(tmp_path, "Subject,Week,Reaction\n1,0,250\n2,0,260\n"))
    assert not found.clinical
    assert list(found.frame.columns) == ["Subject", "Week", "Reaction"]


@pytest.mark.parametrize(
    ("columns", "meant"),
    [
        ({"esi": "easi"}, "easi"),
        ({"esi": "TOTAL"}, "easi"),
        ({"onset": "adult_onset"}, "adult_onset"),
        ({"pateint": "ID"}, "patient"),
    ],
)
def test_a_slip_in_a_new_name_loses_no_column(columns: dict[str, str], meant: str) -> None:
    (new, old), *_ = columns.items()
    first = "ID" if meant == "patient" else "patient"
    frame = pd.DataFrame(
        {first: ["a", "a", "b", "b"], "visit": [0, 16, 0, 16], "nrs": [8, 2, 7, 3]}
    )
    if old not in frame:
        frame[old] = [20.0, 3.0, 30.0, 5.0] if meant == "easi" else [0, 0, 1, 1]
    with pytest.raises(DataError, match=f"'{old}' the name '{new}'.*did you mean '{meant}'.*nrs"):
        cohort_from_frame(frame, columns=columns)


def test_a_column_of_ones_own_may_have_any_name() -> None:
    frame = pd.DataFrame(
        {"patient": ["a", "b"], "visit": [0, 0], "easi": [20.0, 30.0], "S": [3, 4]}
    )
    assert "scorad" in cohort_from_frame(frame, columns={"scorad": "S"}).frame
    other = pd.DataFrame({"age": [30, 40, 50], "y": [0, 1, 1]})
    assert "years" in cohort_from_frame(other, columns={"years": "age"}).frame
