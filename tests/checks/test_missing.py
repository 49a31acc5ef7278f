"""Missing outcomes: delta 0 is MAR, tipping points in closed form, the corners of a response."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.optimize import brentq
from scipy.special import expit, logit

from adbayes.checks.missing import COLUMNS, NOT_HELD, NOTHING, missing
from adbayes.cohort.cohort import Cohort
from adbayes.cohort.outcomes import OUTCOMES
from adbayes.cohort.read import cohort_from_frame
from adbayes.errors import SpecError
from adbayes.inference.fit import Fit

SCORE = """
name = "own"
title = "t"
[data]
outcome = "easi"
missing = "drop"
[model]
formula = "easi ~ visit"
family = "gaussian"
[priors.only]
Intercept = { distribution = "Normal", mu = 0, sigma = 30, why = "w" }
visit = { distribution = "Normal", mu = 0, sigma = 30, why = "w" }
sigma = { distribution = "HalfNormal", sigma = 30, why = "w" }
[estimands]
report = ["mean", "mean_change", "ratio_of_means"]
by = "visit"
baseline = 0
"""
RESPONSE = """
name = "own"
title = "t"
[data]
outcome = "easi90"
visit = 16
missing = "drop"
[model]
formula = "easi90 ~ female"
family = "bernoulli"
[priors.only]
Intercept = { distribution = "Normal", mu = 0, sigma = 3, why = "w" }
female = { distribution = "Normal", mu = 0, sigma = 3, why = "w" }
[estimands]
report = ["odds_ratio", "risk_difference", "risk_ratio"]
"""
QUANTILES = stats.norm.ppf((np.arange(2000) + 0.5) / 2000)


@pytest.fixture(scope="module")
def half_seen() -> Cohort:
    """Forty patients, ten of whom lack week 16 (a row in five, a value in five) and none week 52."""
    rng = np.random.default_rng(6)
    frame = pd.DataFrame(
        {"patient": np.repeat([f"p{i:02}" for i in range(40)], 3), "visit": [0, 16, 52] * 40}
    )
    frame["female"] = np.repeat(np.arange(40) % 2, 3)
    start = np.round(rng.uniform(16, 50, 40), 1)
    later = np.round(start[:, None] * rng.uniform(0.02, 0.3, (40, 2)), 1)
    frame["easi"] = np.column_stack([start, later]).ravel()
    week16 = frame.index[frame["visit"] == 16]
    frame.loc[week16[:5], "easi"] = np.nan
    return cohort_from_frame(frame.drop(index=week16[5:10]))


@pytest.fixture(scope="module")
def scores(given_draws: Callable[..., Fit], half_seen: Cohort) -> Fit:
    rng = np.random.default_rng(1)
    change = rng.permutation(-4 + 1.5 * QUANTILES).reshape(4, 500)
    return given_draws(
        SCORE,
        half_seen,
        Intercept=np.full((4, 500), 30.0),
        visit=np.stack([change, change], axis=-1),
        sigma=np.full((4, 500), 5.0),
    )


def test_delta_zero_is_missing_at_random(mixed_fit: Fit) -> None:
    summary = mixed_fit.summary().set_index(["estimand", "visit"])
    table = missing(mixed_fit, deltas=[0.0, 3.0])
    assert list(table.columns) == COLUMNS
    for _, row in table[table["delta"] == 0].iterrows():
        own = summary.loc[(row["estimand"], row["visit"])]
        for name in ("mean", "median", "ci_low", "ci_high", "prob_direction"):
            assert row[name] == pytest.approx(own[name])
    # The mean of all patients moves by the share of those who are missing.
    frame = mixed_fit.cohort.frame
    for visit, rows in table[table["estimand"] == "mean_change"].groupby("visit"):
        gaps = int(frame.loc[frame["visit"].astype(str) == visit, "easi"].isna().sum())
        assert set(rows["n_missing"]) == {gaps}
        moved = rows["mean"].iloc[1] - rows["mean"].iloc[0]
        assert moved == pytest.approx(3 * gaps / 99)


def test_imputing_the_missing_and_averaging_gives_the_same_mean(mixed_fit: Fit) -> None:
    # What the linear form stands for: draw the missing from the predictive, given the patient.
    table = missing(mixed_fit, deltas=[0.0]).set_index(["estimand", "visit"])
    frame = mixed_fit.cohort.frame
    posterior = mixed_fit.posterior
    rng = np.random.default_rng(1)
    for place, visit in enumerate(["16", "32", "52"]):
        rows = frame[frame["visit"].astype(str) == visit]
        gone = rows.loc[rows["easi"].isna(), "patient"].astype(str).to_list()
        mean = posterior["Intercept"] + posterior["visit"].isel(visit_dim=place)
        given = mean + posterior["1|patient"].sel(patient__factor_dim=gone)
        noise = given.copy(data=rng.standard_normal(given.shape)) * posterior["sigma"]
        drawn = (given + noise).stack(sample=("chain", "draw")).to_numpy()
        assert drawn.shape == (len(gone), 4000)
        completed = (rows["easi"].sum() + drawn.sum(axis=0)) / len(rows)
        # Priors are wide: the completed mean and the model's mean differ by their shrinkage only.
        assert completed.mean() == pytest.approx(float(mean.mean()), abs=0.1)
        found = table.loc[("mean_change", visit), "missing_mean"]
        error = 4 * float(posterior["sigma"].mean()) / np.sqrt(drawn.size)
        assert found == pytest.approx(drawn.mean(), abs=error + 1e-9)


def test_tipping_in_closed_form(scores: Fit) -> None:
    table = missing(scores)
    # Ten of 40 are missing at week 16: -4 + 1.96 x 1.5 + delta / 4 = 0, with the 0.975 quantile as it
    # is interpolated between the 2000 draws.
    z = stats.norm.ppf((0.975 * 1999 + 0.5) / 2000)
    expected = (4 - z * 1.5) * 4
    rows = table[(table["estimand"] == "mean_change") & (table["visit"] == "16")]
    mcid = OUTCOMES["easi"].mcid
    assert mcid is not None
    assert rows["delta"].to_list() == [0, mcid.value / 2, mcid.value, 2 * mcid.value]
    assert set(rows["n_missing"]) == {10}
    found = table.loc[table["visit"] == "16", "tipping"]
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert len(found) == 8  # the change and the percent fall tip at one delta
    at = missing(scores, deltas=[expected - 0.1, expected + 0.1])
    own = at[(at["estimand"] == "mean_change") & (at["visit"] == "16")]
    assert own["ci_high"].iloc[0] < 0 < own["ci_high"].iloc[1]
    assert own["prob_direction"].iloc[0] > 0.975 > own["prob_direction"].iloc[1]
    seen = table[(table["estimand"] == "mean_change") & (table["visit"] == "52")]
    assert seen["delta"].to_list() == [0]
    assert np.isnan(seen["tipping"].iloc[0])
    assert seen["note"].iloc[0] == NOTHING


def test_a_claim_that_does_not_hold_has_nothing_to_tip(
    given_draws: Callable[..., Fit], half_seen: Cohort
) -> None:
    change = np.random.default_rng(1).permutation(-1 + 1.5 * QUANTILES).reshape(4, 500)
    fit = given_draws(
        SCORE,
        half_seen,
        Intercept=np.full((4, 500), 30.0),
        visit=np.stack([change, change], axis=-1),
        sigma=np.full((4, 500), 5.0),
    )
    rows = missing(fit)
    assert set(rows.loc[rows["visit"] == "16", "note"]) == {NOT_HELD}


@pytest.fixture(scope="module")
def responses(given_draws: Callable[..., Fit], half_seen: Cohort) -> Fit:
    rng = np.random.default_rng(1)
    return given_draws(
        RESPONSE,
        half_seen,
        Intercept=rng.permutation(-1.5 + 0.2 * QUANTILES).reshape(4, 500),
        female=rng.permutation(1.2 + 0.4 * QUANTILES).reshape(4, 500),
    )


def test_the_corners_of_a_response(responses: Fit) -> None:
    table = missing(responses)
    rate = table[table["estimand"] == "response"].set_index("delta")
    a, b = (responses.posterior[name].to_numpy() for name in ("Intercept", "female"))
    seen = {0: 15 / 20, 1: 15 / 20}  # five of twenty men and of twenty women are missing
    observed = 50 * (seen[0] * expit(a) + seen[1] * expit(a + b)).mean()
    assert set(rate["n_missing"]) == {10}
    assert rate.loc[-np.inf, "mean"] == pytest.approx(observed)
    assert rate.loc[np.inf, "mean"] == pytest.approx(observed + 25)
    assert rate.loc[0.0, "mean"] == pytest.approx(50 * (expit(a) + expit(a + b)).mean())
    shifted = 50 * (0.25 * expit(a - 2) + 0.25 * expit(a + b - 2)).mean() + observed
    assert rate.loc[-2.0, "mean"] == pytest.approx(shifted)
    odds = table[(table["estimand"] == "odds_ratio") & (table["delta"] == 0)].iloc[0]
    assert odds["median"] == pytest.approx(np.median(np.exp(b)), rel=1e-6)


def test_the_tipping_point_of_a_contrast(responses: Fit) -> None:
    common = missing(responses).set_index("estimand").loc["risk_difference"]
    assert np.isinf(common["tipping"]).all()
    assert common["note"].str.contains("holds whatever").all()
    opposed = missing(responses, opposed=True).set_index("estimand").loc["risk_difference"]
    a, b = (responses.posterior[name].to_numpy() for name in ("Intercept", "female"))

    def low(delta: float) -> float:
        with_it = 0.75 * expit(a + b) + 0.25 * expit(logit(expit(a + b)) + delta)
        without_it = 0.75 * expit(a) + 0.25 * expit(a - delta)
        return float(np.quantile(with_it - without_it, 0.025))

    expected = brentq(low, -8, 0)
    assert opposed["tipping"].to_numpy() == pytest.approx(expected, abs=1e-4)
    before, after = (
        missing(responses, deltas=[expected + e], opposed=True).set_index("estimand")
        for e in (0.05, -0.05)
    )
    assert before.loc["risk_difference", "ci_low"] > 0 > after.loc["risk_difference", "ci_low"]


def test_what_has_no_such_answer(responses: Fit, known_patients: Cohort) -> None:
    a = responses.analysis
    failed = dataclasses.replace(a, data=a.data.model_copy(update={"missing": "failure"}))
    with pytest.raises(SpecError, match="already count as failures"):
        missing(dataclasses.replace(responses, analysis=failed))
    with pytest.raises(SpecError, match="need a table of patients and visits"):
        missing(dataclasses.replace(responses, cohort=known_patients))
