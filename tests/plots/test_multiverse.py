"""One column a combination, in order of the median, with every choice marked."""

import numpy as np
import pandas as pd

from adbayes.plots.multiverse import multiverse

ROWS = pd.DataFrame(
    [
        ("published", "weakly_informative", "base", "reported", 2.3, 1.1, 5.0, True),
        ("published", "skeptical", "base", "reported", 1.4, 0.9, 2.5, False),
        ("published", "skeptical", "wald", "reported", 1.5, 0.95, 2.6, False),
        ("reconstructed", "weakly_informative", "base", "the 82", np.nan, np.nan, np.nan, np.nan),
        ("reconstructed", "weakly_informative", "base", "reported", 2.2, 1.0, 4.8, True),
    ],
    columns=[
        "evidence", "priors", "likelihood", "denominator", "median", "ci_low", "ci_high", "stands",
    ],
)  # fmt: skip


def test_columns_are_in_order_and_hollow_where_the_claim_falls() -> None:
    figure = multiverse(ROWS, label="x", title="t", quantity="Odds ratio", null=1.0, ratio=True)
    above = figure.axes[0]
    points = [line for line in above.lines if line.get_gid() == "median"]
    assert [p.get_ydata()[0] for p in points] == [1.4, 1.5, 2.2, 2.3]
    assert [p.get_markerfacecolor() == "white" for p in points] == [True, True, False, False]
    assert [p.get_color() == "#000000" or p.get_markeredgecolor() == "#000000" for p in points] == [
        False, False, False, True,
    ]  # fmt: skip
    intervals = [line for line in above.lines if line.get_gid() == "interval"]
    assert list(intervals[0].get_ydata()) == [0.9, 2.5]


def test_choices_are_marked_and_unused_ones_left_out() -> None:
    below = multiverse(ROWS, label="x", title="t", quantity="q").axes[1]
    marks = {line.get_gid(): list(line.get_xdata()) for line in below.lines}
    assert marks["priors:skeptical"] == [0, 1]
    assert marks["likelihood:wald"] == [1]
    assert marks["evidence:reconstructed"] == [2]
    assert "denominator:the 82" not in marks


def test_synthetic_patients_are_named_across_the_figure() -> None:
    marks = {
        t.get_gid(): t.get_text()
        for t in multiverse(ROWS, label="x", title="t", quantity="q").texts
    }
    assert "NOT PATIENTS" in marks["watermark"]


def test_choices_are_words_and_hollow_is_explained_where_there_is_one() -> None:
    figure = multiverse(ROWS, label="x", title="t", quantity="q")
    named = [tick.get_text() for tick in figure.axes[1].get_yticklabels()]
    assert {"priors: weakly informative", "likelihood: as reported"} <= set(named)
    (legend,) = figure.legends
    assert len(legend.get_texts()) == 3
    (plain,) = multiverse(ROWS.iloc[[0]], label="x", title="t", quantity="q").legends
    assert len(plain.get_texts()) == 2
