"""The quantile of the copula's thresholds; its value is tested in test_copula_structure.py."""

import pytest
from scipy.special import ndtri

from adbayes.model.copula_density import threshold


@pytest.mark.parametrize("p", [1e-300, 1e-12, 1e-3, 0.2, 0.5, 0.8, 0.999])
def test_thresholds_are_scipys_quantiles(p: float) -> None:
    assert threshold(p, 1 - p) == pytest.approx(ndtri(p), abs=1e-12)


def test_the_upper_tail_loses_no_digits() -> None:
    assert threshold(1.0, 1e-30) == pytest.approx(-ndtri(1e-30), abs=1e-12)
