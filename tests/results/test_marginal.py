"""Quadrature over new patients."""

import numpy as np
import pytest

from adbayes.inference.fit import Fit
from adbayes.results.marginal import patient_effects, standard_nodes


@pytest.mark.parametrize("size", [5, 30, 200])
def test_moments_of_a_standard_normal(size: int) -> None:
    nodes, weights = standard_nodes(size)
    np.testing.assert_allclose(weights.sum(), 1)
    for power, expected in enumerate((1, 0, 1, 0, 3, 0, 15)):
        np.testing.assert_allclose(
            nodes**power @ weights, expected, atol=2e-5
        )  # the lightest nodes are left out


def test_effects_have_the_draws_sds(mixed_fit: Fit) -> None:
    effects, weights = patient_effects(mixed_fit)
    spread = mixed_fit.posterior["1|patient_sigma"].to_numpy()
    np.testing.assert_allclose(np.sqrt(effects**2 @ weights), spread, rtol=1e-6)


def test_a_model_without_groups_has_one_effect_of_nought(female_fit: Fit) -> None:
    effects, weights = patient_effects(female_fit)
    assert effects.shape == (4, 1000, 1)
    assert not effects.any()
    assert weights.tolist() == [1.0]
