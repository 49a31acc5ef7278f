"""Other studies of dupilumab: what they printed, how missing patients were counted, and where it was read."""

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from adbayes.errors import DataError
from adbayes.paper.percent import counts_of

if TYPE_CHECKING:
    import pandera.pandas as pa

DESIGNS = (
    "randomised", "registry", "retrospective", "surveillance", "open-label extension",
    "meta-analysis",
)  # fmt: skip
ARMS = ("q2w", "q2w + TCS", "qw + TCS", "placebo + TCS", "q2w and qw", "all")
HANDLINGS = ("missing as failure", "as observed", "completers", "all treated", "not stated")
COUNT_BASES = ("", "printed", "only fit", "nearest")
OVERLAPS = ("", "same centre", "may include")
LABELLED_ARMS = ("q2w", "q2w + TCS", "all")
"""Arms on the labelled dose, 300 mg every two weeks, or all patients of a practice."""

_INTEGERS = ("n", "count", "denominator")


def load_evidence(path: str | Path | None = None) -> pd.DataFrame:
    """Results of other studies, one a row.

    Parameters
    ----------
    path : str or Path, optional
        A csv file of the same columns, for studies of your own; the packaged table if not given.

    Returns
    -------
    DataFrame
        id; study, label, year, design (of `DESIGNS`), arm (of `ARMS`); n, patients of the arm;
        visit, in weeks (the end of a window), weeks, as printed; outcome; quantity (``share`` or
        ``mean_percent_change``, positive for improvement); value, in percent, with its decimals;
        sd, in percent; unit; count and denominator of a share, and count_basis: ``printed``, ``only
        fit`` (the only one that the percentages allow), or ``nearest`` (the print leaves several, or
        none, and the note says so); handling of patients without a value (of `HANDLINGS`); source;
        verified: ``S`` for a value read in the source, ``D`` where the value or its count is derived
        from such by arithmetic; overlaps: ``same centre`` or ``may include`` where the paper's own
        patients may be among them, else empty; part_of: the study that holds the same patients;
        note. A fresh copy at every call.

    Raises
    ------
    DataError
        For a file that cannot be read, or a cell outside what is allowed.
    """
    if path is None:
        return _packaged().copy()
    try:
        text = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(f"{path}: cannot be read as csv ({error}); give a csv file.") from None
    return _checked(text, str(path))


@cache
def _packaged() -> pd.DataFrame:
    with files("adbayes.paper").joinpath("evidence.csv").open(encoding="utf-8") as stream:
        return _checked(pd.read_csv(stream, dtype=str, keep_default_na=False), "evidence.csv")


def evidence_schema() -> "pa.DataFrameSchema":
    """The schema of the table, in pandera.

    Returns
    -------
    pandera.pandas.DataFrameSchema
        A check's description says what is allowed.
    """
    import pandera.pandas as pa

    def one_of(allowed: tuple[str, ...]) -> pa.Column:
        words = ", ".join(repr(each) for each in allowed)
        return pa.Column(str, pa.Check.isin(allowed, description=f"one of {words}"))

    def words() -> pa.Column:
        return pa.Column(str, pa.Check.str_length(min_value=1, description="never empty"))

    def whole(low: int) -> pa.Column:
        check = pa.Check.ge(low, description=f"a whole number, at least {low}")
        return pa.Column("Int64", check, nullable=True)

    return pa.DataFrameSchema(
        {
            "id": pa.Column(
                str,
                [
                    pa.Check.str_length(min_value=1, description="never empty"),
                    pa.Check(lambda ids: ~ids.duplicated(), description="once in the table"),
                ],
            ),
            "study": words(),
            "label": words(),
            "year": pa.Column(int, pa.Check.ge(2000, description="a year")),
            "design": one_of(DESIGNS),
            "arm": one_of(ARMS),
            "n": whole(1),
            "visit": pa.Column(int, pa.Check.ge(0, description="weeks, at least 0")),
            "weeks": words(),
            "outcome": words(),
            "quantity": one_of(("share", "mean_percent_change")),
            "value": pa.Column(float, pa.Check.in_range(-100, 100, description="a percentage")),
            "decimals": pa.Column(int, pa.Check.in_range(0, 4, description="0 to 4")),
            "sd": pa.Column(float, pa.Check.gt(0, description="positive"), nullable=True),
            "unit": one_of(("%",)),
            "count": whole(0),
            "denominator": whole(1),
            "count_basis": one_of(COUNT_BASES),
            "handling": one_of(HANDLINGS),
            "source": words(),
            "verified": one_of(("S", "D")),
            "overlaps": one_of(OVERLAPS),
            "part_of": pa.Column(str),
            "note": pa.Column(str),
        },
        strict=True,
    )


