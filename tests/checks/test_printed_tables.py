"""Tables from print alone: all of them, of the claims asked for."""

import pandas as pd
import pytest

from adbayes.checks.printed_tables import printed_tables


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return printed_tables(["table5.sex.or", "fig1.easi90.w52.pct"])


def test_claims_are_those_asked_for_and_shares_have_no_tipping_prior(
    tables: dict[str, pd.DataFrame],
) -> None:
    assert set(tables["multiverse.csv"]["claim"]) == {"table5.sex.or", "fig1.easi90.w52.pct"}
    assert set(tables["tipping.csv"]["published_id"]) == {"table5.sex.or"}
    said = tables["claims.csv"].set_index("method")
    tip = tables["tipping.csv"]["tipping"].iloc[0]
    assert f"under {tip:.3g} the 95 % interval includes 1" in said.loc["reverse_bayes", "diagnosis"]
    assert "box_p=" in said.loc["conflict", "setting"]


def test_every_row_is_from_print_and_survives_a_file(tables: dict[str, pd.DataFrame]) -> None:
    for name, table in tables.items():
        assert name.endswith(".csv")
        assert len(table)
        assert set(table["evidence"]) == {"published"}, name
    studies = set(tables["other_studies.csv"]["evidence_id"])
    for ids in tables["predicted_shares.csv"]["evidence_ids"]:
        assert set(ids.split("; ")) <= studies
