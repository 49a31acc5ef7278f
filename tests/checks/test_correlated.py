"""Predictive checks of correlations against SciPy."""

import numpy as np
import pytest
from scipy import stats

from adbayes.checks.correlated import correlation_checks
from adbayes.cohort.library import load_cohort
from adbayes.inference.plan import plan
from adbayes.model.spec import load_spec


@pytest.fixture(scope="module")
def found() -> dict[tuple[str, str, str], dict[str, object]]:
    ((analysis, frame),) = plan(load_spec("correlations"), load_cohort(0)).jobs
    values = frame.data["value"].to_numpy()
    noise = np.random.default_rng(1).normal(scale=3, size=(50, len(values)))
    made = values + noise
    made[0] = 1.0  # a replicate without any spread
    rows = correlation_checks(analysis, frame, values, made, "posterior_predictive")
    return {(str(r["outcome"]), str(r["visit"]), str(r["statistic"])): r for r in rows}


def test_observed_coefficients_are_scipys(
    found: dict[tuple[str, str, str], dict[str, object]],
) -> None:
    wide = load_cohort(0).frame.query("visit == 52")
    assert len(found) == 12
    for (first, _, statistic), row in found.items():
        name, second = statistic.split(" correlation with ")
        rule = {"Pearson": stats.pearsonr, "Spearman": stats.spearmanr}[name]
        assert row["observed"] == pytest.approx(rule(wide[first], wide[second]).statistic)


def test_a_constant_replicate_is_left_out_and_counted(
    found: dict[tuple[str, str, str], dict[str, object]],
) -> None:
    row = found["easi", "52", "Pearson correlation with nrs"]
    assert row["note"] == "n = 99; 1 constant replicates"
    assert -1 < float(str(row["replicated_low"])) < float(str(row["observed"]))  # noise lowers it


def test_replicates_are_rounded_to_the_grid() -> None:
    ((analysis, frame),) = plan(load_spec("correlations"), load_cohort(0)).jobs
    values = frame.data["value"].to_numpy()
    finer = values + np.random.default_rng(2).uniform(-0.04, 0.04, (3, len(values)))
    for row in correlation_checks(analysis, frame, values, finer, "posterior_predictive"):
        assert row["replicated_low"] == pytest.approx(row["observed"])
        assert row["replicated_high"] == pytest.approx(row["observed"])
