"""Curves and bands are the table's; what leaves the band looks different."""

import numpy as np
import pandas as pd
import pytest

from adbayes.errors import DataError
from adbayes.plots.loo_pit import loo_pit

X = np.array([0.0, 0.5, 1.0])
CURVES = pd.concat(
    [
        pd.DataFrame(
            {"visit": v, "x": X, "difference": d, "low": [0, -0.1, 0], "high": [0, 0.1, 0]}
        )
        for v, d in (("0", [0, 0.05, 0]), ("16", [0, 0.2, 0]))
    ]
).assign(evidence="reconstructed", n=99)


def test_one_panel_a_visit() -> None:
    figure = loo_pit(CURVES, label="cohort 0")
    assert [ax.get_title() for ax in figure.axes] == ["week 0, n = 99", "week 16, n = 99"]
    for ax, highest in zip(figure.axes, (0.05, 0.2), strict=True):
        lines = {line.get_gid(): line for line in ax.lines}
        np.testing.assert_allclose(lines["curve"].get_ydata(), [0, highest, 0])
        assert len(lines["outside"].get_xdata()) == (highest > 0.1)
    texts = {text.get_gid(): text.get_text() for text in figure.texts}
    assert texts["footer"] == "cohort 0; n = 99"
    assert texts["watermark"] == "RECONSTRUCTED COHORT, NOT PATIENTS"


def test_a_table_without_a_band_is_refused() -> None:
    with pytest.raises(DataError, match="loo_pit: the table has no column low"):
        loo_pit(CURVES.drop(columns="low"), label="x")
