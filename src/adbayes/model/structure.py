"""What a structure is: a density that is compiled once and given data, and what follows from it."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np
import xarray as xr

from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design
from adbayes.model.frame import ModelFrame

if TYPE_CHECKING:
    import pymc as pm

Frozen = tuple[int | str | tuple[int, ...], ...]
"""What a compiled structure cannot change, such as its number of coefficients."""


class Structure(Protocol):
    """A module with one density; `adbayes.model.compiled` lists them."""

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
        """Whether an analysis has this structure."""

    def frozen(self, analysis: Analysis, frame: ModelFrame, design: Design) -> Frozen:
        """The arguments of `pymc_model`."""

    @property
    def pymc_model(self) -> "Callable[..., pm.Model]":
        """Takes the frozen parts, gives the density with placeholders for its data."""

    def swap_data(
        self, analysis: Analysis, frame: ModelFrame, design: Design
    ) -> dict[str, np.ndarray]:
        """Everything that differs between two analyses with the same frozen parts."""

    def named(
        self,
        sampled: xr.Dataset,
        frame: ModelFrame,
        design: Design,
        analysis: Analysis,
        rng: np.random.Generator,
    ) -> xr.Dataset:
        """Draws under the names users see, with what was integrated out drawn afterwards."""

    def prior_draws(
        self,
        frame: ModelFrame,
        design: Design,
        analysis: Analysis,
        size: int,
        rng: np.random.Generator,
    ) -> xr.Dataset:
        """Draws from the prior under the same names, one chain."""

    def log_likelihood(
        self, posterior: xr.Dataset, frame: ModelFrame, design: Design, analysis: Analysis
    ) -> xr.DataArray:
        """Pointwise log-likelihood, one a unit that is exchangeable: ``(chain, draw, unit)``."""

    def replicate(
        self,
        posterior: xr.Dataset,
        frame: ModelFrame,
        design: Design,
        analysis: Analysis,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """New outcomes of new units at the rows of the data: ``(chain, draw, row)``."""
