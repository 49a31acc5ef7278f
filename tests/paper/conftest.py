"""A ledger in a few words: an id, what is printed and what it is."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from adbayes.paper.ledger import Ledger


def printed_row(id: str, statistic: str, value: str, **more: Any) -> dict[str, Any]:
    """One row; the number and its decimals are read from the print."""
    text = value.lstrip("<* ").rstrip("%") or "0.05"
    row: dict[str, Any] = {
        "id": id,
        "table": id.split(".")[0],
        "row": "",
        "column": "",
        "section": "",
        "variable": "",
        "visit": None,
        "group": "",
        "statistic": statistic,
        "value": value,
        "numeric": float(text),
        "decimals": len(text.partition(".")[2]),
        "bound": "upper" if value[:1] in "<*" else "",
        "n": None,
        "n_inferred": None,
        "term": "",
        "quantity": "",
        "status": "",
        "note": "",
    }
    unknown = set(more) - set(row)
    assert not unknown, unknown
    return row | more


@pytest.fixture(scope="session")
def entry() -> Callable[..., dict[str, Any]]:
    """Make a row of a ledger."""
    return printed_row


@pytest.fixture(scope="session")
def ledger_of() -> Callable[..., Ledger]:
    """Make a ledger of rows, with the number of patients first where it is given."""

    def make(*rows: dict[str, Any], size: int | None = None) -> Ledger:
        first = [] if size is None else [printed_row("table1.n", "n", str(size), variable="n")]
        return Ledger.of(pd.DataFrame([*first, *rows]))

    return make
