"""Every family through Bambi's own graph, from a spec, on a table with known parameters."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from adbayes.cohort.read import cohort_from_frame
from adbayes.inference.fit import Fit, top_level_priors
from adbayes.inference.fitting import fit
from adbayes.model.compiled import structure_of
from adbayes.model.spec import Spec

N = 150
NORMAL = '{ distribution = "Normal", mu = 0, sigma = 3, why = "w" }'
HALF = '{ distribution = "HalfNormal", sigma = 3, why = "w" }'
GROUP = (
    '{ distribution = "Normal", mu = 0, '
    'sigma = { distribution = "HalfNormal", sigma = 2 }, why = "w" }'
)
Frame = dict[str, np.ndarray]
Make = Callable[[np.random.Generator, Frame], np.ndarray]


def spec_text(formula: str, family: str, priors: dict[str, str], outcome: str = "y") -> str:
    stated = "\n".join(f'"{name}" = {prior}' for name, prior in priors.items() if "." not in name)
    nested = "".join(
        f"\n[priors.only.{name.split('.')[0]}]\n"
        + "\n".join(
            f'"{n.split(".")[1]}" = {p}'
            for n, p in priors.items()
            if n.startswith(name.split(".")[0] + ".")
        )
        for name in [n for n in priors if "." in n][:1]
    )
    return f"""
