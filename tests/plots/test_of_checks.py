"""Figures of a fit's checks carry the label of its data."""

import pytest
from matplotlib.figure import Figure

from adbayes.errors import SpecError
from adbayes.inference.fit import Fit
from adbayes.plots.of_checks import plot_calibration, plot_loo_pit


def marks(figure: Figure) -> dict[str | None, str]:
    return {text.get_gid(): text.get_text() for text in figure.texts}


def test_loo_pit_by_visit(mixed_fit: Fit) -> None:
    figure = plot_loo_pit(mixed_fit)
    assert [ax.get_title().split(",")[0] for ax in figure.axes] == [
        "week 0", "week 16", "week 32", "week 52",
    ]  # fmt: skip
    assert marks(figure)["footer"].startswith(mixed_fit.cohort.label)
    assert marks(figure)["watermark"] == "SIMULATED DATA"


def test_calibration_of_a_response(female_fit: Fit, mixed_fit: Fit) -> None:
    figure = plot_calibration(female_fit)
    assert figure.get_suptitle() == "EASI-90 by female sex: calibration"
    assert marks(figure)["watermark"] == "SIMULATED DATA"
    with pytest.raises(SpecError):
        plot_calibration(mixed_fit)
