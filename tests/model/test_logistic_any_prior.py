"""The density with priors of several families against Bambi's graph, and its posterior by quadrature."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import special

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.read import cohort_from_frame
from adbayes.inference.plan import plan
from adbayes.inference.sampler import sample
from adbayes.model import logistic_any_prior
from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design, bambi_model, design_of
from adbayes.model.compiled import structure_of
from adbayes.model.frame import ModelFrame
from adbayes.model.priors import Prior
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
Intercept = { distribution = "Normal", mu = 0.3, sigma = 1.5, why = "w" }
x = { distribution = "Normal", mu = 0, sigma = 1, why = "w" }
g = { distribution = "Normal", mu = 0, sigma = 1, why = "w" }
"""
BETA = np.array([0.6, -0.9, 1.3])
Parts = tuple[Analysis, ModelFrame, Design]
PRIORS = {
    "normal": Prior.of("Normal", mu=-0.4, sigma=0.8),
    "normal elsewhere": Prior.of("Normal", mu=0.3, sigma=0.8),
    "log-F": Prior.of("LogF", m=1.0),
    "log-F of more": Prior.of("LogF", m=2.5),
    "Cauchy": Prior.of("Cauchy", alpha=0.2, beta=2.5),
    "wider Cauchy": Prior.of("Cauchy", alpha=0.2, beta=3.5),
    "Student": Prior.of("StudentT", nu=4, mu=0.5, sigma=1.2),
    "lighter Student": Prior.of("StudentT", nu=7, mu=0.5, sigma=1.2),
    "mixture": Prior.of("NormalMixture", w=[0.8, 0.2], mu=[1.1, 0.0], sigma=[0.5, 1.5]),
    "other weights": Prior.of("NormalMixture", w=[0.6, 0.4], mu=[1.1, 0.0], sigma=[0.5, 1.5]),
    "three": Prior.of("NormalMixture", w=[0.5, 0.3, 0.2], mu=[1, 0, -1], sigma=[0.5, 1.5, 2]),
}


@pytest.fixture(scope="module")
def parts(binary_table: Cohort, spec_from: Callable[[str], Spec]) -> Callable[..., Parts]:
    frame = binary_table.frame.iloc[:14].reset_index(drop=True)
    table: pd.DataFrame = frame.assign(w=np.linspace(-1, 1, len(frame)))

    def build(**priors: Prior) -> Parts:
        analysis, rows = plan(spec_from(TEXT), cohort_from_frame(table)).jobs[0]
        analysis = replace(analysis, priors=analysis.priors | priors)
        return analysis, rows, design_of(bambi_model(analysis, rows))

    return build


@pytest.mark.parametrize("name", PRIORS)
def test_density_is_bambis_whatever_the_family(name: str, parts: Callable[..., Parts]) -> None:
    # Beside another family, and beside a mixture, which adds a component to every coefficient.
    other = "mixture" if list(PRIORS).index(name) % 2 else "log-F"
    density_is_bambis(parts(x=PRIORS[name], g=PRIORS[other]))


def test_density_is_bambis_with_a_mixture_for_each_level(parts: Callable[..., Parts]) -> None:
    row = Prior.of("NormalMixture", w=[[0.8, 0.2]], mu=[[1.1, 0.0]], sigma=[[0.5, 1.5]])
    density_is_bambis(parts(x=PRIORS["three"], g=row))


def density_is_bambis(built: Parts) -> None:
    analysis, rows, design = built
    assert logistic_any_prior.matches(analysis)
    model = logistic_any_prior.pymc_model(*logistic_any_prior.frozen(analysis, rows, design))
    with model:
        for key, value in logistic_any_prior.swap_data(*built).items():
            model.set_data(key, value)
    density = model.compile_logp(mode="FAST_COMPILE")({"coefficients": BETA})
    bambi = bambi_model(analysis, rows)
    bambi.build()
    joint = bambi.backend.model.compile_logp(jacobian=False, mode="FAST_COMPILE")
    theirs = joint({"Intercept": BETA[0], "x": BETA[1], "g": BETA[2]})
    np.testing.assert_allclose(density, theirs, rtol=1e-10)


def test_all_normal_priors_keep_the_simpler_structure(parts: Callable[..., Parts]) -> None:
    assert structure_of(parts()[0]) is not logistic_any_prior
    assert structure_of(parts(x=PRIORS["log-F"])[0]) is logistic_any_prior
    assert structure_of(parts(x=Prior.of("Laplace", mu=0, b=1))[0]) is None


@pytest.mark.parametrize("name", ["log-F", "Cauchy", "mixture"])
def test_posterior_is_that_of_quadrature(name: str, parts: Callable[..., Parts]) -> None:
    analysis, rows, design = parts(x=PRIORS[name], g=Prior.of("Normal", mu=0, sigma=0.001))
    settings = analysis.sampler.model_copy(update={"draws": 2000, "tune": 500})
    draws, _ = sample(analysis, rows, design, settings)
    x = np.ravel(draws["x"].to_numpy())
    # With the third coefficient held at 0, two are left: a sum over a fine grid.
    b0, b1 = np.linspace(-6, 8, 281)[:, None], np.linspace(-14, 14, 561)[None, :]
    log = PRIORS[name].log_density(b1) - 0.5 * ((b0 - 0.3) / 1.5) ** 2
    y = rows.data["y"].to_numpy(dtype=float)
    offset = np.asarray(design.offset)
    for row, outcome, known in zip(design.X, y, offset, strict=True):
        eta = known + row[0] * b0 + row[1] * b1
        log = log + outcome * eta - np.logaddexp(0, eta)
    weight = special.softmax(log)
    below = weight.sum(axis=0).cumsum()
    for level in (0.1, 0.5, 0.9):
        at = np.interp(level, below, b1[0] + 0.025)
        share = (x <= at).mean()
        # Draws from compiled structures are close to independent; five standard errors of 2000.
        assert abs(share - level) < 5 * np.sqrt(level * (1 - level) / 2000)
