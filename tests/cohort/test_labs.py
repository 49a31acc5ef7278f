"""Laboratory values inside their classes."""

import numpy as np
import pytest

from adbayes.cohort.labs import lognormal_shapes, reconstruct_lab


@pytest.mark.parametrize(("inclusive", "first_high"), [(True, 250), (False, 251)])
def test_values_stay_in_class_and_meet_the_moments(inclusive: bool, first_high: int) -> None:
    rng = np.random.default_rng(4)
    high = np.repeat(np.array([-1, 0, 1], dtype=np.int8), [11, 66, 22])
    latent = rng.standard_normal(99)
    printed = ((219.185, 219.195), (65.015, 65.025))
    values, missed = reconstruct_lab(
        latent, high, 250, inclusive, (219.19, 65.02), printed, 300_000, seed=2
    )
    assert missed == 0
    seen = values[high >= 0]
    assert (values[high < 0] == -1).all()
    assert printed[0][0] <= seen.mean() <= printed[0][1]
    assert printed[1][0] <= seen.std(ddof=1) <= printed[1][1]
    assert values[high == 1].min() >= first_high > values[high == 0].max()
    # Not two points: the search starts from the base model and must stay near it.
    assert len(np.unique(seen)) > 50
    assert np.corrcoef(latent[high >= 0], np.log(seen))[0, 1] > 0.3


def test_lognormal_shapes_have_the_moments() -> None:
    mu, sigma = lognormal_shapes(280.81, 85.32)
    mean = np.exp(mu + sigma**2 / 2)
    assert mean == pytest.approx(280.81)
    assert mean * np.sqrt(np.expm1(sigma**2)) == pytest.approx(85.32)
