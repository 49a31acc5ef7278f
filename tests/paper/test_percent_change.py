from statistics import mean, stdev

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adbayes.paper.findings import MISPRINT, distinct, suspected, to_table
from adbayes.paper.grids import Grid
from adbayes.paper.percent_change import one_digit_away, percent_changes

GRIDS = {"itch": Grid(0, 10), "area": Grid(0, 72, 0.1)}


@pytest.fixture(scope="session")
def printed(entry):
    """Rows of a paper that prints a score at two visits and its percent change."""

    def make(name, x, y, **replaced):
        change = 100 * (np.array(x) - np.array(y)) / np.array(x)
        values = {
            "baseline.mean": mean(x),
            "baseline.sd": stdev(x),
            "w8.mean": mean(y),
            "w8.sd": stdev(y),
            "w8.pct_change_mean": mean(change.tolist()),
            "w8.pct_change_sd": stdev(change.tolist()),
        }
        rows = []
        for key, value in values.items():
            visit, statistic = key.split(".")
            text = replaced.get(statistic) if visit == "w8" else None
            rows.append(
                entry(
                    f"table2.{name}.{key}",
                    statistic,
                    text or f"{value:.2f}",
                    variable=name,
                    visit=0 if visit == "baseline" else 8,
                )
            )
        return rows

    return make


@pytest.fixture(scope="module")
def itch():
    rng = np.random.default_rng(11)
    x = rng.integers(5, 11, 80)
    y = rng.binomial(x, 0.35)
    return x.tolist(), y.tolist()


@given(seed=st.integers(0, 10_000), n=st.integers(5, 90), left=st.floats(0.05, 1.0))
@settings(max_examples=40, deadline=None)
def test_any_real_scores_pass(seed, n, left, printed, ledger_of):
    rng = np.random.default_rng(seed)
    x = rng.integers(1, 11, n)
    y = rng.binomial(10, left * rng.random(n))
    found = percent_changes(ledger_of(*printed("itch", x.tolist(), y.tolist()), size=n), GRIDS)
    assert [one.grade for one in found] == ["consistent", "consistent"]


def test_a_score_in_tenths_has_the_bound_only(printed, ledger_of):
    rng = np.random.default_rng(2)
    x = np.round(rng.uniform(16, 60, 50), 1)
    y = np.round(x * rng.beta(2, 8, 50), 1)
    (found,) = percent_changes(ledger_of(*printed("area", x.tolist(), y.tolist()), size=50), GRIDS)
    assert found.grade == "consistent"
    rows = printed("area", x.tolist(), y.tolist(), sd="55.00")
    (found,) = percent_changes(ledger_of(*rows, size=50), GRIDS)
    assert found.grade == "impossible"
    assert "SD of the score at most" in found.possible


def test_a_lost_digit_of_the_sd_is_named_and_put_back(itch, printed, ledger_of):
    true = next(
        row["value"] for row in printed("itch", *itch) if row["statistic"] == "pct_change_sd"
    )
    assert len(true) == 5
    ledger = ledger_of(*printed("itch", *itch, pct_change_sd=true[1:]), size=80)
    table = to_table(percent_changes(ledger, GRIDS))
    assert distinct(table, "impossible") == ["table2.itch.w8"]
    assert suspected(table) == {"table2.itch.w8.pct_change_sd"}
    row = table[table["topic"] == MISPRINT].iloc[0]
    low, high = (float(part) for part in row["possible"].partition(";")[0].split(" to "))
    assert low <= float(true) <= high
    assert true in one_digit_away(true[1:])


def test_a_changed_digit_of_the_mean_is_named(itch, printed, ledger_of):
    true = next(
        row["value"] for row in printed("itch", *itch) if row["statistic"] == "pct_change_mean"
    )
    wrong = f"{int(true[0]) - 2}{true[1:]}"
    ledger = ledger_of(*printed("itch", *itch, pct_change_mean=wrong), size=80)
    table = to_table(percent_changes(ledger, GRIDS))
    assert suspected(table) == {"table2.itch.w8.pct_change_mean"}
    possible = table.loc[table["topic"] == MISPRINT, "possible"].iloc[0]
    low, high = (float(part) for part in possible.partition(";")[0].split(" to "))
    assert low <= float(true) <= high


def test_means_that_no_correlation_joins_are_impossible(itch, printed, ledger_of):
    rows = printed("itch", *itch, mean="9.00", sd="0.50")
    found = percent_changes(ledger_of(*rows, size=80), GRIDS)
    assert found[0].grade == "impossible"
    # Neither number of the percent change alone puts that right, so neither is suspected.
    assert suspected(to_table(found)) == set()


def test_what_one_digit_does():
    assert {"25.42", "5.32", "5.40", "54.42"} <= set(one_digit_away("5.42"))
    assert "05.42" not in one_digit_away("5.42")
    assert "5.42" not in one_digit_away("5.42")
    assert all(len(one.partition(".")[2]) == 2 for one in one_digit_away("5.42"))


def test_nothing_is_asked_of_a_score_without_its_moments(printed, itch, ledger_of):
    rows = printed("itch", *itch)
    assert percent_changes(ledger_of(*rows[2:], size=80), GRIDS) == []
    assert percent_changes(ledger_of(*rows), GRIDS) == []
    assert percent_changes(ledger_of(*rows, size=80), {}) == []
