"""The figure of what was held out: points where the table says, arrows beyond the axis."""

import numpy as np
import pandas as pd
import pytest

from adbayes.errors import DataError
from adbayes.plots.held_out import SERIES, held_out

PAPER, OTHERS, FIRST, POOLED = SERIES


@pytest.fixture
def rows() -> pd.DataFrame:
    made = []
    for term, ratio in (("A", 2.0), ("B", 0.25)):
        made.append((term, PAPER, ratio, ratio / 2, ratio * 2, "published"))
        for k in range(4):
            made.append((term, OTHERS, ratio * 1.5**k, np.nan, np.nan, "reconstructed"))
        made.append((term, FIRST, ratio * 0.9, np.nan, np.nan, "reconstructed"))
        made.append((term, POOLED, ratio * 1.1, ratio / 3, ratio * 3, "reconstructed"))
    names = ["term_label", "series", "estimate", "ci_low", "ci_high", "evidence"]
    return pd.DataFrame(made, columns=names)


def points(figure: object, name: str) -> list[float]:
    lines = figure.axes[0].lines
    return sorted(
        float(x) for line in lines if line.get_gid() == f"estimate:{name}" for x in line.get_xdata()
    )


def test_every_estimate_is_drawn_where_it_lies(rows: pd.DataFrame) -> None:
    figure = held_out(rows, label="4 cohorts", title="t")
    for name in SERIES:
        assert points(figure, name) == sorted(rows.loc[rows["series"] == name, "estimate"])
    ends = [
        tuple(line.get_xdata())
        for line in figure.axes[0].lines
        if line.get_gid() == f"interval:{PAPER}"
    ]
    assert ends == [(1.0, 4.0), (0.125, 0.5)]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["A", "B"]
    assert {text.get_text() for text in figure.legends[0].get_texts()} == set(SERIES)


def test_what_lies_beyond_the_axis_is_an_arrow(rows: pd.DataFrame) -> None:
    rows.loc[1, "estimate"] = np.inf
    rows.loc[2, "estimate"] = 0.0
    figure = held_out(rows, label="4 cohorts", title="t")
    arrows = [line for line in figure.axes[0].lines if line.get_gid() == "arrow"]
    assert sorted(line.get_marker() for line in arrows) == ["<", ">"]
    low, high = figure.axes[0].get_xlim()
    assert sorted(float(x) for line in arrows for x in line.get_xdata()) == [low, high]
    assert low >= 0.01
    assert high <= 100


def test_the_footer_and_the_watermark_say_what_it_is(rows: pd.DataFrame) -> None:
    figure = held_out(rows, label="4 cohorts", title="t")
    marks = {str(text.get_gid()): text.get_text() for text in figure.texts}
    assert marks["footer"] == "4 cohorts"
    assert "NOT PATIENTS" in marks["watermark"]


def test_a_table_that_lacks_a_column_is_refused(rows: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="no column evidence"):
        held_out(rows.drop(columns="evidence"), label="l", title="t")
    with pytest.raises(DataError, match="no rows"):
        held_out(rows.iloc[:0], label="l", title="t")
