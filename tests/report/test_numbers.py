"""No digit that simulation or print does not support."""

import math

import pytest

from adbayes.report.numbers import (
    interval,
    number,
    p_value,
    probability,
    ratio,
    ratio_interval,
    supported,
    tail_area,
)


@pytest.mark.parametrize(
    ("mcse", "decimals"),
    [(0.2, 0), (0.05, 1), (0.0499, 1), (0.0051, 1), (0.004, 2), (1e-9, 2), (30, 0)],
)
def test_the_last_digit_is_worth_two_standard_errors(mcse: float, decimals: int) -> None:
    assert supported(mcse) == decimals
    assert 10.0**-decimals >= 2 * mcse or decimals == 0


def test_quadrature_has_no_error_and_the_prints_digits() -> None:
    assert supported(math.nan, 3) == 3
    assert supported(0.0, 1) == 1


def test_numbers() -> None:
    assert number(-2103.6, 1) == "−2\u202f103.6"
    assert number(-0.001, 1) == "0.0"
    assert number(math.nan, 2) == "–"
    assert number(math.inf, 2) == "∞"
    assert number(-math.inf, 2) == "−∞"


def test_intervals() -> None:
    row = {"mean": 0.5357, "median": 0.6, "ci_low": 0.4292, "ci_high": 0.6407}
    assert interval(row, 1, factor=100) == "53.6 [42.9, 64.1]"
    assert interval(row, 2, middle="median") == "0.60 [0.43, 0.64]"
    assert interval(row | {"mean": math.nan}, 2) == "–"


def test_probabilities_are_never_certain() -> None:
    assert [probability(p) for p in (0.5, 0.9849, 0.9904, 0.9995, 1.0)] == [
        "0.50",
        "0.98",
        "0.990",
        "> 0.999",
        "> 0.999",
    ]
    assert probability(math.nan) == "–"
    assert [p_value(p) for p in (0.0362, 0.00099, 0.001, math.nan)] == [
        "0.036",
        "< 0.001",
        "0.001",
        "–",
    ]


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (1.665, 2, "1.7"),
        (0.289, 2, "0.29"),
        (10.004, 2, "10"),
        (19.38, 2, "19"),
        (0.689, 2, "0.69"),
        (3.195, 3, "3.19"),
        (0.0042, 2, "0.0042"),
        (0.996, 2, "0.996"),  # 1.0 would say that nothing is excluded
        (1.004, 2, "1.004"),
        (1.0, 2, "1.0"),
        (104.917, 3, "105"),
        (float("nan"), 2, "–"),
        (float("inf"), 2, "∞"),
    ],
)
def test_ratios_have_significant_digits_and_keep_their_side_of_the_null(
    value: float, digits: int, shown: str
) -> None:
    assert ratio(value, digits) == shown


def test_a_ratio_interval() -> None:
    row = {"median": 1.665, "ci_low": 0.289, "ci_high": 10.0}
    assert ratio_interval(row, "median") == "1.7 [0.29, 10]"


def test_a_tail_area_is_never_nothing_or_all() -> None:
    assert [tail_area(a) for a in (0.0, 0.0242, 0.9985, 1.0, math.nan)] == [
        "< 0.001",
        "0.024",
        "0.999",
        "> 0.999",
        "–",
    ]
