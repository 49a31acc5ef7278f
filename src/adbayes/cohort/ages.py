"""Ages in whole years that fill the printed bins and have the printed mean, smallest and largest age."""

import numpy as np
from numpy.typing import NDArray

from adbayes.cohort.assumptions import Assumptions
from adbayes.cohort.labels import Labels
from adbayes.cohort.outcomes import AGE_CUTOFF
from adbayes.cohort.targets import Targets
from adbayes.errors import DataError


def reconstruct_ages(
    targets: Targets, assumptions: Assumptions, over: Labels | None, rng: np.random.Generator
) -> NDArray[np.int64] | None:
    """Find ages that agree with the print.

    Parameters
    ----------
    targets : Targets
        Printed numbers: the bins (`age20_30` and so on), the mean, the smallest and the largest age.
    assumptions : Assumptions
        Which bin a patient on its edge stands in.
    over : ndarray of int8 or None
        Who is over 30 years; None if anyone may be.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    ndarray of int64 or None
        Years; None where the ledger prints no bins.

    Raises
    ------
    DataError
        Where no ages in the bins have the printed mean.
    """
    rows = targets.table[
        targets.table["variable"].str.fullmatch(r"age\d+_\d+")
        & (targets.table["statistic"] == "count")
        & (targets.table["table"] == "table1")
    ]
    if rows.empty:
        return None
    mean = targets.interval("table1", "mean", variable="age")
    smallest = targets.value("table1", "min", variable="age") or 0
    largest = targets.value("table1", "max", variable="age") or 120
    closed = assumptions.age_bins == "right_closed"
    low_end, high_end = [], []
    for name, count in zip(rows["variable"], rows["numeric"], strict=True):
        first, last = (int(part) for part in str(name)[3:].split("_"))
        ends = (first + 1, last) if closed else (first, last - 1)
        at_cut = assumptions.aged_at_cut if not closed and first == AGE_CUTOFF else 0
        for k in range(int(count)):
            low, high = (first, first) if k < at_cut else ends
            if k >= at_cut and not closed and first == AGE_CUTOFF:
                low += 1
            low_end.append(max(low, int(smallest)))
            high_end.append(min(high, int(largest)))
    low_ends, high_ends = np.array(low_end), np.array(high_end)
    n = len(low_ends)
    ages = rng.integers(low_ends, high_ends + 1)
    ages[np.argmin(low_ends)] = int(smallest)
    ages[np.argmax(high_ends)] = int(largest)
    free = np.ones(n, dtype=bool)
    free[[np.argmin(low_ends), np.argmax(high_ends)]] = False
    for _ in range(100_000):
        if mean[0] <= ages.sum() / n <= mean[1]:
            break
        i = rng.integers(n)
        moved = ages[i] + (1 if ages.sum() / n < mean[0] else -1)
        if free[i] and low_ends[i] <= moved <= high_ends[i]:
            ages[i] = moved
    else:
        raise DataError(
            f"no ages in the printed bins have the printed mean {sum(mean) / 2:.2f}; check the counts "
            f"of table1 and the assumption age_bins"
        )
    if over is None:
        return np.asarray(rng.permutation(ages))
    result = np.empty(n, dtype=np.int64)
    older = ages > AGE_CUTOFF
    if int(older.sum()) != int((over == 1).sum()):
        raise DataError(
            f"{int(older.sum())} ages are over {AGE_CUTOFF:g}, but {int((over == 1).sum())} patients "
            f"carry that label; check the bins of table1"
        )
    result[over == 1] = rng.permutation(ages[older])
    result[over != 1] = rng.permutation(ages[~older])
    return result
