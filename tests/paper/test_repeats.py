import pytest
from hypothesis import given
from hypothesis import strategies as st

from adbayes.paper.repeats import places, repeated_values, repeats, thresholds


def twice(entry, first, second, **more):
    more = {"variable": "easi", "visit": 16} | more
    return (
        entry("table2.easi.w16.mean", "mean", first, **more),
        entry("abstract.easi", "mean", second, **more),
    )


@given(value=st.floats(0, 1000), one=st.integers(0, 4), other=st.integers(0, 4))
def test_one_value_rounded_twice_is_consistent(value, one, other, ledger_of, entry):
    rows = twice(entry, f"{value:.{one}f}", f"{value:.{other}f}")
    (found,) = repeats(ledger_of(*rows))
    assert found.grade == "consistent"


@pytest.mark.parametrize(
    ("first", "other", "grade"),
    [
        ("65.55", "65.6", "consistent"),
        ("65.55", "65.5", "consistent"),
        ("65.57", "65.5", "rounding"),
        ("65.55", "56.6", "inconsistent"),
    ],
)
def test_another_value_is_caught(first, other, grade, ledger_of, entry):
    (found,) = repeats(ledger_of(*twice(entry, first, other)))
    assert found.grade == grade
    assert found.numbers[0].value == other


def test_the_quantity_joins_what_is_named_differently_and_parts_what_is_not(ledger_of, entry):
    rows = [
        entry("table5.sex.or", "odds_ratio", "2.5", variable="female", quantity="table5.sex.or"),
        entry("table6.sex.or", "odds_ratio", "3.3", variable="female", quantity="table6.sex.or"),
        entry("text.gender.or", "odds_ratio", "3.3", variable="gender", quantity="table6.sex.or"),
        # A description that fits two quantities names neither.
        entry("text.sex.or", "odds_ratio", "9.9", variable="female"),
    ]
    (group,) = places(ledger_of(*rows))
    assert [one.id for one in group] == ["table6.sex.or", "text.gender.or"]


def test_a_value_copied_from_another_row_is_named(ledger_of, entry):
    rows = [
        entry("table1.a.pct", "percent", "65.66%", variable="a"),
        entry("table1.b.pct", "percent", "86.89%", variable="b"),
        entry("text.a.pct", "percent", "86.89%", variable="a"),
    ]
    (found,) = repeats(ledger_of(*rows))
    assert found.grade == "inconsistent"
    assert "also the print of table1.b.pct" in found.arithmetic


def test_equal_values_at_two_visits_are_shown_and_pass(ledger_of, entry):
    def row(visit, value):
        return entry(f"t.a.w{visit}.sd", "sd", value, variable="a", visit=visit)

    (found,) = repeated_values(ledger_of(row(4, "29.34"), row(8, "29.34"), row(12, "29.35")))
    assert found.grade == "consistent"
    assert found.arithmetic == "29.34 is printed at visits 4 and 8"
    assert repeated_values(ledger_of(row(4, "2.9"), row(8, "2.9"))) == []


@pytest.mark.parametrize(
    ("first", "second", "grade"),
    [
        ("LDH > 250", "LDH ≥ 250", "inconsistent"),
        ("LDH < 250", "LDH ≥ 250", "consistent"),
        ("LDH ≤ 250", "LDH > 250 at baseline", "consistent"),
        ("LDH ≤ 250", "LDH < 250", "inconsistent"),
    ],
)
def test_a_cut_off_has_one_rule(first, second, grade, ledger_of, entry):
    rows = (
        entry("t.1.or", "odds_ratio", "1.0", row=first),
        entry("u.1.or", "odds_ratio", "1", row=second),
    )
    (found,) = thresholds(ledger_of(*rows))
    assert found.grade == grade
    assert thresholds(ledger_of(entry("t.1.or", "odds_ratio", "1.0", row="Sex"))) == []
