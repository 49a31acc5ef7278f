"""Which columns are one score on another scale; the comparison itself is in test_loo.py."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from adbayes.checks.same_data import base_outcome, log_jacobians
from adbayes.cohort.cohort import Cohort
from adbayes.errors import SpecError
from adbayes.inference.fit import Fit


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("easi", ("easi", "")),
        ("easi_change", ("easi", "_change")),
        ("easi_percent_change", ("easi", "_percent_change")),
        ("ldh_fraction", ("ldh", "_fraction")),
        ("easi_baseline", ("easi_baseline", "")),
        ("pasi_change", ("pasi_change", "")),
    ],
)
def test_derived_columns_know_their_score(column: str, expected: tuple[str, str]) -> None:
    assert base_outcome(column) == expected


def test_one_outcome_needs_no_jacobian(mixed_fit: Fit) -> None:
    found = log_jacobians([mixed_fit, mixed_fit])
    assert [len(one) for one in found] == [99, 99]
    assert (found[0] == 0).all()


def test_a_probability_is_not_compared_with_a_density(mixed_fit: Fit, female_fit: Fit) -> None:
    with pytest.raises(SpecError, match="compare models of one kind"):
        log_jacobians([mixed_fit, female_fit])


def test_a_cleared_patient_has_a_probability_under_a_hurdle_and_a_density_elsewhere(
    patients: Cohort, fit_with: Callable[..., Fit]
) -> None:
    hurdle = fit_with("easi_fraction", patients, {})
    gamma = fit_with("easi_fraction", patients, {}, variant="gamma")
    assert (hurdle.frame.y > 0).all()
    assert all((one == 0).all() for one in log_jacobians([hurdle, gamma]))
    data = hurdle.frame.data.copy()
    data.loc[0, "easi_fraction"] = 0.0
    cleared = [replace(fit, frame=replace(fit.frame, data=data)) for fit in (hurdle, gamma)]
    with pytest.raises(SpecError, match="a value of 0 has a probability under hurdle_gamma"):
        log_jacobians(cleared)
    assert len(log_jacobians([cleared[0], cleared[0]])) == 2
