"""What a cohort holds, before any model: counts, gaps, floors and ceilings, responders."""

import re
from collections import Counter

import numpy as np
import pandas as pd

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.derive import is_derived
from adbayes.cohort.outcomes import AGE_CUTOFF, CUTOFFS, OUTCOMES, RESPONSE_RULES

_FLAG = re.compile(r"(ige|tec|ldh)_g[te]_.*_w([0-9]+)")


def visit_table(cohort: Cohort) -> pd.DataFrame:
    """Count and summarise every outcome at every visit.

    Parameters
    ----------
    cohort : Cohort
        A patient file.

    Returns
    -------
    pandas.DataFrame
        `outcome`, `visit` (weeks), `n` (patients measured), `missing` (the other patients of the
        file), `mean`, `sd` (n - 1), `median`, `low` and `high` (smallest and largest value), and for
        a score `floor`, `ceiling` (patients at the end of the scale) and `floor_share`,
        `ceiling_share` (of those measured, 0 to 1); the last four are missing for a laboratory value.
    """
    rows = []
    for name in _measured(cohort):
        outcome = OUTCOMES[name]
        for visit in cohort.visits:
            x = cohort.frame.loc[cohort.frame["visit"] == visit, name].dropna().to_numpy(float)
            n = len(x)
            score = outcome.kind == "score"
            floor = float((x == outcome.low).sum()) if score else np.nan
            ceiling = float((x == outcome.high).sum()) if score else np.nan
            rows.append(
                {
                    "outcome": name,
                    "visit": visit,
                    "n": n,
                    "missing": cohort.n_patients - n,
                    "mean": x.mean() if n else np.nan,
                    "sd": x.std(ddof=1) if n > 1 else np.nan,
                    "median": np.median(x) if n else np.nan,
                    "low": x.min() if n else np.nan,
                    "high": x.max() if n else np.nan,
                    "floor": floor,
                    "floor_share": floor / n if n else np.nan,
                    "ceiling": ceiling,
                    "ceiling_share": ceiling / n if n else np.nan,
                }
            )
    names = ["outcome", "visit", "n", "missing", "mean", "sd", "median", "low", "high"]
    ends = ["floor", "floor_share", "ceiling", "ceiling_share"]
    return pd.DataFrame(rows, columns=[*names, *ends])


def missing_patterns(cohort: Cohort) -> pd.DataFrame:
    """Count which visits were observed together.

    Parameters
    ----------
    cohort : Cohort
        A patient file.

    Returns
    -------
    pandas.DataFrame
        `outcome`, `pattern` (the weeks, a point where the outcome is missing), `kind` ("complete";
        "dropout": missing from one visit to the end; "intermittent"; "never": no value), `patients`
        and `share` of all patients; the most frequent pattern first.
    """
    rows = []
    for name in _measured(cohort):
        there = cohort.frame[cohort.frame[name].notna()]
        counts = Counter(there.groupby("patient")["visit"].agg(frozenset))
        counts[frozenset()] = cohort.n_patients - counts.total()
        for seen, count in counts.most_common():
            if not count:
                continue
            observed = [week in seen for week in cohort.visits]
            shown = [
                str(week) if there else "."
                for week, there in zip(cohort.visits, observed, strict=True)
            ]
            rows.append(
                {
                    "outcome": name,
                    "pattern": " ".join(shown),
                    "kind": _kind(observed),
                    "patients": count,
                    "share": count / cohort.n_patients,
                }
            )
    return pd.DataFrame(rows, columns=["outcome", "pattern", "kind", "patients", "share"])


def responders(cohort: Cohort) -> pd.DataFrame:
    """Count responders, over those with both scores and over all patients.

    Parameters
    ----------
    cohort : Cohort
        A patient file.

    Returns
    -------
    pandas.DataFrame
        `rule` (`easi75`, `easi90`), `visit` after baseline, `responders`, `completers` (patients
        with a score at baseline, above 0, and at the visit), `share_completers`, `patients` (all of
        the file) and `share_failure` (a missing response counts as a failure); shares 0 to 1.
    """
    rows = []
    for name in (name for name in RESPONSE_RULES if name in cohort.frame.columns):
        for visit in (visit for visit in cohort.visits if visit > 0):
            known = cohort.frame.loc[cohort.frame["visit"] == visit, name].dropna()
            reached = int(known.sum())
            rows.append(
                {
                    "rule": name,
                    "visit": visit,
                    "responders": reached,
                    "completers": len(known),
                    "share_completers": reached / len(known) if len(known) else np.nan,
                    "patients": cohort.n_patients,
                    "share_failure": reached / cohort.n_patients,
                }
            )
    columns = ["rule", "visit", "responders", "completers", "share_completers"]
    return pd.DataFrame(rows, columns=[*columns, "patients", "share_failure"])


