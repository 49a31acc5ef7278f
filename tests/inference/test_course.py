"""Parameters at each level, read off a fit."""

import dataclasses

import numpy as np

from adbayes.inference.course import Course, course_of, from_means
from adbayes.inference.fit import Fit

VISITS = ("0", "16", "32", "52")


def read(found: Fit) -> Course:
    return course_of(found.analysis, found.frame, found.design, found.posterior)


def test_each_level_has_its_own_parameters(score_by_hand: Fit, lab_by_hand: Fit) -> None:
    for found, name in ((score_by_hand, "kappa"), (lab_by_hand, "sigma")):
        p, course = found.posterior, read(found)
        assert course.levels == VISITS
        assert course.baseline == "0"
        np.testing.assert_allclose(course.centre["0"], p["Intercept"])
        np.testing.assert_allclose(
            course.centre["52"], p["Intercept"] + p["visit"].sel(visit_dim="52")
        )
        for level in VISITS:  # on the log scale in the draws
            own = p[f"{name}_visit"].sel({f"{name}_visit_dim": level})
            np.testing.assert_allclose(course.spread[level], np.exp(own))
        np.testing.assert_allclose(course.between, p["1|patient_sigma"])


def test_reading_changes_no_draw(score_by_hand: Fit) -> None:
    before = set(score_by_hand.posterior.data_vars)
    read(score_by_hand)
    assert set(score_by_hand.posterior.data_vars) == before


def test_one_spread_for_all_levels(lab_by_hand: Fit) -> None:
    a = lab_by_hand.analysis
    one = dataclasses.replace(a, formulas={"mu": a.mean})
    spread = np.array([[0.2, 0.3], [0.4, 0.1]])
    posterior = lab_by_hand.posterior.drop_vars("sigma_visit").assign(
        sigma=(("chain", "draw"), spread)
    )
    course = read(dataclasses.replace(lab_by_hand, analysis=one, posterior=posterior))
    for level in VISITS:
        np.testing.assert_array_equal(course.spread[level], spread)


def test_a_fall_is_positive_in_percent_and_negative_as_a_change() -> None:
    found = from_means({"0": np.array([20.0]), "16": np.array([5.0])}, "0")
    assert found["mean_change"]["16"] == -15
    assert found["ratio_of_means"]["16"] == 75
    assert "0" not in found["mean_change"]
