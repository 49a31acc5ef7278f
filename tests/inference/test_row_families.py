"""Densities of rows are Bambi's, and new outcomes follow SciPy's distributions."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats
from scipy.special import expit

from adbayes.cohort.read import cohort_from_frame
from adbayes.errors import SpecError
from adbayes.inference.fit import Fit
from adbayes.inference.marginal_likelihood import new_effects
from adbayes.inference.plan import plan
from adbayes.inference.replicates import prior_outcomes
from adbayes.inference.row_families import (
    FAMILIES,
    log_density,
    new_outcomes,
    prior_draws,
)
from adbayes.model.bambi_model import bambi_model, design_of
from adbayes.model.families import FAMILIES as ALL
from adbayes.model.families import TRIALS_FAMILIES
from adbayes.model.spec import Spec

AUXILIARY = {
    "sigma": ("HalfNormal", "sigma = 1"),
    "nu": ("Gamma", "alpha = 2, beta = 0.3"),
    "alpha": ("HalfNormal", "sigma = 5"),
    "kappa": ("HalfNormal", "sigma = 5"),
    "psi": ("Beta", "alpha = 2, beta = 2"),
}
# At these values every outcome below has a probability that is no special one.
VALUES = {"sigma": 0.7, "nu": 4.5, "alpha": 3.2, "kappa": 6.5, "psi": 0.8}
X, EFFECT, INTERCEPT, SLOPE = np.tile([-0.8, 0.1, 0.9], 4), np.array([0.4, -0.3]), 0.2, 0.6
OUTCOMES = {
    "real": np.linspace(-2, 2, 12),
    "positive": np.linspace(0.2, 3, 12),
    "zeros": np.r_[0.0, 0.0, np.linspace(0.2, 3, 10)],
    "share": np.linspace(0.05, 0.9, 12),
    "binary": np.tile([0.0, 1.0, 1.0], 4),
    "count": np.arange(12.0) % 7,
    "classes": np.arange(12.0) % 3,
}
OF = {
    "gaussian": "real", "t": "real", "lognormal": "positive", "gamma": "positive",
    "hurdle_gamma": "zeros", "beta": "share", "bernoulli": "binary", "binomial": "count",
    "beta_binomial": "count", "negativebinomial": "count", "cumulative": "classes",
}  # fmt: skip
THRESHOLDS = np.array([-0.7, 0.9])
Make = Callable[..., Fit]


def further(family: str) -> bool:
    """Whether a family has parameters beside the mean that may have a formula."""
    return bool(VALUES.keys() & set(ALL[family].auxiliary))


def text_of(family: str, link: str, own: bool) -> str:
    """A spec with one slope and one intercept a group; with `own`, a formula for each further parameter."""
    response = "p(y, 9)" if family in TRIALS_FAMILIES else "y"
    others = [name for name in ALL[family].auxiliary if name != "threshold"]
    formulas = [f'mu = "{response} ~ x + (1|g)"', *(f'{name} = "z"' for name in others if own)]
    names = ["x", *([] if family == "cumulative" else ["Intercept"])]
    names += [f"{name}.{term}" for name in others if own for term in ("Intercept", "z")]
    names += ["threshold"] if family == "cumulative" else []
    normal = '{ distribution = "Normal", mu = 0, sigma = 1, why = "w" }'
    priors = [f"{name} = {normal}" for name in names]
    priors += [
        f'{name} = {{ distribution = "{AUXILIARY[name][0]}", {AUXILIARY[name][1]}, why = "w" }}'
        for name in others
        if not own
    ]
    half = '{ distribution = "HalfNormal", sigma = 1 }'
    priors += [f'"1|g" = {{ distribution = "Normal", mu = 0, sigma = {half}, why = "w" }}']
    model = [f"formula = {{ {', '.join(formulas)} }}", f'family = "{family}"', f'link = "{link}"']
    head = ['name = "own"', 'title = "t"', "[data]", 'outcome = "y"', "[model]"]
    return "\n".join([*head, *model, "[priors.only]", *priors])


@pytest.fixture(scope="module")
def made(given_draws: Make) -> Make:
    def make(family: str, link: str, *, own: bool, draws: int) -> Fit:
        rows = pd.DataFrame(
            {
                "y": OUTCOMES[OF[family]], "x": X, "z": np.repeat([0.0, 1.0, 0.0, 1.0], 3),
                "g": np.repeat(["a", "b"], 6),
            }
        )  # fmt: skip
        shape = (2, draws)
        values = {"x": np.full(shape, SLOPE), "1|g_sigma": np.full(shape, 0.5)}
        values["1|g"] = np.tile(EFFECT, (*shape, 1))
        if family != "cumulative":
            values["Intercept"] = np.full(shape, INTERCEPT)
        for name in set(ALL[family].auxiliary) - {"threshold"}:
            if own:
                start = np.log(VALUES[name]) if name != "psi" else np.log(0.8 / 0.2)
                values |= {f"{name}_Intercept": np.full(shape, start)}
                values |= {f"{name}_z": np.full(shape, 0.3)}
            else:
                values[name] = np.full(shape, VALUES[name])
        fit = given_draws(text_of(family, link, own), cohort_from_frame(rows), **values)
        if family != "cumulative":
            return fit
        cuts = np.tile(THRESHOLDS, (*shape, 1))
        cut = fit.posterior.assign(threshold=(("chain", "draw", "threshold_dim"), cuts))
        return dataclasses.replace(fit, posterior=cut)

    return make


CASES = [
    (family, link, own)
    for family in ALL
    for link in ALL[family].links
    for own in (False, True)
    if not (
        own and (link != ALL[family].links[0] or not VALUES.keys() & set(ALL[family].auxiliary))
    )
    and link not in ("inverse", "identity")
] + [("gaussian", "identity", True), ("t", "identity", False), ("lognormal", "identity", False)]


@pytest.mark.parametrize(("family", "link", "own"), CASES)
def test_densities_are_bambis(family: str, link: str, own: bool, made: Make) -> None:
    fit = made(family, link, own=own, draws=1)
    found = log_density(fit.analysis, fit.frame, fit.design, fit.posterior)
    tree = xr.DataTree.from_dict({"posterior": fit.posterior})
    fit.bambi_model.compute_log_likelihood(tree)
    (expected,) = tree["log_likelihood"].to_dataset().data_vars.values()
    assert found.shape == (2, 1, fit.frame.n_rows)
    assert np.unique(found.round(6)).size > 4
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def truth_of(family: str, eta: float, z: float, own: bool) -> object:
    """SciPy's distribution of a row."""
    at = {
        name: VALUES[name] * (np.exp(0.3 * z) if own else 1) for name in VALUES if name != "psi"
    } | {"psi": expit(np.log(4) + 0.3 * z) if own else 0.8}  # fmt: skip
    mean = np.exp(eta) if family in ("gamma", "hurdle_gamma", "negativebinomial") else expit(eta)
    alpha, kappa = at["alpha"], at["kappa"]
    return {
        "gaussian": lambda: stats.norm(eta, at["sigma"]),
        "t": lambda: stats.t(at["nu"], eta, at["sigma"]),
        "lognormal": lambda: stats.lognorm(at["sigma"], scale=np.exp(eta)),
        "gamma": lambda: stats.gamma(alpha, scale=mean / alpha),
        "hurdle_gamma": lambda: (at["psi"], stats.gamma(alpha, scale=mean / alpha)),
        "beta": lambda: stats.beta(mean * kappa, (1 - mean) * kappa),
        "bernoulli": lambda: stats.bernoulli(mean),
        "binomial": lambda: stats.binom(9, mean),
        "beta_binomial": lambda: stats.betabinom(9, mean * kappa, (1 - mean) * kappa),
        "negativebinomial": lambda: stats.nbinom(alpha, alpha / (alpha + mean)),
        "cumulative": lambda: stats.rv_discrete(
            values=([0, 1, 2], np.diff(np.r_[0, expit(THRESHOLDS - eta), 1]))
        ),
    }[family]()


