"""All pairwise contrasts of the levels of a factor, with simultaneous intervals."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from adbayes.errors import SpecError
from adbayes.inference.fit import Fit
from adbayes.model.spec_tables import EstimandsTable
from adbayes.results.estimands import estimands
from adbayes.results.result_table import as_result
from adbayes.results.summary import identity, prob_direction

COLUMNS = [
    "model",
    "variant",
    "priors",
    "evidence",
    "cohort",
    "x",
    "outcome",
    "by",
    "level",
    "reference",
    "unit",
    "n",
    "mean",
    "median",
    "sd",
    "ci_low",
    "ci_high",
    "sim_low",
    "sim_high",
    "ci_prob",
    "prob_direction",
    "prob_simultaneous",
    "prob_all",
]


@as_result
def contrasts(
    fit: Fit, by: str | None = None, pairs: Sequence[tuple[object, object]] | None = None
) -> pd.DataFrame:
    """Differences of the mean outcome between levels, judged one by one and together.

    Parameters
    ----------
    fit : Fit
        A model that reports means by a categorical predictor, such as the visits.
    by : str, optional
        The predictor; the spec's ``[estimands] by`` if not given.
    pairs : sequence of (level, reference), optional
        Which differences; all pairs of neighbouring and distant levels, later minus earlier, if not
        given.

    Returns
    -------
    pandas.DataFrame
        The columns of `COLUMNS`, one row a difference ``level - reference`` in units of the
        outcome, other predictors averaged over the patients (their first rows). `ci_low` and
        `ci_high` hold the one difference with probability `ci_prob`, `sim_low` and `sim_high` all
        of the table at once: mean -+ c SD, c the `ci_prob` quantile over draws of the largest
        standardised deviation (max-t; Ruppert, Wand and Carroll 2003, section 6.5).
        `prob_direction` judges one row; `prob_simultaneous` is the largest probability whose
        simultaneous interval excludes 0; `prob_all` is the posterior probability that all
        differences of the table have the signs of their medians.

    Raises
    ------
    SpecError
        For a column or level that the model does not have, or fewer than two levels.
    """
    a = fit.analysis
    by = a.estimands.by if by is None else by
    column = fit.frame.data.get(by)
    if column is None or by not in a.mean.columns:
        listed = ", ".join(name for name in a.mean.columns if name != fit.frame.outcome)
        raise SpecError(f"{a.model}: no predictor {by!r} to contrast (predictors: {listed})")
    if not isinstance(column.dtype, pd.CategoricalDtype):
        raise SpecError(f"{a.model}: {by!r} is a number, not levels; contrasts need categories")
    table = EstimandsTable(report=("mean",), by=by)
    found = estimands(replace(fit, analysis=replace(a, estimands=table)))
    means = {one.visit: one.draws.to_numpy().ravel() for one in found}
    wanted = _pairs(a.model, by, list(means), pairs)
    draws = np.stack([means[level] - means[reference] for level, reference in wanted])
    low, high, sure = simultaneous(draws, a.sampler.ci_prob)
    prob = a.sampler.ci_prob
    ends = np.quantile(draws, [(1 - prob) / 2, (1 + prob) / 2], axis=1)
    signs = np.sign(np.median(draws, axis=1))
    rows = pd.DataFrame(
        {
            "level": [level for level, _ in wanted],
            "reference": [reference for _, reference in wanted],
            "mean": draws.mean(axis=1),
            "median": np.median(draws, axis=1),
            "sd": draws.std(axis=1, ddof=1),
            "ci_low": ends[0],
            "ci_high": ends[1],
            "sim_low": low,
            "sim_high": high,
            "prob_direction": [prob_direction(row, 0.0) for row in draws],
            "prob_simultaneous": sure,
            "prob_all": float((np.sign(draws) == signs[:, None]).all(axis=0).mean()),
        }
    )
    rows = rows.assign(outcome=fit.frame.outcome, by=by, n=fit.frame.n, ci_prob=prob)
    return rows.assign(**identity(fit), unit=found[0].unit)[COLUMNS]


def simultaneous(draws: np.ndarray, prob: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Intervals that hold all of several quantities at once.

    Parameters
    ----------
    draws : numpy.ndarray
        ``(quantity, draw)``.
    prob : float
        Joint coverage, between 0 and 1.

    Returns
    -------
    tuple of numpy.ndarray
        Lower and upper ends, and for each quantity the largest joint coverage at which its interval
        excludes 0.
    """
    mean, spread = draws.mean(axis=1), draws.std(axis=1, ddof=1)
    largest = np.abs((draws - mean[:, None]) / spread[:, None]).max(axis=0)
    reach = np.quantile(largest, prob)
    sure = (largest[None] < (np.abs(mean) / spread)[:, None]).mean(axis=1)
    return mean - reach * spread, mean + reach * spread, sure


def _pairs(
    model: str, by: str, levels: list[str], pairs: Sequence[tuple[object, object]] | None
) -> list[tuple[str, str]]:
    if len(levels) < 2:
        raise SpecError(f"{model}: {by!r} has one level; two are needed for a contrast")
    if pairs is None:
        return [(late, early) for early, late in itertools.combinations(levels, 2)]
    wanted = [(str(level), str(reference)) for level, reference in pairs]
    unknown = sorted({name for pair in wanted for name in pair} - set(levels))
    if unknown or not wanted:
        raise SpecError(
            f"{model}: {by!r} has no level {', '.join(unknown) or '(no pairs given)'} "
            f"(levels: {', '.join(levels)})"
        )
    return wanted
