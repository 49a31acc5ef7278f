"""The ledger: every number the paper prints, with its place, as values that can be asked for by id."""

from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pandas as pd

from adbayes.errors import DataError
from adbayes.shown import as_html

if TYPE_CHECKING:
    from adbayes.inference.printed_answer import Answer
    from adbayes.model.priors import Prior

CITATION = (
    "Jang DH, Heo SJ, Kook HD, Lee DH, Jung HJ, Park MY, Ahn J. A 52 weeks dupilumab treatment for "
    "moderate to severe atopic dermatitis in Korea: long-term efficacy and safety in real world. "
    "Scientific Reports 2021. doi:10.1038/s41598-021-02950-4"
)
SUSPECTED_MISPRINT = "suspected_misprint"
_INTEGERS = ("visit", "n", "n_inferred")


@dataclass(frozen=True)
class PublishedNumber:
    """One printed number.

    Parameters
    ----------
    id : str
        Its name in the ledger, such as ``table5.sex.or``.
    table : str
        Where it is printed: table1 to table6, fig1, fig2, abstract, text.results.labs, ...
    row, column : str
        Row and column of the table, or what the sentence is about.
    section : str
        Section of the paper.
    variable : str
        What it is a number of: an outcome, a predictor's column, a characteristic.
    visit : int or None
        Weeks since the first dose, 0 at baseline; in Table 4 the visit of the LDH value.
    group : str
        The patients or the contrast it concerns; empty for all patients.
    statistic : str
        mean, sd, pct_change_mean, pct_change_sd, odds_ratio, ci_low, ci_high, p_value, n, count,
        percent, correlation, min or max.
    value : str
        As printed.
    numeric : float
        The value as a number, percent signs and words resolved; for a bound the bound itself.
    decimals : int
        Digits printed after the point.
    bound : str
        ``upper`` where the print is an upper bound ("< 0.001", a star), else empty.
    n : int or None
        The denominator that is printed.
    n_inferred : int or None
        The only denominator that fits, where it is not printed.
    term : str
        The predictor's column in a patient file, for odds ratios.
    quantity : str
        Id of the quantity whose posterior answers this number; empty where none can.
    status : str
        ``suspected_misprint``, or empty.
    note : str
        What a reader must know to use it.
    """

    id: str
    table: str
    row: str
    column: str
    section: str
    variable: str
    visit: int | None
    group: str
    statistic: str
    value: str
    numeric: float
    decimals: int
    bound: str
    n: int | None
    n_inferred: int | None
    term: str
    quantity: str
    status: str
    note: str

    @property
    def place(self) -> str:
        """Where it is printed, for a sentence: 'Table 5, row "Sex (female)", OR'."""
        if self.table.startswith("table"):
            return f'Table {self.table[5:]}, row "{self.row}", {self.column}'
        if self.table.startswith("fig"):
            return f'Figure {self.table[3:]}, "{self.row}", {self.column}'
        return f'{self.section}, "{self.row}", {self.column}'

    @property
    def interval(self) -> tuple[float, float]:
        """The values that are printed like this one: half a unit of the last digit to either side.

        An upper bound is the interval from 0 to the bound.
        """
        if self.bound == "upper":
            return 0.0, self.numeric
        half = 0.5 * 10.0**-self.decimals
        return self.numeric - half, self.numeric + half

    @property
    def denominator(self) -> int | None:
        """The denominator printed, or else the only one that fits."""
        return self.n if self.n is not None else self.n_inferred


@cache
def _ledger() -> pd.DataFrame:
    with files("adbayes.paper").joinpath("published.csv").open(encoding="utf-8") as stream:
        table = pd.read_csv(stream, dtype=str, keep_default_na=False)
    for name in _INTEGERS:
        table[name] = pd.to_numeric(table[name]).astype("Int64")
    table["numeric"] = table["numeric"].astype(float)
    table["decimals"] = table["decimals"].astype(int)
    return table


