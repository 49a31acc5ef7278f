"""Mixtures of posteriors: closed forms of mixtures of normals, and rows that say what they are."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

from adbayes.cohort.simulate import simulate_patients
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit
from adbayes.results import pooled
from adbayes.results.pooled import COLUMNS, POOLED, SHARE, mixture, pooled_summary
from adbayes.results.summary import COLUMNS as SUMMARY_COLUMNS
from adbayes.results.summary import NOT_CONVERGED, summarize

MEANS, SDS = np.array([-1.0, 0.5, 3.0]), np.array([1.0, 0.4, 2.0])
N = 40_000


@pytest.fixture(scope="module")
def parts() -> list[np.ndarray]:
    rng = np.random.default_rng(11)
    return [rng.normal(mean, sd, size=(4, N // 4)) for mean, sd in zip(MEANS, SDS, strict=True)]


def test_a_mixture_of_normals_has_its_closed_form(parts: list[np.ndarray]) -> None:
    found = mixture(parts, null=0.0)
    between, within = MEANS.var(), (SDS**2).mean()
    total = between + within
    total_n = N * len(MEANS)
    assert found.mean == pytest.approx(MEANS.mean(), abs=5 * np.sqrt(within / total_n))
    # Relative error of a variance of n draws of about normal parts is sqrt(2 / n).
    assert found.sd == pytest.approx(np.sqrt(total), rel=5 * np.sqrt(2 / N))
    assert found.share == pytest.approx(between / total, rel=10 * np.sqrt(2 / N))

    def below(x: float) -> float:
        return float(norm.cdf(x, MEANS, SDS).mean())

    def density(x: float) -> float:
        return float(norm.pdf(x, MEANS, SDS).mean())

    for value, p in ((found.ci_low, 0.025), (found.median, 0.5), (found.ci_high, 0.975)):
        exact = float(brentq(lambda x, p=p: below(x) - p, -10, 20))
        error = np.sqrt(p * (1 - p) / total_n) / density(exact)
        assert value == pytest.approx(exact, abs=5 * error)
    assert found.prob_direction == pytest.approx(1 - below(0), abs=5 * np.sqrt(0.25 / total_n))


def test_equal_parts_have_no_share_and_points_have_all() -> None:
    draws = np.random.default_rng(2).normal(size=1000)
    assert mixture([draws, draws, draws]).share == pytest.approx(0, abs=1e-12)
    assert mixture([np.full(10, 1.0), np.full(10, 2.0)]).share == pytest.approx(1)
    nothing = mixture([np.full(10, 1.0), np.full(10, 1.0)])
    assert np.isnan(nothing.share)
    assert np.isnan(nothing.prob_direction)


def test_the_share_does_not_depend_on_the_unit(parts: list[np.ndarray]) -> None:
    scaled = mixture([3 * part - 7 for part in parts])
    assert scaled.share == pytest.approx(mixture(parts).share)


def test_parts_of_different_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="same shape"):
        mixture([np.zeros(10), np.zeros(11)])


@pytest.fixture(scope="module")
def fits() -> list[Fit]:
    found = []
    for index in range(3):
        cohort = dataclasses.replace(
            simulate_patients(seed=index, n_patients=40 + index // 2), index=index
        )
        one = fit("nrs_change", cohort, draws=500, tune=500)
        assert isinstance(one, Fit)
        found.append(one)
    return found


@pytest.fixture(scope="module")
def rows(fits: list[Fit]) -> pd.DataFrame:
    return pooled_summary(fits, [summarize(one) for one in fits])


def test_every_quantity_has_a_pooled_row(fits: list[Fit], rows: pd.DataFrame) -> None:
    assert list(rows.columns) == COLUMNS == [*SUMMARY_COLUMNS, SHARE]
    keys = ["estimand", "visit", "term", "unit", "outcome", "x", "model", "variant", "priors"]
    assert rows[keys].equals(summarize(fits[0])[keys])
    assert set(rows["cohort"]) == {POOLED}
    assert rows[["ess_bulk", "ess_tail", "r_hat"]].isna().all(axis=None)
    assert rows[SHARE].between(0, 1).all()
    assert rows["n"].isna().all()  # 40, 40 and 41 patients
    two = pooled_summary(fits[:2], [summarize(one) for one in fits[:2]])
    assert (two["n"] == 40).all()


def test_a_pooled_row_is_the_mixture_of_the_fits_draws(fits: list[Fit], rows: pd.DataFrame) -> None:
    row = rows[(rows["estimand"] == "parameter") & (rows["term"] == "sigma")].iloc[0]
    draws = np.stack([one.posterior["sigma"].to_numpy().ravel() for one in fits])
    assert row["mean"] == pytest.approx(draws.mean())
    assert row["ci_high"] == pytest.approx(np.quantile(draws, 0.975))
    assert row[SHARE] == pytest.approx(draws.mean(axis=1).var() / draws.var())
    own = pd.concat([summarize(one) for one in fits])
    mine = (own["estimand"] == "parameter") & (own["term"] == "sigma")
    assert row["mcse_mean"] == pytest.approx(own[mine]["mcse_mean"].mean())


def test_the_worst_flag_of_the_cohorts_is_carried(fits: list[Fit]) -> None:
    summaries = [summarize(one) for one in fits]
    bad = summaries[1]["term"] == "sigma"
    summaries[1].loc[bad, "flag"] = NOT_CONVERGED
    for summary in (summaries[0], summaries[2]):
        summary["flag"] = ""
    summaries[1].loc[~bad, "flag"] = ""
    found = pooled_summary(fits, summaries)
    assert (found.loc[found["term"] == "sigma", "flag"] == NOT_CONVERGED).all()
    assert (found.loc[found["term"] != "sigma", "flag"] == "").all()


def test_a_quantity_that_one_cohort_lacks_is_not_pooled(
    fits: list[Fit], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = pooled.estimands

    def without_icc(one: Fit) -> list[pooled.Estimand]:
        return [q for q in whole(one) if one is not fits[1] or q.estimand != "icc"]

    monkeypatch.setattr(pooled, "estimands", without_icc)
    found = pooled_summary(fits, [summarize(one) for one in fits])
    assert "icc" not in set(found["estimand"])
    assert "mean_change" in set(found["estimand"])


def test_it_says_that_it_is_not_multiple_imputation() -> None:
    assert pooled.__doc__ is not None
    assert "Not multiple imputation" in pooled.__doc__
