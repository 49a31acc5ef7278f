"""Means, band, patients and bounds are the tables'."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from adbayes.errors import DataError
from adbayes.plots.trajectories import trajectories

SUMMARY = pd.DataFrame(
    {
        "visit": [52, 0, 16],
        "mean": [3.0, 28.0, 9.0],
        "ci_low": [2.0, 26.0, 8.0],
        "ci_high": [4.5, 30.0, 11.0],
        "pred_low": [-4.0, 12.0, 1.0],
        "pred_high": [10.0, 50.0, 20.0],
        "evidence": "simulated",
    }
)
OBSERVED = pd.DataFrame(
    {
        "patient": ["a", "b", "a", "b", "a", "c"],
        "visit": [0, 0, 16, 16, 52, 0],
        "value": [30.0, 20.0, 10.0, np.nan, 2.0, 40.0],
    }
)


def draw(**changes: object) -> Figure:
    arguments = {
        "unit": "points",
        "label": "seed 1",
        "outcome_label": "EASI",
        "low": 0,
        "high": 72,
    } | changes
    return trajectories(SUMMARY, OBSERVED, **arguments)


def lines(figure: Figure, gid: str) -> list[tuple[list[float], list[float]]]:
    found = [line for line in figure.axes[0].lines if line.get_gid() == gid]
    return [(list(line.get_xdata()), list(line.get_ydata())) for line in found]


def test_means_and_intervals_are_the_summary_in_order_of_time() -> None:
    (bars,) = draw().axes[0].containers
    centre, _, (segments,) = bars.lines
    np.testing.assert_allclose(centre.get_xdata(), [0, 16, 52])
    np.testing.assert_allclose(centre.get_ydata(), [28, 9, 3])
    np.testing.assert_allclose(
        [s[:, 1] for s in segments.get_segments()], [[26, 30], [8, 11], [2, 4.5]]
    )


def test_band_is_the_predictive_interval() -> None:
    (band,) = [c for c in draw().axes[0].collections if c.get_gid() == "predictive"]
    corners = {tuple(point) for point in band.get_paths()[0].vertices}
    assert {(0, 12), (0, 50), (16, 1), (16, 20), (52, -4), (52, 10)} <= corners


def test_every_patient_is_a_line_of_what_was_observed() -> None:
    patients = lines(draw(), "patient")
    assert patients == [([0, 16, 52], [30, 10, 2]), ([0], [20]), ([0], [40])]


def test_bounds_show_only_where_the_band_leaves_them() -> None:
    assert [y for _, y in lines(draw(), "bound")] == [[0, 0]]
    assert [y for _, y in lines(draw(high=45), "bound")] == [[0, 0], [45, 45]]
    assert lines(draw(low=-4), "bound") == []
    assert lines(draw(low=None, high=None), "bound") == []


def test_visits_carry_the_number_of_patients_and_axes_their_unit() -> None:
    ax = draw().axes[0]
    labels = [tick.get_text() for tick in ax.get_xticklabels()]
    assert labels == ["0\nn = 3", "16\nn = 1", "52\nn = 1"]
    assert ax.get_ylabel() == "EASI (points)"


def test_footer_and_watermark() -> None:
    marks = {text.get_gid(): text.get_text() for text in draw().texts}
    assert (marks["footer"], marks["watermark"]) == ("seed 1", "SIMULATED DATA")


@pytest.mark.parametrize(
    ("summary", "observed", "sentence"),
    [
        (SUMMARY.drop(columns="pred_low"), OBSERVED, "no column pred_low"),
        (SUMMARY.assign(visit=["a", "b", "c"]), OBSERVED, "number of weeks"),
        (SUMMARY.assign(visit=[0, 16, 16]), OBSERVED, "visit 16 has two rows"),
        (SUMMARY, OBSERVED.assign(value=np.nan), "no value was observed"),
    ],
)
def test_unusable_tables_are_refused(
    summary: pd.DataFrame, observed: pd.DataFrame, sentence: str
) -> None:
    with pytest.raises(DataError, match=sentence):
        trajectories(
            summary, observed, unit="points", label="", outcome_label="EASI", low=0, high=72
        )


def test_patients_are_called_what_they_are() -> None:
    (legend,) = draw().legends  # below the axes: no line runs through it
    assert legend.get_texts()[0].get_text() == "simulated patients"
    real = trajectories(
        SUMMARY.assign(evidence="patients"),
        OBSERVED,
        unit="points",
        label="a file",
        outcome_label="EASI",
        low=0,
        high=72,
        title="EASI: a model",
    )
    assert real.legends[0].get_texts()[0].get_text() == "patients, observed"
    assert real.get_suptitle() == "EASI: a model"


def test_a_wide_positive_band_has_a_log_axis() -> None:
    wide = SUMMARY.assign(pred_low=[2.0, 12.0, 1.0], pred_high=[10.0, 500.0, 20.0])
    words = {"unit": "U", "label": "l", "outcome_label": "IgE", "low": 0}
    assert trajectories(wide, OBSERVED, high=None, **words).axes[0].get_yscale() == "log"
    assert trajectories(wide, OBSERVED, high=72, **words).axes[0].get_yscale() == "linear"
    assert trajectories(SUMMARY, OBSERVED, high=None, **words).axes[0].get_yscale() == "linear"


def test_a_long_label_of_the_axis_stays_clear_of_the_title() -> None:
    figure = draw(
        outcome_label="Total eosinophil count", unit="unit not printed, on a log scale",
        title="Total eosinophil count at weeks 0, 16, 32 and 52: lognormal with a patient intercept and\n"
        "an SD of its own at each visit",
    )  # fmt: skip
    FigureCanvasAgg(figure).draw()
    label = figure.axes[0].yaxis.label.get_window_extent()
    title = next(text for text in figure.texts if text.get_text().startswith("Total"))
    assert not label.overlaps(title.get_window_extent())
