"""What a run writes about its models with patients left out."""

import numpy as np
import pandas as pd
import pytest

from adbayes.checks import left_out
from adbayes.checks.left_out import left_out_checks
from adbayes.checks.loo import loo
from adbayes.checks.loo_pit import loo_pit_checks
from adbayes.checks.predictive import COLUMNS
from adbayes.checks.reliability import reliability_checks
from adbayes.errors import SpecError
from adbayes.inference.fit import Fit


def test_rows_are_those_of_the_single_checks(mixed_fit: Fit, female_fit: Fit) -> None:
    for fit, judged in ((mixed_fit, loo_pit_checks), (female_fit, reliability_checks)):
        found = left_out_checks(fit)
        assert list(found.columns) == COLUMNS
        alone = pd.concat([loo(fit), judged(fit)], ignore_index=True)
        pd.testing.assert_frame_equal(found, alone)
        again = left_out_checks(fit, seed=5)
        rows = ~again["check"].isin(["loo"])
        assert not np.array_equal(again[rows]["tail_area"], found[rows]["tail_area"])


def test_quadrature_gives_loo_only(mixed_fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = left_out_checks(mixed_fit)
    monkeypatch.setattr(left_out, "structure_of", lambda _: None)
    found = left_out_checks(mixed_fit)
    pd.testing.assert_frame_equal(found, whole[whole["check"] == "loo"].reset_index(drop=True))


def test_several_effects_a_patient_are_left_to_the_user(
    mixed_fit: Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(fit: Fit) -> None:
        raise SpecError("use K-fold")

    monkeypatch.setattr(left_out, "leave_one_out", refuse)
    found = left_out_checks(mixed_fit)
    assert found.empty
    assert list(found.columns) == COLUMNS
