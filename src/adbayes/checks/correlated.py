"""Predictive checks of correlations: those of several scores in the data beside those of replicates."""

from collections.abc import Iterator

import numpy as np
from scipy.stats import rankdata

from adbayes.cohort.outcomes import OUTCOMES
from adbayes.model.analysis import Analysis
from adbayes.model.frame import ModelFrame
from adbayes.model.stacked import score_pairs

COEFFICIENTS = ("Pearson", "Spearman")


def correlation_checks(
    analysis: Analysis,
    frame: ModelFrame,
    values: np.ndarray,
    replicated: np.ndarray,
    check: str,
) -> Iterator[dict[str, object]]:
    """Correlation of every pair of stacked scores at every visit, observed and replicated.

    Parameters
    ----------
    analysis : Analysis
        A model of stacked scores.
    frame : ModelFrame
        Its rows.
    values : numpy.ndarray
        Observed outcomes, ``(row,)``.
    replicated : numpy.ndarray
        ``(draw, row)``.
    check : str
        prior_predictive or posterior_predictive.

    Yields
    ------
    dict
        Rows of `adbayes.checks.predictive.predictive_checks`: statistics such as
        ``Pearson correlation with nrs`` of outcome ``easi``. Replicates are rounded to the
        instrument's grid, because ties move Spearman's coefficient. A replicate in which a score is
        constant has no coefficient and is left out, counted in `note`.
    """
    from adbayes.checks.predictive import beside

    observed, replicated = values[None].copy(), replicated.copy()
    for name in analysis.data.stack:
        instrument = OUTCOMES.get(name)
        if instrument is not None and instrument.step is not None:
            mine, steps = frame.outcomes == name, 1 / instrument.step
            for table in (observed, replicated):
                table[:, mine] = np.round(table[:, mine] * steps)
    ranks: dict[str, dict[bytes, np.ndarray]] = {name: {} for name in COEFFICIENTS}
    for visit, first, second, (one, other) in score_pairs(analysis, frame):
        if len(one) < 3:
            continue
        for name in COEFFICIENTS:
            seen, made = (
                _coefficient(*(_standard(table, rows, name, ranks[name]) for rows in (one, other)))
                for table in (observed, replicated)
            )
            known = np.isfinite(made)
            if not known.any() or not np.isfinite(seen).all():
                continue
            left = int((~known).sum())
            yield {
                "check": check,
                "outcome": first,
                "visit": visit,
                "statistic": f"{name} correlation with {second}",
                **beside(float(seen[0]), made[known]),
                "note": f"n = {len(one)}" + (f"; {left} constant replicates" if left else ""),
            }


def _standard(
    table: np.ndarray, rows: np.ndarray, name: str, kept: dict[bytes, np.ndarray]
) -> np.ndarray:
    """Values (or their ranks) about their mean, of length 1; NaN where constant."""
    key = rows.tobytes() + bytes(str(len(table)), "ascii")
    if key not in kept:  # a score is in several pairs
        found = table[:, rows]
        found = rankdata(found, axis=1) if name == "Spearman" else found
        found = found - found.mean(axis=1, keepdims=True)
        length = np.sqrt((found**2).sum(axis=1, keepdims=True))
        kept[key] = np.divide(found, length, out=np.full_like(found, np.nan), where=length > 1e-9)
    return kept[key]


def _coefficient(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.asarray((one * other).sum(axis=1))
