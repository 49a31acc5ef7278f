"""The figure of other studies holds the rows of its tables."""

import pytest

from adbayes.plots.of_studies import figure_rows, plot_other_studies
from adbayes.results.other_studies import other_studies, predicted_from_studies


@pytest.fixture(scope="module")
def rows():
    return figure_rows(other_studies(), predicted_from_studies())


def test_panels_hold_studies_the_paper_and_the_prediction(rows):
    assert rows["panel"].drop_duplicates().tolist() == [
        "EASI-75, week 16",
        "EASI-75, week 52",
        "EASI-90, week 52",
        "Conjunctivitis, up to week 52",
    ]
    long_term = rows[rows["panel"] == "EASI-75, week 52"]
    assert long_term["patients"].tolist()[:5] == ["58/89", "148/210", "140/162", "74/82", "74/99"]
    assert long_term["kind"].tolist()[-3:] == ["paper", "paper", "predicted"]
    assert long_term["row_label"].tolist()[3:] == [
        "Paper, as observed",
        "Paper, missing as failure",
        "Predicted from 3 studies",
    ]


def test_only_the_same_centre_stands_apart(rows):
    apart = rows[rows["flag"] != ""]
    assert apart["row_label"].tolist() == ["Korea, same centre 2020, week 16"]
    assert apart["flag"].iloc[0].startswith("unlike: its patients")


def test_the_figure_is_of_print_alone():
    figure = plot_other_studies()
    texts = {text.get_gid(): text.get_text() for text in figure.texts}
    assert "Printed numbers alone" in texts["footer"]
    assert "watermark" not in texts
