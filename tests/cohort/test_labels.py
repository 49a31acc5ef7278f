"""Who carries a predictor: every number against independent regressions, and a known answer found."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import optimize, stats

from adbayes.cohort.labels import Contrast, Difference, LabelProblem, search_labels
from adbayes.cohort.odds_row import OddsRow
from adbayes.cohort.targets import Interval
from adbayes.cohort.windows import MARGIN
from adbayes.results.frequentist import logistic

N = 80
NAMES = ("odds_ratio", "ci_low", "ci_high", "p_value")


def people(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Baseline (standardised), labels with missing ones, and a response that depends on both."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(N)
    x = (x - x.mean()) / x.std()
    z = (rng.random(N) < 0.4).astype(np.int8)
    z[rng.permutation(N)[:9]] = -1
    y = (rng.random(N) < 1 / (1 + np.exp(0.3 - 0.6 * x - 0.9 * z))).astype(np.int8)
    return x, z, y


def near(value: float, reach: float) -> Interval:
    return float(value - reach), float(value + reach)


def printed(x: np.ndarray, z: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """The row as a paper would print it (ratios to two decimals), by the package's own regression."""
    seen = z >= 0
    X = pd.DataFrame({"Intercept": 1.0, "z": z[seen].astype(float), "x": x[seen]})
    row = logistic(X, y[seen].astype(float)).table.set_index("term").loc["z"]
    ratios = np.exp(row[["estimate", "ci_low", "ci_high"]].to_numpy(dtype=float))
    return dict(zip(NAMES, [*ratios.round(2), round(float(row["p_value"]), 3)], strict=True))


def asked(x: np.ndarray, z: np.ndarray, y: np.ndarray) -> OddsRow:
    row = printed(x, z, y)
    return OddsRow(
        *(near(row[name], 0.005) for name in NAMES[:3]), p_value=near(row["p_value"], 0.0005)
    )


def numbers(distances: np.ndarray, intervals: list[Interval]) -> np.ndarray:
    """What the distances in half widths are distances of."""
    return np.array(
        [
            (low + high) / 2 + d * MARGIN * (high - low) / 2
            for d, (low, high) in zip(distances, intervals, strict=True)
        ]
    )


def profile_limits(x: np.ndarray, z: np.ndarray, y: np.ndarray) -> list[float]:
    """Where the profile deviance is 3.84 above its least, by root finding."""
    seen = z >= 0
    X = sm.add_constant(np.column_stack([x[seen]]))
    fit = sm.GLM(y[seen], np.column_stack([X, z[seen]]), family=sm.families.Binomial()).fit()

    def over(b: float) -> float:
        held = sm.GLM(y[seen], X, family=sm.families.Binomial(), offset=b * z[seen]).fit()
        return float(held.deviance - fit.deviance - stats.chi2.ppf(0.95, 1))

    middle, se = fit.params[2], fit.bse[2]
    return [optimize.brentq(over, middle, middle + side * 5 * se) for side in (-1, 1)]


@pytest.mark.parametrize("seed", range(4))
def test_a_row_is_that_of_an_independent_regression(seed: int) -> None:
    x, z, y = people(seed)
    row = OddsRow((1.5, 2.5), (0.5, 1.0), (4.0, 6.0), (0.1, 0.2))
    found = numbers(LabelProblem(x, y, row).residual(z), row.intervals())
    seen = z >= 0
    fit = sm.GLM(
        y[seen], sm.add_constant(np.column_stack([z[seen], x[seen]])), family=sm.families.Binomial()
    ).fit()
    assert found[0] == pytest.approx(fit.params[1], abs=1e-6)
    assert found[3] == pytest.approx(fit.tvalues[1], abs=1e-6)
    # R interpolates the profile on a grid; the root of the exact one is a thousandth of an SE away.
    assert found[1:3] == pytest.approx(profile_limits(x, z, y), abs=5e-3 * fit.bse[1])


def test_what_is_printed_as_it_was_lies_in_every_window() -> None:
    for seed in range(6):
        x, z, y = people(seed)
        problem = LabelProblem(x, y, asked(x, z, y))
        assert (np.abs(problem.residual(z)) <= 1 / MARGIN + 1e-3).all()
        # One exchange of unlike labels, and the row would be printed otherwise.
        other = z.copy()
        i, j = np.flatnonzero(z == 1)[0], np.flatnonzero(z == 0)[0]
        other[[i, j]] = other[[j, i]]
        assert printed(x, other, y) != printed(x, z, y)
        assert np.abs(problem.residual(other)).max() > 1 / MARGIN


