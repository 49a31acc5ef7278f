"""Simulation-based calibration of the two compiled structures (Talts 2018, arXiv 1804.06788).

Parameters come from the prior and data from NumPy alone, so a mistake in a density, a prior or a
design matrix shows as ranks that are not uniform.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from adbayes.cohort.read import cohort_from_frame
from adbayes.errors import DataError
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit
from adbayes.model.spec import Spec

RANKS = 99  # thinned draws a replicate
MIXED = """
name = "calibration_mixed"
title = "calibration"
[data]
outcome = "y"
[model]
formula = "y ~ week + x + (1|subject)"
family = "gaussian"
[priors.only]
Intercept = { distribution = "Normal", mu = 3, sigma = 2, why = "w" }
week = { distribution = "Normal", mu = [1, -2], sigma = [1, 3], why = "w" }
x = { distribution = "Normal", mu = 0, sigma = 0.5, why = "w" }
sigma = { distribution = "HalfNormal", sigma = 2, why = "w" }
"1|subject" = { distribution = "Normal", mu = 0, sigma = { distribution = "HalfNormal", sigma = 3 }, why = "w" }
"""
LOGISTIC = """
name = "calibration_logistic"
title = "calibration"
[data]
outcome = "y"
[model]
formula = "y ~ x + g"
family = "bernoulli"
[priors.only]
Intercept = { distribution = "Normal", mu = 0.5, sigma = 1, why = "w" }
x = { distribution = "Normal", mu = -0.5, sigma = 1, why = "w" }
g = { distribution = "Normal", mu = 0, sigma = 2, why = "w" }
"""
Simulated = tuple[pd.DataFrame, dict[str, float]]


def mixed_data(rng: np.random.Generator) -> Simulated:
    n = 18
    truth = {
        "Intercept": rng.normal(3, 2),
        "week[b]": rng.normal(1, 1),
        "week[c]": rng.normal(-2, 3),
        "x": rng.normal(0, 0.5),
        "sigma": abs(rng.normal(0, 2)),
        "1|subject_sigma": abs(rng.normal(0, 3)),
    }
    effects = rng.normal(0, truth["1|subject_sigma"], n)
    subject, week = np.repeat(np.arange(n), 3), np.tile(np.arange(3), n)
    x = rng.normal(size=3 * n)
    step = np.array([0, truth["week[b]"], truth["week[c]"]])
    y = truth["Intercept"] + step[week] + truth["x"] * x + effects[subject]
    y = y + rng.normal(0, truth["sigma"], 3 * n)
    frame = pd.DataFrame(
        {
            "subject": [f"s{i:02d}" for i in subject],
            "week": np.array(list("abc"))[week],
            "x": x,
            "y": y,
        }
    )
    keep = rng.permutation(3 * n)[:45]  # subjects with one, two and three rows
    # A subject's own effect is a parameter too: its rank tests the conditional draws.
    first = frame.iloc[keep]["subject"].min()
    truth[f"1|subject[{first}]"] = effects[int(first[1:])]
    return frame.iloc[keep].reset_index(drop=True), truth


def logistic_data(rng: np.random.Generator) -> Simulated:
    truth = {"Intercept": rng.normal(0.5, 1), "x": rng.normal(-0.5, 1), "g": rng.normal(0, 2)}
    x, g = rng.normal(size=50), rng.integers(0, 2, 50)
    eta = truth["Intercept"] + truth["x"] * x + truth["g"] * g
    y = (rng.random(50) < 1 / (1 + np.exp(-eta))).astype(int)
    return pd.DataFrame({"x": x, "g": g, "y": y}), truth


def ranks_of(found: Fit, truth: dict[str, float]) -> dict[str, int]:
    ranks = {}
    for name, value in truth.items():
        variable, _, level = name.partition("[")
        draws = found.posterior[variable]
        if level:
            draws = draws.sel({str(draws.dims[-1]): level[:-1]})
        flat = draws.transpose("draw", "chain").to_numpy().ravel()
        thinned = flat[np.linspace(0, len(flat) - 1, RANKS).astype(int)]
        # the subject that was first is one variable, whoever it is
        key = variable if variable == "1|subject" else name
        ranks[key] = int((thinned < value).sum())
    return ranks


def calibrate(
    spec: Spec, make: Callable[[np.random.Generator], Simulated], replicates: int, seed: int
) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    while len(rows) < replicates:
        frame, truth = make(rng)
        try:
            found = fit(spec, cohort_from_frame(frame), draws=500, tune=500, chains=4, cores=2)
        except DataError as error:
            # All outcomes equal cannot be fitted. That is rare, and decided by the data alone, which
            # leaves the ranks of the others uniform.
            if "does not vary" not in str(error):
                raise
            continue
        assert isinstance(found, Fit)
        rows.append(ranks_of(found, truth))
    return pd.DataFrame(rows)


def assert_uniform(ranks: pd.DataFrame) -> None:
    n = len(ranks)
    level = 0.01 / ranks.shape[1]  # over all parameters; seeds are fixed, so it passes for good
    bins = 10 if n >= 100 else 5
    for name, values in ranks.items():
        counts = np.bincount(values.to_numpy() * bins // (RANKS + 1), minlength=bins)
        assert stats.chisquare(counts).pvalue > level, (name, counts)
        # The largest distance of the ECDF sees shifts that bins smear.
        jittered = (values.to_numpy() + np.random.default_rng(0).random(n)) / (RANKS + 1)
        assert stats.kstest(jittered, "uniform").pvalue > level, name


CASES = {"mixed": (MIXED, mixed_data), "logistic": (LOGISTIC, logistic_data)}


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_ranks_are_uniform(name: str, spec_from: Callable[[str], Spec]) -> None:
    text, make = CASES[name]
    assert_uniform(calibrate(spec_from(text), make, replicates=80, seed=7))


@pytest.mark.calibration
@pytest.mark.parametrize("name", CASES)
def test_ranks_are_uniform_over_many_replicates(
    name: str, spec_from: Callable[[str], Spec]
) -> None:
    text, make = CASES[name]
    assert_uniform(calibrate(spec_from(text), make, replicates=500, seed=11))


def test_ranks_that_are_not_uniform_are_seen() -> None:
    rng = np.random.default_rng(3)
    uniform = pd.DataFrame({"a": rng.integers(0, RANKS + 1, 80)})
    assert_uniform(uniform)
    # Posteriors with an SD 1.7 times too large, and posteriors shifted by 0.6 of an SD.
    z = rng.normal(size=120)
    too_wide = pd.DataFrame({"a": (100 * stats.norm.cdf(z / 1.7)).astype(int)})
    shifted = pd.DataFrame({"a": (100 * stats.norm.cdf(z + 0.6)).astype(int)})
    for wrong in (too_wide, shifted):
        with pytest.raises(AssertionError):
            assert_uniform(wrong)
