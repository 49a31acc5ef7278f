"""Named sets of priors: `[priors.SET]` tables resolved through `inherits`."""

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from adbayes.errors import SpecError
from adbayes.model.priors import Prior

# A set maps a parameter to its prior; a distributional component (`sigma = { visit = {...} }`)
# is one level deeper and is written here with a dot: "sigma.visit".
PriorSet = dict[str, Prior]


def resolve_sets(tables: Mapping[str, Any], where: str) -> dict[str, PriorSet]:
    """Read every prior set of a file, with all that is wrong in them at once.

    Parameters
    ----------
    tables : mapping
        The `[priors]` table of a TOML file: set name to parameter to prior table. The first set is
        the reported one; a set that `inherits` states only what differs. Where it says `otherwise`, why
        it has nothing to state of the rest, the priors it inherits carry that in `absent`.
    where : str
        What to call the file in a message.

    Returns
    -------
    dict of str to dict of str to Prior
        In the order of the file.

    Raises
    ------
    SpecError
        Listing every fault: no sets, an unknown or circular `inherits`, a bad prior, no `why`.
    """
    if not tables:
        raise SpecError(
            f"{where}: no priors; state at least one set, such as [priors.weakly_informative]"
        )
    faults: list[str] = []
    own: dict[str, PriorSet] = {}
    for name, table in tables.items():
        if not isinstance(table, Mapping):
            faults.append(f"{where}: [priors.{name}] must be a table of priors, found {table!r}")
            continue
        own[name] = {}
        for key, value in _flatten(table):
            place = f"{where}: [priors.{name}] {key}"
            if not isinstance(value, Mapping):
                faults.append(
                    f"{place}: a prior is a table such as "
                    f'{{ distribution = "Normal", mu = 0, sigma = 1, why = "..." }}, found {value!r}'
                )
                continue
            try:
                prior = Prior.from_mapping(value)
            except SpecError as error:
                faults.append(f"{place}: {error}")
                continue
            if not prior.why.strip():
                faults.append(f'{place}: no reason; add why = "..."')
            own[name][key] = prior
    parents = {
        name: table.get("inherits")
        for name, table in tables.items()
        if isinstance(table, Mapping) and "inherits" in table
    }
    resolved: dict[str, PriorSet] = {}
    for name in own:
        chain = [name]
        while (parent := parents.get(chain[-1])) is not None:
            if not isinstance(parent, str) or parent not in own:
                near = get_close_matches(str(parent), own, n=1, cutoff=0.4)
                hint = f"; did you mean {near[0]!r}?" if near else f" (sets: {', '.join(own)})"
                faults.append(
                    f"{where}: [priors.{chain[-1]}] inherits {parent!r}, which is not a set{hint}"
                )
                break
            if parent in chain:
                faults.append(
                    f"{where}: [priors.{name}] inherits itself through {' -> '.join([*chain, parent])}"
                )
                break
            chain.append(parent)
        # The oldest ancestor first, so that the set's own statements win.
        resolved[name] = {
            key: prior for link in reversed(chain) for key, prior in own[link].items()
        }
        otherwise = tables[name].get("otherwise", "")
        if not isinstance(otherwise, str) or (otherwise and len(chain) == 1):
            faults.append(
                f"{where}: [priors.{name}] otherwise is a sentence, of what is inherited; found "
                f"{otherwise!r}"
            )
        elif otherwise:
            resolved[name] |= {
                key: replace(prior, absent=f"{otherwise}, so as in {chain[1]}")
                for key, prior in resolved[name].items()
                if key not in own[name]
            }
    if faults:
        raise SpecError("\n".join(dict.fromkeys(faults)))
    return resolved


def _flatten(table: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Parameter to prior table, a distributional component's parameters written `component.term`."""
    flat: list[tuple[str, Any]] = []
    for key, value in table.items():
        if key in ("inherits", "otherwise"):
            continue
        nested = isinstance(value, Mapping) and "distribution" not in value and bool(value)
        if nested and all(isinstance(inner, Mapping) for inner in value.values()):
            flat += [(f"{key}.{term}", inner) for term, inner in value.items()]
        else:
            flat.append((key, value))
    return flat


def choose_set(sets: Mapping[str, PriorSet], name: str | None, where: str) -> tuple[str, PriorSet]:
    """The named set, or the first where none is named.

    Parameters
    ----------
    sets : mapping
        As `resolve_sets` returns.
    name : str or None
        A set's name; None for the reported (first) set.
    where : str
        What to call the file in a message.

    Returns
    -------
    tuple of (str, dict)
        The set's name and its priors.

    Raises
    ------
    SpecError
        For a name that is not a set, with the nearest.
    """
    if name is None:
        name = next(iter(sets))
    if name not in sets:
        near = get_close_matches(name, sets, n=1, cutoff=0.4)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise SpecError(f"{where}: no prior set {name!r}{hint} (sets: {', '.join(sets)})")
    return name, dict(sets[name])
