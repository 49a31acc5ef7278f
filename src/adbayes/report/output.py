"""Writing a run: every file whole or not at all, the same bytes from the same draws."""

import json
import os
import platform
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from adbayes.errors import DataError
from adbayes.inference.fitting import stem
from adbayes.inference.store import versions

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from adbayes.results.run import Run

# Ten significant digits are more than any MCSE supports and fewer than two machines' rounding needs.
_FLOAT_FORMAT = "%.10g"


def check_folder(out: str | Path) -> Path:
    """Refuse a folder that cannot be written to, before anything is computed.

    Parameters
    ----------
    out : str or path
        Where a run is to be written; need not exist yet.

    Returns
    -------
    pathlib.Path
        The folder, not made.

    Raises
    ------
    DataError
        Where the path is a file, or the nearest existing folder is not writeable.
    """
    folder = Path(out)
    if folder.exists() and not folder.is_dir():
        raise DataError(f"{folder}: is a file; give a folder to write to")
    above = folder.absolute()
    while not above.exists():
        above = above.parent
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise DataError(f"{folder}: {above} cannot be written to; give another folder")
    return folder


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file that takes a path's place when all went well.

    Parameters
    ----------
    path : pathlib.Path
        The file to make; its folder is made if needed.

    Yields
    ------
    pathlib.Path
        What to write to, with the same suffix.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV.

    Parameters
    ----------
    table : pandas.DataFrame
        Any of a run's tables.
    path : pathlib.Path
        The file.
    """
    # `float_format` does not reach into columns of mixed types, and a pandas float there is written whole.
    mixed = [str(name) for name, values in table.items() if values.dtype == object]
    rounded = table.assign(**{name: table[name].map(_rounded) for name in mixed})
    with replacing(path) as temporary:
        rounded.to_csv(temporary, index=False, float_format=_FLOAT_FORMAT, lineterminator="\n")


def _rounded(value: Any) -> Any:
    return _FLOAT_FORMAT % value if isinstance(value, float) and value == value else value


def write_run(run: "Run", folder: Path, second: Executor | None = None) -> None:
    """Write tables, figures, report and run.json; run.json last, so that it marks a whole run.

    Parameters
    ----------
    run : Run
        What was found.
    folder : pathlib.Path
        Where to; made if needed.
    second : concurrent.futures.Executor, optional
        A second process, by which figures are drawn beside the rest; changes no byte.
    """
    from adbayes.report.figures import draw_figures
    from adbayes.report.pictures import drawn_beside

    start = time.perf_counter()
    try:  # figures first: they are drawn while the tables are written
        figures = draw_figures(run, drawn_beside(second))
    finally:
        for name, table in run.tables.items():
            write_table(table, folder / name)
    _write_page(run, folder, figures)
    run.seconds["report"] = time.perf_counter() - start
    with replacing(folder / "run.json") as temporary:
        temporary.write_text(json.dumps(record(run), indent=2) + "\n", encoding="utf-8")


def write_report(run: "Run", folder: Path, second: Executor | None = None) -> None:
    """Write figures, the page, and its tables as Markdown and LaTeX.

    Parameters
    ----------
    run : Run
        What was found.
    folder : pathlib.Path
        Where to; made if needed.
    second : concurrent.futures.Executor, optional
        A second process, by which figures are drawn beside the rest; changes no byte.
    """
    from adbayes.report.figures import draw_figures
    from adbayes.report.pictures import drawn_beside

    _write_page(run, folder, draw_figures(run, drawn_beside(second)))


def _write_page(run: "Run", folder: Path, figures: dict[str, "Figure"]) -> None:
    from adbayes.report.page import render_page
    from adbayes.report.pictures import png
    from adbayes.report.text_tables import collected

    with collected() as tables:
        page = render_page(run, figures)
    for name, figure in figures.items():
        with replacing(folder / "figures" / f"{name}.png") as temporary:
            temporary.write_bytes(png(figure))
    for id, made in tables.items():
        for suffix, text in ((".md", made.markdown()), (".tex", made.latex())):
            with replacing(folder / "tables" / f"{id}{suffix}") as temporary:
                temporary.write_text(text, encoding="utf-8")
    with replacing(folder / "report.html") as temporary:
        temporary.write_text(page, encoding="utf-8")


def check_csv(file: Path) -> None:
    """Refuse a file that cannot be written as CSV, before anything is computed.

    Parameters
    ----------
    file : pathlib.Path
        Where to.

    Raises
    ------
    DataError
        For a folder, another suffix, or a place that cannot be written to.
    """
    if file.is_dir():
        raise DataError(f"{file}: is a folder; give a file to write to")
    if file.suffix.lower() != ".csv":
        raise DataError(f"{file}: is written as csv; give a name that ends in .csv")
    check_folder(file.absolute().parent)


def record(run: "Run") -> dict[str, Any]:
    """What run.json says: versions, seeds, hashes, rows used and dropped, seconds per stage.

    Parameters
    ----------
    run : Run
        What was found.

    Returns
    -------
    dict
        JSON-ready.
    """
    return {
        "label": run.cohort.label,
        "evidence": run.cohort.evidence,
        "source": run.cohort.source,
        "data_hash": run.cohort.hash(),
        "messages": list(run.cohort.messages),
        "settings": run.settings,
        "versions": {**versions(), "python": platform.python_version()},
        "cohorts": [
            {"cohort": cohort.index, "source": cohort.source, "data_hash": cohort.hash()}
            for cohort in run.cohorts
        ],
        "models": [
            {
                "key": stem(fit.analysis, fit.cohort),
                "fingerprint": fit.fingerprint,
                "seed": fit.analysis.sampler.seed,
                "rows": fit.frame.n_rows,
                "patients": fit.frame.n_units,
                "dropped": fit.frame.dropped,
                "data_hash": fit.frame.hash(),
            }
            for fit in (*run.fits, *run.further)
        ],
        "skipped": run.skipped,
        "passed": run.passed,
        "seconds": {stage: round(value, 3) for stage, value in run.seconds.items()},
    }
