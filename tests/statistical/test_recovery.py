"""Intervals cover the truth as often as they say: data and models share no code."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from adbayes.cohort.read import cohort_from_frame
from adbayes.cohort.simulate import simulate_mixed_model
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit
from adbayes.inference.plan import plan
from adbayes.inference.sampler import sample
from adbayes.model.bambi_model import bambi_model, design_of
from adbayes.model.compiled import structure_of
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


# Truths drawn from the prior: intervals of every level must hold them as often as they say, however
# wide the prior. One entry a structure.
REFITS = 500
LEVELS = (0.5, 0.8, 0.95)
FAMILYWISE = 0.001
UNSTRUCTURED = """
name = "recovery"
title = "recovery"
[data]
outcome = "y"
[model]
kind = "mmrm"
formula = "y ~ week"
unit = "subject"
time = "week"
[priors.own]
Intercept = { distribution = "Normal", mu = 30, sigma = 15, why = "w" }
week = { distribution = "Normal", mu = 0, sigma = 36, why = "w" }
sigma = { distribution = "HalfNormal", sigma = 15, why = "w" }
correlation = { distribution = "LKJ", eta = 2, why = "w" }
[estimands]
by = "week"
"""
STRUCTURES = {"visit_covariance": UNSTRUCTURED}


def rows_with_gaps(n: int = 50) -> pd.DataFrame:
    """Four visits of `n` subjects, a seventh of them missing."""
    generator = np.random.default_rng(12)
    grid = pd.MultiIndex.from_product(
        [[f"S{i:03d}" for i in range(n)], ["w00", "w16", "w32", "w52"]], names=["subject", "week"]
    ).to_frame(index=False)
    kept = (generator.random(len(grid)) < 6 / 7) | (grid["week"] == "w00")
    return (
        grid[kept].reset_index(drop=True).assign(y=lambda table: generator.normal(size=len(table)))
    )


def refitted(structure: str, spec: Spec, replicates: int) -> pd.DataFrame:
    """Where the truth falls among the draws, for every parameter of every refit."""
    (job,) = plan(spec, cohort_from_frame(rows_with_gaps(), evidence="simulated")).jobs
    analysis = job[0].with_sampler(draws=400, tune=400, chains=2)
    design = design_of(bambi_model(analysis, job[1]))
    module = structure_of(analysis)
    assert module is not None
    assert structure == module.NAME
    truths = module.prior_draws(job[1], design, analysis, replicates, np.random.default_rng(31))
    noise = np.random.default_rng(32)
    unit, time = (job[1].data[name].cat.codes.to_numpy() for name in ("subject", "week"))
    names = list(truths.data_vars)
    found = []
    for replicate in range(replicates):
        truth = truths.isel(chain=0, draw=replicate)
        # The data are made here, without the model's code.
        rho, sd = truth["correlation"].to_numpy(), truth["sigma"].to_numpy()
        C = np.zeros((4, 4))
        C[np.triu_indices(4, 1)] = rho
        C = C + C.T + np.eye(4)
        whole = noise.multivariate_normal(np.zeros(4), C * np.outer(sd, sd), size=unit.max() + 1)
        mean = np.concatenate([[0.0], truth["week"].to_numpy()]) + float(truth["Intercept"])
        y = mean[time] + whole[unit, time]
        frame = replace(job[1], data=job[1].data.assign(y=y))
        seeded = analysis.with_sampler(seed=replicate)
        posterior, _ = sample(seeded, frame, design, seeded.sampler, cores=1)
        for name in names:
            below = (posterior[name] < truth[name]).mean(("chain", "draw"))
            for k, share in enumerate(np.atleast_1d(below)):
                found.append({"replicate": replicate, "parameter": f"{name}[{k}]", "below": share})
    return pd.DataFrame(found)


def coverage(structure: str, below: pd.DataFrame) -> pd.DataFrame:
    """How often central intervals of each level held the truth."""
    rows = []
    for parameter, part in below.groupby("parameter", sort=False):
        for level in LEVELS:
            inside = int((np.abs(part["below"] - 0.5) < level / 2).sum())
            rows.append((structure, parameter, level, len(part), inside))
    return pd.DataFrame(rows, columns=["structure", "parameter", "level", "refits", "inside"])


def outside_bands(table: pd.DataFrame) -> pd.DataFrame:
    """Rows beyond the binomial limits that all rows together leave once in a thousand runs."""
    tail = FAMILYWISE / len(table) / 2
    low = stats.binom(table["refits"], table["level"]).ppf(tail)
    high = stats.binom(table["refits"], table["level"]).ppf(1 - tail)
    return table[(table["inside"] < low) | (table["inside"] > high)]


def test_bands_see_intervals_a_quarter_too_short_or_a_third_too_long() -> None:
    table = pd.DataFrame({"level": list(LEVELS) * 14}).assign(refits=REFITS)
    for factor, seen in ((1, 0), (3 / 4, len(table) / 4), (4 / 3, len(table) / 4)):
        z = stats.norm.ppf(0.5 + table["level"] / 2) * factor
        inside = np.round(table["refits"] * (2 * stats.norm.cdf(z) - 1))
        found = len(outside_bands(table.assign(inside=inside)))
        assert found == 0 if factor == 1 else found >= seen


@pytest.mark.slow
@pytest.mark.parametrize("structure", STRUCTURES)
def test_intervals_hold_truths_drawn_from_the_prior(
    structure: str, spec_from: Callable[[str], Spec]
) -> None:
    found = coverage(structure, refitted(structure, spec_from(STRUCTURES[structure]), REFITS))
    assert outside_bands(found).empty
