"""Effects that other studies printed: odds ratios of predictors of response, and mean changes of scores."""

from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd
from scipy import stats

QUANTITIES = ("odds_ratio", "mean_change")
SE_BASES = ("printed", "interval", "p value", "bound")

_Z95 = float(stats.norm.ppf(0.975))


def load_effects() -> pd.DataFrame:
    """Effects of other studies of dupilumab, one a row.

    Returns
    -------
    DataFrame
        id; study, label, year; n, patients behind it (empty where not said); visit, in weeks (the end of a
        window), weeks, as printed; quantity (of `QUANTITIES`); outcome, a score or the response that the
        odds are of; term, the predictor in the paper's coding; estimate, low, high, p, se as printed; effect
        and effect_se: log odds ratio, or change in points, and its standard error; se_basis (of `SE_BASES`):
        printed, from the ends of the 95 % ``interval`` or from the ``p value`` by a normal approximation, or
        an upper ``bound``; source; verified: ``S`` read in the source, ``D`` derived by arithmetic; overlaps:
        ``same centre`` or ``may include`` where the paper's own patients may be among them, else empty; note.
        A fresh copy at every call.
    """
    return _packaged().copy()


@cache
def _packaged() -> pd.DataFrame:
    with files("adbayes.paper").joinpath("effects.csv").open(encoding="utf-8") as stream:
        table = pd.read_csv(stream, keep_default_na=False, na_values={
            key: [""] for key in ("n", "estimate", "low", "high", "p", "se")
        })  # fmt: skip
    ratio = table["quantity"] == "odds_ratio"
    effect = table["estimate"].where(~ratio, np.log(table["estimate"].where(ratio)))
    from_interval = (np.log(table["high"]) - np.log(table["low"])) / (2 * _Z95)
    from_p = effect.abs() / stats.norm.isf(table["p"] / 2)
    se = table["se"].fillna(from_interval).fillna(pd.Series(from_p, index=table.index))
    return table.assign(effect=effect, effect_se=se, n=table["n"].astype("Int64"))
