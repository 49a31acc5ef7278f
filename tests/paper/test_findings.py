import pytest

from adbayes.paper.findings import (
    COLUMNS,
    MISPRINT,
    Finding,
    as_text,
    distinct,
    suspected,
    to_table,
)


@pytest.fixture
def table(ledger_of, entry):
    first, second = (
        entry("table2.a.w4.mean", "mean", "3.1"),
        entry("table2.a.w4.sd", "sd", "1.0"),
    )
    one, two = ledger_of(first, second)
    return to_table(
        [
            Finding("a", "mean", (one, two), "3.1", "1 + 2.1 = 3.1"),
            Finding("b", "sum", (one,), "4", "2 + 2 = 4", "inconsistent", finding="group"),
            Finding(
                "c", "programme", (one, two), "none", "no solution", "impossible", finding="group"
            ),
            Finding("d", MISPRINT, (two,), "2.0", "at least 2.0", "impossible", finding="group"),
            Finding("e", "sum", (two,), "1", "1 = 1", "inconsistent", possible="1.1"),
            Finding("f", "percent", (two,), "1", "truncated", "rounding"),
            Finding("g", "bound", (one,), "5", "n >= 5", "impossible"),
        ]
    )


def test_the_table_has_its_columns_and_names_findings_only_where_something_is_wrong(table):
    assert list(table.columns) == list(COLUMNS)
    assert table["finding"].tolist() == ["", "group", "group", "group", "e", "f", "g"]
    assert table.loc[0, "published_ids"] == "table2.a.w4.mean table2.a.w4.sd"
    assert table.loc[0, "printed"] == "3.1; 1.0"


def test_views_of_one_finding_count_once_at_their_worst(table):
    assert distinct(table, "impossible") == ["group", "g"]
    assert distinct(table, "inconsistent") == ["e"]
    assert distinct(table, "rounding") == ["f"]


def test_a_single_statistic_named_as_misprint_is_suspected_and_nothing_else(table):
    assert suspected(table) == {"table2.a.w4.sd"}
    assert suspected(table[table["topic"] != MISPRINT]) == set()


def test_the_text_shows_what_failed_with_its_arithmetic_and_nothing_that_passed(table):
    text = as_text(table)
    assert text.startswith(
        "7 checks of the printed numbers: 1 consistent, 1 rounding, 2 inconsistent"
    )
    assert "IMPOSSIBLE under the stated condition (2)" in text
    assert "no solution" in text
    assert "possible: 1.1" in text
    assert "1 + 2.1" not in text
    assert max(map(len, text.splitlines())) <= 100


def test_a_table_without_findings_is_a_table():
    empty = to_table([])
    assert list(empty.columns) == list(COLUMNS)
    assert distinct(empty, "impossible") == []
    assert suspected(empty) == set()
    assert as_text(empty).startswith("0 checks")
