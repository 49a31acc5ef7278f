"""The compiled joint regression against independent ones."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from adbayes.cohort.joint_odds import Z_95, deviance_at, joint_fit, joint_limits
from adbayes.results.frequentist import logistic


def people(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Intercept, a covariate and three predictors, one of them rare; a response."""
    rng = np.random.default_rng(seed)
    z = rng.random((80, 3)) < [0.5, 0.4, 0.1]
    z[:4, 2] = True
    design = np.column_stack([np.ones(80), rng.standard_normal(80), z]).astype(float)
    p = 1 / (1 + np.exp(-design @ [-0.2, 0.5, 0.8, -0.7, 0.3]))
    return design, (rng.random(80) < p).astype(np.int8)


@pytest.mark.parametrize("seed", range(4))
def test_estimates_errors_and_deviance_are_those_of_statsmodels(seed: int) -> None:
    design, y = people(seed)
    beta, se = np.zeros(5), np.zeros(5)
    assert joint_fit(design, y, beta, se, -1)
    fit = sm.GLM(y, design, family=sm.families.Binomial()).fit(tol=1e-12)
    assert beta == pytest.approx(fit.params, abs=1e-7)
    # Errors are those of the last step but one, near 1e-5 of themselves in the worst case.
    assert se == pytest.approx(fit.bse, rel=1e-4)
    assert deviance_at(design, y, beta) == pytest.approx(fit.deviance, abs=1e-7)


@pytest.mark.parametrize("seed", range(4))
def test_limits_are_those_of_the_package_held_to_r(seed: int) -> None:
    design, y = people(seed)
    beta, se = np.zeros(5), np.zeros(5)
    joint_fit(design, y, beta, se, -1)
    best = deviance_at(design, y, beta)
    names = ["Intercept", "x", "a", "b", "c"]
    X = pd.DataFrame(design, columns=names)
    expected = logistic(X, y.astype(float)).table.set_index("term")
    for k in range(2, 5):
        limits = joint_limits(design, y, beta, k, se[k], best)
        row = expected.loc[names[k]]
        # R prints three decimals of an odds ratio.
        assert limits == pytest.approx((row["ci_low"], row["ci_high"]), abs=2e-5)


def test_a_fixed_coefficient_stays() -> None:
    design, y = people(1)
    beta, se = np.array([0.0, 0.0, 1.5, 0.0, 0.0]), np.zeros(5)
    assert joint_fit(design, y, beta, se, 2)
    held = sm.GLM(
        y, np.delete(design, 2, 1), family=sm.families.Binomial(), offset=1.5 * design[:, 2]
    ).fit(tol=1e-12)
    assert beta[2] == 1.5
    assert np.delete(beta, 2) == pytest.approx(held.params, abs=1e-7)
    assert not se.any()


def test_separated_and_collinear_data_have_no_fit() -> None:
    design, y = people(0)
    beta, se = np.zeros(5), np.zeros(5)
    apart = design.copy()
    apart[:, 2] = y
    assert not joint_fit(apart, y, beta, se, -1)
    twice = design.copy()
    twice[:, 3] = twice[:, 2]
    assert not joint_fit(twice, y, np.zeros(5), se, -1)


def test_the_multiple_of_a_standard_error() -> None:
    assert pytest.approx(1.959963984540054, rel=1e-15) == Z_95
