"""The provenance of print-only priors: whole, and on the clinical scale."""

import numpy as np
import pytest
from scipy import stats

from adbayes.checks.priors import TABLE_COLUMNS
from adbayes.checks.published_priors import published_cards, published_priors
from adbayes.errors import DataError, SpecError
from adbayes.inference.printed_priors import prior_sets


@pytest.mark.parametrize("name", ["weakly_informative", "historical", "horseshoe", "separation"])
def test_every_prior_has_its_card(name: str) -> None:
    table = published_priors(name)
    assert list(table.columns) == TABLE_COLUMNS
    assert set(table["parameter"]) == set(prior_sets()[name])
    assert (table["why"] != "").all()
    assert (table["low"] < table["high"]).all()
    located = table["parameter"].str.match("log_odds_ratio$|change|mean|response|correlation$")
    assert (table.loc[located, "ess"] > 0).all()
    assert table.loc[table["parameter"].str.endswith("_scale"), "ess"].isna().all()


def test_ranges_and_sizes_are_those_of_the_prior() -> None:
    rows = published_priors("skeptical").set_index("parameter")
    odds = rows.loc["log_odds_ratio"]
    assert odds["high"] == pytest.approx(np.exp(stats.norm.ppf(0.975) * 0.355))
    assert odds["scale"] == "odds ratio"
    assert odds["ess"] == pytest.approx(16 / 0.355**2, rel=1e-3)
    assert odds["source"].startswith("Zampieri 2021")
    assert rows.loc["correlation", "high"] == pytest.approx(np.tanh(1.96 * 0.2), abs=1e-4)
    assert rows.loc["response", "ess"] == 10


def test_what_lies_out_of_bounds_is_counted() -> None:
    rows = published_priors().set_index("parameter")["outside"]
    assert rows["mean.easi"] == pytest.approx(100 * 2 * stats.norm.sf(1))
    assert rows["change.easi"] == pytest.approx(100 * 2 * stats.norm.sf(2))
    assert rows["percent_change"] == pytest.approx(100 * stats.norm.sf(2))
    assert rows["response"] == 0
    assert np.isnan(rows["log_sd_ratio"])


def test_a_screen_shows_the_numbers_and_then_the_reasons() -> None:
    text = published_cards("enthusiastic")
    assert "OVERLAPPING" in text
    assert "[PMID 38058123]" in text
    assert "no external evidence of its direction, so as in weakly_informative" in text
    with pytest.raises(SpecError, match="did you mean 'historical'"):
        published_priors("historic")
    with pytest.raises(DataError, match="neither a file nor a variant"):
        published_cards(variant="base")
