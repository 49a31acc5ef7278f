"""Progress of a command, for a person at a terminal and for a log."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adbayes.analysis import Progress


@contextmanager
def shown_progress(quiet: bool) -> Iterator["Progress"]:
    """Show progress with time left on stderr.

    Parameters
    ----------
    quiet : bool
        Show nothing.

    Yields
    ------
    callable
        To be told of a stage, the number done and the total. On a terminal a bar, in a log one line a
        stage; an interrupt is told in one sentence.
    """
    try:
        with _bar(quiet) as progress:
            yield progress
    except KeyboardInterrupt:
        print("adbayes: interrupted; finished fits are kept for the next run", file=sys.stderr)
        raise


@contextmanager
def _bar(quiet: bool) -> Iterator["Progress"]:
    if quiet:
        yield lambda stage, done, total: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    if not console.is_terminal:  # a log: one line a stage, no bar

        def line(stage: str, done: int, total: int) -> None:
            print(f"adbayes: {stage} ({done + 1} of {total})", file=sys.stderr, flush=True)

        yield line
        return
    parts = (
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*parts, console=console, transient=True) as bar:
        task = bar.add_task("reading", total=1)

        def show(stage: str, done: int, total: int) -> None:
            bar.update(task, description=stage, completed=done, total=total)

        yield show
