"""A handful of patients with a printed mean and p value."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from adbayes.cohort.labels import Contrast, LabelProblem
from adbayes.cohort.polish import polish
from adbayes.cohort.small_groups import small_groups
from adbayes.cohort.welch import welch_bounds

N, SIZE = 99, 6


def study(seed: int = 0) -> tuple[LabelProblem, np.ndarray]:
    """Six of 71 whose changes are smaller: their means and p as a paper prints them."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(N)
    labels = np.repeat(np.array([1, 0, -1], dtype=np.int8), [SIZE, 65, N - SIZE - 65])
    v = np.round(rng.normal(88, 9, N) - 10 * (labels == 1), 4)
    y = (v > 88).astype(np.int8)
    low, high = v[labels == 0], v[labels == 1]
    p = round(float(stats.ttest_ind(low, high, equal_var=False).pvalue), 3)

    def near(value: float, reach: float) -> tuple[float, float]:
        return round(value, 2) - reach, round(value, 2) + reach

    contrast = Contrast(
        v, near(low.mean(), 0.005), near(high.mean(), 0.005), (p - 0.0005, p + 0.0005)
    )
    return LabelProblem(x, y, None, contrast, masks_move=True), labels


@pytest.mark.parametrize("seed", range(3))
def test_every_handful_has_the_printed_mean(seed: int) -> None:
    problem, labels = study(seed)
    found = small_groups(problem, labels, seed, 12)
    assert 1 <= len(found) <= 12
    contrast = problem.contrast
    assert contrast is not None
    for one in found:
        assert [int((one == k).sum()) for k in (0, 1, -1)] == [65, SIZE, 28]
        low, high = contrast.high
        assert low <= contrast.values[one == 1].mean() <= high
    assert len({tuple(np.flatnonzero(one == 1)) for one in found}) > 1 or len(found) == 1


def test_p_can_be_right_with_the_others() -> None:
    problem, labels = study(1)
    contrast = problem.contrast
    assert contrast is not None
    for one in small_groups(problem, labels, 0, 12):
        v = contrast.values[one == 1]
        # Welch's t with the others at their printed mean and the SD of everyone.
        error = np.sqrt(v.var(ddof=1) / SIZE + contrast.values.var(ddof=1) / 65)
        t = (sum(contrast.low) / 2 - v.mean()) / error
        parts = v.var(ddof=1) / SIZE, contrast.values.var(ddof=1) / 65
        df = sum(parts) ** 2 / (parts[0] ** 2 / (SIZE - 1) + parts[1] ** 2 / 64)
        first, last = stats.t.isf(np.array(contrast.p_value[::-1]) / 2, df)
        # A twentieth of a tenth of t.
        assert first * 0.995 - 1e-3 <= t <= last * 1.005 + 1e-3
    assert welch_bounds(contrast.p_value).shape[0] == 2


def test_the_nearest_stand_first() -> None:
    problem, labels = study(2)
    found = small_groups(problem, labels, 0, 8)
    beyond = [np.maximum(np.abs(problem.residual(one)) - 0.9999 / 0.97, 0).sum() for one in found]
    assert beyond == sorted(beyond)


def test_from_a_handful_the_others_are_found() -> None:
    problem, labels = study(0)
    start = small_groups(problem, labels, 0, 1)[0]
    # The others as wrong as can be: those with the smallest values.
    contrast = problem.contrast
    assert contrast is not None
    rest = np.flatnonzero(start < 1)
    start[rest] = -1
    start[rest[np.argsort(contrast.values[rest])[:65]]] = 0
    found, missed = polish(replace(problem, held=True), start, 0)
    assert missed == 0
    assert ((found == 1) == (start == 1)).all()
    assert (found != start).any()


def test_a_mean_out_of_reach_has_no_handful() -> None:
    problem, labels = study(0)
    contrast = problem.contrast
    assert contrast is not None
    far = replace(problem, contrast=replace(contrast, high=(20.0, 20.01)))
    assert small_groups(far, labels, 0, 5) == []


def test_equal_seeds_give_equal_handfuls() -> None:
    problem, labels = study(1)
    one, other = (small_groups(problem, labels, 3, 4) for _ in range(2))
    assert all((a == b).all() for a, b in zip(one, other, strict=True))
