"""What kind `mmrm` declares, and one fit of the study's EASI from spec to comparison."""

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from adbayes.cohort.library import load_cohort
from adbayes.errors import SpecError
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit
from adbayes.model import mmrm
from adbayes.model.kind import Likelihood, Parameter
from adbayes.model.spec import Spec, load_spec
from adbayes.model.spec_tables import MmrmTable
from adbayes.paper.published import load_paper

OUTCOMES = ("easi", "nrs", "poem", "dlqi")


def likelihood(**changes: str) -> Likelihood:
    table = {"formula": "y ~ week", "unit": "id", "time": "week", **changes}
    return mmrm.read(MmrmTable(**table), lambda text: text, "own.toml")


def test_parameters_are_terms_sds_and_correlations() -> None:
    terms = (
        Parameter("Intercept", distributions=("Normal",)),
        Parameter("week", distributions=("Normal",)),
    )
    assert mmrm.parameters(likelihood()) == (
        *terms,
        Parameter("sigma", distributions=("HalfNormal",)),
        Parameter("correlation", listed=False, distributions=("LKJ",)),
    )
    assert mmrm.parameters(likelihood(covariance="compound_symmetry")) == (
        *terms,
        Parameter("sigma", listed=False, distributions=("HalfNormal",)),
        Parameter("correlation", listed=False, distributions=("Beta", "Uniform")),
    )


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"formula": "y ~ week + (1|id)"}, r"'1\|id' is a group effect, which kind mmrm has not"),
        ({"formula": "y ~ f(week)"}, r"the call f\(\) is not allowed"),
        ({"unit": "week"}, "unit and time are both 'week'"),
    ],
)
def test_faults_of_the_table(changes: dict[str, str], match: str) -> None:
    with pytest.raises(SpecError, match=match):
        likelihood(**changes)


def test_icc_and_sds_are_answered_where_they_mean_something() -> None:
    (analysis,) = load_spec("easi_change").analyses("unstructured")
    assert "icc" not in mmrm.answers(analysis)
    assert {"correlation", "predictive_sd", "share_mcid"} <= mmrm.answers(analysis)


def test_the_covariance_is_built_of_sds_and_correlations() -> None:
    (analysis,) = load_spec("easi_change").analyses("unstructured")
    draws = xr.Dataset(
        {
            "sigma": (("chain", "draw", "sigma_dim"), [[[2.0, 3.0, 4.0]]]),
            "correlation": (("chain", "draw", "correlation_dim"), [[[0.1, 0.2, 0.3]]]),
        }
    )
    found = mmrm.covariance(draws, analysis, ["0", "16", "32"])[0, 0]
    np.testing.assert_allclose(found, [[4, 0.6, 1.6], [0.6, 9, 3.6], [1.6, 3.6, 16]])


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_set_of_the_variant_has_its_priors(outcome: str) -> None:
    spec = load_spec(f"{outcome}_change")
    assert "unstructured" in spec.variants
    (base,) = spec.analyses()
    # What other studies predict is a change, not an SD for every visit.
    assert set(spec.prior_sets) - set(spec.variant_sets["unstructured"]) == {"historical"}
    for name in spec.variant_sets["unstructured"]:
        (analysis,) = spec.analyses("unstructured", name)
        assert set(analysis.priors) == {"Intercept", "visit", "sigma", "correlation"}
        assert analysis.priors["correlation"].distribution == "LKJ"
    (analysis,) = spec.analyses("unstructured")
    assert analysis.priors["visit"] == base.priors["visit"]  # the same belief about the change
    # About the root of the base model's two variances.
    hyper = base.priors["1|patient"]["sigma"]["sigma"]
    both = np.hypot(hyper, base.priors["sigma"]["sigma"])
    assert analysis.priors["sigma"]["sigma"] == pytest.approx(both, rel=0.1)


@pytest.fixture(scope="module")
def unstructured() -> Fit:
    found = fit("easi_change", load_cohort(0), variant="unstructured", cores=2)
    assert isinstance(found, Fit)
    return found


