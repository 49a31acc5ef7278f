from statistics import mean, stdev

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adbayes.paper.feasibility import Pairs, Spread, largest_sd
from adbayes.paper.grids import Grid

NRS = Grid(0, 10)


def box(value: float, decimals: int = 2) -> tuple[float, float]:
    printed, half = float(f"{value:.{decimals}f}"), 0.5 * 10.0**-decimals
    return printed - half, printed + half


def spread(values, decimals: int = 2) -> Spread:
    low, high = box(stdev(values), decimals)
    return Spread(box(mean(values), decimals), (max(low, 0.0), high))


def changes(x, y):
    return [100 * (a - b) / a for a, b in zip(x, y, strict=True)]


scores = st.lists(st.tuples(st.integers(1, 10), st.integers(0, 10)), min_size=4, max_size=40)


@given(scores, st.integers(0, 2))
@settings(max_examples=60, deadline=None)
def test_any_real_pairs_are_feasible(pairs, decimals):
    x, y = zip(*pairs, strict=True)
    printed = [spread(one, decimals) for one in (x, y, changes(x, y))]
    found = Pairs(*printed, NRS, len(x))
    assert found.feasible
    # Their own SD and mean of the percent change lie in what is allowed beside the others.
    low, high = found.sds_of_change()
    sd = stdev(changes(x, y))
    assert low - 1e-6 <= sd <= high + 1e-6 + 0.5 * 10.0**-decimals


@given(scores, st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_and_with_some_missing_at_the_visit(pairs, missing):
    x, y = zip(*pairs, strict=True)
    seen = len(x) - min(missing, len(x) - 2)
    printed = spread(x), spread(y[:seen]), spread(changes(x[:seen], y[:seen]))
    assert Pairs(*printed, NRS, len(x), len(x) - seen).feasible


@given(scores)
def test_no_data_exceed_the_bound_on_the_sd(pairs):
    x, y = (np.array(one, dtype=float) for one in zip(*pairs, strict=True))
    left = y / x
    ceiling = largest_sd((0, left.mean()), (0, left.std(ddof=1)), (0, x.std(ddof=1)), x.max())
    assert y.std(ddof=1) <= ceiling + 1e-9


@pytest.fixture(scope="module")
def real():
    rng = np.random.default_rng(4)
    x = rng.integers(5, 11, 60)
    y = np.minimum(rng.binomial(x, 0.4), 10)
    return x.tolist(), y.tolist()


def test_a_planted_sd_is_infeasible_and_what_is_allowed_contains_the_truth(real):
    x, y = real
    truth = changes(x, y)
    wrong = Spread(box(mean(truth)), box(stdev(truth) / 5))
    found = Pairs(spread(x), spread(y), wrong, NRS, 60)
    assert not found.feasible
    assert found.correlation() is None
    low, high = found.sds_of_change()
    assert stdev(truth) / 5 < low <= stdev(truth) <= high
    for sd, works in (
        (low - 0.02, False),
        (low + 0.02, True),
        (high - 0.02, True),
        (high + 0.02, False),
    ):
        trial = Spread(wrong.mean, (sd, sd))
        assert Pairs(spread(x), spread(y), trial, NRS, 60).feasible is works


def test_a_planted_mean_is_infeasible_and_what_is_allowed_contains_the_truth(real):
    x, y = real
    truth = changes(x, y)
    wrong = Spread(box(mean(truth) - 20), box(stdev(truth)))
    found = Pairs(spread(x), spread(y), wrong, NRS, 60)
    assert not found.feasible
    low, high = found.means_of_change()
    assert mean(truth) - 20 < low <= mean(truth) <= high
    for middle, works in ((low - 0.03, False), (low + 0.03, True), (high + 0.03, False)):
        trial = Spread((middle - 0.005, middle + 0.005), wrong.sd)
        assert Pairs(spread(x), spread(y), trial, NRS, 60).feasible is works


def test_missing_patients_may_rescue_a_print(real):
    """What is impossible for the same patients is possible for those of them who were seen."""
    x, y = real
    keep = [k for k in range(60) if k % 5]  # 12 missing
    x_seen, y_seen = [x[k] for k in keep], [y[k] for k in keep]
    printed = spread(x), spread(y_seen), spread(changes(x_seen, y_seen))
    fewest = Pairs(*printed, NRS, 60).fewest_missing()
    assert fewest is not None
    assert fewest <= 12
    nonsense = Spread((80.0, 80.01), (0.0, 0.01))
    assert Pairs(spread(x), spread(y), nonsense, NRS, 60).fewest_missing() is None


def test_the_correlation_range_holds_the_data_s_own(real):
    x, y = real
    low, high = Pairs(spread(x), spread(y), spread(changes(x, y)), NRS, 60).correlation()
    assert low < np.corrcoef(x, y)[0, 1] < high
    assert -1 <= low < high <= 1


def test_an_exact_case():
    """Two scores, baseline always 2, visit 0 or 1: the change is 100 or 50, all else follows."""
    grid = Grid(0, 2)
    x, y = [2] * 10, [0] * 5 + [1] * 5
    fixed = Spread((2.0, 2.0), (0.0, 0.0))
    after = Spread((mean(y), mean(y)), (stdev(y), stdev(y)))
    low, high = Pairs(fixed, after, Spread((75.0, 75.0), None), grid, 10).sds_of_change()
    assert low == pytest.approx(stdev(changes(x, y)), rel=1e-5)
    assert high == pytest.approx(low, rel=1e-4)
