"""The quantities that printed numbers answer: denominators, likelihood and caveats of each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache

from adbayes.cohort.outcomes import OUTCOMES
from adbayes.errors import DataError
from adbayes.model.priors import Prior
from adbayes.paper import likelihood as shapes
from adbayes.paper.likelihood import Interval, Likelihood
from adbayes.paper.published import PublishedNumber, load_paper
from adbayes.paper.welch import WelchFamily, welch_family

PATIENTS = 99
RESPONDER_PATIENTS = 82
"""The only denominator up to 99 that gives all six EASI-75 and EASI-90 percentages."""

_ONE_ARM = (
    "one arm: a change from baseline contains regression to the mean (entry needed EASI >= 16) and no "
    "comparison"
)
_NO_N = "n per visit is not printed, all 99 patients are assumed"

Build = Callable[[int | None, Mapping[str, Prior], str], Likelihood]


@dataclass(frozen=True)
class Quantity:
    """A quantity that printed numbers answer.

    Parameters
    ----------
    id : str
        In the ledger, or derived from it.
    place : str
        Where it is printed, with the print.
    kind : str
        Key of its prior in models/published.toml.
    estimand, outcome, term, unit : str
        As in a summary row.
    visit : int or None
        Week.
    scale : str
        Working scale of the integration, a name of `printed_posterior.SCALES`.
    null : float
        The value of no effect, NaN where there is none.
    denominators : dict of str to (int or None)
        Variant to n, the reported one (``base``) first.
    build : callable
        n, the prior set and the shape of the likelihood to a `Likelihood`.
    takes_n : bool
        Whether another n makes sense.
    caveat : str
        What a reader must know.
    """

    id: str
    place: str
    kind: str
    estimand: str
    outcome: str
    visit: int | None
    term: str
    unit: str
    scale: str
    null: float
    denominators: Mapping[str, int | None]
    build: Build
    takes_n: bool
    caveat: str


def _number(id: str) -> PublishedNumber:
    return load_paper().number(id)


def _print(id: str) -> Interval:
    return _number(id).interval


def build_quantity(id: str) -> Quantity:
    """The quantity of a canonical id.

    Parameters
    ----------
    id : str
        An id of `printed_ids.quantity_ids`.

    Returns
    -------
    Quantity
        With its likelihood.
    """
    if id.endswith(".change"):
        return _change(id)
    if id.endswith(".difference"):
        return _difference(id)
    number = _number(id)
    make = {
        "mean": _mean,
        "pct_change_mean": _group_mean if number.table == "table4" else _percent_change,
        "odds_ratio": _odds_ratio,
        "count": _share,
        "percent": _share,
        "correlation": _correlation,
    }[number.statistic]
    return make(number)


def _place(number: PublishedNumber, extra: str = "") -> str:
    return f"{number.place}: {number.value}{extra}"


def _lab_n(visit: int) -> int:
    """Patients with an LDH value at a visit, from the groups of Table 4."""
    name = "baseline" if visit == 0 else f"w{visit}"
    return sum(_number(f"table4.ldh_{name}.{group}.n").n or 0 for group in ("lo", "hi"))


def _denominators(outcome: str, *visits: int) -> dict[str, int | None]:
    """The n of a mean over visits: the smallest of them, the reported choice first."""
    if OUTCOMES[outcome].kind == "score":
        return {"base": PATIENTS, f"n{RESPONDER_PATIENTS}": RESPONDER_PATIENTS}
    counted = min(_lab_n(visit) for visit in visits)
    if outcome == "ldh":
        return {"base": counted, f"n{PATIENTS}": PATIENTS}
    return {"base": PATIENTS, f"n{counted}": counted}


def _no_n(outcome: str) -> str:
    if outcome == "ldh":
        return "n is the number of LDH values in Table 4"
    return _NO_N


def _mean(number: PublishedNumber) -> Quantity:
    outcome, visit = number.variable, number.visit or 0
    spread = number.id.removesuffix("mean") + "sd"
    denominators = _denominators(outcome, visit)
    caveat = _no_n(outcome)
    if number.id == "table2.nrs.w16.mean":
        # No sum of 82 integers gives 3.36, so that alternative is not reported.
        denominators = {"base": PATIENTS}
        caveat += "; 82 is excluded here, because no mean of 82 integer scores prints as 3.36"
    return Quantity(
        number.id,
        _place(number, f" (SD {_number(spread).value})"),
        f"mean.{outcome}",
        "mean",
        outcome,
        visit,
        "",
        OUTCOMES[outcome].unit,
        "identity",
        float("nan"),
        denominators,
        lambda n, priors, shape: shapes.mean(number.interval, _print(spread), _whole(n)),
        True,
        caveat,
    )


def _percent_change(number: PublishedNumber) -> Quantity:
    spread = number.id.removesuffix("mean") + "sd"
    caveat = f"positive is improvement; {_NO_N}; {_ONE_ARM}"
    if _number(spread).note:
        caveat += f"; {_number(spread).note}"
    return Quantity(
        number.id,
        _place(number, f" (SD {_number(spread).value})"),
        "percent_change",
        "mean_percent_change",
        number.variable,
        number.visit,
        "",
        "%",
        "identity",
        0.0,
        _denominators(number.variable, 0),
        lambda n, priors, shape: shapes.mean(number.interval, _print(spread), _whole(n)),
        True,
        caveat,
    )


def _change(id: str) -> Quantity:
    visit_mean = _number(id.removesuffix("change") + "mean")
    outcome, visit = visit_mean.variable, visit_mean.visit or 0
    baseline = f"{visit_mean.table}.{outcome}.baseline"
    later = f"{visit_mean.table}.{outcome}.w{visit}"

    def build(n: int | None, priors: Mapping[str, Prior], shape: str) -> Likelihood:
        return shapes.change(
            (_print(f"{baseline}.mean"), _print(f"{baseline}.sd")),
            (_print(f"{later}.mean"), _print(f"{later}.sd")),
            _whole(n),
            shapes.quantiles_on(priors[f"within_patient.{outcome}"].frozen()),
        )

    return Quantity(
        id,
        f'Table {visit_mean.table[5:]}, row "{visit_mean.row}", baseline and week {visit}: '
        f"{_number(f'{baseline}.mean').value} and {visit_mean.value}",
        f"change.{outcome}",
        "mean_change",
        outcome,
        visit,
        "",
        OUTCOMES[outcome].unit,
        "identity",
        0.0,
        _denominators(outcome, 0, visit),
        build,
        True,
        f"negative is improvement; {_no_n(outcome)}; {_ONE_ARM}",
    )


def _odds_ratio(number: PublishedNumber) -> Quantity:
    row = number.id.removesuffix("or")
    low, high, p = (_number(row + end) for end in ("ci_low", "ci_high", "p"))
    caveat = number.note
    if number.term.rsplit("_", 1)[-1] in ("w16", "w32", "w52"):
        caveat += "; a laboratory value under treatment: an association, not a prediction"
    return Quantity(
        number.id,
        _place(number, f" ({low.value} to {high.value}, p {p.value})"),
        "log_odds_ratio",
        "odds_ratio",
        "easi90",
        52,
        number.term,
        "ratio",
        "log",
        1.0,
        {"base": None},
        lambda n, priors, shape: shapes.odds_ratio(
            number.interval, low.interval, high.interval, p.interval, shape
        ),
        False,
        caveat,
    )


def _share(number: PublishedNumber) -> Quantity:
    n_printed = number.denominator or PATIENTS
    count = (
        int(number.numeric)
        if number.statistic == "count"
        else shapes.count_of(number.interval, n_printed)
    )
    is_response = number.table == "fig1"
    denominators: dict[str, int | None] = {"base": n_printed}
    caveat = number.note
    if is_response:
        denominators[f"n{PATIENTS}"] = PATIENTS
        caveat = (
            f"{caveat}; who the 82 are is not printed, and n99 counts the other 17 as failures; "
            f"{_ONE_ARM}"
        )
    return Quantity(
        number.id,
        _place(number, f" ({count} of {n_printed})"),
        "response" if is_response else "share",
        "response" if is_response else "share",
        number.variable,
        number.visit,
        "",
        "share",
        "logit",
        float("nan"),
        denominators,
        lambda n, priors, shape: shapes.share(count, _whole(n)),
        True,
        caveat,
    )


def _correlation(number: PublishedNumber) -> Quantity:
    first, second = number.variable.split("~")
    return Quantity(
        number.id,
        _place(number),
        "correlation",
        "correlation",
        first,
        number.visit,
        second,
        "correlation",
        "fisher_z",
        0.0,
        {"base": PATIENTS, f"n{RESPONDER_PATIENTS}": RESPONDER_PATIENTS},
        lambda n, priors, shape: shapes.correlation(number.interval, _whole(n)),
        True,
        f"{number.note}; taken as Pearson's between normal scores, n as for the means",
    )


@cache
def _family(outcome: str, ldh: str, log_sd_ratio: Prior) -> WelchFamily:
    row = f"table4.{outcome}.{ldh}"
    return welch_family(
        _print(f"{row}.lo.mean"),
        _print(f"{row}.hi.mean"),
        _number(f"table4.{ldh}.lo.n").n or 0,
        _number(f"table4.{ldh}.hi.n").n or 0,
        _print(f"{row}.p"),
        _print(f"table2.{outcome}.w52.pct_change_sd"),
        log_sd_ratio.frozen(),
    )


def _difference(id: str) -> Quantity:
    _, outcome, ldh, _ = id.split(".")
    row = f"table4.{outcome}.{ldh}"
    low, high, p = (_number(f"{row}.{name}") for name in ("lo.mean", "hi.mean", "p"))
    visit = p.visit or 0
    sizes = (_number(f"table4.{ldh}.{group}.n").n or 0 for group in ("lo", "hi"))
    caveat = "percent changes at week 52, high minus low LDH, not adjusted for baseline"
    if visit:
        caveat += "; LDH is measured under treatment, at week 52 with the outcome: an association"
    return Quantity(
        id,
        f'Table 4, row "{low.row}", LDH at {"baseline" if visit == 0 else f"week {visit}"}: '
        f"{low.value} and {high.value}, p {p.value}",
        "difference",
        "mean_difference",
        outcome,
        52,
        f"ldh_ge_250_w{visit}",
        "percentage points",
        "identity",
        0.0,
        {"base": sum(sizes)},
        lambda n, priors, shape: _family(outcome, ldh, priors["log_sd_ratio"]).difference(),
        False,
        caveat,
    )


def _group_mean(number: PublishedNumber) -> Quantity:
    _, outcome, ldh, group, _ = number.id.split(".")
    difference = _difference(f"table4.{outcome}.{ldh}.difference")
    return replace(
        difference,
        id=number.id,
        place=_place(number),
        kind="percent_change",
        estimand="mean_percent_change",
        unit="%",
        term=f"{difference.term} = {int(group == 'hi')}",
        denominators={"base": number.n},
        build=lambda n, priors, shape: _family(outcome, ldh, priors["log_sd_ratio"]).group(
            "high" if group == "hi" else "low"
        ),
        caveat=f"percent change at week 52, positive is improvement; {_ONE_ARM}",
    )


def _whole(n: int | None) -> int:
    if n is None:
        raise DataError("This quantity needs the number of patients n.")
    return n
