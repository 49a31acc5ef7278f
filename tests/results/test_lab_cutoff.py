"""Where high values begin: between whole numbers, or at the cut-off itself."""

import numpy as np
import pandas as pd
import pytest

from adbayes.model.frame import ModelFrame
from adbayes.results.lab_cutoff import lab_cutoff


def frame(outcome: str, values: list[float]) -> ModelFrame:
    return ModelFrame(pd.DataFrame({outcome: values}), outcome, None, {})


@pytest.mark.parametrize(
    ("outcome", "boundary", "words"),
    [
        ("ldh", 249.5, "% at or above 250"),  # Table 4: 250 is high
        ("ige", 100.5, "% above 100"),  # Table 5: 100 is not
        ("tec", 500.5, "% above 500"),
    ],
)
def test_whole_numbers_have_room_between_them(outcome: str, boundary: float, words: str) -> None:
    found = lab_cutoff(frame(outcome, [90.0, 250.0, 600.0]))
    assert found is not None
    assert (found.boundary, found.words) == (boundary, words)
    cut = float(words.split()[-1])
    expected = [False, "at or" in words, True]
    assert list(found.high(np.array([cut - 1, cut, cut + 1]))) == expected


@pytest.mark.parametrize(("outcome", "at_cut"), [("ldh", True), ("ige", False), ("tec", False)])
def test_decimals_are_cut_where_the_cutoff_is(outcome: str, at_cut: bool) -> None:
    found = lab_cutoff(frame(outcome, [90.2, 250.0]))
    assert found is not None
    cut = found.boundary
    assert cut == float(found.words.split()[-1])
    assert list(found.high(np.array([cut - 1e-6, cut, cut + 1e-6]))) == [False, at_cut, True]


def test_a_score_has_no_cutoff() -> None:
    assert lab_cutoff(frame("easi", [1.0, 2.0])) is None
