"""Predictive bands: the closed form of the model, and about 95 % of new patients."""

import numpy as np
import pytest
from scipy.special import ndtr

from adbayes.inference.fit import Fit
from adbayes.results.bands import COLUMNS, predictive_bands


def test_the_band_is_the_predictive_interval_of_the_model(mixed_fit: Fit) -> None:
    table = predictive_bands(mixed_fit)
    assert list(table.columns) == COLUMNS
    assert list(table["visit"]) == ["0", "16", "32", "52"]
    p = mixed_fit.posterior
    spread = np.sqrt(p["sigma"] ** 2 + p["1|patient_sigma"] ** 2).to_numpy().ravel()
    baseline = p["Intercept"].to_numpy().ravel()
    for position, row in table.iterrows():
        change = 0 if not position else p["visit"].isel(visit_dim=position - 1).to_numpy().ravel()
        for end, tail in ((row["pred_low"], 0.025), (row["pred_high"], 0.975)):
            # The predictive distribution function at the end, averaged over draws.
            found = ndtr((end - baseline - change) / spread).mean()
            assert found == pytest.approx(tail, abs=0.004)


def test_the_seed_decides(mixed_fit: Fit) -> None:
    first, again = predictive_bands(mixed_fit), predictive_bands(mixed_fit)
    assert first.equals(again)
    assert not first.equals(predictive_bands(mixed_fit, seed=2))
