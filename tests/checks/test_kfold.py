"""Refits without patients: against importance sampling, and the average over new patients."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logsumexp
from scipy.stats import norm

from adbayes.checks.kfold import _log_predictive, kfold, without
from adbayes.checks.loo import leave_one_out
from adbayes.cohort.cohort import Cohort
from adbayes.cohort.read import cohort_from_frame
from adbayes.errors import SpecError
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit
from adbayes.model.spec import Spec

TEXT = """
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


def test_folds_agree_with_importance_sampling(mixed_fit: Fit) -> None:
    exact = kfold(mixed_fit, folds=3, cores=2)
    psis = leave_one_out(mixed_fit).elpd
    assert exact.pareto_k is None
    assert list(exact.elpd_i["unit"].to_numpy()) == list(psis.elpd_i["unit"].to_numpy())
    # A third of the patients less to learn from costs a few parameters' worth, no more.
    assert exact.elpd == pytest.approx(psis.elpd, abs=6)
    difference = exact.elpd_i.to_numpy() - psis.elpd_i.to_numpy()
    assert np.abs(difference).max() < 3
    assert np.corrcoef(exact.elpd_i, psis.elpd_i)[0, 1] > 0.99
    assert exact.p > 0


def test_as_many_folds_as_rows_are_the_exact_predictions(spec_from: Callable[[str], Spec]) -> None:
    rng = np.random.default_rng(3)
    x = np.round(rng.normal(size=14), 1)
    y = (rng.random(14) < expit(0.4 + 1.2 * x)).astype(int)
    y[np.argmax(x)] = 0  # one that the others do not expect
    text = TEXT.replace(" + (1|subject)", "")
    text = "\n".join(line for line in text.splitlines() if not line.startswith('"1|subject"'))
    found = fit(spec_from(text), cohort_from_frame(pd.DataFrame({"x": x, "y": y})), cores=2)
    assert isinstance(found, Fit)
    folds = kfold(found, folds=14, cores=2)
    # Two parameters: everything is a sum over a grid.
    a, b = (axis.ravel() for axis in np.mgrid[-6:6:401j, -4:5:401j])
    p = expit(a[:, None] + b[:, None] * x)
    rows = np.log(np.where(y == 1, p, 1 - p))
    prior = norm.logpdf(a, 0, 1.5) + norm.logpdf(b, 0, 1)
    whole = rows.sum(axis=1) + prior
    exact = logsumexp(whole) - logsumexp(whole[:, None] - rows, axis=0)
    names = folds.elpd_i["unit"].to_numpy().astype(int)
    # Four standard errors of a mean of a probability over some 2000 effective draws.
    others = np.exp(whole[:, None] - rows - logsumexp(whole[:, None] - rows, axis=0))
    density = np.exp(rows)
    variance = (others * density**2).sum(axis=0) / np.exp(2 * exact) - 1
    tolerance = 4 * np.sqrt(variance / 2000)
    assert np.median(tolerance) < 0.03
    assert (np.abs(folds.elpd_i.to_numpy() - exact[names]) < tolerance[names]).all()
    assert folds.elpd == pytest.approx(exact.sum(), abs=0.1)
    assert folds.se == pytest.approx(np.sqrt(14) * exact.std(), rel=0.02)
    inside = logsumexp(whole[:, None] + rows, axis=0) - logsumexp(whole)
    assert folds.p == pytest.approx((inside - exact).sum(), rel=0.05)


def test_the_patients_left_out_are_gone(mixed_fit: Fit) -> None:
    patient = mixed_fit.frame.data["patient"]
    out = (patient == patient.iloc[0]).to_numpy()
    again = without(mixed_fit, out, cores=2)
    assert again.frame.n == mixed_fit.frame.n - 1
    assert patient.iloc[0] not in again.posterior["patient__factor_dim"].to_numpy()


def test_new_patients_average_to_the_integral(
    given_draws: Callable[..., Fit], known_patients: Cohort
) -> None:
    frame = known_patients.frame
    frame = frame.assign(y=(frame["y"] > frame["y"].median()).astype(int))
    rng = np.random.default_rng(7)
    tau = rng.uniform(0.3, 1.0, (2, 300))
    found = given_draws(
        TEXT,
        cohort_from_frame(frame, evidence="simulated"),
        Intercept=rng.normal(0, 0.3, (2, 300)),
        x=rng.normal(0, 0.3, (2, 300)),
        **{"1|subject_sigma": tau, "1|subject": tau[..., None] * rng.normal(size=(2, 300, 12))},
    )
    by_draws = _log_predictive(found, found.posterior, np.random.default_rng(1))
    integral = found.patient_log_likelihood
    expected = np.log(np.exp(integral).mean(("chain", "draw")))
    np.testing.assert_allclose(by_draws, expected.sel(unit=by_draws["unit"]), atol=0.05)


def test_too_few_patients(mixed_fit: Fit) -> None:
    with pytest.raises(SpecError, match="99 patients cannot make 100 folds"):
        kfold(mixed_fit, folds=100)
