"""Every interval drawn is the table's, in its panel, and what stands apart is hollow."""

import pandas as pd
import pytest
from matplotlib.figure import Figure

from adbayes.errors import DataError
from adbayes.plots.other_studies import draw_other_studies

ROWS = pd.DataFrame(
    [
        ("EASI-75, week 52", "Trial", "missing as failure", 0.65, 0.55, 0.74, "58/89", ""),
        ("EASI-75, week 52", "Registry", "as observed", 0.70, 0.64, 0.76, "148/210", ""),
        ("EASI-75, week 52", "Paper", "paper", 0.90, 0.82, 0.95, "74/82", ""),
        ("EASI-75, week 52", "Predicted", "predicted", 0.74, 0.24, 0.96, "ESS 7", ""),
        ("Conjunctivitis", "Same centre", "all treated", 0.055, 0.02, 0.11, "5/101", "shared"),
        ("Conjunctivitis", "Paper", "paper", 0.18, 0.11, 0.26, "17/99", ""),
    ],
    columns=[
        "panel", "row_label", "kind", "estimate", "ci_low", "ci_high", "patients", "flag",
    ],
).assign(evidence="published")  # fmt: skip


def lines(figure: Figure, gid: str) -> list:
    return [line for line in figure.axes[0].lines if line.get_gid() == gid]


def test_intervals_are_the_table_s() -> None:
    figure = draw_other_studies(ROWS, label="print")
    papers = lines(figure, "interval:paper")
    assert [list(line.get_xdata()) for line in papers] == [[0.82, 0.95], [0.11, 0.26]]
    drawn = sum(len(lines(figure, f"interval:{kind}")) for kind in set(ROWS["kind"]))
    assert drawn == len(ROWS)


def test_rows_are_labelled_where_they_are_drawn() -> None:
    figure = draw_other_studies(ROWS, label="print")
    ax = figure.axes[0]
    names = [tick.get_text() for tick in ax.get_yticklabels()]
    places = dict(zip(names, ax.get_yticks(), strict=True))
    assert names[0] == "EASI-75, week 52"
    assert lines(figure, "estimate:as observed")[0].get_ydata()[0] == places["Registry"]
    assert lines(figure, "estimate:all treated")[0].get_ydata()[0] == places["Same centre"]
    bold = [tick.get_text() for tick in ax.get_yticklabels() if tick.get_fontweight() == "bold"]
    assert bold == ["EASI-75, week 52", "Conjunctivitis"]


def test_the_prediction_is_a_band_over_its_panel() -> None:
    bands = [c for c in draw_other_studies(ROWS, label="x").axes[0].collections if c.get_gid()]
    assert len(bands) == 1
    box = bands[0].get_datalim(bands[0].axes.transData)
    assert (box.x0, box.x1) == pytest.approx((0.24, 0.96))
    assert (box.y0, box.y1) == (0.5, 4.5)


def test_what_stands_apart_is_hollow_and_starred() -> None:
    figure = draw_other_studies(ROWS, label="print")
    assert lines(figure, "estimate:all treated")[0].get_markerfacecolor() == "white"
    assert lines(figure, "estimate:as observed")[0].get_markerfacecolor() != "white"
    printed = [text.get_text() for text in figure.axes[1].texts]
    assert "5.5 [2.0, 11.0] *" in printed
    assert "65.0 [55.0, 74.0]" in printed
    assert "148/210" in printed
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend[-1].startswith("hollow")
    assert "The paper" in legend
    plain = draw_other_studies(ROWS[ROWS["flag"] == ""], label="print")
    assert not any(text.get_text().startswith("hollow") for text in plain.legends[0].get_texts())


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (ROWS.drop(columns="flag"), "no column flag"),
        (ROWS.head(0), "no rows"),
        (ROWS.assign(kind="LOCF"), "kind is LOCF"),
        (ROWS.assign(estimate=65.0), "not percentages"),
    ],
)
def test_unusable_rows_are_refused(rows: pd.DataFrame, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        draw_other_studies(rows, label="print")