@cache
def _numbers() -> dict[str, PublishedNumber]:
    numbers = {}
    for record in _ledger().to_dict("records"):
        row: dict[str, Any] = {str(key): value for key, value in record.items()}
        row |= {name: None if pd.isna(row[name]) else int(row[name]) for name in _INTEGERS}
        numbers[row["id"]] = PublishedNumber(**row)
    return numbers


def load_published() -> pd.DataFrame:
    """Every number of the paper, one a row, in the order of the paper.

    Returns
    -------
    DataFrame
        The columns are the attributes of `PublishedNumber`; `visit`, `n` and `n_inferred` are
        nullable integers. A fresh copy at every call.
    """
    return _ledger().copy()


@dataclass(frozen=True, repr=False)
class Paper:
    """The published study: its numbers, and the posteriors they allow by themselves.

    Parameters
    ----------
    citation : str
        Authors, title, journal and doi.
    """

    citation: str = CITATION

    @property
    def published(self) -> pd.DataFrame:
        """The ledger, as `load_published` returns it."""
        return load_published()

    def number(self, id: str) -> PublishedNumber:
        """One printed number.

        Parameters
        ----------
        id : str
            An id of the ledger.

        Returns
        -------
        PublishedNumber
            The number with its place.

        Raises
        ------
        DataError
            For an id that is not in the ledger, with the nearest.
        """
        numbers = _numbers()
        if id not in numbers:
            raise DataError(f"The paper prints no number {id!r}{nearest(id, list(numbers))}.")
        return numbers[id]

    def ids(self, pattern: str = "*") -> list[str]:
        """The ids that match a pattern.

        Parameters
        ----------
        pattern : str
            Shell-style, such as ``table6.*`` or ``*.or``.

        Returns
        -------
        list of str
            In the order of the paper; at least one.

        Raises
        ------
        DataError
            Where nothing matches.
        """
        found = [id for id in _numbers() if fnmatchcase(id, pattern)]
        if not found:
            hint = nearest(pattern.strip("*?."), list(_numbers()))
            raise DataError(f"No printed number matches {pattern!r}{hint}.")
        return found

    def posterior(self, id: str, priors: "str | Prior | None" = None, **options: Any) -> "Answer":
        """The posterior of a quantity from the printed numbers alone.

        Parameters
        ----------
        id : str
            A printed id, or a derived one such as ``table2.easi.w52.change`` or
            ``fig2.easi_nrs.partial``.
        priors : str or Prior, optional
            A set of models/published.toml, or one prior; the reported set if not given.
        **options : object
            `n`, `likelihood` and `variant` (``joint``, ``hierarchical``), as
            `adbayes.inference.printed.answer` takes them.

        Returns
        -------
        Answer
            On a grid or as weighted draws, with its summary.
        """
        from adbayes.inference.printed import answer

        return answer(id, priors=priors, **options)

    def audit(self) -> pd.DataFrame:
        """Recompute what the printed numbers say about each other.

        Returns
        -------
        pandas.DataFrame
            One check a row, as `adbayes.paper.audit.audit` gives it.
        """
        from adbayes.paper.audit import audit
        from adbayes.results.result_table import ResultTable

        return ResultTable(audit())

    def __repr__(self) -> str:
        table = _ledger()
        answered = int((table["quantity"] != "").sum())
        suspected = ", ".join(table.loc[table["status"] == SUSPECTED_MISPRINT, "id"])
        return (
            f"Paper: {self.citation}\n{len(table)} printed numbers, {answered} of them answered by a "
            f"posterior from print alone.\nSuspected misprints, never fitted: {suspected}"
        )

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return as_html(repr(self))


def load_paper() -> Paper:
    """The published study.

    Returns
    -------
    Paper
        Its numbers, by id, and their posteriors.
    """
    return Paper()


def nearest(id: str, known: list[str]) -> str:
    """The end of a sentence that names the nearest id.

    Parameters
    ----------
    id : str
        What was asked for.
    known : list of str
        What exists.

    Returns
    -------
    str
        Empty where nothing is near.
    """
    near = get_close_matches(id, known, n=1, cutoff=0.5)
    return f"; the nearest is {near[0]!r}" if near else ""
