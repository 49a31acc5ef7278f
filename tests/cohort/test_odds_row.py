"""A printed row on the scales of a search, and what is near it."""

import numpy as np
import pytest
from scipy import stats

from adbayes.cohort.odds_row import OddsRow


def test_the_sign_of_z_is_that_of_the_log_odds_ratio() -> None:
    low = OddsRow((0.4, 0.5), (0.1, 0.2), (1.2, 1.4), (0.15, 0.16))
    high = OddsRow((2.0, 2.5), (0.8, 0.9), (5.0, 6.0), (0.15, 0.16))
    assert low.intervals()[3] == pytest.approx(stats.norm.ppf([0.075, 0.08]))
    assert high.intervals()[3] == pytest.approx(stats.norm.isf([0.08, 0.075]))
    assert low.scales() == pytest.approx(
        [np.log(np.sqrt(1.2 * 1.4) / np.sqrt(0.02)) / (2 * 1.96)] * 3 + [1], rel=1e-3
    )


def test_a_limit_printed_too_finely_to_be_aimed_at_gets_room() -> None:
    row = OddsRow((12.34, 12.36), (2.0, 2.1), (104.9165, 104.9175), (0.001, 0.002))
    low, high = row.intervals()[2]
    assert (high - low) / 2 == pytest.approx(2e-5, rel=1e-6)
    assert (low + high) / 2 == pytest.approx(np.log(104.917), abs=1e-6)
    assert row.intervals()[0] == pytest.approx((np.log(12.34), np.log(12.36)))


@pytest.mark.parametrize(
    ("ratio", "low", "high", "p", "near"),
    [
        (2.0, 1.0, 4.0, 0.05, True),
        (2.019, 0.991, 4.039, 0.0509, True),
        (2.021, 1.0, 4.0, 0.05, False),
        (2.0, 0.989, 4.0, 0.05, False),
        (2.0, 1.0, 4.041, 0.05, False),
        (2.0, 1.0, 4.0, 0.0511, False),
    ],
)
def test_what_is_near_is_within_a_percent_and_a_thousandth_of_p(
    ratio: float, low: float, high: float, p: float, near: bool
) -> None:
    printed = OddsRow((1.9995, 2.0005), (0.9995, 1.0005), (3.9995, 4.0005), (0.04995, 0.05005))
    wide = printed.relaxed()
    pairs = (wide.odds_ratio, wide.ci_low, wide.ci_high, wide.p_value)
    inside = [a <= x <= b for x, (a, b) in zip((ratio, low, high, p), pairs, strict=True)]
    assert all(inside) == near


def test_what_is_printed_coarsely_stays_as_wide() -> None:
    row = OddsRow((0.5, 1.5), (0.05, 0.15), (3.5, 4.5), (0.045, 0.055))
    assert row.relaxed() == row
