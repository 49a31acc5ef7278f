"""Where each observed value falls in its prediction from all other patients (LOO-PIT), by visit."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import xarray as xr
from scipy import stats

from adbayes.checks.loo import LeaveOneOut, leave_one_out
from adbayes.checks.power_scaling import MAX_KHAT
from adbayes.checks.predictive import COLUMNS
from adbayes.cohort.outcomes import OUTCOMES
from adbayes.inference.fit import Fit
from adbayes.inference.marginal_likelihood import new_effects, unit_names
from adbayes.inference.replicates import outcomes
from adbayes.inference.sampler import stream
from adbayes.model.stacked import cells
from adbayes.results.result_table import as_result
from adbayes.results.summary import identity

BANDS = 1000  # simulations behind a simultaneous band


@as_result
def loo_pit(fit: Fit, seed: int | None = None, left_out: LeaveOneOut | None = None) -> pd.DataFrame:
    """Where each observed value falls among predictions from the other patients.

    Parameters
    ----------
    fit : Fit
        A fitted model.
    seed : int, optional
        Of the predictions and of the places within ties; the sampler's seed if not given.
    left_out : LeaveOneOut, optional
        From `leave_one_out`, where it is there already.

    Returns
    -------
    pandas.DataFrame
        One row an observation: the columns of `identity`, outcome, visit, unit, value, pit (0 to
        1: the predicted share below the value) and khat. The whole patient is left out, and the
        prediction is for a new patient. Predictions are rounded to the instrument's grid, and a
        value's place within its tie is random, so that a true model gives uniform values (Czado,
        Gneiting and Held 2009, doi 10.1111/j.1541-0420.2009.01191.x).

    Raises
    ------
    SpecError
        Where a patient's likelihood cannot be computed.
    """
    import arviz as az

    a, frame = fit.analysis, fit.frame
    found = leave_one_out(fit) if left_out is None else left_out
    seeds = stream(a.sampler.seed if seed is None else seed, "loo pit", a.key)
    rng = np.random.default_rng(seeds)
    replicated = new_patients(fit, found.posterior, rng)
    observed = np.array(frame.data[frame.outcome], dtype=float)
    for name in np.unique(frame.outcomes):
        instrument = OUTCOMES.get(name)
        if instrument is not None and instrument.step is not None:
            mine, steps = frame.outcomes == name, 1 / instrument.step
            replicated[:, mine] = np.round(replicated[:, mine] * steps)
            observed[mine] = np.round(observed[mine] * steps)
    place = {name: number for number, name in enumerate(found.units)}
    column = np.array([place[unit] for unit in unit_names(fit)])
    shape = (found.posterior.sizes["chain"], -1, len(observed))
    dims = ("chain", "draw", "row")
    # Zero weights are those of draws that the left-out patient alone supports.
    log_weights = np.log(np.maximum(found.weights[:, column], np.finfo(float).tiny))
    khat = found.khat[column]
    tree = xr.DataTree.from_dict(
        {
            "posterior_predictive": xr.Dataset({"y": (dims, replicated.reshape(shape))}),
            "observed_data": xr.Dataset({"y": ("row", observed)}),
            # ArviZ reads the names of the sample dimensions off this group.
            "log_likelihood": xr.Dataset({"y": (dims, log_weights.reshape(shape))}),
            "posterior": xr.Dataset({"y": (dims[:2], replicated.reshape(shape)[..., 0])}),
        }
    )
    pit = az.loo_pit(
        tree,
        var_names="y",
        log_weights=xr.Dataset({"y": (dims, log_weights.reshape(shape))}),
        pareto_k=xr.Dataset({"y": ("row", khat)}),
        random_state=int(rng.integers(2**31)),
    )
    table = pd.DataFrame(
        {
            "unit": unit_names(fit),
            "value": frame.y,
            "pit": np.clip(pit["y"].to_numpy(), 0, 1),
            "khat": khat,
        }
    )
    parts = [
        table[mask].assign(outcome=outcome, visit=visit) for outcome, visit, mask in cells(a, frame)
    ]
    head = [*identity(fit), "outcome", "visit", "unit", "value", "pit", "khat"]
    return pd.concat(parts).assign(**identity(fit))[head]


def new_patients(fit: Fit, posterior: xr.Dataset, rng: np.random.Generator) -> np.ndarray:
    """Outcomes of new patients observed at the rows of the data.

    Parameters
    ----------
    fit : Fit
        A fitted model.
    posterior : xarray.Dataset
        Draws.
    rng : numpy.random.Generator
        The source of randomness.

    Returns
    -------
    numpy.ndarray
        ``(draw, row)``.
    """
    return outcomes(fit.analysis, fit.frame, fit.design, new_effects(posterior, rng), rng)


def loo_pit_checks(
    fit: Fit, seed: int | None = None, left_out: LeaveOneOut | None = None
) -> pd.DataFrame:
    """Judge the uniformity of the LOO-PIT values of each visit.

    Parameters
    ----------
    fit : Fit
        A fitted model.
    seed : int, optional
        As `loo_pit`.
    left_out : LeaveOneOut, optional
        As `loo_pit`.

    Returns
    -------
    pandas.DataFrame
        The columns of `adbayes.checks.predictive.COLUMNS`; `check` is loo_pit. By visit: the mean
        PIT (below 0.5: the model predicts too high) and the share (%) of values outside the central
        95 % of their predictions, each with its 95 % range and tail area under uniformity; and
        `uniformity`, whose `tail_area` is ArviZ's p value for dependent PIT values (POT-C).
    """
    table = loo_pit(fit, seed, left_out)
    rows = [
        {"outcome": outcome, "visit": visit, "note": _note(part), **row}
        for (outcome, visit), part in table.groupby(["outcome", "visit"], sort=False)
        for row in _judged(part["pit"].to_numpy())
    ]
    found = pd.DataFrame(rows).assign(**identity(fit), check="loo_pit")
    return found.reindex(columns=COLUMNS)


def pit_curves(table: pd.DataFrame, ci_prob: float = 0.95) -> pd.DataFrame:
    """The empirical distribution of the PIT values less the uniform, with a simultaneous band.

    Parameters
    ----------
    table : pandas.DataFrame
        From `loo_pit`.
    ci_prob : float, optional
        Of the band, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        By outcome and visit: x (0 to 1), difference, low, high, n, evidence. The band is ArviZ's (Säilynoja et al.
        2022, doi 10.1007/s11222-022-10090-6).
    """
    from arviz_stats.ecdf_utils import ecdf_pit

    parts = []
    for _, part in table.groupby(["outcome", "visit"], sort=False):
        x, ecdf, low, high = ecdf_pit(part["pit"].to_numpy(), ci_prob, BANDS)
        curve = {"x": x, "difference": ecdf - x, "low": low - x, "high": high - x}
        first = part.iloc[0]
        whose = {name: first[name] for name in ("outcome", "visit", "evidence")}
        parts.append(pd.DataFrame({**curve, **whose, "n": len(part)}))
    return pd.concat(parts, ignore_index=True)


def _judged(pit: np.ndarray) -> Iterator[dict[str, object]]:
    from arviz_stats.base.array import array_stats

    n = len(pit)
    mean = stats.norm(0.5, np.sqrt(1 / (12 * n)))
    yield {
        "statistic": "mean PIT",
        "observed": float(pit.mean()),
        "replicated_low": float(mean.ppf(0.025)),
        "replicated_high": float(mean.ppf(0.975)),
        "tail_area": float(mean.sf(pit.mean())),
    }
    outside = int(((pit < 0.025) | (pit > 0.975)).sum())
    count = stats.binom(n, 0.05)
    yield {
        "statistic": "share outside central 95 %",
        "observed": 100 * outside / n,
        "replicated_low": 100 * float(count.ppf(0.025)) / n,
        "replicated_high": 100 * float(count.ppf(0.975)) / n,
        "tail_area": float(count.sf(outside) + count.pmf(outside) / 2),
    }
    p, *_ = array_stats.uniformity_test(pit)
    yield {"statistic": "uniformity", "observed": np.nan, "tail_area": float(p)}


def _note(part: pd.DataFrame) -> str:
    high = int((part["khat"] > MAX_KHAT).sum())
    note = f"n = {len(part)}; the patient left out"
    return note + (f"; Pareto k above {MAX_KHAT:g} in {high}" if high else "")
