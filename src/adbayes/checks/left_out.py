"""The checks of a run that leave patients out, from one set of weights.

LOO, LOO-PIT or calibration, and the patient who moves each reported quantity most.
"""

import pandas as pd

from adbayes.checks.influence import influence, influence_checks
from adbayes.checks.loo import leave_one_out, loo_rows
from adbayes.checks.loo_pit import loo_pit_checks
from adbayes.checks.predictive import COLUMNS
from adbayes.checks.reliability import reliability_checks
from adbayes.errors import SpecError
from adbayes.inference.fit import Fit
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
        The columns of `adbayes.checks.predictive.COLUMNS`: the rows of `loo`, those of
        `reliability_checks` for a 0/1 outcome, of `loo_pit_checks` for others, and those of
        `influence_checks` without refits (their notes say where the weights fail). No rows of the
        second kind for a model whose patient effects are integrated out by quadrature; none at all
        where that is impossible.
    """
    try:
        found = leave_one_out(fit)
    except SpecError:  # several effects a patient: only refits would tell, by `ab.loo`
        return pd.DataFrame(columns=COLUMNS)
    moved = influence_checks(influence(fit, refit=False, left_out=found))
    if structure_of(fit.analysis) is None and fit.analysis.group_effects:
        return _stacked([loo_rows(fit, found.elpd), moved])
    judged = reliability_checks if fit.analysis.family.name == "bernoulli" else loo_pit_checks
    return _stacked([loo_rows(fit, found.elpd), judged(fit, seed, found), moved])


def _stacked(tables: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([table for table in tables if len(table)], ignore_index=True)
