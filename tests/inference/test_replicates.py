"""Outcomes drawn from priors and posteriors have the moments that the model says."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.read import cohort_from_frame
from adbayes.inference.fit import Fit
from adbayes.inference.plan import plan
from adbayes.inference.replicates import outcomes, prior_outcomes
from adbayes.model.bambi_model import bambi_model, design_of
from adbayes.model.spec import Spec, load_spec

ORDINAL = """
name = "ordinal"
title = "t"
[data]
outcome = "y"
[model]
formula = "y ~ x"
family = "cumulative"
[priors.only]
x = { distribution = "Normal", mu = 0, sigma = 1, why = "w" }
threshold = { distribution = "Normal", mu = 0, sigma = 2, why = "w" }
"""


def test_prior_outcomes_of_a_mixed_model(mixed_fit: Fit) -> None:
    n = 4000
    rng = np.random.default_rng(1)
    found = prior_outcomes(mixed_fit.analysis, mixed_fit.frame, mixed_fit.design, n, rng)
    assert found.shape == (n, mixed_fit.frame.n_rows)
    priors = mixed_fit.analysis.priors
    centre, spread = float(priors["Intercept"]["mu"]), float(priors["Intercept"]["sigma"])
    change = float(priors["visit"]["sigma"])
    within, between = priors["sigma"]["sigma"], priors["1|patient"]["sigma"]["sigma"]
    # The square of a half-normal variable has the mean of its scale squared.
    visit = mixed_fit.frame.data["visit"].to_numpy()
    later = (visit != "0").astype(float)
    sd = np.sqrt(spread**2 + later * change**2 + within**2 + between**2)
    # Rows share the draws of the parameters: each is judged by itself, one row a visit.
    for row in [int(np.flatnonzero(visit == v)[0]) for v in ("0", "16", "32", "52")]:
        assert abs(found[:, row].mean() - centre) < 4 * sd[row] / np.sqrt(n)
        np.testing.assert_allclose(found[:, row].std(), sd[row], rtol=0.06)
    # Two visits of one patient share the patient's effect and the intercept.
    pair = np.flatnonzero(mixed_fit.frame.data["patient"] == mixed_fit.frame.data["patient"][0])
    covariance = np.cov(found[:, pair[:2]].T)[0, 1]
    assert abs(covariance - spread**2 - between**2) < 4 * sd[0] * sd[pair[1]] / np.sqrt(n) * 1.3


def test_prior_outcomes_of_a_logistic_model(female_fit: Fit) -> None:
    n = 4000
    rng = np.random.default_rng(2)
    found = prior_outcomes(female_fit.analysis, female_fit.frame, female_fit.design, n, rng)
    assert set(np.unique(found)) == {0.0, 1.0}
    # A symmetric prior about zero: every row responds in half the draws.
    z = (found.mean(axis=0) - 0.5) / np.sqrt(0.25 / n)
    assert np.abs(z).max() < 4.5


def test_posterior_outcomes_follow_the_data(mixed_fit: Fit) -> None:
    found = outcomes(
        mixed_fit.analysis, mixed_fit.frame, mixed_fit.design, mixed_fit.posterior,
        np.random.default_rng(3),
    )  # fmt: skip
    assert found.shape == (4000, mixed_fit.frame.n_rows)
    p = mixed_fit.posterior
    expected = np.sqrt((p["sigma"] ** 2 + p["1|patient_sigma"] ** 2).mean()).item()
    first = (mixed_fit.frame.data["visit"] == "0").to_numpy()
    np.testing.assert_allclose(found[:, first].mean(), p["Intercept"].mean(), atol=0.1)
    np.testing.assert_allclose((found[:, 0]).std(), expected, rtol=0.06)


def test_patients_of_bambis_graphs_are_new_ones(patients: Cohort) -> None:
    # Effects of the data's patients that would show at once, and a small SD between patients.
    ((analysis, frame),) = plan(load_spec("ldh_change"), patients, "lognormal").jobs
    design = design_of(bambi_model(analysis, frame))
    n, tau, sigma = 400, 0.3, 0.1
    names = frame.data["patient"].cat.categories
    shape = (1, n)
    draws = xr.Dataset(
        {
            "Intercept": (("chain", "draw"), np.full(shape, 5.5)),
            "visit": (("chain", "draw", "visit_dim"), np.zeros((*shape, 3))),
            "sigma_visit": (("chain", "draw", "sigma_visit_dim"), np.full((*shape, 4), np.log(sigma))),
            "1|patient_sigma": (("chain", "draw"), np.full(shape, tau)),
            "1|patient": (("chain", "draw", "patient__factor_dim"), np.full((*shape, len(names)), 9.0)),
        },
        coords={
            "chain": [0], "draw": range(n), "visit_dim": ["16", "32", "52"],
            "sigma_visit_dim": ["0", "16", "32", "52"], "patient__factor_dim": list(names),
        },
    )  # fmt: skip
    found = np.log(outcomes(analysis, frame, design, draws, np.random.default_rng(7)))
    assert found.shape == (n, frame.n_rows)
    assert draws["1|patient"].min() == 9  # the posterior itself is left alone
    effective = n * len(names)
    assert abs(found.mean() - 5.5) < 4.5 * np.hypot(tau, sigma) / np.sqrt(effective)
    np.testing.assert_allclose(found.std(), np.hypot(tau, sigma), rtol=0.02)
    # Two visits of one patient share the patient's effect, two patients nothing.
    first = frame.data["patient"] == names[0]
    one, two = np.flatnonzero(first)[:2]
    other = np.flatnonzero(~first)[0]
    correlation = np.corrcoef(found[:, [one, two, other]].T)
    expected = tau**2 / (tau**2 + sigma**2)
    assert abs(correlation[0, 1] - expected) < 4.5 * (1 - expected**2) / np.sqrt(n)
    assert abs(correlation[0, 2]) < 4.5 / np.sqrt(n)


def test_equal_streams_give_equal_outcomes(female_fit: Fit) -> None:
    made = [
        outcomes(
            female_fit.analysis, female_fit.frame, female_fit.design, female_fit.posterior,
            np.random.default_rng(seed),
        )
        for seed in (5, 5, 6)
    ]  # fmt: skip
    np.testing.assert_array_equal(made[0], made[1])
    assert (made[0] != made[2]).any()


def test_ordered_outcomes_carry_the_classes_of_the_data(spec_from: Callable[[str], Spec]) -> None:
    rng = np.random.default_rng(4)
    classes = np.array([2, 5, 9])
    table = pd.DataFrame({"x": rng.normal(size=30), "y": rng.choice(classes, 30)})
    analysis, frame = plan(spec_from(ORDINAL), cohort_from_frame(table)).jobs[0]
    design = design_of(bambi_model(analysis, frame))
    found = prior_outcomes(analysis, frame, design, 100, rng)
    assert found.shape == (100, 30)
    assert set(np.unique(found)) == set(classes.astype(float))


def test_a_hurdle_makes_zeros_and_gamma_fractions(
    patients: Cohort, fit_with: Callable[..., Fit]
) -> None:
    shape, above, mean = np.array([9.0, 5.0, 2.3]), np.array([0.95, 0.9, 0.8]), np.exp(-1.4)
    values = {"Intercept": -1.4, "visit": (0.0, 0.0), "1|patient_sigma": 0.0}
    values |= {"1|patient": np.zeros(patients.n_patients), "alpha_visit": np.log(shape)}
    values |= {"psi_visit": np.log(above / (1 - above))}
    fit = fit_with("easi_fraction", patients, values, draws=40)
    made = outcomes(fit.analysis, fit.frame, fit.design, fit.posterior, np.random.default_rng(6))
    for k, week in enumerate(("16", "32", "52")):
        rows = made[:, (fit.frame.data["visit"] == week).to_numpy()].ravel()
        n = rows.size
        assert abs((rows > 0).mean() - above[k]) < 4 * np.sqrt(above[k] * (1 - above[k]) / n)
        positive = rows[rows > 0]
        assert abs(positive.mean() - mean) < 4 * mean / np.sqrt(shape[k] * len(positive))
        np.testing.assert_allclose(positive.std() / mean, 1 / np.sqrt(shape[k]), rtol=0.08)


def test_classes_of_new_groups_share_an_effect_within_a_group(
    patients: Cohort, fit_with: Callable[..., Fit]
) -> None:
    effects = np.where(np.arange(patients.n_patients) < 50, 8.0, -8.0)
    values = {"threshold": (-0.3, 2.9), "visit": (0.0, 0.0), "1|patient_sigma": 8.0}
    fit = fit_with("easi_classes", patients, values | {"1|patient": effects}, draws=200)
    made = outcomes(fit.analysis, fit.frame, fit.design, fit.posterior, np.random.default_rng(7))
    assert set(np.unique(made)) <= {0.0, 1.0, 2.0}
    codes = fit.frame.data["patient"].cat.codes.to_numpy()
    # The effects are those of new patients: those of the data's own go nowhere.
    high, low = (made[:, codes < 50].mean(), made[:, codes >= 50].mean())
    assert high == pytest.approx(low, abs=4 * 2**0.5 / np.sqrt(200 * 49))
    # Three visits of one new patient share its effect: half of the variance and more lies between.
    first, second = np.array(
        [np.flatnonzero(codes == k)[:2] for k in range(50) if (codes == k).sum() > 1]
    ).T
    assert np.corrcoef(made[:, first].ravel(), made[:, second].ravel())[0, 1] > 0.5
