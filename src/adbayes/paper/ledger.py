"""A ledger of printed numbers, of this paper or of another one, that can be asked for structure."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Any

import pandas as pd

from adbayes.errors import DataError
from adbayes.paper.published import PublishedNumber

OTHER_STUDY = "another study"
"""What `group` says of a number that is quoted from elsewhere; it is not audited."""

_COLUMNS = tuple(field.name for field in fields(PublishedNumber))
_INTEGERS = ("visit", "n", "n_inferred")


@dataclass(frozen=True, repr=False)
class Ledger:
    """Printed numbers in the order of the paper.

    Numbers whose ids differ only in the last part (``table5.sex.or``, ``table5.sex.p``) stand beside
    each other.

    Parameters
    ----------
    numbers : dict of str to PublishedNumber
        By id.
    """

    numbers: dict[str, PublishedNumber]

    @classmethod
    def of(cls, table: pd.DataFrame) -> "Ledger":
        """Read a ledger from a table.

        Parameters
        ----------
        table : pandas.DataFrame
            One printed number a row; the columns are the attributes of `PublishedNumber`.

        Returns
        -------
        Ledger
            With every number.

        Raises
        ------
        DataError
            For a missing column, an id that is used twice, or a cell that is not a number.
        """
        lost = [name for name in _COLUMNS if name not in table.columns]
        if lost:
            raise DataError(
                f"ledger: no column {', '.join(lost)}; a ledger has the columns {', '.join(_COLUMNS)}."
            )
        repeated = table["id"][table["id"].duplicated()].tolist()
        if repeated:
            raise DataError(
                f"ledger: {repeated[0]!r} is the id of more than one row; each number needs its own."
            )
        rows = table[list(_COLUMNS)].to_dict("records")
        return cls({str(row["id"]): _number({str(k): v for k, v in row.items()}) for row in rows})

    def __iter__(self) -> Iterator[PublishedNumber]:
        return iter(self.numbers.values())

    def __len__(self) -> int:
        return len(self.numbers)

    def get(self, id: str) -> PublishedNumber | None:
        """A number, or None where there is none of that id.

        Parameters
        ----------
        id : str
            An id.

        Returns
        -------
        PublishedNumber or None
            The number.
        """
        return self.numbers.get(id)

    def matching(self, patterns: str) -> list[PublishedNumber]:
        """The numbers that any of some patterns match.

        Parameters
        ----------
        patterns : str
            Ids or shell-style patterns, separated by spaces.

        Returns
        -------
        list of PublishedNumber
            In the order of the patterns, each number once.

        Raises
        ------
        DataError
            For a pattern that matches nothing.
        """
        found: dict[str, PublishedNumber] = {}
        for pattern in patterns.split():
            here = {id: self.numbers[id] for id in self.numbers if fnmatchcase(id, pattern)}
            if not here:
                raise DataError(f"ledger: no id matches {pattern!r}; correct the pattern.")
            found |= here
        return list(found.values())

    def of_statistic(self, *statistics: str) -> list[PublishedNumber]:
        """The paper's own numbers of some kinds.

        Parameters
        ----------
        *statistics : str
            Values of `PublishedNumber.statistic`.

        Returns
        -------
        list of PublishedNumber
            Without those quoted from other studies.
        """
        return [one for one in self if one.statistic in statistics and one.group != OTHER_STUDY]

    def beside(self, base: str, statistic: str) -> PublishedNumber | None:
        """The number of a kind among those that share all but the last part of their id.

        Parameters
        ----------
        base : str
            The shared part, as `base_of` gives it.
        statistic : str
            Value of `PublishedNumber.statistic`.

        Returns
        -------
        PublishedNumber or None
            The first such number.
        """
        for one in self:
            if one.statistic == statistic and base_of(one.id) == base:
                return one
        return None

    @property
    def sample_size(self) -> int | None:
        """The number of patients the paper says it has; None where it does not, or says several."""
        sizes = {int(one.numeric) for one in self.of_statistic("n") if one.variable == "n"}
        return (sizes.pop() or None) if len(sizes) == 1 else None


def base_of(id: str) -> str:
    """An id without its last part.

    Parameters
    ----------
    id : str
        Such as ``table5.sex.or``.

    Returns
    -------
    str
        Such as ``table5.sex``.
    """
    return id.rpartition(".")[0]


def _number(row: dict[str, Any]) -> PublishedNumber:
    for name in _COLUMNS:
        if name in _INTEGERS:
            blank = pd.isna(row[name]) or row[name] == ""
            row[name] = None if blank else _as_number(row, name, int)
            if name != "visit" and row[name] is not None and row[name] < 1:
                raise DataError(
                    f"ledger: {row['id']!r} has {name} {row[name]}; it must be at least 1."
                )
        elif name == "decimals":
            row[name] = _as_number(row, name, int)
        elif name == "numeric":
            row[name] = _as_number(row, name, float)
        else:
            row[name] = "" if pd.isna(row[name]) else str(row[name])
    return PublishedNumber(**row)


def _as_number(row: dict[str, Any], name: str, kind: type[int] | type[float]) -> int | float:
    try:
        value = float(row[name])
    except (ValueError, TypeError):
        value = float("nan")
    if value != value or (kind is int and value != int(value)):
        wanted = "a whole number" if kind is int else "a number"
        raise DataError(f"ledger: {row['id']!r} has {name} {row[name]!r}; it must be {wanted}.")
    return kind(value)
