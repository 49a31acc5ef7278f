"""The fits of one spec, one a predictor."""

import pytest

from adbayes.cohort.cohort import Cohort
from adbayes.errors import DataError
from adbayes.inference.fits import Fits
from adbayes.inference.fitting import fit


def test_fits_of_one_spec(one_predictor_fits: Fits, patients: Cohort) -> None:
    fits = one_predictor_fits
    assert len(fits) + len(fits.skipped) == 17
    for table in (fits.summary(), fits.diagnostics(), fits.check()):
        assert set(table["model"]) == {"easi90_univariable"}
    assert set(fits.summary().query("estimand == 'odds_ratio'")["term"]) == set(fits)
    assert len(fits.diagnostics()) == len(fits)
    assert all(x in repr(fits) for x in [*fits, *fits.skipped])
    with pytest.raises(DataError, match="has one level"):
        fit("easi90_univariable", patients, x=next(iter(fits.skipped)))


def test_a_predictor_without_a_fit_is_said_in_words(one_predictor_fits: Fits) -> None:
    with pytest.raises(KeyError, match="no fit for 'femal'; did you mean 'female'") as caught:
        one_predictor_fits["femal"]
    assert str(caught.value).startswith("no fit")  # KeyError would print it in quotation marks
    one, reason = next(iter(one_predictor_fits.skipped.items()))
    with pytest.raises(KeyError, match="was left out") as caught:
        one_predictor_fits[one]
    assert reason in str(caught.value)
    assert one_predictor_fits.get("femal") is None
    assert "femal" not in one_predictor_fits