@pytest.mark.parametrize(
    ("family", "own"), [(f, o) for f in ALL for o in (False, True) if not o or further(f)]
)
def test_new_outcomes_follow_their_distribution(family: str, own: bool, made: Make) -> None:
    fit = made(family, ALL[family].links[0], own=own, draws=2000)
    drawn = new_outcomes(
        fit.analysis, fit.frame, fit.design, fit.posterior, np.random.default_rng(8)
    )
    assert drawn.shape == (2, 2000, 12)
    for row in (0, 4, 11):
        start = 0.0 if family == "cumulative" else INTERCEPT
        eta = start + SLOPE * X[row] + EFFECT[row // 6]
        truth = truth_of(family, eta, float(row // 3 % 2), own)
        values = drawn[..., row].ravel()
        if family == "hurdle_gamma":
            above, truth = truth
            assert stats.binomtest(int((values > 0).sum()), values.size, above).pvalue > 1e-4
            values = values[values > 0]
        if OF[family] in ("binary", "count", "classes"):
            top = int(values.max()) + 1
            share = np.r_[truth.pmf(np.arange(top)), truth.sf(top - 1)]
            counts = np.r_[np.bincount(values.astype(int), minlength=top), 0]
            kept = share * values.size > 5
            rest = (~kept).any() and share[~kept].sum() > 0
            seen = np.r_[counts[kept], counts[~kept].sum()] if rest else counts[kept]
            asked = np.r_[share[kept], share[~kept].sum()] if rest else share[kept]
            assert stats.chisquare(seen, asked / asked.sum() * seen.sum()).pvalue > 1e-4
        else:
            assert stats.kstest(values, truth.cdf).pvalue > 1e-4


@pytest.mark.parametrize("family", ["t", "hurdle_gamma", "beta_binomial"])
@pytest.mark.parametrize("own", [False, True])
def test_parameters_follow_their_priors(family: str, own: bool, made: Make) -> None:
    fit = made(family, ALL[family].links[0], own=own, draws=1)
    a = fit.analysis
    drawn = prior_draws(a, fit.frame, fit.design, 4000, np.random.default_rng(9))
    names = {"Intercept": "Intercept", "x": "x"}
    for name in ALL[family].auxiliary:
        terms = ("Intercept", "z") if own else ()
        names |= {f"{name}_{term}": f"{name}.{term}" for term in terms} or {name: name}
    for name, key in names.items():
        truth = a.priors[key].frozen()
        assert stats.kstest(drawn[name].to_numpy().ravel(), truth.cdf).pvalue > 1e-4, name
    between = drawn["1|g_sigma"].to_numpy().ravel()
    assert stats.kstest(between, stats.halfnorm.cdf).pvalue > 1e-4
    assert drawn["1|g"].shape == (1, 4000, 2)


def test_thresholds_of_the_prior_increase(made: Make, spec_from: Callable[[str], Spec]) -> None:
    fit = made("cumulative", "logit", own=False, draws=1)
    drawn = prior_draws(fit.analysis, fit.frame, fit.design, 4000, np.random.default_rng(10))
    cuts = drawn["threshold"].to_numpy()[0]
    # The lower and the higher of two standard normal draws.
    assert stats.kstest(cuts[:, 0], lambda x: 1 - stats.norm.sf(x) ** 2).pvalue > 1e-4
    assert stats.kstest(cuts[:, 1], lambda x: stats.norm.cdf(x) ** 2).pvalue > 1e-4
    text = text_of("cumulative", "logit", own=False)
    old = 'threshold = { distribution = "Normal", mu = 0, sigma = 1'
    assert old in text

    def of(mu: str) -> np.ndarray:
        (a,) = spec_from(text.replace(old, old.replace("mu = 0", f"mu = {mu}"))).analyses()
        rng = np.random.default_rng(11)
        return prior_draws(a, fit.frame, fit.design, 4000, rng)["threshold"].to_numpy()[0]

    apart = of("[-0.5, 0.5]")
    # The difference of the two is normal about 1 with variance 2, given that it is above 0.
    truth = stats.truncnorm(-1 / 2**0.5, np.inf, 1, 2**0.5)
    assert stats.kstest(np.diff(apart, axis=1).ravel(), truth.cdf).pvalue > 1e-4
    with pytest.raises(SpecError, match="'threshold': 0 of 800000 draws increase"):
        of("[9, -9]")


def test_a_model_without_predictors_has_rows(spec_from: Callable[[str], Spec]) -> None:
    text = text_of("cumulative", "logit", own=False).replace("x + (1|g)", "1")
    text = "\n".join(line for line in text.splitlines() if not line.startswith(("x =", '"1|g"')))
    rows = cohort_from_frame(pd.DataFrame({"y": OUTCOMES["classes"]}))
    ((analysis, frame),) = plan(spec_from(text), rows).jobs
    design = design_of(bambi_model(analysis, frame))
    made = prior_outcomes(analysis, frame, design, 4000, np.random.default_rng(12))
    # Thresholds of the prior lie evenly about 0, so that the outer classes are equally likely.
    low, high = (made == 0).mean(axis=1), (made == 2).mean(axis=1)
    assert abs((low - high).mean()) < 4 * (low - high).std() / 4000**0.5
    assert 0.2 < (made == 1).mean() < 0.3


def test_all_families_of_a_spec_are_here() -> None:
    assert set(FAMILIES) == set(ALL)


NORMAL = '{ distribution = "Normal", mu = 0, sigma = 1, why = "w" }'
HALF = '{ distribution = "HalfNormal", sigma = 0.5 }'
GROUPED = {
    "slope": ("gaussian", 'mu = "y ~ x + (x|g)", sigma = "z"', "1|g x|g"),
    "levels": ("gaussian", 'mu = "y ~ v + (0 + v|g)", sigma = "z"', "v|g"),
    "contrasts": ("bernoulli", 'mu = "y ~ v + (v|g)"', "1|g v|g"),
    "of a scale": (
        "gaussian", 'mu = "y ~ x + (1|g)", sigma = "z + (x|g)"', "1|g sigma.1|g sigma.x|g"
    ),
    "two groups": ("cumulative", 'mu = "y ~ x + (1|g) + (x|v)"', "1|g 1|v x|v"),
}  # fmt: skip


@pytest.fixture(scope="module")
def grouped(spec_from: Callable[[str], Spec]) -> Callable[[str], Fit]:
    """A fit to 12 rows whose draws are 40 of the prior, with effects of groups."""

    def make(name: str, size: int = 40) -> Fit:
        family, formula, groups = GROUPED[name]
        head = ['name = "own"', 'title = "t"', "[data]", 'outcome = "y"', "[model]"]
        model = [f"formula = {{ {formula} }}", f'family = "{family}"', "[priors.only]"]
        common = ["x" if "~ x" in formula else "v"]
        common += ["threshold"] if family == "cumulative" else ["Intercept"]
        common += ["sigma.Intercept", "sigma.z"] if family == "gaussian" else []
        priors = [f"{one} = {NORMAL}" for one in common]
        priors += [
            f'"{one}" = {{ distribution = "Normal", mu = 0, sigma = {HALF}, why = "w" }}'
            for one in groups.split()
        ]
        rows = pd.DataFrame(
            {
                "y": OUTCOMES[OF[family]], "x": X, "z": np.repeat([0.0, 1.0, 0.0, 1.0], 3),
                "v": np.tile(["p", "q", "r", "q"], 3), "g": np.repeat(["a", "b"], 6),
            }
        )  # fmt: skip
        spec = spec_from("\n".join([*head, *model, *priors]))
        ((analysis, frame),) = plan(spec, cohort_from_frame(rows)).jobs
        design = design_of(bambi_model(analysis, frame))
        rng = np.random.default_rng(13)
        draws = new_effects(prior_draws(analysis, frame, design, size, rng), rng)
        return Fit(analysis, cohort_from_frame(rows), frame, design, draws, xr.Dataset(), 0, "")

    return make


@pytest.mark.parametrize("name", GROUPED)
def test_densities_with_slopes_of_groups_are_bambis(
    name: str, grouped: Callable[[str], Fit]
) -> None:
    fit = grouped(name)
    found = log_density(fit.analysis, fit.frame, fit.design, fit.posterior)
    tree = xr.DataTree.from_dict({"posterior": fit.posterior})
    assert fit.bambi_model is not None
    free = {variable.name for variable in fit.bambi_model.backend.model.free_RVs}
    assert free - set(fit.posterior) == {f"{one}_offset" for one in fit.analysis.group_effects}
    fit.bambi_model.compute_log_likelihood(tree)
    (expected,) = tree["log_likelihood"].to_dataset().data_vars.values()
    assert found.std(axis=1).min() > 0.05
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-10)
    pd.testing.assert_series_equal(
        fit.log_likelihood["y"].to_series(), pd.Series(found.ravel()),
        check_index=False, check_names=False,
    )  # fmt: skip


def test_slopes_of_groups_have_a_scale_a_level(grouped: Callable[..., Fit]) -> None:
    fit = grouped("contrasts", 4000)
    between = fit.posterior["v|g_sigma"]
    assert between.dims == ("chain", "draw", "v__expr_dim")
    assert between["v__expr_dim"].to_numpy().tolist() == ["q", "r"]
    for level in range(2):
        drawn = between[0, :, level].to_numpy()
        assert stats.kstest(drawn, stats.halfnorm(scale=0.5).cdf).pvalue > 1e-4
    assert abs(np.corrcoef(between[0].to_numpy().T)[0, 1]) < 4 / 4000**0.5
    assert fit.posterior["v|g"].dims == ("chain", "draw", "g__factor_dim", "v__expr_dim")
    assert fit.posterior["v|g"].shape == (1, 4000, 2, 2)


def test_outcomes_of_the_prior_scatter_as_its_slopes_do(grouped: Callable[..., Fit]) -> None:
    fit = grouped("of a scale", 4000)
    rng = np.random.default_rng(14)
    made = prior_outcomes(fit.analysis, fit.frame, fit.design, 20000, rng)
    # Given the scale a row is normal; the log scale adds z, an intercept and x times a slope, the mean
    # an intercept of 1, x, and an effect: all normal but for the half-normal SDs.
    for row in (0, 4, 11):
        x, z = X[row], float(row // 3 % 2)
        scale = np.random.default_rng(15).normal(size=(8, 400_000))
        log_scale = scale[0] + z * scale[1]
        log_scale += scale[2] * 0.5 * np.abs(scale[3]) + x * scale[4] * 0.5 * np.abs(scale[5])
        mean_spread = np.sqrt(1 + x**2 + (0.5 * scale[6]) ** 2)
        truth = np.hypot(np.exp(log_scale), mean_spread) * scale[7]
        assert stats.ks_2samp(made[:, row], truth[:20000]).pvalue > 1e-4


def test_thresholds_of_the_prior_increase_beside_slopes(grouped: Callable[..., Fit]) -> None:
    fit = grouped("two groups", 4000)
    assert (np.diff(fit.posterior["threshold"].to_numpy()) > 0).all()
    made = prior_outcomes(fit.analysis, fit.frame, fit.design, 4000, np.random.default_rng(16))
    # The logistic curve at two ordered standard normal thresholds about a normal predictor, by the formula.
    rng = np.random.default_rng(17)
    cuts = np.sort(rng.normal(size=(400_000, 2)), axis=1)
    half = 0.5 * np.abs(rng.normal(size=(3, 400_000)))
    spread = np.sqrt(X[0] ** 2 + half[0] ** 2 + half[1] ** 2 + (X[0] * half[2]) ** 2)
    eta = spread * rng.normal(size=400_000)
    middle = (expit(cuts[:, 1] - eta) - expit(cuts[:, 0] - eta)).mean()
    assert abs((made[:, 0] == 1).mean() - middle) < 4 * (middle * (1 - middle) / 4000) ** 0.5
