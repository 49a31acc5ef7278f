"""Every judged number is one point where its distance is, and only what agrees is full."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from adbayes.errors import DataError
from adbayes.plots.fidelity import draw_fidelity

ROWS = pd.DataFrame(
    [
        (0, "table1", "number", "target", True, True, 0.0),
        (0, "table1", "number", "not_addressable", None, False, np.nan),
        (0, "table5", "odds ratio", "target", True, True, -0.4),
        (0, "table5", "odds ratio", "target", False, True, 2.0),
        (0, "table5", "odds ratio", "target", False, False, -30.0),
        (0, "table5", "odds ratio", "target", False, False, np.inf),
        (0, "table2", "sd", "suspected_misprint", False, False, 500.0),
        (0, "table6", "limit", "held_out", False, False, -123456.0),
        (0, "table6", "limit", "held_out", True, True, 0.1),
        (0, "fig2", "correlation", "target", True, True, 0.2),
    ],
    columns=["cohort", "table", "kind", "role", "matched", "close", "digits"],
).assign(evidence="reconstructed")
ROWS["matched"] = ROWS["matched"].astype("boolean")


def points(figure: Figure, gid: str) -> list[tuple[float, float]]:
    return [
        (float(x), float(y))
        for line in figure.axes[0].lines
        if line.get_gid() == gid
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    ]


def counts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[1].texts if text.get_gid() == "count"]


def test_each_number_is_one_point_on_its_line() -> None:
    figure = draw_fidelity(ROWS, label="cohort 0")
    assert [x for x, _ in points(figure, "exact")] == [0.0, -0.4, 0.2]
    assert [round(y) for _, y in points(figure, "exact")] == [0, 1, 4]
    assert [x for x, _ in points(figure, "near miss")] == [2.0]
    assert [x for x, _ in points(figure, "miss")] == [-30.0]
    assert [x for x, _ in points(figure, "suspected misprint")] == [500.0]
    assert [x for x, _ in points(figure, "held out")] == [0.1]
    assert sorted(x for x, _ in points(figure, "arrow")) == [-10000.0, 10000.0]
    heights = [y for gid in ("exact", "near miss", "miss", "arrow") for _, y in points(figure, gid)]
    assert len(set(heights)) == len(heights)


def test_lines_are_named_and_counted() -> None:
    figure = draw_fidelity(ROWS, label="cohort 0")
    names = [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
    assert names == [
        "Table 1, number", "Table 5, odds ratio", "Table 2, SD", "Table 6, interval end",
        "Fig. 2, correlation",
    ]  # fmt: skip
    assert counts(figure) == ["1 of 1", "1 of 4", "", "1 of 2", "1 of 1"]


def test_an_ensemble_shows_its_median_and_its_worst() -> None:
    more = [ROWS.assign(cohort=k) for k in (1, 2)]
    more[0].loc[more[0]["table"] == "table5", "matched"] = True
    figure = draw_fidelity(pd.concat([ROWS, *more]), label="3 cohorts")
    assert counts(figure)[1] == "1 (1) of 4"
    assert figure.axes[1].texts[0].get_text() == "match: median (worst)"


def test_only_what_agrees_is_full() -> None:
    figure = draw_fidelity(ROWS, label="cohort 0")
    fills = {
        line.get_gid(): line.get_markerfacecolor()
        for line in figure.axes[0].lines
        if line.get_gid() in ("exact", "near miss", "miss", "held out")
    }
    assert fills.pop("exact") != "white"
    assert set(fills.values()) == {"white"}


def test_the_panel_fills_the_figure_and_the_watermark_is_there() -> None:
    figure = draw_fidelity(ROWS, label="cohort 0")
    figure.draw_without_rendering()
    box = figure.axes[0].get_position()
    assert box.y0 * figure.get_figheight() < 1.25
    assert [t.get_text() for t in figure.texts if t.get_gid() == "watermark"] == [
        "RECONSTRUCTED COHORT, NOT PATIENTS"
    ]
    assert [t.get_text() for t in figure.texts if t.get_gid() == "footer"] == ["cohort 0"]


def test_a_table_that_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(DataError, match="no column digits"):
        draw_fidelity(ROWS.drop(columns="digits"), label="x")
    with pytest.raises(DataError, match="no rows"):
        draw_fidelity(ROWS[ROWS["matched"].isna()], label="x")
