"""How well models of one and of another grouping of the data know the same shares."""

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.simulate import simulate_patients
from adbayes.errors import DataError
from adbayes.inference.fit import Fit
from adbayes.results.information import COLUMNS, information


def test_ratios_of_posterior_variances(patients: Cohort, fit_with: Callable[..., Fit]) -> None:
    classes = {"threshold": (-0.3, 2.9), "visit": (1.9, 2.8), "1|patient_sigma": 0.0}
    binary = {"Intercept": -2.9, "visit": (1.9, 2.8), "1|patient_sigma": 0.0}
    fits = [
        fit_with("easi_classes", patients, classes, draws=400),
        fit_with("easi90_visits", patients, binary, draws=400),
    ]
    # Small normal errors on the log odds of week 16, twice as large in the second model.
    for fit, name, scale in zip(fits, ("threshold", "Intercept"), (0.01, 0.02), strict=True):
        values = fit.posterior[name]
        noise = xr.DataArray(scale * np.random.default_rng(1).standard_normal(400), dims="draw")
        fit.posterior[name] = values + noise
    found = information(fits)
    assert list(found.columns) == COLUMNS
    assert set(found["term"]) == {"easi90"}  # what both models have
    assert found["model"].tolist() == ["easi_classes", "easi90_visits"] * 3
    np.testing.assert_allclose(found["variance_ratio"], [1, 4] * 3, rtol=0.05)


def test_other_patients_are_not_compared(patients: Cohort, fit_with: Callable[..., Fit]) -> None:
    values = {"Intercept": -2.9, "visit": (1.9, 2.8), "1|patient_sigma": 0.0}
    one = fit_with("easi90_visits", patients, values)
    with pytest.raises(DataError, match="two or more models of the same patients"):
        information([one])
    other = fit_with("easi90_visits", simulate_patients(seed=2, n_patients=50), values)
    with pytest.raises(DataError, match="two or more models of the same patients"):
        information([one, other])
