"""The structure: rows from a file, names of draws, and risks under a changed predictor."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.special import expit

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.read import cohort_from_frame
from adbayes.errors import DataError, SpecError
from adbayes.inference.fit import Fit
from adbayes.inference.plan import plan
from adbayes.model import imputed_logistic
from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design, bambi_model, design_of
from adbayes.model.frame import ModelFrame
from adbayes.model.spec import Spec, load_spec
from adbayes.results.estimands import estimands, parameters
from adbayes.results.predictions import predict

TEXT = """
name = "own"
title = "t"
[data]
outcome = "y"
missing = "model"
log2 = ["lab", "other"]
standardize = { lab = [3, 2], other = [1, 4], x = [10, 5] }
[model]
kind = "imputed_logistic"
formula = "y ~ lab + x + g + other"
impute = ["other", "lab"]
[priors.only]
Intercept = { distribution = "Normal", mu = 0, sigma = 2, why = "w" }
slopes = { distribution = "Normal", mu = 0, sigma = 1, why = "w" }
impute_intercept = { distribution = "Normal", mu = 0, sigma = 1, why = "w" }
impute_slope = { distribution = "Normal", mu = 0, sigma = 1, why = "w" }
impute_sigma = { distribution = "HalfNormal", sigma = 1, why = "w" }
[priors.shrunk]
inherits = "only"
[priors.shrunk.slopes]
distribution = "RegularizedHorseshoe"
relevant = 1
predictors = 4
patients = 9
slab_scale = 1
slab_df = 4
why = "w"
[estimands]
report = ["odds_ratio", "risk_difference", "risk_ratio"]
"""
NAN = np.nan
TABLE = pd.DataFrame(
    {
        "y": [1.0, 0.0, 1.0, 0.0, NAN, 1.0, 0.0],
        "x": [10.0, 15.0, 5.0, 20.0, 10.0, 12.0, NAN],
        "g": [0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0],
        "lab": [8.0, NAN, 32.0, 2.0, 8.0, NAN, 4.0],
        "other": [2.0, NAN, 32.0, NAN, 2.0, 0.5, 2.0],
    }
)
BETA = {"Intercept": 0.3, "lab": -0.8, "x": 0.5, "g": 1.1, "other": 0.6}
MISSING = {"lab_missing": [0.4, -0.2], "other_missing": [0.7, 1.5]}
Parts = tuple[Analysis, ModelFrame, Design]


@pytest.fixture(scope="module")
def spec(spec_from: Callable[[str], Spec]) -> Spec:
    return spec_from(TEXT)


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return cohort_from_frame(TABLE, source="own.csv", evidence="simulated")


@pytest.fixture(scope="module")
def parts(spec: Spec, cohort: Cohort) -> Parts:
    analysis, frame = plan(spec, cohort).jobs[0]
    return analysis, frame, design_of(bambi_model(analysis, frame))


def drawn(n: int = 3) -> xr.Dataset:
    """Every draw the same."""
    found = {name: (("chain", "draw"), np.full((2, n), value)) for name, value in BETA.items()}
    found |= {
        name: (("chain", "draw", f"{name}_dim"), np.tile(value, (2, n, 1)))
        for name, value in MISSING.items()
    }
    return xr.Dataset(found)


def by_hand(frame: ModelFrame, **changes: float) -> np.ndarray:
    """Probabilities of the five rows; a change is added on the standardised scale."""
    table = frame.data.copy()
    table.loc[table["lab"].isna(), "lab"] = MISSING["lab_missing"]
    table.loc[table["other"].isna(), "other"] = MISSING["other_missing"]
    for name, value in changes.items():
        table[name] += value
    return expit(
        BETA["Intercept"] + sum(BETA[name] * table[name] for name in table if name in BETA)
    )


def test_rows_without_outcome_or_complete_predictor_are_dropped_and_gaps_kept(parts: Parts) -> None:
    analysis, frame, design = parts
    assert frame.dropped == {"y missing": 1, "x missing": 1}
    assert frame.gaps == {"other": 2, "lab": 2}
    rows = imputed_logistic.rows_of(frame, design, analysis)
    assert rows.names == ("Intercept", "lab", "x", "g", "other")
    assert rows.imputed == (4, 1)
    np.testing.assert_allclose(rows.X[:, 1], [0.0, NAN, 1.0, -1.0, NAN])
    np.testing.assert_allclose(rows.X[:, 2], [0.0, 1.0, -1.0, 2.0, 0.4])
    np.testing.assert_allclose(rows.X[:, 4], [0.0, NAN, 1.0, NAN, -0.5])
    assert rows.y.tolist() == [1, 0, 1, 0, 1]


def test_a_gap_is_a_fault_where_nothing_may_be_missing(
    cohort: Cohort, spec_from: Callable[[str], Spec]
) -> None:
    with pytest.raises(DataError, match="lab missing in 2"):
        plan(spec_from(TEXT.replace('"model"', '"error"', 1)), cohort)
    other = cohort_from_frame(TABLE.assign(y=[1.0, 0, 0, 0, 1, 1, 0]))
    analysis, frame = plan(spec_from(TEXT.replace('"model"', '"drop"', 1)), other).jobs[0]
    assert frame.n_rows == 3
    design = design_of(bambi_model(analysis, frame))
    assert imputed_logistic.frozen(analysis, frame, design) == (5, (4, 1), 0, ())


def test_what_is_frozen_and_swapped_fits_together(spec: Spec, cohort: Cohort) -> None:
    for name in ("only", "shrunk"):
        analysis, frame = plan(spec, cohort, None, name).jobs[0]
        design = design_of(bambi_model(analysis, frame))
        frozen = imputed_logistic.frozen(analysis, frame, design)
        assert frozen == (5, (4, 1), 4, (1, 2, 3, 4) if name == "shrunk" else ())
        model = imputed_logistic.pymc_model(*frozen)
        data = imputed_logistic.swap_data(analysis, frame, design)
        assert {variable.name for variable in model.data_vars} == set(data)
        assert set(data) <= set(imputed_logistic.DIMS)


def test_categories_are_refused(spec: Spec) -> None:
    table = TABLE.assign(g=["a", "b", "b", "a", "c", "c", "a"])
    analysis, frame = plan(spec, cohort_from_frame(table)).jobs[0]
    with pytest.raises(SpecError, match="'g' is categorical"):
        imputed_logistic.rows_of(frame, design_of(bambi_model(analysis, frame)), analysis)


def test_imputed_values_are_named_by_patient(patients: Cohort) -> None:
    for name in ("weakly_informative", "horseshoe"):
        analysis, frame = plan(load_spec("easi90_predictors"), patients, None, name).jobs[0]
        design = design_of(bambi_model(analysis, frame))
        rows = imputed_logistic.rows_of(frame, design, analysis)
        n = frame.gaps
        sizes = {"beta": 10, "impute_intercept": 3, "impute_slope": 21, "impute_sigma": 3,
                 "missing": sum(n.values()), "slopes_lambda": 8}  # fmt: skip
        rng = np.random.default_rng(1)
        sampled = xr.Dataset(
            {key: (("chain", "draw", key + "_"), rng.normal(size=(2, 4, k))) for key, k in sizes.items()}
            | {key: (("chain", "draw"), np.ones((2, 4))) for key in ("slopes_tau", "slopes_slab")}
        )  # fmt: skip
        found = imputed_logistic.named(sampled, frame, design, analysis, rng)
        assert set(BETA) & set(found) == {"Intercept"}
        np.testing.assert_array_equal(
            found["female"], sampled["beta"][..., rows.names.index("female")]
        )
        lab = found["tec_baseline_missing"]
        missing = frame.data.loc[frame.data["tec_baseline"].isna(), "patient"].astype(str)
        assert lab["tec_baseline__missing_dim"].to_numpy().tolist() == missing.tolist()
        start = n["ige_baseline"]
        np.testing.assert_array_equal(
            lab, sampled["missing"][..., start : start + n["tec_baseline"]]
        )
        np.testing.assert_array_equal(
            imputed_logistic.missing_of(found, rows), sampled["missing"].to_numpy()
        )
        assert (
            found["impute_slope"]["impute_slope_dim"].to_numpy()[-1]
            == "ldh_baseline on tec_baseline"
        )
        assert ("slopes_tau" in found) == (name == "horseshoe")


def test_risks_with_everyone_changed_take_imputed_values_along(parts: Parts) -> None:
    analysis, frame, design = parts
    risk = imputed_logistic.risk
    found = risk(drawn(), frame, design, analysis, {})
    assert found.shape == (2, 3, 5)
    np.testing.assert_allclose(found[1, 2], by_hand(frame))
    up = risk(drawn(), frame, design, analysis, {"lab": ("add", 0.5)})
    np.testing.assert_allclose(up[0, 0], by_hand(frame, lab=0.5))
    with_g = frame.data["g"].to_numpy()
    set_to = risk(drawn(), frame, design, analysis, {"g": ("set", 1.0)})
    np.testing.assert_allclose(
        set_to[0, 0], expit(_logit(by_hand(frame)) + BETA["g"] * (1 - with_g))
    )
    everyone = risk(drawn(), frame, design, analysis, {"other": ("set", 0.0)})
    other = frame.data["other"].fillna(dict(zip([1, 3], MISSING["other_missing"], strict=True)))
    np.testing.assert_allclose(
        everyone[0, 0], expit(_logit(by_hand(frame)) - BETA["other"] * other)
    )


def _logit(p: np.ndarray) -> np.ndarray:
    return np.log(p / (1 - p))


def test_replicates_have_their_rows_probability(parts: Parts) -> None:
    analysis, frame, design = parts
    values = imputed_logistic.replicate(
        drawn(4000), frame, design, analysis, np.random.default_rng(3)
    )
    p = by_hand(frame)
    assert set(np.unique(values)) == {0.0, 1.0}
    assert (np.abs(values.mean((0, 1)) - p) / np.sqrt(p * (1 - p) / 8000)).max() < 4


def fit_of(parts: Parts, cohort: Cohort, posterior: xr.Dataset) -> Fit:
    analysis, frame, design = parts
    return Fit(analysis, cohort, frame, design, posterior, xr.Dataset(), 0, "")


def test_odds_ratios_are_per_doubling_and_risks_per_step(parts: Parts, cohort: Cohort) -> None:
    frame = parts[1]
    found = {one.key: one for one in estimands(fit_of(parts, cohort, drawn()))}
    odds = {name: found[f"odds_ratio//{name}"] for name in ("lab", "x", "g", "other")}
    assert [one.note for one in odds.values()] == ["per doubling", "per 5", "", "per doubling"]
    expected = {"lab": -0.8 / 2, "x": 0.5, "g": 1.1, "other": 0.6 / 4}
    for name, one in odds.items():
        np.testing.assert_allclose(one.draws, np.exp(expected[name]))
    up = by_hand(frame, other=1 / 4).mean()
    difference = found["risk_difference//other"]
    np.testing.assert_allclose(difference.draws, 100 * (up - by_hand(frame).mean()))
    np.testing.assert_allclose(found["risk_ratio//other"].draws, up / by_hand(frame).mean())
    g = frame.data["g"].to_numpy()
    one, none = (expit(_logit(by_hand(frame)) + BETA["g"] * (v - g)).mean() for v in (1, 0))
    np.testing.assert_allclose(found["risk_ratio//g"].draws, one / none)


def test_draws_from_the_prior_have_every_name(spec: Spec, cohort: Cohort) -> None:
    for name in ("only", "shrunk"):
        analysis, frame = plan(spec, cohort, None, name).jobs[0]
        design = design_of(bambi_model(analysis, frame))
        rng = np.random.default_rng(2)
        found = imputed_logistic.prior_draws(frame, design, analysis, 500, rng)
        assert found.sizes["chain"] == 1
        assert {*BETA, *MISSING, "impute_slope"} <= set(found)
        pair = np.log(np.abs([found["x"][0], found["g"][0]]))
        # Slopes under one horseshoe share its scale; independent normal ones share nothing.
        assert (np.corrcoef(pair)[0, 1] > 0.2) == (name == "shrunk")
        assert imputed_logistic.replicate(found, frame, design, analysis, rng).shape == (1, 500, 5)
        log_p = imputed_logistic.log_likelihood(found, frame, design, analysis)
        assert log_p.dims == ("chain", "draw", "__obs__")
        assert (log_p <= 0).all()


def test_parameters_leave_out_single_imputed_values(spec: Spec, cohort: Cohort) -> None:
    analysis, frame = plan(spec, cohort).jobs[0]
    design = design_of(bambi_model(analysis, frame))
    draws = imputed_logistic.prior_draws(frame, design, analysis, 5, np.random.default_rng(2))
    fit = Fit(analysis, cohort, frame, design, draws, xr.Dataset(), 0, "")
    found = {one.term: one for one in parameters(fit)}
    assert not any("missing" in term for term in found)
    assert found["impute_slope[lab on other]"].unit == ""
    assert found["g"].unit == "log odds"
    assert set(fit.log_prior) >= {"g", "impute_slope"}


def test_new_patients_may_lack_what_is_imputed(spec: Spec, cohort: Cohort) -> None:
    analysis, frame = plan(spec, cohort).jobs[0]
    design = design_of(bambi_model(analysis, frame))
    draws = imputed_logistic.prior_draws(frame, design, analysis, 4000, np.random.default_rng(2))
    fit = Fit(analysis, cohort, frame, design, draws, xr.Dataset(), 0, "")
    new = pd.DataFrame({"x": [10.0, 15.0], "g": [0.0, 1.0], "lab": [8.0, NAN], "other": [2.0, 2.0]})
    found = predict(fit, new)
    np.testing.assert_allclose(found["mean"][0], expit(draws["Intercept"]).mean())
    width = found["ci_high"] - found["ci_low"]
    assert (width > 0).all()
    with pytest.raises(DataError, match="'g' is missing in 1 rows"):
        predict(fit, new.assign(g=[NAN, 1.0]))
    with pytest.raises(DataError, match="'other' must be above 0"):
        predict(fit, new.assign(other=[0.0, 1.0]))
