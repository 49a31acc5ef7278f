"""The smooth margins: their moments, their grid, and a distance that knows a spike when it sees one."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from adbayes.cohort.simulate import simulate_patients
from adbayes.errors import DataError
from adbayes.results.base_margin import BaseMargin, base_margin

PATIENTS = simulate_patients(seed=9, n_patients=150).frame
AT = {week: PATIENTS[PATIENTS["visit"] == week].set_index("patient") for week in (0, 52)}


def margin_of(name: str, week: int) -> tuple[pd.Series, BaseMargin]:
    values = AT[week][name]
    baseline = AT[0][name] if name == "easi" and week else None
    return values, base_margin(name, values, baseline)


@pytest.mark.parametrize("week", [0, 52])
@pytest.mark.parametrize("name", ["easi", "nrs", "poem", "dlqi", "tec", "ldh"])
def test_a_margin_has_the_sample_s_moments_and_grid(name: str, week: int) -> None:
    values, margin = margin_of(name, week)
    drawn = margin.draw(np.random.default_rng(1), 2000)
    assert drawn.shape == (2000, 150)
    on_grid = drawn * (10 if name == "easi" else 1)
    np.testing.assert_allclose(on_grid, np.rint(on_grid), atol=1e-9)
    n = drawn.size
    values, drawn = values / margin.relative, drawn / margin.relative
    # Log-normal fourth moments and the rounding of small EASI allow for the factor.
    assert drawn.mean() == pytest.approx(values.mean(), abs=5 * values.std() / np.sqrt(n) + 0.005)
    assert drawn.std() == pytest.approx(values.std(), rel=0.03)


@pytest.mark.parametrize("name", ["easi", "nrs", "tec"])
def test_the_distribution_function_is_that_of_the_draws(name: str) -> None:
    _, margin = margin_of(name, 52)
    drawn = margin.draw(np.random.default_rng(2), 400)
    # Kolmogorov's law holds for a continuous margin and is an upper bound on a grid.
    distances = margin.distance(drawn)
    assert (distances < stats.kstwo.ppf(0.99999, drawn.shape[1])).all()
    if name == "tec":
        assert stats.kstest(distances, stats.kstwo(drawn.shape[1]).cdf).pvalue > 1e-3


def test_the_distance_of_a_continuous_sample_is_kolmogorov_s() -> None:
    rng = np.random.default_rng(3)
    sample = rng.random(40)
    margin = BaseMargin(
        lambda rng, k: rng.random((k, 40)), lambda x: np.clip(x, 0, 1), np.ones(40), 0
    )
    expected = stats.kstest(sample, "uniform").statistic
    assert margin.distance(sample[None, :])[0] == pytest.approx(expected, rel=1e-12)


def test_a_two_point_distribution_is_far_from_its_margin() -> None:
    n = 60
    values = pd.Series(np.repeat([4.0, 12.0], n // 2))
    margin = base_margin("poem", values)
    drawn = margin.distance(margin.draw(np.random.default_rng(4), 300))
    assert margin.distance(values.to_numpy()[None, :])[0] > drawn.max()


@pytest.mark.parametrize(
    ("name", "values", "sentence"),
    [
        ("nrs", [5.0, 5.0, 5.0], "nrs does not vary among the 3 patients"),
        ("poem", [0.0, 28.0, 0.0, 28.0], "choose a smaller SD"),
    ],
)
def test_moments_that_no_smooth_margin_has(name: str, values: list[float], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        base_margin(name, pd.Series(values))


def test_a_fraction_that_no_beta_has() -> None:
    with pytest.raises(DataError, match="no fraction left of easi"):
        base_margin("easi", pd.Series([0.0, 30.0, 0.0, 30.0]), pd.Series([30.0] * 4))
