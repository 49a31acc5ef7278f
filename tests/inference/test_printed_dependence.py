"""How rows of one table depend on each other."""

import numpy as np
import pytest
from scipy import stats

from adbayes.errors import SpecError
from adbayes.inference.printed_dependence import (
    HIERARCHICAL,
    dependence_of,
    dependences,
    phi,
    read_dependences,
    row_ids,
)

GOOD = {"same_lab": 0.6, "other_lab": 0.2, "outcomes": True, "effects": True, "why": "a reason"}


@pytest.mark.parametrize(
    ("latent", "a", "b"), [(0.6, 0.59, 0.25), (0.85, 0.97, 0.5), (0.3, 0.1, 0.1)]
)
def test_phi_is_the_correlation_of_two_cut_normals(latent: float, a: float, b: float) -> None:
    both = stats.multivariate_normal([0, 0], [[1, latent], [latent, 1]]).cdf(stats.norm.ppf([a, b]))
    expected = (both - a * b) / np.sqrt(a * (1 - a) * b * (1 - b))
    assert phi(latent, a, b) == pytest.approx(expected, abs=1e-4)
    assert phi(0.0, a, b) == 0


def test_the_shares_above_the_cuts_bound_it() -> None:
    p, q = 6 / 71, 43 / 73
    bound = np.sqrt(p * (1 - q) / (q * (1 - p)))
    assert 0.95 * bound < phi(0.999, p, q) <= bound + 1e-6


def test_estimates_correlate_like_their_predictors() -> None:
    """Two log odds ratios of one outcome in the same simulated patients, no effects."""
    rng = np.random.default_rng(8)
    studies, n = 6000, 400
    x = rng.multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], size=(studies, n))
    x = x > stats.norm.ppf([0.4, 0.6])
    y = rng.random((studies, n)) < 0.5
    logs = []
    for k in range(2):
        cells = [(a & b).sum(axis=1) + 0.5 for a in (x[..., k], ~x[..., k]) for b in (y, ~y)]
        logs.append(np.log(cells[0] * cells[3] / (cells[1] * cells[2])))
    found = np.corrcoef(logs)[0, 1]
    # 6000 studies give a correlation to about 0.01.
    assert found == pytest.approx(phi(0.7, 0.6, 0.4), abs=0.04)


@pytest.mark.parametrize("variant", list(dependences()))
@pytest.mark.parametrize("table", ["table4", "table5"])
def test_every_stated_dependence_is_a_correlation_matrix(variant: str, table: str) -> None:
    matrix = dependence_of(table, dependences()[variant])
    assert np.array_equal(matrix, matrix.T)
    assert np.linalg.eigvalsh(matrix)[0] > 0.05
    assert (np.abs(matrix[~np.eye(len(matrix), dtype=bool)]) < 1).all()


def test_which_rows_depend_on_which() -> None:
    ids = row_ids("table5")
    matrix = dependence_of("table5", dependences()[HIERARCHICAL])
    at = {id.split(".")[1]: k for k, id in enumerate(ids)}
    assert matrix[at["sex"], at["ldh_w16"]] == 0
    same, other = (matrix[at["tec_w16"], at[name]] for name in ("tec_w32", "ldh_w32"))
    assert same > other > 0
    # Counted by hand: 22 of 88 and 21 of 84 patients above the cut.
    expected = phi(0.6, 0.25, 0.25) * np.sqrt(84 / 88)
    assert matrix[at["ldh_w16"], at["ldh_w32"]] == pytest.approx(expected)
    independent = dependence_of("table5", dependences()["hierarchical_independent"])
    assert np.array_equal(independent, np.eye(17))


def test_outcomes_of_table_4_correlate_as_printed() -> None:
    ids = row_ids("table4")
    assert len(ids) == 16
    matrix = dependence_of("table4", dependences()[HIERARCHICAL])
    first, second = (ids.index(f"table4.{o}.ldh_baseline.difference") for o in ("poem", "dlqi"))
    assert matrix[first, second] == 0.78
    third = ids.index("table4.dlqi.ldh_w16.difference")
    assert matrix[first, third] == pytest.approx(0.78 * matrix[second, third])


def test_the_reported_one_comes_first_and_each_has_a_reason() -> None:
    assert next(iter(dependences())) == HIERARCHICAL
    assert all(one.why for one in dependences().values())
    assert not dependences()["hierarchical_exchangeable"].effects


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"same_lab": 1.0}, "same_lab < 1"),
        ({"other_lab": 0.7}, "other_lab <= same_lab"),
        ({"extra": 1}, "it takes same_lab"),
    ],
)
def test_a_bad_statement_is_refused(change: dict[str, object], message: str) -> None:
    assert list(read_dependences({"reported": GOOD})) == [HIERARCHICAL]
    with pytest.raises(SpecError, match=message):
        read_dependences({"reported": GOOD | change})
