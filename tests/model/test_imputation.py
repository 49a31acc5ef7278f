"""Predictors with gaps: the normal they make, its conditionals, and probabilities without the gaps."""

import numpy as np
import xarray as xr
from scipy import integrate, stats
from scipy.special import expit

from adbayes.model.imputation import (
    Rows,
    Shape,
    draw_missing,
    imputation,
    log_likelihood,
    patterns,
    risk,
)
from adbayes.model.priors import Prior

NAMES = ("Intercept", "severity", "first", "female", "second", "third")
IMPUTED = (2, 4, 5)
BETA = np.array([0.2, 0.5, -0.8, 0.9, 1.4, -0.6])
IMPUTE = {
    "impute_intercept": np.array([0.2, -0.1, 0.3]),
    # first, second, third on severity and female; second on first, third on first and on second
    "impute_slope": np.array([0.4, -0.2, 0.1, 0.3, -0.5, 0.2, 0.6, -0.3, 0.25]),
    "impute_sigma": np.array([0.7, 0.5, 0.9]),
}


def whole_rows(n: int = 7) -> Rows:
    rng = np.random.default_rng(4)
    X = np.column_stack([np.ones(n), rng.normal(size=(n, 5))])
    X[:, 3] = np.arange(n) % 2
    return Rows(X, (rng.random(n) < 0.5).astype(float), NAMES, IMPUTED)


def with_gaps(rows: Rows) -> Rows:
    """One row lacks the first, one the second and third, one all; others are whole."""
    X = rows.X.copy()
    X[1, 2] = X[3, 4] = X[3, 5] = np.nan
    X[5, [2, 4, 5]] = np.nan
    return Rows(X, rows.y, NAMES, IMPUTED)


def draws_of(beta: np.ndarray = BETA, n: int = 1) -> xr.Dataset:
    one = {name: (("chain", "draw"), np.full((2, n), beta[j])) for j, name in enumerate(NAMES)}
    many = {
        name: (("chain", "draw", f"{name}_dim"), np.tile(value, (2, n, 1)))
        for name, value in IMPUTE.items()
    }
    return xr.Dataset(one | many)


def test_log_likelihood_of_a_whole_row_is_a_bernoulli() -> None:
    rows = whole_rows()
    found = log_likelihood(draws_of(n=3), rows)
    expected = stats.bernoulli(expit(rows.X @ BETA)).logpmf(rows.y)
    assert found.shape == (2, 3, 7)
    np.testing.assert_allclose(found, np.broadcast_to(expected, found.shape), rtol=1e-10)


def test_the_predictors_with_gaps_are_the_normal_that_the_regressions_make() -> None:
    rows = whole_rows(3)
    rng = np.random.default_rng(1)
    a, s, b = (IMPUTE[k] for k in ("impute_intercept", "impute_sigma", "impute_slope"))
    n = 400_000
    z = np.zeros((n, 3))
    x = rows.X[1]
    for k in range(3):
        z[:, k] = a[k] + x[1] * b[2 * k] + x[3] * b[2 * k + 1] + s[k] * rng.standard_normal(n)
        z[:, k] += z[:, :k] @ ([], [b[6]], [b[7], b[8]])[k]
    normal = imputation(draws_of(), rows)
    error = np.sqrt(np.diag(normal.covariance[0]) / n)
    assert (np.abs(z.mean(0) - normal.mean[0, 1]) < 4 * error).all()
    np.testing.assert_allclose(np.cov(z.T), normal.covariance[0], atol=0.01)


