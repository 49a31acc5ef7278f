"""What is wrong with a spec, said in sentences that name the nearest valid word."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError


def nearest(name: object, allowed: Iterable[str]) -> str:
    """The end of a sentence about an unknown name.

    Parameters
    ----------
    name : object
        What was found.
    allowed : iterable of str
        What could have been meant.

    Returns
    -------
    str
        The nearest allowed name, if one is near, and all of them.
    """
    allowed = list(allowed)
    folded = {candidate.casefold(): candidate for candidate in reversed(allowed)}
    near = get_close_matches(str(name).casefold(), folded, n=1, cutoff=0.5)
    hint = f"; did you mean {folded[near[0]]!r}?" if near else ""
    return f"{hint} (allowed: {', '.join(allowed)})"


def sentences(
    error: ValidationError, where: str, table: type[BaseModel], under: str = ""
) -> Iterator[str]:
    """Pydantic's findings, one sentence each, with the nearest valid key.

    Parameters
    ----------
    error : pydantic.ValidationError
        The findings.
    where : str
        What to call the file.
    table : type
        The model that was validated.
    under : str, optional
        The table it stands in, such as ``variants.robust.model``.

    Yields
    ------
    str
        One sentence a finding.
    """
    for fault in error.errors():
        within = [str(part) for part in fault["loc"]]
        path = [*([under] if under else []), *within]
        place = f"{where}: {_dotted(path)}"
        if fault["type"] == "extra_forbidden":
            keys = _keys_at(table, within[:-1])
            table_name = f"[{'.'.join(path[:-1])}]" if path[:-1] else "top level:"
            yield f"{where}: {table_name} unknown key {path[-1]!r}{nearest(path[-1], keys)}"
        elif fault["type"] == "missing":
            yield f"{place} is missing; add it"
        else:
            found = fault.get("input")
            shown = f", found {found!r}" if not isinstance(found, dict | BaseModel) else ""
            yield f"{place}: {fault['msg']}{shown}"


def _dotted(path: list[str]) -> str:
    if len(path) <= 1:
        return path[0] if path else "top level"
    return f"[{'.'.join(path[:-1])}] {path[-1]}"


def _keys_at(table: type[BaseModel], path: list[str]) -> list[str]:
    """The keys that a table at this path may have."""
    current: Any = table
    for part in path:
        annotation = (
            current.model_fields[part].annotation
            if part in getattr(current, "model_fields", {})
            else current
        )
        options = [annotation, *get_args(annotation)]
        inner = [o for o in options if isinstance(o, type) and issubclass(o, BaseModel)]
        current = inner[0] if inner else annotation
    return list(getattr(current, "model_fields", {}))
