"""The refit uses the fit's own rows and coding, and speaks the print's statistics."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from adbayes.cohort.cohort import Cohort
from adbayes.inference.fit import Fit
from adbayes.model.families import FAMILIES
from adbayes.paper.published import load_paper
from adbayes.results.comparison import compare
from adbayes.results.refit import COEFFICIENT_COLUMNS, RAW, refit
from adbayes.results.summary import summarize


def test_a_logistic_refit_is_maximum_likelihood(joint_fit: Fit) -> None:
    found = refit(joint_fit)
    assert found is not None
    y = joint_fit.frame.data["easi90"].to_numpy()
    reference = sm.Logit(y, joint_fit.design.X).fit(disp=False)
    assert list(found.coefficients.columns) == COEFFICIENT_COLUMNS
    np.testing.assert_allclose(found.coefficients["estimate"], reference.params, rtol=1e-5)
    np.testing.assert_allclose(found.coefficients["p_value"], reference.pvalues, rtol=1e-4)
    ratios = found.statistics.query("statistic == 'odds_ratio'").set_index("term")["value"]
    np.testing.assert_allclose(ratios, np.exp(reference.params[1:]), rtol=1e-5)
    assert set(found.statistics["visit"]) == {"52"}
    assert "Intercept" not in set(found.statistics["term"])


def test_firth_can_be_left_out_and_the_rest_stays(joint_fit: Fit) -> None:
    whole, found = refit(joint_fit), refit(joint_fit, firth=False)
    assert whole is not None
    assert found is not None
    beside = [name for name in COEFFICIENT_COLUMNS if name.startswith("firth_")]
    assert whole.coefficients[beside].notna().all(axis=None)
    assert found.coefficients[beside].isna().all(axis=None)
    pd.testing.assert_frame_equal(
        found.coefficients.drop(columns=beside), whole.coefficients.drop(columns=beside)
    )
    pd.testing.assert_frame_equal(found.statistics, whole.statistics)
    assert ("Firth" in whole.method, "Firth" in found.method) == (True, False)


def test_a_mixed_refit_is_reml_and_agrees_with_the_posterior(mixed_fit: Fit) -> None:
    found = refit(mixed_fit)
    assert found is not None
    assert "restricted" in found.method
    p = mixed_fit.posterior
    means = [p["Intercept"].mean().item(), *p["visit"].mean(("chain", "draw")).to_numpy()]
    sds = [p["Intercept"].std().item(), *p["visit"].std(("chain", "draw")).to_numpy()]
    # The spec's priors are wide for these data: under half a posterior SD apart.
    assert (np.abs(found.coefficients["estimate"] - means) < 0.5 * np.array(sds)).all()


def test_falls_of_the_mean_are_in_percent(mixed_fit: Fit) -> None:
    found = refit(mixed_fit)
    assert found is not None
    table = found.statistics
    means = table[table["statistic"] == "mean"].set_index("visit")["value"]
    falls = table[table["statistic"] == "percent"].set_index("visit")["value"]
    assert list(falls.index) == ["16", "32", "52"]
    np.testing.assert_allclose(falls, 100 * (1 - means[falls.index] / means["0"]))
    assert set(table[table["statistic"] == "p_value"]["visit"]) == {"16", "32", "52"}


@pytest.mark.parametrize("change", ["family", "link"])
def test_means_without_a_twin_have_raw_statistics_and_say_why_no_p(
    mixed_fit: Fit, change: str
) -> None:
    other = {"family": FAMILIES["t"]} if change == "family" else {"link": "log"}
    analysis = dataclasses.replace(mixed_fit.analysis, **other)
    whole, found = refit(mixed_fit), refit(dataclasses.replace(mixed_fit, analysis=analysis))
    assert whole is not None
    assert found is not None
    assert found.coefficients.empty
    keys = ["statistic", "visit"]
    raw = found.statistics[found.statistics["statistic"] != "p_value"].set_index(keys)["value"]
    assert raw.equals(whole.statistics.set_index(keys)["value"].loc[raw.index])
    tests = found.statistics[found.statistics["statistic"] == "p_value"]
    assert list(tests["visit"]) == ["16", "32", "52"]
    assert tests["value"].isna().all()
    assert tests["note"].str.contains("no refit").all()


def test_a_model_without_means_and_twin_has_none(mixed_fit: Fit) -> None:
    asked = mixed_fit.analysis.estimands.model_copy(update={"report": ("icc",)})
    analysis = dataclasses.replace(mixed_fit.analysis, link="log", estimands=asked)
    assert refit(dataclasses.replace(mixed_fit, analysis=analysis)) is None


def test_the_unstructured_variant_stands_beside_raw_means(
    patients: Cohort, fit_with: Callable[..., Fit]
) -> None:
    values = {
        "Intercept": 30.0,
        "visit": (-22.0, -25.0, -26.0),
        "sigma": (10.0, 5.0, 4.0, 3.0),
        "correlation": (0.3,) * 6,
    }
    fit = fit_with("easi_change", patients, values, "unstructured")
    found = refit(fit)
    assert found is not None
    assert found.method == RAW
    shown = found.statistics.set_index(["statistic", "visit"])["value"]
    mine = patients.frame.query("visit == 52")["easi"]
    assert shown["mean", "52"] == pytest.approx(mine.mean())
    assert shown["sd", "52"] == pytest.approx(mine.std())
    percent = patients.frame.query("visit == 52")["easi_percent_change"]
    assert shown["pct_change_mean", "52"] == pytest.approx(percent.mean())


def test_separated_data_have_firths_estimate_in_the_note(female_fit: Fit) -> None:
    data = female_fit.frame.data
    # Every woman responds.
    apart = data.assign(easi90=np.where(data["female"] == 1, 1, data["easi90"]))
    frame = dataclasses.replace(female_fit.frame, data=apart)
    found = refit(dataclasses.replace(female_fit, frame=frame))
    assert found is not None
    rows = found.statistics[found.statistics["term"] == "female"].set_index("statistic")
    assert np.isinf(rows.loc["odds_ratio", "value"])
    firth = found.coefficients.set_index("term").loc["female", "firth_estimate"]
    assert rows["note"].str.contains("no finite maximum-likelihood estimate").all()
    assert f"{np.exp(firth):.3g}" in rows.loc["odds_ratio", "note"]
    paper = load_paper()
    beside = compare(summarize(female_fit), found.statistics, paper, female_fit)
    assert beside["note"].str.contains("Firth's penalised odds ratio").all()
    assert (found.statistics[found.statistics["term"] == "easi_baseline"]["note"] == "").all()


def test_fractions_and_classes_have_raw_statistics_and_no_coefficients(
    patients: Cohort, fit_with: Callable[..., Fit]
) -> None:
    values = {"threshold": (-0.3, 2.9), "visit": (1.9, 2.8), "1|patient_sigma": 1.0}
    found = refit(fit_with("easi_classes", patients, values))
    assert found is not None
    assert found.coefficients.empty
    assert len(found.statistics) == 6
    raw = patients.frame.groupby("visit")[["easi75", "easi90"]].mean()
    for row in found.statistics.itertuples():
        assert row.value == pytest.approx(100 * raw.loc[int(row.visit), row.term])
