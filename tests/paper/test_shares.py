import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adbayes.paper.shares import shares, shares_of_any_shape

values = st.lists(st.floats(-50, 100, allow_subnormal=False), min_size=1, max_size=50)


@given(values=values, cut=st.floats(-60, 110))
def test_no_data_leave_the_range_of_any_shape(values, cut):
    data = np.array(values)
    low, high = shares_of_any_shape(float(data.mean()), float(data.std()), cut)
    share = (data >= cut).mean()
    if abs(data.mean() - cut) > 1e-6:
        assert low - 1e-9 <= share <= high + 1e-9


def test_two_points_reach_the_bound():
    data = np.array([0.0] * 3 + [1.0])
    low, high = shares_of_any_shape(data.mean(), data.std(), 1.0)
    assert (low, high) == (0.0, pytest.approx(0.25))
    assert shares_of_any_shape(5.0, 0.0, 4.0) == (1.0, 1.0)
    assert shares_of_any_shape(5.0, 0.0, 6.0) == (0.0, 0.0)


def responder_rows(entry, mean, sd, percent, n):
    more = {"variable": "skin", "visit": 8}
    return [
        entry("table2.skin.w8.pct_change_mean", "pct_change_mean", mean, **more),
        entry("table2.skin.w8.pct_change_sd", "pct_change_sd", sd, **more),
        entry("fig1.skin75.w8.pct", "percent", percent, variable="skin75", visit=8, n=n),
    ]


@given(seed=st.integers(0, 10_000), n=st.integers(5, 80))
def test_real_responders_are_consistent_with_their_percent_changes(seed, n, ledger_of, entry):
    rng = np.random.default_rng(seed)
    change = 100 * (1 - rng.beta(2, 6, n))
    rows = responder_rows(
        entry,
        f"{change.mean():.2f}",
        f"{change.std(ddof=1):.2f}",
        f"{100 * (change >= 75).mean():.2f}%",
        n,
    )
    (found,) = shares(ledger_of(*rows, size=n))
    assert found.grade == "consistent"


def test_planted_responders_are_caught(ledger_of, entry):
    rows = responder_rows(entry, "50.00", "10.00", "40.00%", 50)
    (found,) = shares(ledger_of(*rows, size=50))
    assert found.grade == "inconsistent"  # at most 100 / (100 + 625) = 14 % reach 75
    assert found.possible == "skin75 0 to 6"
    assert shares(ledger_of(*responder_rows(entry, "50.00", "10.00", "14.00%", 50), size=50)) != []


def cut_rows(entry, low, high, mean="220.0", sd="60.0"):
    more = {"variable": "ldh", "visit": 8}
    return [
        entry("table3.ldh.w8.mean", "mean", mean, **more),
        entry("table3.ldh.w8.sd", "sd", sd, **more),
        entry("table4.ldh_w8.lo.n", "n", str(low), group="LDH < 250", n=low, **more),
        entry("table4.ldh_w8.hi.n", "n", str(high), group="LDH ≥ 250", n=high, **more),
    ]


@pytest.mark.parametrize(
    ("low", "high", "grade"), [(60, 25, "consistent"), (5, 80, "inconsistent")]
)
def test_groups_of_a_threshold(low, high, grade, ledger_of, entry):
    (found,) = shares(ledger_of(*cut_rows(entry, low, high)))
    assert found.grade == grade
    assert f"{high}/85" in found.arithmetic
