"""Clinical quantities against closed forms, brute force and simulated patients."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr
from scipy.special import expit

from adbayes.cohort.cohort import Cohort
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit
from adbayes.model.spec import Spec
from adbayes.results.estimands import estimands, parameters

INTERCEPT = np.array([[30.0, 31.0, 29.0], [30.5, 28.0, 33.0]])
CHANGE = np.array([[[-20.0, -24, -26], [-19, -25, -25], [-18, -23, -27]]] * 2) + np.array(
    [[[0.0]], [[1.0]]]
)
TAU = np.array([[3.0, 4.0, 2.0], [3.5, 1.0, 5.0]])
SIGMA = np.array([[6.0, 5.0, 7.0], [4.0, 8.0, 6.5]])


@pytest.fixture(scope="module")
def by_hand(mixed_fit: Fit) -> Fit:
    """The EASI fit with six draws made by hand."""
    posterior = xr.Dataset(
        {
            "Intercept": (("chain", "draw"), INTERCEPT),
            "visit": (("chain", "draw", "visit_dim"), CHANGE),
            "1|patient_sigma": (("chain", "draw"), TAU),
            "sigma": (("chain", "draw"), SIGMA),
        },
        coords={"chain": [0, 1], "draw": [0, 1, 2], "visit_dim": ["16", "32", "52"]},
    )
    return dataclasses.replace(mixed_fit, posterior=posterior)


def of(found: Fit, name: str) -> dict[str, np.ndarray]:
    """Draws of one estimand by visit or term."""
    return {e.term or e.visit: e.draws.to_numpy() for e in estimands(found) if e.estimand == name}


def test_means_and_changes(by_hand: Fit) -> None:
    means = of(by_hand, "mean")
    assert list(means) == ["0", "16", "32", "52"]
    np.testing.assert_allclose(means["0"], INTERCEPT)
    np.testing.assert_allclose(means["52"], INTERCEPT + CHANGE[..., 2])
    changes = of(by_hand, "mean_change")
    assert list(changes) == ["16", "32", "52"]
    np.testing.assert_allclose(changes["32"], CHANGE[..., 1])


def test_what_is_asked_twice_is_the_same_and_of_its_own_fit(by_hand: Fit) -> None:
    first, again = estimands(by_hand), estimands(by_hand)
    assert first is not again
    assert all(a.draws is b.draws for a, b in zip(first, again, strict=True))
    doubled = dataclasses.replace(by_hand, posterior=2 * by_hand.posterior)
    np.testing.assert_allclose(of(doubled, "mean")["0"], 2 * INTERCEPT)
    np.testing.assert_allclose(of(by_hand, "mean")["0"], INTERCEPT)


def test_ratio_of_means_is_a_fall_in_percent(by_hand: Fit) -> None:
    found = of(by_hand, "ratio_of_means")
    np.testing.assert_allclose(found["16"], -100 * CHANGE[..., 0] / INTERCEPT)
    assert (found["52"] > 0).all()


def test_predictive_sd_and_icc(by_hand: Fit) -> None:
    for draws in of(by_hand, "predictive_sd").values():
        np.testing.assert_allclose(draws, np.hypot(TAU, SIGMA))
    (icc,) = of(by_hand, "icc").values()
    np.testing.assert_allclose(icc, TAU**2 / (TAU**2 + SIGMA**2))


def test_share_mcid_is_the_share_of_simulated_patients(by_hand: Fit) -> None:
    mcid = by_hand.analysis.estimands.mcid
    assert mcid is not None
    rng = np.random.default_rng(1)
    n = 40_000
    found = of(by_hand, "share_mcid")
    assert list(found) == ["16", "32", "52"]
    for position, visit in enumerate(found):
        for at in np.ndindex(TAU.shape):
            effect = rng.normal(0, TAU[at], n)
            before = INTERCEPT[at] + effect + rng.normal(0, SIGMA[at], n)
            after = INTERCEPT[at] + CHANGE[at][position] + effect + rng.normal(0, SIGMA[at], n)
            before, after = (np.round(10 * score) for score in (before, after))
            share = (before - after >= 10 * mcid.value).mean()
            error = np.sqrt(share * (1 - share) / n)
            assert abs(found[visit][at] / 100 - share) < 4.5 * error + 1e-9, visit


def test_share_mcid_counts_whole_points_of_a_whole_number(
    patients: Cohort, fit_with: Callable[..., Fit]
) -> None:
    values = {"Intercept": 7.2, "visit": (-3.7, -4.1, -4.5), "1|patient_sigma": 1.0, "sigma": 1.8}
    found = of(fit_with("nrs_change", patients, values), "share_mcid")
    rng, n = np.random.default_rng(4), 400_000
    # The model's SD is that of the recorded scores, which rounding has made wider.
    within = np.sqrt(1.8**2 - 1 / 12)
    for visit, change in zip(("16", "32", "52"), values["visit"], strict=True):
        level = 7.2 + rng.normal(0, 1.0, n)
        before = np.round(level + rng.normal(0, within, n))
        after = np.round(level + change + rng.normal(0, within, n))
        share = 100 * (before - after >= 4).mean()
        # Of the normal curve within a point only its slope is allowed for.
        assert found[visit] == pytest.approx(share, abs=0.4)


def test_a_fall_is_judged_by_the_stated_baseline(by_hand: Fit) -> None:
    table = by_hand.analysis.estimands.model_copy(update={"baseline": 16})
    moved = dataclasses.replace(
        by_hand, analysis=dataclasses.replace(by_hand.analysis, estimands=table)
    )
    changes = of(moved, "mean_change")
    assert list(changes) == ["0", "32", "52"]
    np.testing.assert_allclose(changes["0"], -CHANGE[..., 0])


def test_odds_ratios_and_risks_by_brute_force(joint_fit: Fit) -> None:
    thin = dataclasses.replace(joint_fit, posterior=joint_fit.posterior.isel(draw=slice(0, 3)))
    data = joint_fit.frame.data
    terms = [str(name) for name in thin.posterior.data_vars]
    ratios, differences = of(thin, "odds_ratio"), of(thin, "risk_difference")
    relative = of(thin, "risk_ratio")
    assert (
        list(ratios)
        == list(differences)
        == list(relative)
        == list(joint_fit.analysis.estimands.terms)
    )
    for chain in range(thin.posterior.sizes["chain"]):
        for draw in range(3):
            b = {t: float(thin.posterior[t].to_numpy()[chain, draw]) for t in terms}
            for x in ratios:
                risks = []
                for value in (1, 0):
                    total = 0.0
                    for _, patient in data.iterrows():
                        eta = b["Intercept"] + b["easi_baseline"] * patient["easi_baseline"]
                        for term in ratios:
                            eta += b[term] * (value if term == x else patient[term])
                        total += expit(eta)
                    risks.append(total / len(data))
                at = (chain, draw)
                np.testing.assert_allclose(ratios[x][at], np.exp(b[x]))
                np.testing.assert_allclose(differences[x][at], 100 * (risks[0] - risks[1]))
                np.testing.assert_allclose(relative[x][at], risks[0] / risks[1])


def test_means_average_other_predictors_over_patients(
    spec_from: Callable[[str], Spec], patients: Cohort
) -> None:
    text = """
