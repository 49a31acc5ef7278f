"""The rows an analysis uses: filtered, standardised, checked, with every dropped row accounted for."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.derive import is_derived
from adbayes.cohort.table import listed, nearest
from adbayes.errors import DataError
from adbayes.model.analysis import SCORE, VALUE, Analysis
from adbayes.model.answerable import BY_LEVEL, baseline, levels
from adbayes.model.responses import OF_BASELINES, score_of
from adbayes.model.where import parse_where, rows_where


@dataclass(frozen=True)
class ModelFrame:
    """The data of one analysis, as its model takes them.

    Parameters
    ----------
    data : pandas.DataFrame
        One row an observation; grouping columns, text and (for patient files) `visit` categorical.
    outcome : str
        The outcome's column.
    unit : str or None
        The column whose levels are the units that are exchangeable: the patient, if there is one.
    dropped : dict of str to int
        Reason to number of rows left out for a missing value.
    trials : str or int or None
        The column of trials, or their number, for an outcome that counts successes.
    imputed : tuple of str
        The columns whose missing values (NaN in `data`) are parameters of the model.
    """

    data: pd.DataFrame
    outcome: str
    unit: str | None
    dropped: dict[str, int]
    trials: str | int | None = None
    imputed: tuple[str, ...] = ()

    @property
    def outcomes(self) -> "np.ndarray[Any, Any]":
        """The outcome of each row: the column that a stacked value came from."""
        if SCORE in self.data.columns and self.outcome == VALUE:
            return self.data[SCORE].astype(str).to_numpy(dtype=object)
        return np.full(self.n_rows, self.outcome, dtype=object)

    @property
    def filled(self) -> pd.DataFrame:
        """The data with 0 where a value is imputed: for a design matrix, which cannot hold NaN."""
        return self.data.fillna(dict.fromkeys(self.imputed, 0.0))

    @property
    def gaps(self) -> dict[str, int]:
        """Column to the number of its values that are imputed."""
        return {name: int(self.data[name].isna().sum()) for name in self.imputed}

    @property
    def y(self) -> np.ndarray:
        """The outcome of each row, in its own units."""
        return self.data[self.outcome].to_numpy(dtype=float)

    def levels(self, column: str) -> list[str]:
        """The levels of a categorical column.

        Parameters
        ----------
        column : str
            Its name.

        Returns
        -------
        list of str
            In their order.
        """
        return [str(level) for level in self.data[column].cat.categories]

    def codes(self, column: str) -> np.ndarray:
        """The level of each row, counted from 0.

        Parameters
        ----------
        column : str
            A categorical one.

        Returns
        -------
        numpy.ndarray
            Places in `levels`.
        """
        return self.data[column].cat.codes.to_numpy().astype(int)

    @property
    def n_rows(self) -> int:
        """Rows used."""
        return len(self.data)

    @property
    def n(self) -> int:
        """Patients used; rows, where the table has no patients."""
        return self.n_units if self.unit == "patient" else self.n_rows

    @property
    def n_units(self) -> int:
        """Patients used; rows, where the table has no patients."""
        return self.n_rows if self.unit is None else int(self.data[self.unit].nunique())

    @property
    def described_units(self) -> str:
        """What the rows belong to, for a sentence: `` of 99 patients``."""
        if self.unit is None:
            return ""
        return f" of {self.n_units} " + ("patients" if self.unit == "patient" else f"{self.unit}s")

    def hash(self) -> str:
        """Fingerprint of the values.

        Returns
        -------
        str
            SHA-256, 64 hexadecimal digits.
        """
        columns: dict[str, list[str]] = {}
        for name in sorted(self.data.columns):
            column = self.data[name]
            columns[str(name)] = [str(v) for v in column.tolist()]
            if isinstance(column.dtype, pd.CategoricalDtype):
                # The first level is the reference: the same values in another order are another model.
                columns[f"levels of {name}"] = [str(v) for v in column.cat.categories]
        return hashlib.sha256(json.dumps(columns, sort_keys=True).encode()).hexdigest()


def missing_columns(analysis: Analysis, cohort: Cohort) -> tuple[str, ...]:
    """The columns an analysis needs and a cohort does not have.

    Parameters
    ----------
    analysis : Analysis
        What is to be fitted.
    cohort : Cohort
        The data.

    Returns
    -------
    tuple of str
        Empty when the analysis can be fitted.
    """
    return tuple(name for name in analysis.columns if name not in cohort.frame.columns)


def _its_columns(name: str, cohort: Cohort) -> str:
    """The nearest column, and what the file holds; what is derived would drown it."""
    columns = [str(column) for column in cohort.frame.columns]
    own = [column for column in columns if not (cohort.clinical and is_derived(column))]
    return f"{nearest(name, own) or nearest(name, columns)}; its columns are {listed(own)}"


def model_frame(analysis: Analysis, cohort: Cohort) -> ModelFrame:
    """Take an analysis's rows and columns from a cohort.

    Parameters
    ----------
    analysis : Analysis
        What is to be fitted.
    cohort : Cohort
        The data.

    Returns
    -------
    ModelFrame
        Rows without missing values but those that the model imputes.

    Raises
    ------
    DataError
        For an absent column, a missing value under ``missing = "error"``, no rows left, an outcome
        outside the family's domain or that does not vary, a predictor with one level, fewer than
        two groups.
    """
    source = cohort.source
    for name in missing_columns(analysis, cohort):
        raise DataError(
            f"{source}: no column {name!r}, which {analysis.model} needs"
            f"{_its_columns(name, cohort)}; add it, or rename one (--columns {name}=ITS_NAME; in Python "
            f"columns={{'{name}': 'ITS_NAME'}})"
        )
    table = analysis.data
    frame = _every_patient(cohort, table.visit) if table.missing == "failure" else cohort.frame
    if table.visit is not None:
        if "visit" not in frame.columns:
            raise DataError(
                f"{source}: no column 'visit', but {analysis.model} asks for visit {table.visit}"
            )
        found = sorted(frame["visit"].unique())
        frame = frame[frame["visit"] == table.visit]
        if frame.empty:
            raise DataError(
                f"{source}: no rows at visit {table.visit}, which {analysis.model} asks for "
                f"(visits: {', '.join(f'{week}' for week in found)}); "
                "add that visit or change [data] visit in a spec of your own"
            )
    if table.where is not None:
        frame = frame[rows_where(parse_where(table.where), frame)]
        if frame.empty:
            raise DataError(
                f"{source}: no rows satisfy where {table.where!r} of {analysis.model}; "
                "change the condition"
            )
    unit = "patient" if "patient" in frame.columns else analysis.unit
    carried = _baseline_column(analysis, cohort)
    keep = dict.fromkeys([*analysis.columns, *([unit] if unit else []), *carried])
    frame = frame.loc[:, list(keep)].reset_index(drop=True)
    if table.missing == "failure":
        frame[table.outcome] = frame[table.outcome].fillna(0.0)
    if table.stack:
        frame = _stacked(analysis, frame, source)
    frame, dropped = _complete(analysis, frame, source)
    for column in (name for name in table.log2 if name in frame.columns):
        frame[column] = _log2(frame[column], source)
    for column, (centre, scale) in table.standardize.items():
        if column not in frame.columns:
            continue  # named by another predictor's formula under for_each
        if not pd.api.types.is_numeric_dtype(frame[column]):
            raise DataError(
                f"{source}: {column!r} holds text and cannot be standardised; take it out of "
                "[data] standardize"
            )
        frame[column] = (frame[column].astype(float) - centre) / scale
    frame = _typed(analysis, frame, source, clinical=cohort.clinical)
    _varies(analysis, frame, source)
    _one_row_each(analysis, frame, source)
    if set(analysis.estimands.report) & set(BY_LEVEL):
        baseline(analysis, levels(frame[analysis.estimands.by]))
    return ModelFrame(frame, table.outcome, unit, dropped, analysis.mean.trials, analysis.imputed)


def _stacked(analysis: Analysis, frame: pd.DataFrame, source: str) -> pd.DataFrame:
    """The stacked columns one under the other, patient by patient."""
    names = list(analysis.data.stack)
    for name in names:
        values = frame[name]
        if not pd.api.types.is_numeric_dtype(values):
            raise DataError(
                f"{source}: {name!r} holds text and cannot be stacked by {analysis.model}; numbers "
                "are needed"
            )
        if values.nunique() < 2:
            raise DataError(
                f"{source}: {name!r}, an outcome of {analysis.model}, has {values.nunique()} different "
                "values in the rows used; two or more are needed"
            )
    others = [name for name in frame.columns if name not in names]
    long = frame.assign(row=np.arange(len(frame))).melt([*others, "row"], names, SCORE, VALUE)
    long[SCORE] = pd.Categorical(long[SCORE], categories=names, ordered=True)
    return long.sort_values(["row", SCORE]).drop(columns="row").reset_index(drop=True)


def _log2(values: pd.Series, source: str) -> pd.Series:
    """Logarithms to base 2: a step of 1 is a doubling."""
    name = values.name
    if not pd.api.types.is_numeric_dtype(values):
        raise DataError(
            f"{source}: {name!r} holds text and has no logarithm; take it out of [data] log2"
        )
    if (values <= 0).any():
        raise DataError(
            f"{source}: {name!r} has {values.min():g}, which has no logarithm; values above 0 are "
            "needed, or take it out of [data] log2"
        )
    return pd.Series(np.log2(values.to_numpy(dtype=float)), index=values.index)


def _every_patient(cohort: Cohort, visit: int | None) -> pd.DataFrame:
    """A row for every patient at the visit, or at all of the file's: an absent row is a failure."""
    frame = cohort.frame
    if not cohort.clinical:
        return frame
    constant = frame.groupby("patient").nunique(dropna=False).max() <= 1
    fixed = frame.groupby("patient", as_index=False)[list(constant.index[constant])].first()
    added = []
    for week in cohort.visits if visit is None else (visit,):
        absent = ~fixed["patient"].isin(frame.loc[frame["visit"] == week, "patient"])
        added.append(fixed[absent].assign(visit=week))
    return pd.concat([frame, *added], ignore_index=True)


