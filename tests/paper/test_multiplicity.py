import gc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from adbayes.paper.multiplicity import holm, multiplicity


@pytest.fixture(autouse=True, scope="module")
def no_collection():
    """`multipletests` collects garbage in every call: half a second each with PyMC in memory."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gc, "collect", lambda: 0)
        yield


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holm_is_that_of_statsmodels(p):
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1], abs=1e-12)


def test_a_table_is_one_family(entry, ledger_of):
    values = ["0.001", "0.012", "0.020", "0.030", "0.200", "< 0.001"]
    rows = [entry(f"table5.x{k}.p", "p_value", value) for k, value in enumerate(values)]
    rows.append(entry("text.x0.p", "p_value", "0.001"))  # a repeat in the text is no further test
    rows.append(entry("table5.star.p", "p_value", "*"))
    found = {one.check: one for one in multiplicity(ledger_of(*rows))}
    assert set(found) == {f"multiplicity.table5.{m}" for m in ("bonferroni", "holm", "bh")}
    p = [float(value.lstrip("< ")) for value in values]
    for method, name in (("bonferroni", "bonferroni"), ("holm", "holm"), ("bh", "fdr_bh")):
        kept = [f"x{k}" for k in np.flatnonzero(multipletests(p, 0.05, name)[0])]
        assert found[f"multiplicity.table5.{method}"].computed == f"kept: {', '.join(kept)}"
    assert found["multiplicity.table5.holm"].printed == "5 of 6 below 0.05"
    assert "bounds entered" in found["multiplicity.table5.bh"].arithmetic


def test_one_p_is_no_family(entry, ledger_of):
    assert multiplicity(ledger_of(entry("table5.a.p", "p_value", "0.01"))) == []
