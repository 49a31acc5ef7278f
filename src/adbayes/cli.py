"""The commands: a thin skin over the Python interface.

Results go to stdout, progress and messages to stderr. Exit status 0: done; 1: finished, but a
convergence gate failed; 2: bad input, nothing written; 130: interrupted, what was finished is kept.
"""

import os
import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer

from adbayes.errors import DataError, SpecError
from adbayes.report.options import (
    Chains,
    Columns,
    Data,
    Draws,
    Fresh,
    Jobs,
    Only,
    Priors,
    Quiet,
    Seed,
    SpecName,
    Tune,
    Variant,
    columns_of,
    complete_claims,
    complete_printed,
)  # fmt: skip
from adbayes.report.progress import shown_progress
from adbayes.report.said import say, say_messages, show_table
from adbayes.version import __version__

app = typer.Typer(
    name="adbayes",
    help="A published dupilumab study as hierarchical Bayesian models, beside its printed numbers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def start() -> None:
    """Run the command line with hashes that are the same in every process, so that draws are too.

    PyTensor orders the terms of some graphs by hash, and sums in another order end in other draws. From Python,
    set ``PYTHONHASHSEED`` where two processes must agree to the last digit.
    """
    if os.name == "posix" and "PYTHONHASHSEED" not in os.environ:
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    main()


def main() -> None:
    """Run the command line and exit with its status."""
    # Matrices here are small: a second BLAS thread gains nothing, and costs tenfold where other
    # processes want the cores. NumPy reads this when it is first imported, which is later.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # numba and PyTensor say at length when they fall back; it changes no number.
    warnings.filterwarnings("ignore", message="Numba will use object mode")
    warnings.filterwarnings("ignore", message="Cannot cache compiled function")
    try:
        app()  # typer itself ends with 2 on wrong usage and 130 on an interrupt
    except (DataError, SpecError) as error:
        for line in str(error).splitlines():
            print(f"adbayes: {line}", file=sys.stderr)
        sys.exit(2)


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        print(__version__)
        raise typer.Exit


@app.command()
def reproduce(
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("results"),
    data: Data = None,
    only: Only = None,
    cohorts: Annotated[
        int | None,
        typer.Option(help="Embedded cohorts to fit the models to and to pool; 5 if not given."),
    ] = None,
    columns: Columns = None,
    draws: Draws = None,
    tune: Tune = None,
    chains: Chains = None,
    seed: Seed = None,
    jobs: Jobs = None,
    fresh: Fresh = False,
    quiet: Quiet = False,
) -> None:
    """Run the paper's analyses; write tables, figures, draws and report.html."""
    from adbayes.report.reproduce import reproduce as run_all

    with shown_progress(quiet) as progress:
        run = run_all(
            out,
            data,
            only or (),
            cohorts=cohorts,
            columns=columns_of(columns),
            draws=draws,
            tune=tune,
            chains=chains,
            seed=seed,
            jobs=jobs,
            processes=1 if jobs == 1 else 2,
            fresh=fresh,
            progress=progress,
        )
    say(run, out)
    if not run.passed:
        raise typer.Exit(1)


@app.command()
def published(
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            help="Printed ids or patterns such as 'table5.*'; all if none.",
            autocompletion=complete_printed,
        ),
    ] = None,
    priors: Priors = None,
    variant: Annotated[
        str | None,
        typer.Option(
            help="Take numbers together: joint (Figure 2), hierarchical (Tables 4 and 5)."
        ),
    ] = None,
) -> None:
    """Print the posteriors that the printed numbers alone give about the paper's patients."""
    from fnmatch import fnmatch

    from adbayes.inference.printed import answer, published_summary
    from adbayes.inference.printed_ids import quantity_ids
    from adbayes.inference.printed_together import together_ids
    from adbayes.model.sentences import nearest
    from adbayes.paper.published import load_paper

    paper = load_paper()
    if ids and not any("*" in id for id in ids):
        for one in [answer(id, priors, variant=variant) for id in ids]:
            # All of them, or a sentence and nothing.
            print(one)
        return
    table = published_summary(paper, priors)
    if ids:
        known = {id: id for id in (*quantity_ids(), *together_ids())}
        known |= {id: paper.number(id).quantity for id in paper.ids()}
        wanted = {known[id] for id in known if any(fnmatch(id, pattern) for pattern in ids)}
        table = table[table["published_id"].isin(wanted)]
        if table.empty:
            raise DataError(
                f"no printed number that print alone answers matches {', '.join(ids)}; "
                "`adbayes published` lists them"
            )
    if variant is not None:
        near = nearest(variant, dict.fromkeys(table["variant"].astype(str)))
        table = table[table["variant"] == variant]
        if table.empty:
            raise DataError(f"none of these has the variant {variant!r}{near}")
    print(paper.citation)
    print("Posteriors from the printed numbers alone; 95 % equal-tailed intervals.")
    shown = ["published_id", "variant", "n", "unit", "median", "ci_low", "ci_high"]
    shown.append("prob_direction")
    show_table(table[shown])


