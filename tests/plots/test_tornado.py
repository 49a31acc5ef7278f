"""Bars are the moves of the table, the widest claim first."""

import pandas as pd
import pytest

from adbayes.errors import DataError
from adbayes.plots.tornado import tornado

ROWS = pd.DataFrame(
    [
        ("narrow", "priors", -0.1, 0.2, 0, "published"),
        ("narrow", "likelihood", 0.0, 0.1, 0, "published"),
        ("wide", "priors", -1.5, 0.3, 2, "published"),
        ("wide", "likelihood", -0.2, 0.0, 0, "published"),
    ],
    columns=["claim_label", "dimension", "smallest", "largest", "fallen", "evidence"],
)


def test_bars_and_order() -> None:
    ax = tornado(ROWS, label="print").axes[0]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["wide", "narrow"]
    assert len(ax.patches) == 4
    spans = sorted((round(b.get_x(), 6), round(b.get_x() + b.get_width(), 6)) for b in ax.patches)
    assert spans == [(-1.5, 0.3), (-0.2, 0.0), (-0.1, 0.2), (0.0, 0.1)]


def test_a_changed_verdict_has_a_dot_at_the_far_end() -> None:
    ax = tornado(ROWS, label="print").axes[0]
    dots = [line.get_xdata()[0] for line in ax.lines if line.get_gid() == "fallen"]
    assert dots == [-1.5]


def test_unknown_dimensions_are_refused() -> None:
    with pytest.raises(DataError, match="no dimension weather"):
        tornado(ROWS.assign(dimension="weather"), label="print")
