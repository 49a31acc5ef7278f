"""How plausible a reconstructed cohort is where the print is silent.

Exact agreement can be bought with patients that nobody would believe: two-point distributions, visits
that know nothing of each other, a predictor that works at the last visit alone. Each row holds one
such feature beside what the base model and the assumptions of the reconstruction ask of it.
"""

import math
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from adbayes.cohort.outcomes import OUTCOMES
from adbayes.cohort.reconstructed import ReconstructedCohort
from adbayes.cohort.targets import reconstruction_targets
from adbayes.errors import DataError
from adbayes.results.base_margin import Floats, base_margin
from adbayes.results.recomputed import RESPONSE, Recomputed
from adbayes.results.result_table import as_result

COLUMNS = ("cohort", "kind", "outcome", "visit", "with", "value", "expected", "distance", "note")
Row = tuple[object, ...]
_ONE_VISIT = ("margin", "distinct", "commonest")
_SHARES = "samples of the base model with this mean and SD"


@as_result
def plausibility(
    cohort: ReconstructedCohort,
    ledger: pd.DataFrame | None = None,
    *,
    samples: int = 400,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare a cohort with its base model and its assumptions.

    Parameters
    ----------
    cohort : ReconstructedCohort
        Patients, with the assumptions they were made under.
    ledger : DataFrame, optional
        Printed numbers as `load_published` returns them; the paper's own if not given. Its Table 5
        names the predictors.
    samples : int, optional
        Samples of the base model behind an expected value, at least 2.
    seed : int, optional
        Seed of these samples.

    Returns
    -------
    DataFrame
        cohort, kind, outcome, visit (week), with (another visit, outcome or predictor), value,
        expected, distance (in standard deviations of the value's sampling distribution, signed:
        beyond 3 is not what the base model gives; NaN where nothing is asked) and note. The kinds:
        `margin` (Kolmogorov and Smirnov's distance from the smooth margin; below 0 is closer than a
        sample of it, as agreeing moments make it), `distinct` (number of different values) and
        `commonest` (share of the commonest value), each for every outcome and visit; `visits`
        (correlation between two visits, Fisher's z for the distance; EASI as the fraction left,
        laboratory values as logarithms); `outcomes` (correlation between two scores at one visit);
        `response_odds` (log odds ratio of EASI-90 by Firth's likelihood, adjusted for baseline
        EASI, at visits before the last one).

    Raises
    ------
    DataError
        For fewer than 2 samples, or a cohort without EASI.
    """
    if samples < 2:
        raise DataError(f"samples is {samples}, at least 2 are needed")
    numbers = Recomputed(cohort, reconstruction_targets(ledger))
    rng = np.random.default_rng(seed)
    names = [name for name in OUTCOMES if name in cohort.frame.columns]
    rows: list[Row] = []
    for name in names:
        for week in cohort.visits:
            rows += _one_visit(numbers, name, week, samples, rng)
    for name in names:
        rows += _visits(numbers, name, cohort)
    scores = [name for name in names if OUTCOMES[name].kind == "score"]
    for week in cohort.visits:
        rows += _outcomes(numbers, scores, week, cohort.visits)
    rows += _response_odds(numbers, cohort)
    table = pd.DataFrame([(cohort.index, *row) for row in rows], columns=list(COLUMNS))
    return table.astype({"cohort": "Int64"})


def _one_visit(
    numbers: Recomputed, name: str, week: int, samples: int, rng: np.random.Generator
) -> list[Row]:
    """Shape, number of values and heaping of one outcome at one visit."""
    values = numbers.column(name, week).dropna()
    first = numbers.visits[0]
    baseline = None
    if name == "easi" and week != first:
        baseline = numbers.column(name, first)[values.index]
    if values.empty:
        return []
    try:
        margin = base_margin(name, values, baseline)
    except DataError as error:
        return [
            (kind, name, week, "", math.nan, math.nan, math.nan, str(error)) for kind in _ONE_VISIT
        ]
    drawn = margin.draw(rng, samples)
    seen = values.to_numpy(dtype=float)[None, :]
    rows: list[Row] = []
    for kind, found, of_samples in zip(
        _ONE_VISIT,
        (margin.distance(seen)[0], *_heaping(seen)[0]),
        (margin.distance(drawn), *_heaping(drawn).T),
        strict=True,
    ):
        expected, sd = float(of_samples.mean()), float(of_samples.std(ddof=1))
        distance = (float(found) - expected) / sd if sd > 0 else math.nan
        rows.append((kind, name, week, "", float(found), expected, distance, _SHARES))
    return rows


def _heaping(values: Floats) -> Floats:
    """Number of different values, and share of the commonest, of each sample."""
    result = []
    for sample in values:
        counts = np.unique(sample, return_counts=True)[1]
        result.append((len(counts), counts.max() / len(sample)))
    return np.array(result, dtype=float)


def _visits(numbers: Recomputed, name: str, cohort: ReconstructedCohort) -> list[Row]:
    """Correlations between a patient's visits."""
    asked, first = cohort.assumptions, cohort.visits[0]
    rows: list[Row] = []
    for one, other in combinations(cohort.visits, 2):
        columns = [_compared(numbers, name, week, first) for week in (one, other)]
        steps = cohort.visits.index(other) - cohort.visits.index(one)
        if OUTCOMES[name].kind == "lab":
            expected = _decaying(asked.lab_correlation, steps)
        elif name == "easi":
            expected = 0.0 if one == first else _decaying(asked.fraction_correlation, steps)
        elif one == first:
            expected = asked.baseline_correlation
        else:
            expected = _decaying(asked.score_correlation, steps)
        note = "fraction left, independent of baseline" if name == "easi" and one == first else ""
        rows.append(_pair("visits", name, other, f"week {one}", columns, expected, note))
    return rows


def _compared(numbers: Recomputed, name: str, week: int, first: int) -> pd.Series:
    """A column on the scale on which the base model ties the visits."""
    if name == "easi" and week != first:
        return numbers.column("easi_fraction", week)
    values = numbers.column(name, week).astype(float)
    return values.map(math.log) if OUTCOMES[name].kind == "lab" else values


def _decaying(adjacent: float, steps: int) -> float:
    """Correlations between visits further apart: each further step counts half."""
    return float(adjacent ** (0.5 + 0.5 * steps))


def _outcomes(
    numbers: Recomputed, scores: list[str], week: int, visits: tuple[int, ...]
) -> list[Row]:
    """Correlations between scores: at follow-up those of the last visit, half as strong at baseline."""
    rows: list[Row] = []
    for one, other in combinations(scores, 2):
        columns = [numbers.column(name, week) for name in (one, other)]
        last = [numbers.column(name, visits[-1]) for name in (one, other)]
        at_last = _correlation(last)[0]
        if week == visits[-1]:
            expected, note = math.nan, "printed, or what the others are compared with"
        elif week == visits[0]:
            expected, note = 0.5 * at_last, "half of that at the last visit"
        else:
            expected, note = at_last, "as at the last visit"
        rows.append(_pair("outcomes", one, week, other, columns, expected, note))
    return rows


def _correlation(columns: list[pd.Series]) -> tuple[float, int]:
    both = columns[0].notna() & columns[1].notna()
    one, other = (column[both].to_numpy(dtype=float) for column in columns)
    if len(one) < 4 or one.std() == 0 or other.std() == 0:
        return math.nan, len(one)
    return float(stats.pearsonr(one, other).statistic), len(one)


def _pair(
    kind: str,
    name: str,
    week: int,
    other: str,
    columns: list[pd.Series],
    expected: float,
    note: str,
) -> Row:
    value, n = _correlation(columns)
    with np.errstate(divide="ignore"):
        gap = float(np.arctanh(value) - np.arctanh(expected))
    return kind, name, week, other, value, expected, gap * math.sqrt(max(n - 3, 1)), note


def _response_odds(numbers: Recomputed, cohort: ReconstructedCohort) -> list[Row]:
    """Whether a predictor of the last visit's response works at earlier visits as assumed."""
    printed = numbers.targets[numbers.targets["table"] == "table5"]
    rows: list[Row] = []
    for term in dict.fromkeys(printed["term"]):
        last = int(printed.loc[printed["term"] == term, "visit"].iloc[0])
        at_last = numbers.odds((term,), last)
        for week in (w for w in cohort.visits[1:] if w < last):
            here = numbers.odds((term,), week)
            value = expected = distance = math.nan
            note = next((found for found in (here, at_last) if isinstance(found, str)), "")
            if not isinstance(here, str) and not isinstance(at_last, str):
                value = float(here.loc[term, "firth"])
                expected = cohort.assumptions.persistence * float(at_last.loc[term, "firth"])
                width = float(here.loc[term, "firth_high"] - here.loc[term, "firth_low"])
                sd = width / (2 * stats.norm.ppf(0.975))
                distance = (value - expected) / sd
                note = f"log odds ratio; {cohort.assumptions.persistence:g} of that at week {last}"
            rows.append(("response_odds", RESPONSE, week, term, value, expected, distance, note))
    return rows
