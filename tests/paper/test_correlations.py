from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from adbayes.paper.correlations import correlations, p_of, smallest_eigenvalue


@pytest.fixture(scope="session")
def printed(entry):
    def make(matrix, decimals=2):
        names = "abcdefgh"[: len(matrix)]
        return [
            entry(
                f"fig2.{names[i]}_{names[j]}.r",
                "correlation",
                f"{matrix[i][j]:.{decimals}f}",
                variable=f"{names[i]}~{names[j]}",
            )
            for i, j in combinations(range(len(matrix)), 2)
        ]

    return make


@given(
    seed=st.integers(0, 10_000), k=st.integers(3, 6), n=st.integers(4, 30), places=st.integers(1, 3)
)
def test_correlations_of_real_data_are_never_impossible(seed, k, n, places, printed, ledger_of):
    """Even of fewer patients than variables, where the matrix is singular before it is rounded."""
    rng = np.random.default_rng(seed)
    data = rng.normal(size=(n, 2)) @ rng.normal(size=(2, k)) + 0.05 * rng.normal(size=(n, k))
    matrix = np.corrcoef(data, rowvar=False)
    for found in correlations(ledger_of(*printed(matrix, places), size=n)):
        assert found.grade == "consistent"


def test_correlations_that_no_patients_have_are_impossible(printed, ledger_of):
    matrix = np.array([[1, 0.9, 0.9], [0.9, 1, -0.9], [0.9, -0.9, 1]])
    found = correlations(ledger_of(*printed(matrix), size=50))[-1]
    assert (found.check, found.grade) == ("correlation_matrix.fig2", "impossible")
    assert smallest_eigenvalue(
        {frozenset("ab"): 0.9, frozenset("ac"): 0.9, frozenset("bc"): -0.9}
    ) == pytest.approx(np.linalg.eigvalsh(matrix)[0])
    # Exactly on the edge: 0.6, 0.8 and 0 allow no other third correlation beyond 0.
    edge = np.array([[1, 0.6, 0.8], [0.6, 1, 0.0], [0.8, 0.0, 1]])
    assert correlations(ledger_of(*printed(edge), size=50))[-1].grade == "consistent"
    edge[1, 2] = edge[2, 1] = -0.1
    assert correlations(ledger_of(*printed(edge), size=50))[-1].grade == "impossible"


def test_an_incomplete_matrix_is_not_judged(printed, ledger_of):
    rows = printed(np.full((4, 4), 0.3))[:-1]
    found = correlations(ledger_of(*rows, size=50))
    assert [one.topic for one in found] == ["correlation"] * 5
    assert smallest_eigenvalue({frozenset("ab"): 0.1, frozenset("ac"): 0.1}) is None


def test_a_correlation_beyond_1_is_impossible(entry, ledger_of):
    rows = [entry("t.a.r", "correlation", "1.20"), entry("t.b.r", "correlation", "1.00")]
    found = correlations(ledger_of(*rows, size=20))
    assert [one.grade for one in found] == ["impossible", "consistent"]


def test_p_is_that_of_pearson_s_test():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 25))
    test = stats.pearsonr(x, y)
    assert p_of(test.statistic, 25) == pytest.approx(test.pvalue, rel=1e-9)
    assert p_of(1.0, 25) == 0


def test_the_interval_is_fisher_s(entry, ledger_of):
    (found,) = correlations(ledger_of(entry("t.a.r", "correlation", "0.18"), size=82))
    assert found.computed == "p = 0.1056; 95 % interval -0.04 to 0.38"