def test_missing_values_are_drawn_from_their_conditional_normal() -> None:
    rows = with_gaps(whole_rows())
    drawn = draw_missing(draws_of(n=20_000), rows, np.random.default_rng(2)).reshape(40_000, -1)
    normal = imputation(draws_of(), rows)
    row, column = rows.gaps
    assert list(zip(row, column, strict=True)) == [
        (1, 2), (5, 2), (3, 4), (5, 4), (3, 5), (5, 5)
    ]  # fmt: skip
    mean, cov = normal.mean[0], normal.covariance[0]
    # Row 1 lacks the first: one normal given the other two.
    weights = np.linalg.solve(cov[1:, 1:], cov[1:, 0])
    centre = mean[1, 0] + weights @ (rows.X[1, [4, 5]] - mean[1, 1:])
    sd = np.sqrt(cov[0, 0] - weights @ cov[1:, 0])
    assert abs(drawn[:, 0].mean() - centre) < 4 * sd / 200
    assert abs(drawn[:, 0].std() / sd - 1) < 4 / np.sqrt(2 * 40_000)
    # Row 5 lacks all: the marginal, correlations included.
    np.testing.assert_allclose(np.cov(drawn[:, [1, 3, 5]].T), cov, atol=0.03)
    # Row 3 lacks the second and third.
    weights = cov[1:, 0] / cov[0, 0]
    within = cov[1:, 1:] - np.outer(weights, cov[0, 1:])
    np.testing.assert_allclose(np.cov(drawn[:, [2, 4]].T), within, atol=0.03)
    centre = mean[3, 1:] + weights * (rows.X[3, 2] - mean[3, 0])
    assert (np.abs(drawn[:, [2, 4]].mean(0) - centre) < 4 * np.sqrt(np.diag(within)) / 200).all()


def test_risk_puts_each_imputed_value_in_its_own_row() -> None:
    whole = whole_rows()
    rows = with_gaps(whole)
    missing = np.tile(whole.X[rows.gaps], (2, 3, 1))
    found = risk(draws_of(n=3), rows, missing)
    np.testing.assert_allclose(found[1, 2], expit(whole.X @ BETA), rtol=1e-12)
    missing[0, 1, 2] += 1.0  # row 3, the second
    other = risk(draws_of(n=3), rows, missing)
    assert np.argwhere(~np.isclose(other, found)).tolist() == [[0, 1, 3]]


def test_patterns_cover_every_row_once() -> None:
    found = patterns(with_gaps(whole_rows()))
    assert sorted(np.concatenate([at for _, at in found])) == list(range(7))
    assert len(found) == 4


def test_a_row_with_gaps_is_a_bernoulli_averaged_over_what_it_lacks() -> None:
    rows = with_gaps(whole_rows())
    found = log_likelihood(draws_of(), rows)[0, 0]
    normal = imputation(draws_of(), rows)
    # Row 1 lacks the first.
    mean, cov = normal.mean[0, 1], normal.covariance[0]
    weights = np.linalg.solve(cov[1:, 1:], cov[1:, 0])
    centre = mean[0] + weights @ (rows.X[1, [4, 5]] - mean[1:])
    one = stats.norm(centre, np.sqrt(cov[0, 0] - weights @ cov[1:, 0]))
    known = np.nan_to_num(rows.X[1]) @ BETA
    sign = 2 * rows.y[1] - 1

    def weighed(value: float) -> float:
        return float(one.pdf(value) * expit(sign * (known + BETA[2] * value)))

    expected = integrate.quad(weighed, centre - 8, centre + 8, epsabs=1e-12)[0]
    np.testing.assert_allclose(found[1], np.log(expected), rtol=1e-9)
    # Row 5 lacks all three: a mean over draws of them.
    z = np.random.default_rng(5).multivariate_normal(normal.mean[0, 5], cov, 400_000)
    p = expit(np.nan_to_num(rows.X[5]) @ BETA + z @ BETA[[2, 4, 5]])
    p = p if rows.y[5] == 1 else 1 - p
    assert abs(np.exp(found[5]) - p.mean()) < 4 * p.std() / np.sqrt(400_000)


def test_names_of_the_regressions_and_what_is_compiled() -> None:
    rows = with_gaps(whole_rows())
    assert rows.regressions == (
        "first on severity", "first on female", "second on severity", "second on female",
        "third on severity", "third on female", "second on first", "third on first",
        "third on second",
    )  # fmt: skip
    normal = dict.fromkeys(NAMES, Prior.of("Normal", mu=0, sigma=1))
    shrunk = {name: normal[name] for name in NAMES[:2]}
    assert rows.shape(shrunk) == Shape(6, IMPUTED, 6, (2, 3, 4, 5))
    assert rows.shape(normal) == Shape(6, IMPUTED, 6)
    assert rows.shape(normal).slopes == len(rows.regressions)
