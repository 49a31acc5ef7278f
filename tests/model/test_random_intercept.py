"""The density with the intercepts integrated out against Bambi's graph, SciPy and closed forms."""

from collections.abc import Callable

import arviz as az
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.read import cohort_from_frame
from adbayes.inference.fit import Fit
from adbayes.inference.plan import plan
from adbayes.model import random_intercept
from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design, bambi_model, design_of
from adbayes.model.frame import ModelFrame
from adbayes.model.random_intercept import draw_group_effects, log_likelihood, matches, replicate
from adbayes.model.spec import Spec

TEXT = """
name = "own"
title = "own"
[data]
outcome = "y"
[model]
formula = "y ~ week + x + (1|subject)"
family = "gaussian"
[priors.only]
Intercept = {{ distribution = "Normal", mu = {mu0}, sigma = {s0}, why = "w" }}
week = {{ distribution = "Normal", mu = [{mu1}, {mu2}], sigma = [{s1}, {s2}], why = "w" }}
x = {{ distribution = "Normal", mu = {mu3}, sigma = {s3}, why = "w" }}
sigma = {{ distribution = "HalfNormal", sigma = {sigma}, why = "w" }}
[priors.only."1|subject"]
distribution = "Normal"
mu = 0
why = "w"
sigma = {{ distribution = "HalfNormal", sigma = {tau} }}
"""
PRIORS = {
    "mu0": 15.0, "s0": 9.0, "mu1": -2.0, "mu2": -5.0, "s1": 4.0, "s2": 6.0,
    "mu3": 0.5, "s3": 2.0, "tau": 5.0, "sigma": 7.0,
}  # fmt: skip
# A point that is no special one of any prior.
BETA, TAU, SIGMA = np.array([18.0, -4.0, -9.0, 0.7]), 2.5, 3.5
Parts = tuple[Analysis, ModelFrame, Design]


@pytest.fixture(scope="module")
def table(known_patients: Cohort) -> pd.DataFrame:
    frame = known_patients.frame.iloc[:14].reset_index(drop=True)
    return frame.assign(week="w" + frame["week"].astype(str))


@pytest.fixture(scope="module")
def built(spec_from: Callable[[str], Spec]) -> Callable[[pd.DataFrame, dict[str, float]], Parts]:
    def build(frame: pd.DataFrame, priors: dict[str, float]) -> Parts:
        spec = spec_from(TEXT.format(**priors))
        analysis, rows = plan(spec, cohort_from_frame(frame)).jobs[0]
        return analysis, rows, design_of(bambi_model(analysis, rows))

    return build


@pytest.fixture(scope="module")
def structure_density() -> Callable[[Parts], float]:
    """Log density of the structure at the point, one compilation for every data set."""
    model = random_intercept.pymc_model(len(BETA))
    compiled = model.compile_logp(jacobian=False)
    point = {
        "coefficients": BETA,
        "group_sigma_log__": np.log(TAU),
        "sigma_log__": np.log(SIGMA),
    }

    def density(parts: Parts) -> float:
        with model:
            for name, value in random_intercept.swap_data(*parts).items():
                model.set_data(name, value)
        return float(compiled(point))

    return density


def bambi_density(parts: Parts, effects: np.ndarray) -> float:
    """Log p(y, theta) from a freshly built Bambi model: log p(y, u, theta) - log p(u | y, theta)."""
    analysis, rows, design = parts
    model = bambi_model(analysis, rows)
    model.build()
    graph = model.backend.model
    point = {
        "Intercept": BETA[0],
        "week": BETA[1:3],
        "x": BETA[3],
        "1|subject_sigma_log__": np.log(TAU),
        "sigma_log__": np.log(SIGMA),
        "1|subject_offset": effects / TAU,  # Bambi's is not centred: u = offset * tau
    }
    # FAST_COMPILE runs the graph in Python: hundreds of graphs are evaluated once each.
    joint = float(graph.compile_logp(jacobian=False, mode="FAST_COMPILE")(point))
    joint -= len(effects) * np.log(TAU)  # density of u, not of u / tau
    data = rows.data
    residual = data["y"].to_numpy() - design.X @ BETA
    codes = data["subject"].cat.codes.to_numpy()
    for j, u in enumerate(effects):
        own = residual[codes == j]
        precision = len(own) / SIGMA**2 + 1 / TAU**2
        joint -= stats.norm(own.sum() / SIGMA**2 / precision, precision**-0.5).logpdf(u)
    return joint


