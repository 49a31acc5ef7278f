"""A spec is checked without sampling: its priors' ranges, and data they imply."""

import numpy as np
import pytest
from scipy import stats

from adbayes.checks.priors import TABLE_COLUMNS, check, prior_table
from adbayes.cohort.cohort import Cohort
from adbayes.errors import DataError
from adbayes.inference import sampler
from adbayes.model.frame import model_frame
from adbayes.model.priors import Prior
from adbayes.model.spec import load_spec


def test_nothing_is_sampled(patients: Cohort, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("sampled")

    monkeypatch.setattr(sampler, "_nutpie", never)
    found = check("easi_change", patients)
    assert list(found.priors.columns) == TABLE_COLUMNS
    assert set(found.prior_predictive["check"]) == {"prior_predictive"}
    assert any("rows used; dropped: easi missing in" in note for note in found.notes)
    assert found.label in repr(found)
    with pytest.raises(DataError):
        check("easi_change", Cohort(patients.frame.drop(columns="easi"), "patients", "l", "f"))


def test_ranges_of_coefficients_are_odds_ratios(patients: Cohort) -> None:
    (analysis,) = load_spec("easi90_univariable").analyses(x="female", priors="skeptical")
    table = prior_table(analysis, model_frame(analysis, patients)).set_index("parameter")
    scale = float(analysis.priors["female"]["sigma"])
    limit = np.exp(stats.norm.ppf(0.975) * scale)
    assert table.loc["female", "high"] == pytest.approx(limit)
    assert table.loc["female", "low"] == pytest.approx(1 / limit)
    assert table.loc["female", "scale"] == "odds ratio"
    assert table.loc["Intercept", "scale"] == "log odds"
    assert (table["why"] != "").all()


def test_group_effects_are_shown_by_their_sd(patients: Cohort) -> None:
    (analysis,) = load_spec("easi_change").analyses(
        priors={"sigma": Prior.of("HalfNormal", sigma=6, why="w")}
    )
    table = prior_table(analysis, model_frame(analysis, patients)).set_index("parameter")
    assert "1|patient" not in table.index
    hyper = analysis.priors["1|patient"]["sigma"]
    assert isinstance(hyper, Prior)
    expected = stats.halfnorm(scale=hyper["sigma"]).ppf([0.025, 0.975])
    np.testing.assert_allclose(
        table.loc["1|patient sigma", ["low", "high"]].astype(float), expected
    )
    assert table.loc["sigma", "high"] == pytest.approx(stats.halfnorm(scale=6).ppf(0.975))


def test_predictors_left_out_are_noted(patients: Cohort) -> None:
    found = check("easi90_univariable", patients)
    left = [note for note in found.notes if "left out" in note]
    assert left
    assert all("has one level" in note for note in left)
    assert len(found.prior_predictive) > 3


def test_scales_of_bounded_and_lognormal_models(patients: Cohort) -> None:
    for name, variant, second, scale in (
        ("nrs_change", "beta_binomial", "kappa.visit", "log odds"),
        ("ldh_change", "lognormal", "sigma.visit", "log"),
        ("easi_fraction", None, "alpha.visit", "log"),  # a gamma with a log link
    ):
        (analysis,) = load_spec(name).analyses(variant)
        table = prior_table(analysis, model_frame(analysis, patients)).set_index("parameter")
        assert table.loc["Intercept", "scale"] == scale
        assert table.loc["1|patient sigma", "scale"] == scale
        assert table.loc[second, "scale"] == "its own link"


def test_a_matrix_of_correlations_is_shown_by_one_of_them(patients: Cohort) -> None:
    (analysis,) = load_spec("easi_change").analyses("unstructured")
    table = prior_table(analysis, model_frame(analysis, patients)).set_index("parameter")
    # LKJ(2) of four visits: beta(3, 3) on -1 to 1
    expected = 2 * stats.beta(3, 3).ppf([0.025, 0.975]) - 1
    np.testing.assert_allclose(table.loc["correlation", ["low", "high"]].to_list(), expected)
    assert table.loc["correlation", "scale"] == "correlation"
