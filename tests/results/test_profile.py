"""Limits against R, separation against an independent criterion."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from firthmodels import detect_separation
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize
from scipy.stats import chi2

from adbayes.errors import ConvergenceError
from adbayes.results import profile
from adbayes.results.profile import (
    constrained_fit,
    deviance,
    fmm_spline,
    mass_interval,
    root_interval,
    separation,
)

REFERENCE = Path(__file__).parents[1] / "reference"


def test_spline_is_that_of_r() -> None:
    # tests/reference/logistic.R: spline(x, y, n = 18)
    printed = pd.read_csv(REFERENCE / "spline.csv")
    x, y = np.array([-3, -2.2, -0.4, 0.1, 1.7, 4]), np.array([2, -1, 0.5, 0.3, 3, 2.5])
    np.testing.assert_allclose(fmm_spline(x, y, printed.x.to_numpy()), printed.y, rtol=1e-12)


@pytest.mark.parametrize("knots", [3, 4, 7])
def test_spline_reproduces_a_polynomial(knots: int) -> None:
    # A parabola through three points, a cubic through more: the end conditions are exact for both.
    curve = np.poly1d([1.0, -2.0, 0.3] if knots == 3 else [0.7, 1.0, -2.0, 0.3])
    x, at = np.cumsum(np.linspace(0.5, 1.5, knots)), np.linspace(0.5, 2.0, 9)
    np.testing.assert_allclose(fmm_spline(x, curve(x), at), curve(at), rtol=1e-9, atol=1e-12)


def test_constrained_fit_is_the_maximum() -> None:
    rng = np.random.default_rng(1)
    X = np.c_[np.ones(80), rng.normal(size=80)]
    y, offset = rng.binomial(1, 0.4, 80).astype(float), 0.7 * rng.normal(size=80)
    found, eta, weight = constrained_fit(X, y, offset, 0 * offset)
    by_bfgs = minimize(lambda b: deviance(y, X @ b + offset), np.zeros(2), tol=1e-12)
    assert found == pytest.approx(by_bfgs.fun, abs=1e-8)
    assert found == pytest.approx(deviance(y, eta), abs=1e-12)
    assert weight.max() <= 0.25


def test_a_fit_that_runs_out_of_iterations_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profile, "_MAX_ITERATIONS", 2)
    y = np.repeat([0.0, 1.0], [3, 17])
    with pytest.raises(ConvergenceError, match="did not converge in 2 iterations"):
        constrained_fit(np.ones((20, 1)), y, 0 * y, 0 * y)


def test_profile_of_a_wrong_maximum_is_refused() -> None:
    rng = np.random.default_rng(2)
    X = np.c_[np.ones(60), rng.normal(size=60)]
    y = rng.binomial(1, 0.5, 60).astype(float)
    with pytest.raises(ConvergenceError, match="below that of the fit"):
        mass_interval(X, y, 1, np.array([2.0, 2.0]), 0.3, 0.95)


def cone_extent(X: np.ndarray, y: np.ndarray, j: int) -> list[float]:
    """Smallest and largest component j of a separating direction inside the unit box."""
    signed = -np.where(y == 1, 1, -1)[:, None] * X
    goals = [np.eye(X.shape[1])[j] * sign for sign in (1, -1)]
    box = [(-1, 1)] * X.shape[1]
    return [
        float(sign * linprog(goal, A_ub=signed, b_ub=np.zeros(len(X)), bounds=box).fun)
        for goal, sign in zip(goals, (1, -1), strict=True)
    ]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), n=st.integers(8, 60), k=st.integers(1, 5))
def test_a_coefficient_is_finite_unless_some_direction_moves_it(seed: int, n: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    X = np.c_[np.ones(n), rng.binomial(1, 0.3, (n, k)), rng.normal(size=n)]
    y = rng.binomial(1, 1 / (1 + np.exp(1 - 2 * X[:, 1]))).astype(float)
    if np.linalg.matrix_rank(X) < k + 2 or y.min() == y.max():
        return
    found = separation(X, y)
    for j in range(k + 2):
        low, high = cone_extent(X, y, j)
        assert found.finite[j] == (max(high, -low) < 1e-6)
        if not found.finite[j] and (low > -1e-6 or high < 1e-6):
            assert np.sign(found.direction[j]) == np.sign(low + high)
    slack = np.where(y == 1, 1, -1) * (X @ found.direction)
    assert (slack > -1e-6).all()
    assert (slack[~found.overlap] > 0.4).all()


def test_separation_agrees_with_the_library_where_that_is_sharp() -> None:
    data = pd.read_csv(REFERENCE / "endometrial.csv")
    X = np.c_[np.ones(len(data)), data[["NV", "PI", "EH"]]]
    found = separation(X, data.HG.to_numpy(float))
    library = detect_separation(X, data.HG, fit_intercept=False)
    np.testing.assert_array_equal(found.finite, library.is_finite)
    assert found.finite.tolist() == [True, False, True, True]
    assert found.overlap.sum() == (data.NV == 0).sum() == 66


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_separation_does_not_depend_on_the_unit(unit: float) -> None:
    x = np.r_[np.linspace(1, 5, 20), np.linspace(6, 10, 20)] * unit
    y = np.repeat([0.0, 1.0], 20)
    found = separation(np.c_[np.ones(40), x], y)
    assert not found.finite.any()
    assert found.direction[1] > 0 > found.direction[0]


def test_separation_finds_rows_that_only_a_second_direction_separates() -> None:
    # The sum of slacks alone prefers (1, 0), which leaves the row (0, 1) undecided.
    X = np.array([[1.0, -1.0]] * 10 + [[0.0, 1.0]])
    found = separation(np.r_[X, -X], np.repeat([1.0, 0.0], 11))
    assert not found.overlap.any()
    assert not found.finite.any()


@settings(max_examples=25, deadline=None, derandomize=True)
@given(exposed=st.integers(2, 12), events=st.integers(3, 20), rest=st.integers(3, 20))
def test_limit_under_separation_solves_the_profile_deviance(
    exposed: int, events: int, rest: int
) -> None:
    # Two by two table with an empty cell: profile over the intercept in closed form by a fine grid.
    y = np.r_[np.ones(exposed + events), np.zeros(rest)]
    x = np.r_[np.ones(exposed), np.zeros(events + rest)]
    X = np.c_[np.ones_like(x), x]
    supremum = deviance(y[x == 0], np.full(events + rest, np.log(events / rest)))
    estimate, low, high = root_interval(X, y, 1, separation(X, y), supremum, 0.9)
    assert (estimate, high) == (np.inf, np.inf)
    at = minimize(lambda a: deviance(y, a[0] + low * x), [0.0], tol=1e-12).fun
    assert at - supremum == pytest.approx(chi2.ppf(0.9, 1), abs=1e-6)


def test_an_undetermined_sign_is_the_whole_line() -> None:
    # Complete separation by the first column leaves the second free to take any value.
    rng = np.random.default_rng(3)
    X = np.c_[np.repeat([-1.0, 1.0], 10), rng.normal(size=20)]
    y = np.repeat([0.0, 1.0], 10)
    estimate, low, high = root_interval(X, y, 1, separation(X, y), 0.0, 0.95)
    assert np.isnan(estimate)
    assert (low, high) == (-np.inf, np.inf)
