import io

import numpy as np
import pandas as pd
import pytest

from adbayes.cohort.read import cohort_from_frame
from adbayes.errors import DataError

TEXT = """USUBJID,PARAMCD,AVISIT,AVISITN,AVAL,BASE,CHG,PCHG,SEX,AGE,TRTA,ADY
01,EASI,Baseline,0,30.0,30.0,,,F,40,D,1
01,EASI,Week 16,4,3.0,30.0,-27,-90,F,40,D,112
01,NRS,Week 16,4,2,,,,F,40,D,112
02,EASI,Baseline,0,20.0,20.0,,,M,50,D,1
"""


def records(text=TEXT, **changes):
    return pd.read_csv(io.StringIO(text), dtype={"USUBJID": str}).assign(**changes)


def read(frame, **columns):
    return cohort_from_frame(frame, source="adeasi.xpt", columns=columns)


def test_one_row_a_patient_and_visit():
    found = read(records())
    assert found.clinical
    frame = found.frame
    assert frame["patient"].tolist() == ["01", "01", "02", "02"]
    assert frame["visit"].tolist() == [0, 16, 0, 16]
    np.testing.assert_array_equal(frame["easi"], [30, 3, 20, np.nan])
    np.testing.assert_array_equal(frame["nrs"], [np.nan, 2, np.nan, np.nan])
    assert frame["female"].tolist() == [1, 1, 0, 0]
    assert frame["age"].tolist() == [40, 40, 50, 50]
    assert frame["TRTA"].tolist() == ["D"] * 4
    assert "ADY" not in frame.columns


def test_percent_change_is_computed_with_our_sign():
    frame = read(records(CHG=999.0, PCHG=-90.0)).frame
    assert frame.loc[1, "easi_percent_change"] == 90
    assert frame.loc[1, "easi_change"] == -27
    assert not {"CHG", "PCHG", "BASE"} & set(frame.columns)


def test_what_was_understood_and_left_out_is_told():
    text = "\n".join(read(records()).messages)
    assert "parameters read: EASI = easi, NRS = nrs; BASE, CHG and PCHG are computed here" in text
    assert "visits read as weeks: Baseline = 0, Week 16 = 16" in text
    assert "1 visits of patients without a row are missing visits" in text
    assert "columns left out, not one value a patient or named like a parameter: ADY" in text


def test_capitals_do_not_matter():
    frame = records()
    assert read(frame.rename(columns=str.lower)).frame["easi"].tolist()[:3] == [30, 3, 20]


def test_codes_can_be_named():
    frame = records().replace({"PARAMCD": {"EASI": "EASITOT", "NRS": "PPNRS"}})
    found = read(frame, easi="EASITOT")
    assert found.hash() == read(records()[records()["PARAMCD"] == "EASI"]).hash()
    assert any("parameters left out: PPNRS (1 rows)" in note for note in found.messages)
    assert read(frame, easi="EASITOT", nrs="PPNRS").hash() == read(records()).hash()


def test_columns_can_be_named():
    frame = records().rename(columns={"USUBJID": "SUBJID"})
    assert read(frame, patient="SUBJID").hash() == read(records()).hash()
    weeks = records(AVISIT="Cycle", WEEK=[0, 16, 16, 0])
    assert read(weeks.rename(columns={"WEEK": "AWEEK"}), visit="AWEEK").frame["visit"].max() == 16


def test_visit_numbers_are_weeks_only_where_nothing_else_names_visits():
    found = read(records().drop(columns="AVISIT"))
    assert found.visits == (0, 4)
    assert any("AVISITN read as weeks: 0, 4" in note for note in found.messages)


def test_a_characteristic_may_stand_on_any_row_of_the_patient():
    frame = read(records(AGE=[None, None, 40, 50], TRTA=[None, "D", None, "P"])).frame
    assert frame["age"].tolist() == [40, 40, 50, 50]
    assert frame["TRTA"].tolist() == ["D", "D", "P", "P"]


def test_a_column_cannot_stand_in_for_a_parameter():
    found = read(records(easi=72.0, NRS=9))
    assert found.hash() == read(records()).hash()
    assert any("named like a parameter: ADY, easi, NRS" in note for note in found.messages)


def test_only_flagged_rows_are_read():
    frame = records()
    extra = frame.iloc[[1]].assign(AVAL=9.0)
    flagged = pd.concat([frame.assign(ANL01FL="Y"), extra.assign(ANL01FL=None)])
    found = read(flagged)
    assert found.hash() == read(frame).hash()
    assert any("1 rows without ANL01FL = Y left out" in note for note in found.messages)
    with pytest.raises(
        DataError, match=r"patient 01 has 2 rows of easi for week 16 \(row 2, row 5\)"
    ):
        read(pd.concat([frame, extra]))


def test_a_base_that_is_not_the_baseline_is_told():
    found = read(records(BASE=[30.0, 31.0, np.nan, 20.0]))
    assert found.frame["easi_baseline"].tolist() == [30, 30, 20, 20]
    (note,) = [note for note in found.messages if "BASE differs" in note]
    assert "in 1 rows (row 2: 31); the value at week 0 is used" in note
    assert not any("BASE differs" in note for note in read(records()).messages)


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (records(PARAMCD="IGA"), r"column PARAMCD: no parameter is known \(found IGA\); known are EASI,"),
        (records(AVISIT="V9"), "column AVISIT: 4 values not understood .* that AVISITN holds weeks"),
        (records().drop(columns=["AVISIT", "AVISITN"]), "AVISIT and AVISITN are missing; one of them"),
        (records(ANL01FL="N"), "column ANL01FL: no row is flagged Y"),
        (records(AVAL=[30, 99, 2, 20.0]), r"column easi: 1 value out of range \(row 2, AVAL: 99\)"),
        (records(AGE=[40, 41, 40, 50]), r"column AGE: patient 01 changes between rows \(row 1: 40, row 2: 41\)"),
        (records(USUBJID=["01", "01", None, "02"]), "column patient: .* missing"),
    ],
)  # fmt: skip
def test_refusals(frame, sentence):
    with pytest.raises(DataError, match=f"adeasi.xpt.*{sentence}"):
        read(frame)
