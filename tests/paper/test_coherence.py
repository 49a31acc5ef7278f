import numpy as np
import pandas as pd
import pytest
from scipy import stats

from adbayes.paper.coherence import (
    coherence,
    half_width_at,
    information_of,
    needed,
    odds_ratio_rows,
    smallest_group,
    smallest_n,
)
from adbayes.results.frequentist import logistic


@pytest.fixture(scope="session")
def row_of(entry):
    def make(estimate, low, high, p, name="table5.sex", **more):
        more = {"group": "female against male", "variable": "female"} | more
        return [
            entry(f"{name}.or", "odds_ratio", estimate, **more),
            entry(f"{name}.ci_low", "ci_low", low, column="95 % CI, lower end", **more),
            entry(f"{name}.ci_high", "ci_high", high, column="95 % CI, upper end", **more),
            entry(f"{name}.p", "p_value", p, **more),
        ]

    return make


@pytest.fixture(scope="module")
def fits():
    """Real logistic fits with a covariate: printed row, n and the size of the group."""
    rng = np.random.default_rng(7)
    found = []
    while len(found) < 45:
        n = int(rng.integers(20, 160))
        group = (rng.random(n) < rng.uniform(0.1, 0.9)).astype(float)
        x = rng.normal(size=n) + group * rng.normal()
        eta = rng.normal() + rng.normal(0, 1.2) * group + rng.normal(0, 0.7) * x
        y = (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(float)
        cells = pd.crosstab(group, y)
        if cells.shape != (2, 2) or cells.to_numpy().min() < 1:
            continue
        design = pd.DataFrame({"Intercept": 1.0, "group": group, "x": x})
        fit = logistic(design, y).table.set_index("term").loc["group"]
        if fit["separated"] or np.isnan(fit[["ci_low", "ci_high"]].astype(float)).any():
            continue
        ends = np.exp(fit[["estimate", "ci_low", "ci_high"]].astype(float)).tolist()
        if ends[1] < 0.002 or ends[2] > 500:
            continue
        found.append(
            ([*(f"{end:.3f}" for end in ends), f"{fit['p_value']:.3f}"], n, int(group.sum()))
        )
    return found


def test_any_real_fit_is_coherent_and_within_the_bound(fits, row_of, ledger_of):
    for printed, n, group in fits:
        if printed[3] == "0.000":
            printed = [*printed[:3], "< 0.001"]
        ledger = ledger_of(*row_of(*printed), size=n)
        (found,) = coherence(ledger)
        assert found.grade == "consistent", (printed, n)
        (row,) = odds_ratio_rows(ledger)
        assert smallest_n(row) <= n
        assert smallest_group(row, n) <= min(group, n - group)
        assert needed(row) <= information_of(group, n) + 1e-9


def test_a_wrong_p_is_caught_in_most_rows(fits, row_of, ledger_of):
    """A p of ten times the size, or a tenth, belongs to another standard error."""
    caught = tried = 0
    for printed, n, _ in fits:
        p = float(printed[3])
        if not 0.01 < p < 0.9:
            continue
        wrong = f"{p * 10 if p < 0.09 else p / 10:.3f}"
        tried += 1
        caught += (
            coherence(ledger_of(*row_of(*printed[:3], wrong), size=n))[0].grade == "inconsistent"
        )
    assert tried > 25
    assert caught > 0.9 * tried


@pytest.mark.parametrize(
    ("printed", "grade"),
    [
        (("2.509", "1.077", "6.089", "0.036"), "consistent"),
        (("2.509", "1.077", "6.089", "0.360"), "inconsistent"),
        (("2.509", "1.077", "6.089", "0.003"), "inconsistent"),
        (("5.209", "1.077", "4.089", "0.036"), "impossible"),
        (("2.509", "1.977", "3.089", "< 0.001"), "impossible"),  # too narrow for 99 patients
    ],
)
def test_planted_errors(printed, grade, row_of, ledger_of):
    (found,) = coherence(ledger_of(*row_of(*printed), size=99))
    assert found.grade == grade
    assert found.possible or grade == "consistent"


def test_the_bound_is_reached_by_equal_groups_with_half_responding():
    """Four cells of n / 4: the Wald error is sqrt(4 * 4 / n), exactly the bound."""
    for n in (40, 96, 400):
        assert half_width_at(n, 1) == pytest.approx(np.sqrt(4 * 4 / n))
        assert information_of(n // 2, n) == n / 4


def test_the_bound_of_a_row_is_the_closed_form(row_of, ledger_of):
    z = stats.norm.ppf(0.975)
    arm = z * np.sqrt(16 / 60)
    printed = ["1.00000", f"{np.exp(-arm):.5f}", f"{np.exp(arm):.5f}", "1.000"]
    (row,) = odds_ratio_rows(ledger_of(*row_of(*printed)))
    assert smallest_n(row) == 60
    assert smallest_group(row, 60) == 30
    assert smallest_group(row, 59) is None
    assert needed(row) == pytest.approx(15, rel=1e-4)


def test_the_level_is_read_from_the_heading(row_of, ledger_of):
    rows = row_of("1.5", "0.8", "2.8", "0.2")
    for one in rows[1:3]:
        one["column"] = "90 % CI"
    (row,) = odds_ratio_rows(ledger_of(*rows))
    assert row.critical == pytest.approx(stats.norm.ppf(0.95))


def test_a_predictor_that_is_not_said_to_be_of_two_groups_has_no_bound(row_of, ledger_of):
    rows = row_of("1.050", "1.020", "1.081", "0.001", group="")
    (found,) = coherence(ledger_of(*rows, size=50))
    assert found.grade == "consistent"
    assert "no bound on n" in found.arithmetic


def test_an_odds_ratio_without_an_interval_or_that_may_be_0_is_left_alone(row_of, ledger_of):
    assert coherence(ledger_of(row_of("1.5", "1.0", "2.0", "0.05")[0])) == []
    assert coherence(ledger_of(*row_of("0.0", "0.0", "2.0", "0.05"))) == []
