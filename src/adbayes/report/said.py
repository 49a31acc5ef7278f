"""What the command line says of a run: results to stdout, messages to stderr."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from adbayes.results.run import Run


def say(run: "Run", out: Path | None) -> None:
    """Print the label always; then what was left out, what failed, where it is.

    Parameters
    ----------
    run : Run
        What was found.
    out : pathlib.Path or None
        Where it was written.
    """
    print(run.cohort.label)
    say_messages(run.cohort.messages)
    for name, reason in run.skipped.items():
        print(f"left out: {name}: {reason}", file=sys.stderr)
    from adbayes.results.events import warned

    for warning in (warned(fit.analysis, fit.frame, fit.design) for fit in run.fits):
        if warning:
            print(f"few events: {warning}", file=sys.stderr)
    failed = run.diagnostics[~run.diagnostics["passed"].astype(bool)]
    if len(failed):
        names = ", ".join(dict.fromkeys(failed["model"]))
        print(f"NOT CONVERGED: {names}; the rows are flagged", file=sys.stderr)
    if out is not None:
        print(
            f"written to {out}: report.html, {', '.join(run.tables)}, run.json, figures/, posteriors/"
        )


def say_messages(messages: tuple[str, ...]) -> None:
    """Print what was understood, mapped or left out while reading, to stderr.

    Parameters
    ----------
    messages : tuple of str
        Of a cohort.
    """
    for message in messages:
        print(message, file=sys.stderr)


def show_table(table: "pd.DataFrame") -> None:
    """Print a table as plain text, whole, four significant digits.

    Parameters
    ----------
    table : pandas.DataFrame
        Nothing is printed of an empty one.
    """
    if len(table):
        print(table.to_string(index=False, na_rep="", float_format=lambda value: f"{value:.4g}"))
