"""The kind `mmrm`: a Gaussian model of repeated measures with a covariance of visits.

A unit's outcomes are multivariate normal about the formula's mean. Its effects are never sampled,
and a missing visit takes its row and column out of the covariance (ignorable missingness).
"""

from collections.abc import Callable

import numpy as np
import xarray as xr

from adbayes.errors import SpecError
from adbayes.model.analysis import MEAN, SCORE, Analysis
from adbayes.model.families import FAMILIES
from adbayes.model.kind import Likelihood, Parameter, ungrouped
from adbayes.model.lkj import matrices
from adbayes.model.spec_tables import MmrmTable

NAME = "mmrm"
TABLE = MmrmTable
IMPUTES = False


def read(table: MmrmTable, fill: Callable[[str], str], where: str) -> Likelihood:
    """Gaussian with identity link, indexed by unit and time (`Kind.read`).

    Raises
    ------
    SpecError
        For a formula that cannot be read or has group effects, and for a unit that is the time.
    """
    family = FAMILIES["gaussian"]
    instead = ", which kind mmrm has not; the covariance takes its place"
    formulas, faults = ungrouped(fill(table.formula), where, instead)
    if table.unit == table.time:
        faults.append(f"{where}: [model] unit and time are both {table.unit!r}; name two columns")
    if faults:
        raise SpecError("\n".join(faults))
    options = {"unit": table.unit, "time": table.time, "covariance": table.covariance}
    return Likelihood(formulas, family, family.links[0], options, (table.unit, table.time))


def parameters(likelihood: Likelihood) -> tuple[Parameter, ...]:
    """The mean's terms, ``sigma`` and ``correlation`` (`Kind.parameters`).

    One SD a visit and a matrix; under compound symmetry one SD and one number.
    """
    free = likelihood.options["covariance"] == "unstructured"
    return (
        *(Parameter(name, distributions=("Normal",)) for name in likelihood.formulas[MEAN].common),
        Parameter("sigma", listed=free, distributions=("HalfNormal",)),
        Parameter(
            "correlation", listed=False, distributions=("LKJ",) if free else ("Beta", "Uniform")
        ),
    )


def answers(analysis: Analysis) -> frozenset[str]:
    """SDs, shares and correlations only by the column of time (`Kind.answers`)."""
    found = {"mean", "mean_change", "ratio_of_means"}
    if analysis.estimands.by == analysis.options["time"]:
        found |= {"predictive_sd", "share_mcid", "correlation"}
    if analysis.data.stack and analysis.options["time"] == SCORE:
        found |= {"correlation", "partial_correlation"}
    if analysis.options["covariance"] == "compound_symmetry":
        found |= {"icc"}
    return frozenset(found)


def covariance(posterior: xr.Dataset, analysis: Analysis, levels: list[str]) -> np.ndarray:
    """From ``sigma`` and ``correlation`` (`Kind.covariance`)."""
    if analysis.options["covariance"] == "compound_symmetry":
        size = len(levels)
        variance = posterior["sigma"].to_numpy()[..., None, None] ** 2
        rho = posterior["correlation"].to_numpy()[..., None, None]
        return np.asarray(variance * (rho + (1 - rho) * np.eye(size)))
    sigma = posterior["sigma"].transpose("chain", "draw", "sigma_dim").to_numpy()
    values = posterior["correlation"].transpose("chain", "draw", "correlation_dim").to_numpy()
    return np.asarray(sigma[..., :, None] * matrices(values) * sigma[..., None, :])
