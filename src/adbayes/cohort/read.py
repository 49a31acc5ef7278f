"""Read a user's data: a patient file in the vocabulary, or a plain table of their own.

A table with the columns `patient` and `visit`, in wide layout or in CDISC ADaM layout is a patient
file: it is checked against the vocabulary, its codes are understood, and the derived columns are
added. Any other table is taken as it is.
"""

import os
import re
from collections.abc import Mapping
from difflib import get_close_matches

import pandas as pd

from adbayes.cohort.adam import is_adam, long_from_adam, split_codes
from adbayes.cohort.cohort import Cohort, Evidence
from adbayes.cohort.derive import derive, is_derived
from adbayes.cohort.formats import read_table
from adbayes.cohort.grid import table_of_columns
from adbayes.cohort.outcomes import OUTCOMES, PATIENT_COLUMNS, SYNTHETIC
from adbayes.cohort.table import Table, listed, nearest, number, show
from adbayes.cohort.validate import patient_frame
from adbayes.cohort.wide import is_wide_name, long_from_wide, renamed_stems
from adbayes.errors import DataError

SYNONYMS = {
    "patient_id": "patient",
    "patientid": "patient",
    "patid": "patient",
    "pat_id": "patient",
    "patient_no": "patient",
    "subject": "patient",
    "subject_id": "patient",
    "subjectid": "patient",
    "subjid": "patient",
    "usubjid": "patient",
    "week": "visit",
    "weeks": "visit",
    "visit_week": "visit",
    "gender": "sex",
}
"""Other names of columns that make a patient file; used where no column has the name itself."""


_PATIENT_WORDS = {"patient", "pat", "pt", "subject", "subj", "id"}


def read_patients(path: str | os.PathLike[str], columns: Mapping[str, str] | None = None) -> Cohort:
    """Read a file of patients, or a plain table.

    Parameters
    ----------
    path : str or path
        A file whose suffix is csv or tsv (UTF-8, or UTF-16 with its mark; columns separated by
        commas, semicolons, tabs or vertical bars), parquet, xlsx (one sheet), sas7bdat or xpt.
        Layouts: long (one row per patient and visit), wide (one row per patient, columns such as
        `easi_w0` and `easi_w16`), or CDISC ADaM (USUBJID, PARAMCD, AVISIT or AVISITN, AVAL).
    columns : mapping of str to str, optional
        New names for columns of the file: ``{"easi": "EASI_TOTAL"}``. In wide layout also for all
        weeks of an outcome, in ADaM layout also for a parameter code.

    Returns
    -------
    Cohort
        With evidence "patients", or "reconstructed" for a patient file whose column `synthetic` is
        true in every row, as in exported reconstructed cohorts. A patient file is `clinical`: `visit`
        in weeks (names such as "Week 16" are mapped), names of the vocabulary in any capitals, with
        spaces or points for underscores, and by the other names of `SYNONYMS`,
        patient-level values on every row, derived columns added, sorted by patient and visit.
        Otherwise the table as it is, columns numeric where all their cells are numbers.
        `messages` says what was mapped, replaced or left
        out.

    Raises
    ------
    DataError
        One sentence that names file, column, rows and remedy, for anything that cannot be used.
    """
    return _cohort(read_table(path), dict(columns or {}), None)


def cohort_from_frame(
    frame: pd.DataFrame,
    label: str | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    source: str = "data frame",
    evidence: Evidence = "patients",
    index: int | None = None,
) -> Cohort:
    """Use a data frame like a file.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table, as `read_patients` describes; its index is ignored.
    label : str, optional
        One sentence that says what the patients are.
    columns : mapping of str to str, optional
        New names for columns: ``{"easi": "EASI_TOTAL"}``.
    source : str, optional
        What to call the table in messages.
    evidence : {"patients", "reconstructed", "simulated"}, optional
        Kind of evidence; a column `synthetic` that is true turns "patients" into "reconstructed".
    index : int, optional
        Number among several cohorts of one kind.

    Returns
    -------
    Cohort
        As `read_patients`; the columns of a plain table keep their types.

    Raises
    ------
    DataError
        As `read_patients`; rows are counted from 1.
    """
    names = [str(name) for name in frame.columns]
    table = table_of_columns(
        source,
        [(name, frame.iloc[:, i].tolist()) for i, name in enumerate(names)],
        frame.set_axis(names, axis=1).reset_index(drop=True),
    )
    return _cohort(table, dict(columns or {}), label, evidence=evidence, index=index)


