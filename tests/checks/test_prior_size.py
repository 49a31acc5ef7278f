"""Effective sample sizes against closed forms and against data that are worth as much."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from adbayes.checks.prior_size import (
    EVEN_ODDS_RATIO,
    effective_patients,
    information_of,
    location_information,
)
from adbayes.cohort.cohort import Cohort
from adbayes.model.bambi_model import bambi_model, design_of
from adbayes.model.frame import model_frame
from adbayes.model.priors import Prior
from adbayes.model.spec import load_spec


@pytest.mark.parametrize(
    ("prior", "exact"),
    [
        (Prior.of("Normal", mu=3, sigma=0.5), 4.0),
        (Prior.of("StudentT", nu=1e5, mu=3, sigma=0.5), 4.0),
        (Prior.of("StudentT", nu=5, mu=1, sigma=2), 6 / 8 / 4),  # (nu + 1) / ((nu + 3) sigma^2)
        (Prior.of("Cauchy", alpha=0, beta=2.5), 1 / (2 * 2.5**2)),
        # exp(m x / 2) / (1 + exp x)^m: minus its second derivative averages m^2 / (4 (m + 1)).
        (Prior.of("LogF", m=1), 1 / 8),
        (Prior.of("LogF", m=2), 1 / 3),
        (Prior.of("NormalMixture", w=[0.3, 0.7], mu=[1, 1], sigma=[0.5, 0.5]), 4.0),
    ],
)
def test_information_about_a_shift_has_its_closed_form(prior: Prior, exact: float) -> None:
    assert float(location_information(prior)[0]) == pytest.approx(exact, rel=5e-3)


def test_each_coefficient_has_its_own_information() -> None:
    rows = Prior.of(
        "NormalMixture", w=[[0.5, 0.5], [0.5, 0.5]], mu=[[0, 0], [-50, 50]], sigma=[[2, 2], [1, 2]]
    )
    assert location_information(rows) == pytest.approx([0.25, 0.625], rel=5e-3)


def test_a_mixture_of_far_components_averages_them_and_a_vague_part_costs_patients() -> None:
    far = Prior.of("NormalMixture", w=[0.5, 0.5], mu=[-50, 50], sigma=[1, 2])
    assert float(location_information(far)[0]) == pytest.approx((1 + 0.25) / 2, rel=5e-3)
    narrow = Prior.of("Normal", mu=1, sigma=0.4)
    robust = Prior.of("NormalMixture", w=[0.8, 0.2], mu=[1, 0], sigma=[0.4, 2])
    sizes = [effective_patients(p, EVEN_ODDS_RATIO) for p in (narrow, robust)]
    assert sizes[0] == pytest.approx(100)
    assert 0.4 * sizes[0] < sizes[1] < 0.8 * sizes[0]


def test_m_even_patients_are_worth_m_patients() -> None:
    """A normal prior with the variance of an even table of m patients is worth m."""
    m = 40
    variance = 4 / (m / 4)  # of a log odds ratio with m / 4 in each cell
    prior = Prior.of("Normal", mu=0, sigma=variance**0.5)
    assert effective_patients(prior, EVEN_ODDS_RATIO) == pytest.approx(m)


def test_shares_are_counted_by_their_parameters() -> None:
    assert effective_patients(Prior.of("Beta", alpha=2, beta=8), np.nan) == 10
    assert effective_patients(Prior.of("Beta", alpha=0.5, beta=0.5), np.nan) == 1
    mixture = Prior.of("BetaMixture", w=[0.8, 0.2], alpha=[20, 1], beta=[30, 1])
    assert 30 < effective_patients(mixture, np.nan) < 50


def test_what_is_no_location_has_no_size() -> None:
    assert np.isnan(effective_patients(Prior.of("HalfNormal", sigma=1), 1.0))
    assert np.isnan(effective_patients(Prior.of("Normal", mu=0, sigma=1), np.nan))


def test_information_of_a_coefficient_is_that_of_the_design(patients: Cohort) -> None:
    (analysis,) = load_spec("easi90_univariable").analyses(x="female")
    frame = model_frame(analysis, patients)
    found = information_of(analysis, frame, design_of(bambi_model(analysis, frame)))
    share = float(frame.data["female"].mean())
    assert found["female"] == pytest.approx(share * (1 - share) / 4)
    assert found["Intercept"] == pytest.approx(0.25)
    # The information of n patients is that of the likelihood at even odds, the others known.
    se = (frame.n * found["female"]) ** -0.5
    assert se == pytest.approx(2 / np.sqrt(frame.n * share * (1 - share)))


def test_information_of_a_mean_rests_on_the_prior_of_the_residual_sd(patients: Cohort) -> None:
    (analysis,) = load_spec("easi_change").analyses()
    frame = model_frame(analysis, patients)
    design = design_of(bambi_model(analysis, frame))
    found = information_of(analysis, frame, design)
    sigma = float(analysis.priors["sigma"].frozen().ppf(0.5))
    assert found["Intercept"] == pytest.approx(frame.n_rows / frame.n / sigma**2)
    wider = {"sigma": Prior.of("HalfNormal", sigma=20)}
    less = information_of(replace(analysis, priors=analysis.priors | wider), frame, design)
    assert less["visit"] == pytest.approx(found["visit"] * (10 / 20) ** 2)
    assert stats.halfnorm(scale=10).ppf(0.5) == pytest.approx(sigma)
    (bounded,) = load_spec("nrs_change").analyses("beta_binomial")
    assert information_of(bounded, frame, design) == {}
