"""The figure of partial pooling: every row where the table says, arrows beyond the axis."""

import numpy as np
import pandas as pd
import pytest

from adbayes.errors import DataError
from adbayes.plots.shrinkage import ALONE, TOGETHER, shrinkage


@pytest.fixture
def rows() -> pd.DataFrame:
    made = []
    for group, term, ratio in (("One", "a", 0.4), ("One", "b", 3.0), ("Two", "a", 0.02)):
        made.append((group, term, ALONE, ratio, ratio / 3, ratio * 3, "published"))
        made.append(
            (group, term, TOGETHER, ratio**0.5, ratio**0.5 / 2, ratio**0.5 * 2, "published")
        )
    names = ["group", "term_label", "series", "estimate", "ci_low", "ci_high", "evidence"]
    return pd.DataFrame(made, columns=names)


def draw(rows: pd.DataFrame, ratio: bool = True):
    return shrinkage(rows, label="print", title="t", quantity="Odds ratio", ratio=ratio)


def test_every_posterior_is_drawn_where_it_lies(rows: pd.DataFrame) -> None:
    ax, text = draw(rows).axes
    for name in (ALONE, TOGETHER):
        drawn = [line for line in ax.lines if line.get_gid() == f"estimate:{name}"]
        assert [float(line.get_xdata()[0]) for line in drawn] == list(
            rows.loc[rows["series"] == name, "estimate"]
        )
    heights = [line.get_ydata()[0] for line in ax.lines if str(line.get_gid()).startswith("est")]
    assert len(set(np.round(heights, 6))) == 6
    groups = [t.get_text() for t in ax.texts if t.get_gid() == "group"]
    assert groups == ["One", "Two"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b", "a"]
    assert "0.40 [0.13, 1.20]" in [t.get_text() for t in text.texts]
    null = next(line for line in ax.lines if line.get_gid() == "null")
    assert list(null.get_xdata()) == [1.0, 1.0]


def test_an_interval_beyond_the_axis_ends_in_an_arrow(rows: pd.DataFrame) -> None:
    ax = draw(rows).axes[0]
    arrows = [line for line in ax.lines if line.get_gid() == "arrow"]
    assert [line.get_marker() for line in arrows] == ["<"]
    assert float(arrows[0].get_xdata()[0]) == ax.get_xlim()[0] == 0.01


def test_differences_have_their_null_at_zero(rows: pd.DataFrame) -> None:
    ax = draw(rows.assign(ci_low=-4.0), ratio=False).axes[0]
    null = next(line for line in ax.lines if line.get_gid() == "null")
    assert list(null.get_xdata()) == [0.0, 0.0]
    assert ax.get_xscale() == "linear"
    assert ax.get_xlim()[0] < -4


def test_the_figure_says_whose_it_is(rows: pd.DataFrame) -> None:
    figure = draw(rows)
    marks = {str(text.get_gid()): text.get_text() for text in figure.texts}
    assert marks["footer"] == "print"
    assert "watermark" not in marks
    named = [text.get_text() for text in figure.legends[0].get_texts()]
    assert named == [f"{name}: median, 95 % interval" for name in (ALONE, TOGETHER)]


def test_tables_that_cannot_be_drawn(rows: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="no column group"):
        draw(rows.drop(columns="group"))
    with pytest.raises(DataError, match="series is Paper"):
        draw(rows.replace({ALONE: "Paper"}))
    with pytest.raises(DataError, match="two rows"):
        draw(pd.concat([rows, rows]))
    with pytest.raises(DataError, match="not positive"):
        draw(rows.assign(ci_low=-1.0))