name = "own"
title = "t"
[data]
outcome = "easi"
missing = "drop"
[model]
formula = "easi ~ visit + female + visit:female + (1|patient)"
family = "gaussian"
[priors.only]
Intercept = { distribution = "Normal", mu = 30, sigma = 20, why = "w" }
visit = { distribution = "Normal", mu = 0, sigma = 20, why = "w" }
female = { distribution = "Normal", mu = 0, sigma = 5, why = "w" }
"visit:female" = { distribution = "Normal", mu = 0, sigma = 5, why = "w" }
sigma = { distribution = "HalfNormal", sigma = 10, why = "w" }
"1|patient" = { distribution = "Normal", mu = 0, sigma = { distribution = "HalfNormal", sigma = 10 }, why = "w" }
[estimands]
report = ["mean"]
by = "visit"
"""
    found = fit(spec_from(text), patients, draws=200, tune=300, chains=2, cores=2)
    assert isinstance(found, Fit)
    women = found.frame.data.drop_duplicates("patient")["female"].mean()
    p = found.posterior
    expected = (
        p["Intercept"] + women * p["female"]
        + p["visit"].sel(visit_dim="32", drop=True)
        + women * p["visit:female"].isel({p["visit:female"].dims[-1]: 1}, drop=True)
    )  # fmt: skip
    np.testing.assert_allclose(of(found, "mean")["32"], expected.to_numpy())


def test_every_parameter_has_a_row_under_its_name(mixed_fit: Fit) -> None:
    found = {e.term: e for e in parameters(mixed_fit)}
    assert set(found) == {
        "Intercept", "visit[16]", "visit[32]", "visit[52]", "1|patient_sigma", "sigma",
    }  # fmt: skip
    assert found["visit[16]"].null == 0
    assert np.isnan(found["Intercept"].null)
    assert np.isnan(found["sigma"].null)
    expected = mixed_fit.posterior["visit"].sel(visit_dim="32").to_numpy()
    np.testing.assert_array_equal(found["visit[32]"].draws.to_numpy(), expected)


OFFSET = """
name = "own"
title = "own"
[data]
outcome = "easi"
missing = "drop"
[model]
kind = "bambi"
formula = "easi ~ visit + offset(age) + (1|patient)"
family = "gaussian"
[priors.only]
Intercept = { distribution = "Normal", mu = 0, sigma = 50, why = "w" }
visit = { distribution = "Normal", mu = 0, sigma = 50, why = "w" }
"1|patient" = { distribution = "Normal", mu = 0, sigma = { distribution = "HalfNormal", sigma = 10 }, why = "w" }
sigma = { distribution = "HalfNormal", sigma = 10, why = "w" }
[estimands]
report = ["mean", "mean_change", "ratio_of_means"]
"""


def test_an_offset_is_part_of_every_mean(
    patients: Cohort, fit_with: Callable[..., Fit], spec_from: Callable[[str], Spec]
) -> None:
    values = {"Intercept": 10.0, "visit": (-3.0, -4.0, -5.0)}
    found = fit_with(spec_from(OFFSET), patients, values)
    age = found.frame.data.drop_duplicates("patient")["age"].mean()
    assert of(found, "mean")["52"] == pytest.approx(10 - 5 + age)
    assert of(found, "mean_change")["52"] == pytest.approx(-5)
    assert of(found, "ratio_of_means")["52"] == pytest.approx(100 * 5 / (10 + age))
