"""Influence against exact refits, and a patient planted to be influential."""

import dataclasses

import numpy as np
import pytest

from adbayes.checks import influence as module
from adbayes.checks.influence import COLUMNS, influence, influence_checks
from adbayes.checks.kfold import without
from adbayes.checks.loo import leave_one_out
from adbayes.checks.predictive import COLUMNS as CHECKS
from adbayes.inference.fit import Fit
from adbayes.results.estimands import estimands

WHICH = ["estimand", "visit", "term"]


def test_importance_weights_agree_with_exact_refits(mixed_fit: Fit) -> None:
    table = influence(mixed_fit)
    assert list(table.columns) == COLUMNS
    assert len(table) == 99 * len(estimands(mixed_fit))
    patient = table["patient"].iloc[0]  # the most influential of all
    own = table[table["patient"] == patient].set_index(WHICH)
    again = without(mixed_fit, (mixed_fit.frame.data["patient"] == patient).to_numpy(), cores=2)
    found = leave_one_out(mixed_fit)
    weights = found.weights[:, found.units.index(patient)]
    # Four errors of two independent sets of draws, the weighted one worth 1 / sum of squares.
    error = 4 * np.sqrt((weights**2).sum() + 1 / again.posterior["sigma"].size)
    assert error < 0.4
    for quantity in estimands(dataclasses.replace(mixed_fit, posterior=again.posterior)):
        row = own.loc[(quantity.estimand, quantity.visit, quantity.term)]
        values = quantity.draws.to_numpy()
        assert row["mean_without"] == pytest.approx(values.mean(), abs=error * values.std())
        if not np.isnan(quantity.null):
            assert row["prob_direction_without"] == pytest.approx(
                max((values > quantity.null).mean(), (values < quantity.null).mean()), abs=0.02
            )
    assert own["shift_in_sd"].abs().max() > 1.5 * error  # leaving nobody out would be seen


def test_shifts_and_order(female_fit: Fit) -> None:
    table = influence(female_fit)
    assert table["shift_in_sd"].abs().is_monotonic_decreasing
    ratio = table[table["estimand"] == "odds_ratio"].iloc[0]
    log = np.log(
        next(q for q in estimands(female_fit) if q.estimand == "odds_ratio").draws.to_numpy()
    )
    assert ratio["mean"] == pytest.approx(np.exp(log.mean()))
    assert ratio["shift_in_sd"] == pytest.approx(
        (np.log(ratio["mean_without"]) - log.mean()) / log.std(ddof=1)
    )
    assert set(table["method"]) == {"psis"}


def test_untrustworthy_weights_are_refitted(
    female_fit: Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = leave_one_out(female_fit)
    # As if the worst of these patients were beyond the limit.
    limit = float(np.sort(found.khat)[-2])
    monkeypatch.setattr(module, "MAX_KHAT", limit)
    table = influence(female_fit, left_out=found, cores=2)
    refitted = table[table["method"] == "refit"]
    assert len(set(refitted["patient"])) == 1
    assert (refitted["khat"] > limit).all()
    kept = influence(female_fit, left_out=found, refit=False)
    flagged = kept[kept["method"].str.contains("Pareto k above")]
    assert set(flagged["patient"]) == set(refitted["patient"])
    merged = refitted.merge(flagged, on=["patient", *WHICH])
    np.testing.assert_allclose(merged["shift_in_sd_x"], merged["shift_in_sd_y"], atol=0.1)


def test_rows_of_checks(female_fit: Fit) -> None:
    table = influence(female_fit)
    rows = influence_checks(table)
    assert list(rows.columns) == CHECKS
    assert len(rows) == 2 * len(estimands(female_fit))
    own = table[table["estimand"] == "odds_ratio"]
    row = rows[rows["statistic"] == "odds_ratio female: largest shift in SDs"].iloc[0]
    assert row["observed"] == own["shift_in_sd"].iloc[0]
    assert own["patient"].iloc[0] in row["note"]
    row = rows[rows["statistic"] == "odds_ratio female: P(direction)"].iloc[0]
    assert row["replicated_low"] == own["prob_direction_without"].min()
    assert row["replicated_low"] <= row["observed"] <= row["replicated_high"]
