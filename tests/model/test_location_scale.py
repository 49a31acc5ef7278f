"""The swappable location-scale density against Bambi's graph, SciPy, and Behrens and Fisher."""

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
from adbayes.model import location_scale
from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design, bambi_model, design_of
from adbayes.model.compiled import structure_of
from adbayes.model.frame import ModelFrame
from adbayes.model.location_scale import log_likelihood, matches, named, prior_draws, replicate
from adbayes.model.spec import Spec, load_spec

TEXT = """
name = "own"
title = "own"
[data]
outcome = "y"
[model]
formula = {{ mu = "y ~ x + g + offset(w)", sigma = "g + offset(w)" }}
family = "{family}"
[priors.only]
Intercept = {{ distribution = "Normal", mu = {mu0}, sigma = {s0}, why = "w" }}
x = {{ distribution = "Normal", mu = {mu1}, sigma = {s1}, why = "w" }}
g = {{ distribution = "Normal", mu = {mu2}, sigma = {s2}, why = "w" }}
sigma.Intercept = {{ distribution = "Normal", mu = {mu3}, sigma = {s3}, why = "w" }}
sigma.g = {{ distribution = "Normal", mu = {mu4}, sigma = {s4}, why = "w" }}
{nu}
"""
NU = 'nu = {{ distribution = "Gamma", alpha = {alpha}, beta = {beta}, why = "w" }}'
PRIORS = {
    "mu0": 0.3, "s0": 1.5, "mu1": -0.4, "s1": 0.8, "mu2": 0.2, "s2": 1.1,
    "mu3": 0.1, "s3": 0.7, "mu4": -0.2, "s4": 0.6, "alpha": 2.0, "beta": 0.3,
}  # fmt: skip
# Values at which the densities are compared.
LOCATION, SPREAD, DF = np.array([0.6, -0.9, 1.3]), np.array([0.4, -0.7]), 5.5
FAMILIES = ("gaussian", "t")
Parts = tuple[Analysis, ModelFrame, Design]
Build = Callable[[str, pd.DataFrame, dict[str, float]], Parts]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    n = 10
    return pd.DataFrame(
        {
            "x": rng.normal(size=n),
            "g": np.tile([0.0, 1.0], n // 2),
            "w": np.linspace(-0.5, 0.5, n),
            "y": rng.normal(size=n),
        }
    )


@pytest.fixture(scope="module")
def built(spec_from: Callable[[str], Spec]) -> Build:
    def build(family: str, frame: pd.DataFrame, priors: dict[str, float]) -> Parts:
        nu = NU.format(**priors) if family == "t" else ""
        text = TEXT.format(family=family, nu=nu, **priors)
        analysis, rows = plan(spec_from(text), cohort_from_frame(frame)).jobs[0]
        assert structure_of(analysis) is location_scale
        return analysis, rows, design_of(bambi_model(analysis, rows))

    return build


@pytest.fixture(scope="module")
def structure_density() -> Callable[[Parts], float]:
    models = {family: location_scale.pymc_model(3, 2, family) for family in FAMILIES}
    compiled = {f: model.compile_logp(jacobian=False) for f, model in models.items()}

    def density(parts: Parts) -> float:
        family = parts[0].family.name
        with models[family]:
            for name, value in location_scale.swap_data(*parts).items():
                models[family].set_data(name, value)
        point = {"coefficients": LOCATION, "scale_coefficients": SPREAD}
        if family == "t":
            point["nu_log__"] = np.asarray(np.log(DF))
        return float(compiled[family](point))

    return density


def bambi_density(parts: Parts) -> float:
    model = bambi_model(parts[0], parts[1])
    model.build()
    joint = model.backend.model.compile_logp(jacobian=False, mode="FAST_COMPILE")
    point = dict(zip(("Intercept", "x", "g"), LOCATION, strict=True))
    point |= dict(zip(("sigma_Intercept", "sigma_g"), SPREAD, strict=True))
    if parts[0].family.name == "t":
        point["nu_log__"] = np.log(DF)
    return float(joint({name: np.asarray(value) for name, value in point.items()}))


@pytest.mark.parametrize("family", FAMILIES)
def test_density_is_bambis_after_every_change_of_a_datum(
    family: str, table: pd.DataFrame, built: Build, structure_density: Callable[[Parts], float]
) -> None:
    changed = table.copy()
    seen = set()
    # All rows of a column moved at once, and one row of each by itself.
    for column in ("x", "w", "y", "g"):
        for rows in ([3], list(range(len(table)))):
            other = changed.copy()
            old = other.loc[rows, column]
            other.loc[rows, column] = 1 - old if column == "g" else old + 0.7
            parts = built(family, other, PRIORS)
            found = structure_density(parts)
            np.testing.assert_allclose(found, bambi_density(parts), rtol=1e-10)
            seen.add(round(found, 8))
    assert len(seen) == 8


@pytest.mark.parametrize(
    ("family", "name"), [(f, n) for f in FAMILIES for n in PRIORS if f == "t" or n[0] in "ms"]
)
def test_every_prior_counts(
    family: str, name: str, table: pd.DataFrame, built: Build,
    structure_density: Callable[[Parts], float],
) -> None:  # fmt: skip
    parts = built(family, table, PRIORS | {name: PRIORS[name] + 0.7})
    found = structure_density(parts)
    assert abs(found - structure_density(built(family, table, PRIORS))) > 1e-3
    expected = float(log_likelihood(point_draws(1, parts), *parts[1:], parts[0])[0, 0].sum())
    priors = parts[0].priors
    values = dict(zip(("Intercept", "x", "g"), LOCATION, strict=True))
    values |= dict(zip(("sigma.Intercept", "sigma.g"), SPREAD, strict=True))
    values |= {"nu": DF} if family == "t" else {}
    expected += sum(float(priors[key].log_density(np.asarray(v))) for key, v in values.items())
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def point_draws(n: int, parts: Parts) -> xr.Dataset:
    analysis, rows, design = parts
    sampled = xr.Dataset(
        {
            "coefficients": (("chain", "draw", "k"), np.tile(LOCATION, (2, n, 1))),
            "scale_coefficients": (("chain", "draw", "m"), np.tile(SPREAD, (2, n, 1))),
            "nu": (("chain", "draw"), np.full((2, n), DF)),
        },
        {"chain": [0, 1], "draw": range(n)},
    )
    return named(sampled, rows, design, analysis, np.random.default_rng(1))


@pytest.mark.parametrize("family", FAMILIES)
def test_likelihood_and_replicates_are_scipys(
    family: str, table: pd.DataFrame, built: Build
) -> None:
    parts = analysis, rows, design = built(family, table, PRIORS)
    location = LOCATION[0] + LOCATION[1] * table["x"] + LOCATION[2] * table["g"] + table["w"]
    scale = np.exp(SPREAD[0] + SPREAD[1] * table["g"] + table["w"])
    truth = stats.t(DF, location, scale) if family == "t" else stats.norm(location, scale)
    found = log_likelihood(point_draws(3, parts), rows, design, analysis)
    expected = np.broadcast_to(truth.logpdf(table["y"]), found.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-10)
    values = replicate(point_draws(3000, parts), rows, design, analysis, np.random.default_rng(2))
    for row in range(len(table)):
        one = stats.t(DF) if family == "t" else stats.norm()
        z = (values[..., row].ravel() - location[row]) / scale[row]
        assert stats.kstest(z, one.cdf).pvalue > 1e-4


@pytest.mark.parametrize("family", FAMILIES)
def test_prior_draws_follow_their_priors(family: str, table: pd.DataFrame, built: Build) -> None:
    analysis, rows, design = built(family, table, PRIORS)
    drawn = prior_draws(rows, design, analysis, 4000, np.random.default_rng(3))
    assert ("nu" in drawn) == (family == "t")
    for name, key in (("g", "g"), ("sigma_g", "sigma.g"), ("nu", "nu")):
        if key in analysis.priors:
            truth = analysis.priors[key].frozen()
            assert stats.kstest(drawn[name].to_numpy().ravel(), truth.cdf).pvalue > 1e-4


def test_it_is_for_this_likelihood_alone() -> None:
    (normal, *_) = load_spec("ldh_groups_easi").analyses()
    (robust, *_) = load_spec("ldh_groups_easi").analyses("student_t")
    assert matches(normal)
    assert matches(robust)
    for name in ("easi_change", "easi90_univariable", "easi_fraction"):
        assert not matches(load_spec(name).analyses()[0])
    assert not matches(load_spec("ldh_change").analyses("lognormal")[0])


FLAT = """
name = "flat"
title = "flat"
[data]
outcome = "y"
[model]
formula = { mu = "y ~ g", sigma = "g" }
family = "gaussian"
[priors.reference]
Intercept = { distribution = "Normal", mu = 0, sigma = 1e4, why = "flat" }
g = { distribution = "Normal", mu = 0, sigma = 1e4, why = "flat" }
sigma.Intercept = { distribution = "Normal", mu = 0, sigma = 100, why = "1 / sigma" }
sigma.g = { distribution = "Normal", mu = 0, sigma = 100, why = "1 / sigma of the other group" }
[estimands]
report = ["mean_difference"]
"""


def test_under_flat_priors_it_is_behrens_and_fishers_posterior(
    spec_from: Callable[[str], Spec],
) -> None:
    rng = np.random.default_rng(9)
    low, high = rng.normal(60, 9, 30), rng.normal(50, 25, 8)
    frame = pd.DataFrame({"y": np.r_[low, high], "g": np.r_[np.zeros(30), np.ones(8)]})
    found = fit(spec_from(FLAT), cohort_from_frame(frame), draws=3000, cores=2)
    assert isinstance(found, Fit)
    (row,) = found.summary().query("estimand == 'mean_difference'").to_dict("records")
    # The difference of two independent shifted and scaled t variables: its distribution function is
    # that of the one, averaged over the quantiles of the other.
    levels = (np.arange(20000) + 0.5) / 20000
    wide = stats.t(len(high) - 1, high.mean(), stats.sem(high))
    narrow = stats.t(len(low) - 1, low.mean(), stats.sem(low)).ppf(levels)
    for column, tail in (("ci_low", 0.025), ("median", 0.5), ("ci_high", 0.975)):
        below = wide.cdf(narrow + row[column]).mean()
        error = np.sqrt(tail * (1 - tail) / row["ess_tail"])
        assert abs(below - tail) < 4.5 * error, (column, below)
    sd = np.hypot(wide.std(), np.sqrt(29 / 27) * stats.sem(low))
    assert row["sd"] == pytest.approx(sd, rel=0.06)
    # Welch's interval is close to it, and a pooled variance is not.
    pooled = stats.ttest_ind(high, low).confidence_interval()
    assert row["ci_high"] - row["ci_low"] > 1.2 * (pooled.high - pooled.low)