def test_labels_are_near_their_own_row_and_not_another() -> None:
    x, z, y = people()
    problem = LabelProblem(x, y, asked(x, z, y))
    assert problem.near(z)
    assert not problem.near((z == 1).astype(np.int8))
    assert LabelProblem(x, y).near(z)


def test_group_numbers_are_those_of_the_groups() -> None:
    x, z, y = people(2)
    rng = np.random.default_rng(3)
    v, w = rng.normal(85, 8, N), (rng.random(N) < 0.5).astype(float)
    low, high = v[z == 0], v[z == 1]
    p = float(stats.ttest_ind(low, high, equal_var=False).pvalue)
    wide = 2.0
    up = bool(high.mean() > low.mean())
    contrast = Contrast(
        v,
        near(low.mean() - (0.5 if up else -0.5), wide),
        near(high.mean() + (0.5 if up else -0.5), wide),
        (0.8 * p, min(1.2 * p, 1.0)),
    )
    problem = LabelProblem(
        x, y, None, contrast, [(w, 7.0)], [Difference.about(x, 0.1, 0.3)], near(30, 2), near(70, 3),
        exchange=False,
    )  # fmt: skip
    found = problem.residual(z)
    outer = 0.5 / (MARGIN * wide)
    assert found[:2] == pytest.approx([outer, -outer] if up else [-outer, outer])
    assert abs(found[2]) < 1 / MARGIN
    assert found[3:6] == pytest.approx(
        [
            (w[z == 0].sum() - 7) / (0.5 * MARGIN),
            ((z == 1).sum() - 30) / (2 * MARGIN),
            ((z >= 0).sum() - 70) / (3 * MARGIN),
        ]
    )
    assert found[6] == pytest.approx((x[z == 1].mean() - x[z == 0].mean() - 0.1) / (0.3 * MARGIN))
    # The two counts are no more printed than the difference is.
    assert problem.chosen == 3


def test_many_label_vectors_at_once_are_as_one_by_one() -> None:
    x, z, y = people(1)
    problem = LabelProblem(x, y, asked(x, z, y))
    rng = np.random.default_rng(0)
    many = np.array([rng.permutation(z) for _ in range(5)])
    together = problem.rows(many)
    for labels, row in zip(many, together, strict=True):
        assert row == pytest.approx(problem.residual(labels), rel=1e-5, abs=1e-5)


def test_separated_labels_are_far_from_every_row() -> None:
    x, z, y = people(1)
    found = LabelProblem(x, y, asked(x, z, y)).residual(y.copy())
    assert np.isfinite(found).all()
    assert (np.abs(found[:4]) > 1e3).all()


@pytest.mark.parametrize("masks_move", [False, True])
def test_an_exchange_keeps_the_counts(masks_move: bool) -> None:
    x, z, y = people(0)
    moves = LabelProblem(x, y, asked(x, z, y), masks_move=masks_move).moves(z)
    for i, to, j, other in moves:
        after = z.copy()
        after[i], after[j] = to, other
        assert sorted(after) == sorted(z)
        assert (after != z).any()
        assert masks_move or ((after == -1) == (z == -1)).all()
    zeros, ones, blanks = ((z == k).sum() for k in (0, 1, -1))
    wanted = zeros * ones + (blanks * (zeros + ones) if masks_move else 0)
    assert len(moves) == wanted


def test_free_counts_change_one_by_one() -> None:
    x, z, y = people(0)
    problem = LabelProblem(x, y, asked(x, z, y), exchange=False)
    moves = problem.moves(z)
    single = moves[moves[:, 0] == moves[:, 2]]
    assert single[:, 0].tolist() == np.flatnonzero(z >= 0).tolist()
    assert (single[:, 1] == 1 - z[single[:, 0]]).all()
    assert (single[:, 1] == single[:, 3]).all()


def attempts(problem: LabelProblem, start: np.ndarray, count: int = 4) -> tuple[np.ndarray, float]:
    """Fresh starts until everything agrees, as a reconstruction makes them."""
    best, least = start, np.inf
    seen = np.flatnonzero(start >= 0)
    for seed in range(count):
        mixed = start.copy()
        mixed[seen] = np.random.default_rng(seed).permutation(start[seen])
        found, missed = search_labels(problem, [mixed], 8000, seed)
        if missed < least:
            best, least = found, missed
        if least == 0:
            break
    return best, least


@pytest.mark.parametrize("seed", range(3))
def test_a_row_made_from_known_labels_is_printed_again(seed: int) -> None:
    x, z, y = people(seed)
    found, missed = attempts(LabelProblem(x, y, asked(x, z, y)), z)
    assert missed == 0
    assert (found != z).any()
    assert printed(x, found, y) == printed(x, z, y)
    assert ((found == -1) == (z == -1)).all()
    assert (found == 1).sum() == (z == 1).sum()


