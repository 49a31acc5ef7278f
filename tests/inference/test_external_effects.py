"""Priors from other studies' effects: against quadrature, and the numbers that the specs state."""

import numpy as np
import pytest
from scipy import optimize, stats

from adbayes.errors import DataError
from adbayes.inference.external_effects import (
    ONE_STUDY_WEIGHT,
    Prediction,
    effect_studies,
    enthusiastic_effect,
    historical_effect,
)
from adbayes.inference.historical_prior import ROBUST_WEIGHT, historical_prior
from adbayes.inference.printed_priors import prior_sets
from adbayes.model.priors import Prior
from adbayes.model.spec import load_spec

REPORTED = {
    "odds_ratio": Prior.of("Normal", mu=0, sigma=1.5),
    "easi": Prior.of("Normal", mu=0, sigma=36),
    "nrs": Prior.of("Normal", mu=0, sigma=5),
    "poem": Prior.of("Normal", mu=0, sigma=14),
    "dlqi": Prior.of("Normal", mu=0, sigma=15),
}
TWO = Prediction(np.array([0.4, 1.5]), np.array([0.3, 0.2]), 0.5, 1.5)


def test_the_prediction_is_that_of_a_sum_over_everything() -> None:
    mu = np.linspace(-6, 7, 1301)[:, None, None]
    tau = (np.linspace(0, 2.5, 500) + 0.0025)[None, :, None]
    log = stats.norm.logpdf(mu, 0, 1.5) + stats.halfnorm.logpdf(tau, scale=0.5)
    for estimate, se in zip(TWO.estimates, TWO.errors, strict=True):
        log = log + stats.norm.logpdf(estimate, mu, np.hypot(se, tau))
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    for at in (-0.5, 0.5, 1.0, 2.0):
        below = float((weight * stats.norm.cdf((at - mu) / tau)).sum())
        assert float(TWO.predictive().cdf(at)) == pytest.approx(below, abs=2e-3)
    assert TWO.mean() == pytest.approx(float((weight * mu).sum()), abs=2e-3)


def test_two_normals_have_its_mean_and_variance() -> None:
    weights, means, sds = TWO.two_normals()
    x = np.linspace(-12, 14, 40001)
    density = TWO.predictive().pdf(x)
    mean = np.trapezoid(x * density, x)
    variance = np.trapezoid((x - mean) ** 2 * density, x)
    assert weights.sum() == pytest.approx(1)
    assert weights @ means == pytest.approx(mean, abs=1e-4)
    assert weights @ (sds**2 + means**2) - mean**2 == pytest.approx(variance, rel=1e-3)


def test_studies_that_disagree_predict_less() -> None:
    apart = Prediction(np.array([-1.0, 2.0]), np.array([0.2, 0.2]), 0.5, 1.5)
    agreed = Prediction(np.array([0.5, 0.5]), np.array([0.2, 0.2]), 0.5, 1.5)
    width = [float(np.diff(p.predictive().ppf([0.025, 0.975]))[0]) for p in (agreed, apart)]
    assert width[0] < 0.6 * width[1]


def test_the_papers_own_patients_never_enter() -> None:
    for of, quantity in (("female", "odds_ratio"), ("easi", "mean_change")):
        for overlapping in (False, True):
            found = effect_studies(quantity, of, 52, overlapping)
            assert "korea16" not in set(found["study"])
    # Where there is a study apart, one that may overlap is not let in beside it.
    assert set(effect_studies("odds_ratio", "female", overlapping=True)["overlaps"]) == {""}
    assert effect_studies("odds_ratio", "age_over_30").empty
    labelled = effect_studies("odds_ratio", "age_over_30", overlapping=True)
    assert set(labelled["overlaps"]) == {"may include"}
    with pytest.raises(DataError, match="leaves out studies"):
        historical_effect(labelled, REPORTED["odds_ratio"])
    with pytest.raises(DataError, match="No other study"):
        enthusiastic_effect(effect_studies("odds_ratio", "adult_onset"), REPORTED["odds_ratio"])
    assert effect_studies("mean_change", "easi", 16).empty


