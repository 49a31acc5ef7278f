"""Compile a structure once, then swap rows and prior values.

Users wait for compilation, not for sampling. nutpie's `with_data` does not check what it is given,
and a wrong shape has crashed the process without an exception, so everything is checked here first.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from adbayes.model import (
    copula_structure,
    imputed_logistic,
    joint_structure,
    location_scale,
    logistic_any_prior,
    logistic_regression,
    random_intercept,
    random_intercept_scale,
    visit_covariance,
)
from adbayes.model.analysis import Analysis
from adbayes.model.kinds import KINDS
from adbayes.model.packing import packed_data, packed_model
from adbayes.model.structure import Frozen, Structure

if TYPE_CHECKING:
    import pymc as pm

STRUCTURES: tuple[Structure, ...] = (
    logistic_regression,
    logistic_any_prior,  # after the one whose density it has where every prior is normal
    random_intercept,
    random_intercept_scale,
    imputed_logistic,
    visit_covariance,
    joint_structure,
    copula_structure,
    location_scale,
)


def structure_of(analysis: Analysis) -> Structure | None:
    """The swappable structure of an analysis, if it has one.

    Parameters
    ----------
    analysis : Analysis
        What is to be fitted.

    Returns
    -------
    module or None
        One of `STRUCTURES`; None for what is fitted through Bambi's own graph.
    """
    return next((module for module in STRUCTURES if module.matches(analysis)), None)


def swaps(analysis: Analysis) -> bool:
    """Whether another data set of the same columns costs no compilation.

    Parameters
    ----------
    analysis : Analysis
        What is to be fitted.

    Returns
    -------
    bool
        False for Bambi's own graphs, and where missing values are parameters, as many as there are.
    """
    return structure_of(analysis) is not None and not KINDS[analysis.kind].IMPUTES


@cache
def compiled(structure: Structure, frozen: Frozen) -> Any:
    """Compile a structure, once in a process.

    Parameters
    ----------
    structure : module
        One of `STRUCTURES`.
    frozen : tuple
        What it cannot change afterwards, from the structure's `frozen`.

    Returns
    -------
    nutpie compiled model
        With placeholder data; give it to `swapped`.
    """
    by_hand = getattr(structure, "nutpie_model", None)  # a structure may bring its own
    if by_hand:
        return by_hand(*frozen)
    return compile_graph(packed_model(structure, structure.pymc_model(*frozen)))


def compile_graph(model: "pm.Model", **how: Any) -> Any:
    """Compile a PyMC model for nutpie, with arithmetic in the order in which it is written.

    PyTensor lets Numba reorder sums by default. Then the last digit of a density, and soon the draws, depend
    on the processor and on whether its kernels were compiled in this process or read from the cache.

    Parameters
    ----------
    model : pymc.Model
        The density.
    **how
        Arguments of `nutpie.compile_pymc_model`.

    Returns
    -------
    nutpie compiled model
        Ready to sample.
    """
    import nutpie
    from pytensor.configdefaults import config

    with config.change_flags(numba__fastmath=False):
        return nutpie.compile_pymc_model(model, **how)


@cache
def _placeholders(structure: Structure, frozen: Frozen) -> dict[str, np.ndarray]:
    model = structure.pymc_model(*frozen)
    return {variable.name: variable.get_value() for variable in model.data_vars}


def swapped(structure: Structure, frozen: Frozen, data: dict[str, np.ndarray]) -> Any:
    """Put an analysis's data into a compiled structure, after checking every array.

    Parameters
    ----------
    structure : module
        One of `STRUCTURES`.
    frozen : tuple
        From the structure's `frozen`.
    data : dict of str to numpy.ndarray
        From the structure's `swap_data`.

    Returns
    -------
    nutpie compiled model
        Ready to sample.

    Raises
    ------
    ValueError
        For a missing or extra array, a wrong rank or width, lengths that disagree, a value that is
        not finite, a scale that is not positive. It means a fault in the builder, not in the data.
    """
    there = _placeholders(structure, frozen)
    check_swap(structure, there, data)
    clean = {key: np.array(value, dtype=there[key].dtype, order="C") for key, value in data.items()}
    by_hand = hasattr(structure, "nutpie_model")
    return compiled(structure, frozen).with_data(
        **(clean if by_hand else packed_data(structure, clean))
    )


def check_swap(
    structure: Structure, placeholders: dict[str, np.ndarray], data: dict[str, np.ndarray]
) -> None:
    """Refuse arrays that the compiled structure would not survive.

    Parameters
    ----------
    structure : module
        Says which axes may change and what must be positive.
    placeholders : dict of str to numpy.ndarray
        What it was compiled with.
    data : dict of str to numpy.ndarray
        What it is to be given.

    Raises
    ------
    ValueError
        As `swapped` says.
    """
    if set(data) != set(placeholders):
        raise ValueError(f"the structure holds {sorted(placeholders)}, found {sorted(data)}")
    lengths: dict[str, set[int]] = {}
    for name, placeholder in placeholders.items():
        value = np.asarray(data[name], dtype=float)
        if value.ndim != placeholder.ndim:
            raise ValueError(f"{name} must have rank {placeholder.ndim}, found {value.ndim}")
        if not np.isfinite(value).all():
            raise ValueError(f"{name} holds a value that is not finite")
        if name in structure.POSITIVE and (value <= 0).any():
            raise ValueError(f"{name} must be positive")
        for axis, dim in enumerate(structure.DIMS[name]):
            if dim in structure.FREE:
                lengths.setdefault(dim, set()).add(value.shape[axis])
            elif value.shape[axis] != placeholder.shape[axis]:
                raise ValueError(
                    f"{name} must have width {placeholder.shape[axis]} along {dim}, "
                    f"found shape {value.shape}"
                )
    for dim, found in lengths.items():
        if len(found) != 1 or min(found) < 1:
            raise ValueError(f"arrays by {dim} must have one length, found {sorted(found)}")
