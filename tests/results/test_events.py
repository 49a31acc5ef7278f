"""Events for each slope: counted on the rarer outcome, warned of below ten, told in every place."""

import numpy as np
import pytest

from adbayes.checks.priors import check
from adbayes.cohort.cohort import Cohort
from adbayes.cohort.library import load_cohort
from adbayes.inference.fit import Fit
from adbayes.inference.plan import plan
from adbayes.model.bambi_model import bambi_model, design_of
from adbayes.model.spec import load_spec
from adbayes.results.events import THRESHOLD, Events, events, warned


def test_the_rarer_outcome_is_counted() -> None:
    cohort = load_cohort(0)
    analysis, frame = plan(load_spec("easi90_multivariable"), cohort).jobs[0]
    found = events(analysis, frame, design_of(bambi_model(analysis, frame)))
    assert found is not None
    y = frame.data["easi90"]
    assert found == Events(int(min(y.sum(), (1 - y).sum())), len(y), 8)
    assert found.per_slope == found.events / 8
    assert found.few
    assert f"{found.events} events" in found.warning
    assert f"{found.events / 8:.1f} per slope" in found.warning


@pytest.mark.parametrize(("count", "few"), [(29, True), (30, False), (31, False)])
def test_ten_for_each_slope_are_enough(count: int, few: bool) -> None:
    found = Events(count, 80, 3)
    assert found.few is few
    assert bool(found.warning) is few
    assert THRESHOLD == 10


def test_one_slope_and_none() -> None:
    assert "1 slope:" in Events(5, 80, 1).warning
    assert Events(5, 80, 0).per_slope == np.inf
    assert Events(5, 80, 0).warning == ""


def test_scores_have_no_events(mixed_fit: Fit) -> None:
    assert events(mixed_fit.analysis, mixed_fit.frame, mixed_fit.design) is None
    assert warned(mixed_fit.analysis, mixed_fit.frame, mixed_fit.design) == ""


def test_check_says_so_without_sampling(patients: Cohort) -> None:
    notes = check("easi90_multivariable", patients).notes
    assert any("per slope, fewer than 10 (Peduzzi 1996" in note for note in notes)
    assert not any("per slope" in note for note in check("easi_change", patients).notes)


def test_the_predictor_is_named_under_for_each(female_fit: Fit) -> None:
    few = female_fit.frame.data.groupby("easi90").head(4).index
    frame = type(female_fit.frame)(
        female_fit.frame.data.loc[few], "easi90", "patient", {}, None
    )  # fmt: skip
    assert warned(female_fit.analysis, frame, female_fit.design).startswith(
        "easi90_univariable [female]: 4 events of the rarer kind in 8 rows for 2 slopes: 2.0"
    )
