"""Differences of the same patients under one scale: likelihoods, correlations, shrinkage."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, stats

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.library import load_cohort
from adbayes.errors import DataError
from adbayes.inference.fit import Fit
from adbayes.inference.plan import plan
from adbayes.model.bambi_model import bambi_model, design_of
from adbayes.model.spec import load_spec
from adbayes.results.differences_together import (
    Differences,
    behrens_fisher,
    differences_together,
    poolable,
)
from adbayes.results.summary import COLUMNS

MakeFit = Callable[..., Fit]


@pytest.fixture(scope="module")
def fits() -> list[Fit]:
    """The sixteen models of cohort 0, without draws: only their rows are used."""
    cohort = load_cohort(0)
    found = []
    for outcome in ("easi", "nrs", "poem", "dlqi"):
        for analysis, frame in plan(load_spec(f"ldh_groups_{outcome}"), cohort).jobs:
            design = design_of(bambi_model(analysis, frame))
            found.append(Fit(analysis, cohort, frame, design, None, None, 0, ""))
    return found


@pytest.mark.parametrize("sizes", [(30, 6), (6, 30), (12, 12)])
def test_the_likelihood_is_behrens_and_fishers(sizes: tuple[int, int]) -> None:
    rng = np.random.default_rng(2)
    low, high = rng.normal(60, 10, sizes[0]), rng.normal(45, 20, sizes[1])
    one = stats.t(sizes[0] - 1, low.mean(), stats.sem(low))
    other = stats.t(sizes[1] - 1, high.mean(), stats.sem(high))
    found = behrens_fisher(low, high)
    points = found.centre + found.scale * np.array([-6.0, -2.0, 0.0, 1.0, 4.0])
    exact = [
        integrate.quad(
            lambda m, d=d: one.pdf(m) * other.pdf(m + d),
            *one.interval(1 - 1e-12),
            limit=400,
            epsabs=0,
        )[0]
        for d in points
    ]
    np.testing.assert_allclose(found.log(points), np.log(exact), atol=1e-6)


def test_rows_correlate_as_their_predictors_and_outcomes_do(fits: list[Fit]) -> None:
    pool = Differences.of(fits)
    C = pool.correlation
    np.testing.assert_allclose(np.diag(C), 1)
    assert np.linalg.eigvalsh(C)[0] > 0.01
    # One predictor and two outcomes: the partial correlation of the outcomes given the groups.
    data = fits[0].frame.data.merge(fits[8].frame.data, on=["patient", "ldh_ge_250_w0"])
    within = data.groupby("ldh_ge_250_w0")[["easi_percent_change", "poem_percent_change"]]
    residual = (
        data[["easi_percent_change", "poem_percent_change"]] - within.transform("mean")
    ).corr()
    assert C[0, 8] == pytest.approx(residual.iloc[0, 1], abs=1e-9)


def test_estimates_of_simulated_patients_correlate_so() -> None:
    # Two outcomes correlated by 0.7 within groups, two predictors by 0.5: the differences by 0.35.
    rng = np.random.default_rng(4)
    n, made = 200, []
    latent = rng.multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], size=n)
    groups = (latent > 0).astype(float)
    for _ in range(1500):
        y = rng.multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], size=n)
        made.append(
            [y[groups[:, k] == 1, k].mean() - y[groups[:, k] == 0, k].mean() for k in (0, 1)]
        )
    expected = np.corrcoef(groups.T)[0, 1] * 0.7
    found = np.corrcoef(np.transpose(made))[0, 1]
    assert abs(np.arctanh(found) - np.arctanh(expected)) < 4 / np.sqrt(1500)


def test_the_table_draws_differences_in(fits: list[Fit]) -> None:
    table = differences_together(fits)
    assert list(table.columns) == COLUMNS
    assert list(table["estimand"]) == ["mean_difference"] * 16 + ["parameter"]
    assert set(table["model"]) == {"ldh_groups"}
    assert set(table["variant"]) == {"hierarchical"}
    assert set(table["evidence"]) == {"reconstructed"}
    alone = np.array([likelihood.centre for likelihood in Differences.of(fits).likelihoods])
    pooled = table["mean"].to_numpy(dtype=float)[:16]
    assert np.square(pooled).sum() < 0.5 * np.square(alone).sum()
    (tau,) = table[table["term"] == "tau"].to_dict("records")
    assert 0 < tau["ci_low"] < tau["median"] < tau["ci_high"] < 25


def test_a_wide_scale_leaves_them_and_a_narrow_one_does_not(fits: list[Fit]) -> None:
    few = Differences.of(fits[:4])
    far = few.pool(stats.lognorm(0.01, scale=500))
    near = few.pool(stats.lognorm(0.01, scale=0.05))
    centres = [likelihood.centre for likelihood in few.likelihoods]
    np.testing.assert_allclose(far.effects.mean(), centres, atol=0.5)
    assert np.abs(near.effects.mean()).max() < 0.05


def test_only_unvaried_models_of_two_groups_are_pooled(fits: list[Fit]) -> None:
    robust = replace(fits[0], analysis=replace(fits[0].analysis, variant="student_t"))
    assert poolable([*fits, robust]) == fits
    assert poolable(fits[:1]) == []


def test_what_cannot_be_pooled_is_refused(fits: list[Fit], mixed_fit: Fit) -> None:
    with pytest.raises(DataError, match="not a model of two groups"):
        Differences.of([fits[0], mixed_fit])
    data = fits[3].frame.data
    alone = data[
        (data["ldh_ge_250_w52"] == 0) | (np.arange(len(data)) == data["ldh_ge_250_w52"].argmax())
    ]
    same = data.assign(**{fits[3].frame.outcome: data[fits[3].frame.outcome].where(
        data["ldh_ge_250_w52"] == 0, 80.0)})  # fmt: skip
    with pytest.raises(DataError, match="have the same value, which leaves no variance"):
        Differences.of([fits[0], replace(fits[3], frame=replace(fits[3].frame, data=same))])
    short = replace(fits[3], frame=replace(fits[3].frame, data=alone))
    with pytest.raises(DataError, match="one patient has no variance"):
        Differences.of([fits[0], short])


def test_a_user_s_cohort_keeps_its_evidence(patients: Cohort, fit_with: MakeFit) -> None:
    x = "ldh_ge_250_w0"
    values = {"Intercept": 70.0, x: -5.0, "sigma_Intercept": 3.0, f"sigma_{x}": 0.2}
    pair = [fit_with(f"ldh_groups_{name}", patients, values) for name in ("easi", "nrs")]
    table = differences_together(pair, priors="skeptical")
    assert set(table["evidence"]) == {"simulated"}
    assert set(table["priors"]) == {"skeptical"}
