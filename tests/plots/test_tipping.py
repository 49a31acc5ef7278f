"""Every curve is the table's, and the tipping scale is where the table says."""

import numpy as np
import pandas as pd
import pytest

from adbayes.errors import DataError
from adbayes.plots.tipping import tipping


def rows(panel: str, tip: float) -> pd.DataFrame:
    scale = np.geomspace(0.1, 10, 5)
    return pd.DataFrame(
        {
            "panel": panel, "scale": scale, "median": [1.1, 1.5, 2.0, 2.2, 2.3],
            "ci_low": [0.9, 0.9, 1.0, 1.05, 1.1], "ci_high": [1.3, 2.0, 4.0, 5.0, 5.5], "null": 1.0,
            "tipping": tip, "evidence": "published",
        }
    )  # fmt: skip


def test_curves_and_tipping_lines_are_the_table() -> None:
    table = pd.concat([rows("A", 1.0), rows("B", np.nan)])
    figure = tipping(table.sample(frac=1, random_state=1).sort_values("panel"), label="print")
    first, second = figure.axes[:2]
    for ax, tips in ((first, [1.0]), (second, [])):
        median = next(line for line in ax.lines if line.get_gid() == "median")
        assert list(median.get_xdata()) == sorted(table["scale"].unique())
        assert list(median.get_ydata()) == [1.1, 1.5, 2.0, 2.2, 2.3]
        found = [line.get_xdata()[0] for line in ax.lines if line.get_gid() == "tipping"]
        assert found == tips
    assert [t.get_text() for t in first.texts] == ["1"]


def test_unused_panels_are_empty_and_the_footer_says_which_data() -> None:
    figure = tipping(pd.concat([rows(name, 1.0) for name in "ABCDE"]), label="print alone")
    assert [ax.get_title(loc="left") for ax in figure.axes] == list("ABCDE")
    # The lowest panel of every column says its scale, and what the line means is in the legend.
    labelled = [bool(ax.xaxis.get_tick_params()["labelbottom"]) for ax in figure.axes]
    assert labelled == [False, True, True, True, True]
    named = ["Prior SD of the log odds" in ax.get_xlabel() for ax in figure.axes]
    assert named == [False, True, True, True, True]
    (legend,) = figure.legends
    assert "includes no effect" in legend.get_texts()[0].get_text()


def test_words_below_do_not_overlap() -> None:
    figure = tipping(pd.concat([rows(name, 1.0) for name in "ABCDE"]), label="print alone")
    figure.draw_without_rendering()
    (legend,) = figure.legends
    scale = figure.axes[4].xaxis.label.get_window_extent()
    ticks = [t.get_window_extent() for t in figure.axes[4].get_xticklabels()]
    assert scale.y1 <= min(t.y0 for t in ticks if t.width)
    assert legend.get_window_extent().y1 <= scale.y0 + 1
    assert {t.get_gid(): t.get_text() for t in figure.texts}["footer"] == "print alone"


def test_differences_have_a_plain_axis() -> None:
    figure = tipping(rows("A", 1.0), label="print", ratio=False, quantity="Change (points)")
    assert figure.axes[0].get_yscale() == "linear"
    assert figure.axes[0].get_ylabel() == "Change (points)"


def test_a_missing_column_is_refused() -> None:
    with pytest.raises(DataError, match="tipping"):
        tipping(rows("A", 1.0).drop(columns="tipping"), label="print")
