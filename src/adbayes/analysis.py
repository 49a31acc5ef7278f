"""The whole path in order: everything validated before anything is sampled."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from adbayes.checks.predictive import predictive_checks
from adbayes.checks.sensitivity import power_scaling
from adbayes.cohort.cohort import Cohort
from adbayes.cohort.read import read_patients
from adbayes.cohort.simulate import simulate_patients
from adbayes.errors import DataError
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit_analysis
from adbayes.inference.plan import Plan, plan
from adbayes.inference.printed import published_summary, unanswered
from adbayes.model.frame import missing_columns
from adbayes.model.spec import Spec
from adbayes.paper.published import Paper, load_paper
from adbayes.results.comparison import (
    compare,
    compare_published,
    compare_unfitted,
    with_findings,
)
from adbayes.results.refit import Refit, refit
from adbayes.results.summary import COLUMNS as SUMMARY_COLUMNS
from adbayes.results.summary import diagnose, summarize

Progress = Callable[[str, int, int], None]


def silent(stage: str, done: int, total: int) -> None:
    """Report no progress."""


@dataclass(frozen=True, eq=False)
class Run:
    """All that one run found.

    Parameters
    ----------
    paper : Paper
        The printed numbers.
    cohort : Cohort
        Whose data the models were fitted to.
    fits : tuple of Fit
        In the order fitted.
    refits : dict of str to Refit
        Analysis key to its frequentist refit.
    summary, diagnostics, comparison, checks, sensitivity : pandas.DataFrame
        The tables, print-only posteriors first.
    published : pandas.DataFrame
        Summaries of print-only posteriors with the id they answer in `published_id`.
    skipped : dict of str to str
        What was not fitted, and why.
    findings : pandas.DataFrame
        What the audit of the print found (the columns of `adbayes.paper.findings`); empty where the
        print was not part of the run.
    seconds : dict of str to float
        Time per stage.
    settings : dict
        What the run was asked for.
    """

    paper: Paper
    cohort: Cohort
    fits: tuple[Fit, ...]
    refits: dict[str, Refit]
    summary: pd.DataFrame
    diagnostics: pd.DataFrame
    comparison: pd.DataFrame
    checks: pd.DataFrame
    sensitivity: pd.DataFrame
    published: pd.DataFrame
    skipped: dict[str, str]
    findings: pd.DataFrame = field(default_factory=pd.DataFrame)
    seconds: dict[str, float] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether every fit passed the convergence gate."""
        return bool(self.diagnostics["passed"].all())

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """File name to table, as a run writes them."""
        return {
            "summary.csv": self.summary,
            "comparison.csv": self.comparison,
            "diagnostics.csv": self.diagnostics,
            "checks.csv": self.checks,
            "sensitivity.csv": self.sensitivity,
        }


def default_cohort() -> Cohort:
    """The cohort used where no data are given.

    Returns
    -------
    Cohort
        One simulated cohort with known truth, labelled as such.
    """
    # One of the four of the first 400 seeds in which at least two patients have low IgE at every
    # visit, so that all seventeen predictors of Table 5 can be fitted; nothing else was looked at.
    return simulate_patients(seed=292)


def load_data(path: str | Path | None, columns: dict[str, str] | None = None) -> Cohort:
    """The user's file, or the default cohort where none is given.

    Parameters
    ----------
    path : str or path or None
        A data file.
    columns : dict of str to str, optional
        Our name to the file's.

    Returns
    -------
    Cohort
        The data.

    Raises
    ------
    DataError
        For a file that cannot be used.
    """
    return default_cohort() if path is None else read_patients(path, columns)


