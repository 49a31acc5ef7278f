"""Fits made by a second process while this one does the rest of a run.

A graph of Bambi's is compiled by one core, for seconds; the samplers of a run are short. So fits that
share no compiled density with the rest are made beside it, and handed over through the store.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future
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


def beside(
    second: Executor,
    asked: Iterable[Asked],
    folder: Path,
    then: Callable[[Fit], Any],
    *,
    cores: int | None = None,
    fresh: bool = False,
) -> Waiting:
    """Ask the second process for fits, and for something to be made of each.

    The draws are those that `fit_analysis` makes here: seeds belong to fits, not to processes.

    Parameters
    ----------
    second : concurrent.futures.Executor
        From `second_process`.
    asked : iterable of Asked
        What to fit, in this order.
    folder : pathlib.Path
        The store through which the draws are handed over.
    then : callable
        A module's function; what it makes of the fit is the result.
    cores : int, optional
        Chains run at once.
    fresh : bool, optional
        Sample even where the store has the draws.

    Returns
    -------
    dict of str to Future
        By stem. With its result the store has the draws; one that can still be cancelled has not been begun;
        what a fit raised there is raised here by its result.
    """
    return {
        stem(one.analysis, one.cohort): second.submit(_fitted, one, folder, then, cores, fresh)
        for one in asked
    }


def _fitted(
    asked: Asked, folder: Path, then: Callable[[Fit], Any], cores: int | None, fresh: bool
) -> Any:
    return then(
        fit_analysis(
            asked.analysis, asked.cohort, asked.frame, cores=cores, folder=folder, fresh=fresh
        )
    )
