"""A formula read as text, never run: which columns, terms and parameters it names.

The grammar is formulae's, Bambi's own parser. Calls are limited to a stated list, because formulae
would evaluate any other as Python.
"""

from dataclasses import dataclass

import numpy as np
from formulae import model_description
from formulae.expr import Assign, Binary, Call, Grouping, Literal, QuotedName, Unary, Variable
from formulae.parser import ParseError, Parser
from formulae.resolver import ResolverError
from formulae.scanner import ScanError, Scanner

from adbayes.errors import SpecError
from adbayes.model.families import TRIALS_FAMILIES

# What a formula may call. Transforms that learn from the data (scale, center, splines) are left out:
# a centre and scale are stated in [data] standardize, so that priors keep their meaning.
NUMERIC_TRANSFORMS = {
    "log": np.log,
    "log1p": np.log1p,
    "log10": np.log10,
    "exp": np.exp,
    "sqrt": np.sqrt,
}
TRANSFORMS = ("C", "I", "offset", *NUMERIC_TRANSFORMS)
# What formulae raises on text that is not a formula.
_UNREADABLE = (
    ParseError, ScanError, ResolverError,
    ValueError, TypeError, AttributeError, IndexError, KeyError, RecursionError,
)  # fmt: skip
_OPERATORS = ("PLUS", "MINUS", "STAR", "SLASH", "COLON", "STAR_STAR", "PIPE")
_RESPONSE_CALLS = ("p", "prop", "proportion")


@dataclass(frozen=True)
class Formula:
    """One checked formula.

    Parameters
    ----------
    text : str
        As Bambi takes it.
    response : str or None
        The outcome's column; None for the formula of a distributional parameter.
    trials : str or int or None
        The column of trials where the response is ``p(successes, trials)``, or their number where
        every row has the same, as in ``p(nrs, 10)``.
    common : tuple of str
        Names of population-level terms, as Bambi names their priors.
    groups : tuple of str
        Names of group-specific terms such as ``1|patient``.
    columns : tuple of str
        Every column named, in order of appearance.
    grouping : tuple of str
        Columns that index group effects.
    """

    text: str
    response: str | None
    trials: str | int | None
    common: tuple[str, ...]
    groups: tuple[str, ...]
    columns: tuple[str, ...]
    grouping: tuple[str, ...]


def parse_formula(text: str, family: str, *, parameter: str | None = None) -> Formula:
    """Read a formula without running anything in it.

    Parameters
    ----------
    text : str
        ``"y ~ x + (1|g)"``; for a distributional parameter only the right-hand side.
    family : str
        A name of `FAMILIES`; the trials families want ``p(successes, trials) ~ ...``.
    parameter : str, optional
        The distributional parameter this formula is for (``"sigma"``); none for the mean.

    Returns
    -------
    Formula
        Its columns and terms.

    Raises
    ------
    SpecError
        For text that is not a formula, a call outside the allowed list, or a response that the
        family cannot have.
    """
    whole = text if parameter is None else f"{parameter} ~ {text}"
    if parameter is not None and "~" in text:
        raise SpecError(
            f"the formula of {parameter!r} has no left-hand side; write only what follows ~"
        )
    if "{" in text or "}" in text or "@" in text:
        raise SpecError(f"formula {text!r}: braces and @ would run code; name a column instead")
    try:
        parser = Parser(Scanner(whole).scan())
        tree = parser.parse()
    except _UNREADABLE as error:
        raise SpecError(f"formula {text!r} cannot be read: {_first_line(error)}") from None
    if not parser.at_end():  # formulae stops in silence at what it does not understand
        raise SpecError(
            f"formula {text!r} cannot be read from {parser.peek().lexeme!r} on "
            "(allowed: columns, numbers, + - * / : ** and (effects|group))"
        )
    if not isinstance(tree, Binary) or tree.operator.kind != "TILDE":
        raise SpecError(f"formula {text!r} has no outcome; write outcome ~ predictors")
    columns: list[str] = []
    # The walk comes before formulae resolves terms: nothing unlisted reaches it.
    try:
        _walk(tree.right, text, columns, inside_call=False)
    except RecursionError:
        raise SpecError(
            f"formula {text[:60]!r}... cannot be read: it is nested too deeply"
        ) from None
    response = trials = None
    if parameter is None:
        response, trials = _response(tree.left, text, family)
    try:
        described = model_description(whole)
    except _UNREADABLE as error:
        raise SpecError(f"formula {text!r} cannot be read: {_first_line(error)}") from None
    group_terms = [(term.name, _names_of(term.factor)) for term in described.group_terms]
    common = [
        term.name
        for term in described.common_terms
        if not term.name.startswith("offset(")
        # A cumulative model's thresholds take the intercept's place.
        and not (family == "cumulative" and term.name == "Intercept")
    ]
    for name in (*common, *(name for name, _ in group_terms), *columns):
        if "/" in name:  # ArviZ's trees of draws read / as a folder
            raise SpecError(
                f"formula {text!r}: the name {name} has a / in it, which draws cannot carry; "
                "multiply instead, or compute the column in the data"
            )
    ordered = dict.fromkeys(
        [name for name in (response, trials) if isinstance(name, str)] + columns
    )
    return Formula(
        text=text,
        response=response,
        trials=trials,
        common=tuple(common),
        groups=tuple(name for name, _ in group_terms),
        columns=tuple(ordered),
        grouping=tuple(dict.fromkeys(name for _, names in group_terms for name in names)),
    )


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__


