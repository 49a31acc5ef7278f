"""What one fit adds to the tables is what the single functions give."""

import pickle

import pandas as pd

from adbayes.checks.few_events import few_events
from adbayes.checks.left_out import left_out_checks
from adbayes.checks.of_fit import tables_of
from adbayes.checks.power_scaling import power_scaling
from adbayes.checks.predictive import predictive_checks
from adbayes.inference.fit import Fit


def test_tables_are_those_of_the_single_functions(joint_fit: Fit) -> None:
    found = tables_of(joint_fit)
    pd.testing.assert_frame_equal(found.summary, joint_fit.summary())
    pd.testing.assert_frame_equal(found.diagnostics, joint_fit.diagnostics())
    checks = (predictive_checks(joint_fit), few_events(joint_fit), left_out_checks(joint_fit))
    for one, expected in zip(found.checks, checks, strict=True):
        pd.testing.assert_frame_equal(one, expected)
    (scaled,) = found.sensitivity
    pd.testing.assert_frame_equal(scaled, power_scaling(joint_fit))
    sent = pickle.loads(pickle.dumps(found))
    pd.testing.assert_frame_equal(sent.comparison, found.comparison, check_exact=True)
    assert set(found.seconds) == {
        "refit", "summary", "comparison", "checks", "left out", "sensitivity",
    }  # fmt: skip


def test_a_fit_to_a_further_cohort_has_no_checks(joint_fit: Fit) -> None:
    found = tables_of(joint_fit, in_full=False)
    assert (found.checks, found.sensitivity) == ((), ())
    assert len(found.summary)
