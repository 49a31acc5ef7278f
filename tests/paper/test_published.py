import csv
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from adbayes.errors import DataError
from adbayes.paper.published import load_paper, load_published

SHARED = Path(__file__).resolve().parents[2] / "../shared/paper/published.csv"


def test_every_number_is_the_shared_one_and_its_quotation_contains_it():
    if not SHARED.is_file():
        pytest.skip("needs the folder `shared` beside the repository")
    with SHARED.open(encoding="utf-8") as stream:
        shared = list(csv.DictReader(stream))
    ours = load_published()
    assert len(shared) == len(ours) == 438
    assert ours["id"].tolist() == [row["id"] for row in shared]
    for mine, row in zip(ours.itertuples(), shared, strict=True):
        assert mine.value == row["value"], mine.id
        assert mine.numeric == float(row["numeric"]), mine.id
        assert mine.decimals == int(row["decimals"]), mine.id
        assert mine.table == row["source"], mine.id
        assert mine.statistic == row["statistic"], mine.id
        for name in ("n", "n_inferred"):
            mine_n = getattr(mine, name)
            assert ("" if pd.isna(mine_n) else str(mine_n)) == row[name], mine.id
        assert row["value"] in row["quote"], mine.id
        assert (mine.bound == "upper") == ("upper bound" in row["note"]), mine.id


def test_the_printed_value_says_the_number_and_its_decimals():
    words = {"Ninety-nine", "one", "One", "two", "five", "Six", "None", "*"}
    for row in load_published().itertuples():
        if row.value in words:
            continue
        text = row.value.lstrip("< ").rstrip("%")
        assert float(text) == row.numeric, row.id
        assert len(text.partition(".")[2]) == row.decimals, row.id
        assert (row.bound == "upper") == row.value.startswith("<"), row.id


def test_a_copy_is_handed_out():
    table = load_published()
    table["numeric"] = -1.0
    assert load_published().loc[0, "numeric"] == 99


def test_a_number_knows_its_place_and_its_rounding():
    paper = load_paper()
    sex = paper.number("table5.sex.or")
    assert sex.place == 'Table 5, row "Sex (female)", OR'
    assert sex.interval == pytest.approx((2.5085, 2.5095))
    assert (sex.term, sex.n, sex.visit) == ("female", None, 52)
    assert paper.number("table4.poem.ldh_w52.p").interval == (0, 0.001)
    assert paper.number("table2.nrs.w16.p").interval == (0, 0.05)
    assert paper.number("fig1.easi90.w52.pct").denominator == 82
    assert paper.number("text.ldh.w52.mean").place.startswith("Results, laboratory findings")


def test_terms_are_columns_of_a_patient_file():
    paper = load_paper()
    of = {id: paper.number(id).term for id in paper.ids("table[56].*.or")}
    assert len(of) == 24
    assert of["table5.ldh_w52.or"] == "ldh_ge_250_w52"
    assert of["table6.tec_baseline.or"] == "tec_gt_500_w0"
    assert of["table5.cyclosporine.or"] == "prior_cyclosporine"
    assert of["table6.onset_adult.or"] == "adult_onset"
    assert paper.number("text.easi90.multi.ldh.or").term == "ldh_ge_250_w0"


def test_numbers_repeated_elsewhere_point_at_the_same_value():
    """A repeat, rounded to its own digits, is the number of the table it points at."""
    paper = load_paper()
    checked = 0
    for id in paper.ids():
        number = paper.number(id)
        if number.quantity in ("", id) or number.quantity not in paper.ids():
            continue
        target = paper.number(number.quantity)
        if number.statistic == target.statistic:
            unit = 0.5 * 10.0**-number.decimals
            assert abs(number.numeric - target.numeric) <= unit + 1e-9, id
            checked += 1
    assert checked > 30


def test_misprints_are_two_and_kept_as_printed():
    table = load_published()
    suspected = table[table["status"] == "suspected_misprint"]
    assert dict(zip(suspected["id"], suspected["value"], strict=True)) == {
        "table2.nrs.w16.pct_change_sd": "5.42",
        "table2.dlqi.w32.pct_change_mean": "61.01",
    }
    assert (suspected["quantity"] == "").all()


def test_patterns_and_unknown_ids():
    paper = load_paper()
    assert len(paper.ids("table6.*")) == 28
    with pytest.raises(DataError, match=r"nearest is 'table5\.sex\.or'"):
        paper.number("table5.sx.or")
    with pytest.raises(DataError, match="No printed number matches"):
        paper.ids("table7.*")


def test_the_paper_introduces_itself():
    text = repr(load_paper())
    assert "10.1038/s41598-021-02950-4" in text
    assert "438 printed numbers" in text
    assert "table2.nrs.w16.pct_change_sd" in text


def test_the_posterior_is_one_call_away():
    assert load_paper().posterior("table5.sex.p", priors="skeptical").id == "table5.sex.or"


def test_loading_the_ledger_imports_no_modelling_library():
    code = (
        "import sys, adbayes.paper.published as p; p.load_paper().number('table5.sex.or'); "
        "heavy = {'pymc', 'bambi', 'arviz', 'scipy.stats'} & set(sys.modules); "
        "sys.exit(str(heavy) if heavy else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
