import numpy as np
import pytest

from adbayes.errors import DataError
from adbayes.paper.published import load_paper
from adbayes.paper.signed_root import SE_PRECISION, Z95, SignedRoot, se_interval


def one(estimate, low, high, se):
    arrays = (np.array([float(value)]) for value in (estimate, low, high))
    return SignedRoot.through(*arrays, None if se is None else np.array([float(se)]))


def slope(root, theta, step=1e-6):
    ends = root(np.array([theta - step, theta + step]))[:, 0]
    return (ends[1] - ends[0]) / (2 * step)


def test_it_meets_its_four_conditions():
    root = one(0.9, 0.1, 2.0, 0.42)
    assert root([0.1, 0.9, 2.0])[:, 0] == pytest.approx([-Z95, 0, Z95], abs=1e-12)
    assert slope(root, 0.9) == pytest.approx(1 / 0.42, rel=1e-6)
    assert not root.limited.any()


def test_a_symmetric_interval_with_its_own_se_is_a_straight_line():
    root = one(0.5, 0.5 - Z95 * 0.3, 0.5 + Z95 * 0.3, 0.3)
    theta = np.linspace(-3, 4, 50)
    assert root(theta)[:, 0] == pytest.approx((theta - 0.5) / 0.3, abs=1e-9)


def test_without_se_it_is_the_quadratic_through_three_points():
    root = one(0.0, -1.0, 1.5, None)
    theta = np.linspace(-1, 1.5, 9)
    through = np.polyfit([-1.0, 0.0, 1.5], [-Z95, 0.0, Z95], 2)
    assert root(theta)[:, 0] == pytest.approx(np.polyval(through, theta), abs=1e-9)


def test_beyond_the_ends_it_goes_on_as_a_straight_line():
    root = one(0.9, 0.1, 2.0, 0.42)
    outside = root([-5.0, -4.0, -3.0, 5.0, 6.0, 7.0])[:, 0]
    assert np.diff(outside[:3], 2) == pytest.approx(0, abs=1e-9)
    assert np.diff(outside[3:], 2) == pytest.approx(0, abs=1e-9)
    assert outside[1] - outside[0] == pytest.approx(slope(root, 0.1 + 1e-5), rel=1e-3)


@pytest.mark.parametrize(
    ("low", "high", "se"),
    [(-0.3, 4.0, 0.2), (-0.3, 4.0, None), (-1.0, 1.0, 0.1), (-4.0, 0.2, 0.3)],
)
def test_conditions_no_cubic_can_meet_are_limited_but_keep_the_three_points(low, high, se):
    root = one(0.0, low, high, se)
    assert root.limited.all()
    assert root([low, 0.0, high])[:, 0] == pytest.approx([-Z95, 0, Z95], abs=1e-12)
    values = root(np.linspace(low - 2, high + 2, 4001))[:, 0]
    assert (np.diff(values) > 0).all()


def test_every_printed_odds_ratio_gives_an_increasing_cubic():
    paper = load_paper()
    for id in paper.ids("table[56].*.or"):
        row = id.removesuffix("or")
        point, low, high, p = (
            paper.number(row + end).interval for end in ("or", "ci_low", "ci_high", "p")
        )
        shortest, longest = se_interval(point, p)
        open_se = (longest - shortest) > SE_PRECISION * (longest + shortest) / 2
        # The only row whose p says nothing about its standard error.
        assert open_se == (id == "table5.onset_adult.or"), id
        middle = np.log([np.mean(point), np.mean(low), np.mean(high)])
        root = one(*middle, None if open_se else (shortest + longest) / 2)
        assert not root.limited.any(), id
        assert (np.diff(root(np.linspace(-12, 8, 2001))[:, 0]) > 0).all(), id


def test_the_standard_errors_a_print_allows():
    low, high = se_interval((2.5085, 2.5095), (0.0355, 0.0365))
    assert low < np.log(2.509) / 2.0969 < high
    assert (high - low) / low < 0.01
    assert se_interval((0.9995, 1.0005), (0.99, 1.0)) == (0.0, np.inf)
    assert se_interval((2.0, 2.1), (0.0, 0.001))[0] == 0.0


def test_an_estimate_outside_its_interval_is_refused():
    with pytest.raises(DataError, match="does not lie within its printed interval"):
        one(3.0, 0.1, 2.0, 0.42)
