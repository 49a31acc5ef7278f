"""Responders by model, each in its panel and week."""

import pandas as pd

from adbayes.plots.responders import responders

ROWS = pd.DataFrame(
    [
        ("easi_fraction", "base", "patients", "16", "easi75", 99, 58.9, 51.0, 66.0),
        ("easi_classes", "figure_1", "patients", "16", "easi75", 82, 57.7, 48.0, 67.0),
        ("easi_fraction", "base", "patients", "16", "easi90", 99, 8.3, 4.9, 12.7),
    ],
    columns=[
        "model", "variant", "evidence", "visit", "term", "n", "mean", "ci_low", "ci_high",
    ],
)  # fmt: skip


def test_panels_are_rules_and_series_are_models() -> None:
    names = {"easi_fraction": "Continuous", "easi_classes.figure_1": "Classes, 82"}
    figure = responders(ROWS, names, label="mine")
    assert [ax.get_title("left") for ax in figure.axes] == ["EASI-75", "EASI-90"]
    left = {x.get_gid(): x.get_xdata()[0] for x in figure.axes[0].lines if x.get_gid()}
    assert left["estimate:Continuous"] == 58.9
    assert left["estimate:Classes, 82"] == 57.7
    assert left["interval:Classes, 82"] == 48.0
    assert figure.axes[0].get_xlim() == (0, 100)
    footer = {text.get_gid(): text.get_text() for text in figure.texts}["footer"]
    assert footer == "mine; n = 82 to 99"