def _cohort(
    table: Table,
    columns: dict[str, str],
    label: str | None,
    *,
    evidence: Evidence = "patients",
    index: int | None = None,
) -> Cohort:
    _check_names(table, columns)
    table = _long(table, columns)
    clinical = {"patient", "visit"} <= set(table.columns)
    if clinical:
        raw, messages = patient_frame(table)
        messages = (*_kept(table), *messages)
        frame = derive(raw)
    else:
        messages = _why_plain(table)
        frame = _plain(table) if table.typed is None else table.typed
    own = f"{'patients' if clinical else 'rows'} of {table.name} (the user's own data)"
    if clinical and evidence == "patients" and _synthetic(table, frame):
        evidence, own = "reconstructed", f"synthetic patients of {table.name}; not patient data"
    return Cohort(
        frame=frame,
        evidence=evidence,
        label=label or own,
        source=table.name,
        index=index,
        clinical=clinical,
        messages=(*table.notes, *messages),
    )


def _check_names(table: Table, columns: Mapping[str, str]) -> None:
    """Refuse a new name that is a slip, before the column is lost under it."""
    known = {"patient", "visit", "sex", SYNTHETIC, *OUTCOMES, *PATIENT_COLUMNS}
    there = {SYNONYMS.get(ours, ours) for ours in map(_ours, (*table.columns, *columns))}
    if not there & {"patient", "visit", *OUTCOMES}:
        return  # a table of another study has names of its own
    for new, old in columns.items():
        ours = SYNONYMS.get(_ours(new), _ours(new))
        if ours in known or is_wide_name(ours) or is_derived(ours):
            continue
        lost = SYNONYMS.get(_ours(old), _ours(old))
        near = get_close_matches(ours, known, n=1, cutoff=0.8)
        slips = [name for name in near if name not in there]
        if lost in known or slips:
            meant = slips[0] if slips else lost
            raise DataError(
                f"{table.name}: columns gives {old!r} the name {new!r}, which is no name of a patient file "
                f"(did you mean {meant!r}?); the names are {listed(sorted(known))}, and the file has "
                f"{listed(table.columns)}; correct the name, or leave it out"
            )


def _synthetic(table: Table, frame: pd.DataFrame) -> bool:
    """Whether a patient file says that its patients are invented."""
    if SYNTHETIC not in frame.columns:
        return False
    said = frame[SYNTHETIC]
    if not (said == said.iloc[0]).all():
        raise DataError(
            f"{table.name}, column {SYNTHETIC}: {int((said == 1).sum())} of {len(said)} rows are true; one "
            "answer for the whole file is allowed; separate invented patients from the others, or rename "
            "the column if it means something else"
        )
    return bool(said.iloc[0] == 1)


def _long(table: Table, columns: dict[str, str]) -> Table:
    """The names of the vocabulary, and one row a patient and visit."""
    if is_adam(table.renamed({n: o for n, o in columns.items() if o in table.columns})):
        columns, codes = split_codes(table, columns)
        table = _folded(long_from_adam(table.renamed(columns), codes))
    else:
        table, columns = renamed_stems(table, columns)
        table = _folded(table.renamed(columns))
        if "patient" in table.columns and "visit" not in table.columns:
            table = long_from_wide(table) if any(map(is_wide_name, table.columns)) else table
    replaced = [name for name in table.columns if is_derived(name)]
    if replaced and {"patient", "visit"} <= set(table.columns):
        table = table.noted(f"computed here, not read from the file: {', '.join(replaced)}")
    return table


def _folded(table: Table) -> Table:
    """Names of the vocabulary written otherwise, in a table that is plainly a patient file."""
    ours_of = {name: _ours(name) for name in table.columns}
    plain = list(ours_of.values())
    measured = any(ours in OUTCOMES or is_wide_name(ours) for ours in plain)
    for name, ours in (
        ours_of.items() if measured else ()
    ):  # a table of another study keeps its names
        # "Patient ID" is the patient where no other column claims to be.
        meant = SYNONYMS.get(ours)
        rivals = [other for other in plain if other == meant or SYNONYMS.get(other) == meant]
        if meant is not None and len(rivals) == 1:
            ours_of[name] = meant
    every = set(ours_of.values())
    wide = any(is_wide_name(name) for name in every)
    long = "visit" in every and (every & set(OUTCOMES) or "visit" in table.columns)
    if "patient" not in every or not (wide or long):
        return table
    known = {"patient", "visit", "sex", SYNTHETIC, *OUTCOMES, *PATIENT_COLUMNS}
    new: dict[str, str] = {}
    for name, ours in ours_of.items():
        if name == ours or not (ours in known or is_derived(ours) or is_wide_name(ours)):
            continue
        other = ours if ours in table.columns else new.get(ours)
        if other is not None:
            raise DataError(
                f"{table.name}: columns {other} and {name} differ by capitals or spaces only and would "
                f"both be {ours}; rename or delete one of them"
            )
        new[ours] = name
    if not new:
        return table
    shown = ", ".join(f"{name} as {ours}" for ours, name in new.items())
    return table.renamed(new).noted(f"columns read whatever their spelling: {shown}")


