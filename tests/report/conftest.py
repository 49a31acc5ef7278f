"""A whole run, put together from the session's fits, its figures and its page."""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import pytest
from matplotlib.figure import Figure

from adbayes.analysis import numbered, run_specs
from adbayes.checks.left_out import left_out_checks
from adbayes.checks.power_scaling import power_scaling
from adbayes.checks.predictive import predictive_checks
from adbayes.checks.printed_tables import printed_tables
from adbayes.cohort.cohort import Cohort
from adbayes.cohort.library import load_cohorts
from adbayes.inference.fit import Fit
from adbayes.inference.fits import Fits
from adbayes.inference.printed import published_summary, unanswered
from adbayes.model.spec import load_spec
from adbayes.paper.published import load_paper
from adbayes.report.figures import draw_figures
from adbayes.report.page import render_page
from adbayes.results.comparison import compare, compare_published
from adbayes.results.refit import refit
from adbayes.results.run import Run
from adbayes.results.summary import COLUMNS, diagnose, summarize


def stacked(tables: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([table.astype(object) for table in tables], ignore_index=True)


CLAIMS = [
    "table5.sex.or",
    "table5.ldh_baseline.or",
    "table2.easi.w52.change",
    "fig1.easi90.w52.pct",
]
"""A few of the claims, for speed."""


@pytest.fixture(scope="session")
def from_print() -> dict[str, pd.DataFrame]:
    """The tables from print alone that go with a run, of a few claims."""
    return printed_tables(CLAIMS)


@pytest.fixture(scope="session")
def run(
    from_print: dict[str, pd.DataFrame],
    patients: Cohort,
    mixed_fit: Fit,
    one_predictor_fits: Fits,
    joint_fit: Fit,
) -> Run:
    paper = load_paper()
    fits = (mixed_fit, joint_fit, *one_predictor_fits.values())
    published = published_summary(paper)
    published["visit"] = published["visit"].astype("string").fillna("").astype(str)
    reasons = dict(unanswered(paper)[["published_id", "reason"]].itertuples(index=False))
    summaries = [summarize(fit) for fit in fits]
    refits = {fit.analysis.key: found for fit in fits if (found := refit(fit)) is not None}
    beside = [
        compare(summary, refits[fit.analysis.key].statistics, paper, fit)
        for fit, summary in zip(fits, summaries, strict=True)
    ]
    return Run(
        paper=paper,
        cohort=patients,
        fits=fits,
        refits=refits,
        summary=stacked([published[COLUMNS], *summaries]),
        diagnostics=stacked([diagnose(fit) for fit in fits]),
        comparison=stacked([compare_published(published, paper, reasons), *beside]),
        checks=stacked(
            [judge(fit) for fit in fits for judge in (predictive_checks, left_out_checks)]
        ),
        sensitivity=stacked([power_scaling(fit) for fit in fits]),
        published=published,
        more=from_print,
        skipped={"easi90_univariable [one_level]": "the predictor 'one_level' has one level"},
        settings={"specs": ["easi_change"], "seed": 3},
    )


@pytest.fixture(scope="session")
def ensemble_run() -> Run:
    """Two models on two embedded cohorts, what was held out on three."""
    ensemble = [numbered(cohort) for cohort in load_cohorts(3)]
    return run_specs(
        [load_spec("nrs_change"), load_spec("easi90_multivariable")],
        ensemble[0],
        further=ensemble[1:2],
        ensemble=ensemble,
        draws=500,
        tune=500,
    )


@pytest.fixture(scope="session")
def figures(run: Run) -> dict[str, Figure]:
    return draw_figures(run)


@pytest.fixture(scope="session")
def page(run: Run, figures: Mapping[str, Figure]) -> str:
    return render_page(run, figures)


@pytest.fixture(scope="session")
def failed_run(run: Run) -> Run:
    """The same run, the mixed model not converged."""
    diagnostics = run.diagnostics.copy()
    diagnostics.loc[0, ["max_r_hat", "min_ess_bulk", "passed"]] = [1.2, 30.0, False]
    return replace(run, diagnostics=diagnostics)
