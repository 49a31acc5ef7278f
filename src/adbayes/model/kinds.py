"""The kinds of model that a spec may name, and the reading of its `[model]` tables."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from adbayes.errors import SpecError
from adbayes.model import bambi_kind, gaussian_copula, imputed_kind, joint_scores, mmrm
from adbayes.model.kind import Kind
from adbayes.model.sentences import nearest, sentences

KINDS: dict[str, Kind] = {
    kind.NAME: kind for kind in (bambi_kind, imputed_kind, mmrm, joint_scores, gaussian_copula)
}


def read_table(stated: Mapping[str, Any], where: str, place: str) -> tuple[Kind, BaseModel]:
    """The kind that a `[model]` table names, and the table with its types checked.

    Parameters
    ----------
    stated : mapping
        As TOML gives it; the kind is ``bambi`` where none is named.
    where : str
        The file, for messages.
    place : str
        The table's name, such as ``model``.

    Returns
    -------
    tuple of (Kind, pydantic.BaseModel)
        The kind and its table.

    Raises
    ------
    SpecError
        For an unknown kind, and for keys and values that the kind does not have.
    """
    name = stated.get("kind", bambi_kind.NAME)
    if not isinstance(name, str) or name not in KINDS:
        raise SpecError(f"{where}: [{place}] kind: {name!r} is not one{nearest(name, KINDS)}")
    kind = KINDS[name]
    try:
        return kind, kind.TABLE(**{**stated, "kind": name})
    except ValidationError as error:
        raise SpecError("\n".join(sentences(error, where, kind.TABLE, under=place))) from None


def overlaid(stated: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A variant's `[model]` laid over the spec's, key by key.

    Parameters
    ----------
    stated : mapping
        The spec's `[model]`.
    changes : mapping
        The variant's.

    Returns
    -------
    dict
        A variant of another kind has other keys, so it states its whole table.
    """
    kind = stated.get("kind", bambi_kind.NAME)
    return dict(changes) if changes.get("kind", kind) != kind else {**stated, **changes}
