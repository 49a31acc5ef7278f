"""Every estimate lies where the table says, told apart by colour and shape."""

import numpy as np
import pandas as pd
import pytest

from adbayes.errors import DataError
from adbayes.plots.intervals import intervals
from adbayes.plots.style import WATERMARKS

NEEDED = ["panel", "row_label", "series", "estimate", "ci_low", "ci_high", "evidence"]
ROWS = pd.DataFrame(
    [
        ("one", "a", "print", 1.0, np.nan, np.nan, "published"),
        ("one", "a", "model", 1.2, 0.8, 1.9, "reconstructed"),
        ("one", "b", "model", 2.2, 1.8, 2.9, "reconstructed"),
        ("two", "a", "model", -0.5, -1.0, 0.25, "reconstructed"),
    ],
    columns=NEEDED,
)


def test_points_and_intervals_are_those_of_the_table() -> None:
    figure = intervals(ROWS, label="both", title="t", quantity="q", limits=(-2, 3), null=0.0)
    one, two = figure.axes[:2]
    assert [t.get_text() for t in one.get_yticklabels()] == ["a", "b"]
    spans = [tuple(x.get_xdata()) for x in one.lines if x.get_gid() == "interval:model"]
    assert spans == [(0.8, 1.9), (1.8, 2.9)]
    (printed,) = [x for x in one.lines if x.get_gid() == "estimate:print"]
    assert list(printed.get_xdata()) == [1.0]
    assert printed.get_markerfacecolor() == "white"
    (estimate,) = [x for x in two.lines if x.get_gid() == "estimate:model"]
    assert list(estimate.get_xdata()) == [-0.5]
    assert one.get_xlim() == two.get_xlim() == (-2, 3)
    marks = {text.get_gid(): text.get_text() for text in figure.texts}
    assert marks["watermark"] == WATERMARKS["reconstructed"]
    assert marks["footer"] == "both"


def test_series_of_one_row_do_not_hide_each_other() -> None:
    ax = intervals(ROWS, label="l", title="t", quantity="q").axes[0]
    at = {x.get_gid(): x.get_ydata()[0] for x in ax.lines if str(x.get_gid()).startswith("est")}
    assert abs(at["estimate:print"] - at["estimate:model"]) > 0.2


def test_what_cannot_be_told_apart_is_refused() -> None:
    with pytest.raises(DataError, match="given twice"):
        intervals(pd.concat([ROWS, ROWS]), label="l", title="t", quantity="q")
    many = pd.concat([ROWS.iloc[:1].assign(series=str(k)) for k in range(7)])
    with pytest.raises(DataError, match="7 series"):
        intervals(many, label="l", title="t", quantity="q")
    with pytest.raises(DataError, match="no column ci_low"):
        intervals(ROWS.drop(columns="ci_low"), label="l", title="t", quantity="q")


def test_the_legend_shows_a_series_without_intervals_hollow_and_the_axis_name_fits() -> None:
    words = "Correlation (posterior mean, 95 % interval)"
    figure = intervals(ROWS, label="both", title="t", quantity=words)
    keys = {line.get_label(): line for line in figure.axes[0].lines if line.get_gid() is None}
    assert keys["print"].get_markerfacecolor() == "white"
    assert keys["print"].get_linestyle() == "None"
    assert keys["model"].get_linestyle() == "-"
    figure.draw_without_rendering()
    box = figure.axes[1].xaxis.label.get_window_extent()
    assert box.x1 <= figure.bbox.x1
