"""Faithful against better on the page: every model, crosses where the print is missed."""

from dataclasses import replace

import pandas as pd
import pytest

from adbayes.checks.judgement import COLUMNS
from adbayes.report.judged import JUDGEMENT, judged
from adbayes.results.run import Run

NAN = float("nan")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    def row(model: str, variant: str, kind: str, ends: tuple[float, float], holds: object) -> list:
        who = ["p", "reconstructed", "0", NAN]
        of = ["easi", "16", "SD of patients", "points", "table2.easi.w16.sd", 4.77, 4.8]
        return [*of, kind, model, variant, *who, *ends, holds]

    rows = [
        row("easi_change", "base", "faithful", (6.0, 8.0), False),
        row("easi_change", "unstructured", "better", (4.0, 5.6), True),
    ]
    floor = row("easi_change", "unstructured", "better", (0.0, 4.0), "")
    floor[2], floor[4], floor[5] = "at or below the floor", "", NAN
    return pd.DataFrame([*rows, floor], columns=COLUMNS)


def test_cells_and_crosses(run: Run, table: pd.DataFrame) -> None:
    body = judged(replace(run, more={JUDGEMENT: table})).body
    assert ">6.00 to 8.00 ✗</td>" in body
    assert ">4.00 to 5.60</td>" in body
    assert ">0.00 to 4.00</td>" in body
    assert "easi_change (the paper&#x27;s) 0 of 1; easi_change.unstructured 1 of 1" in body
    assert "nothing is left out" in body
    read_back = table.assign(holds=table["holds"].replace("", NAN))
    assert (
        "easi_change.unstructured 1 of 1" in judged(replace(run, more={JUDGEMENT: read_back})).body
    )
    # A model is a row, and a week a column: however many models, the table is as wide.
    head = body.split("<thead>")[1].split("</thead>")[0]
    assert "Week 16" in head
    assert "easi_change" not in head
    sd = body.split("SD of patients, points")[1].split("</tbody>")[0]
    rows = [row.split("</td>")[0].rpartition(">")[2] for row in sd.split("<tr>")[1:5]]
    assert rows == ["Print", "Data", "easi_change", "easi_change.unstructured"]


def test_without_a_second_model_there_is_nothing_to_judge(run: Run, table: pd.DataFrame) -> None:
    assert judged(run).body == ""
    assert judged(replace(run, more={JUDGEMENT: table.iloc[:1]})).body == ""
