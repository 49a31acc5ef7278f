"""Priors of blocks: one statement for every slope that has no prior of its own."""

from collections.abc import Sequence

from adbayes.errors import SpecError
from adbayes.model.kind import Parameter
from adbayes.model.prior_sets import PriorSet
from adbayes.model.priors import BLOCKS


def spread(priors: PriorSet, parameters: Sequence[Parameter], place: str) -> PriorSet:
    """Give what a block's prior says to the parameters it covers.

    Parameters
    ----------
    priors : dict of str to Prior
        As a set states them.
    parameters : sequence of Parameter
        The model's; those with `covers` are blocks.
    place : str
        The set, for messages.

    Returns
    -------
    dict of str to Prior
        A prior of one number is handed to every covered parameter without its own, and the block is
        gone. A prior of a block (`BLOCKS`) stays under the block's name, and what it covers has none.

    Raises
    ------
    SpecError
        For a prior of a block where nothing is left to cover, that counts other than what it covers,
        or on a single parameter.
    """
    found = dict(priors)
    faults = []
    for parameter in parameters:
        name = parameter.name
        if not parameter.covers and name in found and found[name].distribution in BLOCKS:
            faults.append(f"{place} {name!r}: {found[name].distribution} is the prior of a block")
        if not parameter.covers or name not in found:
            continue
        left = [covered for covered in parameter.covers if covered not in found]
        prior = found[name]
        if prior.distribution not in BLOCKS:
            del found[name]
            found |= dict.fromkeys(left, prior)
        elif prior["predictors"] != float(len(left)):
            faults.append(
                f"{place} {name!r}: predictors is {prior['predictors']:g}, but {len(left)} slopes "
                f"have no prior of their own ({', '.join(left) or 'none'}); state that number"
            )
    if faults:
        raise SpecError("\n".join(faults))
    return found
