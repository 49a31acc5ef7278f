"""Compile a structure once, then swap rows and prior values.

Users wait for compilation, not for sampling. nutpie's `with_data` does not check what it is given,
and a wrong shape has crashed the process without an exception, so everything is checked here first.
"""

from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from adbayes.model import logistic_regression, random_intercept
from adbayes.model.analysis import Analysis

STRUCTURES: tuple[ModuleType, ...] = (logistic_regression, random_intercept)


def structure_of(analysis: Analysis) -> ModuleType | None:
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


@cache
def compiled(structure: ModuleType, width: int) -> Any:
    """Compile a structure, once in a process.

    Parameters
    ----------
    structure : module
        One of `STRUCTURES`.
    width : int
        Number of coefficients.

    Returns
    -------
    nutpie compiled model
        With placeholder data; give it to `swapped`.
    """
    import nutpie

    return nutpie.compile_pymc_model(structure.pymc_model(width))


@cache
def _placeholders(structure: ModuleType, width: int) -> dict[str, np.ndarray]:
    model = structure.pymc_model(width)
    return {variable.name: variable.get_value() for variable in model.data_vars}


def swapped(structure: ModuleType, width: int, data: dict[str, np.ndarray]) -> Any:
    """Put an analysis's data into a compiled structure, after checking every array.

    Parameters
    ----------
    structure : module
        One of `STRUCTURES`.
    width : int
        Number of coefficients.
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
    check_swap(_placeholders(structure, width), width, data)
    clean = {name: np.array(value, dtype=np.float64, order="C") for name, value in data.items()}
    return compiled(structure, width).with_data(**clean)


def check_swap(
    placeholders: dict[str, np.ndarray], width: int, data: dict[str, np.ndarray]
) -> None:
    """Refuse arrays that the compiled structure would not survive.

    Parameters
    ----------
    placeholders : dict of str to numpy.ndarray
        What it was compiled with: names, ranks, and which axes are coefficients.
    width : int
        Number of coefficients.
    data : dict of str to numpy.ndarray
        What it is to be given.

    Raises
    ------
    ValueError
        As `swapped` says.
    """
    if set(data) != set(placeholders):
        raise ValueError(f"the structure holds {sorted(placeholders)}, found {sorted(data)}")
    lengths: set[int] = set()
    fixed = ("XtX", "Xty", "prior_mu", "prior_sigma")
    for name, placeholder in placeholders.items():
        value = np.asarray(data[name], dtype=float)
        if value.ndim != placeholder.ndim:
            raise ValueError(f"{name} must have rank {placeholder.ndim}, found {value.ndim}")
        if not np.isfinite(value).all():
            raise ValueError(f"{name} holds a value that is not finite")
        if (name in fixed and value.shape != (width,) * value.ndim) or (
            value.ndim == 2 and value.shape[1] != width
        ):
            raise ValueError(f"{name} must have width {width}, found shape {value.shape}")
        if name not in fixed and value.ndim:
            lengths.add(value.shape[0])
        positive = name.endswith(("_scale", "prior_sigma")) or name in ("n_in_group", "n_rows")
        if positive and (value <= 0).any():
            raise ValueError(f"{name} must be positive")
    if len(lengths) != 1 or min(lengths) < 1:
        raise ValueError(f"arrays of rows or groups must have one length, found {sorted(lengths)}")
