"""Intervals and observed values are the table's; what falls outside looks different."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from adbayes.errors import DataError
from adbayes.plots.posterior_predictive import posterior_predictive

CHECKS = pd.DataFrame(
    [
        ("easi", "mean", 0, 28.0, 26.0, 30.0, 28.1),
        ("easi", "mean", 52, 3.0, 3.5, 6.0, 4.4),
        ("easi", "share at 0", None, 0.05, 0.0, 0.02, 0.01),
        ("nrs", "mean", 0, 7.2, 7.0, 7.5, 7.2),
    ],
    columns=[
        "outcome",
        "statistic",
        "visit",
        "observed",
        "replicated_low",
        "replicated_high",
        "replicated_median",
    ],
).assign(evidence="patients", n=99)


def points(ax: Axes, gid: str) -> list[tuple[float, float]]:
    (line,) = [line for line in ax.lines if line.get_gid() == gid]
    return list(zip(line.get_xdata(), line.get_ydata(), strict=True))


def test_panels_are_outcome_and_statistic() -> None:
    figure = posterior_predictive(CHECKS, label="registry.csv")
    assert [ax.get_title() for ax in figure.axes] == ["easi, mean", "easi, share at 0", "nrs, mean"]
    first, second, _ = figure.axes
    assert [t.get_text() for t in first.get_xticklabels()] == ["0", "52"]
    assert [t.get_text() for t in second.get_xticklabels()] == ["all"]


def test_intervals_medians_and_observed_are_the_table() -> None:
    ax = posterior_predictive(CHECKS, label="registry.csv").axes[0]
    (bars,) = ax.collections
    np.testing.assert_allclose(bars.get_segments(), [[[0, 26.0], [0, 30.0]], [[1, 3.5], [1, 6.0]]])
    assert points(ax, "median") == [(0, 28.1), (1, 4.4)]
    assert points(ax, "observed") == [(0, 28.0)]
    assert points(ax, "outside") == [(1, 3.0)]


def test_visits_keep_their_names_when_some_are_missing() -> None:
    checks = CHECKS[CHECKS["statistic"] == "mean"].drop(columns="replicated_median")
    figure = posterior_predictive(checks.assign(visit=[0.0, 52.0, np.nan]), label="x")
    assert [t.get_text() for t in figure.axes[0].get_xticklabels()] == ["0", "52"]
    assert [t.get_text() for t in figure.axes[1].get_xticklabels()] == ["all"]
    assert not [line for line in figure.axes[0].lines if line.get_gid() == "median"]


def test_footer_and_watermark() -> None:
    real = posterior_predictive(CHECKS, label="registry.csv")
    marks = {text.get_gid(): text.get_text() for text in real.texts}
    assert marks["footer"] == "registry.csv; n = 99"
    assert "watermark" not in marks
    unreal = posterior_predictive(CHECKS.assign(evidence="simulated"), label="seed 1")
    assert "SIMULATED DATA" in [text.get_text() for text in unreal.texts]


def test_a_table_without_replicates_is_refused() -> None:
    with pytest.raises(DataError, match="no column replicated_high"):
        posterior_predictive(CHECKS.drop(columns="replicated_high"), label="")


def test_points_that_are_models_are_named_by_them() -> None:
    rows = CHECKS[CHECKS["statistic"] == "mean"].iloc[:2]
    rows = rows.assign(visit=52, tick=["0", "16"], axis="Model by LDH at week")
    (ax,) = posterior_predictive(rows, label="registry.csv").axes
    assert [t.get_text() for t in ax.get_xticklabels()] == ["0", "16"]
    assert ax.get_xlabel() == "Model by LDH at week"


def test_the_lowest_panel_of_each_column_names_the_axis() -> None:
    table = pd.concat([CHECKS.assign(outcome=name) for name in ("easi", "nrs")])
    axes = posterior_predictive(table.drop_duplicates(["outcome", "statistic"]), label="x").axes
    assert len(axes) == 4
    assert [bool(ax.get_xlabel()) for ax in axes] == [False, False, True, True]


def test_shares_start_at_nothing_and_correlations_share_a_scale() -> None:
    shares = CHECKS.assign(statistic="share at 0", unit="%", observed=0.0, replicated_high=0.0)
    shares = shares.assign(replicated_low=0.0).drop(columns="replicated_median")
    low, high = posterior_predictive(shares, label="x").axes[0].get_ylim()
    assert -0.5 < low < 0
    assert 5 < high < 6
    pairs = CHECKS.assign(unit="correlation").drop(columns="replicated_median")
    limits = {ax.get_ylim() for ax in posterior_predictive(pairs, label="x").axes}
    assert len(limits) == 1
