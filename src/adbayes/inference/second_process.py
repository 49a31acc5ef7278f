"""One further process for a whole run: it fits beside the first one, and draws figures when fits are done."""

import multiprocessing
import signal
import warnings
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager


@contextmanager
def second_process(wanted: bool = True) -> Iterator[Executor | None]:
    """Start a second process, at the first thing it is asked for.

    A script that asks for it must guard its own start by ``if __name__ == "__main__"``, as the second
    process imports it.

    Parameters
    ----------
    wanted : bool, default True
        Without it there is none.

    Yields
    ------
    concurrent.futures.Executor or None
        What it is asked for, one thing after the other. An error or an interrupt of the caller ends it; what
        it finished is kept.
    """
    if not wanted:
        yield None
        return
    context = multiprocessing.get_context("spawn")
    others = set(multiprocessing.active_children())
    with ProcessPoolExecutor(1, mp_context=context, initializer=_quietly) as pool:
        done = False
        try:
            yield pool
            done = True
        finally:
            pool.shutdown(wait=done, cancel_futures=True)
            if not done:  # an error or an interrupt of the caller
                for process in set(multiprocessing.active_children()) - others:
                    process.kill()
                    process.join()


def _quietly() -> None:
    """As the command line sets a process up; an interrupt is the first process's to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.filterwarnings("ignore", message="Numba will use object mode")
    warnings.filterwarnings("ignore", message="Cannot cache compiled function")
