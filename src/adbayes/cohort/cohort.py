"""A cohort: a table of patients that knows what kind of evidence it is."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal, get_args

import pandas as pd

from adbayes.cohort.outcomes import OUTCOMES
from adbayes.errors import DataError
from adbayes.shown import as_html

Evidence = Literal["simulated", "reconstructed", "patients"]


@dataclass(frozen=True, eq=False, repr=False)
class Cohort:
    """Patient data with their provenance; nothing here changes after construction.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per patient and visit for a patient file: `patient` (str), `visit` (int, weeks),
        everything else float with NaN for missing, the derived columns included. For a plain table
        the user's own columns. Copied.
    evidence : {"simulated", "reconstructed", "patients"}
        Known truth, synthetic patients that agree with print, or real patients.
    label : str
        One honest sentence, shown on every table, plot and page made from the data.
    source : str
        File name, or the seed.
    index : int, optional
        Number among several cohorts of one kind.
    clinical : bool, optional
        Whether the table is a patient file in the vocabulary; False for a plain table.
    messages : tuple of str, optional
        What was understood, mapped or left out while reading; to be shown to the user.

    Raises
    ------
    DataError
        For an unknown kind of evidence, an empty label or a table without rows.
    """

    frame: pd.DataFrame
    evidence: Evidence
    label: str
    source: str
    index: int | None = None
    clinical: bool = True
    messages: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.evidence not in get_args(Evidence):
            allowed = ", ".join(get_args(Evidence))
            raise DataError(f"evidence is {self.evidence!r}, allowed are {allowed}")
        if not self.label.strip():
            raise DataError("a cohort needs a label that says what its patients are")
        if self.frame.empty:
            raise DataError(f"{self.source}: the table has no rows, at least one is needed")
        if self.clinical and not {"patient", "visit"} <= set(self.frame.columns):
            raise DataError(
                f"{self.source}: a patient table needs the columns patient and visit, found "
                f"{', '.join(map(str, self.frame.columns))}"
            )
        object.__setattr__(self, "frame", self.frame.copy())
        object.__setattr__(self, "messages", tuple(self.messages))

    @property
    def n_patients(self) -> int:
        """Number of different patients; of rows, in a plain table without a column `patient`."""
        if "patient" in self.frame.columns:
            return int(self.frame["patient"].nunique())
        return len(self.frame)

    @property
    def visits(self) -> tuple[int, ...]:
        """The visits in weeks, ascending; empty for a plain table."""
        if not self.clinical:
            return ()
        return tuple(sorted(int(week) for week in self.frame["visit"].unique()))

    def hash(self) -> str:
        """Fingerprint of the values: equal for equal data, whatever the order of columns.

        The order of rows does not matter in a patient file and does in a plain table. Label,
        messages and evidence are not part of it.

        Returns
        -------
        str
            SHA-256 of the names and values, 64 hexadecimal digits.
        """
        frame = self.frame
        names = sorted(frame.columns, key=str)
        table = [[_canonical(value) for value in frame[name].tolist()] for name in names]
        rows = [json.dumps(row) for row in zip(*table, strict=True)]
        if self.clinical:
            rows.sort()
        header = json.dumps([str(name) for name in names])
        return hashlib.sha256("\n".join([header, *rows]).encode()).hexdigest()

    def __repr__(self) -> str:
        shape = f"{len(self.frame)} rows, {len(self.frame.columns)} columns"
        if not self.clinical:
            columns = ", ".join(map(str, self.frame.columns))
            lines = [f"plain table, {shape}: {columns}"]
        else:
            weeks = ", ".join(map(str, self.visits))
            lines = [f"{self.n_patients} patients, visits {weeks} (weeks); {shape}"]
            for name in (name for name in OUTCOMES if name in self.frame.columns):
                counts = self.frame.groupby("visit")[name].count()
                measured = ", ".join(f"week {week}: {n}" for week, n in counts.items())
                lines.append(f"{name:<5} measured in {measured}")
        number = "" if self.index is None else f" {self.index}"
        head = f"Cohort{number} ({self.evidence}): {self.label}"
        notes = [f"note: {message}" for message in self.messages]
        return "\n  ".join([head, *lines, *notes])

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return as_html(repr(self))


def _canonical(value: Any) -> str:
    """The value as text that no version of pandas or width of integer changes."""
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, bool | int | float):
        number = float(value)
        return "" if number != number else f"n{number + 0.0!r}"
    return f"s{value}"
