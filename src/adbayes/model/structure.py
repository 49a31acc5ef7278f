"""What a structure is: a density that is compiled once and given data, and what follows from it.

What the functions of a structure take and give is said once, at the protocol; a structure's own
docstrings say what is its own. Behind the protocol stand the steps that structures have in common.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import xarray as xr

from adbayes.errors import SpecError
from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design
from adbayes.model.frame import ModelFrame

if TYPE_CHECKING:
    import pymc as pm

Frozen = tuple[int | str | tuple[int, ...], ...]
"""What a compiled structure cannot change, such as its number of coefficients."""


class Structure(Protocol):
    """A module with one density; `adbayes.model.compiled` lists them.

    One whose density is called through Python and takes microseconds says ``ONE_CHAIN_AT_A_TIME = True``.
    """

    NAME: str

    @property
    def DIMS(self) -> Mapping[str, tuple[str, ...]]:  # noqa: N802  # a constant of a module
        """Name of a datum to its axes. Axes in `FREE` may have any length, the others are frozen."""

    FREE: frozenset[str]
    POSITIVE: frozenset[str]
    """Data that must be above 0."""

    def __hash__(self) -> int:
        """Modules have one."""

    def matches(self, analysis: Analysis) -> bool:
        """Whether an analysis has this structure.

        Parameters
        ----------
        analysis : Analysis
            Its kind, formula, family and priors.

        Returns
        -------
        bool
            False for what is fitted otherwise, if by another structure.
        """

    def frozen(self, analysis: Analysis, frame: ModelFrame, design: Design) -> Frozen:
        """What is frozen when it is compiled.

        Parameters
        ----------
        analysis, frame, design : Analysis, ModelFrame, Design
            What is to be fitted, its rows, and the design of its mean.

        Returns
        -------
        tuple
            The arguments of `pymc_model`.
        """

    @property
    def pymc_model(self) -> "Callable[..., pm.Model]":
        """Takes the frozen parts, gives the density with placeholders for its data.

        A structure whose density is written by hand has this graph as its oracle, and a `nutpie_model`
        that takes the same and gives the same free variables.
        """

    def swap_data(
        self, analysis: Analysis, frame: ModelFrame, design: Design
    ) -> dict[str, np.ndarray]:
        """Everything that differs between two analyses with the same frozen parts.

        Parameters
        ----------
        analysis, frame, design : Analysis, ModelFrame, Design
            Give the priors, the outcome and the predictors.

        Returns
        -------
        dict of str to numpy.ndarray
            The data of `DIMS` by name, in outcome units; the priors' values among them
            (`prior_mu`, `prior_sigma`: one a coefficient).
        """

    def named(
        self,
        sampled: xr.Dataset,
        frame: ModelFrame,
        design: Design,
        analysis: Analysis,
        rng: np.random.Generator,
    ) -> xr.Dataset:
        """Draws under the names users see, with what was integrated out drawn afterwards.

        Parameters
        ----------
        sampled : xarray.Dataset
            The free variables of `pymc_model`, as nutpie gives them.
        frame, design, analysis : ModelFrame, Design, Analysis
            What was fitted.
        rng : numpy.random.Generator
            The source of randomness; not used where nothing is drawn afterwards.

        Returns
        -------
        xarray.Dataset
            Dimensions ``chain`` and ``draw``, then those of a variable's levels, with the levels as
            coordinates; names as Bambi has them.
        """

    def prior_draws(
        self,
        frame: ModelFrame,
        design: Design,
        analysis: Analysis,
        size: int,
        rng: np.random.Generator,
    ) -> xr.Dataset:
        """Draws from the prior under the same names.

        Parameters
        ----------
        frame, design, analysis : ModelFrame, Design, Analysis
            What is to be fitted.
        size : int
            Number of draws.
        rng : numpy.random.Generator
            The source of randomness.

        Returns
        -------
        xarray.Dataset
            As `named` gives them; one chain.
        """

    def log_likelihood(
        self, posterior: xr.Dataset, frame: ModelFrame, design: Design, analysis: Analysis
    ) -> xr.DataArray:
        """Pointwise log-likelihood, one a unit that is exchangeable.

        Parameters
        ----------
        posterior : xarray.Dataset
            Draws as `named` gives them.
        frame, design, analysis : ModelFrame, Design, Analysis
            What was fitted.

        Returns
        -------
        xarray.DataArray
            ``(chain, draw, <unit>)``, natural logarithms; the unit's column names the dimension, which
            is ``__obs__`` where each row is a unit.
        """

    def replicate(
        self,
        posterior: xr.Dataset,
        frame: ModelFrame,
        design: Design,
        analysis: Analysis,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """New outcomes of new units at the rows of the data, one set a draw.

        Parameters
        ----------
        posterior : xarray.Dataset
            Draws as `named` gives them, of the prior or of the posterior.
        frame, design, analysis : ModelFrame, Design, Analysis
            What was fitted.
        rng : numpy.random.Generator
            The source of randomness.

        Returns
        -------
        numpy.ndarray
            ``(chain, draw, row)``, in outcome units.
        """


def of_kind(kind: str) -> Callable[[Analysis], bool]:
    """Make the `matches` of a structure that every analysis of a kind has, and no other.

    Parameters
    ----------
    kind : str
        The value of `kind` in `[model]`.

    Returns
    -------
    callable
        Takes an analysis.
    """

    def matches(analysis: Analysis) -> bool:
        return analysis.kind == kind

    return matches


def labelled(
    values: np.ndarray,
    axes: Mapping[str, Sequence[object]] | None = None,
    draws: xr.Dataset | None = None,
) -> xr.DataArray:
    """Draws with their dimensions.

    Parameters
    ----------
    values : numpy.ndarray
        ``(chain, draw, ...)``.
    axes : mapping of str to sequence, optional
        Name of each further axis to its labels, in their order.
    draws : xarray.Dataset, optional
        Gives the chains and draws; counted from 0 if not given.

    Returns
    -------
    xarray.DataArray
        With a coordinate for each dimension.
    """
    axes = axes or {}
    coords: dict[str, Any] = {
        name: np.arange(length) if draws is None else draws[name]
        for name, length in zip(("chain", "draw"), values.shape, strict=False)
    }
    coords |= {name: list(labels) for name, labels in axes.items()}
    return xr.DataArray(values, dims=("chain", "draw", *axes), coords=coords)


def scales(analysis: Analysis, parameter: str, count: int, levels: str, each: str) -> np.ndarray:
    """Scales of a half-normal prior, of which a spec states one, or one a level.

    Parameters
    ----------
    analysis : Analysis
        The priors.
    parameter : str
        Whose prior.
    count : int
        Number of levels.
    levels, each : str
        What they are and what one of them is, for the message.

    Returns
    -------
    numpy.ndarray
        ``(count,)``.

    Raises
    ------
    SpecError
        For a list of another length.
    """
    stated = np.atleast_1d(np.asarray(analysis.priors[parameter]["sigma"], dtype=float))
    if len(stated) not in (1, count):
        raise SpecError(
            f"{analysis.where_from}: [priors.{analysis.prior_set}] {parameter!r}: sigma has "
            f"{len(stated)} values for {count} {levels}; give one number, or one a {each}"
        )
    return np.array(np.broadcast_to(stated, count))


def by_hand(
    model: "pm.Model",
    value_and_gradient: Callable[..., float],
    parts: Mapping[str, tuple[int, ...]],
    natural: Mapping[str, Callable[[np.ndarray, Mapping[str, np.ndarray]], np.ndarray]],
) -> Any:
    """A model for nutpie whose density and gradient are written by hand and compiled by Numba.

    Parameters
    ----------
    model : pymc.Model
        The same density as a graph; gives the placeholders of the data.
    value_and_gradient : callable
        Takes what is sampled, an array for the gradient, and the data by name; returns the value.
    parts : mapping of str to tuple of int
        Shapes of what is sampled, in its order.
    natural : mapping of str to callable
        From a part and the data to the values that are kept; a part without one is not kept.

    Returns
    -------
    nutpie compiled model
        With placeholder data and the parts of `natural` as its variables.
    """
    from nutpie.compiled_pyfunc import from_pyfunc

    ends = np.cumsum([int(np.prod(shape)) for shape in parts.values()])

    def density(theta: np.ndarray, **data: np.ndarray) -> tuple[float, np.ndarray]:
        gradient = np.empty_like(theta)
        return value_and_gradient(theta, gradient, **data), gradient

    def expanded(theta: np.ndarray, **data: np.ndarray) -> dict[str, np.ndarray]:
        pieces = dict(zip(parts, np.split(theta, ends[:-1]), strict=True))
        return {
            name: kept(pieces[name].reshape(parts[name]), data) for name, kept in natural.items()
        }

    return from_pyfunc(
        int(ends[-1]),
        lambda: density,
        lambda *_: expanded,
        [np.dtype(float)] * len(natural),
        [parts[name] for name in natural],
        list(natural),
        shared_data={one.name: np.asarray(one.get_value(), dtype=float) for one in model.data_vars},
    )
