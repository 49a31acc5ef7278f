"""Predictions for new patients against a direct simulation from the draws."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from adbayes.errors import DataError, SpecError
from adbayes.inference.fit import Fit
from adbayes.results.predictions import predict

NEW = pd.DataFrame(
    {"who": ["p", "q", "r"], "female": [1, 0, 1], "easi_baseline": [16.0, 30.0, 60.5]}
)


def test_probabilities_are_averaged_over_draws(female_fit: Fit) -> None:
    found = predict(female_fit, NEW)
    p = female_fit.posterior
    for i, row in NEW.iterrows():
        # The file's scale: the spec centres baseline EASI at 30 and divides by 10.
        eta = p["Intercept"] + p["easi_baseline"] * (row["easi_baseline"] - 30) / 10
        risk = expit((eta + p["female"] * row["female"]).to_numpy())
        assert found.loc[i, "mean"] == pytest.approx(risk.mean())
        np.testing.assert_allclose(
            found.loc[i, ["ci_low", "ci_high"]].astype(float), np.quantile(risk, [0.025, 0.975])
        )
    assert list(found["who"]) == ["p", "q", "r"]
    assert "pred_low" not in found


def test_a_new_patient_scatters_between_and_within(mixed_fit: Fit) -> None:
    found = predict(mixed_fit, pd.DataFrame({"visit": [0, 16, 52]}))
    p = mixed_fit.posterior
    rng = np.random.default_rng(2)
    for i, visit in enumerate([0, 16, 52]):
        mean = p["Intercept"].to_numpy()
        if visit:
            mean = mean + p["visit"].sel(visit_dim=str(visit)).to_numpy()
        assert found.loc[i, "mean"] == pytest.approx(mean.mean())
        np.testing.assert_allclose(
            found.loc[i, ["ci_low", "ci_high"]].astype(float), np.quantile(mean, [0.025, 0.975])
        )
        tau, sigma = p["1|patient_sigma"].to_numpy(), p["sigma"].to_numpy()
        outcome = np.concatenate(
            [mean + rng.normal(0, tau) + rng.normal(0, sigma) for _ in range(20)]
        )
        low, high = np.quantile(outcome, [0.025, 0.975])
        # the 2.5 % quantile of 4,000 normal draws has an SE of 0.042 SD
        error = 4 * 0.042 * outcome.std()
        assert abs(found.loc[i, "pred_low"] - low) < error
        assert abs(found.loc[i, "pred_high"] - high) < error


def test_seeds(mixed_fit: Fit) -> None:
    new = pd.DataFrame({"visit": [16]})
    first, again, other = (predict(mixed_fit, new, seed=s) for s in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert first["pred_low"].item() != other["pred_low"].item()
    assert first["ci_low"].item() == other["ci_low"].item()


def test_rows_keep_their_index_and_the_table_is_not_changed(female_fit: Fit) -> None:
    new = NEW.set_index(pd.Index([7, 7, 9]))
    before = new.copy()
    found = predict(female_fit, new)
    pd.testing.assert_frame_equal(new, before)
    assert list(found.index) == [7, 7, 9]
    np.testing.assert_allclose(found["mean"], predict(female_fit, NEW)["mean"])


def test_the_data_themselves_are_fitted(joint_fit: Fit) -> None:
    rows = joint_fit.frame.data.copy()
    rows["easi_baseline"] = 30 + 10 * rows["easi_baseline"]
    found = predict(joint_fit, rows)
    # With an intercept, the mean probability is near the share that responded.
    assert abs(found["mean"].mean() - rows["easi90"].mean()) < 0.03


@pytest.mark.parametrize(
    ("new", "match"),
    [
        (NEW.drop(columns="female"), "no column 'female', which easi90_univariable needs"),
        (NEW.assign(female=[1, np.nan, 0]), "'female' is missing in 1 rows"),
        (NEW.assign(female=["yes", "no", "no"]), "'female' holds text"),
    ],
)
def test_what_cannot_be_used_is_said(female_fit: Fit, new: pd.DataFrame, match: str) -> None:
    with pytest.raises(DataError, match=match):
        predict(female_fit, new)


def test_an_unseen_level_is_refused(mixed_fit: Fit) -> None:
    with pytest.raises(DataError, match=r"levels 24, which the fit has not seen \(levels: 0, 16"):
        predict(mixed_fit, pd.DataFrame({"visit": [24]}))


def test_other_families_are_left_to_bambi(mixed_fit: Fit) -> None:
    import dataclasses

    from adbayes.model.families import FAMILIES

    analysis = dataclasses.replace(mixed_fit.analysis, family=FAMILIES["gamma"], link="log")
    with pytest.raises(SpecError, match="predict answers Gaussian and Bernoulli"):
        predict(dataclasses.replace(mixed_fit, analysis=analysis), pd.DataFrame({"visit": [16]}))
