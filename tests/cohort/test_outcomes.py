from dataclasses import FrozenInstanceError

import pytest

from adbayes.cohort.outcomes import (
    CUTOFFS,
    OUTCOMES,
    PATIENT_COLUMNS,
    RESPONSE_RULES,
    STUDY_VISITS,
)


def test_ranges_and_grids_of_the_instruments():
    found = {o.name: (o.low, o.high, o.step) for o in OUTCOMES.values() if o.kind == "score"}
    assert found == {
        "easi": (0, 72, 0.1),
        "nrs": (0, 10, 1),
        "poem": (0, 28, 1),  # 7 items of 0 to 4
        "dlqi": (0, 30, 1),  # 10 items of 0 to 3
    }
    assert [o.name for o in OUTCOMES.values() if o.kind == "lab"] == ["ige", "tec", "ldh"]
    assert STUDY_VISITS == (0, 16, 32, 52)


def test_clinically_important_differences_have_values_and_sources():
    found = {o.name: o.mcid.value for o in OUTCOMES.values() if o.mcid}
    assert found == {"easi": 14.0, "nrs": 4, "poem": 4, "dlqi": 4}
    for outcome in OUTCOMES.values():
        assert outcome.mcid is None or any(sign.isdigit() for sign in outcome.mcid.source)


@pytest.mark.parametrize("outcome", [o for o in OUTCOMES.values() if o.bands], ids=lambda o: o.name)
def test_bands_cover_every_value_of_the_grid_once(outcome):
    scale = round(1 / outcome.step)
    covered = [
        step
        for band in outcome.bands
        for step in range(round(band.low * scale), round(band.high * scale) + 1)
    ]
    assert covered == list(range(round(outcome.low * scale), round(outcome.high * scale) + 1))
    assert all(band.source for band in outcome.bands)


def test_rules_cutoffs_and_columns_name_outcomes_that_exist():
    assert {(r.name, r.outcome, r.percent) for r in RESPONSE_RULES.values()} == {
        ("easi75", "easi", 75),
        ("easi90", "easi", 90),
    }
    cuts = {c.outcome: (c.value, c.inclusive) for c in CUTOFFS.values()}
    assert cuts == {"ige": (100, False), "tec": (500, False), "ldh": (250, True)}
    assert set(PATIENT_COLUMNS) == {
        "age",
        "female",
        "adult_onset",
        "concomitant",
        "prior_cyclosporine",
    }


def test_the_vocabulary_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        OUTCOMES["easi"].high = 100
