"""Posteriors from print that take many printed numbers together, by id and variant."""

from collections.abc import Iterator

from adbayes.errors import DataError
from adbayes.inference.printed_answer import Answer
from adbayes.inference.printed_correlations import (
    JOINT,
    KIND,
    joint_answer,
    joint_ids,
    joint_variants,
)
from adbayes.inference.printed_dependence import TABLES, dependences, row_ids
from adbayes.inference.printed_hierarchy import hierarchical_answer, scale_id
from adbayes.model.prior_sets import PriorSet
from adbayes.model.priors import Prior
from adbayes.paper.published import nearest


def variants_of(id: str) -> tuple[str, ...]:
    """The variants in which a quantity is answered together with others.

    Parameters
    ----------
    id : str
        Of a quantity.

    Returns
    -------
    tuple of str
        The reported one first; empty where it is only answered alone.
    """
    if id in joint_ids():
        return tuple(joint_variants())
    table = id.split(".")[0]
    if table in TABLES and (id in row_ids(table) or id == scale_id(table)):
        return tuple(dependences())
    return ()


def together_ids() -> tuple[str, ...]:
    """Ids of all quantities that some model takes together.

    Returns
    -------
    tuple of str
        Figure 2's, then the rows and the scale of each table.
    """
    tables = [id for table in TABLES for id in (*row_ids(table), scale_id(table))]
    return (*joint_ids(), *tables)


def together(
    id: str, variant: str | None, n: int | None, name: str, priors: PriorSet, given: Prior | None
) -> Answer:
    """The posterior of one quantity together with others.

    Parameters
    ----------
    id : str
        Of `together_ids`.
    variant : str or None
        Of `variants_of`; None for the reported one.
    n : int or None
        Another number of patients behind Figure 2; None for the variant's.
    name : str
        Of the prior set.
    priors : dict of str to Prior
        The set.
    given : Prior or None
        In place of the set's prior: of the correlation matrix, or of the scale.

    Returns
    -------
    Answer
        The posterior.

    Raises
    ------
    DataError
        For a variant that the quantity does not have, or an n that its print fixes.
    """
    there = variants_of(id)
    variant = variant or next(iter(there), "")
    if variant not in there:
        allowed = f"it has {', '.join(there)}" if there else "it is answered alone"
        raise DataError(
            f"{id} has no variant {variant!r}; {allowed}{nearest(variant, list(there))}."
        )
    called = name if given is None else "given"
    if variant.startswith(JOINT):
        patients = joint_variants()[variant] if n is None else n
        return joint_answer(id, patients, given or priors[KIND], called)
    if n is not None:
        raise DataError(f"{id} does not take another n: its likelihood is fixed by the print.")
    prior = given or priors[TABLES[id.split(".")[0]]]
    return hierarchical_answer(id, variant, prior, called, priors["log_sd_ratio"])


def all_together(name: str, priors: PriorSet) -> Iterator[Answer]:
    """Every quantity in every variant that takes numbers together.

    Parameters
    ----------
    name : str
        Of the prior set.
    priors : dict of str to Prior
        The set.

    Yields
    ------
    Answer
        By id, the reported variant first.
    """
    for id in together_ids():
        for variant in variants_of(id):
            yield together(id, variant, None, name, priors, None)
