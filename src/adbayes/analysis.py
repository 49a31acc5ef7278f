"""The whole path in order: everything validated before anything is sampled."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from adbayes.checks.judgement import BETTER, judgement
from adbayes.checks.of_fit import Tables, tables_of, timed
from adbayes.checks.printed_tables import printed_tables
from adbayes.cohort.cohort import Cohort
from adbayes.cohort.library import load_cohort
from adbayes.cohort.read import read_patients
from adbayes.errors import ConvergenceError, DataError
from adbayes.inference.beside import Asked, Beside
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import drawn_fit, fit_analysis, stem
from adbayes.inference.plan import Plan, plan
from adbayes.inference.printed import published_summary, unanswered
from adbayes.model.analysis import Analysis
from adbayes.model.compiled import structure_of, swaps
from adbayes.model.frame import ModelFrame, missing_columns, model_frame
from adbayes.model.library import models_folder
from adbayes.model.spec import Spec
from adbayes.paper.published import load_paper
from adbayes.results.comparison import (
    compare_pooled,
    compare_published,
    compare_unfitted,
    with_findings,
)
from adbayes.results.differences_together import MODEL as TOGETHER
from adbayes.results.differences_together import differences_together, poolable
from adbayes.results.fidelity import fidelity
from adbayes.results.held_out import held_out_refits
from adbayes.results.pooled import COLUMNS as POOLED_COLUMNS
from adbayes.results.pooled import pooled_summary
from adbayes.results.run import Run
from adbayes.results.summary import COLUMNS as SUMMARY_COLUMNS

Progress = Callable[[str, int, int], None]


class Job(NamedTuple):
    """One model to fit to one cohort.

    Parameters
    ----------
    cohort : Cohort
        Whose data.
    analysis : Analysis
        The model.
    frame : ModelFrame
        The rows.
    """

    cohort: Cohort
    analysis: Analysis
    frame: ModelFrame


class Unfitted(NamedTuple):
    """One model that a cohort cannot answer.

    Parameters
    ----------
    cohort : Cohort
        Whose data.
    analysis : Analysis
        The model.
    reason : str
        Why not.
    """

    cohort: Cohort
    analysis: Analysis
    reason: str


def silent(stage: str, done: int, total: int) -> None:
    """Report no progress.

    Parameters
    ----------
    stage : str
        What is under way.
    done, total : int
        Parts of it.
    """


def default_cohort() -> Cohort:
    """The cohort used where no data are given.

    Returns
    -------
    Cohort
        The first of the embedded reconstructed cohorts.
    """
    return numbered(load_cohort(0))


def numbered(cohort: Cohort) -> Cohort:
    """The same reconstructed cohort, its label saying which it is.

    Parameters
    ----------
    cohort : Cohort
        One of an ensemble, with an index.

    Returns
    -------
    Cohort
        With the label "reconstructed cohort 0 (synthetic patients ...)".
    """
    return replace(
        cohort,
        label=f"reconstructed cohort {cohort.index} (synthetic patients that agree with the printed "
        "numbers by construction; not patient data)",
    )


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
    further: Sequence[Cohort] = (),
    ensemble: Sequence[Cohort] = (),
    variant: str | None = None,
    priors: str | None = None,
    skip_absent: bool = False,
    with_published: bool = False,
    with_variants: bool = False,
    folder: Path | None = None,
    cores: int | None = None,
    fresh: bool = False,
    second: Executor | None = None,
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
    further : sequence of Cohort, optional
        More cohorts of the same kind, numbered: unvaried models that need no further compilation are
        fitted to them too, and pooled.
    ensemble : sequence of Cohort, optional
        Every cohort there is, for the maximum-likelihood refits of what a reconstruction held out.
    variant, priors : str, optional
        A variant and a prior set of every spec.
    skip_absent : bool, optional
        Leave out specs whose columns the data do not have, with the reason, instead of refusing.
    with_published : bool, optional
        Put the posteriors from print alone first.
    with_variants : bool, optional
        Fit every variant of every spec to `cohort`, after its unvaried model; one that the data cannot
        answer is skipped with its reason.
    folder : pathlib.Path, optional
        Where draws are kept and looked for.
    cores : int, optional
        Chains run at once, at most; changes no number.
    fresh : bool, optional
        Sample even where the store has the draws.
    second : concurrent.futures.Executor, optional
        A second process (`second_process`): with it and a `folder`, what no further cohort shares a compiled
        density with is fitted beside the rest (`beside`); changes no number.
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
    paper = load_paper()
    with timed(seconds, "validate"):
        plans, skipped = _plans(specs, cohort, variant, priors, skip_absent, with_variants, sampler)
        jobs = [Job(cohort, *job) for settled in plans for job in settled.jobs]
        unfitted = [Unfitted(cohort, *one) for settled in plans for one in settled.skipped]
        more, lacking = _further(jobs, further)
        skipped |= {f"{stem(one.analysis, one.cohort)}": one.reason for one in lacking}
    if folder is not None:
        _make(folder)
    published = pd.DataFrame(columns=[*SUMMARY_COLUMNS, "published_id"])
    comparisons: list[pd.DataFrame] = []
    findings = pd.DataFrame()
    further_tables: dict[str, pd.DataFrame] = {}
    waiting = _apart(jobs, more, second, folder, cores, fresh)
    if with_published:
        with timed(seconds, "published"):
            progress("posteriors from print", 0, 1)
            published = published_summary(paper)
            published["visit"] = published["visit"].astype("string").fillna("").astype(str)
            unfit = unanswered(paper)
            reasons = dict(zip(unfit["published_id"], unfit["reason"], strict=True))
            comparisons.append(compare_published(published, paper, reasons))
        with timed(seconds, "audit"):
            progress("auditing the print", 0, 1)
            findings = paper.audit()
        with timed(seconds, "claims and other studies"):
            progress("claims and other studies", 0, 1)
            further_tables |= printed_tables()
        if cohort.evidence == "reconstructed":
            with timed(seconds, "fidelity"):
                further_tables["fidelity.csv"] = fidelity(cohort)
    how = {"cores": cores, "folder": folder, "fresh": fresh}
    fits, found = _fits([*jobs, *more], cohort, waiting, how, seconds, progress)
    summaries = [one.summary for one in found]
    comparisons += [one.comparison for one in found]
    refits = {
        one.analysis.key: tables.refit
        for one, tables in zip(fits[: len(jobs)], found, strict=False)
        if tables.refit is not None
    }
    for without in [*unfitted, *lacking]:
        comparisons.append(
            compare_unfitted(without.analysis, without.cohort, paper, without.reason)
        )
    together: list[pd.DataFrame] = []
    differences = poolable(fits[: len(jobs)])
    if differences:
        progress("differences by LDH under one scale", 0, 1)
        with timed(seconds, "together"):
            try:
                together.append(differences_together(differences))
            except (ConvergenceError, DataError) as error:
                skipped[f"{TOGETHER}.hierarchical"] = str(error)
    pools: list[pd.DataFrame] = []
    for members in _of_every_cohort(fits, 1 + len(further)):
        progress(f"pooling {fits[members[0]].analysis.key}", 0, 1)
        with timed(seconds, "pooled"):
            pools.append(
                pooled_summary([fits[k] for k in members], [summaries[k] for k in members])
            )
            comparisons.append(compare_pooled(pools[-1], paper, fits[members[0]]))
    with timed(seconds, "held out"):
        refitted = [held_out_refits(job.analysis, ensemble, paper) for job in jobs]
        held_out = _stacked(refitted).infer_objects()
    all_checks = _stacked([table for one in found for table in one.checks])
    judged = judgement(all_checks, paper)
    if (judged["kind"] == BETTER).any():
        further_tables["judgement.csv"] = judged
    first = published.reindex(columns=SUMMARY_COLUMNS)
    own, others = summaries[: len(jobs)], summaries[len(jobs) :]
    summary = _stacked([first, *own, *together, *others, *pools])
    return Run(
        paper=paper,
        cohort=cohort,
        fits=tuple(fits[: len(jobs)]),
        refits=refits,
        summary=summary.reindex(columns=POOLED_COLUMNS),
        diagnostics=_stacked([one.diagnostics for one in found]),
        comparison=with_findings(_stacked(comparisons), findings),
        checks=all_checks,
        sensitivity=_stacked([table for one in found for table in one.sensitivity]),
        published=published,
        skipped=skipped,
        further=tuple(fits[len(jobs) :]),
        held_out=held_out,
        findings=findings,
        more=further_tables,
        seconds=seconds,
        settings={"specs": [spec.name for spec in specs], "variant": variant, "priors": priors}
        | {"cohorts": 1 + len(further), "spec_files": _own_files(specs)}
        | {key: value for key, value in sampler.items() if value is not None},
    )


def _apart(
    jobs: Sequence[Job],
    more: Sequence[Job],
    second: Executor | None,
    folder: Path | None,
    cores: int | None,
    fresh: bool,
) -> Beside | None:
    """Ask the second process for the fits whose density no further cohort needs.

    A density is compiled once in a process, and would be twice if both needed it. What takes long comes
    first, then what shares a compiled density, then what compiles its own: there the first process helps
    from the end. It pays from two fits of the first and last kind on.
    """

    def turn(job: Job) -> int:
        return 0 if job.analysis.data.stack else 1 if swaps(job.analysis) else 2

    needed = {structure_of(job.analysis) for job in more}
    apart = [job for job in jobs if turn(job) != 1 or structure_of(job.analysis) not in needed]
    if second is None or folder is None or sum(turn(job) != 1 for job in apart) < 2:
        return None
    asked = [Asked(job.analysis, job.cohort, job.frame) for job in sorted(apart, key=turn)]
    return Beside(second, asked, folder, tables_of, cores=cores, fresh=fresh)


def _fits(
    jobs: Sequence[Job],
    cohort: Cohort,
    waiting: Beside | None,
    how: dict[str, Any],
    seconds: dict[str, float],
    progress: Progress,
) -> tuple[list[Fit], list[Tables]]:
    """Every fit and what it adds to the tables, in the order of the jobs.

    First those that the second process was not asked for; then, from the end, those it has not begun.
    """
    made: dict[int, tuple[Fit, Tables]] = {}

    names = [stem(job.analysis, job.cohort) for job in jobs]

    def say(number: int) -> str:
        progress(f"fitting {names[number]}", len(made), len(jobs))
        return "fit" if jobs[number].cohort is cohort else "fit further cohorts"

    def make(number: int) -> None:
        job = jobs[number]
        with timed(seconds, say(number)):
            one = fit_analysis(job.analysis, job.cohort, job.frame, **how)
        made[number] = one, tables_of(one, in_full=job.cohort is cohort)
        for stage, took in made[number][1].seconds.items():
            seconds[stage] = seconds.get(stage, 0.0) + took

    def fetch(number: int, beside: Beside) -> None:
        job = jobs[number]
        with timed(seconds, say(number)):
            found = beside.result(names[number])
            one = drawn_fit(job.analysis, job.cohort, job.frame, found.drawn)
        made[number] = one, found.then

    for number, name in enumerate(names):
        if waiting is None or name not in waiting:
            make(number)
    while waiting is not None:
        # What is finished is fetched first: meanwhile the second process goes on with what is left.
        for number, name in enumerate(names):
            if number not in made and waiting.finished(name):
                fetch(number, waiting)
        last = waiting.take_last()
        if last is None:
            break
        make(names.index(last))
    for number in range(len(jobs)):
        if number not in made and waiting is not None:
            fetch(number, waiting)
    fits, found = zip(*(made[number] for number in range(len(jobs))), strict=True)
    return list(fits), list(found)


def _plans(
    specs: Sequence[Spec],
    cohort: Cohort,
    variant: str | None,
    priors: str | None,
    skip_absent: bool,
    with_variants: bool,
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
        for other in spec.variants[1:] if with_variants else ():
            try:
                varied = plan(spec, cohort, other, priors, **sampler)
            except DataError as error:
                skipped[f"{spec.name}.{other}"] = str(error)
                continue
            if [_asked(*job) for job in varied.jobs] == [_asked(*job) for job in settled.jobs]:
                skipped[f"{spec.name}.{other}"] = (
                    "these data miss nothing that it would treat otherwise: it is the base model on the same rows"
                )
                continue
            plans.append(varied)
    if not plans:
        listed = "; ".join(f"{name}: {reason}" for name, reason in skipped.items())
        raise DataError(
            f"{cohort.source}: no model can be fitted ({listed}); add a column or use --columns"
        )
    return plans, skipped


def _asked(analysis: Analysis, frame: ModelFrame) -> tuple[dict[str, Any], str]:
    """What is fitted to which values: equal for a variant that treats missing values which there are none of."""
    content = analysis.content()
    del content["variant"], content["data"]
    return content, frame.hash()


def _further(jobs: Sequence[Job], cohorts: Sequence[Cohort]) -> tuple[list[Job], list[Unfitted]]:
    """The unvaried models for further cohorts, and what one of these cannot answer.

    Only those whose compiled density takes other data: a graph of Bambi's costs a compilation a cohort.
    """
    more: list[Job] = []
    lacking: list[Unfitted] = []
    repeated = [
        job.analysis
        for job in jobs
        if job.analysis.variant == "base"
        and swaps(job.analysis)
        # Printed means and p values leave nothing of a difference open: over five cohorts the variance
        # between them was at most 0.4 % of the whole.
        and "mean_difference" not in job.analysis.estimands.report
        # So do the printed correlations of several scores, whose density takes long.
        and not job.analysis.data.stack
    ]
    for cohort in cohorts:
        for analysis in repeated:
            try:
                more.append(Job(cohort, analysis, model_frame(analysis, cohort)))
            except DataError as error:
                lacking.append(Unfitted(cohort, analysis, str(error)))
    return more, lacking


def _of_every_cohort(fits: Sequence[Fit], count: int) -> Iterator[list[int]]:
    """Positions of the fits of one analysis, where all of several cohorts have it."""
    by_key: dict[str, list[int]] = {}
    for position, one in enumerate(fits):
        by_key.setdefault(one.analysis.key, []).append(position)
    if count > 1:
        yield from (members for members in by_key.values() if len(members) == count)


def _own_files(specs: Sequence[Spec]) -> dict[str, str]:
    """Specs of the user's own, by name, and where they are."""
    packed = models_folder().resolve()
    return {spec.name: str(spec.path) for spec in specs if spec.path.resolve().parent != packed}


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
