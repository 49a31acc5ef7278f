"""Tables of draws: the columns, the numbers, and what is flagged."""

import dataclasses

import arviz as az
import numpy as np
import pytest

from adbayes.inference.fit import Fit
from adbayes.results.summary import (
    COLUMNS,
    CONSTANT,
    NOT_CONVERGED,
    diagnose,
    prob_direction,
    summarize,
)

# What readers of the tables rely on.
AGREED = (
    "model, variant, priors, evidence, cohort, estimand, outcome, visit, term, unit, n, mean, median, sd, "
    "ci_low, ci_high, ci_prob, null, prob_direction, mcse_mean, ess_bulk, ess_tail, r_hat, flag, x, note"
)


def test_columns_are_the_agreed_ones(mixed_fit: Fit) -> None:
    table = summarize(mixed_fit)
    assert AGREED.split(", ") == COLUMNS
    assert list(table.columns) == COLUMNS
    assert not table.duplicated(["estimand", "visit", "term"]).any()
    assert set(table["evidence"]) == {"simulated"}
    assert set(table["n"]) == {99}
    assert set(table["flag"]) == {""}


def test_numbers_are_those_of_the_draws(mixed_fit: Fit) -> None:
    table = summarize(mixed_fit)
    row = table[(table["estimand"] == "parameter") & (table["term"] == "visit[52]")].iloc[0]
    draws = mixed_fit.posterior["visit"].sel(visit_dim="52").to_numpy().ravel()
    assert row["mean"] == pytest.approx(draws.mean())
    assert row["median"] == pytest.approx(np.median(draws))
    assert row["sd"] == pytest.approx(draws.std(ddof=1))
    np.testing.assert_allclose([row["ci_low"], row["ci_high"]], np.quantile(draws, [0.025, 0.975]))
    assert row["ci_prob"] == 0.95
    assert row["prob_direction"] == 1.0
    assert row["mcse_mean"] == pytest.approx(row["sd"] / np.sqrt(row["ess_bulk"]), rel=0.1)


def test_draws_that_a_user_adds_are_summarised_too(mixed_fit: Fit) -> None:
    fit = dataclasses.replace(mixed_fit, posterior=mixed_fit.posterior.copy())
    before = summarize(fit)  # the diagnostics of what was sampled are kept
    fit.posterior["twice"] = 2 * fit.posterior["Intercept"]
    table = summarize(fit)
    assert table.iloc[: len(before)].equals(before)
    one, two = (table.query(f"term == '{name}'").iloc[0] for name in ("Intercept", "twice"))
    assert two["mean"] == pytest.approx(2 * one["mean"])
    assert two["ess_bulk"] == pytest.approx(one["ess_bulk"])
    assert two["mcse_mean"] == pytest.approx(2 * one["mcse_mean"])


def test_diagnostics_are_those_of_the_scalar(mixed_fit: Fit) -> None:
    table = summarize(mixed_fit).query("estimand == 'parameter'").set_index("term")
    visit = mixed_fit.posterior[["visit"]]
    for column, found in {
        "ess_bulk": az.ess(visit, method="bulk"),
        "ess_tail": az.ess(visit, method="tail"),
        "r_hat": az.rhat(visit),
        "mcse_mean": az.mcse(visit, method="mean"),
    }.items():
        for level in ("16", "32", "52"):
            expected = found["visit"].sel(visit_dim=level).item()
            assert table.loc[f"visit[{level}]", column] == pytest.approx(expected, rel=1e-9)


def test_the_interval_has_the_stated_probability(mixed_fit: Fit) -> None:
    narrow = dataclasses.replace(mixed_fit, analysis=mixed_fit.analysis.with_sampler(ci_prob=0.5))
    row = summarize(narrow).iloc[0]
    draws = mixed_fit.posterior["Intercept"].to_numpy()
    np.testing.assert_allclose([row["ci_low"], row["ci_high"]], np.quantile(draws, [0.25, 0.75]))


def test_known_parameters_are_within_their_intervals(mixed_fit: Fit, patients: object) -> None:
    table = summarize(mixed_fit).query("estimand == 'mean'").set_index("visit")
    truth = patients.truth
    for visit in ("0", "16", "32", "52"):
        row = table.loc[visit]
        # 4 SDs: the model's one SD for all visits makes its intervals approximate.
        assert abs(row["mean"] - truth[f"easi_mean_w{visit}"]) < 4 * row["sd"]


@pytest.mark.parametrize(
    ("values", "null", "expected"),
    [
        ([1.0, 2, 3, 4], 0.0, 1.0),
        ([-1.0, 2, 3, 4], 0.0, 0.75),
        ([-1.0, -2, -3, 4], 0.0, 0.75),
        ([0.5, 0.9, 1.2, 3], 1.0, 0.5),
        ([0.0, 0.0, 1.0, 1.0], 0.0, 0.5),
    ],
)
def test_prob_direction(values: list[float], null: float, expected: float) -> None:
    assert prob_direction(np.array(values), null) == expected
    assert np.isnan(prob_direction(np.array(values), np.nan))


def changed(found: Fit, **variables: np.ndarray) -> Fit:
    posterior = found.posterior.copy()
    for name, values in variables.items():
        posterior[name] = (posterior[name].dims, values)
    return dataclasses.replace(found, posterior=posterior)


def test_a_constant_is_flagged_and_does_not_fail(mixed_fit: Fit) -> None:
    # Every patient improves by far more than matters: the share is 100 % in every draw.
    shape = mixed_fit.posterior["visit"].shape
    rng = np.random.default_rng(1)
    found = changed(mixed_fit, visit=rng.normal(-2000, 1, shape))
    table = summarize(found)
    shares = table[table["estimand"] == "share_mcid"]
    assert set(shares["flag"]) == {CONSTANT}
    assert (shares["mean"] == 100).all()
    assert set(table[table["estimand"] != "share_mcid"]["flag"]) == {""}
    assert diagnose(found)["passed"].all()


def test_a_quantity_that_did_not_converge_is_flagged_alone(mixed_fit: Fit) -> None:
    values = mixed_fit.posterior["visit"].to_numpy().copy()
    values[0, :, 2] += 5  # one chain is elsewhere at week 52
    table = summarize(changed(mixed_fit, visit=values))
    flagged = table[table["flag"] == NOT_CONVERGED]
    assert set(flagged["visit"]) - {""} == {"52"}
    assert set(flagged[flagged["visit"] == ""]["term"]) == {"visit[52]"}
    assert not diagnose(changed(mixed_fit, visit=values))["passed"].any()


@pytest.mark.parametrize("fault", ["divergence", "energy"])
def test_a_fault_of_the_whole_fit_flags_every_row(mixed_fit: Fit, fault: str) -> None:
    statistics = mixed_fit.sample_stats.copy(deep=True)
    if fault == "divergence":
        statistics["diverging"][1, 7] = True
    else:
        statistics["energy"] = statistics["energy"].cumsum("draw")
    found = dataclasses.replace(mixed_fit, sample_stats=statistics)
    assert set(summarize(found)["flag"]) == {NOT_CONVERGED}
    row = diagnose(found).iloc[0]
    assert not row["passed"]
    assert row["divergences"] == (fault == "divergence")


def test_the_gate_covers_derived_quantities_too(mixed_fit: Fit) -> None:
    row = diagnose(mixed_fit).iloc[0]
    table = summarize(mixed_fit)
    assert row["min_ess_bulk"] <= table["ess_bulk"].min() + 1e-6
    assert row["max_r_hat"] >= table["r_hat"].max() - 1e-9
