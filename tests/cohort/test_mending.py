"""Groups that are not near are mended after the scores, or left as they are."""

import copy

import numpy as np
import pytest

from adbayes.cohort import mending
from adbayes.cohort.mending import MendingStages
from adbayes.cohort.score_stages import NEAR_P, ScoreStages
from adbayes.cohort.windows import missed

COLUMN = "ldh_ge_250_w0"


@pytest.fixture
def build(scores_found: ScoreStages) -> MendingStages:
    found = copy.copy(scores_found)
    found.labels, found.values = dict(found.labels), dict(found.values)
    found.missed = dict(found.missed)
    found.__class__ = MendingStages
    assert isinstance(found, MendingStages)
    return found


def swapped(build: MendingStages) -> np.ndarray:
    """Labels with a mean that is not the printed one: the extreme two have changed places."""
    labels, x = build.labels[COLUMN].copy(), build.values["easi"]
    change = (x[0] - x[-1]) / x[0]
    low, high = (np.flatnonzero(labels == k) for k in (0, 1))
    i, j = low[np.argmin(change[low])], high[np.argmax(change[high])]
    labels[i], labels[j] = 1, 0
    return labels


def test_what_is_near_is_not_touched(build: MendingStages, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = build.problems[COLUMN]
    monkeypatch.setattr(type(problem), "agrees", lambda self, labels: True)
    monkeypatch.setattr(mending, "polish", None)
    build.mend_groups()


def test_groups_are_mended(build: MendingStages, monkeypatch: pytest.MonkeyPatch) -> None:
    problem, right = build.problems[COLUMN], build.labels[COLUMN]
    wrong = swapped(build)
    assert problem.agrees(right)
    assert not problem.agrees(wrong)
    build.labels[COLUMN] = wrong
    build.missed[COLUMN] = 99.0
    # The scores of so small a study cannot follow; that they do elsewhere is the next test's.
    monkeypatch.setattr(MendingStages, "_scores_follow", lambda self, column: column == COLUMN)
    build.mend_groups()
    assert problem.agrees(build.labels[COLUMN])
    assert (build.labels[COLUMN] != wrong).any()
    # What is near may miss a little, what agrees nothing; a number that is off misses whole widths.
    assert build.missed[COLUMN] < 5


def test_scores_follow_their_groups(build: MendingStages) -> None:
    x = build.values["nrs"].copy()
    low = np.flatnonzero(build.labels[COLUMN] == 0)
    one = low[np.argmax(x[-1, low] < x[0, low])]
    x[-1, one] += 1  # a point more of one patient: a mean of the group and of everyone is off
    asked, *_ = build._at_last("nrs", ["easi"])
    assert missed(asked.relaxed(NEAR_P), (x[0], x[-1])) > 1
    easi = build.values["easi"].copy()
    build.values["nrs"] = x
    followed = build._scores_follow(COLUMN)
    found = build.values["nrs"]
    # To within a number that lies on the very edge of its window.
    assert missed(asked.relaxed(NEAR_P), (found[0], found[-1])) < 0.01
    assert build.missed["nrs, week 24"] == missed(asked, (found[0], found[-1]))
    # The visit between is found anew for them; in so small a study it is not always near.
    assert (found[1] != x[1]).any()
    assert build.missed["nrs, week 12"] < 1
    assert followed == build.near
    assert (build.values["easi"] == easi).all()


def test_all_stays_where_scores_cannot_follow(
    build: MendingStages, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = swapped(build)
    build.labels[COLUMN] = wrong
    right = build.labels[COLUMN].copy()
    before, missed_before = build.values["nrs"], dict(build.missed)
    tried: list[str] = []

    def fails(self: MendingStages, column: str) -> bool:
        tried.append(column)
        self.values["nrs"] = self.values["nrs"] + 1
        self.missed["nrs, week 24"] = 99.0
        return False

    monkeypatch.setattr(MendingStages, "_scores_follow", fails)
    build.mend_groups()
    assert (build.labels[COLUMN] == right).all()
    assert (build.values["nrs"] == before).all()
    assert build.missed == missed_before
    assert tried == [COLUMN]
