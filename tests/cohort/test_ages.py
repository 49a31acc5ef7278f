"""Ages that fill the printed bins."""

from dataclasses import replace

import numpy as np
import pytest

from adbayes.cohort.ages import reconstruct_ages
from adbayes.cohort.assumptions import Assumptions
from adbayes.cohort.targets import Targets, reconstruction_targets
from adbayes.errors import DataError
from adbayes.paper.published import load_published

TARGETS = Targets(reconstruction_targets())
BINS = [4, 48, 38, 7, 2]


def over(count: int) -> np.ndarray:
    return np.random.default_rng(0).permutation((np.arange(99) < count).astype(np.int8))


@pytest.mark.parametrize("seed", range(5))
def test_right_closed_bins(seed: int) -> None:
    labels = over(47)
    ages = reconstruct_ages(TARGETS, Assumptions(), labels, np.random.default_rng(seed))
    assert ages is not None
    assert ages.sum() == 3061  # the only sum of whole years with the printed mean 30.92
    assert (ages.min(), ages.max()) == (18, 53)
    edges = [(10, 20), (20, 30), (30, 40), (40, 50), (50, 60)]
    assert [int(((ages > a) & (ages <= b)).sum()) for a, b in edges] == BINS
    assert ((ages > 30) == (labels == 1)).all()


def test_left_closed_bins() -> None:
    choices = replace(Assumptions(), age_bins="left_closed", aged_at_cut=4)
    labels = over(43)
    ages = reconstruct_ages(TARGETS, choices, labels, np.random.default_rng(1))
    assert ages is not None
    assert ages.sum() == 3061
    assert (ages == 30).sum() == 4
    assert ((ages > 30) == (labels == 1)).all()
    edges = [(10, 20), (20, 30), (30, 40), (40, 50), (50, 60)]
    assert [int(((ages >= a) & (ages < b)).sum()) for a, b in edges] == BINS


def test_labels_that_contradict_the_bins_are_refused() -> None:
    with pytest.raises(DataError, match="47 ages are over 30, but 30 patients carry that label"):
        reconstruct_ages(TARGETS, Assumptions(), over(30), np.random.default_rng(0))


def test_a_paper_without_bins_has_no_ages() -> None:
    ledger = load_published()
    ledger = ledger[~ledger["variable"].str.startswith("age")]
    targets = Targets(reconstruction_targets(ledger))
    assert reconstruct_ages(targets, Assumptions(), None, np.random.default_rng(0)) is None
