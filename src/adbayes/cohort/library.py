"""The embedded cohorts: read, written, and rebuilt from their seeds."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import StringIO
from multiprocessing import get_context
from pathlib import Path

import pandas as pd

from adbayes.cohort.assumptions import vary_assumptions
from adbayes.cohort.derive import derive, is_derived
from adbayes.cohort.outcomes import SYNTHETIC
from adbayes.cohort.reconstructed import LABEL, ReconstructedCohort
from adbayes.errors import DataError

_FOLDER = "embedded"
_HEADER = (
    "# synthetic = true",
    "# what = reconstructed patients: invented so that they agree with the printed numbers of a study",
    "# warning = not patient data and not to be taken for them: what was not printed is assumed",
)


def export_text(cohort: ReconstructedCohort, *, fit_all: bool = False) -> str:
    """Write a reconstructed cohort as CSV.

    Parameters
    ----------
    cohort : ReconstructedCohort
        Patients.
    fit_all : bool, optional
        Whether Table 6 was a target too; said in the file if so.

    Returns
    -------
    str
        Lines such as "# seed = 3" say that the patients are synthetic, from which seed and under
        which assumptions; then the measured columns, with `synthetic` true in every row.
    """
    said = {"seed": str(cohort.seed), **cohort.assumptions.describe()}
    said |= {"fit_all": "True"} if fit_all else {}
    lines = [*_HEADER, *(f"# {name} = {value}" for name, value in said.items())]
    frame = cohort.frame[[name for name in cohort.frame.columns if not is_derived(str(name))]]
    whole = [name for name in frame.columns if name not in ("patient", "visit", "easi", SYNTHETIC)]
    frame = frame.astype(dict.fromkeys(whole, "Int64")).assign(**{SYNTHETIC: "true"})
    table = frame.to_csv(index=False, lineterminator="\n", float_format="%.1f")
    return "\n".join(lines) + "\n" + table


def embedded_count() -> int:
    """Number of embedded cohorts.

    Returns
    -------
    int
        They are numbered from 0.
    """
    folder = files("adbayes.cohort").joinpath(_FOLDER)
    if not folder.is_dir():
        return 0
    return sum(entry.name.endswith(".csv") for entry in folder.iterdir())


def load_cohort(index: int = 0) -> ReconstructedCohort:
    """One of the embedded reconstructed cohorts.

    A reconstructed cohort is one of very many sets of invented patients for which the paper's tables
    would have been printed as they were. Printed numbers agree by construction; what was not printed
    follows from assumptions. It must not be taken for patient data.

    Parameters
    ----------
    index : int, optional
        Its number, from 0; also its seed.

    Returns
    -------
    ReconstructedCohort
        99 patients at weeks 0, 16, 32 and 52, derived columns included; `synthetic` is 1 in every row,
        `in_figure_1` 1 for the patients behind the printed shares of responders.

    Raises
    ------
    DataError
        For a number that does not exist.
    """
    path = _path(index)
    if not path.is_file():
        raise DataError(
            f"embedded cohort {index} does not exist; there are {embedded_count()}, numbered from 0"
        )
    text = path.read_text(encoding="utf-8")
    frame = pd.read_csv(StringIO(text), comment="#", dtype={"patient": str})
    numbers = [name for name in frame.columns if name not in ("patient", "visit")]
    frame[numbers] = frame[numbers].astype(float)
    return ReconstructedCohort(
        derive(frame),
        "reconstructed",
        LABEL,
        f"embedded cohort {index}",
        index=index,
        seed=index,
        assumptions=vary_assumptions(index),
    )


def load_cohorts(count: int | None = None) -> list[ReconstructedCohort]:
    """The embedded ensemble, or its first members.

    Parameters
    ----------
    count : int, optional
        How many; all if not given.

    Returns
    -------
    list of ReconstructedCohort
        In the order of their numbers.

    Raises
    ------
    DataError
        For more than there are, or fewer than 1.
    """
    there = embedded_count()
    wanted = there if count is None else count
    if not 1 <= wanted <= there:
        raise DataError(f"{wanted} cohorts were asked for; 1 to {there} are embedded")
    return [load_cohort(index) for index in range(wanted)]


def rebuild(index: int) -> str:
    """Build an embedded cohort again from its seed.

    Parameters
    ----------
    index : int
        Its number.

    Returns
    -------
    str
        The text of its file, byte for byte under the same versions. Takes minutes.
    """
    # The search compiles for seconds; reading a file must not wait for it.
    from adbayes.cohort.reconstruct import reconstruct_patients

    return export_text(reconstruct_patients(index, vary_assumptions(index)))


def rebuild_all(folder: Path, count: int, jobs: int = 1) -> Iterator[Path]:
    """Write an ensemble of cohorts, each from its own seed.

    Parameters
    ----------
    folder : pathlib.Path
        Where to; exists.
    count : int
        How many, numbered from 0.
    jobs : int, optional
        Cohorts built at once; changes no byte.

    Yields
    ------
    pathlib.Path
        Each file when it is written, in the order of their numbers.
    """
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for index, text in enumerate(pool.map(rebuild, range(count))):
            path = folder / _name(index)
            path.write_text(text, encoding="utf-8", newline="\n")
            yield path


def _path(index: int) -> Traversable | Path:
    return files("adbayes.cohort").joinpath(_FOLDER, _name(index))


def _name(index: int) -> str:
    return f"cohort{index:02d}.csv"
