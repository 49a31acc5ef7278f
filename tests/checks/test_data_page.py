import sys

import numpy as np
import pandas as pd
import pytest

import adbayes as ab
from adbayes.checks.data_page import describe, spec_table
from adbayes.cli import main
from adbayes.model.library import model_names


@pytest.fixture(scope="module")
def gaps():
    return ab.simulate_patients(seed=1, missing=0.1, missing_labs=0.1)


def test_what_every_model_drops(gaps):
    found = spec_table(gaps)
    assert set(found["model"]) == set(model_names())
    frame = gaps.frame
    row = found[found["model"] == "easi_change"].iloc[0]
    n = frame["easi"].notna().sum()
    assert (row["rows"], row["patients"]) == (n, 99)
    assert row["dropped"] == f"easi missing in {len(frame) - n} rows"
    row = found[(found["model"] == "easi90_univariable") & (found["x"] == "ldh_ge_250_w0")].iloc[0]
    week = frame[frame["visit"] == 52]
    both = week["easi90"].notna() & week["ldh_ge_250_w0"].notna()
    assert row["rows"] == both.sum()
    assert f"easi90 missing in {week['easi90'].isna().sum()} rows" in row["dropped"]
    assert f"ldh_ge_250_w0 missing in {week['ldh_ge_250_w0'].isna().sum()} rows" in row["dropped"]


def test_patients_without_a_row_at_the_visit_are_told(gaps):
    frame = gaps.frame
    first = frame["patient"].unique()[:7]
    away = frame[~(frame["patient"].isin(first) & (frame["visit"] == 52))]
    found = spec_table(ab.cohort_from_frame(away))
    row = found[(found["model"] == "easi90_univariable") & (found["x"] == "female")].iloc[0]
    assert row["dropped"].startswith("no row at week 52 in 7 patients")


def test_what_cannot_be_fitted_says_why():
    frame = pd.DataFrame(
        {"patient": np.repeat(list("abcd"), 2), "visit": [0, 16] * 4, "nrs": [8.0, 2, 9, 3, 7, 1, 6, 2]}
    )  # fmt: skip
    found = spec_table(ab.cohort_from_frame(frame)).set_index("model")
    assert (found.loc["nrs_change", "rows"], found.loc["nrs_change", "dropped"]) == (8, "none")
    assert found.loc["easi_change", "rows"] == 0
    assert found.loc["easi_change", "dropped"].startswith("not fitted: no column 'easi'")


def test_the_page(gaps):
    page = repr(describe(gaps))
    for title in ("Outcomes by visit", "Observed visits", "Responders among completers",
                  "Columns", "Derived columns", "Models: rows and patients used"):  # fmt: skip
        assert f"\n{title}" in page
    assert "[evidence: simulated]" in page
    assert "99 patients, visits at weeks 0, 16, 32, 52; 396 rows" in page
    assert "rarer patterns not shown" in page


def test_describe_is_public(gaps):
    found = ab.describe(gaps)
    assert isinstance(found, ab.Description)
    with pytest.raises(AttributeError):
        found.label = "x"


def test_the_command(tmp_path, monkeypatch, capsys):
    path = tmp_path / "registry.csv"
    path.write_text(
        "patient;visit;easi;Sex\na;Baseline;30,5;F\na;Week 16;3,0;F\nb;Baseline;20,0;M\nb;Week 16;2,0;M\n"
    )
    monkeypatch.setattr(sys, "argv", ["adbayes", "check", "--data", str(path)])
    with pytest.raises(SystemExit) as caught:
        main()
    assert not caught.value.code
    said = capsys.readouterr().out
    assert "patients of registry.csv (the user's own data) [evidence: patients]" in said
    for note in (
        "separated by semicolons",
        "decimal comma read in easi",
        "Week 16 = 16",
        "F = 1, M = 0",
    ):
        assert note in said
    assert "Models: rows and patients used" in said
    assert [p.name for p in tmp_path.iterdir()] == ["registry.csv"]


def test_a_plain_table_of_the_users_own():
    page = repr(describe(ab.cohort_from_frame(pd.DataFrame({"y": [1.0, 2.0], "g": ["a", "b"]}))))
    assert "2 rows, 2 columns" in page
    assert "Outcomes by visit" not in page
    assert "Models not fitted, and why\n- correlations: no column 'easi'" in page
    assert "\n- easi90_univariable: no column 'easi90'\n" in page  # once, not once a predictor
    assert max(map(len, page.splitlines())) < 200
