"""How many patients a prior is worth: its effective sample size, by one definition for every kind of prior.

The expected local information ratio (Neuenschwander et al. 2020, doi 10.1111/biom.13252): the information of
the prior, averaged over the prior, over the information of one patient. With one patient's information taken
as a constant i, it is the Fisher information of the prior about a shift of its location over i: 1 / (i SD^2)
for a normal prior, the ratio to the unit-information prior (Kass and Wasserman 1995, doi
10.1080/01621459.1995.10476592). For a share, whose information depends on the share, it is that of
`BetaMixture.ess`, and for one beta the sum of its parameters.

One patient's information rests on the design and on stated choices, never on the outcomes: an even 0/1
outcome (variance 1/4 of the score of the log odds), the prior median of a residual SD, and all other
parameters known.
"""

import numpy as np
from numpy.typing import NDArray

from adbayes.inference.two_shares import as_mixture
from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design
from adbayes.model.frame import ModelFrame
from adbayes.model.priors import Prior

Array = NDArray[np.float64]

EVEN_ODDS_RATIO = 1 / 16
"""Information of one patient about a log odds ratio: half of them have the predictor, half respond."""
FISHER_Z = 1.0
"""Of one patient about Fisher's z of a correlation, whose variance is 1 / (n - 3)."""

_LOCATED = ("Normal", "StudentT", "Cauchy", "Laplace", "LogF", "NormalMixture")
_POINTS, _STEP = 4000, 1e-4
_EVEN_OUTCOME = 0.25


def effective_patients(prior: Prior, information: float) -> float:
    """Effective sample size of a prior.

    Parameters
    ----------
    prior : Prior
        Of one number. Of a list of levels the largest is given.
    information : float
        Of one patient about the number; not used for a share, whose prior is a Beta or a BetaMixture.

    Returns
    -------
    float
        Patients; NaN for what is no location, such as an SD, and where the information is not known.
    """
    if prior.distribution in ("Beta", "BetaMixture"):
        mixture = as_mixture(prior)
        if len(mixture.weights) == 1:  # conjugate: so many patients have the same effect
            return mixture.alphas[0] + mixture.betas[0]
        return mixture.ess()
    if prior.distribution not in _LOCATED or prior.is_hierarchical or not information > 0:
        return float("nan")
    return float(np.max(location_information(prior))) / information


def location_information(prior: Prior) -> Array:
    """Fisher information of a prior about a shift of its location: the mean of its squared score.

    Parameters
    ----------
    prior : Prior
        With a smooth density on the whole line.

    Returns
    -------
    numpy.ndarray
        One a level; 1 / SD^2 for a normal.
    """
    if prior.distribution == "Normal":
        return np.atleast_1d(np.asarray(prior["sigma"], dtype=float)) ** -2
    frozen = prior.frozen()
    levels = (np.arange(_POINTS) + 0.5) / _POINTS
    # np.ndim takes what is no array, a prior among them, which its types do not say.
    mixed = prior.distribution == "NormalMixture" and np.ndim(prior["w"]) == 1  # type: ignore[arg-type]
    x = frozen.ppf(levels if mixed else levels[:, None])
    x = np.asarray(x, dtype=float).reshape(_POINTS, -1)
    width = frozen.ppf(0.75) - frozen.ppf(0.25)
    step = _STEP * (np.ravel(width) if not mixed else float(width))
    score = (frozen.logpdf(x + step) - frozen.logpdf(x - step)) / (2 * step)
    return np.asarray((score**2).mean(axis=0), dtype=float)


def information_of(analysis: Analysis, frame: ModelFrame, design: Design) -> dict[str, float]:
    """Information of one patient about each coefficient of the mean, all else known.

    Parameters
    ----------
    analysis : Analysis
        The model; its outcomes are not looked at.
    frame : ModelFrame
        The rows.
    design : Design
        The predictors.

    Returns
    -------
    dict of str to float
        Term to information, of a term with several columns the largest; empty where the family has no
        such constant.
    """
    if analysis.link == "logit" and analysis.family.name == "bernoulli":
        weight = _EVEN_OUTCOME
    elif analysis.family.name in ("gaussian", "lognormal") and "sigma" in analysis.priors:
        weight = float(np.max(analysis.priors["sigma"].frozen().ppf(0.5))) ** -2
    else:
        return {}
    found = {}
    for term in design.terms:
        columns = design.X[:, term.columns]
        apart = columns if term.name == "Intercept" else columns - columns.mean(axis=0)
        found[term.name] = float((apart**2).sum(axis=0).max()) * weight / frame.n
    return found
