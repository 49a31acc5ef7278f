"""The refit uses the fit's own rows and coding, and speaks the print's statistics."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import statsmodels.api as sm

from adbayes.cohort.cohort import Cohort
from adbayes.inference.fit import Fit
from adbayes.model.families import FAMILIES
from adbayes.results.refit import COEFFICIENT_COLUMNS, refit


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
def test_models_without_a_twin_have_none(mixed_fit: Fit, change: str) -> None:
    other = {"family": FAMILIES["t"]} if change == "family" else {"link": "log"}
    analysis = dataclasses.replace(mixed_fit.analysis, **other)
    assert refit(dataclasses.replace(mixed_fit, analysis=analysis)) is None


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
