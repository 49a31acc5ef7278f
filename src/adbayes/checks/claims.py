"""The claims of the paper that priors are held against, each with all that can answer it."""

from dataclasses import dataclass
from functools import cache

from adbayes.inference.printed_ids import quantity, quantity_ids

_RESPONSES = ("fig1.easi75.w52.pct", "fig1.easi90.w52.pct")


@dataclass(frozen=True)
class Claim:
    """One claim.

    Parameters
    ----------
    id : str
        Of the quantity, as `Paper.posterior` takes it.
    estimand, outcome, term : str
        As in a summary row.
    visit : int or None
        Week.
    spec : str
        The model that asks the same of patients.
    x : str or None
        Its predictor under ``for_each``.
    """

    id: str
    estimand: str
    outcome: str
    visit: int | None
    term: str
    spec: str
    x: str | None

    @property
    def null(self) -> float | None:
        """The value of no effect; None for a share, which has none."""
        return {"odds_ratio": 1.0, "mean_change": 0.0}.get(self.estimand)

    @property
    def title(self) -> str:
        """In words."""
        if self.estimand == "odds_ratio":
            return f"odds ratio of EASI-90, {self.term} (Table {self.id[5]})"
        if self.estimand == "mean_change":
            return f"mean change of {self.outcome.upper()} to week {self.visit}"
        return f"{self.outcome} at week {self.visit}"


@cache
def claims() -> tuple[Claim, ...]:
    """Every claim: 24 odds ratios, 12 score changes, 9 lab changes, EASI-75 and EASI-90 at week 52.

    Returns
    -------
    tuple of Claim
        In the order of the paper.
    """
    found = []
    for id in quantity_ids():
        asked = quantity(id)
        if asked.estimand == "odds_ratio":
            alone = id.startswith("table5.")
            spec = "easi90_univariable" if alone else "easi90_multivariable"
            x = asked.term if alone else None
        elif asked.estimand == "mean_change":
            spec, x = f"{asked.outcome}_change", None
        elif id in _RESPONSES:
            spec, x = "easi_fraction", None
        else:
            continue
        found.append(Claim(id, asked.estimand, asked.outcome, asked.visit, asked.term, spec, x))
    return tuple(found)
