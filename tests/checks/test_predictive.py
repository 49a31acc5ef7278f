"""Predictive checks pass where the model is true and fail where it is not."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from adbayes.checks.predictive import COLUMNS, predictive_checks, prior_predictive
from adbayes.cohort.cohort import Cohort
from adbayes.cohort.read import cohort_from_frame
from adbayes.cohort.simulate import simulate_mixed_model
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit
from adbayes.inference.plan import plan
from adbayes.model.bambi_model import bambi_model, design_of
from adbayes.model.spec import Spec, load_spec

AGREED = (
    "model, variant, priors, evidence, cohort, check, outcome, visit, statistic, observed, "
    "replicated_low, replicated_high, tail_area, note, x"
)
TEXT = """
name = "own"
title = "t"
[data]
outcome = "y"
[model]
formula = "y ~ week + (1|subject)"
family = "gaussian"
[priors.only]
Intercept = { distribution = "Normal", mu = 20, sigma = 20, why = "w" }
week = { distribution = "Normal", mu = 0, sigma = 20, why = "w" }
sigma = { distribution = "HalfNormal", sigma = 10, why = "w" }
"1|subject" = { distribution = "Normal", mu = 0, sigma = { distribution = "HalfNormal", sigma = 10 }, why = "w" }
[estimands]
by = "week"
"""


def after(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["check"] == "posterior_predictive"].set_index(["visit", "statistic"])


@pytest.mark.parametrize("unequal", [False, True])
def test_unequal_spread_is_found_and_only_then(
    spec_from: Callable[[str], Spec], unequal: bool
) -> None:
    frame = simulate_mixed_model(seed=4, n_patients=80, means=(30.0, 8.0, 5.0, 3.5), tau=3, sigma=4)
    frame = frame.rename(columns={"patient": "subject"})
    last = frame["visit"] == 52
    if unequal:  # as the paper's EASI: an SD of 10.8 at entry and 2.9 at week 52
        frame.loc[last, "y"] = 3.5 + (frame.loc[last, "y"] - 3.5) * 0.3
    frame["week"] = "w" + frame.pop("visit").astype(str).str.zfill(2)
    found = fit(spec_from(TEXT), cohort_from_frame(frame), draws=500, tune=500, cores=2)
    assert isinstance(found, Fit)
    table = after(found.check())
    assert len(table) == 20  # mean, SD and three quantiles at four weeks
    inside = table["tail_area"].between(0.002, 0.998)
    if unequal:
        assert table.loc[("w52", "sd"), "tail_area"] > 0.999
    else:
        assert inside.all()
    assert table.loc[(slice(None), "mean"), "tail_area"].between(0.005, 0.995).all()


def test_observed_statistics_are_those_of_the_data(mixed_fit: Fit) -> None:
    table = mixed_fit.check()
    assert AGREED.split(", ") == COLUMNS
    assert list(table.columns) == COLUMNS
    assert set(table["check"]) == {"prior_predictive", "posterior_predictive"}
    data = mixed_fit.frame.data
    counted = 0
    for (visit, statistic), row in after(table).iterrows():
        if statistic.endswith("responders"):
            rule = f"easi{statistic[5:7]}"
            own = mixed_fit.cohort.frame
            own = own.loc[own["visit"].astype(str) == visit, rule]
            assert row["observed"] == own.sum()
            assert row["note"] == f"patients, of {own.notna().sum()} with both visits"
            counted += 1
            continue
        y = data.loc[data["visit"] == visit, "easi"]
        expected = {
            "mean": y.mean(), "sd": y.std(ddof=1),
            "share at or below floor": 100 * (y <= 0).mean(),
            "share at or above ceiling": 100 * (y >= 72).mean(),
            "10 % quantile": y.quantile(0.1), "50 % quantile": y.median(),
            "90 % quantile": y.quantile(0.9),
        }  # fmt: skip
        assert row["observed"] == pytest.approx(expected[statistic])
        assert row["replicated_low"] <= row["replicated_high"]
        assert 0 <= row["tail_area"] <= 1
    assert counted == 6


def test_replicated_responders_are_those_of_one_patient(mixed_fit: Fit) -> None:
    # A patient's visits are correlated: counts from shuffled baselines would be another number.
    posterior = mixed_fit.posterior.isel(draw=slice(0, 1)).copy()
    posterior["sigma"] = posterior["sigma"] * 0 + 1e-9
    posterior["1|patient_sigma"] = posterior["sigma"] * 0 + 10
    means = {"Intercept": 100.0, "visit": [-75.5, -75.5, -90.5]}
    for name, value in means.items():
        posterior[name] = posterior[name] * 0 + value
    sure = dataclasses.replace(mixed_fit, posterior=posterior)
    rows = after(sure.check())
    n = int(rows.loc[("52", "EASI-90 responders"), "note"].split()[2])
    # visit <= 0.1 baseline with y52 = y0 - 90.5: y0 <= 100.56, u <= 0.56 of an SD of 10.
    expected = n * stats.norm(0, 10).cdf(90.5 / 0.9 - 100)
    low, high = (
        rows.loc[("52", "EASI-90 responders"), f"replicated_{end}"] for end in ("low", "high")
    )
    assert low - 3 < expected < high + 3
    assert high - low < 30


def test_a_floor_that_the_model_crosses_is_found(mixed_fit: Fit) -> None:
    row = after(mixed_fit.check()).loc[("52", "share at or below floor")]
    # One normal SD for all visits puts patients below zero at week 52, where there are almost none.
    assert row["replicated_low"] > row["observed"]
    assert row["tail_area"] > 0.99


@pytest.mark.parametrize(
    ("last", "share"), [(0.04, 100.0), (0.06, 0.0), (71.94, 0.0), (71.96, 100.0)]
)
def test_replicates_are_counted_as_they_would_be_recorded(
    mixed_fit: Fit, last: float, share: float
) -> None:
    # EASI is written in tenths: what is nearer to an end of the scale than to the next tenth is the end.
    posterior = mixed_fit.posterior.isel(draw=slice(0, 1)).copy()
    posterior["sigma"] = posterior["sigma"] * 0 + 1e-9
    posterior["1|patient_sigma"] = posterior["sigma"] * 0 + 1e-9
    for name, value in {"Intercept": 20.0, "visit": [-10.0, -15.0, last - 20.0]}.items():
        posterior[name] = posterior[name] * 0 + value
    rows = after(dataclasses.replace(mixed_fit, posterior=posterior).check())
    end = "share at or below floor" if last < 1 else "share at or above ceiling"
    for bound in ("replicated_low", "replicated_high"):
        assert rows.loc[("52", end), bound] == share


def test_high_laboratory_values_are_counted(patients: Cohort) -> None:
    ((analysis, frame),) = plan(load_spec("ldh_change"), patients).jobs
    design = design_of(bambi_model(analysis, frame))
    rows = prior_predictive(analysis, frame, design, seed=1)
    found = {r["visit"]: r for r in rows if r["statistic"] == "share of high values"}
    assert list(found) == ["0", "16", "32", "52"]
    for visit, row in found.items():
        values = frame.data.loc[frame.data["visit"] == visit, "ldh"]
        assert row["observed"] == pytest.approx(100 * (values >= 250).mean())
        assert row["note"] == "% at or above 250"
        assert 0 <= row["replicated_low"] < row["replicated_high"] <= 100


def test_shares_of_a_binary_outcome_by_predictor(female_fit: Fit) -> None:
    table = female_fit.check()
    rows = table[table["check"] == "posterior_predictive"].set_index("statistic")
    data = female_fit.frame.data
    assert list(rows.index) == [
        "share of 1", "share of 1 where female = 0", "share of 1 where female = 1",
    ]  # fmt: skip
    assert rows.loc["share of 1", "observed"] == pytest.approx(100 * data["easi90"].mean())
    for level in (0, 1):
        own = data.loc[data["female"] == level, "easi90"]
        row = rows.loc[f"share of 1 where female = {level}"]
        assert row["observed"] == pytest.approx(100 * own.mean())
        assert row["note"] == f"n = {len(own)}"
        assert 0.05 < row["tail_area"] < 0.95


def test_equal_seeds_give_equal_checks(female_fit: Fit) -> None:
    first, again, other = (predictive_checks(female_fit, seed=s) for s in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert not np.array_equal(first["tail_area"], other["tail_area"])


def test_ties_count_half(female_fit: Fit) -> None:
    # A posterior so certain that every replicate equals the data: the tail area is one half.
    frame = dataclasses.replace(female_fit.frame, data=female_fit.frame.data.assign(easi90=1))
    posterior = female_fit.posterior.copy()
    posterior["Intercept"] = posterior["Intercept"] * 0 + 1000
    certain = dataclasses.replace(female_fit, frame=frame, posterior=posterior)
    rows = certain.check().query("check == 'posterior_predictive'")
    assert set(rows["tail_area"]) == {0.5}
