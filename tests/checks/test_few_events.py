"""Events per slope in the table of checks."""

from adbayes.checks.few_events import few_events
from adbayes.checks.predictive import COLUMNS
from adbayes.inference.fit import Fit


def test_the_joint_model_has_few_events_and_says_so(joint_fit: Fit) -> None:
    (row,) = few_events(joint_fit).to_dict("records")
    y = joint_fit.frame.data["easi90"]
    assert row["observed"] == min(y.sum(), (1 - y).sum()) / 8
    assert "per slope, fewer than 10" in row["note"]
    assert (row["check"], row["visit"], row["model"]) == ("events", "52", "easi90_multivariable")


def test_where_there_are_enough_it_does_not_warn(female_fit: Fit) -> None:
    (row,) = few_events(female_fit).to_dict("records")
    assert row["observed"] > 10
    assert row["note"] == ""


def test_a_score_has_no_events(mixed_fit: Fit) -> None:
    table = few_events(mixed_fit)
    assert table.empty
    assert list(table.columns) == COLUMNS