def _checked(text: pd.DataFrame, name: str) -> pd.DataFrame:
    from pandera.errors import SchemaError

    schema = evidence_schema()
    absent = [column for column in schema.columns if column not in text]
    extra = [str(column) for column in text if column not in schema.columns]
    if absent or extra:
        fault = f"lacks {', '.join(absent)}" if absent else f"has unknown {', '.join(extra)}"
        raise DataError(f"{name}: {fault}; the columns are {', '.join(schema.columns)}.")
    if text.empty:
        raise DataError(f"{name}: no rows; state at least one result of a study.")
    table = text.copy()
    for column in ("year", "visit", "value", "decimals", "sd", *_INTEGERS):
        table[column] = _numbers(text, column, name, column in ("sd", *_INTEGERS))
    table = table.astype(
        {"year": int, "visit": int, "decimals": int, **dict.fromkeys(_INTEGERS, "Int64")}
    )
    try:
        schema.validate(table)
    except SchemaError as error:
        column, cases = str(error.schema.name), error.failure_cases
        case = cases.iloc[0] if isinstance(cases, pd.DataFrame) else None
        row = "" if case is None else f", row {table['id'].iloc[int(case['index'])]!r}"
        found = "" if case is None else f": found {case['failure_case']!r}"
        raise DataError(
            f"{name}, column {column}{row}{found}; allowed is {error.check.description}."
        ) from None
    _counts(table, name)
    return table


def _numbers(text: pd.DataFrame, column: str, name: str, may_be_empty: bool) -> pd.Series:
    values = pd.to_numeric(text[column].replace("", None), errors="coerce")
    wrong = values.isna() & ((text[column] != "") | (not may_be_empty))
    if column not in ("value", "sd"):
        wrong |= values.notna() & (values % 1 != 0)
    if wrong.any():
        at = text[wrong].iloc[0]
        raise DataError(
            f"{name}, column {column}, row {at['id']!r}: found {at[column]!r}; allowed is a "
            f"{'number' if column in ('value', 'sd') else 'whole number'}"
            f"{', or an empty cell' if may_be_empty else ''}."
        )
    return values.astype(float)


def _counts(table: pd.DataFrame, name: str) -> None:
    """A count goes with its denominator and prints as the value, or is one of the nearest that could."""
    for row in table.to_dict("records"):
        where = f"{name}, row {row['id']!r}"
        given = (pd.notna(row["count"]), pd.notna(row["denominator"]), row["count_basis"] != "")
        if len(set(given)) > 1:
            raise DataError(f"{where}: give count, denominator and count_basis, or none of them.")
        if not given[0]:
            continue
        count, n, value = int(row["count"]), int(row["denominator"]), float(row["value"])
        if count > n:
            raise DataError(f"{where}: {count} of {n}; the count must not exceed its denominator.")
        half = 0.5 * 10.0 ** -row["decimals"]
        allowed = counts_of((value - half, value + half), n)
        if row["count_basis"] != "nearest" and allowed != [count]:
            raise DataError(
                f"{where}: {count} of {n} is not the only count that prints as {value:g} %; "
                f"those are {allowed or 'none'}; correct it, or call it the nearest and say why."
            )
        if row["count_basis"] == "nearest" and abs(count - value * n / 100) > 1:
            raise DataError(f"{where}: {count} of {n} is not near {value:g} %; correct it.")
