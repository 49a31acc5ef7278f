"""Counts of the table, the gravest kinds first, the clean ones together."""

import numpy as np
import pandas as pd
import pytest

from adbayes.errors import DataError
from adbayes.plots.audit import audit

FINDINGS = pd.DataFrame(
    [("grim", "consistent")] * 16
    + [("OR, CI, p", "consistent")] * 4
    + [("repeats", "consistent"), ("repeats", "inconsistent")]
    + [("feasible", "impossible")] * 2,
    columns=["topic", "class"],
).assign(finding="x")


def test_rows_counts_and_areas() -> None:
    ax = audit(FINDINGS, label="print").axes[0]
    rows = [t.get_text() for t in ax.get_yticklabels()]
    assert rows == ["feasible", "repeats", "2 other kinds of check"]
    assert [t.get_text() for t in ax.texts] == ["1", "20", "1", "2"]
    heads = [t.get_text().splitlines()[-1] for t in ax.get_xticklabels()]
    assert heads == ["(21)", "(0)", "(1)", "(2)"]
    sizes = {c.get_gid(): c.get_sizes()[0] for c in ax.collections}
    grown = sizes["consistent:2 other kinds of check"] - 8
    assert grown / (sizes["impossible:feasible"] - 8) == pytest.approx(10)


def test_a_kind_without_findings_alone_keeps_its_name() -> None:
    one = FINDINGS[FINDINGS["topic"] != "grim"]
    rows = [t.get_text() for t in audit(one, label="l").axes[0].get_yticklabels()]
    assert rows[-1] == "OR, CI, p"
    assert len(np.unique(rows)) == 3
    with pytest.raises(DataError, match="no column finding"):
        audit(FINDINGS.drop(columns="finding"), label="l")
