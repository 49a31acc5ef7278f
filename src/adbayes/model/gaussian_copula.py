"""The kind `gaussian_copula`: correlations of scores behind their bounds, ties and skew.

Each score is an ordered category of a latent normal: its margin is free, one share for each value that
occurs, and the latent normals of a patient's scores are multivariate normal. The correlations are then
those of the copula, whatever the scales of the scores (a multivariate ordered probit; the likelihood that
Hoff 2007, doi 10.1214/07-AOAS107, keeps the ranks of). Where a score is missing it says nothing.
"""

from collections.abc import Callable

import numpy as np
import xarray as xr

from adbayes.errors import SpecError
from adbayes.model.analysis import MEAN, SCORE, VALUE, Analysis
from adbayes.model.families import FAMILIES
from adbayes.model.formula import parse_formula
from adbayes.model.kind import Likelihood, Parameter
from adbayes.model.lkj import matrices
from adbayes.model.spec_tables import GaussianCopulaTable

NAME = "gaussian_copula"
TABLE = GaussianCopulaTable
IMPUTES = False


def read(table: GaussianCopulaTable, fill: Callable[[str], str], where: str) -> Likelihood:
    """Indexed by unit and score (`Kind.read`).

    Its formula only names the columns, because margins are free.

    Raises
    ------
    SpecError
        Where the unit is the column of scores.
    """
    if table.unit == SCORE:
        raise SpecError(f"{where}: [model] unit is {SCORE!r}, the column of scores; name another")
    family = FAMILIES["gaussian"]
    formula = parse_formula(f"{VALUE} ~ 0 + {SCORE}", family.name)
    options = {"unit": table.unit, "time": SCORE}
    return Likelihood({MEAN: formula}, family, family.links[0], options, (table.unit, SCORE))


def parameters(likelihood: Likelihood) -> tuple[Parameter, ...]:
    """``correlation`` and ``margins`` (`Kind.parameters`).

    Of the latent normals, and the shares of each score's values.
    """
    return (
        Parameter("correlation", listed=False, distributions=("LKJ",)),
        Parameter("margins", listed=False, distributions=("Dirichlet",)),
    )


def answers(analysis: Analysis) -> frozenset[str]:
    """Correlations, where rows are stacked (`Kind.answers`)."""
    return frozenset({"correlation", "partial_correlation"} if analysis.data.stack else ())


def covariance(posterior: xr.Dataset, analysis: Analysis, levels: list[str]) -> np.ndarray:
    """Of one unit's latent normals, whose variances are 1 (`Kind.covariance`)."""
    return matrices(posterior["correlation"].transpose("chain", "draw", ...).to_numpy())
