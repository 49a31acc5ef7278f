"""Priors of odds ratios and score changes from other studies: what they predict for one more study.

Estimates are normal with known standard errors, true effects normal between studies. Given the between-study
SD tau all is conjugate, so the prediction is a mixture of normals over tau, by quadrature: the
meta-analytic-predictive prior of `adbayes.inference.meta_analytic`, for effects in place of shares.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special, stats

from adbayes.cohort.outcomes import OUTCOMES
from adbayes.errors import DataError
from adbayes.inference.historical_prior import ROBUST_WEIGHT
from adbayes.model.mixtures import Mixture
from adbayes.model.priors import Prior
from adbayes.paper.effects import load_effects

Array = NDArray[np.float64]

ONE_STUDY_WEIGHT = 0.5
"""Weight of the vague component where one study stands alone: it cannot say how much studies differ."""
LOG_OR_TAU = 0.5
"""Scale of the half-normal prior of the between-study SD of a log odds ratio: its median, 0.34, has 95 % of
studies within 1.9 times the typical odds ratio. A choice."""
RANGE_PART = 0.1
"""The same for a score change, as a part of the instrument's range. A choice."""
WRONG = 0.05
"""Probability of the wrong direction under an enthusiastic prior."""

_NODES = 200


@dataclass(frozen=True, eq=False)
class Prediction:
    """What studies with normal estimates predict for the effect in a further one.

    Parameters
    ----------
    estimates, errors : numpy.ndarray
        Effects and their standard errors, one a study.
    tau_scale : float
        Scale of the half-normal prior of the between-study SD.
    mean_sd : float
        SD of the normal prior of the mean effect, centred at 0.
    """

    estimates: Array
    errors: Array
    tau_scale: float
    mean_sd: float

    def _parts(self) -> tuple[Array, Array, Array, Array]:
        """Probability of each tau; mean and variance of the mean effect given it; the taus."""
        # Nodes of equal prior probability: a half-normal has no tail that they would miss.
        levels = (np.arange(_NODES) + 0.5) / _NODES
        tau = np.asarray(stats.halfnorm.ppf(levels, scale=self.tau_scale))
        variance = self.errors[:, None] ** 2 + tau**2
        precision = (1 / variance).sum(axis=0) + self.mean_sd**-2
        mean = (self.estimates[:, None] / variance).sum(axis=0) / precision
        log = -0.5 * (np.log(variance) + self.estimates[:, None] ** 2 / variance).sum(axis=0)
        log += 0.5 * mean**2 * precision - 0.5 * np.log(precision)
        return special.softmax(log), mean, 1 / precision, tau

    def mean(self) -> float:
        """Posterior mean of the mean effect.

        Returns
        -------
        float
            Log odds ratio, or points.
        """
        probability, mean, _, _ = self._parts()
        return float(probability @ mean)

    def predictive(self) -> Mixture:
        """Distribution of the effect in a further study, one normal a node of tau.

        Returns
        -------
        Mixture
            Exact but for the nodes of tau.
        """
        probability, mean, variance, tau = self._parts()
        return Mixture(probability, stats.norm(mean, np.sqrt(variance + tau**2)))

    def two_normals(self) -> tuple[Array, Array, Array]:
        """The prediction by two normals: of the smaller half of the taus, and of the larger.

        Returns
        -------
        tuple of numpy.ndarray
            Weights, means and SDs. Mean and variance are those of the prediction.
        """
        probability, mean, variance, tau = self._parts()
        below = probability.cumsum() <= 0.5
        found = []
        for half in (below, ~below):
            weight = probability[half].sum()
            share = probability[half] / weight
            centre = share @ mean[half]
            spread = share @ (variance[half] + tau[half] ** 2 + (mean[half] - centre) ** 2)
            found.append((weight, centre, np.sqrt(spread)))
        weights, means, sds = np.array(found).T
        return weights, means, sds


