"""A fit carries ordinary ArviZ, Bambi and PyMC objects."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from adbayes.inference.fit import Fit, top_level_priors
from adbayes.model.priors import Prior


def test_draws_are_an_arviz_tree(mixed_fit: Fit) -> None:
    import arviz as az

    tree = mixed_fit.draws
    assert {"posterior", "sample_stats", "log_prior", "log_likelihood", "observed_data"} <= set(
        tree.children
    )
    assert tree["log_likelihood"]["easi"].sizes["patient"] == mixed_fit.frame.n_units
    table = az.summary(tree, var_names=["visit"], round_to="none")
    expected = mixed_fit.posterior["visit"].mean(("chain", "draw")).to_numpy()
    np.testing.assert_allclose(table["mean"].to_numpy(dtype=float), expected)


def test_log_prior_is_that_of_the_top_level(mixed_fit: Fit) -> None:
    a, posterior = mixed_fit.analysis, mixed_fit.posterior
    assert set(top_level_priors(a)) == {"Intercept", "visit", "1|patient_sigma", "sigma"}
    found = mixed_fit.log_prior
    group = a.priors["1|patient"]["sigma"]
    assert isinstance(group, Prior)
    expected = {
        "Intercept": stats.norm(a.priors["Intercept"]["mu"], a.priors["Intercept"]["sigma"]),
        "visit": stats.norm(a.priors["visit"]["mu"], a.priors["visit"]["sigma"]),
        "1|patient_sigma": stats.halfnorm(scale=group["sigma"]),
        "sigma": stats.halfnorm(scale=a.priors["sigma"]["sigma"]),
    }
    for name, prior in expected.items():
        np.testing.assert_allclose(found[name], prior.logpdf(posterior[name].to_numpy()))


def test_power_scaling_reads_the_draws(mixed_fit: Fit) -> None:
    import arviz as az

    table = az.psense_summary(
        mixed_fit.draws, var_names=["Intercept", "sigma"], prior_var_names=["Intercept", "visit"]
    )
    assert len(table) == 2


def test_models_are_bambis_and_pymcs(female_fit: Fit) -> None:
    assert {v.name for v in female_fit.pymc_model.free_RVs} == {
        "Intercept", "easi_baseline", "female",
    }  # fmt: skip
    assert female_fit.bambi_model.formula.main == "easi90 ~ easi_baseline + female"


def test_effects_drawn_afterwards_are_not_gated_and_sampled_ones_are(
    mixed_fit: Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def with_a_stuck_chain(name: str) -> Fit:
        stuck = mixed_fit.posterior[name].copy()
        stuck[{"chain": 0}] = 99.0
        return replace(mixed_fit, posterior=mixed_fit.posterior.assign({name: stuck}))

    assert mixed_fit.gate.passed
    assert not with_a_stuck_chain("Intercept").gate.passed
    assert with_a_stuck_chain("1|patient").gate == mixed_fit.gate
    # As Bambi's graphs have them, which sample the effects.
    monkeypatch.setattr("adbayes.inference.fit.structure_of", lambda _: None)
    assert not with_a_stuck_chain("1|patient").gate.passed
