"""Densities: the stated prior, the posterior of the draws, each of mass one."""

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from adbayes.inference.fit import Fit, top_level_priors
from adbayes.model.priors import Prior
from adbayes.results.densities import COLUMNS, _scalars, densities


def test_every_parameter_with_a_prior_has_its_curves(mixed_fit: Fit) -> None:
    table = densities(mixed_fit)
    assert list(table.columns) == COLUMNS
    assert list(table["term"].unique()) == [
        "Intercept",
        "visit[16]",
        "visit[32]",
        "visit[52]",
        "1|patient_sigma",
        "sigma",
    ]
    assert not table["log"].any()
    assert set(table["unit"]) == {"points"}
    assert set(table["evidence"]) == {"simulated"}
    assert set(table["n"]) == {mixed_fit.frame.n_units}


def test_the_prior_is_the_stated_one(mixed_fit: Fit) -> None:
    table = densities(mixed_fit)
    stated = top_level_priors(mixed_fit.analysis)
    for term, name in [("visit[32]", "visit"), ("sigma", "sigma")]:
        rows = table[table["term"] == term]
        assert rows["prior"].to_numpy() == pytest.approx(stated[name].frozen().pdf(rows["x"]))
    spread = table[table["term"] == "1|patient_sigma"]
    assert spread["x"].min() >= 0
    scale = dict(stated["1|patient_sigma"].parameters)["sigma"]
    assert spread["prior"].to_numpy() == pytest.approx(stats.halfnorm(scale=scale).pdf(spread["x"]))


def test_the_posterior_has_mass_one_and_the_moments_of_the_draws(mixed_fit: Fit) -> None:
    for term, rows in densities(mixed_fit).groupby("term"):
        x, height = rows["x"].to_numpy(), rows["posterior"].to_numpy()
        assert np.trapezoid(height, x) == pytest.approx(1, abs=0.01), term
    rows = densities(mixed_fit).query("term == 'sigma'")
    draws = mixed_fit.posterior["sigma"].to_numpy()
    mean = np.trapezoid(rows["x"] * rows["posterior"], rows["x"])
    # A kernel moves the mean by less than a tenth of an SD.
    assert mean == pytest.approx(draws.mean(), abs=0.1 * draws.std())
    at_median = np.trapezoid(
        np.where(rows["x"] <= np.median(draws), rows["posterior"], 0), rows["x"]
    )
    assert at_median == pytest.approx(0.5, abs=0.04)


def test_a_log_odds_ratio_is_shown_as_a_ratio_with_densities_per_log(female_fit: Fit) -> None:
    table = densities(female_fit)
    rows = table[table["term"] == "female"]
    assert rows["log"].all()
    assert set(rows["unit"]) == {"odds ratio"}
    prior = top_level_priors(female_fit.analysis)["female"].frozen()
    assert rows["prior"].to_numpy() == pytest.approx(prior.pdf(np.log(rows["x"])))
    mass = np.trapezoid(rows["posterior"], np.log(rows["x"]))
    assert mass == pytest.approx(1, abs=0.01)
    assert not table.loc[table["term"] == "Intercept", "log"].any()
    assert set(table.loc[table["term"] == "Intercept", "unit"]) == {"log odds"}


def test_the_grid_ends_where_the_prior_ends_or_ten_sds_away(
    mixed_fit: Fit, female_fit: Fit
) -> None:
    wide = densities(mixed_fit).query("term == 'visit[16]'")["x"]
    draws = mixed_fit.posterior["visit"].isel({"visit_dim": 0}).to_numpy()
    assert wide.min() == pytest.approx(draws.mean() - 10 * draws.std(ddof=1), rel=1e-3)
    draws = female_fit.posterior["female"].to_numpy()
    prior = top_level_priors(female_fit.analysis)["female"].frozen()
    x = np.log(densities(female_fit).query("term == 'female'")["x"])
    assert x.max() == pytest.approx(min(prior.ppf(0.995), draws.mean() + 10 * draws.std(ddof=1)))


def test_each_score_keeps_its_own_prior_at_every_visit() -> None:
    """A list of a prior is one a score, whatever visits come before: `sigma` of `scores_joint`."""
    scales = [10.0, 3.0, 8.0, 8.0]
    prior = Prior.of("HalfNormal", sigma=scales, why="w").frozen()
    values = xr.DataArray(
        np.random.default_rng(1).random((2, 20, 3, 4)),
        dims=("chain", "draw", "sigma_time", "sigma_dim"),
        coords={"sigma_time": ["0", "16", "52"], "sigma_dim": ["easi", "nrs", "poem", "dlqi"]},
    )
    found = {term: one.ppf(0.5) for term, _, one in _scalars(xr.Dataset({"sigma": values}), prior)}
    medians = stats.halfnorm(scale=np.array(scales)).ppf(0.5)
    assert list(found.values()) == pytest.approx(np.tile(medians, 3))
    assert found["sigma[52, nrs]"] == pytest.approx(medians[1])
