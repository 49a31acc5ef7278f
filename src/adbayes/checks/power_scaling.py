"""Sensitivity of the reported quantities to prior and likelihood, by power-scaling."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from adbayes.inference.fit import Fit
from adbayes.results.estimands import Estimand, estimands
from adbayes.results.summary import identity

COLUMNS = [
    "model",
    "variant",
    "evidence",
    "cohort",
    "denominator",
    "estimand",
    "outcome",
    "visit",
    "term",
    "method",
    "priors",
    "setting",
    "mean",
    "median",
    "ci_low",
    "ci_high",
    "prob_direction",
    "shift_in_sd",
    "khat",
    "diagnosis",
]
THRESHOLD = 0.05  # Kallioinen et al. 2024: above it the posterior moves with the component
MAX_KHAT = 0.7  # Vehtari et al. 2024, doi 10.48550/arXiv.1507.02646: above it the weights fail


def power_scaling(fit: Fit, alpha: float = 0.8) -> pd.DataFrame:
    """Move the prior or the likelihood a little and see what follows.

    Parameters
    ----------
    fit : Fit
        A fitted model.
    alpha : float, optional
        Power of the shown alternative, between 0 and 1 (1 leaves all as it is): the summaries in
        the rows are those with prior or likelihood raised to it. The diagnosis rests on ArviZ's
        local gradient, whatever `alpha`.

    Returns
    -------
    pandas.DataFrame
        The columns of `COLUMNS`; two rows a quantity, `setting` ``prior^0.8`` and
        ``likelihood^0.8``. `shift_in_sd` is the move of the mean in posterior SDs, `khat` the
        Pareto k of the weights (above 0.7 they cannot be trusted). `diagnosis` (Kallioinen et al.
        2024, doi 10.1007/s11222-023-10366-5; threshold 0.05): "prior-data conflict" where both
        matter, "strong prior or weak likelihood" where only the prior does, otherwise empty.
    """
    quantities = estimands(fit)
    if not quantities:
        return pd.DataFrame(columns=COLUMNS)
    prob = fit.analysis.sampler.ci_prob
    rows = scaled(quantities, fit.log_prior, fit.log_likelihood, alpha, prob)
    table = pd.DataFrame(rows).assign(**identity(fit), method="power_scaling")
    return table.assign(denominator=fit.frame.n).reindex(columns=COLUMNS)


def scaled(
    quantities: Sequence[Estimand],
    log_prior: xr.Dataset,
    log_likelihood: xr.Dataset,
    alpha: float,
    prob: float,
) -> list[dict[str, object]]:
    """Power-scale a set of quantities.

    Parameters
    ----------
    quantities : sequence of Estimand
        With their draws.
    log_prior, log_likelihood : xarray.Dataset
        Log densities of the same draws; the other dimensions are summed over.
    alpha : float
        The power, between 0 and 1.
    prob : float
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    list of dict
        Rows of `power_scaling` without the columns that identify a fit.
    """
    import arviz as az
    from arviz_stats.base.array import array_stats

    every = xr.concat([_symmetric(one) for one in quantities], "quantity", coords="minimal")
    tree = xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset({"every": every}),
            "log_prior": log_prior,
            "log_likelihood": log_likelihood,
        }
    )
    local = {
        part: az.psense(tree, group=part)["every"].to_numpy() for part in ("prior", "likelihood")
    }
    rows: list[dict[str, object]] = []
    for part, densities in (("prior", log_prior), ("likelihood", log_likelihood)):
        log_ratio = (alpha - 1) * _total(densities)
        # ArviZ takes the negative of a log weight, as for leave-one-out log-likelihoods.
        smoothed, khat = array_stats.psislw(-log_ratio.reshape(-1))
        weights = np.exp(smoothed - smoothed.max())
        weights /= weights.sum()
        for number, quantity in enumerate(quantities):
            sensitive = {key: float(value[number]) > THRESHOLD for key, value in local.items()}
            rows.append(
                {
                    "estimand": quantity.estimand,
                    "outcome": quantity.outcome,
                    "visit": quantity.visit,
                    "term": quantity.term,
                    "setting": f"{part}^{alpha:g}",
                    **_reweighted(quantity, weights, prob),
                    "khat": float(khat),
                    "diagnosis": _diagnosis(sensitive, float(khat)),
                }
            )
    return rows


def _symmetric(quantity: Estimand) -> xr.DataArray:
    """Ratios on the log scale, where the gradient does not follow one long tail."""
    if quantity.unit != "ratio":
        return quantity.draws
    return quantity.draws.copy(data=np.log(quantity.draws.to_numpy()))


def _total(densities: xr.Dataset) -> np.ndarray:
    """Sum of all log densities of a draw."""
    parts = []
    for values in densities.data_vars.values():
        extra = [dim for dim in values.dims if dim not in ("chain", "draw")]
        parts.append(values.sum(extra).transpose("chain", "draw").to_numpy())
    return np.asarray(np.sum(parts, axis=0))


def _reweighted(quantity: Estimand, weights: np.ndarray, prob: float) -> dict[str, float]:
    values = np.ravel(quantity.draws.to_numpy())
    order = np.argsort(values)
    cumulative = np.cumsum(weights[order])
    low, median, high = np.interp([(1 - prob) / 2, 0.5, (1 + prob) / 2], cumulative, values[order])
    mean = float(weights @ values)
    direction = float("nan")
    if not np.isnan(quantity.null):
        above = float(weights[values > quantity.null].sum())
        below = float(weights[values < quantity.null].sum())
        direction = max(above, below)
    spread = values.std(ddof=1)
    return {
        "mean": mean,
        "median": float(median),
        "ci_low": float(low),
        "ci_high": float(high),
        "prob_direction": direction,
        "shift_in_sd": float((mean - values.mean()) / spread) if spread > 0 else float("nan"),
    }


def _diagnosis(sensitive: dict[str, bool], khat: float) -> str:
    if khat > MAX_KHAT:
        return f"Pareto k above {MAX_KHAT:g}: refit to know"
    if sensitive["prior"]:
        return (
            "prior-data conflict" if sensitive["likelihood"] else "strong prior or weak likelihood"
        )
    return ""
