"""Patterns of missing visits, sums by pattern, and the rough fit behind the sampler's scale."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from adbayes.cohort.read import cohort_from_frame
from adbayes.inference.plan import plan
from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design, bambi_model, design_of
from adbayes.model.frame import ModelFrame
from adbayes.model.spec import load_spec
from adbayes.model.visit_patterns import (
    log_density,
    patterns,
    placed,
    sampling_scale,
    sums,
    times,
)

MEANS, COVARIANCE = np.array([30.0, 8.0, 5.0]), np.array([[100, 30, 10], [30, 25, 9], [10, 9, 9.0]])


@pytest.fixture(scope="module")
def parts() -> tuple[Analysis, ModelFrame, Design]:
    rng = np.random.default_rng(5)
    y = rng.multivariate_normal(MEANS, COVARIANCE, size=300)
    frame = pd.DataFrame(
        {
            "patient": np.repeat([f"S{i:03d}" for i in range(300)], 3),
            "visit": np.tile([0, 16, 52], 300),
            "easi": np.clip(np.round(y, 1), 0, 72).ravel(),
        }
    )
    rows = [i for i in range(len(frame)) if not (i % 3 == 1 and i < 30)]  # ten lack week 16
    cohort = cohort_from_frame(frame.iloc[rows].reset_index(drop=True), evidence="simulated")
    (job,) = plan(load_spec("easi_change"), cohort, "unstructured").jobs
    return (*job, design_of(bambi_model(*job)))


def test_patterns_are_those_that_occur(parts: tuple[Analysis, ModelFrame, Design]) -> None:
    analysis, frame, design = parts
    assert times(frame, analysis) == ["0", "16", "52"]
    kinds, which = patterns(*placed(frame, analysis), 3)
    assert kinds.tolist() == [[True, False, True], [True, True, True]]
    assert np.bincount(which).tolist() == [10, 290]
    z, products, _, n = sums(frame, analysis, design)
    assert n.tolist() == [10, 290]
    y = frame.data["easi"].to_numpy()
    week0 = (frame.data["visit"] == "0").to_numpy()
    assert products[:, 0, 0, 0, 0].sum() == pytest.approx((y[week0] ** 2).sum())
    assert products[0, 1].any() == np.False_
    assert z.shape == (300, 3, 1 + 3)


def test_log_density_is_scipys_of_what_is_present(
    parts: tuple[Analysis, ModelFrame, Design],
) -> None:
    analysis, frame, _ = parts
    unit, time = placed(frame, analysis)
    residual = np.stack([frame.y - MEANS[time], frame.y - 2 * MEANS[time]])[None]
    S = np.stack([COVARIANCE, 3 * COVARIANCE])[None]
    found = log_density(residual, unit, time, S)
    assert found.shape == (1, 2, 300)
    for one in (0, 299):  # of the ten that lack week 16, and one that is whole
        rows = np.flatnonzero(unit == one)
        there = time[rows]
        assert len(there) == (2 if one == 0 else 3)
        for draw in (0, 1):
            normal = stats.multivariate_normal(cov=S[0, draw][np.ix_(there, there)])
            assert found[0, draw, one] == pytest.approx(
                normal.logpdf(residual[0, draw, rows]), rel=1e-12
            )


def test_the_scale_is_near_generalised_least_squares(
    parts: tuple[Analysis, ModelFrame, Design],
) -> None:
    analysis, frame, design = parts
    z, products, kinds, _ = sums(frame, analysis, design)
    start, root = sampling_scale(products, kinds, z, np.zeros(3), np.full(3, 1e3))
    means = start[0] + np.array([0, *start[1:]])
    error = np.sqrt(np.diag(COVARIANCE) / 300)
    assert (np.abs(means - MEANS) < 4.5 * error).all()
    found = root @ root.T
    change = np.array([[1, 0, 0], [-1, 1, 0], [-1, 0, 1.0]])
    expected = change @ COVARIANCE @ change.T / 300
    np.testing.assert_allclose(np.diag(found), np.diag(expected), rtol=0.3)
