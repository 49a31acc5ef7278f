"""A user's study beside the paper: like with like, the difference of two independent posteriors."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from adbayes.cohort.cohort import Cohort
from adbayes.report.two_studies import _difference, compared, two_studies
from adbayes.results.run import Run


@pytest.fixture
def own_run(run: Run) -> Run:
    """The run as if its patients were a user's."""
    cohort = Cohort(
        frame=run.cohort.frame, evidence="patients", label="mine", source="mine.csv", clinical=True
    )
    tables = {}
    for name in ("comparison", "diagnostics"):
        table = getattr(run, name).copy()
        table["evidence"] = table["evidence"].replace("simulated", "patients")
        table["cohort"] = ""
        tables[name] = table
    return replace(run, cohort=cohort, **tables)


def test_invented_patients_are_no_second_study(run: Run) -> None:
    assert compared(run).empty
    assert two_studies(run).body == ""


def test_the_interval_of_a_difference_is_that_of_independent_normals(own_run: Run) -> None:
    both = compared(own_run)
    assert both["published_id"].is_unique
    assert {"mean", "odds_ratio"} <= set(both["statistic"])
    c = own_run.comparison
    for row in both.to_dict("records"):
        mine = c[(c["published_id"] == row["published_id"]) & (c["variant"] == "base")]
        paper = mine[mine["evidence"] == "published"]["bayes"].iloc[0]
        own = mine[mine["evidence"] == "patients"]["bayes"].iloc[0]
        expected = own / paper if row["null"] else own - paper
        assert row["difference"] == pytest.approx(expected)
        assert row["low"] < row["difference"] < row["high"]
    # Symmetric limits give the textbook interval: the root of the sum of squared half widths.
    c = c.copy()
    for evidence, middle, half in (("published", 10.0, 3.0), ("patients", 12.0, 4.0)):
        of = (c["published_id"] == "table2.easi.w52.mean") & (c["evidence"] == evidence)
        assert of.any()
        c.loc[of, ["bayes", "bayes_low", "bayes_high"]] = [middle, middle - half, middle + half]
    exact = compared(replace(own_run, comparison=c)).set_index("published_id")
    found = exact.loc["table2.easi.w52.mean", ["difference", "low", "high"]].to_numpy(float)
    np.testing.assert_allclose(found, [2.0, -3.0, 7.0])


def test_the_section_names_both_studies_and_flags_failed_fits(own_run: Run) -> None:
    body = two_studies(own_run).body
    assert "mine.csv" in body
    assert "Paper, from print" in body
    assert "not converged" not in body
    diagnostics = own_run.diagnostics.copy()
    diagnostics["passed"] = False
    assert "not converged" in two_studies(replace(own_run, diagnostics=diagnostics)).body
    none = replace(own_run, comparison=pd.DataFrame())
    assert two_studies(none).body == ""


def test_a_difference_takes_the_far_side_of_what_is_subtracted() -> None:
    """Zou and Donner 2008: own limits 1 below and 2 above, the paper's 3 below and 4 above."""
    own = {"own": 10.0, "own_low": 9.0, "own_high": 12.0}
    paper = {"paper": 7.0, "paper_low": 4.0, "paper_high": 11.0}
    row = {"statistic": "mean", **own, **paper}
    expected = np.array([3.0, 3 - np.hypot(1, 4), 3 + np.hypot(2, 3)])
    assert _difference(row) == pytest.approx(expected)
    logs = {key: value if key == "statistic" else np.exp(value) for key, value in row.items()}
    found = _difference(logs | {"statistic": "odds_ratio"})
    assert found == pytest.approx(np.exp(expected))
