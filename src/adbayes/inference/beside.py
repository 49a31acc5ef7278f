"""Fits made by a second process while this one does the rest of a run.

A graph of Bambi's is compiled by one core, for seconds; the samplers of a run are short. So fits that
share no compiled density with the rest are made beside it, and handed over through the store.
"""

import multiprocessing
import signal
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from adbayes.cohort.cohort import Cohort
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit_analysis, stem
from adbayes.model.analysis import Analysis
from adbayes.model.frame import ModelFrame

Waiting = dict[str, "Future[Any]"]
"""What the second process was asked for, by the stem of the fit, in its order."""


class Asked(NamedTuple):
    """One fit for the second process.

    Parameters
    ----------
    analysis : Analysis
        The model.
    cohort : Cohort
        Whose data.
    frame : ModelFrame
        The rows.
    """

    analysis: Analysis
    cohort: Cohort
    frame: ModelFrame


@contextmanager
def beside(
    asked: Iterable[Asked],
    folder: Path,
    then: Callable[[Fit], Any],
    *,
    cores: int | None = None,
    fresh: bool = False,
) -> Iterator[Waiting]:
    """Fit in a second process, in the order given, and make something of each fit, while the caller goes on.

    The draws are those that `fit_analysis` makes here: seeds belong to fits, not to processes. A script that calls
    this must guard its own start by ``if __name__ == "__main__"``, as the second process imports it.

    Parameters
    ----------
    asked : iterable of Asked
        What to fit.
    folder : pathlib.Path
        The store through which the draws are handed over.
    then : callable
        A module's function; what it makes of the fit is the result.
    cores : int, optional
        Chains run at once.
    fresh : bool, optional
        Sample even where the store has the draws.

    Yields
    ------
    dict of str to Future
        By stem. With its result the store has the draws; one that can still be cancelled has not been begun.

    Raises
    ------
    Exception
        What a fit raised there is raised here by its result. An error or an interrupt of the caller ends
        the second process; the fits it finished are kept.
    """
    context = multiprocessing.get_context("spawn")
    others = set(multiprocessing.active_children())
    with ProcessPoolExecutor(1, mp_context=context, initializer=_quietly) as pool:
        done = False
        try:
            yield {
                stem(one.analysis, one.cohort): pool.submit(
                    _fitted, one, folder, then, cores, fresh
                )
                for one in asked
            }
            done = True
        finally:
            if not done:  # an error or an interrupt of the caller
                pool.shutdown(wait=False, cancel_futures=True)
                for process in set(multiprocessing.active_children()) - others:
                    process.kill()
                    process.join()


def _fitted(
    asked: Asked, folder: Path, then: Callable[[Fit], Any], cores: int | None, fresh: bool
) -> Any:
    return then(
        fit_analysis(
            asked.analysis, asked.cohort, asked.frame, cores=cores, folder=folder, fresh=fresh
        )
    )


def _quietly() -> None:
    """As the command line sets a process up; an interrupt is the first process's to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.filterwarnings("ignore", message="Numba will use object mode")
    warnings.filterwarnings("ignore", message="Cannot cache compiled function")
