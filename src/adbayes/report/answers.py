"""The answers in plain words, every number of them taken from the posteriors."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from adbayes.cohort.derive import concurrent
from adbayes.paper.published import Paper, PublishedNumber
from adbayes.plots.labels import outcome_label, term_label
from adbayes.report.numbers import interval, number, probability

Row = dict[str, Any]


@dataclass(frozen=True)
class Printed:
    """Posteriors from print with the numbers they come from.

    Parameters
    ----------
    paper : Paper
        The printed numbers.
    table : pandas.DataFrame
        `Run.published`.
    """

    paper: Paper
    table: pd.DataFrame

    def number(self, id: str) -> PublishedNumber:
        """One printed number.

        Parameters
        ----------
        id : str
            Of the ledger.

        Returns
        -------
        PublishedNumber
            The number.
        """
        return self.paper.number(id)

    def rows(self, *estimands: str) -> list[Row]:
        """The reported posteriors of some kinds.

        Parameters
        ----------
        *estimands : str
            As in a summary row.

        Returns
        -------
        list of dict
            In the order of the paper, numbers as floats.
        """
        t = self.table
        mine = t[t["estimand"].isin(estimands) & (t["variant"] == "base")]
        return _rows(mine)

    def others(self, id: str) -> list[Row]:
        """The same quantity with other denominators.

        Parameters
        ----------
        id : str
            Of the quantity.

        Returns
        -------
        list of dict
            Without the reported one, other likelihoods, and what takes several numbers together.
        """
        t = self.table
        mine = t[(t["published_id"] == id) & t["variant"].str.fullmatch(r"n\d+")]
        return _rows(mine)

    def get(self, id: str, variant: str = "base") -> Row | None:
        """The posterior of one quantity.

        Parameters
        ----------
        id : str
            Of the quantity.
        variant : str
            The reported one if not given.

        Returns
        -------
        dict or None
            None where the run does not have it.
        """
        t = self.table
        mine = t[(t["published_id"] == id) & (t["variant"] == variant)]
        return next(iter(_rows(mine)), None)


def _rows(table: pd.DataFrame) -> list[Row]:
    found = table.copy()
    for name in ("visit", "n"):
        found[name] = pd.to_numeric(found[name], errors="coerce").astype(float)
    return [{str(key): value for key, value in row.items()} for row in found.to_dict("records")]


def answers(printed: Printed) -> Iterator[str]:
    """About ten sentences on the paper's patients.

    Parameters
    ----------
    printed : Printed
        The posteriors.

    Yields
    ------
    str
        Plain text; a sentence whose posteriors are absent is left out.
    """
    yield from _scores(printed)
    yield from _responses(printed)
    yield from _odds(printed)
    yield from _by_ldh(printed)
    yield from _labs(printed)
    yield from _events(printed)
    yield (
        "None of this is the effect of dupilumab: there is no comparison group, and part of every "
        "fall is regression to the mean after entry at high severity."
    )


def _scores(printed: Printed) -> Iterator[str]:
    change = printed.get("table2.easi.w52.change")
    percent = printed.get("table2.easi.w52.pct_change_mean")
    if change is not None and percent is not None:
        yield (
            f"Mean EASI changed from baseline to week 52 by {interval(change, 1)} points "
            f"(n = {change['n']:.0f}); the mean of the patients' own percent changes is "
            f"{interval(percent, 1)} %."
        )
    parts = []
    for name in ("nrs", "poem", "dlqi"):
        row = printed.get(f"table2.{name}.w52.change")
        if row is not None:
            parts.append(f"{outcome_label(name)} by {interval(row, 1)}")
    if parts:
        yield f"Over the same year {', '.join(parts)} points."


def _responses(printed: Printed) -> Iterator[str]:
    for name in ("easi75", "easi90"):
        id = f"fig1.{name}.w52.pct"
        row = printed.get(id)
        if row is None:
            continue
        others = "".join(
            f"; {interval(o, 1, factor=100)} % if the same number responded among {o['n']:.0f}"
            for o in printed.others(id)
        )
        yield (
            f"{outcome_label(name)} at week 52 was reached by {interval(row, 1, factor=100)} % "
            f"(n = {row['n']:.0f}{others})."
        )


def _clear(row: Row) -> bool:
    return bool(row["ci_low"] > 1 or row["ci_high"] < 1)


def _odds(printed: Printed) -> Iterator[str]:
    rows = printed.rows("odds_ratio")
    alone = [row for row in rows if row["published_id"].startswith("table5")]
    joint = {row["term"]: row for row in rows if row["published_id"].startswith("table6")}
    before = [row for row in alone if not concurrent(row["term"])]
    after = [row for row in alone if concurrent(row["term"])]
    for row in (row for row in before if _clear(row)):
        beside = joint.get(row["term"])
        together = (
            f"; {interval(beside, 2, middle='median')} with the other predictors"
            if beside is not None
            else ""
        )
        p = probability(row["prob_direction"])
        side = "above" if row["median"] > 1 else "below"
        name, ratio = term_label(row["term"]), interval(row, 2, middle="median")
        yield (
            f"{name}: odds ratio of EASI-90 {ratio}, probability {p} of lying {side} 1{together}."
        )
    open_ = [term_label(row["term"]) for row in before if not _clear(row)]
    if open_:
        yield (
            f"The print leaves the direction open for the other {len(open_)} predictors known at "
            f"baseline ({'; '.join(open_)}): their intervals contain 1."
        )
    clear = [
        f"{term_label(str(row['term']))} {interval(row, 2, middle='median')}"
        for row in after
        if _clear(row)
    ]
    if after:
        listed = f": {'; '.join(clear)}" if clear else ""
        yield (
            f"Of {len(after)} laboratory values under treatment {len(clear)} have intervals that "
            f"exclude 1{listed}. They are concurrent associations, and {len(alone)} odds ratios of "
            "one outcome were looked at: the priors shrink them, nothing else corrects for that."
        )


def _by_ldh(printed: Printed) -> Iterator[str]:
    rows = [row for row in printed.rows("mean_difference") if row["term"].endswith("_w0")]
    if rows:
        listed = "; ".join(f"{outcome_label(str(r['outcome']))} {interval(r, 1)}" for r in rows)
        yield (
            "Mean percent change at week 52, patients with LDH ≥ 250 at baseline minus those "
            f"below, in percentage points: {listed}."
        )


def _labs(printed: Printed) -> Iterator[str]:
    parts = []
    for name in ("ige", "tec", "ldh"):
        row = printed.get(f"table3.{name}.w52.change")
        if row is not None:
            parts.append(f"{outcome_label(name)} by {interval(row, 0)}")
    if parts:
        yield f"Mean laboratory values changed to week 52: {', '.join(parts)} (units not printed)."


def _events(printed: Printed) -> Iterator[str]:
    parts = []
    for name in ("facial_erythema", "conjunctivitis"):
        row = printed.get(f"text.ae.{name}.count")
        if row is not None:
            count = number(printed.number(f"text.ae.{name}.count").numeric, 0)
            parts.append(
                f"{name.replace('_', ' ')} in {interval(row, 1, factor=100)} % ({count} of {row['n']:.0f})"
            )
    if parts:
        yield f"Adverse events: {' and '.join(parts)}, without exposure times or a comparison."
