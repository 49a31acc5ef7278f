"""From an id to the quantity that answers it, or to the reason why none does."""

from functools import cache

from adbayes.errors import DataError
from adbayes.inference.printed_quantity import Quantity, build_quantity
from adbayes.paper.published import (
    SUSPECTED_MISPRINT,
    PublishedNumber,
    load_paper,
    load_published,
    nearest,
)


@cache
def quantity_ids() -> tuple[str, ...]:
    """Ids of all quantities that have a posterior from print alone.

    Returns
    -------
    tuple of str
        In the order of the paper, each once, the derived ones where the number they answer is.
    """
    ledger = load_published()[["id", "quantity"]].itertuples(index=False)
    rows = [(str(id), str(answer)) for id, answer in ledger]
    printed = {id for id, _ in rows}
    return tuple(
        dict.fromkeys(
            answer for id, answer in rows if answer and (answer == id or answer not in printed)
        )
    )


def quantity(id: str) -> Quantity:
    """The quantity that an id stands for.

    Parameters
    ----------
    id : str
        Any printed id (an interval end or a p stands for its odds ratio, a star for its change, a
        repeat in the text for the table's number), or a derived id.

    Returns
    -------
    Quantity
        With its likelihood.

    Raises
    ------
    DataError
        For an unknown id, or one that no posterior from print alone answers, with the reason.
    """
    if id in quantity_ids():
        return build_quantity(id)
    known = load_paper().ids()
    if id not in known:
        hint = nearest(id, [*known, *quantity_ids()])
        raise DataError(f"The paper prints no number {id!r} and none is derived from it{hint}.")
    number = load_paper().number(id)
    if number.quantity:
        return build_quantity(number.quantity)
    raise DataError(f"{id} ({number.place}: {number.value}) has no posterior: {reason(number)}.")


def reason(number: PublishedNumber) -> str:
    """Why a printed number has no posterior from print alone.

    Parameters
    ----------
    number : PublishedNumber
        Any number of the ledger.

    Returns
    -------
    str
        Empty for a number that has one.
    """
    if number.quantity:
        return ""
    if number.status == SUSPECTED_MISPRINT:
        return f"it is a suspected misprint and is never fitted: {number.note}"
    if number.id in ("table2.nrs.w16.pct_change_mean", "text.nrs.w16.pct_change"):
        return (
            "its likelihood needs the SD printed beside it in Table 2 (5.42), which is a suspected "
            "misprint and is never fitted"
        )
    if number.group == "another study":
        return "it is a result of another study, printed without its n"
    if number.section == "Methods" or number.statistic in ("n", "min", "max"):
        return "it describes the sample or the design and estimates nothing"
    if number.statistic in ("sd", "pct_change_sd"):
        return "an SD enters the likelihood of the mean beside it and is no estimand of its own"
    if number.id == "table1.age.mean" or number.id == "text.age.mean":
        return "no SD of age is printed"
    if number.statistic == "p_value":
        return "it speaks of twelve contrasts at once; each has its own posterior"
    if number.note.startswith("a percent change of two means"):
        return (
            "the ratio of two means needs the joint distribution of both visits; ask for the means or "
            "their change"
        )
    return number.note
