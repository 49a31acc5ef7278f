"""The `where` of a spec: comparisons joined by and/or, read as text and never run."""

import ast
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from adbayes.errors import SpecError

_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def parse_where(text: str) -> ast.expr:
    """Check that a condition is comparisons of a column with a value, joined by and/or.

    Parameters
    ----------
    text : str
        For example ``"concomitant == 0 and age > 30"``.

    Returns
    -------
    ast.expr
        The checked tree, for `columns_of` and `rows_where`.

    Raises
    ------
    SpecError
        For anything else, calls above all.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise SpecError(
            f"where {text!r} cannot be read; write comparisons such as age > 30 and female == 1"
        ) from None
    try:
        _check(tree, text)
    except RecursionError:
        raise SpecError(f"where {text[:60]!r}... cannot be read: it is nested too deeply") from None
    return tree


def columns_of(tree: ast.expr) -> tuple[str, ...]:
    """The columns a condition names.

    Parameters
    ----------
    tree : ast.expr
        From `parse_where`.

    Returns
    -------
    tuple of str
        In order of appearance.
    """
    return tuple(dict.fromkeys(node.id for node in ast.walk(tree) if isinstance(node, ast.Name)))


def rows_where(tree: ast.expr, frame: pd.DataFrame) -> np.ndarray:
    """The rows that satisfy a condition; a missing value satisfies none.

    Parameters
    ----------
    tree : ast.expr
        From `parse_where`.
    frame : pandas.DataFrame
        With the columns it names.

    Returns
    -------
    numpy.ndarray
        Boolean, one a row.

    Raises
    ------
    SpecError
        Where a column and the value it is compared with are of different kinds.
    """
    if isinstance(tree, ast.BoolOp):
        parts = [rows_where(part, frame) for part in tree.values]
        join = np.logical_and if isinstance(tree.op, ast.And) else np.logical_or
        return np.asarray(join.reduce(parts))
    assert isinstance(tree, ast.Compare)  # parse_where lets nothing else through
    left, right = _value(tree.left, frame), _value(tree.comparators[0], frame)
    try:
        outcome = _COMPARISONS[type(tree.ops[0])](left, right)
    except TypeError:
        raise SpecError(
            f"where: {ast.unparse(tree)!r} compares text with a number; quote the value or change the column"
        ) from None
    present = np.ones(len(frame), dtype=bool)
    for side in (left, right):
        if isinstance(side, pd.Series):
            present &= side.notna().to_numpy()
    if isinstance(outcome, pd.Series):
        outcome = outcome.fillna(False)  # pandas' own integers compare to NA
    return np.asarray(outcome, dtype=bool) & present


def _check(node: ast.expr, text: str) -> None:
    if isinstance(node, ast.BoolOp):
        for part in node.values:
            _check(part, text)
        return
    plain = (
        isinstance(node, ast.Compare)
        and len(node.ops) == 1
        and type(node.ops[0]) in _COMPARISONS
        and all(_is_operand(side) for side in (node.left, node.comparators[0]))
        and any(isinstance(side, ast.Name) for side in (node.left, node.comparators[0]))
    )
    if not plain:
        raise SpecError(
            f"where {text!r}: {ast.unparse(node)!r} is not allowed; "
            "write comparisons of a column with a value, joined by and/or"
        )


def _is_operand(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        number = isinstance(node.operand, ast.Constant) and isinstance(
            node.operand.value, int | float
        )
        return isinstance(node.op, ast.USub) and number
    return isinstance(node, ast.Name) or (
        isinstance(node, ast.Constant) and isinstance(node.value, int | float | str)
    )


def _value(node: ast.expr, frame: pd.DataFrame) -> Any:
    if isinstance(node, ast.Name):
        return frame[node.id]
    return ast.literal_eval(node)
