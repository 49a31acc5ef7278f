"""Groups that are not near are mended after the scores, or left as they are."""

import copy

import numpy as np
import pytest

from adbayes.cohort import mending
from adbayes.cohort.mending import MendingStages
from adbayes.cohort.score_stages import ScoreStages
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


def test_groups_are_mended_and_scores_follow(build: MendingStages) -> None:
    problem, right = build.problems[COLUMN], build.labels[COLUMN]
    wrong = swapped(build)
    if not problem.agrees(right):
        pytest.skip("the short search of the small study left a group off")
    assert not problem.agrees(wrong)
    build.labels[COLUMN] = wrong
    before = {name: x.copy() for name, x in build.values.items()}
    build.mend_groups()
    if (build.labels[COLUMN] == wrong).all():
        # The scores could not follow: nothing has changed.
        assert all((build.values[name] == x).all() for name, x in before.items())
        return
    assert problem.agrees(build.labels[COLUMN])
    asked, *_ = build._at_last("nrs", ["easi"])
    x = build.values["nrs"]
    assert missed(asked.relaxed(0.0018), (x[0], x[-1])) == 0
    assert (build.values["easi"] == before["easi"]).all()


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