def derived_columns(cohort: Cohort) -> pd.DataFrame:
    """List what was computed from the measured columns.

    Parameters
    ----------
    cohort : Cohort
        A patient file.

    Returns
    -------
    pandas.DataFrame
        `column`, `meaning`, and `n` rows with a value.
    """
    names = [str(name) for name in cohort.frame.columns if is_derived(str(name))]
    rows = [
        {"column": name, "meaning": _meaning(name), "n": int(cohort.frame[name].notna().sum())}
        for name in names
        if cohort.clinical
    ]
    return pd.DataFrame(rows, columns=["column", "meaning", "n"])


def column_table(cohort: Cohort) -> pd.DataFrame:
    """Summarise the columns that do not belong to visits.

    Parameters
    ----------
    cohort : Cohort
        Of a patient file the columns that are one value a patient, over patients; of a plain table
        every column, over rows.

    Returns
    -------
    pandas.DataFrame
        `column`, `n`, `missing`, `values` (different ones), `mean`, `sd`, `median`, `low`, `high` of
        numbers, and `levels` (the most frequent five, with counts) of text.
    """
    frame = cohort.frame
    if cohort.clinical:
        names = [n for n in frame.columns if n not in OUTCOMES and not is_derived(str(n))]
        counts = frame[names].groupby("patient").nunique(dropna=False)
        constant = [n for n in names if n not in ("patient", "visit") and counts[n].max() == 1]
        frame = frame.groupby("patient", as_index=False, sort=False)[constant].head(1)
    rows = []
    for name in frame.columns:
        known = frame[name].dropna()
        row: dict[str, object] = {
            "column": name,
            "n": len(known),
            "missing": len(frame) - len(known),
            "values": known.nunique(),
            "levels": "",
        }
        if pd.api.types.is_numeric_dtype(known):
            x = known.to_numpy(float)
            row |= {
                "mean": x.mean() if len(x) else np.nan,
                "sd": x.std(ddof=1) if len(x) > 1 else np.nan,
                "median": np.median(x) if len(x) else np.nan,
                "low": x.min() if len(x) else np.nan,
                "high": x.max() if len(x) else np.nan,
            }
        else:
            common = known.map(str).value_counts().head(5)
            row["levels"] = ", ".join(f"{level} ({n})" for level, n in common.items())
        rows.append(row)
    numbers = ["mean", "sd", "median", "low", "high"]
    return pd.DataFrame(rows, columns=["column", "n", "missing", "values", *numbers, "levels"])


def _measured(cohort: Cohort) -> list[str]:
    return [name for name in OUTCOMES if cohort.clinical and name in cohort.frame.columns]


def _kind(observed: list[bool]) -> str:
    if all(observed):
        return "complete"
    if not any(observed):
        return "never"
    last = max(i for i, there in enumerate(observed) if there)
    return "dropout" if all(observed[: last + 1]) else "intermittent"


def _meaning(name: str) -> str:
    if name == "week":
        return "the visit as a number, weeks since the first dose"
    if name == "age_over_30":
        return f"1 where age is above {AGE_CUTOFF:g} years"
    if name in RESPONSE_RULES:
        rule = RESPONSE_RULES[name]
        return f"1 where {rule.outcome} fell by at least {rule.percent} % of baseline"
    if name.endswith("_class"):
        rules = [r for r in RESPONSE_RULES.values() if f"{r.outcome}_class" == name]
        return f"how many of {', '.join(rule.name for rule in rules)} are met"
    flag = _FLAG.fullmatch(name)
    if flag:
        cutoff = CUTOFFS[flag[1]]
        sign = ">=" if cutoff.inclusive else ">"
        return f"1 where {flag[1]} at week {flag[2]} is {sign} {cutoff.value:g}"
    outcome, _, kind = name.partition("_")
    return {
        "baseline": f"{outcome} at week 0",
        "change": f"{outcome}: visit - baseline",
        "percent_change": f"{outcome}: 100 (baseline - visit)/baseline; positive is improvement",
        "fraction": f"{outcome}: visit over baseline",
    }[kind]
