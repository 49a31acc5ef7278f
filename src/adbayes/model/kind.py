"""What a kind of model declares: its keys, its parameters, what it answers, its covariance.

A kind is a module with the names of `Kind`; `adbayes.model.kinds` lists them. How it is compiled,
sampled and replicated is the matter of a `adbayes.model.structure.Structure`. What its functions take
and give is said once, at the protocol; a kind's own docstrings say what is its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from pydantic import BaseModel

from adbayes.errors import SpecError
from adbayes.model.families import FAMILIES, Family
from adbayes.model.formula import Formula, parse_formula

if TYPE_CHECKING:
    import xarray as xr

    from adbayes.model.analysis import Analysis


@dataclass(frozen=True)
class Parameter:
    """A parameter that needs a prior.

    Parameters
    ----------
    name : str
        As a spec writes it.
    hyper : bool
        Whether it is a group effect: a normal about 0 whose SD has a prior.
    listed : bool
        Whether its prior may list values, one a level.
    distributions : tuple of str
        What its prior may be; empty for any distribution of one number.
    covers : tuple of str
        Parameters that it stands for where they have no prior of their own: then it need not be
        stated, and nor need they.
    """

    name: str
    hyper: bool = False
    listed: bool = True
    distributions: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Likelihood:
    """How data arise, read from the `[model]` table of a spec.

    Parameters
    ----------
    formulas : dict of str to Formula
        ``mu`` and any distributional parameters.
    family : Family
        The response family.
    link : str
        Link of the mean.
    options : dict of str to str
        What else the kind's table states.
    index : tuple of str
        Columns beside the formulas' whose levels index the likelihood; together they name a row.
    """

    formulas: dict[str, Formula]
    family: Family
    link: str
    options: Mapping[str, str] = field(default_factory=dict)
    index: tuple[str, ...] = ()


class Kind(Protocol):
    """A kind of model: the value of `kind` in `[model]`."""

    NAME: str
    IMPUTES: bool
    """Whether ``missing = "model"`` means something."""

    @property
    def TABLE(self) -> type[BaseModel]:  # noqa: N802  # a constant of a module
        """The keys of `[model]`."""

    def read(self, table: Any, fill: Callable[[str], str], where: str) -> Likelihood:
        """The likelihood that a `[model]` table states.

        Parameters
        ----------
        table : pydantic.BaseModel
            A `TABLE`.
        fill : callable
            Puts the predictor of ``for_each`` into a text.
        where : str
            The file, for messages.

        Returns
        -------
        Likelihood
            Formulas, family, link and options.

        Raises
        ------
        SpecError
            With all faults at once.
        """

    def parameters(self, likelihood: Likelihood) -> tuple[Parameter, ...]:
        """The parameters that need a prior.

        Parameters
        ----------
        likelihood : Likelihood
            From `read`.

        Returns
        -------
        tuple of Parameter
            In the order in which a spec states them.
        """

    def answers(self, analysis: "Analysis") -> frozenset[str]:
        """The estimands it has.

        Parameters
        ----------
        analysis : Analysis
            Its likelihood, its options, and the column that the estimands are by.

        Returns
        -------
        frozenset of str
            Names that `[estimands] report` may hold.
        """

    def covariance(
        self, posterior: "xr.Dataset", analysis: "Analysis", levels: list[str]
    ) -> np.ndarray:
        """Covariance over units of one unit's outcomes at some levels.

        Parameters
        ----------
        posterior : xarray.Dataset
            Draws.
        analysis : Analysis
            Says which covariance it is.
        levels : list of str
            The levels of time, in the order of the data.

        Returns
        -------
        numpy.ndarray
            ``(chain, draw, level, level)``, squared outcome units.
        """


def ungrouped(text: str, where: str, instead: str) -> tuple[dict[str, Formula], list[str]]:
    """Read the formula of a Gaussian mean that has no group effects.

    Parameters
    ----------
    text : str
        The formula.
    where : str
        The file, for messages.
    instead : str
        What the kind has in the place of group effects, for messages.

    Returns
    -------
    tuple of dict and list of str
        The formula by the name of its parameter, and the faults found.
    """
    try:
        formula = parse_formula(text, FAMILIES["gaussian"].name)
    except SpecError as error:
        return {}, [f"{where}: [model] {error}"]
    place = f"{where}: [model] formula"
    return {"mu": formula}, [
        f"{place}: {name!r} is a group effect{instead}" for name in formula.groups
    ]
