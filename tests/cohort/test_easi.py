"""The first stage: EASI that agrees with every printed moment and count."""

import numpy as np
import pytest

from adbayes.cohort.easi import EasiProblem, beta_shapes, reconstruct_easi, responds
from adbayes.errors import DataError

ANYTHING = (-np.inf, np.inf)


def problem() -> EasiProblem:
    """Two visits, 40 patients, half a unit of the second decimal to either side."""

    def near(*values: float | None) -> np.ndarray:
        return np.array([ANYTHING if v is None else (v - 0.005, v + 0.005) for v in values])

    return EasiProblem(
        near(28.0, 4.5), near(9.0, 2.4), near(None, 84.0), near(None, 6.0),
        np.arange(40) < 30, np.array([[-1, 28], [-1, 5]]), 6, 0.3, np.eye(2),
        np.array([[28.0, 9.0], [0.16, 0.06]]), 16.0,
    )  # fmt: skip


def test_every_printed_number_is_met() -> None:
    x, missed = reconstruct_easi(problem(), 400_000, seed=3)
    assert missed == 0
    easi = x / 10
    assert easi.mean(axis=1) == pytest.approx([28.0, 4.5], abs=0.005)
    assert easi.std(axis=1, ddof=1) == pytest.approx([9.0, 2.4], abs=0.005)
    change = 100 * (x[0] - x[1]) / x[0]
    assert (change.mean(), change.std(ddof=1)) == pytest.approx((84.0, 6.0), abs=0.005)
    assert [int((change[:30] >= c).sum()) for c in (75, 90)] == [28, 5]
    assert (change >= 90).sum() == 6
    assert x.min() >= 0
    assert x[0].min() >= 160
    assert x[0].max() <= 720


def test_equal_seeds_give_equal_patients() -> None:
    one, other = (reconstruct_easi(problem(), 50_000, seed=1)[0] for _ in range(2))
    assert (one == other).all()
    assert (one != reconstruct_easi(problem(), 50_000, seed=2)[0]).any()


def test_a_response_on_the_threshold_counts() -> None:
    assert responds(160, 16, 90)
    assert not responds(160, 17, 90)


def test_beta_shapes_have_the_moments() -> None:
    a, b = beta_shapes(0.25, 0.1157)
    assert a / (a + b) == pytest.approx(0.25)
    assert a * b / ((a + b) ** 2 * (a + b + 1)) == pytest.approx(0.1157**2)
    with pytest.raises(DataError, match=r"no beta distribution has mean 0\.5 and SD 0\.6"):
        beta_shapes(0.5, 0.6)
