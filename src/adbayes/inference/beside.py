"""Fits made by a second process while this one does the rest of a run.

A graph of Bambi's is compiled by one core, for seconds; the samplers of a run are short. So fits that
share no compiled density with the rest are made beside it, kept in the store, and handed over.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future
from pathlib import Path
from threading import Condition
from typing import Any, NamedTuple

from adbayes.cohort.cohort import Cohort
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import Drawn, fit_analysis, stem
from adbayes.model.analysis import Analysis
from adbayes.model.frame import ModelFrame


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

    @property
    def stem(self) -> str:
        """Of its file."""
        return stem(self.analysis, self.cohort)


class Made(NamedTuple):
    """A fit by the second process.

    Parameters
    ----------
    drawn : Drawn
        Its draws; with the analysis and its rows they are the fit.
    then : object
        What was made of the fit there.
    """

    drawn: Drawn
    then: Any


class Beside:
    """Fits for the second process, which is given one when it has finished the one before.

    A queue of an executor begins nothing sooner, but what it has taken in cannot be taken back: this
    process would wait for fits that it could make itself. The draws are those that `fit_analysis` makes
    here: seeds belong to fits, not to processes.

    Parameters
    ----------
    second : concurrent.futures.Executor
        From `second_process`.
    asked : iterable of Asked
        What to fit, in this order.
    folder : pathlib.Path
        The store that the draws are kept in.
    then : callable
        A module's function; what it makes of the fit is part of the result.
    cores : int, optional
        Chains run at once, at most; as many as there are cores but one if not given.
    fresh : bool, optional
        Sample even where the store has the draws.
    """

    def __init__(
        self,
        second: Executor,
        asked: Iterable[Asked],
        folder: Path,
        then: Callable[[Fit], Any],
        *,
        cores: int | None = None,
        fresh: bool = False,
    ) -> None:
        cores = cores or max(1, (os.cpu_count() or 1) - 1)  # one core is this process's
        self._second, self._how = second, (folder, then, cores, fresh)
        self._left = deque(asked)
        self._names = frozenset(one.stem for one in self._left)
        self._begun: dict[str, Future[Made]] = {}
        self._failed: Future[Made] | None = None
        self._turn = Condition()
        self._begin()

    def _begin(self, before: "Future[Made] | None" = None) -> None:
        """Hand over the next one; nothing more after a fit that failed or was given up."""
        with self._turn:
            if before is not None and not _went_well(before):
                self._failed = before
                self._left.clear()
            if self._left:
                asked = self._left.popleft()
                try:
                    begun = self._second.submit(_fitted, asked, *self._how)
                except RuntimeError as error:  # the executor is shut down, or cannot start
                    self._left.clear()
                    if before is None:
                        raise
                    begun = self._failed = Future()
                    begun.set_exception(error)
                else:
                    begun.add_done_callback(self._begin)
                self._begun[asked.stem] = begun
            self._turn.notify_all()

    def __contains__(self, name: str) -> bool:
        """Whether a fit was asked for here."""
        return name in self._names

    def finished(self, name: str) -> bool:
        """Whether a fit has been made, so that its result is there without waiting.

        Parameters
        ----------
        name : str
            Its stem.

        Returns
        -------
        bool
            False for one that is waiting, under way, failed or taken back.
        """
        with self._turn:
            begun = self._begun.get(name)
        return begun is not None and begun.done() and _went_well(begun)

    def take_last(self) -> str | None:
        """Take back the last fit that has not been begun.

        Returns
        -------
        str or None
            Its stem; None where all have been begun.
        """
        with self._turn:
            return self._left.pop().stem if self._left else None

    def result(self, name: str) -> Made:
        """Wait for a fit.

        Parameters
        ----------
        name : str
            Its stem; one that was not taken back.

        Returns
        -------
        Made
            Its draws and what `then` made of it. What this fit or one before it raised there is raised here.

        Raises
        ------
        KeyError
            For a fit that was taken back, or never asked for.
        """
        with self._turn:
            self._turn.wait_for(lambda: all(one.stem != name for one in self._left))
            begun = self._begun.get(name, self._failed)
        if begun is None:
            raise KeyError(name)
        return begun.result()


def _went_well(ended: "Future[Made]") -> bool:
    return not ended.cancelled() and ended.exception() is None


def _fitted(
    asked: Asked, folder: Path, then: Callable[[Fit], Any], cores: int, fresh: bool
) -> Made:
    fit = fit_analysis(
        asked.analysis, asked.cohort, asked.frame, cores=cores, folder=folder, fresh=fresh
    )
    drawn = Drawn(fit.posterior, fit.sample_stats, fit.retries, fit.fingerprint)
    return Made(drawn, then(fit))
