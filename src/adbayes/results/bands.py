"""Where the outcome of one patient should lie at each visit."""

import numpy as np
import pandas as pd

from adbayes.inference.fit import Fit
from adbayes.inference.replicates import outcomes
from adbayes.inference.sampler import stream

COLUMNS = ["visit", "pred_low", "pred_high"]
_DRAWS = 1000  # with one outcome a patient: some 100,000 values behind an interval end


def predictive_bands(fit: Fit, seed: int | None = None) -> pd.DataFrame:
    """Predictive interval of one patient's outcome at each level of the spec's `by` column.

    Parameters
    ----------
    fit : Fit
        A fitted model whose `[estimands] by` is a column of the data.
    seed : int, optional
        Of the replicates; the sampler's seed if not given.

    Returns
    -------
    pandas.DataFrame
        The columns of `COLUMNS`: the level, and the ends of the equal-tailed interval (the spec's
        `ci_prob`) over draws and patients, in units of the outcome. The patients are new
        ones.
    """
    a = fit.analysis
    rng = np.random.default_rng(
        stream(a.sampler.seed if seed is None else seed, "predictive band", a.key)
    )
    chains, draws = fit.posterior.sizes["chain"], fit.posterior.sizes["draw"]
    thinned = fit.posterior.isel(draw=slice(None, None, max(1, chains * draws // _DRAWS)))
    replicated = outcomes(a, fit.frame, fit.design, thinned, rng)
    tails = [(1 - a.sampler.ci_prob) / 2, (1 + a.sampler.ci_prob) / 2]
    by = fit.frame.data[a.estimands.by]
    levels = by.cat.categories if isinstance(by.dtype, pd.CategoricalDtype) else sorted(by.unique())
    rows = []
    for level in levels:
        low, high = np.quantile(replicated[:, (by == level).to_numpy()], tails)
        rows.append({"visit": str(level), "pred_low": low, "pred_high": high})
    return pd.DataFrame(rows, columns=COLUMNS)