def test_density_is_bambis_after_every_change_of_a_datum(
    table: pd.DataFrame,
    built: Callable[[pd.DataFrame, dict[str, float]], Parts],
    structure_density: Callable[[Parts], float],
) -> None:
    effects = np.random.default_rng(1).normal(0, 2, size=table["subject"].nunique())
    start = structure_density(built(table, PRIORS))
    seen = {start}
    np.testing.assert_allclose(start, bambi_density(built(table, PRIORS), effects), rtol=1e-10)
    for row in range(len(table)):
        for column in ("y", "x", "week", "subject"):
            other = table.copy()
            if column in ("y", "x"):
                other.loc[row, column] += 1.7
            else:
                present = sorted(table[column].unique())
                place = present.index(table.loc[row, column])
                other.loc[row, column] = present[(place + 1) % len(present)]
            parts = built(other, PRIORS)
            found = structure_density(parts)
            u = effects[: other["subject"].nunique()]  # a subject may have lost its only row
            np.testing.assert_allclose(found, bambi_density(parts, u), rtol=1e-10)
            seen.add(round(found, 8))
    # No datum is without effect: every changed table has its own density.
    assert len(seen) == 1 + 4 * len(table)


@pytest.mark.parametrize("name", PRIORS)
def test_density_is_bambis_after_every_change_of_a_prior(
    name: str,
    table: pd.DataFrame,
    built: Callable[[pd.DataFrame, dict[str, float]], Parts],
    structure_density: Callable[[Parts], float],
) -> None:
    effects = np.random.default_rng(2).normal(0, 2, size=table["subject"].nunique())
    parts = built(table, PRIORS | {name: PRIORS[name] + 0.9})
    found = structure_density(parts)
    np.testing.assert_allclose(found, bambi_density(parts, effects), rtol=1e-10)
    assert abs(found - structure_density(built(table, PRIORS))) > 1e-4


def test_density_stays_exact_far_from_zero(
    table: pd.DataFrame,
    built: Callable[[pd.DataFrame, dict[str, float]], Parts],
) -> None:
    # IgE has a mean of thousands and TEC of hundreds: sums of squares must not cancel.
    shift = 1e4
    model = random_intercept.pymc_model(len(BETA))
    compiled = model.compile_logp(jacobian=False)
    found = []
    for by in (0.0, shift):
        parts = built(table.assign(y=table["y"] + by), PRIORS | {"mu0": PRIORS["mu0"] + by})
        with model:
            for name, value in random_intercept.swap_data(*parts).items():
                model.set_data(name, value)
        point = {
            "coefficients": BETA + np.array([by, 0, 0, 0]),
            "group_sigma_log__": np.log(TAU),
            "sigma_log__": np.log(SIGMA),
        }
        found.append(float(compiled(point)))
    np.testing.assert_allclose(found[1], found[0], atol=1e-5)


@pytest.fixture(scope="module")
def parts(table: pd.DataFrame, built: Callable[[pd.DataFrame, dict[str, float]], Parts]) -> Parts:
    return built(table, PRIORS)


def posterior_of(n: int, parts: Parts) -> xr.Dataset:
    """The same point in every draw."""
    sampled = xr.Dataset(
        {
            "coefficients": (("chain", "draw", "k"), np.tile(BETA, (2, n, 1))),
            "group_sigma": (("chain", "draw"), np.full((2, n), TAU)),
            "sigma": (("chain", "draw"), np.full((2, n), SIGMA)),
        }
    )
    analysis, rows, design = parts
    return random_intercept.named(sampled, rows, design, analysis, np.random.default_rng(3))


def test_log_likelihood_of_a_subject_is_a_multivariate_normal(parts: Parts) -> None:
    analysis, rows, design = parts
    found = log_likelihood(posterior_of(1, parts), rows, design, analysis)
    mean = design.X @ BETA
    for j, name in enumerate(rows.data["subject"].cat.categories):
        own = (rows.data["subject"] == name).to_numpy()
        n = int(own.sum())
        covariance = TAU**2 * np.ones((n, n)) + SIGMA**2 * np.eye(n)
        expected = stats.multivariate_normal(mean[own], covariance).logpdf(rows.data["y"][own])
        np.testing.assert_allclose(found[0, 0, j], expected, rtol=1e-10)
    assert found.shape == (2, 1, rows.n_units)


