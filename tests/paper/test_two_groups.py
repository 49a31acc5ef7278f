import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from adbayes.paper.grids import moments
from adbayes.paper.two_groups import (
    contrasts,
    least_squares_within,
    pooled_sd,
    two_groups,
    welch_sds,
)


@pytest.fixture(scope="session")
def printed(entry):
    """Rows of two groups among more patients, as Table 4 of the paper prints them."""

    def make(first, second, rest, p, sds=False):
        everyone = np.r_[first, second, rest]
        rows = [
            entry(
                "t2.a.w8.pct_change_mean", "pct_change_mean", f"{everyone.mean():.2f}", variable="a"
            ),
            entry(
                "t2.a.w8.pct_change_sd",
                "pct_change_sd",
                f"{everyone.std(ddof=1):.2f}",
                variable="a",
            ),
            entry("t4.a.x.p", "p_value", p),
        ]
        for name, group in (("lo", first), ("hi", second)):
            base = f"t4.a.x.{name}"
            rows.append(
                entry(f"{base}.mean", "pct_change_mean", f"{group.mean():.2f}", n=len(group))
            )
            if sds:
                rows.append(entry(f"{base}.sd", "pct_change_sd", f"{group.std(ddof=1):.2f}"))
        return rows

    return make


def judged(ledger):
    (total,) = [one for one in moments(ledger, "pct_change_mean") if one.mean.variable == "a"]
    (found,) = two_groups(ledger, {"t4.a.x.p": total})
    return found


def text(p):
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


groups = st.tuples(
    st.integers(0, 10_000),
    st.integers(3, 60),
    st.integers(3, 60),
    st.integers(0, 30),
    st.booleans(),
)


@given(drawn=groups)
@settings(max_examples=80, deadline=None)
def test_any_real_groups_pass(drawn, printed, ledger_of):
    seed, n1, n2, more, equal = drawn
    rng = np.random.default_rng(seed)
    first, second = rng.normal(80, 10, n1), rng.normal(75, rng.uniform(3, 30), n2)
    rest = rng.normal(78, 12, more)
    p = text(stats.ttest_ind(first, second, equal_var=equal).pvalue)
    ledger = ledger_of(*printed(first, second, rest, p), size=n1 + n2 + more)
    found = judged(ledger)
    assert found.grade == "consistent", found
    test = "pooled" if equal else "Welch"
    assert f"{test} only" in found.computed or "both possible" in found.computed
    with_sds = ledger_of(*printed(first, second, rest, p, sds=True), size=n1 + n2 + more)
    assert judged(with_sds).grade == "consistent"
    assert test in judged(with_sds).computed


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(3)
    return rng.normal(80, 5, 60), rng.normal(70, 5, 8), rng.normal(79, 5, 4)


def test_a_p_too_large_for_the_sd_of_everyone_is_caught(data, printed, ledger_of):
    true = text(stats.ttest_ind(*data[:2], equal_var=False).pvalue)
    assert judged(ledger_of(*printed(*data, true), size=72)).grade == "consistent"
    found = judged(ledger_of(*printed(*data, "0.800"), size=72))
    assert found.grade == "inconsistent"
    assert "neither" in found.computed


def test_a_p_beside_sds_it_does_not_belong_to_is_caught(data, printed, ledger_of):
    found = judged(ledger_of(*printed(*data, "0.040", sds=True), size=72))
    assert found.grade == "inconsistent"
    assert "neither test fits" in found.computed


def test_groups_of_more_patients_than_there_are_are_caught(data, printed, ledger_of):
    true = text(stats.ttest_ind(*data[:2], equal_var=False).pvalue)
    found = judged(ledger_of(*printed(*data, true), size=60))
    assert found.grade == "inconsistent"
    assert "not among 60" in found.computed


def test_the_pooled_sd_and_welch_sds_give_the_printed_p_back(data, printed, ledger_of):
    first, second, rest = data
    p = f"{stats.ttest_ind(first, second).pvalue:.12f}"
    (contrast,) = contrasts(ledger_of(*printed(first, second, rest, p), size=72))
    squares = 59 * first.var(ddof=1) + 7 * second.var(ddof=1)
    low, high = pooled_sd(contrast)
    assert low <= np.sqrt(squares / 66) <= high
    assert least_squares_within(contrast, equal=True) == pytest.approx(66 * low**2)
    p = f"{stats.ttest_ind(first, second, equal_var=False).pvalue:.12f}"
    (contrast,) = contrasts(ledger_of(*printed(first, second, rest, p), size=72))
    assert least_squares_within(contrast, equal=False) <= squares
    pair = welch_sds(contrast, float(np.r_[first, second].std(ddof=1)))
    again = stats.ttest_ind_from_stats(
        contrast.first.numeric, pair[0], 60, contrast.second.numeric, pair[1], 8, equal_var=False
    )
    assert again.pvalue == pytest.approx(contrast.p.numeric, rel=0.02)


def test_the_least_sum_of_squares_is_the_least(printed, ledger_of):
    """No pair of SDs with the printed Welch p has a smaller sum of squares."""
    rng = np.random.default_rng(9)
    first, second = rng.normal(10, 2, 12), rng.normal(8, 3, 20)
    p = stats.ttest_ind(first, second, equal_var=False).pvalue
    (contrast,) = contrasts(ledger_of(*printed(first, second, np.empty(0), f"{p:.3f}")))
    least = least_squares_within(contrast, equal=False)
    for a, b in rng.uniform(0.3, 8, (3000, 2)):
        again = stats.ttest_ind_from_stats(
            contrast.first.numeric, a, 12, contrast.second.numeric, b, 20, equal_var=False
        )
        if contrast.p.interval[0] <= again.pvalue <= contrast.p.interval[1]:
            assert 11 * a * a + 19 * b * b >= least * 0.999
