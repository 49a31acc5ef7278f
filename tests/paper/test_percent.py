import pytest
from hypothesis import given
from hypothesis import strategies as st

from adbayes.paper.percent import (
    counts_of,
    denominators,
    grade_rounding,
    joint_denominators,
    percents,
)


@given(n=st.integers(1, 300), data=st.data(), decimals=st.integers(0, 3))
def test_any_real_share_is_consistent_with_its_count(n, data, decimals, ledger_of, entry):
    k = data.draw(st.integers(0, n))
    value = f"{100 * k / n:.{decimals}f}%"
    rows = (
        entry("table2.a.pct", "percent", value, n=n),
        entry("table2.a.count", "count", str(k), n=n),
    )
    (found,) = percents(ledger_of(*rows, size=300))
    assert found.grade == "consistent", found
    number = found.numbers[0]
    assert k in counts_of(number.interval, n)
    assert (k, n) in denominators(number.interval, 300)
    assert n in joint_denominators([number.interval], 300)


@pytest.mark.parametrize(
    ("value", "grade"),
    [("41.41%", "consistent"), ("41.43%", "inconsistent"), ("14.41%", "inconsistent")],
)
def test_a_wrong_digit_is_caught(value, grade, ledger_of, entry):
    rows = entry("t.a.pct", "percent", value, n=99), entry("t.a.count", "count", "41", n=99)
    (found,) = percents(ledger_of(*rows, size=99))
    assert found.grade == grade
    assert "41/99 = 41.4141%" in found.arithmetic


def test_truncation_is_rounding_and_said_so(ledger_of, entry):
    rows = entry("t.a.pct", "percent", "66.6%", n=3), entry("t.a.count", "count", "2", n=3)
    (found,) = percents(ledger_of(*rows, size=3))
    assert found.grade == "rounding"
    assert "truncated" in found.arithmetic


def test_halves_may_be_rounded_either_way(entry, ledger_of):
    for value in ("12%", "13%"):
        (number,) = ledger_of(entry("t.a.pct", "percent", value))
        assert grade_rounding(12.5, number) == "consistent"


def test_a_share_of_no_count_is_found_and_the_first_that_fits_is_named(ledger_of, entry):
    (found,) = percents(ledger_of(entry("text.a.pct", "percent", "88.58%"), size=99))
    assert found.grade == "inconsistent"
    assert "194/219" in found.arithmetic
    with_n = entry("text.a.pct", "percent", "88.58%", n=99)
    assert percents(ledger_of(with_n, size=99))[0].grade == "impossible"


def test_denominators_of_one_figure_are_the_common_ones(ledger_of, entry):
    values = {"a": "86.59%", "b": "35.37%", "c": "90.24%"}
    rows = [entry(f"fig1.{name}.pct", "percent", value) for name, value in values.items()]
    found = {one.check: one for one in percents(ledger_of(*rows, size=99))}
    assert found["denominator.fig1"].computed == "82"
    assert found["denominator.fig1.c.pct"].computed == "37/41, 74/82"
    assert denominators((90.235, 90.245), 99) == [(37, 41), (74, 82)]


def test_a_percentage_of_two_means_is_not_a_share(ledger_of, entry):
    rows = [
        entry("table3.lab.baseline.mean", "mean", "200.0", variable="lab", visit=0),
        entry("table3.lab.w8.mean", "mean", "150.0", variable="lab", visit=8),
        entry("text.lab.pct_change_of_means", "percent", "25.0%", variable="lab", visit=8),
    ]
    (found,) = percents(ledger_of(*rows, size=30))
    assert (found.grade, found.computed) == ("consistent", "25.000")
    rows[2] = entry("text.lab.pct_change_of_means", "percent", "35.0%", variable="lab", visit=8)
    (found,) = percents(ledger_of(*rows, size=30))
    assert found.grade == "inconsistent"


def test_other_studies_are_not_audited(ledger_of, entry):
    row = entry("text.a.pct", "percent", "88.58%", group="another study")
    assert percents(ledger_of(row, size=99)) == []
