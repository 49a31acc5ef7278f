"""The logistic density with imputed predictors against SciPy, written out, and its integrals."""

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr
from scipy import integrate, stats
from scipy.special import expit

from adbayes.model.imputation import (
    Rows,
    imputation,
    log_likelihood,
)
from adbayes.model.imputed_density import data_of, horseshoe_scales, pymc_model
from adbayes.model.priors import Prior

NAMES = ("Intercept", "severity", "first", "female", "second", "third")
IMPUTED = (2, 4, 5)
PRIORS = {
    "Intercept": Prior.of("Normal", mu=0.3, sigma=2.0),
    "severity": Prior.of("Normal", mu=-0.2, sigma=1.5),
    "first": Prior.of("Normal", mu=0.1, sigma=0.9),
    "female": Prior.of("Normal", mu=0.4, sigma=1.1),
    "second": Prior.of("Normal", mu=-0.3, sigma=0.7),
    "third": Prior.of("Normal", mu=0.2, sigma=1.3),
    "impute_intercept": Prior.of("Normal", mu=0.1, sigma=1.2),
    "impute_slope": Prior.of("Normal", mu=-0.1, sigma=0.8),
    "impute_sigma": Prior.of("HalfNormal", sigma=0.9),
}
BLOCK = Prior.of(
    "RegularizedHorseshoe", relevant=2, predictors=4, patients=99, slab_scale=1.5, slab_df=4
)
SHRUNK = {k: v for k, v in PRIORS.items() if k not in NAMES[2:]} | {"slopes": BLOCK}
BETA = np.array([0.2, 0.5, -0.8, 0.9, 1.4, -0.6])
IMPUTE = {
    "impute_intercept": np.array([0.2, -0.1, 0.3]),
    # first, second, third on severity and female; second on first, third on first and on second
    "impute_slope": np.array([0.4, -0.2, 0.1, 0.3, -0.5, 0.2, 0.6, -0.3, 0.25]),
    "impute_sigma": np.array([0.7, 0.5, 0.9]),
}
SCALES = {"slopes_tau": 0.3, "slopes_lambda": np.array([0.5, 2.0, 1.1, 9.0]), "slopes_slab": 1.7}
Density = Callable[[Rows, dict[str, Prior], dict[str, object]], float]


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


@pytest.fixture(scope="module")
def density() -> Density:
    made = {}

    def compute(rows: Rows, priors: dict[str, Prior], values: dict[str, object]) -> float:
        shape = rows.shape(priors)
        if shape not in made:
            model = pymc_model(shape.width, shape.imputed, shape.missing, shape.shrunk)
            made[shape] = model, model.compile_logp(jacobian=False, mode="FAST_COMPILE")
        model, compiled = made[shape]
        with model:
            for name, value in data_of(rows, priors).items():
                model.set_data(name, value)
        names = {variable.name: variable for variable in model.value_vars}
        transformed = {}
        for free in model.free_RVs:
            value = np.asarray(values[free.name], dtype=float)
            transform = model.rvs_to_transforms[free]
            key = model.rvs_to_values[free].name
            assert key in names
            transformed[key] = value if transform is None else np.log(value)
        return float(compiled(transformed))

    return compute


def by_hand(rows: Rows, filled: np.ndarray, priors: dict[str, Prior]) -> float:
    """The joint density, each line of the model by SciPy, one row and one regression at a time."""
    total = 0.0
    beta = BETA
    for j, name in enumerate(NAMES):
        if name in priors:
            total += stats.norm(priors[name]["mu"], priors[name]["sigma"]).logpdf(beta[j])
    a, s = IMPUTE["impute_intercept"], IMPUTE["impute_sigma"]
    slope = IMPUTE["impute_slope"]
    for name in ("impute_intercept", "impute_slope"):
        one = stats.norm(priors[name]["mu"], priors[name]["sigma"])
        total += one.logpdf(IMPUTE[name]).sum()
    total += stats.halfnorm(scale=priors["impute_sigma"]["sigma"]).logpdf(s).sum()
    if "slopes" in priors:
        tau0 = 2 / (4 - 2) * 2 / (0.5 * np.sqrt(99))
        total += stats.halfcauchy(scale=tau0).logpdf(SCALES["slopes_tau"])
        total += stats.halfcauchy.logpdf(SCALES["slopes_lambda"]).sum()
        total += stats.invgamma(2, scale=2 * 1.5**2).logpdf(SCALES["slopes_slab"])
        total += stats.norm.logpdf(unscaled(beta[2:])).sum()
    for x, y in zip(filled, rows.y, strict=True):
        total += stats.bernoulli(expit(x @ beta)).logpmf(int(y))
        first, second, third = x[list(IMPUTED)]
        own = [x[1] * slope[2 * k] + x[3] * slope[2 * k + 1] + a[k] for k in range(3)]
        total += stats.norm(own[0], s[0]).logpdf(first)
        total += stats.norm(own[1] + slope[6] * first, s[1]).logpdf(second)
        total += stats.norm(own[2] + slope[7] * first + slope[8] * second, s[2]).logpdf(third)
    return float(total)


