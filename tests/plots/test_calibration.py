"""The diagram shows the table: curve, band, and a tick for each patient."""

import numpy as np
import pandas as pd
import pytest

from adbayes.errors import DataError
from adbayes.plots.calibration import calibration

TABLE = pd.DataFrame(
    {
        "predicted": [0.8, 0.2, 0.5],
        "observed": [1.0, 0.0, 1.0],
        "calibrated": [1.0, 0.0, 0.7],
        "low": [0.5, 0.0, 0.3],
        "high": [1.0, 0.5, 0.8],
    }
).assign(evidence="patients", n=3)


def test_curve_band_and_patients() -> None:
    figure = calibration(TABLE, label="registry.csv")
    (ax,) = figure.axes
    (curve,) = [line for line in ax.lines if line.get_gid() == "calibrated"]
    np.testing.assert_allclose(curve.get_xydata(), [[0.2, 0.0], [0.5, 0.7], [0.8, 1.0]])
    below, above = (line for line in ax.lines if line.get_gid() == "patients")
    assert list(below.get_xdata()) == [0.2]
    assert list(above.get_xdata()) == [0.5, 0.8]
    texts = {text.get_gid(): text.get_text() for text in figure.texts}
    assert texts["footer"] == "registry.csv; n = 3"
    assert "watermark" not in texts


def test_an_empty_table_is_refused() -> None:
    with pytest.raises(DataError, match="calibration: the table has no rows"):
        calibration(TABLE.iloc[:0], label="x")
