"""The kind `joint_scores`: several scores at several visits, with correlated patient effects.

A multivariate mixed model. Every score has its own patient effect, the same at all visits, and the
effects of one patient are correlated; so are the residuals of the scores at one visit. Each score has
an SD of its residuals at each visit. What is missing is left out (ignorable missingness).
"""

from collections.abc import Callable

import numpy as np
import xarray as xr

from adbayes.errors import SpecError
from adbayes.model.analysis import MEAN, SCORE, Analysis
from adbayes.model.families import FAMILIES
from adbayes.model.kind import Likelihood, Parameter, ungrouped
from adbayes.model.lkj import matrices
from adbayes.model.spec_tables import JointScoresTable

NAME = "joint_scores"
TABLE = JointScoresTable
IMPUTES = False


def read(table: JointScoresTable, fill: Callable[[str], str], where: str) -> Likelihood:
    """Gaussian with identity link, indexed by unit, time and score (`Kind.read`).

    Raises
    ------
    SpecError
        For a formula that cannot be read or has group effects, and for two of unit, time and score
        that are one column.
    """
    family = FAMILIES["gaussian"]
    instead = f"; kind {NAME} has the effects of {table.unit!r} already, leave it out"
    formulas, faults = ungrouped(fill(table.formula), where, instead)
    named = (table.unit, table.time, SCORE)
    if len(set(named)) < len(named):
        faults.append(
            f"{where}: [model] unit is {table.unit!r} and time is {table.time!r}; name two columns, "
            f"neither of them {SCORE!r}"
        )
    if faults:
        raise SpecError("\n".join(faults))
    options = {"unit": table.unit, "time": table.time, "residuals": table.residuals}
    return Likelihood(formulas, family, family.links[0], options, named)


def parameters(likelihood: Likelihood) -> tuple[Parameter, ...]:
    """The mean's terms, SDs and correlations (`Kind.parameters`).

    ``effect_sd`` (one a score) and ``effect_correlation`` of the units' effects; ``sigma`` (one a
    score, used at every time) and ``residual_correlation`` of the residuals.
    """
    return (
        *(Parameter(name, distributions=("Normal",)) for name in likelihood.formulas[MEAN].common),
        Parameter("effect_sd", distributions=("HalfNormal",)),
        Parameter("effect_correlation", listed=False, distributions=("LKJ",)),
        Parameter("sigma", distributions=("HalfNormal",)),
        Parameter("residual_correlation", listed=False, distributions=("LKJ",)),
    )


def answers(analysis: Analysis) -> frozenset[str]:
    """Correlations (`Kind.answers`)."""
    return frozenset({"correlation", "partial_correlation"})


def covariance(posterior: xr.Dataset, analysis: Analysis, levels: list[str]) -> np.ndarray:
    """Refused: a unit has several outcomes at a level (`Kind.covariance`).

    See `effect_covariance` and `residual_covariance`.

    Raises
    ------
    NotImplementedError
        Always; `answers` names no estimand that asks for it.
    """
    raise NotImplementedError(f"{analysis.model} has several outcomes at a time")


def effect_covariance(posterior: xr.Dataset) -> np.ndarray:
    """Covariance of one unit's effects on the scores.

    Parameters
    ----------
    posterior : xarray.Dataset
        Draws.

    Returns
    -------
    numpy.ndarray
        ``(chain, draw, score, score)``.
    """
    sd = posterior["effect_sd"].transpose("chain", "draw", ...).to_numpy()
    values = posterior["effect_correlation"].transpose("chain", "draw", ...).to_numpy()
    return np.asarray(sd[..., :, None] * matrices(values) * sd[..., None, :])


def residual_covariance(posterior: xr.Dataset) -> np.ndarray:
    """Covariance of one unit's residuals at each time.

    Parameters
    ----------
    posterior : xarray.Dataset
        Draws.

    Returns
    -------
    numpy.ndarray
        ``(chain, draw, time, score, score)``.
    """
    sd = posterior["sigma"].transpose("chain", "draw", "sigma_time", "sigma_dim").to_numpy()
    correlation = posterior["residual_correlation"]
    by_time = "residual_correlation_time" in correlation.dims
    order = ("chain", "draw", *(("residual_correlation_time",) if by_time else ()), ...)
    values = matrices(correlation.transpose(*order).to_numpy())
    if not by_time:
        values = values[:, :, None]
    return np.asarray(sd[..., :, None] * values * sd[..., None, :])
