"""A term whose prior is laid anew and fitted, and the prior at which its claim falls, by fits alone.

A likelihood behind draws ends where the draws end. A claim that lies many standard errors from the null falls
only under priors far beyond that; there the other parameters move too (a residual SD grows until the change
is noise), so no formula from the draws is right, and the fits have the last word.
"""

from dataclasses import dataclass, replace

import numpy as np

from adbayes.checks.credibility import STANDS
from adbayes.cohort.cohort import Cohort
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import RETRY_TARGET_ACCEPT
from adbayes.inference.sampler import sample
from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import bambi_model, design_of
from adbayes.model.compiled import structure_of
from adbayes.model.frame import ModelFrame
from adbayes.model.priors import Prior
from adbayes.results.estimands import Estimand, estimands

HALVINGS = 12
"""Times that the narrowest prior of a grid is halved to see a claim fall."""
CLOSE = 1.1
"""Ratio of the two prior SDs between which a claim falls at which the search ends."""


@dataclass(frozen=True, eq=False)
class Varied:
    """A model and the term whose prior is varied.

    Parameters
    ----------
    analysis : Analysis
        With its reported priors.
    cohort : Cohort
        The data.
    frame : ModelFrame
        Its rows.
    term : str
        Of its formula; of a term with several levels all are given the same prior.
    cores : int or None
        Chains run at once, at most; changes no number.
    """

    analysis: Analysis
    cohort: Cohort
    frame: ModelFrame
    term: str
    cores: int | None

    def fit(self, centre: float, scale: float) -> Fit:
        """The posterior under another normal prior of the term.

        Parameters
        ----------
        centre, scale : float
            Its mean and SD.

        Returns
        -------
        Fit
            Sampled a second time at a target acceptance of 0.99 where the first did not pass the gate.
        """
        prior = Prior.of("Normal", mu=centre, sigma=scale, why="a point of the grid")
        varied = replace(
            self.analysis,
            priors=self.analysis.priors | {self.term: prior},
            prior_set=f"grid-scale={scale:.4g};centre={centre:.4g}",
        )
        design = design_of(bambi_model(varied, self.frame))
        settings = varied.sampler
        draws = sample(varied, self.frame, design, settings, self.cores)
        found = Fit(varied, self.cohort, self.frame, design, *draws, 0, "")
        if found.gate.passed or settings.target_accept >= RETRY_TARGET_ACCEPT:
            return found
        careful = settings.model_copy(update={"target_accept": RETRY_TARGET_ACCEPT})
        draws = sample(varied, self.frame, design, careful, self.cores)
        return Fit(varied, self.cohort, self.frame, design, *draws, 1, "")

    @property
    def compiled(self) -> bool:
        """Whether a further fit costs no compilation."""
        return structure_of(self.analysis) is not None


@dataclass(frozen=True, eq=False)
class Bracket:
    """Two prior SDs between which a claim falls.

    Parameters
    ----------
    falls, stands : float
        The narrower under which it does not stand, or the fit does not converge, and the wider under
        which it does.
    converged : bool
        Whether the fit under the narrower one did.
    at : Estimand
        The claim's draws under the wider one.
    """

    falls: float
    stands: float
    converged: bool
    at: Estimand


def bracket(varied: Varied, centred: dict[float, Fit], key: str, null: float) -> Bracket | None:
    """Narrow down by fits where a claim falls.

    Parameters
    ----------
    varied : Varied
        The term.
    centred : dict of float to Fit
        By prior SD, the fits under priors centred at the null that there are; those that are made here are
        added.
    key : str
        Of the claim among the fit's estimands.
    null : float
        Centre of the priors.

    Returns
    -------
    Bracket or None
        None for a claim that does not stand under the widest prior, or stands under all.
    """
    scales = sorted(centred, reverse=True)
    if not _stands(centred[scales[0]], key):
        return None
    stands = scales[0]
    falls = next((s for s in scales if not _stands(centred[s], key)), None)
    if falls is None:
        stands = scales[-1]
        for _ in range(HALVINGS):
            centred[stands / 2] = varied.fit(null, stands / 2)
            if not _stands(centred[stands / 2], key):
                falls = stands / 2
                break
            stands /= 2
        if falls is None:
            return None
    else:
        stands = min(s for s in scales if s > falls)
    while stands / falls > CLOSE:
        middle = float(np.sqrt(stands * falls))
        centred[middle] = varied.fit(null, middle)
        if _stands(centred[middle], key):
            stands = middle
        else:
            falls = middle
    return Bracket(falls, stands, centred[falls].gate.passed, _claim(centred[stands], key))


def _claim(fit: Fit, key: str) -> Estimand:
    return next(quantity for quantity in estimands(fit) if quantity.key == key)


def _stands(fit: Fit, key: str) -> bool:
    quantity = _claim(fit, key)
    above = float((np.ravel(quantity.draws.to_numpy()) > quantity.null).mean())
    return fit.gate.passed and max(above, 1 - above) >= STANDS
