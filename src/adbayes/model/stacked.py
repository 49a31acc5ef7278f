"""Stacked rows read back: which rows are one score at one visit, and which belong together."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd

from adbayes.model.analysis import SCORE, Analysis
from adbayes.model.frame import ModelFrame


def cells(analysis: Analysis, frame: ModelFrame) -> Iterator[tuple[str, str, np.ndarray]]:
    """Rows of each outcome at each level of the spec's ``by`` column.

    Parameters
    ----------
    analysis : Analysis
        The model.
    frame : ModelFrame
        The rows.

    Yields
    ------
    tuple
        The outcome (of stacked rows the score), the level (the spec's visit, or nothing, where there
        is no such column) and which rows are meant.
    """
    visits = dict(_visits(analysis, frame))
    outcomes = frame.outcomes
    for outcome in dict.fromkeys(analysis.data.stack or (frame.outcome,)):
        for visit, mask in visits.items():
            mine = mask & (outcomes == outcome)
            if mine.any():
                yield outcome, visit, mine


def _visits(analysis: Analysis, frame: ModelFrame) -> Iterator[tuple[str, np.ndarray]]:
    by = analysis.estimands.by
    column = frame.data.get(by)
    if column is None or by == SCORE or not isinstance(column.dtype, pd.CategoricalDtype):
        visit = "" if analysis.data.visit is None else str(analysis.data.visit)
        yield visit, np.ones(frame.n_rows, dtype=bool)
        return
    for level in column.cat.categories:
        yield str(level), (column == level).to_numpy()


def correlated(analysis: Analysis, frame: ModelFrame) -> int:
    """How many outcomes of a unit a matrix of correlations is for.

    Parameters
    ----------
    analysis : Analysis
        The model.
    frame : ModelFrame
        The rows.

    Returns
    -------
    int
        The scores of stacked rows, else the levels of time; 2 where nothing is correlated.
    """
    if not analysis.index:
        return 2
    column = SCORE if SCORE in analysis.index else analysis.options["time"]
    return int(frame.data[column].nunique())


def score_pairs(
    analysis: Analysis, frame: ModelFrame
) -> Iterator[tuple[str, str, str, np.ndarray]]:
    """Rows of two stacked scores of the same units, side by side.

    Parameters
    ----------
    analysis : Analysis
        A model of stacked scores, which have one value a unit and visit.
    frame : ModelFrame
        The rows.

    Yields
    ------
    tuple
        Visit, first score, second score, and the rows ``(2, unit)`` of units that have both.
    """
    assert frame.unit is not None  # kinds that take stacked rows name one
    unit = frame.data[frame.unit].cat.codes.to_numpy()
    rows: dict[str, dict[str, np.ndarray]] = {}
    for outcome, visit, mask in cells(analysis, frame):
        place = np.full(unit.max() + 1, -1)
        place[unit[mask]] = np.flatnonzero(mask)
        rows.setdefault(visit, {})[outcome] = place
    for visit, places in rows.items():
        for first, second in combinations(places, 2):
            both = np.stack([places[first], places[second]])
            yield visit, first, second, both[:, (both >= 0).all(axis=0)]
