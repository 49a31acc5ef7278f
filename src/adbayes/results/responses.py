"""Shares of new patients who respond, from models of 0/1 responses and of ordered classes."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from adbayes.inference.fit import Fit
from adbayes.model.answerable import levels
from adbayes.model.responses import rules_of
from adbayes.results.marginal import INVERSE_LINKS, NODES, patient_effects


def response_quantity(fit: Fit, nodes: int = NODES) -> Iterator[tuple[str, str, np.ndarray]]:
    """Probability of each response at each level, over new patients.

    Parameters
    ----------
    fit : Fit
        A model of a 0/1 response or of ordered classes, with one group intercept or none.
    nodes : int, optional
        Of the quadrature over patients.

    Yields
    ------
    tuple
        Level of the spec's `by` column (empty where the formula does not have it), name of the
        response rule, and draws ``(chain, draw)`` in percent. The patient effect is integrated out;
        other predictors are averaged over the patients in the data.
    """
    effects, weights = patient_effects(fit, nodes)
    for level, rows in _rows(fit):
        # Patients who share a row of the design matrix share a probability.
        whole = np.column_stack([fit.design.at(rows), fit.design.added_at(rows)])
        X, counts = np.unique(whole, axis=0, return_counts=True)
        eta = fit.design.coefficient_draws(fit.posterior) @ X[:, :-1].T + X[:, -1]
        for rule, lowest in rules_of(fit.analysis).items():
            total = np.zeros(eta.shape[:2])
            for k, count in enumerate(counts):
                reached = _at_least(fit, eta[..., [k]] + effects, lowest)
                total += count * (reached @ weights)
            yield level, rule.name, 100 * total / counts.sum()


def _rows(fit: Fit) -> Iterator[tuple[str, pd.DataFrame]]:
    """The patients at each level; all rows as they are, where the formula has no levels."""
    by, data = fit.analysis.estimands.by, fit.frame.data
    if by not in fit.analysis.mean.columns:
        yield "", data
        return
    units = data.drop_duplicates(fit.frame.unit) if fit.frame.unit else data
    categorical = isinstance(data[by].dtype, pd.CategoricalDtype)
    for level in levels(data[by]):
        value = (
            pd.Categorical([level] * len(units), categories=data[by].cat.categories)
            if categorical
            else float(level)
        )
        yield level, units.assign(**{by: value})


def _at_least(fit: Fit, eta: np.ndarray, lowest: int) -> np.ndarray:
    """Probability that the outcome is at least a value."""
    link = INVERSE_LINKS[fit.analysis.link]
    if fit.analysis.family.name == "bernoulli":
        return np.asarray(link(eta))
    classes = fit.frame.data[fit.frame.outcome].cat.categories.to_numpy(dtype=float)
    below = int((classes < lowest).sum())
    if below == 0:  # the data have no lower class
        return np.ones_like(eta)
    if below == len(classes):
        return np.zeros_like(eta)
    threshold = fit.posterior["threshold"].transpose("chain", "draw", ...).to_numpy()
    return np.asarray(1 - link(threshold[..., [below - 1]] - eta))
