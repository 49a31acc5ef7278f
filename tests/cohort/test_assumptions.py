"""The named choices and their alternatives."""

import pickle

import numpy as np
import pytest

from adbayes.cohort.assumptions import EXTRA_MEASURED, Assumptions, vary_assumptions
from adbayes.errors import DataError
from adbayes.paper.published import load_published


def test_seed_zero_gives_the_defaults() -> None:
    assert vary_assumptions(0) == Assumptions()


def test_an_ensemble_takes_every_alternative() -> None:
    drawn = [vary_assumptions(seed) for seed in range(1, 60)]
    assert {a.figure_1 for a in drawn} == {"no_concomitant", "any"}
    assert {a.age_bins for a in drawn} == {"right_closed", "left_closed"}
    # With another gap, or its mirror image, rows of characteristics do not agree with each other.
    assert {a.baseline_gap for a in drawn} == {Assumptions().baseline_gap}
    for key, options in EXTRA_MEASURED.items():
        assert {a.extra_measured[key] for a in drawn} == set(options)
    assert {bool(a.guesses) for a in drawn} == {True, False}
    assert len({a.fraction_correlation for a in drawn}) > 10
    assert vary_assumptions(7) == vary_assumptions(7)


def test_alternatives_have_the_weights_their_evidence_gives() -> None:
    n = 2000
    drawn = [vary_assumptions(seed) for seed in range(1, n + 1)]
    for found, weight in (
        ([a.figure_1 == "no_concomitant" for a in drawn], 3 / 4),
        ([a.age_bins == "right_closed" for a in drawn], 1 / 2),
        ([bool(a.guesses) for a in drawn], 3 / 4),
    ):
        # Four binomial standard errors.
        assert np.mean(found) == pytest.approx(weight, abs=4 * np.sqrt(weight * (1 - weight) / n))
    for name in ("fraction", "score", "baseline", "lab"):
        r = np.array([getattr(a, f"{name}_correlation") for a in drawn])
        # Uniform: the mean of its ends, within four standard errors of a range's SD.
        middle, width = (r.max() + r.min()) / 2, r.max() - r.min()
        assert r.mean() == pytest.approx(middle, abs=4 * width / np.sqrt(12 * n) + 0.005)
        assert 0 < r.min() < r.max() < 1


def test_the_description_names_every_choice() -> None:
    shown = Assumptions().describe()
    assert set(shown) == set(Assumptions.__dataclass_fields__)
    assert shown["extra_measured"].startswith("{'ige_w16': -4, ")


def test_printed_means_are_those_of_whole_numbers_at_the_numbers_measured() -> None:
    printed = load_published().set_index("id")["numeric"]
    measured = {0: 73, 16: 88, 32: 84, 52: 71}
    for (name, week), options in EXTRA_MEASURED.items():
        when = f"w{week}" if week else "baseline"
        for extra in options:
            n = measured[week] + extra
            assert n <= 99
            mean = printed[f"table3.{name}.{when}.mean"]
            nearest = round(mean * n) / n
            assert nearest == pytest.approx(mean, abs=0.005), (name, week, extra)


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(DataError, match="seed is -1, allowed is 0 or above"):
        vary_assumptions(-1)


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


@pytest.mark.parametrize("seed", [0, 3])
def test_choices_are_the_same_in_another_process(seed: int) -> None:
    choices = vary_assumptions(seed)
    sent = pickle.loads(pickle.dumps(choices))
    assert sent == choices
    assert sent.describe() == choices.describe()