def test_a_fit_answers_all_that_its_spec_asks(unstructured: Fit) -> None:
    assert unstructured.diagnostics()["passed"].all()
    assert unstructured.bambi_model is None
    summary = unstructured.summary()
    sds = summary.query("estimand == 'predictive_sd'").set_index("visit")
    raw = unstructured.frame.data.groupby("visit", observed=True)["easi"].std()
    assert (sds["ci_low"] < raw).all()
    assert (raw < sds["ci_high"]).all()
    # The SD of a change over patients gives the share that reaches the MCID.
    share = summary.query("estimand == 'share_mcid'").set_index("visit")["mean"]
    wide = unstructured.frame.data.pivot(index="patient", columns="visit", values="easi")
    for visit in ("16", "32", "52"):
        observed = 100 * (wide["0"] - wide[visit] >= 14).mean()
        assert abs(share[visit] - observed) < 15  # a normal of a skewed score: near, no more
    assert (summary.query("estimand == 'correlation'")["term"] == [
        "0, 16", "0, 32", "0, 52", "16, 32", "16, 52", "32, 52",
    ]).all()  # fmt: skip


def test_its_sds_are_those_of_print_without_a_caveat(unstructured: Fit) -> None:
    table = unstructured.compare(load_paper()).query("statistic == 'sd'")
    assert len(table) == 4
    assert table["same_quantity"].all()
    assert not table["note"].str.contains("one SD").any()
    assert (np.abs(table["difference"]) < 1).all()


def test_its_sds_cover_every_visit_where_the_base_model_has_one_for_all(unstructured: Fit) -> None:
    table = unstructured.check().query("check == 'posterior_predictive' and statistic == 'sd'")
    assert len(table) == 4
    inside = table["observed"].between(table["replicated_low"], table["replicated_high"])
    assert inside.all(), table
    # Leave-one-patient-out needs one density a patient; power-scaling one of each prior.
    assert unstructured.log_likelihood["easi"].dims == ("chain", "draw", "patient")
    assert unstructured.log_prior["correlation"].dims == ("chain", "draw")
    assert set(unstructured.sensitivity()["estimand"]) >= {"correlation", "predictive_sd"}


def test_new_patients_have_the_sd_of_their_visit(unstructured: Fit) -> None:
    new = load_cohort(0).frame.query("patient == patient.iloc[0]")[["patient", "visit"]]
    found = unstructured.predict(new)
    summary = unstructured.summary().query("estimand == 'predictive_sd'")
    width = (found["pred_high"] - found["pred_low"]).to_numpy() / (2 * 1.96)
    np.testing.assert_allclose(width, summary["mean"], rtol=0.12)


def test_compound_symmetry_is_the_random_intercept_s_posterior(
    spec_from: Callable[[str], Spec], unstructured: Fit
) -> None:
    text = unstructured.analysis
    spec = spec_from(
        """
name = "cs"
title = "cs"
[data]
outcome = "easi"
[model]
kind = "mmrm"
formula = "easi ~ visit"
unit = "patient"
time = "visit"
covariance = "compound_symmetry"
[priors.own]
Intercept = { distribution = "Normal", mu = 30, sigma = 15, why = "w" }
visit = { distribution = "Normal", mu = 0, sigma = 36, why = "w" }
sigma = { distribution = "HalfNormal", sigma = 10, why = "w" }
correlation = { distribution = "Beta", alpha = 0.5, beta = 0.5, why = "w" }
[estimands]
report = ["mean", "icc", "predictive_sd"]
"""
    )
    assert text.kind == "mmrm"
    mine = fit(spec, load_cohort(0), draws=2000, cores=2)
    theirs = fit("easi_change", load_cohort(0), draws=2000, cores=2)
    assert isinstance(mine, Fit)
    assert isinstance(theirs, Fit)
    # Two half-normals of one scale are in polar coordinates a Rayleigh radius, a half-normal times
    # its own value, and an angle whose squared sine is Beta(1/2, 1/2): so draws are weighted by sigma.
    weight = mine.posterior["sigma"].to_numpy().ravel()
    weight = weight / weight.sum()
    between, within = (theirs.posterior[n].to_numpy().ravel() for n in ("1|patient_sigma", "sigma"))
    pairs = {
        "sigma": (mine.posterior["sigma"], np.hypot(between, within)),
        "correlation": (mine.posterior["correlation"], between**2 / (between**2 + within**2)),
        "Intercept": (
            mine.posterior["Intercept"],
            theirs.posterior["Intercept"].to_numpy().ravel(),
        ),
    }
    for name, (draws, other) in pairs.items():
        values = draws.to_numpy().ravel()
        mean = weight @ values
        sd = np.sqrt(weight @ (values - mean) ** 2)
        # 4.5 Monte Carlo errors of a difference, each chain worth at least 1,500 independent draws
        assert abs(mean - other.mean()) < 4.5 * other.std() * np.sqrt(2 / 1500), name
        assert sd / other.std() == pytest.approx(1, abs=4.5 / np.sqrt(1500)), name
