"""Whether models explain the same data, and on which scale: before their predictive densities are compared."""

import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd

from adbayes.cohort.outcomes import OUTCOMES
from adbayes.errors import SpecError
from adbayes.inference.fit import Fit
from adbayes.inference.marginal_likelihood import unit_names
from adbayes.model import gaussian_copula

# Families whose likelihood is a probability, not a density.
DISCRETE = ("bernoulli", "binomial", "beta_binomial", "negativebinomial", "poisson", "cumulative")
_HURDLE = "hurdle_gamma"  # a density above 0, a probability at 0
_SUFFIXES = ("_change", "_percent_change", "_fraction")


def log_jacobians(fits: Sequence[Fit]) -> list[pd.Series]:
    """What brings each model's log density to one scale, if all explain the same data.

    Parameters
    ----------
    fits : sequence of Fit
        Models to compare.

    Returns
    -------
    list of pandas.Series
        One a model: for each unit the sum over its rows of log |dz/dy|, where z is the model's
        outcome and y the score it was derived from; 0 where all models have one outcome.

    Raises
    ------
    SpecError
        For other rows, other values, or a probability beside a density (of all outcomes, or of 0).
    """
    first = fits[0]
    kinds = {
        fit.analysis.family.name in DISCRETE or fit.analysis.kind == gaussian_copula.NAME
        for fit in fits
    }
    if len(kinds) > 1:
        listed = ", ".join(dict.fromkeys(fit.analysis.family.name for fit in fits))
        raise SpecError(
            f"compare_models: {listed}: a probability of whole numbers and a density are not on one "
            "scale; compare models of one kind"
        )
    masses = {
        fit.analysis.family.name == _HURDLE and bool((fit.frame.y == 0).any()) for fit in fits
    }
    if len(masses) > 1:
        listed = ", ".join(dict.fromkeys(fit.analysis.family.name for fit in fits))
        raise SpecError(
            f"compare_models: {listed}: a value of 0 has a probability under {_HURDLE} and a density under the "
            "others, which are not on one scale; compare models of rows above 0, or hurdle models alone"
        )
    one_outcome = len({fit.frame.outcome for fit in fits}) == 1
    tables = [_rows(fit, as_modelled=one_outcome) for fit in fits]
    for fit, table in zip(fits[1:], tables[1:], strict=True):
        _same(first, tables[0], fit, table)
    return [table.groupby("unit", sort=False)["log_jacobian"].sum() for table in tables]


def base_outcome(name: str) -> tuple[str, str]:
    """The score that a column was derived from.

    Parameters
    ----------
    name : str
        A column.

    Returns
    -------
    tuple of str
        Score and suffix: ``easi_percent_change`` is ``("easi", "_percent_change")``; a column that
        is not a derived score is itself, with an empty suffix.
    """
    for outcome, suffix in itertools.product(OUTCOMES, _SUFFIXES):
        if name == outcome + suffix:
            return outcome, suffix
    return name, ""


def _rows(fit: Fit, *, as_modelled: bool) -> pd.DataFrame:
    """Unit, value and log-Jacobian of every row, on the scale of the score."""
    z = fit.frame.y
    table = pd.DataFrame({"unit": unit_names(fit), "value": z, "log_jacobian": 0.0})
    outcome, suffix = base_outcome(fit.frame.outcome)
    if as_modelled or not suffix:
        return table
    source = fit.cohort.frame
    baseline = table["unit"].map(
        source.assign(patient=source["patient"].astype(str))
        .drop_duplicates("patient")
        .set_index("patient")[f"{outcome}_baseline"]
    )
    slope = {
        "_change": pd.Series(1.0, table.index),
        "_percent_change": 100 / baseline,
        "_fraction": 1 / baseline,
    }[suffix]
    value = {
        "_change": baseline + z,
        "_percent_change": baseline - z * baseline / 100,
        "_fraction": z * baseline,
    }[suffix]
    return table.assign(value=value, log_jacobian=np.log(slope))


def _same(first: Fit, rows: pd.DataFrame, other: Fit, others: pd.DataFrame) -> None:
    names = tuple(base_outcome(fit.frame.outcome)[0] for fit in (first, other))
    labels = tuple(f"{fit.analysis.key} ({fit.frame.outcome})" for fit in (first, other))
    if names[0] != names[1]:
        raise SpecError(
            f"compare_models: {labels[0]} and {labels[1]} have other outcomes; only models of one "
            "outcome can be compared"
        )
    if len(rows) != len(others) or set(rows["unit"]) != set(others["unit"]):
        raise SpecError(
            f"compare_models: {labels[0]} uses {len(rows)} rows of {rows['unit'].nunique()} and "
            f"{labels[1]} {len(others)} of {others['unit'].nunique()} {first.frame.unit or 'row'}s; "
            "fit both to the rows that both can use"
        )
    # As a set of values a unit: models may keep the rows in different order and other columns.
    a, b = (
        table.sort_values(["unit", "value"])["value"].to_numpy(dtype=float)
        for table in (rows, others)
    )
    if not np.allclose(a, b, rtol=1e-9, atol=1e-6):
        raise SpecError(
            f"compare_models: {labels[0]} and {labels[1]} have other values of {names[0]} in the same "
            "number of rows; fit both to the same data"
        )
