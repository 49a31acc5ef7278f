"""The convergence gate: what draws must show before a number from them is reported."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

# Vehtari et al. 2021, doi 10.1214/20-BA1221 (R-hat, ESS); Betancourt 2016, arXiv 1604.00695 (E-BFMI).
MAX_R_HAT = 1.01  # chains that differ more have not found one distribution
MIN_ESS = 400.0  # fewer effective draws leave R-hat and interval ends unreliable
MIN_BFMI = 0.3  # less means the momentum is resampled too timidly to explore the energy

COLUMNS = [
    "model",
    "variant",
    "priors",
    "evidence",
    "cohort",
    "divergences",
    "retries",
    "max_treedepth_share",
    "min_ess_bulk",
    "min_ess_tail",
    "max_r_hat",
    "min_bfmi",
    "passed",
    "x",
]


@dataclass(frozen=True)
class Gate:
    """The worst of each diagnostic, and whether all pass.

    Parameters
    ----------
    divergences : int
        Transitions that diverged; must be 0.
    max_treedepth_share : float
        Share of transitions that reached the maximal tree depth (0 to 1); reported, not gated.
    min_ess_bulk, min_ess_tail : float
        Must exceed `MIN_ESS`.
    max_r_hat : float
        Must be under `MAX_R_HAT`.
    min_bfmi : float
        Must exceed `MIN_BFMI`.
    """

    divergences: int
    max_treedepth_share: float
    min_ess_bulk: float
    min_ess_tail: float
    max_r_hat: float
    min_bfmi: float

    @property
    def passed(self) -> bool:
        """Whether every diagnostic passes its threshold; a NaN does not."""
        return bool(
            self.divergences == 0
            and self.min_ess_bulk > MIN_ESS
            and self.min_ess_tail > MIN_ESS
            and self.max_r_hat < MAX_R_HAT
            and self.min_bfmi > MIN_BFMI
        )

    def worst_of(self, other: "Gate") -> "Gate":
        """The worse of each diagnostic; a NaN counts as worst.

        Parameters
        ----------
        other : Gate
            Another judgement of the same chains.

        Returns
        -------
        Gate
            Passes only where both do.
        """
        return Gate(
            divergences=max(self.divergences, other.divergences),
            max_treedepth_share=self.max_treedepth_share,
            min_ess_bulk=float(np.minimum(self.min_ess_bulk, other.min_ess_bulk)),
            min_ess_tail=float(np.minimum(self.min_ess_tail, other.min_ess_tail)),
            max_r_hat=float(np.maximum(self.max_r_hat, other.max_r_hat)),
            min_bfmi=float(np.minimum(self.min_bfmi, other.min_bfmi)),
        )


def scalars(draws: xr.Dataset) -> Iterator[tuple[str, xr.DataArray]]:
    """The scalars of a set of draws, under the names that ArviZ prints.

    Parameters
    ----------
    draws : xarray.Dataset
        Dimensions ``chain`` and ``draw`` and any others.

    Yields
    ------
    tuple of (str, xarray.DataArray)
        Such as ``visit[16]``, and its draws by ``chain`` and ``draw``.
    """
    import arviz as az

    label = az.labels.BaseLabeller().make_label_flat
    for name, levels, place in az.xarray_sel_iter(draws, skip_dims={"chain", "draw"}):
        found = draws[name].isel(place, drop=True).transpose("chain", "draw")
        yield label(name, levels, place), found


def quality(draws: xr.Dataset) -> pd.DataFrame:
    """Diagnostics of every scalar in a set of draws.

    Parameters
    ----------
    draws : xarray.Dataset
        Dimensions ``chain`` and ``draw`` and any others.

    Returns
    -------
    pandas.DataFrame
        One row a scalar, by its name (`scalars`); columns ess_bulk, ess_tail, r_hat, mcse_mean (unit
        of the variable) and constant (bool: all draws equal, whose R-hat is not a number).
    """
    import arviz as az

    named = list(scalars(draws))
    if not named:
        none = pd.DataFrame(columns=["ess_bulk", "ess_tail", "r_hat", "mcse_mean"], dtype=float)
        return none.assign(constant=pd.Series(dtype=bool))
    # ArviZ takes a third longer for as many variables as for one of as many scalars.
    every = np.stack([values.to_numpy() for _, values in named])
    one = xr.Dataset({"all": (("scalar", "chain", "draw"), every)})
    with np.errstate(
        invalid="ignore", divide="ignore"
    ):  # a constant's R-hat is 0 / 0: its row says so
        found = {
            "ess_bulk": az.ess(one, method="bulk"),
            "ess_tail": az.ess(one, method="tail"),
            "r_hat": az.rhat(one),
            "mcse_mean": az.mcse(one, method="mean"),
        }
    names = [name for name, _ in named]
    table = pd.DataFrame({key: part["all"].to_numpy() for key, part in found.items()}, index=names)
    low, high = every.min((1, 2)), every.max((1, 2))
    return table.assign(constant=np.isfinite(low) & (low == high))


def gate(found: pd.DataFrame, sample_stats: xr.Dataset) -> Gate:
    """Judge a set of draws.

    Parameters
    ----------
    found : pandas.DataFrame
        Diagnostics of parameters, and of any derived quantities that are reported, from `quality`.
    sample_stats : xarray.Dataset
        nutpie's statistics: ``diverging``, ``energy``, ``maxdepth_reached``.

    Returns
    -------
    Gate
        The worst of each. A quantity that is constant over all draws (a probability of exactly 0
        or 1) is judged through the parameters it is made of.
    """
    import arviz as az

    table = found[~found["constant"]]
    energy = sample_stats[["energy"]]
    depth = sample_stats.get("maxdepth_reached")
    return Gate(
        divergences=int(sample_stats["diverging"].sum()),
        max_treedepth_share=float(depth.mean()) if depth is not None else float("nan"),
        min_ess_bulk=float(table["ess_bulk"].min(skipna=False)),
        min_ess_tail=float(table["ess_tail"].min(skipna=False)),
        max_r_hat=float(table["r_hat"].max(skipna=False)),
        min_bfmi=float(np.min(az.bfmi(energy)["energy"].to_numpy())),
    )
