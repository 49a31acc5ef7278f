"""What a run holds, and whose rows are whose."""

from dataclasses import replace

import pandas as pd
import pytest

from adbayes.cohort.simulate import simulate_patients
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit
from adbayes.paper.published import load_paper
from adbayes.results.held_out import COLUMNS as HELD_OUT_COLUMNS
from adbayes.results.pooled import POOLED, pooled_summary
from adbayes.results.run import Run
from adbayes.results.summary import diagnose, summarize


@pytest.fixture(scope="module")
def run() -> Run:
    """One model on two numbered cohorts."""
    fits = []
    for index in range(2):
        cohort = replace(simulate_patients(seed=index, n_patients=40), index=index)
        one = fit("nrs_change", cohort, draws=500, tune=500)
        assert isinstance(one, Fit)
        fits.append(one)
    summaries = [summarize(one) for one in fits]
    empty = pd.DataFrame()
    return Run(
        paper=load_paper(),
        cohort=fits[0].cohort,
        fits=(fits[0],),
        refits={},
        summary=pd.concat([*summaries, pooled_summary(fits, summaries)], ignore_index=True),
        diagnostics=pd.concat([diagnose(one) for one in fits], ignore_index=True),
        comparison=empty,
        checks=empty,
        sensitivity=empty,
        published=empty,
        skipped={},
        further=(fits[1],),
    )


def test_rows_belong_to_the_first_cohort_to_others_or_to_all(run: Run) -> None:
    assert set(run.own(run.summary)["cohort"]) == {"0"}
    assert set(run.pooled["cohort"]) == {POOLED}
    assert len(run.own(run.summary)) == len(run.pooled) == len(run.summary) / 3
    assert len(run.own(run.diagnostics)) == len(run.fits)
    assert run.cohorts == (run.fits[0].cohort, run.further[0].cohort)


def test_one_failed_fit_of_any_cohort_fails_the_run(run: Run) -> None:
    good = run.diagnostics.assign(passed=True)
    assert replace(run, diagnostics=good).passed
    bad = good.copy()
    bad.loc[1, "passed"] = False
    assert not replace(run, diagnostics=bad).passed


def test_a_file_is_written_only_where_something_was_held_out(run: Run) -> None:
    assert "held_out.csv" not in run.tables
    some = pd.DataFrame([dict.fromkeys(HELD_OUT_COLUMNS, "")])
    assert "held_out.csv" in replace(run, held_out=some).tables
