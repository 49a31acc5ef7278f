"""Classes and values of a laboratory measurement on a small study of another shape."""

import copy

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from adbayes.cohort.assumptions import CLASS_SHARES, Assumptions
from adbayes.cohort.lab_stages import LabStages
from adbayes.cohort.labs import lognormal_shapes
from adbayes.cohort.score_stages import ScoreStages
from adbayes.cohort.stages import Effort
from adbayes.cohort.targets import Targets, reconstruction_targets

BASELINE, LATER = "ldh_ge_250_w0", "ldh_ge_250_w24"


def test_classes_have_the_printed_sizes(classes_found: ScoreStages) -> None:
    groups = classes_found.labels[BASELINE]
    assert [int((groups == k).sum()) for k in (0, 1, -1)] == [13, 22, 5]
    # No group is printed of the later visit: every patient counts as measured there.
    assert (classes_found.labels[LATER] >= 0).all()
    assert classes_found.lab_names == ["ldh"]


def test_groups_have_the_printed_means_of_percent_change(
    classes_found: ScoreStages, small_ledger: pd.DataFrame
) -> None:
    x = classes_found.values["easi"]
    change = 100 * (x[0] - x[-1]) / x[0]
    groups = classes_found.labels[BASELINE]
    printed = small_ledger[
        (small_ledger["table"] == "table4") & (small_ledger["variable"] == "easi")
    ]
    low, high, p = printed["numeric"]
    # Printed to one decimal, p to two: a unit of the last digit.
    found = change[groups == 0], change[groups == 1]
    assert found[0].mean() == pytest.approx(low, abs=0.1)
    assert found[1].mean() == pytest.approx(high, abs=0.1)
    assert stats.ttest_ind(*found, equal_var=False).pvalue == pytest.approx(p, abs=0.01)
    assert classes_found.missed[BASELINE] < 3


def test_a_share_without_a_print_is_that_of_a_log_normal(
    classes_found: ScoreStages, small_ledger: pd.DataFrame
) -> None:
    rows = small_ledger[(small_ledger["table"] == "table3") & (small_ledger["visit"] == 24)]
    mean, sd = rows["numeric"]
    mu, sigma = lognormal_shapes(mean, sd)
    wanted = float(np.clip(stats.norm.sf((np.log(250) - mu) / sigma), 0.05, 0.95))
    assert classes_found._share("ldh", 1, 24) == pytest.approx(wanted)
    count = int((classes_found.labels[LATER] == 1).sum())
    assert abs(count - round(40 * wanted)) <= 2


def test_shares_of_this_paper_are_not_those_of_another(small_ledger: pd.DataFrame) -> None:
    def share(ledger: pd.DataFrame | None, v: int, week: int) -> float:
        targets = Targets(reconstruction_targets(ledger))
        return LabStages(0, Assumptions(), targets, Effort(), lambda _: None)._share("ige", v, week)

    assert [share(None, v, week) for v, week in enumerate((0, 16, 32, 52))] == [
        *CLASS_SHARES["ige"]
    ]
    other = small_ledger.replace({"variable": {"ldh": "ige"}})
    mean, sd = other[(other["table"] == "table3") & (other["visit"] == 24)]["numeric"]
    mu, sigma = lognormal_shapes(mean, sd)
    assert share(other, 1, 24) == pytest.approx(stats.norm.sf((np.log(100) - mu) / sigma), abs=0.05)
    assert share(other, 1, 24) not in CLASS_SHARES["ige"]


def test_values_lie_in_their_classes_and_have_the_printed_moments(
    values_found: ScoreStages, small_ledger: pd.DataFrame
) -> None:
    assert values_found.values["ldh"].shape == (2, 40)
    for values, column, week in zip(
        values_found.values["ldh"], (BASELINE, LATER), (0, 24), strict=True
    ):
        labels = values_found.labels[column]
        assert (values[labels == -1] == -1).all()
        assert values[labels == 1].min() >= 250 > values[labels == 0].max()
        assert values[labels == 0].min() > 0
        rows = small_ledger[(small_ledger["table"] == "table3") & (small_ledger["visit"] == week)]
        mean, sd = rows["numeric"]
        seen = values[labels >= 0]
        assert seen.mean() == pytest.approx(mean, abs=0.005 + 1e-9)
        assert seen.std(ddof=1) == pytest.approx(sd, abs=0.005 + 1e-9)
        # Only a mean on the end of its interval may be what 40 whole numbers can have.
        assert values_found.missed[f"ldh values, week {week}"] < 1e-3


def test_values_follow_the_patient_over_the_visits(values_found: ScoreStages) -> None:
    first, second = values_found.values["ldh"]
    both = (first > 0) & (second > 0)
    # The base model's correlation of the logarithms is 0.75 and more; classes and print take some.
    assert np.corrcoef(np.log(first[both]), np.log(second[both]))[0, 1] > 0.25


def test_a_laboratory_value_measured_on_fewer_patients(people_found: ScoreStages) -> None:
    build = copy.copy(people_found)
    build.labels, build.missed = dict(build.labels), dict(build.missed)
    build.effort = type(build.effort)(label=200, attempts=1)
    build.assumptions = type(build.assumptions)(guesses={}, extra_measured={("ldh", 24): -3})
    build.lab_classes()
    assert (build.labels[LATER] >= 0).sum() == pytest.approx(37, abs=1)