def numbers(prior: Prior) -> list[float]:
    return [float(x) for _, values in prior.parameters for x in np.ravel(values)]


def test_the_stated_priors_are_made_from_the_tables() -> None:
    sets = prior_sets()
    stated = {
        name: {key for key, prior in sets[name].items() if not prior.absent}
        for name in ("enthusiastic", "historical")
    }
    expected: dict[str, dict[str, Prior]] = {"enthusiastic": {}, "historical": {}}
    for term in ("female", "age_over_30", "tec_gt_500_w0", "adult_onset", "ldh_ge_250_w0"):
        for name, overlapping, make in (
            ("enthusiastic", True, enthusiastic_effect),
            ("historical", False, historical_effect),
        ):
            studies = effect_studies("odds_ratio", term, overlapping=overlapping)
            if len(studies):
                prior = make(studies, REPORTED["odds_ratio"])
                expected[name][f"log_odds_ratio.{term}"] = prior
    for score in ("easi", "nrs", "poem", "dlqi"):
        studies = effect_studies("mean_change", score, 52)
        key = f"change.{score}.w52"
        expected["enthusiastic"][key] = enthusiastic_effect(studies, REPORTED[score])
        expected["historical"][key] = historical_effect(studies, REPORTED[score])
    for outcome, week, key in (
        ("easi75", 16, "response.easi75.w16"),
        ("easi75", 52, "response.easi75.w52"),
        ("easi90", 52, "response.easi90.w52"),
        ("conjunctivitis", 52, "share.conjunctivitis"),
    ):
        robust = historical_prior(outcome, week).robust
        expected["historical"][key] = Prior.of(
            "BetaMixture",
            w=list(robust.weights),
            alpha=list(robust.alphas),
            beta=list(robust.betas),
        )
    for week, placebo in ((16, 73 / 315), (52, 57 / 264)):
        middle = float(historical_prior("easi75", week).informative.ppf(0.5))

        def faults(x: np.ndarray, placebo: float = placebo, middle: float = middle) -> list[float]:
            beta = stats.beta(*np.exp(x))
            return [beta.cdf(middle) - 0.5, beta.cdf(placebo) - 0.05]

        alpha, beta = np.exp(optimize.root(faults, [0.8, 0.3]).x)
        expected["enthusiastic"][f"response.easi75.w{week}"] = Prior.of(
            "Beta", alpha=alpha, beta=beta
        )
    for name, priors in expected.items():
        assert stated[name] == set(priors)
        for key, prior in priors.items():
            assert sets[name][key].distribution == prior.distribution
            assert sets[name][key].source
            np.testing.assert_allclose(
                numbers(sets[name][key]), numbers(prior), rtol=6e-4, err_msg=f"{name} {key}"
            )


@pytest.mark.parametrize("score", ["easi", "nrs", "poem", "dlqi"])
def test_predictions_of_a_change_are_priors_of_the_mixed_model_only(score: str) -> None:
    spec = load_spec(f"{score}_change")
    assert spec.prior_sets["historical"]["visit"].distribution == "NormalMixture"
    # Their own scale, or an SD for every visit, is not what other studies printed.
    assert all("historical" not in sets for sets in spec.variant_sets.values())


def test_an_enthusiast_leaves_one_in_twenty_for_the_wrong_direction() -> None:
    priors = prior_sets()["enthusiastic"]
    for key, prior in priors.items():
        if prior.distribution == "Normal" and not prior.absent:
            below = float(prior.frozen().cdf(0))
            assert min(below, 1 - below) == pytest.approx(0.05, abs=2e-4), key


def test_how_much_is_vague_depends_on_how_many_studies_there_are() -> None:
    one = historical_effect(effect_studies("mean_change", "nrs", 52), REPORTED["nrs"])
    two = historical_effect(effect_studies("mean_change", "easi", 52), REPORTED["easi"])
    assert np.ravel(one["w"])[-1] == ONE_STUDY_WEIGHT
    assert np.ravel(two["w"])[-1] == ROBUST_WEIGHT
    assert np.ravel(two["sigma"])[-1] == 36
