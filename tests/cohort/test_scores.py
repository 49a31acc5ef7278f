"""One score at a baseline and a visit: numbers from sums, changes linearised, draws of the base model."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from adbayes.cohort.scores import Grouping, ScoreProblem, Tie, Values
from adbayes.cohort.targets import ANY
from adbayes.cohort.windows import MARGIN, missed, settle

UNIT = (-1 / MARGIN, 1 / MARGIN)
"""The interval in which a distance in half widths is the number itself."""

P_VALUE = (0.1, 0.6)


def random_scores(n: int, seed: int = 0) -> Values:
    rng = np.random.default_rng(seed)
    base = rng.integers(4, 21, n)
    return base, rng.binomial(20, 0.3, n)


def problem(n: int, *, second_larger: bool = True, **changes: object) -> ScoreProblem:
    rng = np.random.default_rng(n)
    other = rng.normal(5, 2, n)
    labels = rng.choice(np.array([-1, 0, 0, 1], dtype=np.int8), n)
    few = np.where(np.arange(n) < n // 10, 1, 0).astype(np.int8)
    high = tuple(x + (1e-6 if second_larger else -1e-6) for x in UNIT)
    unit = ScoreProblem(
        n, 20, np.array([[12.0, 4.0], [6.0, 3.0]]), UNIT, UNIT, UNIT, UNIT, UNIT, UNIT,
        [
            Tie(other, UNIT, printed=True), Tie(None, UNIT),
            Tie(other, UNIT, at_baseline=True),
        ],
        [Grouping(labels, UNIT, high, P_VALUE), Grouping(few, UNIT, high, P_VALUE)],
    )  # fmt: skip
    return replace(unit, **changes)


@pytest.mark.parametrize("second_larger", [True, False])
def test_numbers_from_sums_are_those_of_pandas(second_larger: bool) -> None:
    asked = problem(90, second_larger=second_larger)
    base, visit = random_scores(90)
    frame = pd.DataFrame({"base": base, "visit": visit, "other": asked.ties[0].values})
    frame["change"] = 100 * (frame["base"] - frame["visit"]) / frame["base"]
    expected = [
        f
        for column in ("base", "visit", "change")
        for f in (frame[column].mean(), frame[column].std())
    ]
    for grouping in asked.groupings:
        low, high = (frame.loc[grouping.labels == k, "change"] for k in (0, 1))
        test = stats.ttest_ind(high, low, equal_var=False)
        first, last = stats.t.isf([0.3, 0.05], test.df)
        t = test.statistic if second_larger else -test.statistic
        expected += [low.mean(), high.mean() - 1e-6 * (1 if second_larger else -1)]
        expected.append((t - (first + last) / 2) / (MARGIN * (last - first) / 2))
    r = frame.corr()
    expected += [r.loc["visit", "other"], r.loc["visit", "base"], r.loc["base", "other"]]
    assert asked.residual((base, visit)) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert asked.chosen == 2


def test_a_window_stands_where_its_interval_does() -> None:
    base, visit = random_scores(90)
    m, s = visit.mean(), visit.std(ddof=1)
    asked = problem(90, mean=(m - 0.2, m + 0.1), sd=(s - 0.1, s + 0.3), base_mean=ANY)
    found = asked.residual((base, visit))
    assert found[[0, 2, 3]] == pytest.approx([0, 0.05 / (0.15 * MARGIN), -0.1 / (0.2 * MARGIN)])


def test_effects_are_the_differences_that_a_change_makes() -> None:
    n = 3000
    asked, state = problem(n), random_scores(n)
    options = asked.options(state, np.random.default_rng(0))
    before = asked.residual(state)
    rng = np.random.default_rng(1)
    seen, linear = [], []
    for i in rng.choice(n, 40, replace=False):
        k = rng.integers(1, options.counts[i])
        choice = np.zeros(n, dtype=np.int64)
        choice[i] = k
        after = asked.changed(state, options, choice)
        assert after[0][i] != state[0][i] or after[1][i] != state[1][i]
        seen.append(asked.residual(after) - before)
        linear.append(options.effects[i, k])
    exact, image = np.array(seen), np.array(linear)
    size = np.abs(exact).max(axis=0)
    assert (size > 0).all()
    # One of 3,000 patients moves each number so little that what is left of second order is small;
    # the small group has 300.
    assert (np.abs(image - exact) <= 0.02 * size).all()
    # Means and group means are linear: only the 24 bits of the effects round.
    for j in (0, 2, 4, 6, 7, 9, 10):
        assert image[:, j] == pytest.approx(exact[:, j], rel=1e-4, abs=1e-5 * size[j])


def test_options_are_every_near_value_inside_the_range() -> None:
    state = (np.array([1, 10, 20]), np.array([0, 10, 20]))
    asked = problem(3, ties=[], groupings=[])
    options = asked.options(state, np.random.default_rng(0))
    reach = [range(1, 4), range(8, 13), range(18, 21)], [range(5), range(6, 15), range(16, 21)]
    for i in range(3):
        taken = set()
        for k in range(options.counts[i]):
            choice = np.zeros(3, dtype=np.int64)
            choice[i] = k
            base, visit = asked.changed(state, options, choice)
            taken.add((int(base[i]), int(visit[i])))
        assert taken == {(a, b) for a in reach[0][i] for b in reach[1][i]}
    assert (options.effects[:, 0] == 0).all()
    held = replace(asked, free_base=False)
    assert held.options(state, np.random.default_rng(0)).counts.tolist() == [5, 9, 5]


def test_cost_is_minus_the_log_density_of_the_base_model() -> None:
    asked = problem(50)
    for k, (mean, sd) in enumerate(asked.moments):
        weight = np.exp(-asked.costs[k][0])
        assert (asked.costs[k] == asked.costs[k][0]).all()
        values = np.arange(21)
        assert weight.sum() == pytest.approx(1, abs=1e-6)
        assert weight @ values == pytest.approx(mean, abs=1e-4)
        assert weight @ (values - mean) ** 2 == pytest.approx(sd**2, abs=1e-3)
    state = random_scores(50)
    options = asked.options(state, np.random.default_rng(0))
    wanted = asked.costs[0][0][state[0]] + asked.costs[1][0][state[1]]
    assert options.cost[:, 0] == pytest.approx(wanted, rel=1e-6)


def test_the_visit_of_some_may_vary_more() -> None:
    n = 40_000
    relative = np.where(np.arange(n) < n // 2, 0.6, 1.4)
    asked = replace(problem(n), variances=relative)
    (_, (mean, sd)), values = asked.moments, np.arange(21)
    for who in (0, n - 1):
        weight = np.exp(-asked.costs[1][who])
        assert weight @ values == pytest.approx(mean, abs=1e-4)
        assert weight @ (values - mean) ** 2 == pytest.approx(sd**2 * relative[who], abs=1e-3)
    assert (asked.costs[0] == asked.costs[0][0]).all()
    z = np.random.default_rng(2).standard_normal((2, n))
    base, visit = asked.draw(z)
    for part in (relative < 1, relative > 1):
        wanted = sd * np.sqrt(relative[part][0])
        # Four Monte Carlo standard errors of an SD.
        assert visit[part].std(ddof=1) == pytest.approx(wanted, abs=4 * wanted / np.sqrt(n))
    assert base.std(ddof=1) == pytest.approx(asked.moments[0, 1], abs=0.05)


def test_p_values_do_not_count_as_numbers_beside() -> None:
    asked = problem(40)
    state = random_scores(40)
    residual = np.abs(asked.residual(state))
    printed = len(residual) - asked.chosen
    outside = residual[:printed] > 0.9999 / MARGIN
    is_p = asked.importance[:printed] < 1
    assert is_p.sum() == len(asked.groupings)
    assert asked.beside(state) == (outside & ~is_p).sum()
    assert asked.beside(state) > 0


def test_draws_have_the_printed_moments() -> None:
    n = 40_000
    z = np.random.default_rng(2).multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], n).T
    found = problem(n).draw(z)
    for value, (mean, sd) in zip(found, problem(n).moments, strict=True):
        # Four Monte Carlo standard errors; baseline is at least 1, which 0.02 allows for.
        assert value.mean() == pytest.approx(mean, abs=4 * sd / np.sqrt(n) + 0.02)
        assert value.std(ddof=1) == pytest.approx(sd, abs=4 * sd / np.sqrt(2 * n) + 0.02)
        assert value.max() <= 20
    assert found[0].min() == 1
    assert found[1].min() == 0
    # Cut into whole numbers, a correlation loses a little.
    assert np.corrcoef(found)[0, 1] == pytest.approx(0.5, abs=0.03)


def test_only_p_values_are_relaxed() -> None:
    narrow, bound = (0.0445, 0.0455), (0.0, 0.001)
    one = Grouping(np.array([0, 1, 1], dtype=np.int8), UNIT, UNIT, narrow)
    asked = problem(3, ties=[], groupings=[one, replace(one, p_value=bound)])
    found = asked.relaxed(0.002)
    assert found.groupings[0].p_value == pytest.approx((0.043, 0.047))
    assert found.groupings[1].p_value == bound
    assert asked.relaxed(0.0001).groupings[0].p_value == pytest.approx(narrow)
    # A small p keeps a lower end above 0, or its interval would turn into a bound.
    tiny = replace(asked, groupings=[replace(one, p_value=(0.0005, 0.0015))]).relaxed(0.002)
    assert tiny.groupings[0].p_value == pytest.approx((0.000125, 0.003))
    for name in ("mean", "sd", "change_mean", "change_sd", "base_mean", "base_sd", "ties"):
        assert getattr(found, name) == getattr(asked, name)
    assert found.groupings[0].low == one.low


def test_the_smallest_group_decides_its_own_windows() -> None:
    n = 200
    asked, state = problem(n), random_scores(n)
    few = asked.rare()
    assert few.tolist() == list(range(20))
    options = asked.options(state, np.random.default_rng(0))
    others = np.setdiff1d(np.arange(n), few)
    decided = asked.rare_windows()
    assert decided.tolist() == [10, 11]
    assert (np.abs(options.effects[few][:, :, decided]).max(axis=(0, 1)) > 0).all()
    assert (options.effects[others][:, :, 10] == 0).all()
    assert problem(n, groupings=[]).rare().size == 0


def test_mates_are_of_the_same_groups() -> None:
    asked = problem(80)
    mates, number = asked.mates()
    for i in (0, 7, 40):
        mine = [g.labels[i] for g in asked.groupings]
        alike = [j for j in range(80) if [g.labels[j] for g in asked.groupings] == mine]
        assert sorted(mates[i, : number[i]]) == alike


@pytest.mark.parametrize("seed", [5, 6])
def test_numbers_of_known_patients_are_found_again(seed: int) -> None:
    """Printed to two decimals of a draw of the base model; another draw is brought to them."""
    n = 80
    rng = np.random.default_rng(seed)
    loose = problem(n)
    truth = loose.draw(rng.standard_normal((2, n)))
    numbers = loose.residual(truth)

    def near(x: float, reach: float = 0.005) -> tuple[float, float]:
        return float(round(x, 2) - reach), float(round(x, 2) + reach)

    grouping = loose.groupings[0]
    change = 100 * (truth[0] - truth[1]) / truth[0]
    low, high = (change[grouping.labels == k] for k in (0, 1))
    p = float(stats.ttest_ind(low, high, equal_var=False).pvalue)
    grouping = replace(
        grouping, low=near(low.mean()), high=near(high.mean()), p_value=near(p, 0.03)
    )
    asked = replace(
        loose,
        base_mean=near(numbers[0]), base_sd=near(numbers[1]), mean=near(numbers[2]),
        sd=near(numbers[3]), change_mean=near(numbers[4]), change_sd=near(numbers[5]),
        ties=[replace(loose.ties[0], interval=near(numbers[12]))], groupings=[grouping],
    )  # fmt: skip
    assert missed(asked, truth) < 0.01
    start = asked.draw(rng.standard_normal((2, n)))
    assert missed(asked, start) > 100
    schedule = [(200_000, 1000.0, 20.0), (500_000, 50.0, 10.0), (1_000_000, 10.0, 3.0)]
    found, left = settle(asked, start, [*schedule, *[(1_000_000, 10.0, 0.3)] * 8], rng)
    # Together no more than one unit of the last printed digit, of a start many hundreds off.
    assert left < 2
    assert found[0].min() >= 1
    assert (found[0] != truth[0]).any()


def test_a_p_value_counts_less_than_a_mean() -> None:
    asked = problem(30)
    weight = asked.importance
    assert len(weight) == len(asked.residual(random_scores(30)))
    assert np.flatnonzero(weight < 1).tolist() == [8, 11]
    assert (weight > 0).all()
