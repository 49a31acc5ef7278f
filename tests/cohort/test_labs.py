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


@pytest.mark.parametrize(("inclusive", "first_high"), [(True, 250), (False, 251)])
def test_a_value_on_the_cut_is_in_the_class_the_cut_says(inclusive: bool, first_high: int) -> None:
    # So many values so near the cut that both classes reach it.
    high = np.repeat(np.array([0, 1], dtype=np.int8), 100)
    latent = np.random.default_rng(0).standard_normal(200)
    values, _ = reconstruct_lab(
        latent, high, 250, inclusive, (250.0, 2.0), ((249.0, 251.0), (1.5, 2.5)), 20_000, seed=1
    )
    assert values[high == 1].min() == first_high
    assert values[high == 0].max() == first_high - 1


def test_the_search_starts_at_the_printed_moments() -> None:
    # A third of the patients in the class that a log-normal would give a quarter: the shapes adapt.
    high = np.repeat(np.array([0, 1], dtype=np.int8), [66, 33])
    latent = np.random.default_rng(1).standard_normal(99)
    printed = ((219.185, 219.195), (65.015, 65.025))
    values, _ = reconstruct_lab(latent, high, 250, True, (219.19, 65.02), printed, 0, seed=2)
    assert values.mean() == pytest.approx(219.19, rel=0.01)
    assert values.std(ddof=1) == pytest.approx(65.02, rel=0.01)


def test_lognormal_shapes_have_the_moments() -> None:
    mu, sigma = lognormal_shapes(280.81, 85.32)
    mean = np.exp(mu + sigma**2 / 2)
    assert mean == pytest.approx(280.81)
    assert mean * np.sqrt(np.expm1(sigma**2)) == pytest.approx(85.32)
