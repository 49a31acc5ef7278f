"""The density with intercepts integrated out and SDs of their own, against Bambi's graph and SciPy."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

from adbayes.cohort.read import cohort_from_frame
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit
from adbayes.inference.plan import plan
from adbayes.model import random_intercept_scale
from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design, bambi_model, design_of
from adbayes.model.compiled import structure_of
from adbayes.model.frame import ModelFrame
from adbayes.model.random_intercept_scale import (
    log_likelihood,
    matches,
    named,
    places,
    prior_draws,
    replicate,
)
from adbayes.model.spec import Spec, load_spec

TEXT = """
name = "own"
title = "own"
[data]
outcome = "y"
[model]
formula = {{ mu = "y ~ week + x + offset(w) + (1|subject)", sigma = "0 + week + offset(w)" }}
family = "{family}"
[priors.only]
Intercept = {{ distribution = "Normal", mu = {mu0}, sigma = {s0}, why = "w" }}
week = {{ distribution = "Normal", mu = [{mu1}, {mu2}], sigma = {s1}, why = "w" }}
x = {{ distribution = "Normal", mu = {mu3}, sigma = {s3}, why = "w" }}
sigma.week = {{ distribution = "Normal", mu = {mu4}, sigma = {s4}, why = "w" }}
[priors.only."1|subject"]
distribution = "Normal"
mu = 0
why = "w"
sigma = {{ distribution = "HalfNormal", sigma = {tau} }}
"""
PRIORS = {
    "mu0": 3.0, "s0": 0.9, "mu1": -0.2, "mu2": -0.5, "s1": 0.4, "mu3": 0.5, "s3": 0.7,
    "mu4": -1.2, "s4": 0.8, "tau": 0.7,
}  # fmt: skip
# A point that is no special one of any prior.
BETA, GAMMA, TAU = np.array([2.7, -0.4, -0.9, 0.07]), np.array([-1.1, -0.6, -0.9]), 0.45
FAMILIES = ("gaussian", "lognormal")
Parts = tuple[Analysis, ModelFrame, Design]
Build = Callable[[str, pd.DataFrame, dict[str, float]], Parts]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Five subjects with three, two or one rows, not in order."""
    rng = np.random.default_rng(5)
    subject = ["c", "a", "a", "b", "c", "a", "d", "b", "e", "c"]
    n = len(subject)
    week = ["w0", "w0", "w1", "w2", "w1", "w2", "w0", "w1", "w2", "w2"]
    return pd.DataFrame(
        {
            "subject": subject, "week": week, "x": rng.normal(size=n),
            "w": np.linspace(-0.3, 0.4, n), "y": np.exp(rng.normal(2.5, 0.6, n)),
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def built(spec_from: Callable[[str], Spec]) -> Build:
    def build(family: str, frame: pd.DataFrame, priors: dict[str, float]) -> Parts:
        spec = spec_from(TEXT.format(family=family, **priors))
        analysis, rows = plan(spec, cohort_from_frame(frame)).jobs[0]
        assert structure_of(analysis) is random_intercept_scale
        return analysis, rows, design_of(bambi_model(analysis, rows))

    return build


@pytest.fixture(scope="module")
def structure_density() -> Callable[[Parts], float]:
    """Log density of the structure at the point, one compilation for every data set."""
    model = random_intercept_scale.pymc_model(len(BETA), len(GAMMA))
    compiled = model.compile_logp(jacobian=False)
    point = {"coefficients": BETA, "scale_coefficients": GAMMA, "group_sigma_log__": np.log(TAU)}

    def density(parts: Parts) -> float:
        with model:
            for name, value in random_intercept_scale.swap_data(*parts).items():
                model.set_data(name, value)
        return float(compiled(point))

    return density


def at_the_point(parts: Parts) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The outcome where it is normal, its mean and SD at an intercept of 0, and the subject of each row."""
    analysis, rows, _ = parts
    data = rows.data
    y = data["y"].to_numpy(dtype=float)
    week = data["week"].astype(str).map({"w0": 0, "w1": 1, "w2": 2}).to_numpy()
    mean = BETA[0] + np.r_[0, BETA[1:3]][week] + BETA[3] * data["x"] + data["w"]
    sd = np.exp(GAMMA[week] + data["w"])
    y = np.log(y) if analysis.family.name == "lognormal" else y
    return y, mean.to_numpy(), sd.to_numpy(), data["subject"].cat.codes.to_numpy()


def bambi_density(parts: Parts, effects: np.ndarray) -> float:
    """Log p(y, theta) from a freshly built Bambi model: log p(y, u, theta) - log p(u | y, theta)."""
    analysis, rows, _ = parts
    model = bambi_model(analysis, rows)
    model.build()
    point = {
        "Intercept": BETA[0], "week": BETA[1:3], "x": BETA[3], "sigma_week": GAMMA,
        "1|subject_sigma_log__": np.log(TAU),
    }  # fmt: skip
    centred = analysis.family.name == "lognormal"
    point |= {"1|subject": effects} if centred else {"1|subject_offset": effects / TAU}
    graph = model.backend.model
    joint = float(graph.compile_logp(jacobian=False, mode="FAST_COMPILE")(point))
    if not centred:
        joint -= len(effects) * np.log(TAU)  # density of u, not of u / tau
    y, mean, sd, codes = at_the_point(parts)
    for j, u in enumerate(effects):
        own = codes == j
        precision = (sd[own] ** -2).sum() + TAU**-2
        pull = ((y - mean)[own] / sd[own] ** 2).sum()
        joint -= stats.norm(pull / precision, precision**-0.5).logpdf(u)
    return joint


@pytest.mark.parametrize("family", FAMILIES)
def test_density_is_bambis_after_every_change_of_a_datum(
    family: str, table: pd.DataFrame, built: Build, structure_density: Callable[[Parts], float]
) -> None:
    effects = np.array([0.3, -0.2, 0.5, 0.1, -0.4])
    seen = set()
    for column in ("x", "w", "y", "week", "subject"):
        for row in (1, 6):
            other = table.copy()
            if column == "week":
                other.loc[row, column] = "w2"
            elif column == "subject":
                other.loc[row, column] = "e"
            else:
                other.loc[row, column] += 0.7
            parts = built(family, other, PRIORS)
            found = structure_density(parts)
            u = effects[: other["subject"].nunique()]  # a subject may have lost its only row
            np.testing.assert_allclose(found, bambi_density(parts, u), rtol=1e-10)
            seen.add(round(found, 8))
    assert len(seen) == 10


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", PRIORS)
def test_density_is_bambis_after_every_change_of_a_prior(
    family: str, name: str, table: pd.DataFrame, built: Build,
    structure_density: Callable[[Parts], float],
) -> None:  # fmt: skip
    parts = built(family, table, PRIORS | {name: PRIORS[name] + 0.9})
    found = structure_density(parts)
    effects = np.array([0.1, -0.5, 0.2, 0.4, -0.1])
    np.testing.assert_allclose(found, bambi_density(parts, effects), rtol=1e-10)
    assert abs(found - structure_density(built(family, table, PRIORS))) > 1e-4


def posterior_of(n: int, parts: Parts) -> xr.Dataset:
    """The same point in every draw."""
    sampled = xr.Dataset(
        {
            "coefficients": (("chain", "draw", "k"), np.tile(BETA, (2, n, 1))),
            "scale_coefficients": (("chain", "draw", "m"), np.tile(GAMMA, (2, n, 1))),
            "group_sigma": (("chain", "draw"), np.full((2, n), TAU)),
        }
    )
    analysis, rows, design = parts
    return named(sampled, rows, design, analysis, np.random.default_rng(3))


@pytest.mark.parametrize("family", FAMILIES)
def test_log_likelihood_of_a_subject_is_a_multivariate_normal(
    family: str, table: pd.DataFrame, built: Build
) -> None:
    parts = analysis, rows, design = built(family, table, PRIORS)
    found = log_likelihood(posterior_of(1, parts), rows, design, analysis)
    assert found.dims == ("chain", "draw", "subject")
    y, mean, sd, codes = at_the_point(parts)
    for j, name in enumerate(rows.data["subject"].cat.categories):
        own = codes == j
        covariance = TAU**2 + np.diag(sd[own] ** 2)
        expected = stats.multivariate_normal(mean[own], covariance).logpdf(y[own])
        if family == "lognormal":
            expected -= y[own].sum()
        np.testing.assert_allclose(found.sel(subject=name), expected, rtol=1e-10)


@pytest.mark.parametrize("family", FAMILIES)
def test_group_effects_have_their_conditional_mean_and_variance(
    family: str, table: pd.DataFrame, built: Build
) -> None:
    parts = _, rows, _ = built(family, table, PRIORS)
    n = 4000
    drawn = posterior_of(n, parts)["1|subject"]
    y, mean, sd, codes = at_the_point(parts)
    for j, name in enumerate(rows.data["subject"].cat.categories):
        own = codes == j
        variance = 1 / ((sd[own] ** -2).sum() + TAU**-2)
        centre = variance * ((y - mean)[own] / sd[own] ** 2).sum()
        z = (drawn.sel({"subject__factor_dim": name}).to_numpy().ravel() - centre) / variance**0.5
        assert stats.kstest(z, stats.norm.cdf).pvalue > 1e-4


@pytest.mark.parametrize("family", FAMILIES)
def test_replicates_are_new_subjects(family: str, table: pd.DataFrame, built: Build) -> None:
    parts = analysis, rows, design = built(family, table, PRIORS)
    n = 4000
    values = replicate(posterior_of(n, parts), rows, design, analysis, np.random.default_rng(6))
    values = np.log(values) if family == "lognormal" else values
    values = values.reshape(-1, rows.n_rows)
    _, mean, sd, codes = at_the_point(parts)
    total = TAU**2 + sd**2
    assert (np.abs(values.mean(axis=0) - mean) < 4.5 * np.sqrt(total / (2 * n))).all()
    expected = TAU**2 * np.equal.outer(codes, codes) + np.diag(sd**2)
    error = 4.5 * np.sqrt((np.outer(total, total) + expected**2) / (2 * n))
    assert (np.abs(np.cov(values.T) - expected) < error).all()


def test_prior_draws_follow_their_priors(table: pd.DataFrame, built: Build) -> None:
    analysis, rows, design = built("lognormal", table, PRIORS)
    drawn = prior_draws(rows, design, analysis, 4000, np.random.default_rng(3))
    truths = {
        "Intercept": stats.norm(3.0, 0.9), "x": stats.norm(0.5, 0.7),
        "1|subject_sigma": stats.halfnorm(scale=0.7),
    }  # fmt: skip
    for name, truth in truths.items():
        assert stats.kstest(drawn[name].to_numpy().ravel(), truth.cdf).pvalue > 1e-4
    for k in range(3):
        values = drawn["sigma_week"].to_numpy()[0, :, k]
        assert stats.kstest(values, stats.norm(-1.2, 0.8).cdf).pvalue > 1e-4
    assert "1|subject" not in drawn


def test_rows_of_a_subject_stand_side_by_side(table: pd.DataFrame, built: Build) -> None:
    analysis, rows, _ = built("gaussian", table, PRIORS)
    group, place = places(rows, analysis)
    assert len(set(zip(group, place, strict=True))) == len(table)
    counts = rows.data["subject"].value_counts(sort=False).to_numpy()
    for code, count in enumerate(counts):
        assert sorted(place[group == code]) == list(range(count))


def test_labs_whose_visits_tell_much_of_a_patient_are_sampled_well() -> None:
    # Between patients an SD of 0.3, between visits of 0.12: with the intercepts as parameters 200 of 4000
    # draws are effective.
    rng = np.random.default_rng(11)
    weeks, patients = np.array([0, 16, 32, 52]), 64
    log = 5.5 + rng.normal(0, 0.3, (patients, 1)) - 0.3 * (weeks > 0)
    log = log + rng.normal(0, 0.12, log.shape)
    frame = pd.DataFrame(
        {
            "patient": np.repeat([f"p{k}" for k in range(patients)], len(weeks)),
            "visit": np.tile(weeks, patients),
            "ldh": np.round(np.exp(log)).ravel(),
        }
    )
    found = fit("ldh_change", cohort_from_frame(frame), variant="lognormal", cores=2)
    assert isinstance(found, Fit)
    assert found.gate.passed
    assert found.retries == 0
    (between,) = found.summary().query("term == '1|patient_sigma'").to_dict("records")
    assert abs(between["mean"] - 0.3) < 4 * between["sd"]
    assert between["ess_bulk"] > 1000


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(1|subject)", "(x|subject)"),
        ('family = "gaussian"', 'family = "gaussian"\nlink = "log"'),
        ('family = "gaussian"', 'family = "gamma"'),
        ('"HalfNormal", sigma = 0.7', '"HalfCauchy", beta = 0.7'),
        ('"Normal", mu = 0.5, sigma = 0.7', '"Laplace", mu = 0.5, b = 0.7'),
        ('sigma = "0 + week + offset(w)"', 'sigma = "0 + week + (1|subject)"'),
    ],
)
def test_only_its_own_kind_of_model_is_taken(
    old: str, new: str, spec_from: Callable[[str], Spec]
) -> None:
    text = TEXT.format(family="gaussian", **PRIORS)
    assert matches(spec_from(text).analyses()[0])
    assert old in text
    text = text.replace(old, new)
    block = text[text.index('[priors.only."1|subject"]') :]
    if "(x|subject)" in text:
        text += block.replace("1|subject", "x|subject")
    if 'week + (1|subject)"' in text:
        text += block.replace('"1|subject"', 'sigma."1|subject"')
    if "gamma" in text:
        text = text.replace("sigma.week", "alpha.week").replace('sigma = "0', 'alpha = "0')
    assert not matches(spec_from(text).analyses()[0])


def test_the_labs_of_the_paper_are_of_this_structure() -> None:
    for name in ("ige_change", "tec_change", "ldh_change"):
        assert structure_of(load_spec(name).analyses("lognormal")[0]) is random_intercept_scale
