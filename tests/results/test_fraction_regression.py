"""Ratios and shares of responders of a regression of the fraction that is left."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.derive import derive
from adbayes.errors import SpecError
from adbayes.inference.fit import Fit
from adbayes.model.library import models_folder
from adbayes.model.spec import Spec
from adbayes.results.estimands import estimands
from adbayes.results.summary import noted

MakeFit = Callable[..., Fit]
SLOPE, BASELINE, FEMALE = 0.3, -0.02, -0.25
VALUES = {
    "Intercept": -2.0,
    "I(easi_baseline - 30)": BASELINE,
    "female": FEMALE,
    "alpha": 2.2,
    "psi": 0.97,
}


@pytest.fixture(scope="module")
def fraction_fit(patients: Cohort, fit_with: MakeFit) -> Fit:
    return fit_with("easi_fraction_ldh", patients, VALUES | {"ldh_baseline": SLOPE})


@pytest.fixture
def text() -> str:
    return (models_folder() / "easi_fraction_ldh.toml").read_text(encoding="utf-8")


def test_a_ratio_is_per_doubling_of_ldh(fraction_fit: Fit) -> None:
    found = {e.term: e for e in estimands(fraction_fit) if e.estimand == "fraction_ratio"}
    assert float(found["ldh_baseline"].draws[0, 0]) == pytest.approx(np.exp(SLOPE))
    assert float(found["female"].draws[0, 0]) == pytest.approx(np.exp(FEMALE))
    assert found["ldh_baseline"].note == "per doubling"
    assert (found["female"].note, found["female"].unit, found["female"].null) == ("", "ratio", 1.0)


def test_another_scale_changes_the_slope_and_not_the_ratio(
    text: str, spec_from: Callable[[str], Spec], patients: Cohort, fit_with: MakeFit
) -> None:
    spec = spec_from(text.replace("ldh_baseline = [8.0, 1.0]", "ldh_baseline = [7.5, 0.5]"))
    # The same line: half a doubling from another centre.
    values = VALUES | {"ldh_baseline": SLOPE / 2, "Intercept": -2.0 - SLOPE * 0.5}
    base = fit_with("easi_fraction_ldh", patients, VALUES | {"ldh_baseline": SLOPE})
    for one, other in zip(
        estimands(base), estimands(fit_with(spec, patients, values)), strict=True
    ):
        np.testing.assert_allclose(one.draws, other.draws)


def test_responders_are_counted_over_the_patients_by_scipy(fraction_fit: Fit) -> None:
    shares = {e.term: float(e.draws[0, 0]) for e in estimands(fraction_fit)[2:]}
    data = fraction_fit.frame.data
    before = data["easi_baseline"].to_numpy()
    for ldh in (200, 400):
        mean = np.exp(
            -2 + SLOPE * np.log2(ldh / 256) + BASELINE * (before - 30) + FEMALE * data["female"]
        )
        for name, percent in (("easi75", 75), ("easi90", 90)):
            # The highest recorded score that meets the rule, from the package's exact rule.
            last = (np.round(10 * before).astype(int) * (100 - percent) // 100) / 10
            gamma = stats.gamma(2.2, scale=mean / 2.2)
            p = 0.03 + 0.97 * gamma.cdf((last + 0.05) / before)
            assert shares[f"{name}, ldh_baseline = {ldh}"] == pytest.approx(100 * p.mean())


def test_replicated_patients_respond_as_often(fraction_fit: Fit, patients: Cohort) -> None:
    # Simulated visits, judged by the rules of `derive`.
    data = fraction_fit.frame.data
    rng = np.random.default_rng(6)
    n = 4000
    rows = data.loc[np.repeat(data.index, n)]
    mean = np.exp(
        -2
        + SLOPE * np.log2(200 / 256)
        + BASELINE * (rows["easi_baseline"] - 30)
        + FEMALE * rows["female"]
    )
    y = rng.gamma(2.2, mean / 2.2) * (rng.random(len(rows)) < 0.97)
    now = np.round(10 * y * rows["easi_baseline"].to_numpy()) / 10
    who = np.arange(len(rows))
    table = pd.DataFrame(
        {
            "patient": np.r_[who, who],
            "visit": np.r_[np.zeros(len(rows), int), np.full(len(rows), 52)],
            "easi": np.r_[rows["easi_baseline"], np.minimum(now, 72)],
        }
    )
    shares = {e.term: float(e.draws[0, 0]) for e in estimands(fraction_fit)[2:]}
    share = 100 * derive(table).query("visit == 52")["easi90"].mean()
    error = 100 * np.sqrt(0.25 / len(rows))
    assert abs(share - shares["easi90, ldh_baseline = 200"]) < 4 * error


def test_ldh_of_the_same_day_is_concurrent(patients: Cohort, fit_with: MakeFit) -> None:
    fit = fit_with("easi_fraction_ldh", patients, VALUES | {"ldh": SLOPE}, "concurrent")
    found = {e.term: e for e in estimands(fit)}
    assert "concurrent" in noted(found["ldh"])
    assert "concurrent" in noted(found["easi90, ldh = 400"])
    assert "concurrent" not in noted(found["female"])


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ('at     = { ldh_baseline = [200.0, 400.0] }', "", "response needs at"),
        ("at     = { ldh_baseline", "at     = { ldh_basline", "at: 'ldh_basline' is not a column"),
        ("[200.0, 400.0] }\n\n[sampler]", "[-200, 400] }\n\n[sampler]", "has no logarithm"),
        ("[200.0, 400.0] }\n\n[sampler]", '["x"] }\n\n[sampler]', "at"),
        ('["fraction_ratio", "response"]', '["mean_score"]', "is not defined"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_refused(
    old: str, new: str, match: str, text: str, spec_from: Callable[[str], Spec]
) -> None:
    assert old in text
    with pytest.raises(SpecError, match=match):
        spec_from(text.replace(old, new))
