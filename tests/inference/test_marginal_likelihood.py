"""The patient's marginal likelihood: quadrature against the Gaussian closed form and a binary integral."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr
from scipy import stats
from scipy.integrate import quad
from scipy.special import expit, log_expit

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.read import cohort_from_frame
from adbayes.errors import SpecError
from adbayes.inference import marginal_likelihood
from adbayes.inference.fit import Fit
from adbayes.inference.marginal_likelihood import (
    new_effects,
    patient_log_likelihood,
    thinned,
    unit_names,
)

BINARY = """
name = "own"
title = "t"
[data]
outcome = "y"
[model]
formula = "y ~ x + (1|subject)"
family = "bernoulli"
[priors.only]
Intercept = { distribution = "Normal", mu = 0, sigma = 1.5, why = "w" }
x = { distribution = "Normal", mu = 0, sigma = 1, why = "w" }
"1|subject" = { distribution = "Normal", mu = 0, sigma = { distribution = "HalfNormal", sigma = 1 }, why = "w" }
"""


@pytest.fixture(scope="module")
def binary_fit(given_draws: Callable[..., Fit], known_patients: Cohort) -> Fit:
    frame = known_patients.frame
    frame = frame.assign(y=(frame["y"] > frame["y"].median()).astype(int))
    rng = np.random.default_rng(7)
    tau = rng.uniform(0.3, 1.5, (2, 50))
    return given_draws(
        BINARY,
        cohort_from_frame(frame, evidence="simulated"),
        Intercept=rng.normal(0, 1, (2, 50)),
        x=rng.normal(0, 1, (2, 50)),
        **{"1|subject_sigma": tau, "1|subject": tau[..., None] * rng.normal(size=(2, 50, 12))},
    )


def test_quadrature_equals_the_closed_form(mixed_fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = mixed_fit.patient_log_likelihood
    assert exact.dims == ("chain", "draw", "unit")
    # The same fit as if it had come through Bambi's graph.
    monkeypatch.setattr(marginal_likelihood, "structure_of", lambda _: None)
    found = patient_log_likelihood(mixed_fit, size=40)
    assert found.sizes["draw"] == 10
    np.testing.assert_allclose(
        found, exact.sel(draw=found["draw"], unit=found["unit"]), rtol=0, atol=2e-4
    )
    # Fewer nodes are less exact: the comparison can fail.
    rough = patient_log_likelihood(mixed_fit, nodes=3, size=40)
    assert np.abs(rough - exact.sel(draw=rough["draw"], unit=rough["unit"])).max() > 1e-3


def test_a_binary_integral(binary_fit: Fit) -> None:
    found = patient_log_likelihood(binary_fit, size=8)
    posterior = binary_fit.posterior.sel(draw=found["draw"])
    data = binary_fit.frame.data
    units = unit_names(binary_fit)
    for chain, draw in ((0, 0), (1, 1)):
        at = posterior.isel(chain=chain, draw=draw)
        tau = float(at["1|subject_sigma"])
        for unit in found["unit"].to_numpy()[:4]:
            own = data[units == unit]
            eta = float(at["Intercept"]) + float(at["x"]) * own["x"].to_numpy()
            sign = 2 * own["y"].to_numpy() - 1

            def density(b: float, eta: np.ndarray, sign: np.ndarray, tau: float) -> float:
                inside = log_expit(sign * (eta + b)).sum() + stats.norm(0, tau).logpdf(b)
                return float(np.exp(inside))

            ends = -8 * tau - 1, 8 * tau + 1
            exact, _ = quad(density, *ends, args=(eta, sign, tau), epsabs=1e-13, limit=200)
            got = float(found.isel(chain=chain, draw=draw).sel(unit=unit))
            assert got == pytest.approx(np.log(exact), abs=1e-3)


def test_rows_are_summed_over_patients_without_effects(female_fit: Fit) -> None:
    found = female_fit.patient_log_likelihood
    data = female_fit.frame.data
    assert list(found["unit"].to_numpy()) == data["patient"].astype(str).to_list()
    beta = female_fit.design.coefficient_draws(female_fit.posterior)[0, 0]
    p = expit(female_fit.design.X @ beta)
    expected = stats.bernoulli(p).logpmf(data["easi90"].to_numpy().astype(int))
    np.testing.assert_allclose(found.isel(chain=0, draw=0), expected)


def test_several_effects_are_refused(binary_fit: Fit) -> None:
    a = binary_fit.analysis
    formula = dataclasses.replace(a.mean, groups=("1|subject", "x|subject"))
    two = dataclasses.replace(binary_fit, analysis=dataclasses.replace(a, formulas={"mu": formula}))
    assert two.analysis.group_effects == ("1|subject", "x|subject")
    with pytest.raises(SpecError, match="not one normal intercept a subject"):
        patient_log_likelihood(two)


def test_new_effects_have_the_draws_own_spread() -> None:
    sigma = xr.DataArray(np.array([[1.0, 4.0]]), dims=("chain", "draw"))
    effects = xr.DataArray(np.zeros((1, 2, 4000)), dims=("chain", "draw", "g__factor_dim"))
    found = new_effects(xr.Dataset({"1|g_sigma": sigma, "1|g": effects}), np.random.default_rng(1))[
        "1|g"
    ].to_numpy()
    assert found[0].std(axis=1) == pytest.approx([1, 4], rel=4 / np.sqrt(2 * 4000))


def test_thinning_keeps_all_chains(mixed_fit: Fit) -> None:
    found = thinned(mixed_fit.posterior, 400)
    assert (found.sizes["chain"], found.sizes["draw"]) == (4, 100)
    assert thinned(mixed_fit.posterior, 10**9).sizes["draw"] == 1000
