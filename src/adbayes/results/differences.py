"""Means of an outcome in the groups of a 0/1 predictor, and their difference."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from adbayes.inference.fit import Fit


@dataclass(frozen=True)
class GroupMeans:
    """Mean outcome with a predictor set to 0 and to 1 in everyone.

    Parameters
    ----------
    term : str
        The predictor's column.
    low, high : numpy.ndarray
        ``(chain, draw)``, outcome units: averages over the patients, within each draw, of the
        model's location (with Student t errors the centre, which is their mean where it exists).
    """

    term: str
    low: np.ndarray
    high: np.ndarray


def group_means(fit: Fit) -> Iterator[GroupMeans]:
    """The means in the groups of every reported 0/1 predictor.

    Parameters
    ----------
    fit : Fit
        A model with identity link and no group effects.

    Yields
    ------
    GroupMeans
        In the order of the formula; predictors with other values than 0 and 1 have none.
    """
    data = fit.frame.data
    named = fit.analysis.estimands.terms or tuple(term.name for term in fit.design.terms)
    beta = fit.design.coefficient_draws(fit.posterior)
    for term in fit.design.terms:
        name = term.name
        if name not in named or name not in data or set(data[name].unique()) - {0.0, 1.0}:
            continue
        rows = (data.assign(**{name: value}) for value in (0.0, 1.0))
        low, high = (
            beta @ fit.design.at(each).mean(axis=0) + fit.design.added_at(each).mean()
            for each in rows
        )
        yield GroupMeans(name, low, high)


def group_term(column: str, value: int) -> str:
    """What a row about one group of a predictor is called.

    Parameters
    ----------
    column : str
        The 0/1 predictor.
    value : int
        0 or 1.

    Returns
    -------
    str
        ``ldh_ge_250_w0 = 1``, as in the posteriors from print.
    """
    return f"{column} = {value}"
