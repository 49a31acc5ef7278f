"""Statistics of fractions of baseline and of ordered classes: zeros and counts of responders."""

from collections.abc import Callable, Iterator

import numpy as np

from adbayes.cohort.outcomes import OUTCOMES, ResponseRule
from adbayes.model.analysis import Analysis
from adbayes.model.frame import ModelFrame
from adbayes.model.responses import rules_of, score_of

Statistic = Callable[[np.ndarray], np.ndarray]


def response_statistics(
    analysis: Analysis, frame: ModelFrame, mask: np.ndarray
) -> Iterator[tuple[str, Statistic, str]]:
    """What to count in outcomes that tell of responses, observed and replicated alike.

    Parameters
    ----------
    analysis : Analysis
        The model.
    frame : ModelFrame
        Its rows.
    mask : numpy.ndarray
        The rows that are judged.

    Yields
    ------
    tuple
        Name, the statistic of outcomes ``(draw, row)``, and a note. For a fraction the share of
        zeros (%) and, where baselines are known, the number of patients who meet each response
        rule: the score is the fraction times the baseline on the score's own grid, and the rule is
        judged in whole steps, as `derive` judges it. For classes the number who meet each rule.
        Nothing for other outcomes.
    """
    score = score_of(analysis)
    if score is not None:
        yield "share of 0", lambda y: 100 * (y == 0).mean(axis=1), "%"
        column = frame.data.get(f"{score}_baseline")
        if column is None:
            return
        before = column.to_numpy(dtype=float)[mask]
        for rule in rules_of(analysis):
            yield f"{rule.name} count", _falls(rule, before), f"patients, of {len(before)}"
    elif analysis.family.name == "cumulative":
        for rule, lowest in rules_of(analysis).items():
            yield f"{rule.name} count", _at_least(lowest), f"patients, of {int(mask.sum())}"


def _falls(rule: ResponseRule, before: np.ndarray) -> Statistic:
    step = OUTCOMES[rule.outcome].step
    unit = 1.0 if step is None else step

    def count(fractions: np.ndarray) -> np.ndarray:
        start, now = before / unit, fractions * before / unit
        if step is not None:
            start, now = np.round(start), np.round(now)
        return np.asarray((100 * (start - now) >= rule.percent * start).sum(axis=1))

    return count


def _at_least(lowest: int) -> Statistic:
    return lambda classes: np.asarray((classes >= lowest).sum(axis=1))
