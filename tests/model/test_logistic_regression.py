"""The swappable logistic density against Bambi's graph, and its likelihood against SciPy."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats
from scipy.special import expit

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.read import cohort_from_frame
from adbayes.errors import SpecError
from adbayes.inference.fit import Fit
from adbayes.inference.plan import plan
from adbayes.model import logistic_regression
from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design, bambi_model, design_of
from adbayes.model.frame import ModelFrame
from adbayes.model.logistic_regression import log_likelihood, matches, named, replicate
from adbayes.model.spec import Spec

TEXT = """
name = "own"
title = "own"
[data]
outcome = "y"
[model]
formula = "y ~ x + g + offset(w)"
family = "bernoulli"
[priors.only]
Intercept = {{ distribution = "Normal", mu = {mu0}, sigma = {s0}, why = "w" }}
x = {{ distribution = "Normal", mu = {mu1}, sigma = {s1}, why = "w" }}
g = {{ distribution = "Normal", mu = {mu2}, sigma = {s2}, why = "w" }}
"""
PRIORS = {"mu0": 0.3, "s0": 1.5, "mu1": -0.4, "s1": 0.8, "mu2": 0.2, "s2": 1.1}
BETA = np.array([0.6, -0.9, 1.3])
Parts = tuple[Analysis, ModelFrame, Design]
Build = Callable[[pd.DataFrame, dict[str, float]], Parts]


@pytest.fixture(scope="module")
def table(binary_table: Cohort) -> pd.DataFrame:
    frame = binary_table.frame.iloc[:14].reset_index(drop=True)
    return frame.assign(w=np.linspace(-1, 1, len(frame)))


@pytest.fixture(scope="module")
def built(spec_from: Callable[[str], Spec]) -> Build:
    def build(frame: pd.DataFrame, priors: dict[str, float]) -> Parts:
        analysis, rows = plan(spec_from(TEXT.format(**priors)), cohort_from_frame(frame)).jobs[0]
        return analysis, rows, design_of(bambi_model(analysis, rows))

    return build


@pytest.fixture(scope="module")
def structure_density() -> Callable[[Parts], float]:
    model = logistic_regression.pymc_model(len(BETA))
    compiled = model.compile_logp(jacobian=False)

    def density(parts: Parts) -> float:
        with model:
            for name, value in logistic_regression.swap_data(*parts).items():
                model.set_data(name, value)
        return float(compiled({"coefficients": BETA}))

    return density


def bambi_density(parts: Parts) -> float:
    model = bambi_model(parts[0], parts[1])
    model.build()
    joint = model.backend.model.compile_logp(jacobian=False, mode="FAST_COMPILE")
    return float(joint({"Intercept": BETA[0], "x": BETA[1], "g": BETA[2]}))


def test_density_is_bambis_after_every_change_of_a_datum(
    table: pd.DataFrame, built: Build, structure_density: Callable[[Parts], float]
) -> None:
    seen = {structure_density(built(table, PRIORS))}
    assert np.isclose(seen.copy().pop(), bambi_density(built(table, PRIORS)), rtol=1e-10)
    for row in range(len(table)):
        for column in table.columns:
            other = table.copy()
            binary = column in ("y", "g")
            old = other.loc[row, column]
            other.loc[row, column] = 1 - old if binary else old + 0.7
            parts = built(other, PRIORS)
            found = structure_density(parts)
            np.testing.assert_allclose(found, bambi_density(parts), rtol=1e-10)
            seen.add(round(found, 8))
    assert len(seen) == 1 + table.size


@pytest.mark.parametrize("name", PRIORS)
def test_density_is_bambis_after_every_change_of_a_prior(
    name: str, table: pd.DataFrame, built: Build, structure_density: Callable[[Parts], float]
) -> None:
    parts = built(table, PRIORS | {name: PRIORS[name] + 0.7})
    found = structure_density(parts)
    np.testing.assert_allclose(found, bambi_density(parts), rtol=1e-10)
    assert abs(found - structure_density(built(table, PRIORS))) > 1e-3


def point_draws(n: int, parts: Parts) -> xr.Dataset:
    analysis, rows, design = parts
    sampled = xr.Dataset({"coefficients": (("chain", "draw", "k"), np.tile(BETA, (2, n, 1)))})
    return named(sampled, rows, design, analysis, np.random.default_rng(1))


def test_log_likelihood_of_a_row_is_a_bernoulli(table: pd.DataFrame, built: Build) -> None:
    parts = analysis, rows, design = built(table, PRIORS)
    found = log_likelihood(point_draws(3, parts), rows, design, analysis)
    eta = BETA[0] + BETA[1] * table["x"] + BETA[2] * table["g"] + table["w"]
    expected = stats.bernoulli(expit(eta)).logpmf(table["y"])
    assert found.shape == (2, 3, len(table))
    np.testing.assert_allclose(found, np.broadcast_to(expected, found.shape), rtol=1e-10)


def test_log_likelihood_is_pymcs(female_fit: Fit) -> None:
    thin = female_fit.posterior.isel(chain=[0], draw=slice(0, 20))
    tree = xr.DataTree.from_dict({"posterior": thin})
    female_fit.bambi_model.compute_log_likelihood(tree)
    theirs = tree["log_likelihood"]["easi90"].to_numpy()
    ours = female_fit.draws["log_likelihood"]["easi90"].isel(chain=[0], draw=slice(0, 20))
    np.testing.assert_allclose(ours.to_numpy(), theirs, rtol=1e-8)


def test_replicates_have_the_probability_of_their_row(table: pd.DataFrame, built: Build) -> None:
    parts = analysis, rows, design = built(table, PRIORS)
    values = replicate(point_draws(4000, parts), rows, design, analysis, np.random.default_rng(2))
    p = expit(BETA[0] + BETA[1] * table["x"] + BETA[2] * table["g"] + table["w"]).to_numpy()
    assert set(np.unique(values)) == {0.0, 1.0}
    z = (values.mean(axis=(0, 1)) - p) / np.sqrt(p * (1 - p) / 8000)
    assert np.abs(z).max() < 4


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", True),
        ('family = "bernoulli"', 'family = "bernoulli"\nlink = "probit"', False),
        ('g = { distribution = "Normal", mu', 'g = { distribution = "Laplace", b = 1, mu', False),
    ],
)
def test_only_its_own_kind_of_model_is_taken(
    old: str, new: str, expected: bool, spec_from: Callable[[str], Spec]
) -> None:
    text = TEXT.format(**PRIORS)
    assert old in text
    text = text.replace(old, new)
    if "Laplace" in text:
        text = text.replace(", sigma = 1.1", "")
    assert matches(spec_from(text).analyses()[0]) is expected


def test_a_prior_of_another_width_is_refused(table: pd.DataFrame, built: Build) -> None:
    with pytest.raises(SpecError, match=r"'x': mu has 2 values for 1 coefficients"):
        built(table, PRIORS | {"mu1": "[0, 1]"})
