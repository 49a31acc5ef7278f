"""Clinical quantities of a model of the fraction of baseline that is left: all of them from one model.

The fraction of a patient's baseline score conditions on the baseline, so that means of individual
percent changes exist, and scores follow by multiplying with the baselines that were observed. What is
said of scores takes fraction and baseline to be independent, as the model does.

All quantities are for a new patient of a visit: the patient effect is integrated out.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.interpolate import BarycentricInterpolator
from scipy.special import betainc, expit, gammainc

from adbayes.cohort.outcomes import OUTCOMES
from adbayes.inference.fit import Fit
from adbayes.model.analysis import MEAN
from adbayes.model.answerable import levels
from adbayes.model.responses import rules_of, score_of
from adbayes.results.marginal import INVERSE_LINKS, NODES, patient_effects

_AUXILIARY_LINKS = {"alpha": np.exp, "kappa": np.exp, "psi": expit}
# Thresholds at which a distribution function is evaluated, with a polynomial between them: few where
# they differ by the score's grid alone.
_FEW, _MANY, _NARROW = 4, 8, 0.1


@dataclass(frozen=True)
class Fraction:
    """The distribution of the fraction at one visit, over new patients, draw by draw.

    Parameters
    ----------
    family : str
        gamma, hurdle_gamma or beta.
    mean : numpy.ndarray
        ``(chain, draw, node)``: mean of a fraction above 0, for patients at the quadrature's nodes.
    weights : numpy.ndarray
        ``(node,)``: how much each node counts.
    precision : numpy.ndarray
        ``(chain, draw, 1)``: shape of the gamma distribution, or sum of the beta distribution's.
    above_zero : numpy.ndarray
        ``(chain, draw)``: probability of a fraction above 0; ones without a hurdle.
    """

    family: str
    mean: np.ndarray
    weights: np.ndarray
    precision: np.ndarray
    above_zero: np.ndarray

    def expectation(self) -> np.ndarray:
        """Mean over patients.

        Returns
        -------
        numpy.ndarray
            ``(chain, draw)``, a fraction of 1.
        """
        return np.asarray(self.above_zero * (self.mean @ self.weights))

    def second_moment(self) -> np.ndarray:
        """Mean of the square over patients.

        Returns
        -------
        numpy.ndarray
            ``(chain, draw)``.
        """
        if self.family == "beta":
            within = self.mean * (1 - self.mean) / (1 + self.precision)
        else:
            within = self.mean**2 / self.precision
        return np.asarray(self.above_zero * ((self.mean**2 + within) @ self.weights))

    def at_most(self, threshold: float | np.ndarray) -> np.ndarray:
        """Probability of a fraction at or below a threshold.

        Parameters
        ----------
        threshold : float or numpy.ndarray
            Above 0; an array has one a node.

        Returns
        -------
        numpy.ndarray
            ``(chain, draw)``, 0 to 1.
        """
        if self.family == "beta":
            a, b = self.mean * self.precision, (1 - self.mean) * self.precision
            cumulative = betainc(a, b, np.minimum(threshold, 1.0))
        else:
            cumulative = gammainc(self.precision, self.precision * threshold / self.mean)
        return np.asarray(1 - self.above_zero + self.above_zero * (cumulative @ self.weights))

    def share(self, thresholds: np.ndarray) -> np.ndarray:
        """Mean probability over patients who each have a threshold of their own.

        Parameters
        ----------
        thresholds : numpy.ndarray
            One a patient, above 0.

        Returns
        -------
        numpy.ndarray
            ``(chain, draw)``, 0 to 1. The distribution function is evaluated at Chebyshev nodes of
            the logarithm; a polynomial through them is averaged over the patients.
        """
        logs = np.log(thresholds)
        low, high = logs.min(), logs.max()
        if high - low < 1e-9:
            return self.at_most(float(thresholds[0]))
        size = _FEW if high - low < _NARROW else _MANY
        angles = (2 * np.arange(size) + 1) * np.pi / (2 * size)
        nodes = (low + high) / 2 + (high - low) / 2 * np.cos(angles)
        # SciPy takes the nodes in a random order, from the clock unless told otherwise.
        polynomials = BarycentricInterpolator(nodes, np.eye(size), rng=np.random.default_rng(0))
        patients = polynomials(logs).mean(axis=0)
        found = sum(
            w * self.at_most(float(np.exp(x))) for w, x in zip(patients, nodes, strict=True)
        )
        return np.clip(np.asarray(found), 0.0, 1.0)


def fractions(fit: Fit, nodes: int = NODES) -> dict[str, Fraction]:
    """The distribution of the fraction at each level of the spec's `by` column.

    Parameters
    ----------
    fit : Fit
        A model of a fraction by levels and one group intercept or none.
    nodes : int, optional
        Of the quadrature over patients.

    Returns
    -------
    dict of str to Fraction
        Level to distribution, in the order of the levels.
    """
    a = fit.analysis
    by = fit.frame.data[a.estimands.by]
    effects, weights = patient_effects(fit, nodes)
    link = INVERSE_LINKS[a.link]
    names = levels(by)
    values = (
        pd.Categorical(names, categories=by.cat.categories)
        if isinstance(by.dtype, pd.CategoricalDtype)
        else np.array(names, dtype=float)
    )
    rows = fit.frame.data.iloc[[0] * len(names)].assign(**{a.estimands.by: values})
    eta = _linear(fit, MEAN, rows)
    precision = _auxiliary(fit, "kappa" if a.family.name == "beta" else "alpha", rows)
    hurdle = "psi" in a.family.auxiliary
    above_zero = _auxiliary(fit, "psi", rows) if hurdle else np.ones_like(precision)
    return {
        name: Fraction(
            family=a.family.name,
            mean=np.asarray(link(eta[..., [k]] + effects)),
            weights=weights,
            precision=precision[..., [k]],
            above_zero=above_zero[..., k],
        )
        for k, name in enumerate(names)
    }


def _auxiliary(fit: Fit, name: str, rows: pd.DataFrame) -> np.ndarray:
    """An auxiliary parameter at some rows: ``(chain, draw, row)``."""
    if name in fit.analysis.formulas:
        return np.asarray(_AUXILIARY_LINKS[name](_linear(fit, name, rows)))
    one = fit.posterior[name].transpose("chain", "draw").to_numpy()[..., None]
    return np.repeat(one, len(rows), axis=-1)


def _linear(fit: Fit, name: str, rows: pd.DataFrame) -> np.ndarray:
    """A parameter's linear predictor at some rows, without patient effects."""
    if name == MEAN:
        return np.asarray(fit.design.coefficient_draws(fit.posterior) @ fit.design.at(rows).T)
    common = fit.design.model.parameters[name].design.common
    matrix = np.asarray(common.evaluate_new_data(rows).design_matrix, dtype=float)
    parts = []
    for term in fit.analysis.formulas[name].common:
        draws = fit.posterior[f"{name}_{term}"]
        extra = [dim for dim in draws.dims if dim not in ("chain", "draw")]
        values = draws.transpose("chain", "draw", *extra).to_numpy()
        parts.append(values if extra else values[..., None])
    return np.asarray(np.concatenate(parts, axis=-1) @ matrix.T)


