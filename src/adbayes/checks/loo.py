"""Leave-one-patient-out predictive accuracy, and models compared by it."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import xarray as xr

from adbayes.checks.kfold import kfold
from adbayes.checks.power_scaling import MAX_KHAT
from adbayes.checks.predictive import COLUMNS
from adbayes.checks.same_data import log_jacobians
from adbayes.errors import SpecError
from adbayes.inference.fit import Fit
from adbayes.inference.fits import Fits
from adbayes.inference.marginal_likelihood import of_all_patients
from adbayes.results.result_table import as_result
from adbayes.results.summary import identity

if TYPE_CHECKING:
    from arviz_stats.utils import ELPDData

COMPARED = [
    "model",
    "variant",
    "priors",
    "evidence",
    "cohort",
    "x",
    "outcome",
    "n",
    "rank",
    "elpd",
    "se",
    "p_loo",
    "max_k",
    "elpd_diff",
    "se_diff",
    "weight",
    "note",
]
FAVOURS = {
    "reconstructed": "synthetic patients: ranks favour models like the generator; a demonstration",
    "simulated": "simulated patients: ranks favour the model that made them",
}
Method = Literal["psis", "kfold"]


@dataclass(frozen=True, eq=False)
class LeaveOneOut:
    """The posterior with each patient left out, by importance weights.

    Parameters
    ----------
    elpd : arviz ELPDData
        ArviZ's result, pointwise over ``unit``.
    weights : numpy.ndarray
        ``(draw, unit)``, chains one after the other; each column sums to 1.
    posterior : xarray.Dataset
        The draws that the rows of `weights` belong to.
    """

    elpd: "ELPDData"
    weights: np.ndarray
    posterior: xr.Dataset

    @property
    def khat(self) -> np.ndarray:
        """Pareto k of each unit."""
        return np.asarray(self.elpd.pareto_k)

    @property
    def units(self) -> list[str]:
        """Names of the units, in the order of the columns of `weights`."""
        return [str(name) for name in self.elpd.elpd_i["unit"].to_numpy()]


def leave_one_out(fit: Fit) -> LeaveOneOut:
    """Leave out each patient by Pareto-smoothed importance sampling.

    Parameters
    ----------
    fit : Fit
        A fitted model.

    Returns
    -------
    LeaveOneOut
        By ArviZ, on the likelihood with patient effects integrated out.

    Raises
    ------
    SpecError
        Where that likelihood cannot be computed.
    """
    import arviz as az

    likelihood = fit.patient_log_likelihood
    posterior = fit.posterior.sel(chain=likelihood["chain"], draw=likelihood["draw"])
    # Effects of patients are not among the parameters once they are integrated out.
    kept = [name for name, values in posterior.data_vars.items() if of_all_patients(values)]
    tree = xr.DataTree.from_dict(
        {
            "posterior": posterior[kept],
            "log_likelihood": xr.Dataset({fit.frame.outcome: likelihood}),
        }
    )
    with warnings.catch_warnings():
        # High Pareto k are shown in every table made from this; a warning would name no patient.
        warnings.filterwarnings("ignore", "Estimated shape parameter of Pareto")
        found = az.loo(tree, pointwise=True)
    log_weights = found.log_weights.transpose("chain", "draw", "unit").to_numpy()
    log_weights = log_weights.reshape(-1, log_weights.shape[-1])
    weights = np.exp(log_weights - log_weights.max(axis=0))
    return LeaveOneOut(found, weights / weights.sum(axis=0), posterior)


@as_result
def loo(fit: Fit, method: Method | None = None, cores: int | None = None) -> pd.DataFrame:
    """Expected log predictive density of a patient the model has not seen, summed over patients.

    Parameters
    ----------
    fit : Fit
        A fitted model.
    method : {"psis", "kfold"}, optional
        Importance sampling (seconds), or ten refits each without a tenth of the patients (minutes).
        If not given: importance sampling, and refits only where a patient's likelihood cannot be
        computed (several or non-normal patient effects outside the compiled structures).
    cores : int, optional
        Chains of the refits run at once.

    Returns
    -------
    pandas.DataFrame
        The columns of `adbayes.checks.predictive.COLUMNS`; `check` is loo, one row a statistic,
        its value in `observed`: elpd (nats; of densities in outcome units), se, p_loo (effective
        number of parameters), max_k (Pareto k; above 0.7 untrustworthy, empty for refits) and
        patients_above_0.7.

    Raises
    ------
    SpecError
        With ``method = "psis"``, where a patient's likelihood cannot be computed.
    """
    return loo_rows(fit, _elpd(fit, method, cores))


def loo_rows(fit: Fit, found: "ELPDData") -> pd.DataFrame:
    """An ArviZ result as rows of a table of checks.

    Parameters
    ----------
    fit : Fit
        A fitted model.
    found : arviz ELPDData
        Its leave-one-out or K-fold result, pointwise.

    Returns
    -------
    pandas.DataFrame
        As `loo`.
    """
    khat = np.asarray([]) if found.pareto_k is None else np.asarray(found.pareto_k)
    how = (
        "10-fold by patient, refitted"
        if found.pareto_k is None
        else f"leave one {fit.frame.unit or 'row'} out, PSIS; {len(khat)} left out in turn"
    )
    note = "; ".join(filter(None, [how, _demonstration(fit)]))
    statistics = {"elpd": found.elpd, "se": found.se, "p_loo": found.p}
    if len(khat):
        statistics |= {
            "max_k": float(khat.max()),
            f"patients_above_{MAX_KHAT:g}": float((khat > MAX_KHAT).sum()),
        }
    rows = [
        {"statistic": name, "observed": float(v), "note": note} for name, v in statistics.items()
    ]
    table = pd.DataFrame(rows).assign(**identity(fit), check="loo", outcome=fit.frame.outcome)
    return table.assign(visit="").reindex(columns=COLUMNS)


@as_result
def compare_models(
    fits: Sequence[Fit] | Fits, method: Method | None = None, cores: int | None = None
) -> pd.DataFrame:
    """Rank models of the same patients by leave-one-patient-out predictive accuracy.

    Parameters
    ----------
    fits : sequence of Fit, or Fits
        Two or more models of the same outcomes of the same patients. Models of a score and of its
        change, percent change or fraction of baseline may be mixed: their densities are brought to
        the score by the exact Jacobian.
    method : {"psis", "kfold"}, optional
        As `loo`; K-fold for all, where one needs it.
    cores : int, optional
        Chains of the refits run at once.

    Returns
    -------
    pandas.DataFrame
        The columns of `COMPARED`, best first. `elpd_diff` is the loss against the best model (0 or
        more) and `se_diff` its standard error over patients; `weight` is the stacking weight. A
        loss below 4, or below two standard errors, ranks nothing (Sivula et al. 2025, doi
        10.48550/arXiv.2008.10296), and the note says so.

    Raises
    ------
    SpecError
        For fewer than two models, models of other rows, or a density beside a probability.
    """
    import arviz as az

    models = list(fits.values()) if isinstance(fits, Fits) else list(fits)
    if len(models) < 2:
        raise SpecError(f"compare_models: {len(models)} model given; give two or more to compare")
    jacobians = log_jacobians(models)
    found = _elpds(models, method, cores)
    for one, jacobian in zip(found, jacobians, strict=True):
        by_unit = jacobian.reindex(one.elpd_i["unit"].to_numpy())
        _shift(one, by_unit.to_numpy())
    # A common order of the units, because ArviZ subtracts position by position.
    order = found[0].elpd_i["unit"]
    for one in found:
        one.elpd_i = one.elpd_i.sel(unit=order)
    names = {str(number): one for number, one in enumerate(found)}
    ranked = az.compare(names, round_to="none")
    rows = []
    for rank, (name, row) in enumerate(ranked.iterrows()):
        fit, one = models[int(str(name))], found[int(str(name))]
        difference, spread = float(row["elpd_diff"]), float(row["dse"])
        close = rank > 0 and (abs(difference) < 4 or abs(difference) < 2 * spread)
        notes = [
            "10-fold by patient" if one.pareto_k is None else "",
            "not distinguished from the best" if close else "",
            _demonstration(fit),
        ]
        rows.append(
            {
                **identity(fit),
                "outcome": fit.frame.outcome,
                "n": one.n_data_points,
                "rank": rank,
                "elpd": one.elpd,
                "se": one.se,
                "p_loo": one.p,
                "max_k": np.nan if one.pareto_k is None else float(np.max(one.pareto_k)),
                "elpd_diff": abs(difference),
                "se_diff": spread,
                "weight": float(row["weight"]),
                "note": "; ".join(filter(None, notes)),
            }
        )
    return pd.DataFrame(rows, columns=COMPARED)


def comparison_rows(compared: pd.DataFrame) -> pd.DataFrame:
    """A comparison of models as rows of a table of checks.

    Parameters
    ----------
    compared : pandas.DataFrame
        From `compare_models`.

    Returns
    -------
    pandas.DataFrame
        The columns of `adbayes.checks.predictive.COLUMNS`; `check` is loo_compare, the statistics
        rank, elpd_diff, se_diff and weight.
    """
    statistics = ["rank", "elpd_diff", "se_diff", "weight"]
    kept = [name for name in COMPARED if name in COLUMNS]
    long = compared.melt(kept, statistics, "statistic", "observed")
    return long.assign(check="loo_compare", visit="").reindex(columns=COLUMNS)


def _elpd(fit: Fit, method: Method | None, cores: int | None) -> "ELPDData":
    if method == "kfold":
        return kfold(fit, cores=cores)
    try:
        return leave_one_out(fit).elpd
    except SpecError:
        if method == "psis":
            raise
        return kfold(fit, cores=cores)


def _elpds(models: list[Fit], method: Method | None, cores: int | None) -> "list[ELPDData]":
    """One kind for all: a leave-one-out estimate and a 10-fold one are not compared."""
    found = [_elpd(fit, method, cores) for fit in models]
    if len({one.pareto_k is None for one in found}) > 1:
        return [kfold(fit, cores=cores) for fit in models]
    return found


def _shift(one: "ELPDData", log_jacobian: np.ndarray) -> None:
    """Bring pointwise densities to another scale of the outcome."""
    one.elpd_i = one.elpd_i + log_jacobian
    values = one.elpd_i.to_numpy()
    one.elpd = float(values.sum())
    one.se = float(np.sqrt(len(values)) * values.std())


def _demonstration(fit: Fit) -> str:
    return FAVOURS.get(fit.cohort.evidence, "")
