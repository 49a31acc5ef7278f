"""What one fit adds to the tables is what the single functions give."""

import pickle

import pandas as pd

from adbayes.checks.few_events import few_events
from adbayes.checks.left_out import left_out_checks
from adbayes.checks.of_fit import tables_of
from adbayes.checks.power_scaling import power_scaling
from adbayes.checks.predictive import predictive_checks
from adbayes.inference.fit import Fit


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Equal to the bit, whatever a table prints itself as."""
    pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(other), check_exact=True)


def test_tables_are_those_of_the_single_functions(joint_fit: Fit) -> None:
    found = tables_of(joint_fit)
    same(found.summary, joint_fit.summary())
    same(found.diagnostics, joint_fit.diagnostics())
    checks = (predictive_checks(joint_fit), few_events(joint_fit), left_out_checks(joint_fit))
    for one, expected in zip(found.checks, checks, strict=True):
        same(one, expected)
    (scaled,) = found.sensitivity
    same(scaled, power_scaling(joint_fit))
    sent = pickle.loads(pickle.dumps(found))
    same(sent.comparison, found.comparison)
    assert set(found.seconds) == {
        "refit", "summary", "comparison", "checks", "left out", "sensitivity",
    }  # fmt: skip


def test_a_fit_to_a_further_cohort_has_no_checks(joint_fit: Fit) -> None:
    found = tables_of(joint_fit, in_full=False)
    assert (found.checks, found.sensitivity) == ((), ())
    assert len(found.summary)