def baselines(fit: Fit) -> np.ndarray:
    """The observed baselines of the patients in a fit.

    Parameters
    ----------
    fit : Fit
        A model of a fraction, fitted to a patient file.

    Returns
    -------
    numpy.ndarray
        One a patient, in units of the score, above 0.
    """
    column = f"{score_of(fit.analysis)}_baseline"
    found = fit.frame.data.drop_duplicates(fit.frame.unit)[column]
    return np.asarray(found.to_numpy(dtype=float))


def last_scores(score: str, baseline: np.ndarray, percent: int) -> np.ndarray:
    """The highest score that still is a fall by a percentage of the baseline.

    Parameters
    ----------
    score : str
        A measured outcome.
    baseline : numpy.ndarray
        In its unit.
    percent : int
        Smallest fall that counts.

    Returns
    -------
    numpy.ndarray
        On the score's grid, computed in whole steps.
    """
    step = OUTCOMES[score].step
    if step is None:
        return baseline * (100 - percent) / 100
    steps = np.round(baseline / step).astype(int)
    return np.asarray(steps * (100 - percent) // 100 * step)


Quantity = tuple[str, str, str, str, float, np.ndarray]
"""Outcome, level, term (the rule of a response), unit, null, draws ``(chain, draw)``."""


def fraction_quantity(fit: Fit, name: str) -> Iterator[Quantity]:
    """Draws of one quantity at every level.

    Parameters
    ----------
    fit : Fit
        A model of a fraction by levels.
    name : str
        mean_percent_change, percent_change_sd, mean_score, score_sd, share_mild or response.

    Yields
    ------
    Quantity
        A score is recorded to the nearest step: a recorded score is at most c where the model's is
        below half a step above c.
    """
    score = score_of(fit.analysis)
    assert score is not None  # `unanswerable` has seen to it
    unit, outcome = OUTCOMES[score].unit, fit.frame.outcome
    for level, found in fractions(fit).items():
        mean, square = found.expectation(), found.second_moment()
        if name == "mean_percent_change":
            yield outcome, level, "", "%", 0.0, 100 * (1 - mean)
        elif name == "percent_change_sd":
            yield outcome, level, "", "%", np.nan, 100 * np.sqrt(square - mean**2)
        elif name == "mean_score":
            yield score, level, "", unit, np.nan, mean * baselines(fit).mean()
        elif name == "score_sd":
            before = baselines(fit)
            variance = square * (before**2).mean() - (mean * before.mean()) ** 2
            yield score, level, "", unit, np.nan, np.sqrt(variance)
        elif name == "share_mild":
            (band,) = (band for band in OUTCOMES[score].bands if band.name == "mild")
            draws = found.share(thresholds(fit, score, np.array(band.high)))
            yield score, level, "", "%", np.nan, 100 * draws
        else:
            for rule in rules_of(fit.analysis):
                last = last_scores(score, baselines(fit), rule.percent)
                draws = found.share(thresholds(fit, score, last))
                yield outcome, level, rule.name, "%", np.nan, 100 * draws


def thresholds(fit: Fit, score: str, last: np.ndarray) -> np.ndarray:
    """Fractions below which the recorded score is at most `last`.

    Parameters
    ----------
    fit : Fit
        A model of a fraction of the score.
    score : str
        A measured outcome.
    last : numpy.ndarray
        Scores, one a patient or one for all.

    Returns
    -------
    numpy.ndarray
        One a patient: a score is recorded to the nearest step.
    """
    step = OUTCOMES[score].step or 0.0
    return np.asarray((last + step / 2) / baselines(fit))