@app.command()
def audit(
    out: Annotated[Path | None, typer.Option(help="CSV file to write every check to.")] = None,
) -> None:
    """Recompute the printed numbers from each other; print what cannot be, with its arithmetic."""
    from adbayes.paper.findings import as_text
    from adbayes.paper.published import load_paper
    from adbayes.report.output import check_folder, write_table

    if out is not None and out.is_dir():
        raise DataError(f"{out}: is a folder; give a file to write to")
    if out is not None:
        check_folder(out.absolute().parent)
    paper = load_paper()
    findings = paper.audit()
    if out is not None:
        write_table(findings, out)
    print(paper.citation)
    print(as_text(findings))
    if out is not None:
        print(f"written to {out}: all {len(findings)} checks")


@app.command()
def cohort(
    out: Annotated[Path, typer.Option(help="CSV file to write the synthetic patients to.")],
    embedded: Annotated[
        int | None, typer.Option(min=0, help="Number of an embedded cohort; 0 if no seed is given.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Build one from this seed: minutes.")
    ] = None,
    fit_all: Annotated[
        bool, typer.Option("--fit-all", help="Make Table 6 a target too, with --seed.")
    ] = False,
    fidelity: Annotated[
        Path | None, typer.Option(help="CSV file for every printed number beside the cohort's.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Write synthetic patients that agree with the printed numbers; they are nobody's data."""
    from adbayes.cohort.assumptions import vary_assumptions
    from adbayes.cohort.library import export_text, load_cohort
    from adbayes.cohort.reconstruct import reconstruct_patients
    from adbayes.report.output import check_csv, replacing, write_table
    from adbayes.results.fidelity import fidelity as compare
    from adbayes.results.fidelity import fidelity_by_table

    if embedded is not None and seed is not None:
        raise DataError("--embedded and --seed name two cohorts; give one of them")
    if fit_all and seed is None:
        raise DataError("--fit-all needs --seed; the embedded cohorts have Table 6 held out")
    check_csv(out)
    if fidelity is not None:
        check_csv(fidelity)
    if fidelity is not None and fidelity.absolute() == out.absolute():
        raise DataError(f"{out}: is named for the patients and for their fidelity; give two files")
    if seed is None:
        patients = load_cohort(embedded or 0)
    else:

        def stage(name: str) -> None:
            if not quiet:
                print(f"adbayes: {name}", file=sys.stderr, flush=True)

        choices = vary_assumptions(seed)
        patients = reconstruct_patients(seed, choices, fit_all=fit_all, progress=stage)
    table = compare(patients, fit_all=fit_all)
    counts = fidelity_by_table(table).drop(columns="cohort")
    try:
        with replacing(out) as temporary:
            text = export_text(patients, fit_all=fit_all)
            temporary.write_text(text, encoding="utf-8", newline="\n")
            if fidelity is not None:
                write_table(table, fidelity)
    except OSError as error:
        raise DataError(f"{out}: cannot be written ({error}); give another file") from None
    print(patients.label)
    show_table(counts)
    print(f"written to {out}: {patients.n_patients} synthetic patients ({patients.source})")
    if fidelity is not None:
        print(f"written to {fidelity}: all {len(table)} printed numbers")


@app.command()
def models() -> None:
    """List the models: name, title, published ids, variants, prior sets."""
    from adbayes.model.library import model_names
    from adbayes.model.spec import load_spec

    for spec in (load_spec(name) for name in model_names()):
        print(f"{spec.name}: {spec.title}")
        print(f"  prior sets: {', '.join(spec.prior_sets)}")
        if len(spec.variants) > 1:
            print(f"  variants:   {', '.join(spec.variants)}")
        print(f"  published:  {', '.join(spec.table.published)}")


@app.command()
def check(
    spec: Annotated[
        str | None,
        typer.Argument(
            help="A model's name or a TOML file; `published`: the print's.",
            autocompletion=complete_claims,
        ),
    ] = None,
    data: Data = None,
    columns: Columns = None,
    variant: Variant = None,
    priors: Priors = None,
    scaffold: Annotated[
        str | None, typer.Option(help="A formula to write a complete spec for, to stdout.")
    ] = None,
    family: Annotated[str, typer.Option(help="Response family of the scaffold.")] = "gaussian",
    name: Annotated[str, typer.Option(help="Name of the scaffold.")] = "my_model",
) -> None:
    """Validate a spec against data and print its priors and prior predictive; no sampling.

    With --data alone: a page about the data, and what each model would use of them.
    """
    from adbayes.analysis import load_data

    if not (spec or scaffold or variant or priors) and data is not None:
        from adbayes.checks.data_page import describe

        print(describe(load_data(data, columns_of(columns))))
        return
    if (spec is None) == (scaffold is None):
        raise SpecError(
            "check takes a spec or --scaffold FORMULA; give one of the two, or --data FILE alone for a "
            "page about the data"
        )
    if spec == "published":
        from adbayes.checks.published_priors import published_cards

        print(published_cards(priors, data, variant))
        return
    if scaffold is not None:
        from adbayes.model.scaffold import scaffold as write

        cohort = load_data(data, columns_of(columns))
        print(write(scaffold, family, cohort, name), end="")
        return
    from adbayes.checks.priors import check as check_spec
    from adbayes.model.spec import load_spec

    loaded = load_spec(str(spec))
    cohort = load_data(data, columns_of(columns))
    say_messages(cohort.messages)
    print(check_spec(loaded, cohort, variant, priors))


@app.command()
def fit(
    spec: SpecName,
    data: Data = None,
    columns: Columns = None,
    variant: Variant = None,
    priors: Priors = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write tables, draws and report to.")
    ] = None,
    draws: Draws = None,
    tune: Tune = None,
    chains: Chains = None,
    seed: Seed = None,
    jobs: Jobs = None,
    fresh: Fresh = False,
    quiet: Quiet = False,
) -> None:
    """Fit one model; print its summary, and write everything where --out says."""
    from adbayes.analysis import load_data, run_specs
    from adbayes.model.spec import load_spec
    from adbayes.report.output import check_folder, write_run

    folder = None if out is None else check_folder(out)
    loaded = load_spec(spec)
    cohort = load_data(data, columns_of(columns))
    with shown_progress(quiet) as progress:
        run = run_specs(
            [loaded],
            cohort,
            variant=variant,
            priors=priors,
            folder=None if folder is None else folder / "posteriors",
            cores=jobs,
            fresh=fresh,
            progress=progress,
            draws=draws,
            tune=tune,
            chains=chains,
            seed=seed,
        )
        if data is not None:
            run.settings.update(data=str(data), columns=columns_of(columns))
        if folder is not None:
            progress("writing the report", 0, 1)
            write_run(run, folder)
    shown = [
        "estimand",
        "visit",
        "term",
        "unit",
        "n",
        "mean",
        "median",
        "ci_low",
        "ci_high",
        "prob_direction",
    ]
    show_table(run.summary[[*shown, "flag"]])
    say(run, out)
    if not run.passed:
        raise typer.Exit(1)


@app.command()
def sensitivity(
    spec: Annotated[
        str,
        typer.Argument(
            help="A model's name or a TOML file; `published`: the paper, from print alone.",
            autocompletion=complete_claims,
        ),
    ],
    data: Data = None,
    columns: Columns = None,
    variant: Variant = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write tables and figures to.")] = None,
    draws: Draws = None,
    tune: Tune = None,
    chains: Chains = None,
    seed: Seed = None,
    jobs: Jobs = None,
    quiet: Quiet = False,
) -> None:
    """What if I had believed something else: priors that take each claim away, and what moves it most."""
    from adbayes.analysis import load_data
    from adbayes.report.sensitivity import sensitivity as ask

    with shown_progress(quiet) as progress:
        found = ask(
            spec, None if data is None else load_data(data, columns_of(columns)), variant=variant,
            out=out, jobs=jobs, progress=progress, draws=draws, tune=tune, chains=chains, seed=seed,
        )  # fmt: skip
    print(found.label)
    for row in found.sentences.to_dict("records"):
        print(
            f"{row['model']}: {row['outcome']}, {row['of']}: {row['sentence']} [{row['evidence']}]"
        )
    if len(found.multiverse):
        shown = [
            "claim",
            "evidence",
            "dimension",
            "smallest",
            "largest",
            "cells",
            "fallen",
            "which",
        ]
        show_table(found.moves[shown])
    if out is not None:
        print(f"written to {out}: sensitivity.csv, multiverse.csv, moves.csv, figures/")
    if not found.passed:
        print("NOT CONVERGED: some points of the grid; the rows are flagged", file=sys.stderr)
        raise typer.Exit(1)


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(help="A folder that reproduce or fit wrote to.")],
    data: Annotated[
        Path | None, typer.Option(help="The run's data file, where it has been moved.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Make report.html and the figures again from what a run wrote; nothing is sampled."""
    from adbayes.inference.second_process import second_process
    from adbayes.report.output import check_folder, write_report
    from adbayes.report.rebuild import rebuild

    check_folder(folder)
    with shown_progress(quiet) as progress:
        progress("reading the run", 0, 1)
        run = rebuild(folder, data)
        progress("writing the report", 0, 1)
        with second_process((os.cpu_count() or 1) > 1) as second:
            write_report(run, folder, second)
    print(run.cohort.label)
    print(f"written to {folder}: report.html, figures/, tables/")
    if not run.passed:
        raise typer.Exit(1)


if __name__ == "__main__":
    start()
