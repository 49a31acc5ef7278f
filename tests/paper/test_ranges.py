import pytest

from adbayes.paper.ledger import Ledger
from adbayes.paper.published import load_published
from adbayes.paper.ranges import RANGES, ranges


@pytest.mark.parametrize(
    ("statistic", "good", "bad"),
    [
        ("p_value", "1.000", "1.2"),
        ("correlation", "-1.00", "-1.02"),
        ("sd", "0.0", "-0.1"),
        ("pct_change_sd", "140", "-3"),
        ("odds_ratio", "0.00", "-0.5"),
        ("ci_low", "0.003", "-0.003"),
        ("ci_high", "104.9", "-104.9"),
        ("count", "0", "-1"),
        ("n", "0", "-9"),
        ("pct_change_mean", "-20.0", "188.1"),
    ],
)
def test_a_number_out_of_range_is_found_and_set_aside(statistic, good, bad, ledger_of, entry):
    first, second = entry("t.a.x", statistic, good), entry("t.b.x", statistic, "1")
    second |= {"value": bad, "numeric": float(bad)}
    kept, found = ranges(ledger_of(first, second))
    assert list(kept.numbers) == ["t.a.x"]
    assert [(one.check, one.grade) for one in found] == [("range.t.b.x", "impossible")]


def test_every_range_is_tested():
    marks = test_a_number_out_of_range_is_found_and_set_aside.pytestmark[0].args[1]
    assert {one[0] for one in marks} == set(RANGES)


def test_the_paper_has_no_such_number():
    ledger = Ledger.of(load_published())
    kept, found = ranges(ledger)
    assert found == []
    assert kept.numbers == ledger.numbers