def _baseline_column(analysis: Analysis, cohort: Cohort) -> tuple[str, ...]:
    """The baseline that a fraction of it is of: a score is the fraction times it."""
    score = score_of(analysis)
    if score is None:
        return ()
    name = f"{score}_baseline"
    if cohort.clinical and name in cohort.frame.columns:
        return (name,)
    asked = [name for name in analysis.estimands.report if name in OF_BASELINES]
    if asked:
        raise DataError(
            f"{cohort.source}: {asked[0]!r} of {analysis.model} needs each patient's baseline of "
            f"{score!r}, which only a patient file has; add it, or leave {asked[0]!r} out of "
            "[estimands] report"
        )
    return ()


def _complete(
    analysis: Analysis, frame: pd.DataFrame, source: str
) -> tuple[pd.DataFrame, dict[str, int]]:
    named = analysis.row_columns if analysis.data.stack else analysis.columns
    needed = [name for name in named if name not in analysis.imputed]
    gaps = frame[needed].isna()
    counts = gaps.sum()
    if analysis.data.stack:  # which of the columns, not that a value is missing
        by_score = gaps.pop(VALUE).groupby(frame[SCORE], observed=True).sum()
        counts = pd.concat([by_score, gaps.sum()])
        gaps[VALUE] = frame[VALUE].isna()
    dropped = {f"{name} missing": int(n) for name, n in counts.items() if n}
    if dropped and analysis.data.missing == "error":
        listed = ", ".join(f"{reason} in {n}" for reason, n in dropped.items())
        raise DataError(
            f"{source}: {int(gaps.any(axis=1).sum())} of {len(frame)} rows of {analysis.model} have a "
            f'missing value ({listed}); fill them, or set missing = "drop" in [data]'
        )
    complete = frame[~gaps.any(axis=1)].reset_index(drop=True)
    if complete.empty:
        listed = ", ".join(dropped) or "no rows"
        raise DataError(f"{source}: no complete rows are left for {analysis.model} ({listed})")
    return complete, dropped