def effect_studies(
    quantity: str, of: str, visit: int | None = None, overlapping: bool = False
) -> pd.DataFrame:
    """The studies that may inform a prior of one of the paper's effects.

    Parameters
    ----------
    quantity : str
        odds_ratio, or mean_change.
    of : str
        The predictor, or the score.
    visit : int, optional
        Week of a change; only from week 52 on do other studies have one, any later week stands for 52.
    overlapping : bool, optional
        Whether studies that may include the paper's patients are let in where there are no others. Those
        of the same centre never are.

    Returns
    -------
    DataFrame
        Rows of `load_effects`; none where there is no evidence.
    """
    table = load_effects()
    column = "term" if quantity == "odds_ratio" else "outcome"
    there = table[(table["quantity"] == quantity) & (table[column] == of)]
    if quantity == "mean_change":
        there = there[there["visit"].ge(52) & (visit == 52)]
    apart = there[there["overlaps"] == ""]
    if len(apart) or not overlapping:
        return apart.reset_index(drop=True)
    return there[there["overlaps"] == "may include"].reset_index(drop=True)


def prediction(studies: pd.DataFrame, mean_sd: float) -> Prediction:
    """What studies predict.

    Parameters
    ----------
    studies : DataFrame
        Of `effect_studies`, at least one.
    mean_sd : float
        SD of the prior of the mean effect: that of the reported prior.

    Returns
    -------
    Prediction
        With the between-study prior of the quantity.

    Raises
    ------
    DataError
        For no study.
    """
    if studies.empty:
        raise DataError("No other study printed this effect; there is nothing to predict from.")
    first = studies.iloc[0]
    scale = LOG_OR_TAU
    if first["quantity"] == "mean_change":
        instrument = OUTCOMES[first["outcome"]]
        scale = RANGE_PART * (float(instrument.high or 0) - float(instrument.low or 0))
    return Prediction(
        studies["effect"].to_numpy(dtype=float),
        studies["effect_se"].to_numpy(dtype=float),
        scale,
        mean_sd,
    )


def historical_effect(studies: pd.DataFrame, reported: Prior) -> Prior:
    """The robust prior of an effect from other studies.

    Parameters
    ----------
    studies : DataFrame
        Of `effect_studies`, at least one, none of them overlapping.
    reported : Prior
        The reported normal prior, which is the vague component.

    Returns
    -------
    Prior
        A NormalMixture, the vague component last.

    Raises
    ------
    DataError
        For no study, or one that may include the paper's patients.
    """
    if (studies["overlaps"] != "").any():
        raise DataError(
            "A historical prior leaves out studies that may include the paper's patients: found "
            f"{', '.join(studies.loc[studies['overlaps'] != '', 'label'])}."
        )
    mu, sigma = (reported.number(key) for key in ("mu", "sigma"))
    weights, means, sds = prediction(studies, sigma).two_normals()
    vague = ROBUST_WEIGHT if len(studies) > 1 else ONE_STUDY_WEIGHT
    return Prior.of(
        "NormalMixture",
        w=[*(weights * (1 - vague)).tolist(), vague],
        mu=[*means.tolist(), mu],
        sigma=[*sds.tolist(), sigma],
    )


def enthusiastic_effect(studies: pd.DataFrame, reported: Prior) -> Prior:
    """A prior centred on what other studies found, with little room for the wrong direction.

    Parameters
    ----------
    studies : DataFrame
        Of `effect_studies`, at least one.
    reported : Prior
        The reported normal prior; its SD is that of the mean effect before the studies.

    Returns
    -------
    Prior
        A Normal with P(wrong direction) of `WRONG`. Its centre is the estimate of a single study, the mean
        effect of several.

    Raises
    ------
    DataError
        For no study.
    """
    several = prediction(studies, reported.number("sigma"))
    centre = float(several.estimates[0]) if len(studies) == 1 else several.mean()
    return Prior.of("Normal", mu=centre, sigma=abs(centre) / float(stats.norm.isf(WRONG)))
