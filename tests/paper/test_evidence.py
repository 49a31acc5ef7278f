"""Other studies: every row has a source, every count prints as its percentage, bad tables are refused."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from adbayes.errors import DataError
from adbayes.paper.evidence import evidence_schema, load_evidence
from adbayes.paper.published import load_paper


@pytest.fixture
def text() -> pd.DataFrame:
    table = load_evidence()
    return table[table["outcome"] == "easi75"].astype(str).replace({"<NA>": "", "nan": ""})


def written(table: pd.DataFrame, folder: Path) -> Path:
    path = folder / "own.csv"
    table.to_csv(path, index=False)
    return path


def test_rows_are_one_a_result_and_a_copy_is_handed_out():
    table = load_evidence()
    assert list(table.columns) == list(evidence_schema().columns)
    assert not table.duplicated(["study", "arm", "outcome", "visit", "quantity"]).any()
    table["value"] = 0.0
    assert (load_evidence()["value"] > 0).all()


def test_counts_of_the_sources_print_as_their_percentages():
    table = load_evidence().set_index("id")
    counted = table[table["count"].notna()]
    off = (100 * counted["count"] / counted["denominator"] - counted["value"]).astype(float).abs()
    exact = counted["count_basis"] != "nearest"
    unit = 0.5 * 10.0 ** -counted["decimals"]
    assert (off[exact] <= unit[exact] + 1e-9).all()
    assert (off[~exact] <= 100 / counted["denominator"][~exact].astype(float)).all()
    # Counts that are printed in the sources themselves.
    printed = {
        "chronos.q2w.easi75.w16.share": (73, 106),
        "china3.q2w.easi75.w16.share": (47, 82),
        "spain.all.easi75.w52.share": (140, 162),
    }
    for id, pair in printed.items():
        assert tuple(table.loc[id, ["count", "denominator"]]) == pair, id


def test_groups_that_are_not_printed_are_the_only_ones_that_fit():
    """CHRONOS at week 52 (623 patients), CAFE (325), Manchester (at most 94), recomputed by search."""

    def fits(percent: float, decimals: int, n: int) -> bool:
        return any(round(100 * k / n, decimals) == percent for k in range(n + 1))

    chronos = [
        (a, b, 623 - a - b)
        for a in range(60, 107)
        for b in range(200, 320)
        if fits(65.2, 1, a) and fits(36.0, 1, a) and fits(64.1, 1, b) and fits(40.0, 1, b)
        if fits(21.6, 1, 623 - a - b) and fits(12.5, 1, 623 - a - b)
    ]
    assert chronos == [(89, 270, 264)]
    cafe = [
        (a, b, 325 - a - b)
        for a in range(100, 118)
        for b in range(100, 118)
        if fits(59.1, 1, a) and fits(62.6, 1, b) and fits(29.6, 1, 325 - a - b)
    ]
    assert cafe == [(110, 107, 108)]
    manchester = [
        n for n in range(20, 95) if fits(75.31, 2, n) and fits(61.7, 1, n) and fits(35.8, 1, n)
    ]
    assert manchester == [81]
    table = load_evidence().set_index("id")["denominator"]
    assert table["chronos.q2w.easi75.w52.share"] == 89
    assert table["chronos.qw.easi75.w52.share"] == 270
    assert table["chronos.placebo.easi75.w52.share"] == 264
    assert table["cafe.q2w.easi75.w16.share"] == 107
    assert table["manchester.all.easi75.w30.share"] == 81


def test_what_the_paper_quotes_is_the_ledger_s():
    paper = load_paper()
    quoted = load_evidence()
    quoted = quoted[quoted["source"].str.contains("discussion.", regex=False)]
    assert len(quoted) == 6
    for row in quoted.to_dict("records"):
        id = row["source"].split("(")[2 if row["source"].count("(") > 1 else 1].split(")")[0]
        assert paper.number(id).numeric == row["value"], row["id"]
        assert paper.number(id).group == "another study"


def test_the_same_centre_is_flagged():
    table = load_evidence()
    assert set(table.loc[table["overlaps"] == "same centre", "study"]) == {"korea16"}
    assert set(table.loc[table["part_of"] != "", "study"]) == {"bioday138"}


def test_a_table_of_ones_own(tmp_path, text):
    own = load_evidence(written(text, tmp_path))
    packaged = load_evidence()
    expected = packaged[packaged["outcome"] == "easi75"].reset_index(drop=True)
    pd.testing.assert_frame_equal(own, expected)


@pytest.mark.parametrize(
    ("column", "cell", "sentence"),
    [
        ("handling", "LOCF", "column handling, row 'solo1.*found 'LOCF'; allowed is one of 'missing"),
        ("verified", "M", "column verified.*one of 'S', 'D'"),
        ("source", "", "column source.*never empty"),
        ("visit", "soon", "column visit.*found 'soon'; allowed is a whole number"),
        ("visit", "16.5", "column visit.*found '16.5'"),
        ("value", "151", "column value.*a percentage"),
        ("count", "", "give count, denominator and count_basis, or none"),
        ("count", "300", "300 of 224; the count must not exceed"),
        ("count", "90", "90 of 224 is not near 51 %"),
        ("count_basis", "only fit", r"not the only count that prints as 51 %; those are \[114, 115\]"),
        ("id", "solo2.q2w.easi75.w16.share", "column id.*once in the table"),
    ],
)  # fmt: skip
def test_unusable_cells_are_named(tmp_path, text, column, cell, sentence):
    text.loc[text.index[0], column] = cell
    with pytest.raises(DataError, match=sentence):
        load_evidence(written(text, tmp_path))


def test_unusable_files_are_named(tmp_path, text):
    with pytest.raises(DataError, match="lacks handling"):
        load_evidence(written(text.drop(columns="handling"), tmp_path))
    with pytest.raises(DataError, match="has unknown weight"):
        load_evidence(written(text.assign(weight="1"), tmp_path))
    with pytest.raises(DataError, match="no rows"):
        load_evidence(written(text.head(0), tmp_path))
    with pytest.raises(DataError, match="cannot be read as csv"):
        load_evidence(tmp_path / "absent.csv")


def test_loading_imports_no_modelling_library():
    code = (
        "import sys, adbayes.paper.evidence as e; e.load_evidence(); "
        "heavy = {'pymc', 'bambi', 'arviz'} & set(sys.modules); sys.exit(str(heavy) if heavy else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