def _typed(analysis: Analysis, frame: pd.DataFrame, source: str, *, clinical: bool) -> pd.DataFrame:
    """Categories where a formula means categories; numbers where the family wants them."""
    frame = frame.copy()
    outcome = analysis.data.outcome
    grouping = {name for formula in analysis.formulas.values() for name in formula.grouping}
    categorical = grouping | set(analysis.index) | ({"visit", "patient"} if clinical else set())
    for name in frame.columns:
        if pd.api.types.is_numeric_dtype(frame[name]) and np.isinf(frame[name].astype(float)).any():
            raise DataError(f"{source}: {name!r} has an infinite value; a finite number is needed")
        if name == outcome:
            continue
        text = not pd.api.types.is_numeric_dtype(frame[name])
        ordered = isinstance(frame[name].dtype, pd.CategoricalDtype)
        if name in categorical or text:
            # A level without rows would be a coefficient without data.
            present = frame[name].unique()
            levels = (
                [v for v in frame[name].cat.categories if v in present]
                if ordered
                else sorted(present)
            )
            # Strings, because that is what coordinates of draws become in a file.
            frame[name] = pd.Categorical(
                frame[name].astype(object).map(str),
                categories=[str(level) for level in levels],
                # Bambi sorts the levels of an unordered column; those of a stack are as stated.
                ordered=bool(analysis.data.stack) and name == SCORE,
            )
        elif not text:
            frame[name] = frame[name].astype(float)
    values = frame[outcome]
    if not pd.api.types.is_numeric_dtype(values):
        raise DataError(
            f"{source}: the outcome {outcome!r} holds text ({', '.join(map(repr, values.unique()[:5]))}); "
            f"{analysis.family.name} needs {analysis.family.domain}"
        )
    numbers = values.to_numpy(dtype=float)
    if not analysis.family.accepts(numbers):
        outside = [v for v in np.unique(numbers) if not analysis.family.accepts(np.array([v]))][:5]
        raise DataError(
            f"{source}: the outcome {outcome!r} has {', '.join(f'{v:g}' for v in outside)}; "
            f"{analysis.family.name} needs {analysis.family.domain}"
        )
    trials = analysis.mean.trials
    if isinstance(trials, int) and (numbers > trials).any():
        raise DataError(
            f"{source}: {outcome!r} has {numbers.max():g}, above the {trials} that the formula of "
            f"{analysis.model} counts to; check the column"
        )
    if isinstance(trials, str) and (
        not pd.api.types.is_numeric_dtype(frame[trials])
        or (frame[trials] != np.floor(frame[trials])).any()
    ):
        raise DataError(f"{source}: the trials in {trials!r} must be whole numbers")
    if isinstance(trials, str) and (numbers > frame[trials].to_numpy(dtype=float)).any():
        raise DataError(
            f"{source}: {outcome!r} exceeds the trials in {trials!r}; check both columns"
        )
    if analysis.family.name == "cumulative":
        classes = sorted(np.unique(numbers))
        frame[outcome] = pd.Categorical(numbers, categories=classes, ordered=True)
    elif trials is not None or analysis.family.name in ("bernoulli", "negativebinomial"):
        frame[outcome] = numbers.astype(int)
        if isinstance(trials, str):
            frame[trials] = frame[trials].astype(int)
    else:
        frame[outcome] = numbers
    return frame