def _ours(name: str) -> str:
    """A column's name without its capitals, spaces and points."""
    return re.sub(r"[\s.\-]+", "_", name.strip().lower())


def _why_plain(table: Table) -> tuple[str, ...]:
    """Refuse what is plainly a patient file that lacks something; explain what merely looks like one."""
    names = list(table.columns)
    measured = [name for name in names if name in OUTCOMES]
    for missing, other in (("visit", "patient"), ("patient", "visit")):
        if other not in names or not measured:
            continue
        cells = table.columns[other]
        if other == "patient" and len(set(cells)) == len(cells):
            continue  # one row a patient: a table of patients, not of visits
        raise DataError(
            f"{table.name}: column {missing} is missing beside {other} and {', '.join(measured)}"
            f"{nearest(missing, names)}; a patient file has one row per patient and visit; "
            f"add the column, or name it with --columns {missing}=ITS_NAME, in Python "
            f"columns={{'{missing}': 'ITS_NAME'}}"
        )
    near = [name for name in names if name.casefold() in ("patient", "visit")]
    wide = [name for name in names if is_wide_name(name)]
    outcomes = {_ours(name) for name in names} & set(OUTCOMES)
    meant = _meant(table)
    likely = {"patient", "visit"} & set(meant) and set(OUTCOMES) & set(meant)
    if not (near or wide or outcomes or likely):
        return ()
    guess = f"; did you mean {_option(meant)}?" if meant else ""
    return (
        f"{table.name}: read as a plain table, nothing checked or derived; a patient file has the "
        "columns patient and visit, or patient and columns such as easi_w0 (name them with --columns "
        "patient=ITS_NAME,visit=ITS_NAME, in Python columns={'patient': 'ITS_NAME', ...}"
        + f"{guess})",
    )


def _kept(table: Table) -> tuple[str, ...]:
    """Say which columns of a patient file, kept as they are, seem to be outcomes that it lacks."""
    meant = {ours: name for ours, name in _meant(table).items() if ours in OUTCOMES}
    if not meant:
        return ()
    return (
        f"{table.name}: {listed(meant.values())} kept under the file's own name and not used as "
        f"{listed(meant)}; if that is what they are, give {_option(meant)}",
    )


def _meant(table: Table) -> dict[str, str]:
    """Names of the vocabulary that no column has, with the one column that seems to be meant.

    A guess, to be told and never acted on: a word of the column's name is the outcome (`PP_NRS`), or
    one that patients are numbered by (`Pat_Nr`).
    """
    stems = dict.fromkeys(re.sub(r"_w[0-9]{1,4}$", "", name, flags=re.I) for name in table.columns)
    ours_of = {name: _ours(name) for name in stems}
    there = {SYNONYMS.get(ours, ours) for ours in ours_of.values()}
    free = {n: ours for n, ours in ours_of.items() if not is_derived(ours) and ours not in SYNONYMS}
    found: dict[str, str] = {}
    for wanted in ("patient", "visit", *OUTCOMES):
        words = _PATIENT_WORDS if wanted == "patient" else {wanted}
        near = [name for name, ours in free.items() if words & set(ours.split("_"))]
        if wanted not in there and len(near) == 1:
            found[wanted] = near[0]
    return found


def _option(meant: Mapping[str, str]) -> str:
    """How the command line and Python are told."""
    pairs = ",".join(f"{ours}={name}" for ours, name in meant.items())
    return f"--columns {pairs}, in Python columns={dict(meant)}"


def _plain(table: Table) -> pd.DataFrame:
    """Columns numeric where every cell is a number: whole numbers without gaps stay whole."""
    result: dict[str, list[int] | list[float] | list[str | None]] = {}
    for name, cells in table.columns.items():
        numbers = [value for value in map(number, cells) if value is not None]
        if len(numbers) < len(cells):
            result[name] = [None if value is None else show(value) for value in cells]
        elif all(re.fullmatch(r"[+-]?[0-9]{1,15}", str(value)) for value in cells):
            result[name] = [int(value) for value in numbers]
        else:
            result[name] = numbers
    return pd.DataFrame(result)
