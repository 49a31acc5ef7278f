"""What an audit finds: one check a row, and the text that shows it."""

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from adbayes.paper.published import PublishedNumber

Grade = Literal["consistent", "rounding", "inconsistent", "impossible"]

CLASSES: tuple[Grade, ...] = ("consistent", "rounding", "inconsistent", "impossible")
"""consistent: the print can hold. rounding: off by less than one unit of the last digit.
inconsistent: contradicts another statement of the paper. impossible: no data set prints it under the
stated condition."""

MISPRINT = "misprint"
"""Topic of the rows that name one printed statistic as the likely error."""

COLUMNS = (
    "check",
    "topic",
    "published_ids",
    "printed",
    "computed",
    "possible",
    "condition",
    "arithmetic",
    "class",
    "finding",
)


@dataclass(frozen=True)
class Finding:
    """One check.

    Parameters
    ----------
    check : str
        Its id.
    topic : str
        What kind of check it is.
    numbers : tuple of PublishedNumber
        What it is about.
    computed : str
        What the arithmetic gives.
    arithmetic : str
        The calculation, with its numbers.
    grade : str
        One of `CLASSES`.
    possible : str
        The values that would be possible.
    condition : str
        What the verdict rests on.
    finding : str
        The finding this check is a view of; its own id if not given. Only kept where the check
        does not pass.
    printed : str
        What was printed; the numbers' values if not given.
    """

    check: str
    topic: str
    numbers: tuple[PublishedNumber, ...]
    computed: str
    arithmetic: str
    grade: Grade = "consistent"
    possible: str = ""
    condition: str = ""
    finding: str = ""
    printed: str = ""

    def row(self) -> dict[str, str]:
        """The check as a row of the table of findings.

        Returns
        -------
        dict of str to str
            Its keys are `COLUMNS`.
        """
        passed = self.grade == "consistent"
        return {
            "check": self.check,
            "topic": self.topic,
            "published_ids": " ".join(one.id for one in self.numbers),
            "printed": self.printed or "; ".join(one.value for one in self.numbers),
            "computed": self.computed,
            "possible": self.possible,
            "condition": self.condition,
            "arithmetic": self.arithmetic,
            "class": self.grade,
            "finding": "" if passed else self.finding or self.check,
        }


def to_table(findings: Iterable[Finding]) -> pd.DataFrame:
    """Findings as a table.

    Parameters
    ----------
    findings : iterable of Finding
        In the order they are to be shown.

    Returns
    -------
    pandas.DataFrame
        The columns are `COLUMNS`, all text.
    """
    return pd.DataFrame([one.row() for one in findings], columns=list(COLUMNS), dtype=str)


def distinct(findings: pd.DataFrame, grade: Grade) -> list[str]:
    """The distinct findings whose worst check is of a class.

    Parameters
    ----------
    findings : pandas.DataFrame
        As `to_table` gives it.
    grade : {"rounding", "inconsistent", "impossible"}
        The class.

    Returns
    -------
    list of str
        Values of the column ``finding``, in the order of the table.
    """
    failed = findings[findings["finding"] != ""]
    worst = failed["class"].map(CLASSES.index).groupby(failed["finding"], sort=False).max()
    return [str(name) for name in worst.index[worst == CLASSES.index(grade)]]


def suspected(findings: pd.DataFrame) -> set[str]:
    """The printed numbers that are likely misprints.

    Parameters
    ----------
    findings : pandas.DataFrame
        As `to_table` gives it.

    Returns
    -------
    set of str
        Ids of the numbers that no data set prints beside the others and whose change alone would
        make the others possible.
    """
    rows = findings[(findings["topic"] == MISPRINT) & (findings["class"] == "impossible")]
    return set(rows["published_ids"])


def as_text(findings: pd.DataFrame) -> str:
    """The findings that did not pass, as a page of text.

    Parameters
    ----------
    findings : pandas.DataFrame
        As `to_table` gives it.

    Returns
    -------
    str
        Impossible first; every check with its arithmetic.
    """
    counts = findings["class"].value_counts()
    told = ", ".join(f"{counts.get(grade, 0)} {grade}" for grade in CLASSES)
    lines = [f"{len(findings)} checks of the printed numbers: {told}."]
    headings: dict[Grade, str] = {
        "impossible": "IMPOSSIBLE under the stated condition",
        "inconsistent": "CONTRADICTS another statement",
        "rounding": "ROUNDED otherwise than it should be",
    }
    for grade, heading in headings.items():
        names = distinct(findings, grade)
        if not names:
            continue
        lines += ["", f"{heading} ({len(names)})"]
        for place, name in enumerate(names, start=1):
            for number, (_, row) in enumerate(findings[findings["finding"] == name].iterrows()):
                lead = f"{place:3}. " if number == 0 else "     "
                lines += _paragraph(lead, f"{row['topic']}: {row['published_ids']}")
                for label in ("printed", "computed", "possible", "condition", "arithmetic"):
                    if row[label]:
                        lines += _paragraph("       ", f"{label}: {row[label]}")
    return "\n".join(lines)


def _paragraph(lead: str, text: str) -> list[str]:
    rest = " " * (len(lead) + 2)
    return textwrap.wrap(text, 100, initial_indent=lead, subsequent_indent=rest)