def _names_of(factor: object) -> list[str]:
    return [str(part) for part in str(getattr(factor, "name", factor)).split(":")]


def _response(left: object, text: str, family: str) -> tuple[str, str | int | None]:
    """The outcome's column, and the trials (a column or a number) where successes are counted."""
    if isinstance(left, Call):
        arguments = [_plain_name(argument) for argument in left.args]
        number = _number(left.args[-1]) if left.args else None
        named = left.callee.name.lexeme in _RESPONSE_CALLS and len(arguments) == 2
        if named and arguments[0] and (arguments[1] or number):
            if family not in TRIALS_FAMILIES:
                raise SpecError(
                    f"formula {text!r}: p(successes, trials) goes with {' or '.join(TRIALS_FAMILIES)}, "
                    f"not {family}"
                )
            return arguments[0], arguments[1] or number
        raise SpecError(
            f"formula {text!r}: the outcome must be a column, or p(successes, trials); "
            "transform it in the data"
        )
    name = _plain_name(left)
    if name is None:
        raise SpecError(f"formula {text!r}: the outcome must be one column")
    if family in TRIALS_FAMILIES:
        raise SpecError(f"formula {text!r}: {family} needs p({name}, trials) on the left-hand side")
    return name, None


def _number(node: object) -> int | None:
    """A whole number above 0, as a formula writes it."""
    value = node.value if isinstance(node, Literal) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if value >= 1 and value % 1 == 0 else None


def _plain_name(node: object) -> str | None:
    if isinstance(node, QuotedName):
        return str(node.expression.lexeme).strip("`")
    if isinstance(node, Variable) and node.level is None and "." not in node.name.lexeme:
        return str(node.name.lexeme)
    return None


def _walk(node: object, text: str, columns: list[str], *, inside_call: bool) -> None:
    """Collect columns; refuse whatever is not a column, a number, an operator or an allowed call."""
    match node:
        case Binary():
            if node.operator.kind not in _OPERATORS:
                raise SpecError(
                    f"formula {text!r}: the operator {node.operator.lexeme} is not allowed "
                    "(allowed: + - * / : ** |)"
                )
            _walk(node.left, text, columns, inside_call=inside_call)
            _walk(node.right, text, columns, inside_call=inside_call)
        case Unary():
            _walk(node.right, text, columns, inside_call=inside_call)
        case Grouping():
            _walk(node.expression, text, columns, inside_call=inside_call)
        case Literal():
            if isinstance(node.value, str) and not inside_call:
                raise SpecError(f"formula {text!r}: {node.value!r} is text; name a column instead")
        case Call():
            name = (
                node.callee.name.lexeme if isinstance(node.callee, Variable) else str(node.callee)
            )
            if name not in TRANSFORMS:
                raise SpecError(
                    f"formula {text!r}: the call {name}() is not allowed "
                    f"(allowed: {', '.join(f'{t}()' for t in TRANSFORMS)}); "
                    "compute the column in the data instead"
                )
            if name == "C" and (len(node.args) != 1 or _plain_name(node.args[0]) is None):
                raise SpecError(f"formula {text!r}: C() takes one column")
            for argument in node.args:
                if isinstance(argument, Assign):
                    raise SpecError(f"formula {text!r}: {name}() takes no keyword here")
                _walk(argument, text, columns, inside_call=True)
        case _:
            column = _plain_name(node)
            if column is None:
                name = node.name.lexeme if isinstance(node, Variable) else type(node).__name__
                raise SpecError(f"formula {text!r}: {name} is not the plain name of a column")
            columns.append(column)
