"""Grids of priors: from print against the posterior itself, from patients against fits of their own."""

import numpy as np
import pandas as pd
import pytest

from adbayes.checks import prior_grid
from adbayes.checks.prior_grid import (
    CENTRES,
    MULTIPLES,
    grid_of,
    published_grid,
    quantities_of,
    refit_grid,
    setting,
    varied_terms,
)
from adbayes.checks.refits import Varied
from adbayes.cohort.cohort import Cohort
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit
from adbayes.inference.printed import posterior
from adbayes.inference.printed_priors import prior_sets
from adbayes.model.priors import Prior
from adbayes.model.spec import load_spec
from adbayes.results.summary import NOT_CONVERGED, summarize


def test_the_grid_lies_around_the_reported_prior() -> None:
    sets = prior_sets()
    kind = "log_odds_ratio"
    centre, scale = grid_of(sets["weakly_informative"][kind], sets["skeptical"][kind])
    assert len(centre) == len(MULTIPLES) * len(CENTRES) == 21
    # An odds ratio of 1/2, 1 and 2.
    assert np.exp(centre[:3]) == pytest.approx([0.5, 1.0, 2.0], rel=5e-3)
    assert scale[::3] == pytest.approx([1.5 * m for m in MULTIPLES])
    alone = grid_of(Prior.of("Normal", mu=2, sigma=[3, 3]), None)
    assert alone[0][:3] == pytest.approx([2 - 1.959964 * 3, 2, 2 + 1.959964 * 3])


@pytest.mark.parametrize("id", ["table5.sex.or", "table6.onset_adult.or", "table3.ldh.w52.change"])
def test_each_point_is_the_posterior_under_that_prior(id: str) -> None:
    found = published_grid([id]).set_index("setting")
    assert len(found) == 21
    for at in list(found.index)[::5]:
        scale, centre = (float(part.split("=")[1]) for part in at.split(";"))
        exact = posterior(id, Prior.of("Normal", mu=centre, sigma=scale))
        low, high = exact.interval()
        # Settings are written to four digits.
        for column, value in {
            "mean": exact.mean(), "median": exact.median(), "ci_low": low, "ci_high": high,
        }.items():  # fmt: skip
            assert found.loc[at, column] == pytest.approx(value, abs=5e-3 * exact.sd())
        assert found.loc[at, "prob_direction"] == pytest.approx(exact.prob_direction(), abs=1e-3)


def test_shifts_are_from_the_reported_posterior() -> None:
    found = published_grid(["table5.sex.or"]).set_index("setting")
    assert found.loc[setting(1.5, 0.0), "shift_in_sd"] == pytest.approx(0, abs=1e-9)
    assert found.loc[setting(0.1875, 0.0), "shift_in_sd"] < -1  # pulled to no association
    centred = found.loc[[setting(1.5 * m, 0.0) for m in MULTIPLES], "median"]
    assert np.all(np.diff(centred) > 0)


@pytest.fixture(scope="module")
def grid(patients: Cohort) -> tuple[pd.DataFrame, list[tuple[Varied, dict[float, Fit]]]]:
    spec = load_spec("easi90_multivariable")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prior_grid, "MULTIPLES", (0.25, 1.0, 8.0))
        return refit_grid(spec, patients, draws=1000, tune=500)


def test_every_term_and_point_has_a_fit(
    grid: tuple[pd.DataFrame, list[tuple[Varied, dict[float, Fit]]]],
) -> None:
    table, centred = grid
    spec = load_spec("easi90_multivariable")
    terms = varied_terms(next(iter(spec.analyses())))
    assert len(terms) == 7
    assert set(table.groupby("term").size()) == {9}
    assert set(table["term"]) == set(terms) == {varied.term for varied, _ in centred}
    assert (table["evidence"] == "simulated").all()
    assert not (table["diagnosis"] == NOT_CONVERGED).any()
    for varied, fits in centred:
        assert list(fits) == [0.375, 1.5, 12.0]
        for scale, one in fits.items():
            assert one.analysis.priors[varied.term]["sigma"] == scale
            assert one.analysis.priors[varied.term]["mu"] == 0.0


def test_a_point_is_what_a_fit_under_that_prior_gives(
    grid: tuple[pd.DataFrame, list[tuple[Varied, dict[float, Fit]]]], patients: Cohort
) -> None:
    mine = {"female": Prior.of("Normal", mu=0, sigma=0.375)}
    alone = fit("easi90_multivariable", patients, priors=mine)
    assert isinstance(alone, Fit)
    quantity = next(q for q in quantities_of(alone, "female") if q.estimand == "odds_ratio")
    row = grid[0].query(f"term == 'female' and setting == '{setting(0.375, 0.0)}'").iloc[0]
    summary = summarize(alone)
    summary = summary[(summary["estimand"] == "odds_ratio") & (summary["term"] == "female")].iloc[0]
    # Two Monte Carlo means of equal precision.
    assert row["mean"] == pytest.approx(summary["mean"], abs=4 * 2**0.5 * summary["mcse_mean"])
    assert quantity.term == "female"


def test_scepticism_pulls_and_width_does_not(
    grid: tuple[pd.DataFrame, list[tuple[Varied, dict[float, Fit]]]],
) -> None:
    for _, rows in grid[0].groupby("term"):
        median = np.log(rows.set_index("setting")["median"].astype(float))
        narrow, stated, wide = (median[setting(s, 0.0)] for s in (0.375, 1.5, 12.0))
        assert abs(narrow) < abs(stated) + 0.05
        assert abs(stated) < abs(wide) + 0.05
        assert median[setting(0.375, -0.6958)] < narrow < median[setting(0.375, 0.6958)]
    shift = grid[0].query(f"setting == '{setting(1.5, 0.0)}'")["shift_in_sd"].astype(float)
    assert np.abs(shift).max() < 1e-12


def test_a_prior_of_visits_is_varied_for_all_of_them(mixed_fit: Fit) -> None:
    assert varied_terms(mixed_fit.analysis) == ["visit"]
    found = quantities_of(mixed_fit, "visit")
    assert [(q.estimand, q.visit) for q in found] == [
        ("mean_change", w) for w in ("16", "32", "52")
    ]
