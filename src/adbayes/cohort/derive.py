"""What is computed from the measured columns, and never read from a file.

Scores are compared as whole numbers of steps: EASI lives on a grid of 0.1, and (baseline - visit) /
baseline >= 0.9 in floats misses 16 of the 72 pairs that lie exactly on that threshold.
"""

import re

import numpy as np
import pandas as pd

from adbayes.cohort.outcomes import AGE_CUTOFF, CUTOFFS, OUTCOMES, RESPONSE_RULES

_CHANGES = ("baseline", "change", "percent_change", "fraction")
_FIXED = {f"{name}_{suffix}" for name in OUTCOMES for suffix in _CHANGES} | {
    *RESPONSE_RULES,
    *(f"{rule.outcome}_class" for rule in RESPONSE_RULES.values()),
    "age_over_30",
    "week",
}
CONCURRENT = "concurrent: measured under treatment, an association and not a predictor"
"""What every table, plot and page says of a laboratory value after baseline."""
_FLAG = re.compile(
    "|".join(
        rf"{cutoff.outcome}_{'ge' if cutoff.inclusive else 'gt'}_{cutoff.value:g}_w[0-9]+"
        for cutoff in CUTOFFS.values()
    )
)


def is_derived(name: str) -> bool:
    """Whether a column name belongs to a derived column.

    Parameters
    ----------
    name : str
        A column name.

    Returns
    -------
    bool
        True for names such as `easi_change`, `easi90`, `age_over_30`, `week`, `ldh_ge_250_w0`.
    """
    return name in _FIXED or _FLAG.fullmatch(name) is not None


def flag_column(outcome: str, visit: int) -> str:
    """Name of the flag of a high laboratory value at a visit.

    Parameters
    ----------
    outcome : str
        `ige`, `tec` or `ldh`.
    visit : int
        Week.

    Returns
    -------
    str
        For example `ldh_ge_250_w16`.
    """
    cutoff = CUTOFFS[outcome]
    return f"{outcome}_{'ge' if cutoff.inclusive else 'gt'}_{cutoff.value:g}_w{visit}"


def concurrent(name: str) -> bool:
    """Whether a predictor is a laboratory value taken under treatment.

    Parameters
    ----------
    name : str
        Its column, such as `ldh_ge_250_w16`, or a coefficient's name.

    Returns
    -------
    bool
        True for a flag after baseline, and for a laboratory value of the outcome's own visit:
        associated with the response while it came about, not a predictor of it. A group of it
        (``ldh_ge_250_w16 = 1``) is named like it.
    """
    column = name.partition(" = ")[0].rpartition(", ")[2]
    if column in CUTOFFS:
        return True  # the value of the row's own visit
    return _FLAG.fullmatch(column) is not None and not column.endswith("_w0")


def timing(name: str) -> str:
    """What must be said of a predictor because of when it was measured.

    Parameters
    ----------
    name : str
        Its column, or a coefficient's name.

    Returns
    -------
    str
        `CONCURRENT`, or nothing.
    """
    return CONCURRENT if concurrent(name) else ""


def derive(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the derived columns to a patient table.

    Parameters
    ----------
    frame : pandas.DataFrame
        `patient`, `visit` (int, weeks) and any of the vocabulary's columns as floats, one row per
        patient and visit.

    Returns
    -------
    pandas.DataFrame
        A new table: the columns of `frame` that are not derived ones, then, for each outcome `o`
        present, `o_baseline` (the value at week 0, on every row of the patient), `o_change` (visit
        minus baseline), `o_percent_change` (100 (baseline - visit)/baseline: positive is
        improvement; NaN where the baseline is 0) and `o_fraction` (visit over baseline), the last
        three NaN on the baseline row; `easi75` and `easi90` (1 where 100 (baseline - visit) >=
        75 or 90 baseline, in whole tenths; NaN at baseline, where a value is missing, and where
        the baseline is 0); `easi_class` (how many of the two are met: 0, 1 or 2, NaN as they are);
        `age_over_30`; `week` (the visit as a float); and one patient-level
        flag for each laboratory value and visit, such as `ige_gt_100_w0` (NaN where not measured).
    """
    result = frame[[name for name in frame.columns if not is_derived(str(name))]].copy()
    at_baseline = result["visit"].to_numpy() == 0
    new: dict[str, np.ndarray] = {}
    for name, outcome in OUTCOMES.items():
        if name not in result.columns:
            continue
        scale = 1 if outcome.step is None else round(1 / outcome.step)
        value = result[name].to_numpy(dtype=float) * scale
        base = _of_visit(result, name, 0) * scale
        if outcome.step is not None:  # whole steps: exact below 2**53, with NaN kept
            value, base = np.round(value), np.round(base)
        after = np.where(at_baseline, np.nan, value)
        ratio_base = np.where(base == 0, np.nan, base)
        new[f"{name}_baseline"] = base / scale
        new[f"{name}_change"] = (after - base) / scale
        new[f"{name}_percent_change"] = 100 * (base - after) / ratio_base
        new[f"{name}_fraction"] = after / ratio_base
        for rule in (rule for rule in RESPONSE_RULES.values() if rule.outcome == name):
            reached = 100 * (base - after) >= rule.percent * base
            new[rule.name] = np.where(np.isnan(after + ratio_base), np.nan, reached)
            # Rules are nested, so how many are met is a class.
            met = new.get(f"{name}_class", np.zeros(len(result)))
            new[f"{name}_class"] = met + new[rule.name]
    if "age" in result.columns:
        age = result["age"].to_numpy(dtype=float)
        new["age_over_30"] = np.where(np.isnan(age), np.nan, age > AGE_CUTOFF)
    new["week"] = result["visit"].to_numpy(dtype=float)
    for name, cutoff in CUTOFFS.items():
        if name not in result.columns:
            continue
        for visit in sorted(result["visit"].unique()):
            value = _of_visit(result, name, int(visit))
            high = value >= cutoff.value if cutoff.inclusive else value > cutoff.value
            new[flag_column(name, int(visit))] = np.where(np.isnan(value), np.nan, high)
    return pd.concat([result, pd.DataFrame(new, index=result.index)], axis=1)


def _of_visit(frame: pd.DataFrame, name: str, visit: int) -> np.ndarray:
    """The patient's value at one visit, repeated on all of the patient's rows."""
    there = frame[frame["visit"] == visit].set_index("patient")[name]
    return frame["patient"].map(there).to_numpy(dtype=float)
