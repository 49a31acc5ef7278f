"""What the print leaves open: quantities nobody printed, over an ensemble of cohorts that agree with it.

Every cohort agrees with the printed numbers; where they differ, the print does not decide. The spread
is a lower bound on what is open: the cohorts share one base model and one way of searching.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.outcomes import OUTCOMES
from adbayes.cohort.targets import TARGET, reconstruction_targets
from adbayes.errors import DataError
from adbayes.results.recomputed import SEVERITY, Recomputed
from adbayes.results.result_table import as_result

COLUMNS = (
    "quantity", "outcome", "visit", "with", "term", "published_id", "published", "cohorts",
    "smallest", "median", "largest", "sd", "below",
)  # fmt: skip
Key = tuple[str, str, int | None, str, str]


@as_result
def undetermined(cohorts: Sequence[Cohort], ledger: pd.DataFrame | None = None) -> pd.DataFrame:
    """Compute on every cohort what was not printed, or printed and held out.

    Parameters
    ----------
    cohorts : sequence of Cohort
        An ensemble of reconstructions, at least one.
    ledger : DataFrame, optional
        Printed numbers as `load_published` returns them; the paper's own if not given. Its Tables 5
        and 6 name the regressions.

    Returns
    -------
    DataFrame
        One row a quantity: quantity, outcome, visit (week), with (another visit), term,
        published_id and published (a number that was printed and held out; empty and NaN
        otherwise), cohorts (how many gave a finite value), smallest, median, largest and sd of
        their values, and below (cohorts whose value is smaller than the printed one: 0 or all of
        them means that the print lies outside). The quantities: `random_intercept_sd` and
        `residual_sd` (outcome units, linear mixed model on visits by REML), `visit_correlation`
        (Pearson), `baseline_easi_log_odds` (per point of baseline EASI, in the regression of
        EASI-90 on it and `term`, or on all predictors where `term` is `all`), and
        `odds_ratio` (Table 6).

    Raises
    ------
    DataError
        For no cohort, or one that lacks a column or visit of which numbers are printed.
    """
    if not cohorts:
        raise DataError("no cohort is given; at least one is needed")
    targets = reconstruction_targets(ledger)
    values: dict[Key, list[float]] = {}
    for cohort in cohorts:
        for key, value in _of_one(Recomputed(cohort, targets)):
            values.setdefault(key, []).append(value)
    held_out = targets[
        (targets["table"] == "table6")
        & (targets["statistic"] == "odds_ratio")
        & (targets["role"] != TARGET)
    ]
    printed = {
        ("odds_ratio", term): (id, number)
        for term, id, number in zip(
            held_out["term"], held_out["published_id"], held_out["numeric"], strict=True
        )
    }
    rows = []
    for key, found in values.items():
        finite = np.array([value for value in found if math.isfinite(value)])
        id, published = printed.get((key[0], key[4]), ("", math.nan))
        spread = (finite.min(), np.median(finite), finite.max()) if len(finite) else (math.nan,) * 3
        sd = float(finite.std(ddof=1)) if len(finite) > 1 else math.nan
        below = None if math.isnan(published) else int(sum(value < published for value in found))
        rows.append((*key, id, published, len(finite), *map(float, spread), sd, below))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"visit": "Int64", "below": "Int64"})


def _of_one(numbers: Recomputed) -> Iterator[tuple[Key, float]]:
    """Every quantity of one cohort."""
    frame, visits = numbers.cohort.frame, numbers.visits
    scores = [name for name in OUTCOMES if name in frame.columns and OUTCOMES[name].kind == "score"]
    for name in scores:
        fit = numbers.mixed(name)
        yield ("random_intercept_sd", name, None, "", ""), fit.tau
        yield ("residual_sd", name, None, "", ""), fit.sigma
    for name in (name for name in OUTCOMES if name in frame.columns):
        for one, other in combinations(visits, 2):
            pair = numbers.column(name, one).corr(numbers.column(name, other))
            yield ("visit_correlation", name, other, f"week {one}", ""), float(pair)
    printed = numbers.targets
    for term, week in (
        printed[printed["table"] == "table5"][["term", "visit"]]
        .drop_duplicates()
        .itertuples(index=False)
    ):
        yield _severity((term,), int(week), term, numbers)
    joint = numbers.joint_terms()
    if not joint:
        return
    week = int(printed.loc[printed["table"] == "table6", "visit"].iloc[0])
    yield _severity(joint, week, "all", numbers)
    fitted = numbers.odds(joint, week)
    for term in joint:
        value = math.nan if isinstance(fitted, str) else float(fitted["odds_ratio"][term])
        yield ("odds_ratio", "easi90", week, "", term), value


def _severity(
    terms: tuple[str, ...], week: int, name: str, numbers: Recomputed
) -> tuple[Key, float]:
    """The coefficient of baseline EASI beside some predictors."""
    fitted = numbers.odds(terms, week)
    value = math.nan if isinstance(fitted, str) else math.log(fitted["odds_ratio"][SEVERITY])
    return ("baseline_easi_log_odds", "easi90", week, "", name), value
