"""Clinical quantities of a regression of the fraction of baseline that is left at one visit.

Ratios of the mean fraction belong to the log link; shares of responders are averages over the patients
in the data with one predictor set to a value in everyone, within each draw (g-computation).
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from adbayes.inference.fit import Fit
from adbayes.model.responses import rules_of, score_of
from adbayes.results.fractions import Fraction, baselines, last_scores, thresholds
from adbayes.results.marginal import INVERSE_LINKS

Ratio = tuple[str, str, np.ndarray]
"""Coefficient, the step it is for, draws ``(chain, draw)``."""
Share = tuple[str, np.ndarray]
"""Rule and value of the predictor, draws in percent ``(chain, draw)``."""


def fraction_ratios(fit: Fit) -> Iterator[Ratio]:
    """How many times the mean fraction is higher, one step of a predictor up.

    Parameters
    ----------
    fit : Fit
        A regression of a fraction at one visit with log link.

    Yields
    ------
    Ratio
        One a coefficient of the reported predictors: per doubling of a column in `log2`, otherwise per
        unit of the file (1 against 0 for a 0/1 predictor). A share of patients at 0 that does not
        depend on predictors leaves the ratio as it is.
    """
    data = fit.analysis.data
    named = fit.analysis.estimands.terms or tuple(
        term.name for term in fit.design.terms if term.name != "Intercept"
    )
    for term in fit.design.terms:
        if term.name not in named:
            continue
        scale = data.standardize.get(term.name, (0.0, 1.0))[1]
        step = "per doubling" if term.name in data.log2 else "per unit" if scale != 1 else ""
        draws = fit.posterior[term.name]
        for position, label in enumerate(term.coefficients):
            one = draws.isel({term.dim: position}) if term.levels else draws
            values = one.transpose("chain", "draw").to_numpy()
            yield label, step, np.exp(values / scale)


def responses_at(fit: Fit) -> Iterator[Share]:
    """Share of patients who meet a response rule, one predictor at a value in everyone.

    Parameters
    ----------
    fit : Fit
        A regression of a fraction at one visit; its spec's ``[estimands] at`` names predictors and
        values in the units of the file.

    Yields
    ------
    Share
        A recorded score is judged on its own grid: it meets the rule where the model's score is less
        than half a step above the highest one that does.
    """
    a = fit.analysis
    score = score_of(a)
    assert score is not None  # `unanswerable` has seen to it
    for column, values in a.estimands.at.items():
        for value in values:
            scaled = np.log2(value) if column in a.data.log2 else value
            centre, scale = a.data.standardize.get(column, (0.0, 1.0))
            rows = fit.frame.data.assign(**{column: (scaled - centre) / scale})
            found = _fraction(fit, rows)
            for rule in rules_of(a):
                last = last_scores(score, baselines(fit), rule.percent)
                share = found.at_most(thresholds(fit, score, last))
                yield f"{rule.name}, {column} = {value:g}", 100 * share


def _fraction(fit: Fit, rows: pd.DataFrame) -> Fraction:
    """The distribution of the fraction of each patient, who are the nodes."""
    a = fit.analysis
    eta = fit.design.coefficient_draws(fit.posterior) @ fit.design.at(rows).T
    eta = eta + fit.design.added_at(rows)
    name = "kappa" if a.family.name == "beta" else "alpha"
    precision = fit.posterior[name].transpose("chain", "draw").to_numpy()
    above = np.ones_like(precision)
    if "psi" in a.family.auxiliary:
        above = fit.posterior["psi"].transpose("chain", "draw").to_numpy()
    return Fraction(
        family=a.family.name,
        mean=np.asarray(INVERSE_LINKS[a.link](eta)),
        weights=np.full(len(rows), 1 / len(rows)),
        precision=precision[..., None],
        above_zero=above,
    )
