import hashlib

import numpy as np
import pandas as pd
import pytest

from adbayes.cohort.cohort import Cohort
from adbayes.errors import DataError


def frame():
    return pd.DataFrame(
        {
            "patient": ["a", "a", "b", "b"],
            "visit": [0, 16, 0, 16],
            "easi": [30.0, 3.0, 20.5, np.nan],
        }
    )


def cohort(data=None, **changes):
    given = {"evidence": "patients", "label": "patients of x.csv", "source": "x.csv"} | changes
    return Cohort(frame() if data is None else data, **given)


def test_counts_patients_and_visits():
    found = cohort()
    assert (found.n_patients, found.visits) == (2, (0, 16))
    plain = cohort(pd.DataFrame({"y": [1, 2, 3]}), clinical=False)
    assert (plain.n_patients, plain.visits) == (3, ())


def test_owns_its_frame():
    data = frame()
    found = cohort(data)
    data.loc[0, "easi"] = 72.0
    assert found.frame.loc[0, "easi"] == 30.0
    with pytest.raises(AttributeError):
        found.label = "other"


def test_hash_ignores_the_order_of_rows_and_columns_of_a_patient_file():
    shuffled = frame().sample(frac=1, random_state=3)[["easi", "visit", "patient"]]
    assert cohort(shuffled).hash() == cohort().hash()


def test_hash_ignores_storage_but_not_values():
    data = frame()
    other = data.assign(
        patient=data["patient"].astype(object),
        visit=data["visit"].astype("int32"),
        easi=data["easi"].astype("Float64"),
    )
    assert cohort(other).hash() == cohort().hash()
    assert cohort(data.assign(patient=data["patient"].astype("category"))).hash() == cohort().hash()
    for name, row, value in (("easi", 0, 30.1), ("easi", 3, 0.0), ("patient", 3, "c")):
        changed = frame()
        changed.loc[row, name] = value
        assert cohort(changed).hash() != cohort().hash()
    assert cohort(data.rename(columns={"easi": "nrs"})).hash() != cohort().hash()


def test_hash_is_the_same_on_every_machine():
    text = "\n".join(
        [
            '["easi", "patient", "visit"]',
            '["", "sb", "n16.0"]',
            '["n20.5", "sb", "n0.0"]',
            '["n3.0", "sa", "n16.0"]',
            '["n30.0", "sa", "n0.0"]',
        ]
    )
    assert cohort().hash() == hashlib.sha256(text.encode()).hexdigest()


def test_hash_keeps_the_order_of_rows_of_a_plain_table():
    data = pd.DataFrame({"y": [1, 2, 3]})
    first = cohort(data, clinical=False).hash()
    assert cohort(data[::-1], clinical=False).hash() != first


def test_a_number_and_its_text_differ():
    numbers = cohort(pd.DataFrame({"y": [1.0]}), clinical=False)
    texts = cohort(pd.DataFrame({"y": ["1.0"]}), clinical=False)
    assert numbers.hash() != texts.hash()


def test_repr_shows_label_evidence_sizes_and_messages():
    text = repr(cohort(index=3, messages=("x.csv: sex read as female",)))
    assert "Cohort 3 (patients): patients of x.csv" in text
    assert "2 patients, visits 0, 16 (weeks); 4 rows, 3 columns" in text
    assert "easi  measured in week 0: 2, week 16: 1" in text
    assert "note: x.csv: sex read as female" in text
    assert "plain table, 1 rows, 1 columns: y" in repr(
        cohort(pd.DataFrame({"y": [1]}), clinical=False)
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"evidence": "real"},
            "evidence is 'real', allowed are simulated, reconstructed, patients",
        ),
        ({"label": " "}, "needs a label"),
        ({"data": pd.DataFrame({"patient": [], "visit": []})}, "x.csv: the table has no rows"),
        ({"data": pd.DataFrame({"y": [1]})}, "needs the columns patient and visit, found y"),
    ],
)
def test_refusals(changes, sentence):
    with pytest.raises(DataError, match=sentence):
        cohort(**changes)
