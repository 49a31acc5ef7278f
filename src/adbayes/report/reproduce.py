"""The main job: run the paper's analyses and leave tables, figures, draws and one page to read."""

from collections.abc import Sequence
from pathlib import Path

from adbayes.analysis import Progress, Run, load_data, run_specs, silent
from adbayes.model.library import model_names
from adbayes.model.spec import Spec, load_spec
from adbayes.paper.published import load_paper
from adbayes.report.output import check_folder, write_run


def reproduce(
    out: str | Path = "results",
    data: str | Path | None = None,
    only: Sequence[str] = (),
    *,
    columns: dict[str, str] | None = None,
    draws: int | None = None,
    tune: int | None = None,
    chains: int | None = None,
    seed: int | None = None,
    jobs: int | None = None,
    fresh: bool = False,
    progress: Progress = silent,
) -> Run:
    """Run the paper's analyses and write every table, figure and the report.

    Parameters
    ----------
    out : str or path, optional
        Folder to write to.
    data : str or path, optional
        A patient file; the simulated cohort if not given.
    only : sequence of str, optional
        Names of the specs to run; all in models/ if empty.
    columns : dict of str to str, optional
        Our name to the file's.
    draws, tune, chains, seed : int, optional
        Replace every spec's.
    jobs : int, optional
        Chains run at once; changes no number.
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
        For a file that cannot be used; nothing is written then.
    """
    folder = check_folder(out)
    specs = [load_spec(name) for name in only] if only else in_print_order()
    cohort = load_data(data, columns)
    run = run_specs(
        specs,
        cohort,
        skip_absent=data is not None,
        with_published=True,
        folder=folder / "posteriors",
        cores=jobs,
        fresh=fresh,
        progress=progress,
        draws=draws,
        tune=tune,
        chains=chains,
        seed=seed,
    )
    progress("writing the report", 0, 1)
    write_run(run, folder)
    return run


def in_print_order() -> list[Spec]:
    """Every spec of models/ in the order in which the paper prints what it answers.

    Returns
    -------
    list of Spec
        Those that answer nothing printed come last.
    """
    paper = load_paper()
    place = {id: position for position, id in enumerate(paper.ids())}

    def first(spec: Spec) -> int:
        answered = [place[id] for pattern in spec.table.published for id in paper.ids(pattern)]
        # A table, not the text that repeats it, says where an analysis belongs.
        return answered[0] if answered else len(place)

    return sorted((load_spec(name) for name in model_names()), key=first)
