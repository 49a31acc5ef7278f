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
    assert len(figure.axes) == 8
    assert [ax.axison for ax in figure.axes] == [True] * 5 + [False] * 3
    assert {t.get_gid(): t.get_text() for t in figure.texts}["footer"] == "print alone"


def test_differences_have_a_plain_axis() -> None:
    figure = tipping(rows("A", 1.0), label="print", ratio=False, quantity="Change (points)")
    assert figure.axes[0].get_yscale() == "linear"
    assert figure.axes[0].get_ylabel() == "Change (points)"


def test_a_missing_column_is_refused() -> None:
    with pytest.raises(DataError, match="tipping"):
        tipping(rows("A", 1.0).drop(columns="tipping"), label="print")