def run_specs(
    specs: Sequence[Spec],
    cohort: Cohort,
    *,
    variant: str | None = None,
    priors: str | None = None,
    skip_absent: bool = False,
    with_published: bool = False,
    folder: Path | None = None,
    cores: int | None = None,
    fresh: bool = False,
    progress: Progress = silent,
    **sampler: Any,
) -> Run:
    """Fit specs to a cohort and make every table.

    Parameters
    ----------
    specs : sequence of Spec
        What to fit.
    cohort : Cohort
        The data.
    variant, priors : str, optional
        A variant and a prior set of every spec.
    skip_absent : bool, optional
        Leave out specs whose columns the data do not have, with the reason, instead of refusing.
    with_published : bool, optional
        Put the posteriors from print alone first.
    folder : pathlib.Path, optional
        Where draws are kept and looked for.
    cores : int, optional
        Chains run at once; changes no number.
    fresh : bool, optional
        Sample even where the store has the draws.
    progress : callable, optional
        Called with stage, number done and total.
    **sampler : int or float or None
        Keys of `[sampler]` that replace the specs'.

    Returns
    -------
    Run
        The tables and what they were made from; nothing is written but the draws.

    Raises
    ------
    SpecError
        For a fault in a spec.
    DataError
        For data that no spec can use, before anything is sampled.
    """
    seconds: dict[str, float] = {}
    with _timed(seconds, "validate"):
        plans, skipped = _plans(specs, cohort, variant, priors, skip_absent, sampler)
    if folder is not None:
        _make(folder)
    paper = load_paper()
    published = pd.DataFrame(columns=[*SUMMARY_COLUMNS, "published_id"])
    comparisons: list[pd.DataFrame] = []
    if with_published:
        with _timed(seconds, "published"):
            progress("posteriors from print", 0, 1)
            published = published_summary(paper)
            published["visit"] = published["visit"].astype("string").fillna("").astype(str)
            unfit = unanswered(paper)
            reasons = dict(zip(unfit["published_id"], unfit["reason"], strict=True))
            comparisons.append(compare_published(published, paper, reasons))
    findings = pd.DataFrame()
    if with_published:
        with _timed(seconds, "audit"):
            progress("auditing the print", 0, 1)
            findings = paper.audit()
    jobs = [job for settled in plans for job in settled.jobs]
    fits: list[Fit] = []
    with _timed(seconds, "fit"):
        for number, (analysis, frame) in enumerate(jobs):
            progress(f"fitting {analysis.key}", number, len(jobs))
            fits.append(
                fit_analysis(analysis, cohort, frame, cores=cores, folder=folder, fresh=fresh)
            )
    refits: dict[str, Refit] = {}
    with _timed(seconds, "refit"):
        for one in fits:
            again = refit(one)
            if again is not None:
                refits[one.analysis.key] = again
    summaries, diagnostics, checks, sensitivity = [], [], [], []
    for number, one in enumerate(fits):
        progress(f"summarising {one.analysis.key}", number, len(fits))
        with _timed(seconds, "summary"):
            summaries.append(summarize(one))
            diagnostics.append(diagnose(one))
        with _timed(seconds, "comparison"):
            found = refits.get(one.analysis.key)
            statistics = None if found is None else found.statistics
            comparisons.append(compare(summaries[-1], statistics, paper, one))
        with _timed(seconds, "checks"):
            checks.append(predictive_checks(one))
        with _timed(seconds, "sensitivity"):
            sensitivity.append(power_scaling(one))
    for settled in plans:
        for analysis, reason in settled.skipped:
            comparisons.append(compare_unfitted(analysis, cohort, paper, reason))
    return Run(
        paper=paper,
        cohort=cohort,
        fits=tuple(fits),
        refits=refits,
        summary=_stacked([published[SUMMARY_COLUMNS], *summaries]),
        diagnostics=_stacked(diagnostics),
        comparison=with_findings(_stacked(comparisons), findings),
        checks=_stacked(checks),
        sensitivity=_stacked(sensitivity),
        published=published,
        skipped=skipped,
        findings=findings,
        seconds=seconds,
        settings={"specs": [spec.name for spec in specs], "variant": variant, "priors": priors}
        | {key: value for key, value in sampler.items() if value is not None},
    )


def _plans(
    specs: Sequence[Spec],
    cohort: Cohort,
    variant: str | None,
    priors: str | None,
    skip_absent: bool,
    sampler: dict[str, Any],
) -> tuple[list[Plan], dict[str, str]]:
    """Settle every spec before any is fitted."""
    plans: list[Plan] = []
    skipped: dict[str, str] = {}
    for spec in specs:
        analyses = spec.analyses(variant, priors)
        absent = {
            name for one in analyses for name in missing_columns(one, cohort) if name != one.x
        }
        if skip_absent and absent:
            skipped[spec.name] = f"the data have no column {', '.join(sorted(absent))}"
            continue
        settled = plan(spec, cohort, variant, priors, **sampler)
        skipped |= {f"{spec.name} [{x}]": reason for x, reason in settled.reasons.items()}
        plans.append(settled)
    if not plans:
        listed = "; ".join(f"{name}: {reason}" for name, reason in skipped.items())
        raise DataError(
            f"{cohort.source}: no model can be fitted ({listed}); add a column or use --columns"
        )
    return plans, skipped


def _make(folder: Path) -> None:
    """Make the folder of the draws now, so that one that cannot be made costs no sampling."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"{folder}: cannot be made ({error.strerror}); give another folder to write to"
        ) from None


def _stacked(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Tables one below the other; an empty one has no say in the types."""
    filled = [table for table in tables if len(table)]
    return pd.concat([t.astype(object) for t in filled], ignore_index=True) if filled else tables[0]


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[stage] = seconds.get(stage, 0.0) + time.perf_counter() - start
