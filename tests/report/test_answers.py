"""The answers in plain words: their numbers are the posteriors', whatever these are."""

import re
from dataclasses import replace

import numpy as np

from adbayes.report.answers import Printed, answers
from adbayes.results.run import Run


def test_about_ten_sentences_with_uncertainty(run: Run) -> None:
    said = list(answers(Printed(run.paper, run.published)))
    assert 9 <= len(said) <= 14
    assert sum("[" in sentence for sentence in said) >= 9
    assert "regression to the mean" in said[-1]


def test_the_numbers_are_those_of_the_table(run: Run) -> None:
    moved = run.published.copy()
    sex = (moved["published_id"] == "table5.sex.or") & (moved["variant"] == "base")
    moved.loc[sex, ["median", "ci_low", "ci_high", "prob_direction"]] = [4.5, 3.25, 6.75, 0.99951]
    said = " ".join(answers(Printed(run.paper, moved)))
    assert "Female sex: odds ratio of EASI-90 4.50 [3.25, 6.75], probability > 0.999" in said


def test_a_predictor_with_an_open_direction_is_listed_as_such(run: Run) -> None:
    moved = run.published.copy()
    sex = (moved["published_id"] == "table5.sex.or") & (moved["variant"] == "base")
    moved.loc[sex, "ci_low"] = 0.9
    said = list(answers(Printed(run.paper, moved)))
    (opened,) = [sentence for sentence in said if "leaves the direction open" in sentence]
    assert "Female sex" in opened
    assert not any(sentence.startswith("Female sex") for sentence in said)


def test_labs_under_treatment_are_counted_and_called_concurrent(run: Run) -> None:
    found = run.published
    labs = found[
        found["published_id"].str.startswith("table5")
        & (found["variant"] == "base")
        & found["term"].str.contains(r"_w(?:16|32|52)$")
    ]
    clear = int(((labs["ci_low"] > 1) | (labs["ci_high"] < 1)).sum())
    (said,) = [s for s in answers(Printed(run.paper, found)) if "under treatment" in s]
    assert said.startswith(f"Of {len(labs)} laboratory values under treatment {clear} have")
    assert "17 odds ratios" in said
    assert "concurrent" in said


def test_no_number_is_in_the_words(run: Run) -> None:
    """With every posterior moved, no sentence may keep a number of an interval."""
    columns = ["mean", "median", "ci_low", "ci_high"]
    moved = run.published.copy()
    moved[columns] = moved[columns].astype(float) * 1.37 + 0.011
    pattern = re.compile(r"−?[\d\u202f]+\.\d+ \[[^\]]+\]")
    before = set(pattern.findall(" ".join(answers(Printed(run.paper, run.published)))))
    after = set(pattern.findall(" ".join(answers(Printed(run.paper, moved)))))
    assert len(before) > 15
    assert not before & after


def test_what_is_absent_is_left_out(run: Run) -> None:
    few = run.published[run.published["published_id"].str.startswith("fig1")]
    said = list(answers(Printed(run.paper, few)))
    assert len(said) == 3
    printed = Printed(run.paper, few)
    assert printed.get("table5.sex.or") is None
    row = printed.get("fig1.easi90.w52.pct")
    assert row is not None
    assert np.isclose(row["n"], 82)
    assert replace(printed, table=few.iloc[:0]).rows("response") == []
