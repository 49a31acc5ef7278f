"""The checks of a run that leave patients out: LOO, LOO-PIT or calibration, from one set of weights."""

import pandas as pd

from adbayes.checks.loo import leave_one_out, loo_rows
from adbayes.checks.loo_pit import loo_pit_checks
from adbayes.checks.predictive import COLUMNS
from adbayes.checks.reliability import reliability_checks
from adbayes.errors import SpecError
from adbayes.inference.fit import Fit
from adbayes.inference.marginal_likelihood import group_effects
from adbayes.model.compiled import structure_of


def left_out_checks(fit: Fit, seed: int | None = None) -> pd.DataFrame:
    """Leave out each patient in turn, and look at what the others predict.

    Parameters
    ----------
    fit : Fit
        A fitted model.
    seed : int, optional
        Of the predictions; the sampler's seed if not given.

    Returns
    -------
    pandas.DataFrame
        The columns of `adbayes.checks.predictive.COLUMNS`: the rows of `loo`, and those of
        `reliability_checks` for a 0/1 outcome, of `loo_pit_checks` for others. Only those of `loo` for
        a model whose patient effects are integrated out by quadrature; none where that is impossible.
    """
    try:
        found = leave_one_out(fit)
    except SpecError:  # several effects a patient: only refits would tell, by `ab.loo`
        return pd.DataFrame(columns=COLUMNS)
    if structure_of(fit.analysis) is None and group_effects(fit.analysis):
        return loo_rows(fit, found.elpd)
    judged = reliability_checks if fit.analysis.family.name == "bernoulli" else loo_pit_checks
    return pd.concat([loo_rows(fit, found.elpd), judged(fit, seed, found)], ignore_index=True)
