"""Correlations from -1 to 1, with what was printed beside them."""

import numpy as np
import pandas as pd

from adbayes.plots.correlations import correlations

ROWS = pd.DataFrame(
    [
        ("EASI and NRS", "Print", 0.314, np.nan, np.nan, "published"),
        ("EASI and NRS", "One by one", 0.304, 0.12, 0.47, "published"),
    ],
    columns=["pair", "series", "estimate", "ci_low", "ci_high", "evidence"],
)


def test_print_has_no_interval_and_the_axis_is_that_of_a_correlation() -> None:
    figure = correlations(ROWS, label="print alone")
    (ax,) = figure.axes
    assert ax.get_xlim() == (-1, 1)
    gids = [line.get_gid() for line in ax.lines]
    assert "interval:Print" not in gids
    assert {"estimate:Print", "interval:One by one", "null"} <= set(gids)
    assert "watermark" not in [text.get_gid() for text in figure.texts]


def test_panels_are_kinds_of_correlation() -> None:
    two = pd.concat([ROWS.assign(panel="By itself"), ROWS.assign(panel="Partial")])
    titles = [ax.get_title("left") for ax in correlations(two, label="l").axes]
    assert titles == ["By itself", "Partial"]
