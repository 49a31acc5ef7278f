"""Intervals cover the truth as often as they say: data and models share no code."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from adbayes.cohort.read import cohort_from_frame
from adbayes.cohort.simulate import simulate_mixed_model
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit
from adbayes.model.compiled import STRUCTURES, structure_of
from adbayes.model.spec import Spec, load_spec

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
# wide the prior. `tests/reference/recovery.py` refits and counts, the table beside it is committed.
RECOVERY = Path(__file__).parents[1] / "reference" / "recovery.py"
LEAST = {"compiled": 500, "bambi": 100}
"""Refits of a case: one compiled structure, or a graph of Bambi's with effects of patients."""


def recovery() -> ModuleType:
    """The script, as a module."""
    spec = importlib.util.spec_from_file_location("recovery", RECOVERY)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["recovery"] = module  # dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


SCRIPT = recovery()
TABLE = pd.read_csv(SCRIPT.TABLE)


def outside_bands(table: pd.DataFrame) -> pd.DataFrame:
    """Rows beyond the binomial limits that all rows of a case leave once in a thousand runs."""
    parts = []
    for _, rows in table.groupby("case"):
        tail = SCRIPT.FAMILYWISE / len(rows) / 2
        binomial = stats.binom(rows["refits"], rows["level"])
        low, high = binomial.ppf(tail), binomial.ppf(1 - tail)
        parts.append(rows[(rows["covered"] < low) | (rows["covered"] > high)])
    return pd.concat(parts)


def test_bands_see_intervals_a_quarter_too_short_or_a_third_too_long() -> None:
    table = pd.DataFrame({"level": list(SCRIPT.LEVELS) * 14}).assign(refits=500, case="made up")
    for factor, seen in ((1, 0), (3 / 4, len(table) / 4), (4 / 3, len(table) / 4)):
        z = stats.norm.ppf(0.5 + table["level"] / 2) * factor
        covered = np.round(table["refits"] * (2 * stats.norm.cdf(z) - 1))
        found = len(outside_bands(table.assign(covered=covered)))
        assert found == 0 if factor == 1 else found >= seen


@pytest.mark.parametrize("case", list(dict.fromkeys(TABLE["case"])))
def test_the_committed_intervals_hold_truths_drawn_from_the_prior(case: str) -> None:
    rows = TABLE[TABLE["case"] == case]
    stated = SCRIPT.CASES[case]
    kind = "bambi" if rows["structure"].str.startswith("bambi").all() else "compiled"
    assert set(rows["refits"]) == {stated.refits}
    assert set(rows["seed"]) == {stated.seed}
    assert stated.refits >= LEAST[kind]
    assert rows.groupby("quantity")["level"].apply(lambda one: set(one) == set(SCRIPT.LEVELS)).all()
    assert outside_bands(rows).empty
    # The limits in the table are those of the binomial distribution.
    tail = SCRIPT.FAMILYWISE / len(rows) / 2
    binomial = stats.binom(rows["refits"], rows["level"])
    assert (rows["band_low"] == binomial.ppf(tail)).all()
    assert (rows["band_high"] == binomial.ppf(1 - tail)).all()


def test_every_case_is_in_the_table_and_every_compiled_structure_has_one() -> None:
    assert list(dict.fromkeys(TABLE["case"])) == list(SCRIPT.CASES)
    compiled = {structure.NAME for structure in STRUCTURES}
    asked = [
        load_spec(case.spec).analyses(case.variant, case.priors, case.x)[0]
        for case in SCRIPT.CASES.values()
    ]
    has = {structure.NAME for one in asked if (structure := structure_of(one)) is not None}
    assert has == compiled


@pytest.mark.slow
@pytest.mark.parametrize("case", SCRIPT.CASES)
def test_intervals_hold_truths_drawn_from_the_prior(case: str) -> None:
    assert outside_bands(SCRIPT.coverage(case)).empty
