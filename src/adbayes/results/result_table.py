"""A table of results that reads well when printed: a data frame in everything else."""

import shutil
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any

import pandas as pd

CONTEXT = (
    "model",
    "variant",
    "priors",
    "evidence",
    "cohort",
    "outcome",
    "ci_prob",
    "method",
    "note",
)
"""Columns that are said once, above the table, where they do not vary."""
_WIDTH = 120  # characters, where there is no terminal
_WIDEST = 40  # characters of one text cell, printed


class ResultTable(pd.DataFrame):
    """A data frame that prints what varies, to four digits, and says once what does not.

    Columns of `CONTEXT` with one value stand above the table, empty columns are left out, and as many
    others are printed as the terminal is wide; the last line names the rest. What is stored is never
    changed: every column and digit is there, and selections are tables of this kind too. What prints a
    data frame asks its class, so this is a class of its own; `pandas.testing.assert_frame_equal` takes
    it as its first argument beside a plain frame, and as its second with `check_frame_type=False`.
    """

    @property
    def _constructor(self) -> "Callable[..., ResultTable]":
        return ResultTable

    def __repr__(self) -> str:
        if not len(self) or self.columns.has_duplicates:
            return str(pd.DataFrame(self))
        said, body = self._parted()
        cells = _as_text(body)
        shown = list(cells.columns)
        width = shutil.get_terminal_size((_WIDTH, 24)).columns
        while len(shown) > 1 and _width(cells[shown]) > width:
            shown.pop()
        text = cells[shown].to_string(
            index=_index_matters(self),
            max_rows=pd.get_option("display.max_rows"),
            min_rows=pd.get_option("display.min_rows"),
            justify="right",
        )
        lines = [*said, text, f"{len(self)} row{'s' if len(self) > 1 else ''}"]
        rest = [name for name in body.columns if name not in shown]
        if rest:
            lines[-1] += f"; columns not shown: {', '.join(map(str, rest))}"
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        if not len(self) or self.columns.has_duplicates:
            return str(pd.DataFrame(self).to_html(border=0))
        said, body = self._parted()
        table = _as_text(body, longest=None).to_html(
            index=_index_matters(self),
            border=0,
            max_rows=pd.get_option("display.max_rows"),
        )
        return "".join(f"<div>{_escaped(line)}</div>" for line in said) + str(table)

    def _parted(self) -> tuple[list[str], pd.DataFrame]:
        """What is said once, and the columns that are left."""
        frame = pd.DataFrame(self)
        once: list[str] = []
        notes: list[str] = []
        gone: list[Hashable] = []
        for name in frame.columns:
            column = frame[name]
            if _empty(column).all():
                gone.append(name)
            elif name in CONTEXT and len(frame.columns) > 1 and _constant(column):
                value = _cell(column.iloc[0])
                (notes if name == "note" else once).append(f"{name} {value}")
                gone.append(name)
        left = frame.drop(columns=gone)
        if not len(left.columns):
            return [], frame
        return [*([", ".join(once)] if once else []), *notes], left


def as_result[**P](function: Callable[P, pd.DataFrame]) -> Callable[P, pd.DataFrame]:
    """Let a function's data frame print as a result.

    Parameters
    ----------
    function : callable
        Returns a data frame.

    Returns
    -------
    callable
        The same function; what it returns is a `ResultTable`.
    """

    @wraps(function)
    def shown(*args: P.args, **kwargs: P.kwargs) -> pd.DataFrame:
        return ResultTable(function(*args, **kwargs))

    return shown


def _empty(column: "pd.Series[Any]") -> "pd.Series[bool]":
    return column.isna() | (column.astype(str) == "")


def _constant(column: "pd.Series[Any]") -> bool:
    first = column.iloc[0]
    return bool((column.isna() if pd.isna(first) else column == first).fillna(False).all())


def _as_text(frame: pd.DataFrame, longest: int | None = _WIDEST) -> pd.DataFrame:
    """Every cell as it is printed."""
    return pd.DataFrame(
        {
            name: [_cut(_cell(value), longest) for value in frame[name].tolist()]
            for name in frame.columns
        },
        index=frame.index,
    )


def _cell(value: Any) -> str:
    if isinstance(value, list | tuple | dict):
        return str(value)
    if pd.isna(value):
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _cut(text: str, longest: int | None) -> str:
    return text if longest is None or len(text) <= longest else f"{text[: longest - 3]}..."


def _width(cells: pd.DataFrame) -> int:
    """Characters of a line."""
    return sum(1 + max(len(str(name)), cells[name].str.len().max()) for name in cells.columns)


def _index_matters(frame: pd.DataFrame) -> bool:
    """Whether the rows have names: counts of rows are left out, also those of a selection."""
    return frame.index.name is not None or frame.index.nlevels > 1 or frame.index.dtype.kind != "i"


def _escaped(text: str) -> str:
    from html import escape

    return escape(text)
