"""The shared footer, watermark and refusals."""

import pandas as pd
import pytest
from matplotlib.figure import Figure

from adbayes.errors import DataError
from adbayes.plots import style


def texts(figure: Figure, gid: str) -> list[str]:
    return [text.get_text() for text in figure.texts if text.get_gid() == gid]


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        (["published"], []),
        (["patients"], []),
        (["simulated"], ["SIMULATED DATA"]),
        (["published", "reconstructed"], ["RECONSTRUCTED COHORT, NOT PATIENTS"]),
        (["simulated", "reconstructed"], ["SIMULATED DATA\nRECONSTRUCTED COHORT, NOT PATIENTS"]),
    ],
)
def test_unreal_patients_are_named_across_the_figure(kinds: list[str], words: list[str]) -> None:
    figure = style.blank(style.COLUMN, 2.0, "title")
    style.sign(figure, pd.DataFrame({"evidence": kinds}), "cohort 0", "test")
    assert texts(figure, "watermark") == words


@pytest.mark.parametrize(
    ("n", "footer"), [([99, 99], "table 5; n = 99"), ([99, 71], "table 5; n = 71 to 99")]
)
def test_footer_states_the_data_and_the_number_of_patients(n: list[int], footer: str) -> None:
    table = pd.DataFrame({"evidence": "patients", "n": n})
    figure = style.sign(style.blank(style.COLUMN, 2.0, "title"), table, "table 5", "test")
    assert texts(figure, "footer") == [footer]


@pytest.mark.parametrize(
    ("evidence", "footer"), [("published", "x; n not printed"), ("patients", "x")]
)
def test_a_print_without_a_number_of_patients_says_so(evidence: str, footer: str) -> None:
    table = pd.DataFrame({"evidence": [evidence], "n": [None]})
    figure = style.sign(style.blank(style.COLUMN, 2.0, "title"), table, "x", "test")
    assert texts(figure, "footer") == [footer]


@pytest.mark.parametrize("width", [style.COLUMN, style.TWO_COLUMNS])
def test_the_watermark_stays_inside_the_figure(width: float) -> None:
    figure = style.blank(width, 3.0, "title")
    style.sign(figure, pd.DataFrame({"evidence": ["reconstructed"]}), "", "test")
    (mark,) = [text for text in figure.texts if text.get_gid() == "watermark"]
    figure.draw_without_rendering()
    box = mark.get_window_extent()
    assert mark.get_rotation() > 5
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.width
    assert box.width > 0.5 * figure.bbox.width


def test_unusable_tables_are_refused() -> None:
    figure = style.blank(style.COLUMN, 2.0, "title")
    with pytest.raises(DataError, match="no column evidence; it has n"):
        style.sign(figure, pd.DataFrame({"n": [1]}), "", "test")
    with pytest.raises(DataError, match="evidence is invented; it must be published"):
        style.sign(figure, pd.DataFrame({"evidence": ["invented"]}), "", "test")
    with pytest.raises(DataError, match="test: the table has no rows"):
        style.require(pd.DataFrame({"n": []}), ["n"], "test")


def test_a_notebook_shows_a_figure_by_itself() -> None:
    figure = style.blank(style.COLUMN, 2, "a title")
    figure.add_subplot().plot([1, 2])
    assert figure._repr_png_().startswith(b"\x89PNG")
