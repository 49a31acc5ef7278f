"""The prior sets of the print-only posteriors, and which prior of a set a quantity has."""

import tomllib
from functools import cache
from types import MappingProxyType

from adbayes.inference.printed_quantity import Quantity
from adbayes.model.library import models_folder
from adbayes.model.prior_sets import PriorSet, choose_set, resolve_sets
from adbayes.model.priors import Prior

PRIOR_FILE = "published.toml"
BLOCK = "log_odds_ratio_block"
"""Key of one prior of all rows of Table 5 at once."""


@cache
def prior_sets() -> MappingProxyType[str, PriorSet]:
    """The prior sets of models/published.toml.

    Returns
    -------
    mapping
        Set name to kind of quantity to prior; the first set is the reported one.
    """
    text = (models_folder() / PRIOR_FILE).read_text(encoding="utf-8")
    return MappingProxyType(resolve_sets(tomllib.loads(text)["priors"], PRIOR_FILE))


def chosen_set(name: str | None) -> tuple[str, PriorSet]:
    """A set by name.

    Parameters
    ----------
    name : str or None
        None for the reported one.

    Returns
    -------
    tuple of (str, dict)
        Its name and its priors.

    Raises
    ------
    SpecError
        For a name that is no set.
    """
    return choose_set(prior_sets(), name, PRIOR_FILE)


def key_of(asked: Quantity, priors: PriorSet) -> str:
    """The key of a quantity's prior in a set.

    Parameters
    ----------
    asked : Quantity
        What is asked.
    priors : dict of str to Prior
        The set.

    Returns
    -------
    str
        The most special that the set has: ``log_odds_ratio.female`` before ``log_odds_ratio``,
        ``change.easi.w52`` before ``change.easi``, ``response.easi75.w52`` before ``response``.
    """
    week = "" if asked.visit is None else f"w{asked.visit}"
    ends = (asked.term, f"{asked.outcome}.{week}", week, asked.outcome)
    special = (f"{asked.kind}.{end}" for end in ends if end.strip("."))
    return next((key for key in special if key in priors), asked.kind)


def in_block(asked: Quantity, priors: PriorSet) -> bool:
    """Whether a set has one prior for this and many other quantities at once.

    Parameters
    ----------
    asked : Quantity
        What is asked.
    priors : dict of str to Prior
        The set.

    Returns
    -------
    bool
        For a row of Table 5 under a set with a prior `BLOCK`.
    """
    return BLOCK in priors and asked.estimand == "odds_ratio" and asked.id.startswith("table5.")


def prior_of(asked: Quantity, priors: PriorSet) -> Prior:
    """The prior of a quantity in a set.

    Parameters
    ----------
    asked : Quantity
        What is asked.
    priors : dict of str to Prior
        The set.

    Returns
    -------
    Prior
        Under `key_of`.
    """
    return priors[key_of(asked, priors)]
