"""Prior and posterior of every parameter as densities on one grid."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from adbayes.cohort.outcomes import OUTCOMES
from adbayes.inference.diagnostics import scalars
from adbayes.inference.fit import Fit, top_level_priors
from adbayes.inference.marginal_likelihood import of_all_patients
from adbayes.model.analysis import MEAN
from adbayes.model.stacked import correlated

COLUMNS = ["term", "x", "prior", "posterior", "log", "unit", "evidence", "n"]
_POINTS = 400
_OWN_LINKS = {"psi": "log odds"}  # of a distributional parameter; the others have the log
_UNITLESS = ("alpha", "kappa", "psi", "nu")
_REACH = 10.0  # posterior SDs to either side: beyond, a wide prior would make the posterior a line


def densities(fit: Fit) -> pd.DataFrame:
    """Prior and posterior densities of every parameter that has a prior of its own.

    Parameters
    ----------
    fit : Fit
        A fitted model.

    Returns
    -------
    pandas.DataFrame
        The columns of `COLUMNS`, one row a parameter and grid point. `term` is the parameter's name
        in the draws; `x` its value, an odds ratio for a coefficient on the log-odds scale, and then
        `log` is true and both densities are per unit of the log ratio; `prior` the stated density,
        `posterior` ArviZ's kernel density of the draws (both at least 0); `n` patients.
        The grid spans the central 99 % of the prior, cut off 10 posterior SDs from the
        posterior mean.
    """
    a = fit.analysis
    parts = []
    for name, prior in top_level_priors(a).items():
        if not of_all_patients(fit.posterior[name]):
            continue  # a share of each value of a score would be a hundred panels
        ratio = a.link == "logit" and name in a.mean.common and name != "Intercept"
        unit = _unit(a.link, _outcome_unit(fit.frame.outcome), ratio=ratio)
        if a.family.name == "lognormal":
            unit = "log scale"
        if name in _UNITLESS:
            unit = ""  # as it is, whatever the link of the mean
        own = name.split("_")[0]
        if own in a.formulas and own != MEAN:
            unit = _OWN_LINKS.get(own, "log scale")
        if prior.distribution == "LKJ":
            unit = "correlation"
        among = correlated(a, fit.frame)
        for term, draws, frozen in _scalars(fit.posterior[[name]], prior.frozen(among)):
            table = _table(draws, frozen)
            table.insert(0, "term", term)
            table["log"] = ratio
            table["unit"] = unit
            if ratio:
                table["x"] = np.exp(table["x"])
            parts.append(table)
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    found = pd.concat(parts, ignore_index=True)
    return found.assign(evidence=fit.cohort.evidence, n=fit.frame.n_units)[COLUMNS]


def _outcome_unit(name: str) -> str:
    if name.endswith("_percent_change"):
        return "percentage points"
    return OUTCOMES[name].unit if name in OUTCOMES else ""


def _unit(link: str, unit: str, *, ratio: bool) -> str:
    if ratio:
        return "odds ratio"
    return {"identity": unit, "logit": "log odds"}.get(link, f"{link} scale")


class _Element:
    """One element of a vector prior."""

    def __init__(self, frozen: Any, position: int) -> None:
        self._frozen, self._position = frozen, position

    def pdf(self, x: np.ndarray) -> np.ndarray:
        """Density at every x."""
        values = np.asarray(self._frozen.pdf(x[:, None]), dtype=float)
        return values[:, min(self._position, values.shape[1] - 1)]

    def ppf(self, q: float) -> float:
        """Quantile."""
        values = np.atleast_1d(self._frozen.ppf(q))
        return float(values[min(self._position, len(values) - 1)])


def _scalars(draws: xr.Dataset, frozen: Any) -> Iterator[tuple[str, np.ndarray, _Element]]:
    """Each element of a parameter: its name as ArviZ prints it, its draws, its prior."""
    (values,) = draws.data_vars.values()
    *_, last = (1, *(size for dim, size in values.sizes.items() if dim not in ("chain", "draw")))
    # A list of a prior is one a level of the last dimension.
    for place, (name, found) in enumerate(scalars(draws)):
        yield name, found.to_numpy().ravel(), _Element(frozen, place % last)


def _table(draws: np.ndarray, prior: _Element) -> pd.DataFrame:
    from arviz_stats.base.array import array_stats

    mean, sd = float(draws.mean()), float(draws.std(ddof=1))
    low = max(prior.ppf(0.005), mean - _REACH * sd)
    high = min(prior.ppf(0.995), mean + _REACH * sd)
    # The posterior is always shown whole, also where the prior hardly reaches it.
    x = np.linspace(min(low, float(draws.min())), max(high, float(draws.max())), _POINTS)
    grid, density, _ = array_stats.kde(draws)
    posterior = np.interp(x, grid, density, left=0.0, right=0.0)
    return pd.DataFrame({"x": x, "prior": prior.pdf(x), "posterior": posterior})
