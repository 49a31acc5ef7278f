"""Repeated measures on public data against nlme's gls: likelihood, its maximum, and the posterior."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from adbayes.cohort.read import read_patients
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit
from adbayes.inference.plan import plan
from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design, bambi_model, design_of
from adbayes.model.frame import ModelFrame
from adbayes.model.lkj import pairs
from adbayes.model.spec import Spec
from adbayes.model.visit_covariance import log_likelihood, times

R = pd.read_csv(
    Path(__file__).parents[1] / "reference" / "mmrm.csv", skipinitialspace=True
).set_index(["method", "term"])
TEXT = """
name = "btheb"
title = "Beck depression inventory, unstructured"
[data]
outcome = "bdi"
missing = "drop"
[model]
kind = "mmrm"
formula = "bdi ~ 0 + visit"
unit = "subject"
time = "visit"
[priors.wide]
visit = { distribution = "Normal", mu = 0, sigma = 1000, why = "w" }
sigma = { distribution = "HalfNormal", sigma = 1000, why = "w" }
correlation = { distribution = "LKJ", eta = 1, why = "w" }
"""
Parts = tuple[Analysis, ModelFrame, Design]
Load = Callable[[str], Spec]


@pytest.fixture(scope="module")
def parts(reference: Path, spec_from: Load) -> Parts:
    (job,) = plan(spec_from(TEXT), read_patients(reference / "data/btheb_long.csv")).jobs
    return (*job, design_of(bambi_model(*job)))


def estimates(method: str) -> np.ndarray:
    found = R.loc[method, "estimate"]
    return np.asarray(found.to_numpy(dtype=float))


def at(values: np.ndarray, parts: Parts) -> float:
    """The log-likelihood at means, SDs and correlations."""
    analysis, frame, design = parts
    names = times(frame, analysis)
    draws = xr.Dataset(
        {
            "visit": (("chain", "draw", "visit_dim"), values[None, None, :4]),
            "sigma": (("chain", "draw", "sigma_dim"), values[None, None, 4:8]),
            "correlation": (("chain", "draw", "correlation_dim"), values[None, None, 8:]),
        },
        {"chain": [0], "draw": [0], "sigma_dim": names, "correlation_dim": pairs(names)},
    )
    return float(log_likelihood(draws, frame, design, analysis).sum())


def test_the_likelihood_is_gls_s_and_highest_where_gls_says(parts: Parts) -> None:
    best = estimates("ML")
    top = at(best, parts)
    assert top == pytest.approx(R.loc["ML", "log_likelihood"].iloc[0], abs=1e-7)
    slope = np.empty(len(best))
    curvature = np.empty(len(best))
    for k in range(len(best)):
        step = np.zeros(len(best))
        step[k] = 1e-3 if k >= 8 else 1e-2
        up, down = at(best + step, parts), at(best - step, parts)
        slope[k] = (up - down) / (2 * step[k])
        curvature[k] = (up + down - 2 * top) / step[k] ** 2
    assert (curvature < 0).all()
    # Distance to the top in standard errors.
    assert (np.abs(slope) / np.sqrt(-curvature) < 0.01).all(), slope


@pytest.mark.slow
def test_posterior_under_wide_priors_is_near_reml(reference: Path, spec_from: Load) -> None:
    data = read_patients(reference / "data/btheb_long.csv")
    found = fit(spec_from(TEXT), data, draws=4000, cores=2)
    assert isinstance(found, Fit)
    assert found.diagnostics()["passed"].all()
    table = found.summary().query("estimand == 'parameter'").reset_index(drop=True)
    reml = R.loc["REML"].reset_index()
    means = table.iloc[:4]
    error = 4.5 * means["mcse_mean"].to_numpy() + 0.1 * reml["se"].to_numpy()[:4]
    assert (np.abs(means["mean"] - reml["estimate"][:4]) < error).all()
    # gls takes the covariance as known, so its standard errors are a little smaller.
    ratio = means["sd"].to_numpy() / reml["se"].to_numpy()[:4]
    assert ((ratio > 0.98) & (ratio < 1.1)).all(), ratio
    rest = table.iloc[4:]
    z = (rest["mean"] - reml["estimate"][4:]) / rest["sd"]
    # High correlations are skewed to 0, and most matrices have lower ones: 0.7 SDs below on average.
    assert (np.abs(z) < 1).all(), z
