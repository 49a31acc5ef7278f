from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from adbayes.cohort.read import read_patients
from adbayes.cohort.sas import read_sas
from adbayes.errors import DataError

IRIS = Path(__file__).parent / "data" / "iris.sas7bdat"


def test_a_public_data_set():
    """The numbers of R 4.2 and haven 2.5.1 (the file cuts the names of species after six letters).

    `d <- haven::read_sas("iris.sas7bdat"); colMeans(d[1:4]); tapply(d$Sepal_Length, d$Species, mean)`
    """
    found = read_patients(IRIS)
    assert not found.clinical
    assert found.frame.shape == (150, 5)
    means = found.frame.iloc[:, :4].mean().to_numpy()
    np.testing.assert_allclose(means, [5.843333, 3.057333, 3.758000, 1.199333], atol=5e-7)
    by_species = found.frame.groupby("Species")["Sepal_Length"].mean()
    assert by_species.round(3).to_dict() == {
        "setosa": 5.006,
        "versic": 5.936,
        "virgin": 6.588,
    }


def test_a_data_set_can_be_a_patient_file(tmp_path):
    """The flowers as patients: columns are renamed and checked as in any other format."""
    names = {"patient": "Species", "visit": "Sepal_Length", "easi": "Petal_Length"}
    with pytest.raises(
        DataError, match=r"column visit: 1\d\d values not understood as weeks \(row 1: 5"
    ):
        read_patients(IRIS, names)


def test_missing_values_dates_and_text(tmp_path):
    frame = pd.DataFrame(
        {"ID": ["a", ""], "Y": [1.5, None], "DAY": [date(2021, 3, 4), date(2021, 3, 5)]}
    )
    pyreadstat.write_xport(frame, str(tmp_path / "x.xpt"), file_format_version=5)
    table = read_sas(tmp_path / "x.xpt")
    assert table.columns == {
        "ID": ["a", None],
        "Y": [1.5, None],
        "DAY": ["2021-03-04", "2021-03-05"],
    }
    assert (table.rows, table.row_word) == ((1, 2), "row")


def test_every_tenth_survives_the_floats_of_the_transport_format(tmp_path):
    tenths = np.arange(721) / 10
    pyreadstat.write_xport(pd.DataFrame({"EASI": tenths}), str(tmp_path / "x.xpt"))
    assert read_sas(tmp_path / "x.xpt").columns["EASI"] == tenths.tolist()


@pytest.mark.parametrize("end", [0, 500, 3000, 70000, 131000])
def test_a_damaged_data_set(tmp_path, end):
    path = tmp_path / "x.sas7bdat"
    path.write_bytes(IRIS.read_bytes()[:end])
    with pytest.raises(DataError, match=r"x\.sas7bdat: the SAS file is damaged, or of a kind"):
        read_sas(path)


def test_text_in_an_encoding_that_is_not_declared(tmp_path):
    pyreadstat.write_xport(pd.DataFrame({"ID": ["Jose", "b"]}), str(tmp_path / "x.xpt"))
    content = (tmp_path / "x.xpt").read_bytes()
    (tmp_path / "x.xpt").write_bytes(content.replace(b"Jose", b"Jos\xe9"))
    with pytest.raises(DataError, match="export it anew from SAS, or as csv in UTF-8"):
        read_sas(tmp_path / "x.xpt")
