"""What is lost by grouping an outcome: one quantity under models of finer and coarser data."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from adbayes.errors import DataError
from adbayes.inference.fit import Fit
from adbayes.results.estimands import estimands

COLUMNS = ["visit", "term", "model", "variant", "n", "mean", "sd", "variance_ratio"]


def information(fits: Sequence[Fit]) -> pd.DataFrame:
    """Compare how well models of the same patients know the same shares of responders.

    Parameters
    ----------
    fits : sequence of Fit
        Models that report `response`, the one with the finest data first: EASI-90 as a threshold of
        a continuous fraction, as an ordered class, as 0 or 1.

    Returns
    -------
    pandas.DataFrame
        The columns of `COLUMNS`, one row a response that all have, and model: posterior mean and SD
        of the share (percent), `n` patients, and `variance_ratio`: its posterior variance over the
        first model's (1.5: two thirds of the patients would do for the first model). A smaller
        variance is an advantage only where the finer model's distribution is right.

    Raises
    ------
    DataError
        For fewer than two fits, fits of different patients, or fits without a common response.
    """
    patients = [
        frozenset(fit.frame.data[fit.frame.unit]) if fit.frame.unit else None for fit in fits
    ]
    if len(fits) < 2 or None in patients or len(set(patients)) > 1:
        raise DataError("information is compared between two or more models of the same patients")
    found = [
        {(e.visit, e.term): e.draws.to_numpy() for e in estimands(fit) if e.estimand == "response"}
        for fit in fits
    ]
    common = [key for key in found[0] if all(key in one for one in found)]
    if not common:
        raise DataError("the models have no response in common; report response in [estimands]")
    rows = [
        {
            "visit": key[0],
            "term": key[1],
            "model": fit.analysis.model,
            "variant": fit.analysis.variant,
            "n": fit.frame.n,
            "mean": float(np.mean(one[key])),
            "sd": float(np.std(one[key], ddof=1)),
            "variance_ratio": float(np.var(one[key]) / np.var(found[0][key])),
        }
        for key in common
        for fit, one in zip(fits, found, strict=True)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)