def _one_row_each(analysis: Analysis, frame: pd.DataFrame, source: str) -> None:
    """The columns that index a likelihood have two levels or more and name no row twice."""
    if not analysis.index:
        return
    for name in analysis.index:
        if frame[name].nunique() < 2:
            raise DataError(
                f"{source}: one level of {name!r} in the rows of {analysis.model}; two or more are needed"
            )
    twice = frame.duplicated(list(analysis.index))
    if twice.any():
        first = frame[twice].iloc[0]
        where = ", ".join(f"{name} {first[name]}" for name in analysis.index)
        raise DataError(
            f"{source}: {int(twice.sum())} rows of {analysis.model} repeat another's "
            f"{' and '.join(analysis.index)} (the first: {where}); keep one of each"
        )


def _varies(analysis: Analysis, frame: pd.DataFrame, source: str) -> None:
    """Nothing can be learnt about what does not vary."""
    outcome = analysis.data.outcome
    if frame[outcome].nunique() < 2:
        raise DataError(
            f"{source}: the outcome {outcome!r} of {analysis.model} does not vary: "
            f"all {len(frame)} rows are {frame[outcome].iloc[0]}"
        )
    grouping = {name for formula in analysis.formulas.values() for name in formula.grouping}
    for name in dict.fromkeys(n for formula in analysis.formulas.values() for n in formula.columns):
        levels = frame[name].nunique()
        if name in grouping and levels < 2:
            raise DataError(
                f"{source}: one level of {name!r} in the rows of {analysis.model}; two or more are needed"
            )
        if name not in grouping and name not in (outcome, analysis.mean.trials) and levels < 2:
            raise DataError(
                f"{source}: the predictor {name!r} of {analysis.model} has one level "
                f"({frame[name].iloc[0]}) in the {len(frame)} rows used; leave it out"
            )
