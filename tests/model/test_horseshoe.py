"""The regularised horseshoe: its scale, its two ends, and how many slopes escape it."""

import numpy as np
import pytest
from scipy import stats

from adbayes.errors import SpecError
from adbayes.model.horseshoe import UNIT_SD, RegularizedHorseshoe, global_scale, shrunk_scale
from adbayes.model.priors import Prior

STATED = {"relevant": 2, "predictors": 8, "patients": 99, "slab_scale": 1.5, "slab_df": 4}


def test_global_scale_is_piironen_and_vehtaris() -> None:
    # p0 / (D - p0) sigma / sqrt(n), sigma = 2, for a predictor of SD 0.5.
    assert global_scale(2, 8, 99) == pytest.approx(2 / 6 * 2 / np.sqrt(99) / 0.5)


@pytest.mark.parametrize("relevant", [1, 2, 4])
def test_the_expected_number_of_slopes_escapes(relevant: float) -> None:
    """At tau = tau0 the effective number of slopes is about p0: what tau0 is made for."""
    n, predictors = 99, 8
    tau = global_scale(relevant, predictors, n)
    local = np.abs(np.random.default_rng(1).standard_cauchy(400_000))
    # 1 - kappa_j of a predictor of SD 0.5 under pseudo-variance 4, the slab far away.
    information = n * UNIT_SD**2 / 4
    escaped = 1 - 1 / (1 + information * shrunk_scale(tau, local, 1e12) ** 2)
    assert predictors * escaped.mean() == pytest.approx(relevant, abs=0.02)


def test_a_slope_under_a_small_tau_has_scale_tau_lambda_and_under_a_large_one_the_slabs() -> None:
    assert shrunk_scale(1e-4, 2.0, 2.25) == pytest.approx(2e-4, rel=1e-6)
    assert shrunk_scale(1e6, 2.0, 2.25) == pytest.approx(1.5, rel=1e-6)
    assert shrunk_scale(1e200, 1e200, 2.25) == pytest.approx(1.5)


def test_slopes_far_out_follow_the_slab() -> None:
    prior = RegularizedHorseshoe(relevant=7.99, predictors=8, patients=1, slab_scale=1.5, slab_df=4)
    drawn = prior.rvs(200_000, np.random.default_rng(3))
    # tau0 is vast here, so only the slab is left: Student t with 4 degrees of freedom, scale 1.5.
    assert stats.kstest(drawn, stats.t(4, scale=1.5).cdf).statistic < 0.012


def test_most_slopes_are_near_zero_and_few_are_large() -> None:
    drawn = Prior.of("RegularizedHorseshoe", **STATED).sample(50_000, np.random.default_rng(2), 8)
    assert drawn.shape == (50_000, 8)
    normal = stats.norm(0, drawn.std())
    inside = (np.abs(drawn) < 0.1 * drawn.std()).mean()
    assert inside > 3 * (normal.cdf(0.1 * drawn.std()) - normal.cdf(-0.1 * drawn.std()))
    # Slopes of one draw share tau: where one is large, the others are.
    size = np.log(np.abs(drawn))
    assert np.corrcoef(size[:, 0], size[:, 1])[0, 1] > 0.1


def test_quantiles_are_symmetric_and_those_of_the_draws() -> None:
    prior = RegularizedHorseshoe(**STATED)
    low, high = prior.ppf([0.025, 0.975])
    drawn = prior.rvs(400_000, np.random.default_rng(9))
    assert low == pytest.approx(-high, rel=0.05)
    assert (drawn < high).mean() == pytest.approx(0.975, abs=0.002)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"relevant": 8}, "relevant must be below predictors"),
        ({"slab_df": 0}, "slab_df must be positive"),
        ({"relevant": [1, 2]}, "one number each"),
    ],
)
def test_a_block_that_makes_no_sense_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        Prior.of("RegularizedHorseshoe", **(STATED | change))


def test_bambi_does_not_have_it() -> None:
    with pytest.raises(SpecError, match="imputed_logistic"):
        Prior.of("RegularizedHorseshoe", **STATED).to_bambi()
