"""All data of a graph in two arrays, because nutpie compiles half a second for every one it is given.

A structure of twelve data waits 9 s for nutpie, of which 6 s are the code that hands it its data. Here the
graph takes two: the numbers of all data one after the other, and the lengths of the axes that are free.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from adbayes.model.structure import Structure

if TYPE_CHECKING:
    import pymc as pm

NUMBERS, LENGTHS = "numbers", "lengths"
"""Names of the two arrays."""


def packed_model(structure: Structure, model: "pm.Model") -> "pm.Model":
    """The same density, its data read from two arrays.

    Parameters
    ----------
    structure : module
        Says which axes are free.
    model : pymc.Model
        From the structure's `pymc_model`, with placeholders for its data.

    Returns
    -------
    pymc.Model
        A copy without the data of the first; it asks for what `packed_data` gives.
    """
    import pymc as pm
    import pytensor.tensor as pt
    from pytensor.compile.sharedvalue import shared

    placeholders = {variable.name: variable.get_value() for variable in model.data_vars}
    arrays = packed_data(structure, placeholders)
    numbers, lengths = (shared(arrays[name], name=name) for name in (NUMBERS, LENGTHS))
    free = sorted(structure.FREE)
    found = {}
    at = pt.constant(0)
    for name in sorted(placeholders):
        there = placeholders[name]
        shape = [
            lengths[free.index(dim)] if dim in structure.FREE else there.shape[axis]
            for axis, dim in enumerate(structure.DIMS[name])
        ]
        size = pt.prod(pt.stack(shape)) if shape else pt.constant(1)
        values = numbers[at : at + size].reshape(shape) if shape else numbers[at]
        found[name] = values.astype(there.dtype)
        at = at + size
    return pm.do(model, found)


def packed_data(structure: Structure, data: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Two arrays with everything in the data.

    Parameters
    ----------
    structure : module
        Says which axes are free.
    data : mapping of str to numpy.ndarray
        All of the structure's data, of lengths that agree.

    Returns
    -------
    dict of str to numpy.ndarray
        `numbers`, whole ones among them as floats; `lengths`, 0 for an axis that no datum has.
    """
    sizes = {
        dim: size
        for name, values in data.items()
        for dim, size in zip(structure.DIMS[name], np.shape(values), strict=True)
    }
    return {
        NUMBERS: np.concatenate([np.ravel(data[name]).astype(float) for name in sorted(data)]),
        LENGTHS: np.array([sizes.get(dim, 0) for dim in sorted(structure.FREE)], dtype=np.int64),
    }
