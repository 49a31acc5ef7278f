"""Claims as functions of delta; their tables and tipping points are in test_missing.py."""

import numpy as np
import pytest

from adbayes.checks.pattern_mixture import mean_claims, outcome_unit, response_claims
from adbayes.errors import SpecError
from adbayes.inference.fit import Fit


def test_the_mean_moves_with_the_share_missing(mixed_fit: Fit) -> None:
    claims = list(mean_claims(mixed_fit))
    assert [(c.estimand, c.visit) for c in claims] == [
        (name, visit) for visit in ("16", "32", "52") for name in ("mean_change", "ratio_of_means")
    ]
    for claim in claims[::2]:
        share = claim.n_missing / claim.n
        assert 0 < share < 0.2
        np.testing.assert_allclose(claim.at(4.0) - claim.at(0.0), 4 * share)
    assert outcome_unit(mixed_fit) == "points"


def test_risks_stay_between_the_corners(female_fit: Fit) -> None:
    (rate, *_) = response_claims(female_fit, opposed=False)
    none, some, every = (rate.at(d) for d in (-np.inf, 0.0, np.inf))
    assert (none < some).all()
    assert (some < every).all()
    np.testing.assert_allclose(every - none, 100 * rate.n_missing / rate.n)


def test_models_without_such_claims(female_fit: Fit) -> None:
    with pytest.raises(SpecError, match="report mean_change by visit"):
        list(mean_claims(female_fit))
