"""How the rows of Table 5, and of Table 4, depend on each other: the same patients are behind all of them.

Two estimates of one outcome's dependence on two predictors, from the same patients and near no effect,
correlate like the two predictors do, because each score is a sum over patients of predictor times
residual. Predictors that are laboratory values above a cut correlate by phi, which the shares above
the cuts bound (a share of 0.59 and one of 0.09 cannot correlate by more than 0.25); the shares are
printed or follow from printed numbers, and only the correlation of the uncut values is assumed.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import integrate, stats

from adbayes.errors import SpecError
from adbayes.inference.printed_correlations import SCORES, printed_matrix
from adbayes.inference.printed_ids import quantity_ids
from adbayes.model.library import models_folder
from adbayes.paper.published import load_paper

Array = NDArray[np.float64]

HIERARCHICAL = "hierarchical"
"""The variant of rows that share a scale; what else begins so states another dependence."""

TABLES = {"table5": "log_odds_ratio_scale", "table4": "difference_scale"}
"""Table to the key of the prior of its scale in models/published.toml."""

_FILE = "published.toml"
_CUTS = {"ige": 100.0, "tec": 500.0}


@dataclass(frozen=True)
class Dependence:
    """A stated dependence of rows.

    Parameters
    ----------
    same_lab : float
        Correlation of one laboratory value at two visits, in [0, 1).
    other_lab : float
        Of two laboratory values, in [0, same_lab].
    outcomes : bool
        Whether rows of two outcomes correlate as Figure 2 prints (Table 4).
    effects : bool
        Whether the true effects correlate like their estimates; otherwise they are exchangeable.
    why : str
        The reason.
    """

    same_lab: float
    other_lab: float
    outcomes: bool
    effects: bool
    why: str


@cache
def dependences() -> Mapping[str, Dependence]:
    """The stated dependences of models/published.toml.

    Returns
    -------
    mapping of str to Dependence
        Variant to dependence; the reported one, ``hierarchical``, first.

    Raises
    ------
    SpecError
        For a table with other keys than `Dependence`, or correlations out of range.
    """
    text = (models_folder() / _FILE).read_text(encoding="utf-8")
    return MappingProxyType(read_dependences(tomllib.loads(text)["dependence"]))


def read_dependences(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, Dependence]:
    """Check the ``[dependence]`` tables of a file.

    Parameters
    ----------
    tables : mapping
        Name to keys and values.

    Returns
    -------
    dict of str to Dependence
        Variant to dependence, in the order of the file.

    Raises
    ------
    SpecError
        For a table with other keys than `Dependence`, or correlations out of range.
    """
    found = {}
    keys = list(Dependence.__dataclass_fields__)
    for name, table in tables.items():
        if set(table) != set(keys):
            raise SpecError(
                f"{_FILE}: [dependence.{name}] has {', '.join(table)}; it takes {', '.join(keys)}."
            )
        made = Dependence(**table)
        if not 0 <= made.other_lab <= made.same_lab < 1:
            raise SpecError(
                f"{_FILE}: [dependence.{name}] needs 0 <= other_lab <= same_lab < 1, found "
                f"{made.other_lab:g} and {made.same_lab:g}."
            )
        found[HIERARCHICAL if name == "reported" else f"{HIERARCHICAL}_{name}"] = made
    return found


@cache
def row_ids(table: str) -> tuple[str, ...]:
    """The rows of a table that share a scale.

    Parameters
    ----------
    table : str
        Of `TABLES`.

    Returns
    -------
    tuple of str
        17 odds ratios, or 16 differences, in the order of the paper.
    """
    end = ".or" if table == "table5" else ".difference"
    return tuple(id for id in quantity_ids() if id.startswith(f"{table}.") and id.endswith(end))


def phi(latent: float, first: float, second: float) -> float:
    """Correlation of two normal variables once each is cut in two.

    Parameters
    ----------
    latent : float
        Their correlation before, in [0, 1).
    first, second : float
        Shares above the cuts, in (0, 1).

    Returns
    -------
    float
        In [0, 1): the integral of the bivariate normal density at the cuts over the correlation
        from 0 to `latent` (Plackett 1954, doi:10.1093/biomet/41.3-4.351), over the two SDs.
    """
    a, b = float(stats.norm.isf(first)), float(stats.norm.isf(second))

    def density(rho: float) -> float:
        rest = 1 - rho * rho
        power = (a * a - 2 * rho * a * b + b * b) / (2 * rest)
        return float(np.exp(-power) / (2 * np.pi * np.sqrt(rest)))

    both = integrate.quad(density, 0, latent)[0]
    return float(both / np.sqrt(first * (1 - first) * second * (1 - second)))


@cache
def _share(lab: str, visit: str) -> tuple[float, int]:
    """Share of patients above a cut, and patients with a value (0 where only Table 3 speaks of them)."""
    number = load_paper().number
    if lab == "ldh":
        low, high = (number(f"table4.ldh_{visit}.{group}.n").n or 0 for group in ("lo", "hi"))
        return high / (low + high), low + high
    mean, sd = (number(f"table3.{lab}.{visit}.{name}").numeric for name in ("mean", "sd"))
    spread = np.sqrt(np.log1p((sd / mean) ** 2))
    centre = np.log(mean) - spread**2 / 2
    return float(stats.norm.sf((np.log(_CUTS[lab]) - centre) / spread)), 0


def _lab(row: str) -> tuple[str, str]:
    """Laboratory value and visit of a row or column; empty for a characteristic of the patients."""
    lab, _, visit = row.partition("_")
    return (lab, visit) if lab in ("ige", "tec", "ldh") else ("", "")


@cache
def _between(one: str, other: str, dependence: Dependence) -> float:
    """Correlation of two predictors, by the names of their rows."""
    (lab, visit), (other_lab, other_visit) = _lab(one), _lab(other)
    if one == other or not (lab and other_lab):
        return float(one == other)
    (share, n), (other_share, other_n) = _share(lab, visit), _share(other_lab, other_visit)
    latent = dependence.same_lab if lab == other_lab else dependence.other_lab
    # At best the patients of the smaller row are all among those of the larger.
    overlap = np.sqrt(min(n, other_n) / max(n, other_n)) if n and other_n else 1.0
    return float(phi(latent, share, other_share) * overlap)


def dependence_of(table: str, dependence: Dependence) -> Array:
    """The correlation of a table's rows.

    Parameters
    ----------
    table : str
        Of `TABLES`.
    dependence : Dependence
        As stated.

    Returns
    -------
    numpy.ndarray
        ``(rows, rows)``, in the order of `row_ids`. Table 5: laboratory values above their cuts (shares
        of LDH from the groups of Table 4, of IgE and TEC from lognormals with the means and SDs of
        Table 3), and no correlation with or between the patients' characteristics. Table 4: LDH at
        two visits times the two outcomes.
    """
    rows = [id.split(".") for id in row_ids(table)]
    made = np.eye(len(rows))
    outcomes = printed_matrix() if dependence.outcomes else np.eye(len(SCORES))
    for i, one in enumerate(rows):
        for j, other in enumerate(rows[:i]):
            if table == "table4":
                value = _between(one[2], other[2], dependence)
                value *= outcomes[SCORES.index(one[1]), SCORES.index(other[1])]
            else:
                value = _between(one[1], other[1], dependence)
            made[i, j] = made[j, i] = value
    return made