def test_equal_seeds_give_equal_labels() -> None:
    x, z, y = people(0)
    problem, start = LabelProblem(x, y, asked(x, z, y)), np.sort(z)
    one, other, third = (search_labels(problem, [start], 1000, seed)[0] for seed in (1, 1, 2))
    assert (one == other).all()
    assert (one != third).any()
    assert (start == np.sort(z)).all()  # what was given is not changed


def test_groups_made_from_known_labels_are_printed_again() -> None:
    x, z, y = people(4)
    v = 80 + 4 * x + np.where(z == 1, -6.0, 0.0) + np.random.default_rng(0).normal(0, 8, N)
    low, high = v[z == 0], v[z == 1]
    p = round(float(stats.ttest_ind(low, high, equal_var=False).pvalue), 3)
    w = (v > 80).astype(float)
    problem = LabelProblem(
        x, y, asked(x, z, y),
        Contrast(
            v, near(round(low.mean(), 2), 0.005), near(round(high.mean(), 2), 0.005), near(p, 0.0005)
        ),
        [(w, float(w[z == 0].sum()))],
        masks_move=True,
    )  # fmt: skip
    start = np.random.default_rng(1).permutation(z)
    found, missed = search_labels(problem, [start], 8000, 3)
    mine, others = v[found == 1], v[found == 0]
    # Eight numbers, one vector of labels: what may be left over is a unit of a last digit or two.
    assert missed < 4
    assert (mine.mean(), others.mean()) == pytest.approx((high.mean(), low.mean()), abs=0.02)
    assert stats.ttest_ind(others, mine, equal_var=False).pvalue == pytest.approx(p, abs=0.003)
    assert w[found == 0].sum() == w[z == 0].sum()
    assert [(found == k).sum() for k in (-1, 0, 1)] == [(z == k).sum() for k in (-1, 0, 1)]


def test_counts_that_are_free_stay_in_their_window() -> None:
    x, z, y = people(5)
    count, seen = int((z == 1).sum()), int((z >= 0).sum())
    problem = LabelProblem(
        x, y, asked(x, z, y), high=near(count, 1.5), measured=near(seen, 0.5), exchange=False
    )
    start = np.where(z < 0, -1, 0).astype(np.int8)
    start[np.flatnonzero(z >= 0)[: count + 6]] = 1
    found, missed = search_labels(problem, [start], 8000, 1)
    assert missed == 0
    assert abs((found == 1).sum() - count) <= 1
    assert ((found == -1) == (z == -1)).all()
    assert printed(x, found, y) == printed(x, z, y)


def test_a_row_that_no_labels_give_is_said_to_be_missed() -> None:
    x, z, y = people(0)
    row = asked(x, z, y)
    # Wald's p and the estimate contradict each other.
    impossible = replace(row, p_value=(0.9, 0.901))
    _, missed = search_labels(LabelProblem(x, y, impossible), [z], 1000, 0)
    assert missed > 10


def test_choices_pull_and_are_not_counted() -> None:
    x, z, y = people(3)
    row = asked(x, z, y)
    v = np.random.default_rng(8).standard_normal(N)
    apart = []
    for middle in (-0.5, 0.5):
        wished = LabelProblem(x, y, row, choices=[Difference.about(v, middle, 0.05)])
        found, missed = attempts(wished, z)
        assert missed == 0
        apart.append(v[found == 1].mean() - v[found == 0].mean())
    # Two standard errors of a difference between groups that nothing is asked of.
    assert apart[1] - apart[0] > 2 * np.sqrt(1 / 30 + 1 / 41)


def test_a_count_alone_is_met_by_any_labels_of_that_count() -> None:
    x, z, y = people(0)
    problem = LabelProblem(x, y)
    assert problem.rows(np.array([z, z])).shape == (2, 0)
    found, missed = search_labels(problem, [z], 100, 0)
    assert missed == 0
    assert sorted(found) == sorted(z)


def test_a_group_that_empties_harms_nothing() -> None:
    x, z, y = people(0)
    v = np.random.default_rng(0).standard_normal(N)
    one = np.where(z < 0, -1, 0).astype(np.int8)
    one[np.flatnonzero(z >= 0)[0]] = 1
    problem = LabelProblem(
        x, y, choices=[Difference.about(v, 0.0, 0.1)], high=near(2, 1.5), exchange=False
    )
    assert np.isfinite(problem.residual(np.where(one > 0, 0, one).astype(np.int8))).all()
    found, missed = search_labels(problem, [one], 2000, 0)
    assert missed == 0
    assert 1 <= (found == 1).sum() <= 3
