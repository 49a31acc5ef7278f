"""Intervals cover the truth as often as they say: data and models share no code."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from adbayes.cohort.read import cohort_from_frame
from adbayes.cohort.simulate import simulate_mixed_model
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit
from adbayes.model.spec import Spec

MEANS, TAU, SIGMA = (30.0, 8.0, 5.0, 3.5), 3.0, 4.0
TRUTH = np.array([MEANS[0], *(m - MEANS[0] for m in MEANS[1:]), TAU, SIGMA])
REPLICATES = 40
# Priors so wide that 50 % intervals are nearly confidence intervals.
TEXT = """
name = "recovery"
title = "recovery"
[data]
outcome = "y"
[model]
formula = "y ~ week + (1|subject)"
family = "gaussian"
[priors.wide]
Intercept = { distribution = "Normal", mu = 0, sigma = 200, why = "w" }
week = { distribution = "Normal", mu = 0, sigma = 200, why = "w" }
sigma = { distribution = "HalfNormal", sigma = 50, why = "w" }
"1|subject" = { distribution = "Normal", mu = 0, sigma = { distribution = "HalfNormal", sigma = 50 }, why = "w" }
"""


def test_half_of_the_50_percent_intervals_hold_the_truth(spec_from: Callable[[str], Spec]) -> None:
    spec = spec_from(TEXT)
    below = np.zeros((REPLICATES, len(TRUTH)))
    for replicate in range(REPLICATES):
        frame = simulate_mixed_model(
            seed=replicate, n_patients=60, means=MEANS, tau=TAU, sigma=SIGMA
        )
        frame = frame.rename(columns={"patient": "subject"}).assign(
            week="w" + frame.pop("visit").astype(str).str.zfill(2)
        )
        found = fit(
            spec, cohort_from_frame(frame, evidence="simulated"), draws=400, tune=400, cores=2
        )
        assert isinstance(found, Fit)
        draws = np.concatenate(
            [
                found.posterior["Intercept"].to_numpy()[..., None],
                found.posterior["week"].to_numpy(),
                found.posterior["1|subject_sigma"].to_numpy()[..., None],
                found.posterior["sigma"].to_numpy()[..., None],
            ],
            axis=-1,
        ).reshape(-1, len(TRUTH))
        below[replicate] = (draws < TRUTH).mean(axis=0)
    inside = (np.abs(below - 0.5) < 0.25).sum(axis=0)
    # 99.8 % limits of a binomial: 10 and 30 of 40; a wrong scale or a shift of one SD leaves them.
    low, high = stats.binom(REPLICATES, 0.5).ppf([0.001, 0.999])
    assert ((inside >= low) & (inside <= high)).all(), inside
    # Nor do the truths sit on one side: a shift shows here first.
    z = (below.mean(axis=0) - 0.5) / np.sqrt(1 / 12 / REPLICATES)
    assert np.abs(z).max() < 3.5, z


@pytest.mark.parametrize("seed", [1, 2])
def test_a_wrong_truth_would_be_seen(seed: int, spec_from: Callable[[str], Spec]) -> None:
    # The same machinery, told an SD that is 40 % too large: it must not be found.
    frame = simulate_mixed_model(seed=seed, n_patients=60, means=MEANS, tau=TAU, sigma=SIGMA)
    frame = frame.rename(columns={"patient": "subject"}).assign(
        week="w" + frame.pop("visit").astype(str).str.zfill(2)
    )
    found = fit(spec_from(TEXT), cohort_from_frame(frame), draws=400, tune=400, cores=2)
    assert isinstance(found, Fit)
    low, high = np.quantile(found.posterior["sigma"], [0.0005, 0.9995])
    assert low < SIGMA < high
    assert not low < 1.4 * SIGMA < high
