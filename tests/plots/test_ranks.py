"""Rank plots are ArviZ's, with the label of the data."""

import pytest
from matplotlib.figure import Figure

from adbayes.inference.fit import Fit
from adbayes.plots.ranks import plot_ranks


@pytest.fixture(scope="module")
def drawn(female_fit: Fit) -> Figure:
    return plot_ranks(female_fit)


def test_a_panel_a_parameter_and_a_line_a_chain(drawn: Figure, female_fit: Fit) -> None:
    shown = [ax.get_title() for ax in drawn.axes if ax.get_title()]
    assert shown == [str(name) for name in female_fit.posterior.data_vars]
    chains = female_fit.posterior.sizes["chain"]
    for ax in drawn.axes[: len(shown)]:
        assert sum(len(line.get_xdata()) > 50 for line in ax.lines) == chains


def test_the_label_of_the_data_is_on_it(drawn: Figure, female_fit: Fit) -> None:
    marks = {text.get_gid(): text.get_text() for text in drawn.texts}
    assert marks["footer"].startswith(female_fit.cohort.label)
    assert marks["watermark"] == "SIMULATED DATA"


def test_parameters_can_be_chosen_and_patients_are_left_out(mixed_fit: Fit) -> None:
    names = [ax.get_title() for ax in plot_ranks(mixed_fit, ["sigma"]).axes]
    assert names == ["sigma"]
