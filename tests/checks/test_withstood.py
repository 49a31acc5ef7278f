"""What a fit's claims withstand, from its own draws: against closed forms and against refits."""

import re

import numpy as np
import pytest
from scipy import stats

from adbayes.checks.credibility import normal_credibility
from adbayes.checks.marginal import Marginal
from adbayes.checks.power_scaling import COLUMNS
from adbayes.checks.withstood import conflict_row, fit_sensitivity, withstood
from adbayes.cohort.cohort import Cohort
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit
from adbayes.model.priors import Prior

ESTIMATE, SE = 1.2, 0.5  # z = 2.4: one draw in 120 lies beyond the null


def numbers(setting: str) -> dict[str, float]:
    return {key: float(value) for key, value in re.findall(r"(\w+)=([^;]+)", setting)}


def draws_under(mu: float, sigma: float, n: int = 16_000) -> Marginal:
    """Exact draws of a normal likelihood under a normal prior, the prior taken away again."""
    precision = SE**-2 + sigma**-2
    mean = (ESTIMATE / SE**2 + mu / sigma**2) / precision
    theta = mean + np.random.default_rng(8).normal(size=n) / precision**0.5
    return Marginal.of_draws(theta, -0.5 * ((theta - mu) / sigma) ** 2, 0.0)


@pytest.mark.parametrize(("mu", "sigma", "normal"), [(0.0, 3.0, False), (0.4, 0.3, True)])
def test_the_prior_of_the_draws_makes_no_difference(mu: float, sigma: float, normal: bool) -> None:
    found, note = withstood(draws_under(mu, sigma), (mu, sigma), 1.5)
    exact = normal_credibility(ESTIMATE, SE, 0.0, 1.5)
    assert bool(note) == normal  # a tight prior has cut off what a flat one would show
    assert found.tipping_scale == pytest.approx(exact.tipping_scale, rel=0.1)
    assert found.tipping_centre == pytest.approx(exact.tipping_centre, abs=0.25)
    assert found.p_intrinsic == pytest.approx(exact.p_intrinsic, abs=0.02)


def test_moments_behind_draws_are_those_of_the_likelihood() -> None:
    assert draws_under(0.4, 0.3).moments_behind(0.4, 0.3) == pytest.approx((ESTIMATE, SE), rel=0.03)
    flat = draws_under(0.0, 3.0)
    assert flat.moments_behind(0.0, 0.1)[1] == float("inf")  # wider than that prior: no information


@pytest.mark.parametrize(("mu", "sigma"), [(0.0, 1.5), (0.0, 0.3), (0.4, 0.3)])
def test_a_conflict_is_judged_as_well_under_a_tight_prior(mu: float, sigma: float) -> None:
    row = conflict_row(draws_under(mu, sigma), (mu, sigma), 0.2, (mu, sigma))
    exact = 2 * stats.norm.sf(abs(ESTIMATE - mu) / np.hypot(sigma, SE))
    assert numbers(row["setting"])["box_p"] == pytest.approx(exact, rel=0.1)


def test_odds_ratios_have_every_method(joint_fit: Fit) -> None:
    found = joint_fit.sensitivity()
    assert list(found.columns) == COLUMNS
    odds = found[(found["estimand"] == "odds_ratio") & (found["term"] == "female")]
    assert odds["method"].to_list() == [
        "power_scaling", "power_scaling", "reverse_bayes", "conflict",
    ]  # fmt: skip
    sentence = odds.loc[odds["method"] == "reverse_bayes", "diagnosis"].iloc[0]
    assert "95 % interval include" in sentence


def test_the_tipping_prior_is_confirmed_by_a_refit(joint_fit: Fit, patients: Cohort) -> None:
    rows = joint_fit.sensitivity()
    standing = rows[rows["setting"].str.contains("tipping_scale") & (rows["khat"] < 0.7)]
    assert len(standing)
    row = standing.iloc[0]
    scale = numbers(row["setting"])["tipping_scale"]
    again = fit(
        "easi90_multivariable", patients, draws=4000,
        priors={row["term"]: Prior.of("Normal", mu=0, sigma=scale)},
    )  # fmt: skip
    assert isinstance(again, Fit)
    above = float((np.ravel(again.posterior[row["term"]]) > 0).mean())
    # The draws of the fit are 4000: 0.975 is known to 0.0025, more under weights.
    assert max(above, 1 - above) == pytest.approx(0.975, abs=0.015)


def test_score_changes_have_one_claim_a_visit(mixed_fit: Fit) -> None:
    found = fit_sensitivity(mixed_fit)
    reverse = found[found["method"] == "reverse_bayes"]
    assert reverse["visit"].to_list() == ["16", "32", "52"]
    assert reverse["estimand"].eq("mean_change").all()
    # Falls of twenty points with an error of one: the draws do not reach a prior that takes them away.
    assert reverse["diagnosis"].str.contains("the narrowest that the draws reach").all()
    assert (reverse["khat"] <= 0.7).all()
    below = [numbers(setting)["tipping_below"] for setting in reverse["setting"]]
    assert all(0.5 < scale < 36 for scale in below)
    conflict = found[found["method"] == "conflict"]
    assert all(numbers(s)["contraction"] > 0.99 for s in conflict["setting"])
