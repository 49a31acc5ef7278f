"""What a run writes about its models with patients left out."""

import numpy as np
import pandas as pd
import pytest

from adbayes.checks import left_out
from adbayes.checks.influence import influence, influence_checks
from adbayes.checks.left_out import left_out_checks
from adbayes.checks.loo import loo
from adbayes.checks.loo_pit import loo_pit_checks
from adbayes.checks.predictive import COLUMNS
from adbayes.checks.reliability import reliability_checks
from adbayes.errors import SpecError
from adbayes.inference.fit import Fit
from adbayes.results.estimands import estimands


def test_rows_are_those_of_the_single_checks(mixed_fit: Fit, female_fit: Fit) -> None:
    for fit, judged in ((mixed_fit, loo_pit_checks), (female_fit, reliability_checks)):
        found = left_out_checks(fit)
        assert list(found.columns) == COLUMNS
        moved = influence_checks(influence(fit, refit=False))
        alone = pd.concat([loo(fit), judged(fit), moved], ignore_index=True)
        pd.testing.assert_frame_equal(pd.DataFrame(found), pd.DataFrame(alone))
        # Every reported quantity, and by each of the patients the same claim.
        largest = found[found["statistic"].str.endswith("largest shift in SDs", na=False)]
        assert len(largest) == len(estimands(fit))
        assert largest["note"].str.match(r"without \S+ \(psis").all()
        again = left_out_checks(fit, seed=5)
        rows = ~again["check"].isin(["loo", "influence"])
        assert not np.array_equal(again[rows]["tail_area"], found[rows]["tail_area"])


def test_quadrature_gives_loo_only(mixed_fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = left_out_checks(mixed_fit)
    monkeypatch.setattr(left_out, "structure_of", lambda _: None)
    found = left_out_checks(mixed_fit)
    rest = whole[whole["check"].isin(["loo", "influence"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(found, rest)


def test_several_effects_a_patient_are_left_to_the_user(
    mixed_fit: Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(fit: Fit) -> None:
        raise SpecError("use K-fold")

    monkeypatch.setattr(left_out, "leave_one_out", refuse)
    found = left_out_checks(mixed_fit)
    assert found.empty
    assert list(found.columns) == COLUMNS
