"""Held-out odds ratios: the refits are those of the fits, and places are counted right."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.simulate import simulate_patients
from adbayes.inference.fit import Fit
from adbayes.model.spec import load_spec
from adbayes.paper.published import load_paper
from adbayes.results.held_out import COLUMNS, held_out_ids, held_out_refits, placed
from adbayes.results.refit import refit

PAPER = load_paper()


@pytest.fixture(scope="module")
def cohorts() -> list[Cohort]:
    return [
        dataclasses.replace(simulate_patients(seed=seed, n_patients=150), index=k)
        for k, seed in enumerate((1, 2, 3))
    ]


def test_only_table_6_is_held_out() -> None:
    (joint,) = load_spec("easi90_multivariable").analyses()
    assert held_out_ids(joint, PAPER) == PAPER.ids("table6.*")
    for name in ("easi_change", "easi90_univariable"):
        assert not held_out_ids(load_spec(name).analyses()[0], PAPER)


def test_the_refits_are_those_of_the_fits(joint_fit: Fit) -> None:
    table = held_out_refits(joint_fit.analysis, [joint_fit.cohort], PAPER)
    assert list(table.columns) == COLUMNS
    assert list(table["published_id"]) == PAPER.ids("table6.*")
    again = refit(joint_fit)
    assert again is not None
    expected = again.statistics.set_index(["term", "statistic"])["value"]
    for row in table.to_dict("records"):
        assert row["refit"] == pytest.approx(expected[row["term"], row["statistic"]])
        assert row["published"] == PAPER.number(row["published_id"]).numeric
        assert row["n"] == joint_fit.frame.n_units


def test_one_row_a_number_and_cohort(cohorts: list[Cohort]) -> None:
    (joint,) = load_spec("easi90_multivariable").analyses()
    table = held_out_refits(joint, cohorts, PAPER)
    assert not table.duplicated(["published_id", "cohort"]).any()
    assert len(table) == 3 * 28
    found = placed(table)
    assert len(found) == 7
    assert (found["cohorts"] == 3).all()
    nothing = held_out_refits(load_spec("nrs_change").analyses()[0], cohorts, PAPER)
    assert nothing.empty
    assert list(nothing.columns) == COLUMNS


def made(ratios: list[float], lows: list[float], highs: list[float]) -> pd.DataFrame:
    """One predictor printed as 2 (1 to 4), and cohorts with the given odds ratios."""
    printed = {"odds_ratio": 2.0, "ci_low": 1.0, "ci_high": 4.0, "p_value": 0.05}
    refits = {
        "odds_ratio": ratios,
        "ci_low": lows,
        "ci_high": highs,
        "p_value": [np.nan] * len(lows),
    }
    return pd.DataFrame(
        [
            {
                "term": "x",
                "statistic": name,
                "cohort": str(k),
                "published": printed[name],
                "refit": v,
            }
            for name, values in refits.items()
            for k, v in enumerate(values)
        ]
    )


def test_places_are_counted() -> None:
    table = made([1.0, 2.0, 4.0, np.inf], [0.5, 1.0, 3.0, 0.1], [1.5, 4.0, 6.0, np.inf])
    row = placed(table).iloc[0]
    assert row["below"] == 1.5  # one below, one tied
    assert row["inside"]
    assert row["covering"] == 2
    assert (row["lowest"], row["median"], row["highest"]) == (1.0, 3.0, np.inf)
    error = np.log(4) / (2 * 1.96)
    assert row["distance"] == pytest.approx(np.log(1.5) / error)
    assert row["chance_outside"] == pytest.approx(2 / 5)
    assert not placed(made([2.5, 3.0], [1.0, 1.0], [9.0, 9.0])).iloc[0]["inside"]


def test_the_chance_to_lie_outside_is_that_of_exchangeable_draws() -> None:
    draws = np.random.default_rng(4).normal(size=(20_000, 6))
    outside = (draws[:, 0] < draws[:, 1:].min(axis=1)) | (draws[:, 0] > draws[:, 1:].max(axis=1))
    stated = placed(made([1.0] * 5, [1.0] * 5, [1.0] * 5)).iloc[0]["chance_outside"]
    assert outside.mean() == pytest.approx(stated, abs=5 * np.sqrt(stated * (1 - stated) / 20_000))