def test_group_effects_have_their_conditional_mean_and_variance(parts: Parts) -> None:
    analysis, rows, design = parts
    n = 4000
    drawn = draw_group_effects(
        posterior_of(n, parts), rows, design, analysis, np.random.default_rng(4)
    )
    residual = rows.data["y"].to_numpy() - design.X @ BETA
    codes = rows.data["subject"].cat.codes.to_numpy()
    for j, name in enumerate(rows.data["subject"].cat.categories):
        own = residual[codes == j]
        variance = 1 / (len(own) / SIGMA**2 + 1 / TAU**2)
        values = drawn.sel({"subject__factor_dim": name}).to_numpy().ravel()
        z = (values.mean() - variance * own.sum() / SIGMA**2) / np.sqrt(variance / (2 * n))
        assert abs(z) < 4
        # the ratio of variances has SD sqrt(2 / draws)
        assert abs(values.var() / variance - 1) < 4 * np.sqrt(2 / (2 * n))


def test_replicates_are_new_patients(parts: Parts) -> None:
    analysis, rows, design = parts
    n = 4000
    values = replicate(
        posterior_of(n, parts), rows, design, analysis, np.random.default_rng(6)
    ).reshape(-1, rows.n_rows)
    total = TAU**2 + SIGMA**2
    z = (values.mean(axis=0) - design.X @ BETA) / np.sqrt(total / (2 * n))
    assert np.abs(z).max() < 4.5
    codes = rows.data["subject"].cat.codes.to_numpy()
    same = np.equal.outer(codes, codes)
    expected = TAU**2 * same + SIGMA**2 * np.eye(rows.n_rows)
    error = 4.5 * np.sqrt((total**2 + expected**2) / (2 * n))
    assert (np.abs(np.cov(values.T) - expected) < error).all()


def test_draws_agree_with_bambis_own_graph(mixed_fit: Fit) -> None:
    model = mixed_fit.bambi_model
    other = model.fit(
        draws=1000, tune=1000, chains=4, cores=2, inference_method="nutpie", random_seed=7,
        progressbar=False,
    )["posterior"].to_dataset()  # fmt: skip
    names = ["Intercept", "visit", "1|patient_sigma", "sigma", "1|patient"]
    ours, theirs = mixed_fit.posterior[names], other[names]
    for name in names:
        spread = np.hypot(az.mcse(ours)[name].to_numpy(), az.mcse(theirs)[name].to_numpy())
        means = [part[name].mean(("chain", "draw")).to_numpy() for part in (ours, theirs)]
        # 4 MCSE for one comparison; 4.5 where 99 patients are compared at once.
        assert (np.abs(means[0] - means[1]) < (4.5 if name == "1|patient" else 4) * spread).all()
        sds = [part[name].std(("chain", "draw")).to_numpy() for part in (ours, theirs)]
        np.testing.assert_allclose(sds[0], sds[1], rtol=0.12)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", True),
        ("(1|subject)", "(x|subject)", False),
        ('family = "gaussian"', 'family = "gaussian"\nlink = "log"', False),
        ('"HalfNormal", sigma = 7.0', '"HalfCauchy", beta = 7.0', False),
        ('"HalfNormal", sigma = 5.0', '"Exponential", lam = 5.0', False),
        ('"Normal", mu = 0.5, sigma = 2.0', '"Laplace", mu = 0.5, b = 2.0', False),
        ("sigma = 5.0 }", 'sigma = { distribution = "HalfNormal", sigma = 1 } }', False),
    ],
)
def test_only_its_own_kind_of_model_is_taken(
    old: str, new: str, expected: bool, spec_from: Callable[[str], Spec]
) -> None:
    text = TEXT.format(**PRIORS)
    assert old in text
    text = text.replace(old, new)
    if "(x|subject)" in text:
        text += text[text.index('[priors.only."1|subject"]') :].replace("1|subject", "x|subject")
    assert matches(spec_from(text).analyses()[0]) is expected
