"""The main job: run the paper's analyses and leave tables, figures, draws and one page to read."""

from collections.abc import Sequence
from pathlib import Path

from adbayes.analysis import Progress, load_data, numbered, run_specs, silent
from adbayes.cohort.cohort import Cohort
from adbayes.cohort.library import embedded_count, load_cohorts
from adbayes.errors import DataError
from adbayes.inference.second_process import second_process
from adbayes.model.compiled import swaps
from adbayes.model.library import model_names
from adbayes.model.spec import Spec, load_spec
from adbayes.paper.published import load_paper
from adbayes.report.output import check_folder, write_run
from adbayes.results.run import Run

DEFAULT_COHORTS = 5
"""On how many embedded cohorts the models run, where no number is given."""


def reproduce(
    out: str | Path = "results",
    data: str | Path | None = None,
    only: Sequence[str] = (),
    *,
    cohorts: int | None = None,
    columns: dict[str, str] | None = None,
    draws: int | None = None,
    tune: int | None = None,
    chains: int | None = None,
    seed: int | None = None,
    jobs: int | None = None,
    processes: int = 1,
    fresh: bool = False,
    progress: Progress = silent,
) -> Run:
    """Run the paper's analyses and write every table, figure and the report.

    Parameters
    ----------
    out : str or path, optional
        Folder to write to.
    data : str or path, optional
        A patient file. If not given, everything runs on the embedded reconstructed cohort 0.
    only : sequence of str, optional
        Names of the specs to run; all in models/ if empty.
    cohorts : int, optional
        On how many embedded cohorts the models run, the first included; 5 if not given. Their
        posteriors are pooled. Not with `data`.
    columns : dict of str to str, optional
        Our name to the file's.
    draws, tune, chains, seed : int, optional
        Replace every spec's.
    jobs : int, optional
        Chains run at once, at most; changes no number.
    processes : int, optional
        With 2, other models are fitted, and figures drawn, beside the rest;
        changes no number. A script must then guard its start by ``if __name__ == "__main__"``.
    fresh : bool, optional
        Sample even where `out` has the draws.
    progress : callable, optional
        Called with stage, number done and total.

    Returns
    -------
    Run
        What was written.

    Raises
    ------
    SpecError
        For an unknown name in `only` or a fault in a spec.
    DataError
        For a file that cannot be used, or a number of cohorts that does not fit; nothing is written
        then.
    """
    folder = check_folder(out)
    names = dict.fromkeys(only)  # asked for twice is asked for once
    specs = [load_spec(name) for name in names] if only else in_print_order()
    ensemble = _ensemble(data, cohorts)
    cohort = load_data(data, columns)
    with second_process(processes > 1) as second:
        run = run_specs(
            specs,
            cohort,
            further=ensemble[1 : cohorts or DEFAULT_COHORTS],
            ensemble=ensemble,
            skip_absent=data is not None,
            with_published=True,
            with_variants=True,
            folder=folder / "posteriors",
            cores=jobs,
            fresh=fresh,
            second=second,
            progress=progress,
            draws=draws,
            tune=tune,
            chains=chains,
            seed=seed,
        )
        if data is not None:
            run.settings.update(data=str(data), columns=columns)
        progress("writing the report", 0, 1)
        write_run(run, folder, second)
    return run


def _ensemble(data: str | Path | None, cohorts: int | None) -> list[Cohort]:
    """Every embedded cohort; none beside a user's own data."""
    if data is not None:
        if cohorts is not None:
            raise DataError(
                f"--cohorts {cohorts} is about the embedded cohorts, and --data names a file; "
                "leave one of them out"
            )
        return []
    there = embedded_count()
    if cohorts is not None and not 1 <= cohorts <= there:
        raise DataError(f"--cohorts {cohorts}: {there} cohorts are embedded; give 1 to {there}")
    return [numbered(cohort) for cohort in load_cohorts()]


def in_print_order() -> list[Spec]:
    """Every spec of models/ in the order in which the paper prints what it answers.

    Returns
    -------
    list of Spec
        First the paper's own models, then those that go beyond it; those that answer nothing printed
        come last.
    """
    paper = load_paper()
    place = {id: position for position, id in enumerate(paper.ids())}

    def first(spec: Spec) -> tuple[bool, int]:
        answered = [place[id] for pattern in spec.table.published for id in paper.ids(pattern)]
        # A table, not the text that repeats it, says where an analysis belongs.
        beyond = not swaps(spec.analyses()[0]) or bool(spec.table.data.stack)
        return beyond, answered[0] if answered else len(place)

    return sorted((load_spec(name) for name in model_names()), key=first)
