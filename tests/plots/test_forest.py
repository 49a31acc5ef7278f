"""Every interval drawn is the table's, and what leaves the axis has an arrow."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from adbayes.errors import DataError
from adbayes.plots.forest import forest

ROWS = pd.DataFrame(
    [
        ("Female", "paper", 2.66, 1.05, 7.12, "", "published"),
        ("Female", "refit", 2.61, 1.03, 6.95, "", "reconstructed"),
        ("LDH, week 52", "paper", 0.07, 0.004, 0.55, "suspected misprint", "published"),
        ("LDH, week 52", "refit", 0.0, 0.0, 0.42, "", "reconstructed"),
        ("IgE", "paper", np.inf, 1.5, np.inf, "", "published"),
        ("IgE", "refit", 4.0, np.nan, 9.0, "", "reconstructed"),
    ],
    columns=["term_label", "series", "estimate", "ci_low", "ci_high", "flag", "evidence"],
)


def drawn(figure: Figure, gid: str) -> list[tuple[list[float], list[float]]]:
    lines = [line for line in figure.axes[0].lines if line.get_gid() == gid]
    return [(list(line.get_xdata()), list(line.get_ydata())) for line in lines]


def test_intervals_and_estimates_are_the_table() -> None:
    figure = forest(ROWS, label="Table 5")
    paper = drawn(figure, "interval:paper")
    # Limits beyond the axis stop at its edge.
    assert [x for x, _ in paper] == [[1.05, 7.12], [0.01, 0.55], [1.5, 10.0]]
    assert [round(float(np.mean(y))) for _, y in paper] == [0, 1, 2]
    assert [x for x, _ in drawn(figure, "interval:refit")] == [[1.03, 6.95], [0.01, 0.42]]
    assert [x for x, _ in drawn(figure, "estimate:paper")] == [[2.66], [0.07]]
    assert [x for x, _ in drawn(figure, "estimate:refit")] == [[2.61], [4.0]]


def test_infinite_and_distant_limits_are_arrows() -> None:
    figure = forest(ROWS, label="Table 5")
    arrows = [
        (line.get_xdata()[0], line.get_marker())
        for line in figure.axes[0].lines
        if line.get_gid() == "arrow"
    ]
    assert sorted(arrows) == [(0.01, "<"), (0.01, "<"), (10.0, ">")]


def test_the_axis_ends_at_one_hundred() -> None:
    figure = forest(ROWS.head(1).assign(ci_high=250.0), label="Table 5")
    assert [x for x, _ in drawn(figure, "interval:paper")] == [[1.05, 100.0]]
    assert [x for x, _ in drawn(figure, "arrow")] == [[100.0]]


def test_an_axis_within_the_ticks_has_no_arrow() -> None:
    figure = forest(ROWS.head(2), label="Table 5")
    assert drawn(figure, "arrow") == []
    assert figure.axes[0].get_xlim() == (0.3, 10.0)
    assert [t.get_text() for t in figure.axes[0].get_xticklabels()] == ["0.3", "1", "3", "10"]
    assert drawn(figure, "null") == [([1, 1], [0, 1])]


def test_series_do_not_share_a_colour_or_marker_or_line() -> None:
    figure = forest(ROWS, label="Table 5")
    looks = {
        (line.get_gid(), line.get_markeredgecolor(), line.get_marker())
        for line in figure.axes[0].lines
        if str(line.get_gid()).startswith("estimate:")
    }
    assert len(looks) == len({look[1] for look in looks}) == len({look[2] for look in looks}) == 2
    first = [drawn(figure, f"interval:{name}")[0][1][0] for name in ("paper", "refit")]
    assert first[0] < 0 < first[1]


def test_flagged_rows_are_hollow_and_starred() -> None:
    figure = forest(ROWS, label="Table 5")
    fills = [
        line.get_markerfacecolor()
        for line in figure.axes[0].lines
        if line.get_gid() == "estimate:paper"
    ]
    assert (fills[0] != "white", fills[1]) == (True, "white")
    printed = [text.get_text() for text in figure.axes[1].texts]
    assert "0.070 [0.004, 0.55] *" in printed
    assert "2.66 [1.05, 7.12]" in printed
    assert "∞ [1.50, ∞]" in printed
    assert "4.00 [NA, 9.00]" in printed


def test_numbers_are_printed_for_two_series_only() -> None:
    more = ROWS.assign(series=ROWS["series"] + " again")
    figure = forest(pd.concat([ROWS, more]), label="Table 5")
    headings = {text.get_text() for text in figure.axes[1].texts} & {"paper", "refit"}
    assert headings == {"paper", "refit"}
    assert len(figure.axes[1].texts) == 8
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["paper", "refit", "paper again", "refit again", "hollow, *: flagged"]


def test_footer_and_watermark() -> None:
    marks = {t.get_gid(): t.get_text() for t in forest(ROWS, label="Table 5").texts}
    assert marks["footer"] == "Table 5"
    assert marks["watermark"] == "RECONSTRUCTED COHORT, NOT PATIENTS"
    print_only = forest(ROWS[ROWS["series"] == "paper"], label="Table 5")
    assert "watermark" not in {t.get_gid() for t in print_only.texts}


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (ROWS.drop(columns="evidence"), "no column evidence"),
        (ROWS.assign(ci_low=-0.4), "exponentiate"),
        (pd.concat([ROWS, ROWS]), "'Female' has two rows of 'paper'"),
        (
            pd.concat([ROWS.assign(series=f"{k}") for k in range(8)]).drop_duplicates(
                ["term_label", "series"]
            ),
            "8 series; at most 7",
        ),
    ],
)
def test_unusable_rows_are_refused(rows: pd.DataFrame, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        forest(rows, label="Table 5")
