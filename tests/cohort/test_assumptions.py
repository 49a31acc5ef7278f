"""The named choices and their alternatives."""

import pytest

from adbayes.cohort.assumptions import Assumptions, vary_assumptions
from adbayes.errors import DataError


def test_seed_zero_gives_the_defaults() -> None:
    assert vary_assumptions(0) == Assumptions()


def test_an_ensemble_takes_every_alternative() -> None:
    drawn = [vary_assumptions(seed) for seed in range(1, 60)]
    assert {a.figure_1 for a in drawn} == {"no_concomitant", "any"}
    assert {a.age_bins for a in drawn} == {"right_closed", "left_closed"}
    assert {a.baseline_gap for a in drawn} == {0.39, -0.39}
    assert {bool(a.guesses) for a in drawn} == {True, False}
    assert len({a.fraction_correlation for a in drawn}) > 10
    assert vary_assumptions(7) == vary_assumptions(7)


def test_the_description_names_every_choice() -> None:
    shown = Assumptions().describe()
    assert set(shown) == set(Assumptions.__dataclass_fields__)
    assert shown["extra_measured"] == "{'tec_w16': 3, 'ige_w32': -1}"


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"figure_1": "82"}, "figure_1 is '82', allowed are no_concomitant, any"),
        ({"persistence": 1.2}, "persistence is 1.2, allowed is 0 to 1"),
        ({"baseline_gap": 2.0}, "baseline_gap is 2 SDs, allowed is -1.5 to 1.5"),
    ],
)
def test_an_impossible_choice_is_refused(choice: dict, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Assumptions(**choice)
