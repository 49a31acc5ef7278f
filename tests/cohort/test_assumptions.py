"""The named choices and their alternatives."""

import numpy as np
import pytest

from adbayes.cohort.assumptions import Assumptions, vary_assumptions
from adbayes.errors import DataError


def test_seed_zero_gives_the_defaults() -> None:
    assert vary_assumptions(0) == Assumptions()


def test_an_ensemble_takes_every_alternative() -> None:
    drawn = [vary_assumptions(seed) for seed in range(1, 60)]
    assert {a.figure_1 for a in drawn} == {"no_concomitant", "any"}
    assert {a.age_bins for a in drawn} == {"right_closed", "left_closed"}
    gaps = {a.baseline_gap for a in drawn}
    # The rows without missing values fix the size of the gap, not its sign.
    assert {gap > 0 for gap in gaps} == {True, False}
    assert all(0.35 < abs(gap) < 0.42 for gap in gaps)
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
        ([a.baseline_gap > 0 for a in drawn], 2 / 3),
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
    assert shown["extra_measured"] == "{'tec_w16': 5, 'ige_w32': -1}"


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