def unscaled(beta: np.ndarray) -> np.ndarray:
    c2, tau, local = SCALES["slopes_slab"], SCALES["slopes_tau"], SCALES["slopes_lambda"]
    return beta / (tau * np.sqrt(c2 * local**2 / (c2 + tau**2 * local**2)))


def point(rows: Rows, priors: dict[str, Prior], missing: np.ndarray) -> dict[str, object]:
    free = [j for j, name in enumerate(NAMES) if name in priors]
    values: dict[str, object] = {**IMPUTE, "coefficients": BETA[free], "missing": missing}
    return values | SCALES | {"z": unscaled(BETA[2:])} if "slopes" in priors else values


@pytest.mark.parametrize("priors", [PRIORS, SHRUNK], ids=["normal", "horseshoe"])
def test_density_is_a_logistic_regression_and_normal_predictors(
    priors: dict[str, Prior], density: Density
) -> None:
    rows = whole_rows()
    found = density(rows, priors, point(rows, priors, np.zeros(0)))
    np.testing.assert_allclose(found, by_hand(rows, rows.X, priors), rtol=1e-10)


def test_density_after_every_change_of_a_datum_or_a_missing_value(density: Density) -> None:
    seen = set()
    for row, column in [(0, 0), *np.ndindex(7, 6)]:
        changed = whole_rows()
        y = changed.y.copy()
        if column == 0:
            y[row] = 1 - y[row]
        else:
            changed.X[row, column] += 0.7
        filled = changed.X
        rows = with_gaps(Rows(changed.X, y, NAMES, IMPUTED))
        found = density(rows, SHRUNK, point(rows, SHRUNK, filled[rows.gaps]))
        np.testing.assert_allclose(found, by_hand(rows, filled, SHRUNK), rtol=1e-10)
        seen.add(round(found, 8))
    assert len(seen) == 42


@pytest.mark.parametrize("name", PRIORS)
def test_density_after_every_change_of_a_prior(name: str, density: Density) -> None:
    rows = whole_rows()
    plain = density(rows, PRIORS, point(rows, PRIORS, np.zeros(0)))
    for key, _ in PRIORS[name].parameters:
        stated = dict(PRIORS[name].parameters) | {key: PRIORS[name][key] + 0.7}
        priors = PRIORS | {name: Prior.of(PRIORS[name].distribution, **stated)}
        found = density(rows, priors, point(rows, priors, np.zeros(0)))
        np.testing.assert_allclose(found, by_hand(rows, rows.X, priors), rtol=1e-10)
        assert abs(found - plain) > 1e-3


def draws_of(beta: np.ndarray = BETA, n: int = 1) -> xr.Dataset:
    one = {name: (("chain", "draw"), np.full((2, n), beta[j])) for j, name in enumerate(NAMES)}
    many = {
        name: (("chain", "draw", f"{name}_dim"), np.tile(value, (2, n, 1)))
        for name, value in IMPUTE.items()
    }
    return xr.Dataset(one | many)


def test_one_missing_value_is_integrated_out(density: Density) -> None:
    """The joint density integrated over the gap is that of what was observed."""
    rows = whole_rows()
    X = rows.X.copy()
    X[2, 4] = np.nan
    rows = Rows(X, rows.y, NAMES, IMPUTED)
    prior = by_hand(Rows(X[:0], rows.y[:0], NAMES, IMPUTED), X[:0], PRIORS)

    def joint(value: float) -> float:
        return np.exp(density(rows, PRIORS, point(rows, PRIORS, np.array([value]))) - prior + 60)

    found = np.log(integrate.quad(joint, -6, 6, epsabs=0, epsrel=1e-10)[0]) - 60
    normal = imputation(draws_of(), rows)
    observed = 0.0
    for i in range(7):
        seen = [0, 2] if i == 2 else [0, 1, 2]
        mean, cov = normal.mean[0, i][seen], normal.covariance[0][np.ix_(seen, seen)]
        observed += stats.multivariate_normal(mean, cov).logpdf(X[i, [IMPUTED[k] for k in seen]])
    outcome = log_likelihood(draws_of(), rows)[0, 0].sum()
    np.testing.assert_allclose(found, outcome + observed, rtol=1e-9)


def test_the_horseshoes_scales_are_priors_of_their_own() -> None:
    scales = horseshoe_scales(BLOCK)
    assert scales["slopes_tau"]["beta"] == pytest.approx(4 / np.sqrt(99))
    assert dict(scales["slopes_slab"].parameters) == {"alpha": 2.0, "beta": 4.5}