name = "family"
title = "family"
[data]
outcome = "{outcome}"
[model]
formula = {formula if formula.startswith("{") else repr(formula)}
family = "{family}"
[priors.only]
{stated}{nested}
"""


def table(seed: int) -> tuple[np.random.Generator, Frame]:
    rng = np.random.default_rng(seed)
    groups = np.tile(np.arange(15), N // 15)
    return rng, {
        "x": rng.normal(size=N),
        "a": np.array([f"a{g}" for g in groups]),
        "b": np.array([f"b{g}" for g in rng.integers(0, 12, N)]),
        "trials": np.full(N, 12),
        "effect_a": rng.normal(0, 1.0, 15)[groups],
        "slope_a": rng.normal(0, 0.8, 15)[groups],
    }


def line(f: Frame) -> np.ndarray:
    return np.asarray(0.5 + 0.8 * f["x"])


def probability(f: Frame) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-line(f))))


def crossed(rng: np.random.Generator, f: Frame) -> np.ndarray:
    levels, codes = np.unique(f["b"], return_inverse=True)
    effect = rng.normal(0, 1.2, len(levels))[codes]
    return np.asarray(line(f) + f["effect_a"] + effect + rng.normal(0, 0.7, N))


def nested(rng: np.random.Generator, f: Frame) -> np.ndarray:
    pairs = np.char.add(f["a"], f["b"])
    levels, codes = np.unique(pairs, return_inverse=True)
    effect = rng.normal(0, 1.0, len(levels))[codes]
    return np.asarray(line(f) + f["effect_a"] + effect + rng.normal(0, 0.5, N))


def ordinal(rng: np.random.Generator, f: Frame) -> np.ndarray:
    latent = 0.8 * f["x"] + rng.logistic(size=N)
    return np.asarray(1 + np.digitize(latent, [-1.0, 0.5, 1.5]))


LINE = {"Intercept": NORMAL, "x": NORMAL}
TRUE_LINE = {"Intercept": 0.5, "x": 0.8}
# formula, family, priors, true values, data
FAMILIES: dict[str, tuple[str, str, dict[str, str], dict[str, float], Make]] = {
    "gaussian": (
        "y ~ x", "gaussian", LINE | {"sigma": HALF}, TRUE_LINE | {"sigma": 0.9},
        lambda rng, f: line(f) + rng.normal(0, 0.9, N),
    ),
    "t": (
        "y ~ x", "t",
        LINE | {"sigma": HALF, "nu": '{ distribution = "Gamma", alpha = 2, beta = 0.1, why = "w" }'},
        TRUE_LINE | {"sigma": 0.8, "nu": 4.0},
        lambda rng, f: line(f) + 0.8 * rng.standard_t(4, N),
    ),
    "bernoulli_probit": (
        "y ~ x", "bernoulli", LINE, {"x": 0.8 / 1.7},  # logistic is near probit divided by 1.7
        lambda rng, f: rng.binomial(1, probability(f)),
    ),
    "binomial": (
        "p(y, trials) ~ x", "binomial", LINE, TRUE_LINE,
        lambda rng, f: rng.binomial(12, probability(f)),
    ),
    "beta_binomial": (
        "p(y, trials) ~ x", "beta_binomial", LINE | {"kappa": HALF.replace("3", "20")},
        TRUE_LINE | {"kappa": 6.0},
        lambda rng, f: rng.binomial(12, rng.beta(6 * probability(f), 6 * (1 - probability(f)))),
    ),
    "negativebinomial": (
        "y ~ x", "negativebinomial", LINE | {"alpha": HALF}, TRUE_LINE | {"alpha": 3.0},
        lambda rng, f: rng.poisson(np.exp(line(f)) * rng.gamma(3, 1 / 3, N)),
    ),
    "gamma": (
        "y ~ x", "gamma", LINE | {"alpha": HALF}, TRUE_LINE | {"alpha": 4.0},
        lambda rng, f: rng.gamma(4, np.exp(line(f)) / 4),
    ),
    "cumulative": (
        "y ~ x", "cumulative", {"x": NORMAL, "threshold": NORMAL},
        {"x": 0.8, "threshold[0]": -1.0, "threshold[1]": 0.5, "threshold[2]": 1.5}, ordinal,
    ),
    "crossed": (
        "y ~ x + (1|a) + (1|b)", "gaussian", LINE | {"sigma": HALF, "1|a": GROUP, "1|b": GROUP},
        {"x": 0.8, "1|a_sigma": 1.0, "1|b_sigma": 1.2, "sigma": 0.7}, crossed,
    ),
    "nested": (
        "y ~ x + (1|a/b)", "gaussian", LINE | {"sigma": HALF, "1|a": GROUP, "1|a:b": GROUP},
        {"x": 0.8, "1|a_sigma": 1.0, "1|a:b_sigma": 1.0, "sigma": 0.5}, nested,
    ),
    "slope": (
        "y ~ x + (x|a)", "gaussian", LINE | {"sigma": HALF, "1|a": GROUP, "x|a": GROUP},
        {"x": 0.8, "1|a_sigma": 1.0, "x|a_sigma": 0.8, "sigma": 0.6},
        lambda rng, f: line(f) + f["effect_a"] + f["slope_a"] * f["x"] + rng.normal(0, 0.6, N),
    ),
    "distributional": (
        '{ mu = "y ~ x", sigma = "x" }', "gaussian",
        LINE | {"sigma.Intercept": NORMAL, "sigma.x": NORMAL},
        TRUE_LINE | {"sigma_Intercept": -0.3, "sigma_x": 0.4},
        lambda rng, f: line(f) + np.exp(-0.3 + 0.4 * f["x"]) * rng.normal(size=N),
    ),
}  # fmt: skip
DEFAULT = ("gaussian", "binomial", "cumulative", "distributional")


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=() if n in DEFAULT else pytest.mark.slow) for n in FAMILIES]
)
def test_family_recovers_its_parameters(name: str, spec_from: Callable[[str], Spec]) -> None:
    formula, family, priors, truth, make = FAMILIES[name]
    text = spec_text(formula, family, priors)
    if name.endswith("probit"):
        text = text.replace('family = "bernoulli"', 'family = "bernoulli"\nlink = "probit"')
    rng, frame = table(seed=12)
    data = pd.DataFrame({**frame, "y": make(rng, frame)})
    spec = spec_from(text)
    # Only a formula for the SD has a compiled density of its own.
    assert (structure_of(spec.analyses()[0]) is None) == (name != "distributional")
    found = fit(spec, cohort_from_frame(data, evidence="simulated"), draws=500, tune=500, cores=2)
    assert isinstance(found, Fit)

    diagnosed = found.diagnostics().iloc[0]
    assert diagnosed["min_ess_bulk"] > 100
    assert diagnosed["max_r_hat"] < 1.05
    summary = found.summary().set_index("term")
    missing = set(truth) - set(summary.index)
    assert not missing
    for term, value in truth.items():
        variable, _, level = term.partition("[")
        draws = found.posterior[variable]
        if level:
            draws = draws[..., int(level[:-1])]
        low, high = np.quantile(draws, [0.0005, 0.9995])
        assert low < value < high, term

    # What later steps read: priors and likelihood of every draw, replicates on the outcome's scale.
    tree = found.draws
    assert set(tree["log_prior"].data_vars) == set(top_level_priors(found.analysis))
    assert all(np.isfinite(v).all() for v in tree["log_prior"].data_vars.values())
    (pointwise,) = tree["log_likelihood"].data_vars.values()
    assert pointwise.sizes["__obs__"] == N
    assert np.isfinite(pointwise).all()
    checks = found.check()
    after = checks[checks["check"] == "posterior_predictive"].set_index("statistic")
    centre = "share of 1" if family == "bernoulli" else "mean"
    assert 0.005 < after.loc[centre, "tail_area"] < 0.995
