"""Effects of other studies: every row is whole, its numbers agree with each other, and none is the paper's."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from adbayes.paper.effects import QUANTITIES, SE_BASES, load_effects
from adbayes.paper.evidence import OVERLAPS

TABLE = load_effects()


def test_every_row_is_whole() -> None:
    assert not TABLE["id"].duplicated().any()
    assert set(TABLE["quantity"]) == set(QUANTITIES)
    assert set(TABLE["se_basis"]) <= set(SE_BASES)
    assert set(TABLE["overlaps"]) <= set(OVERLAPS)
    assert set(TABLE["verified"]) <= {"S", "D"}
    assert (TABLE[["label", "source", "note", "weeks"]] != "").all(axis=None)
    assert (TABLE["effect_se"] > 0).all()
    assert np.isfinite(TABLE["effect"]).all()
    ratio = TABLE["quantity"] == "odds_ratio"
    assert (TABLE.loc[ratio, "term"] != "").all()
    # Derived standard errors are not called read.
    derived = TABLE["se_basis"].isin(["p value", "bound"])
    assert (TABLE.loc[derived, "verified"] == "D").all()


def test_standard_errors_give_back_what_was_printed() -> None:
    rows = TABLE.set_index("id")
    spain = rows.loc["spain.female"]
    p = 2 * stats.norm.sf(np.log(3.58) / spain["effect_se"])
    assert p == pytest.approx(0.020)
    meta = rows.loc["meta2024.female"]
    ends = np.exp(meta["effect"] + np.array([-1.96, 1.96]) * meta["effect_se"])
    np.testing.assert_allclose(ends, [1.38, 3.38], rtol=0.01)
    # Printed the other way round, to three digits.
    age = rows.loc["meta2024.age"]
    np.testing.assert_allclose(
        1 / age[["estimate", "high", "low"]].to_numpy(dtype=float), [2.81, 1.64, 4.81], rtol=2e-3
    )


def test_what_holds_the_papers_patients_is_said() -> None:
    rows = TABLE.set_index("id")["overlaps"]
    assert rows["korea16.female"] == "same centre"
    assert (rows[rows.index.str.startswith("meta2024")] == "may include").all()


def test_a_copy_is_handed_out() -> None:
    first = load_effects()
    first.loc[:, "effect"] = 0.0
    pd.testing.assert_frame_equal(load_effects(), TABLE)
