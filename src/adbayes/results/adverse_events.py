"""Adverse events from print alone: how often one occurred, and what became of it, nested in each other."""

from typing import Any

import pandas as pd

from adbayes.inference.beta_mixture import BetaMixture
from adbayes.inference.historical_prior import historical_prior
from adbayes.inference.printed_answer import SUMMARY_COLUMNS
from adbayes.inference.printed_priors import PRIOR_FILE, prior_sets
from adbayes.inference.printed_quantity import PATIENTS
from adbayes.inference.two_shares import TwoShares, as_mixture
from adbayes.model.prior_sets import choose_set
from adbayes.paper.published import load_paper
from adbayes.results.result_table import as_result

NESTED = (
    ("facial_erythema", "facial_erythema_persistent"),
    ("conjunctivitis", "conjunctivitis_persistent"),
    ("conjunctivitis", "conjunctivitis_discontinued"),
)
"""An adverse event and what became of it in some of those who had it, as the paper names them."""

HISTORICAL = "historical"
"""Prior set of rows whose occurrence has the robust prior from other studies."""

_NOTE = (
    "exposure is not printed, so that this is a share of patients over the year and not a rate; ascertained "
    "from records"
)


@as_result
def adverse_events(priors: str | None = None) -> pd.DataFrame:
    """Occurrence, outcome given occurrence, and their product, with closed forms and quadrature.

    Parameters
    ----------
    priors : str, optional
        A set of models/published.toml, of which occurrence and outcome given occurrence each take the
        prior ``share``; the reported set if not given. Conjunctivitis has rows under
        ``historical`` as well, where its occurrence takes the robust prior of `historical_prior`.

    Returns
    -------
    DataFrame
        Columns of a summary row, evidence ``published``, and published_id, count and note. One row a
        share: `outcome` names the event or what became of it; `term` is empty for all patients,
        ``given <event>`` for those in whom it occurred, and ``all patients`` for the product of both.
        `count` of `n` is the print; the product's are of all patients.

    Raises
    ------
    SpecError
        For an unknown prior set, or one whose prior of a share is no Beta.
    """
    name, chosen = choose_set(prior_sets(), priors, PRIOR_FILE)
    stated = as_mixture(chosen["share"])
    rows: list[dict[str, Any]] = []
    for event, outcome in NESTED:
        occurred, became = _count(event), _count(outcome)
        given = stated.posterior(became, occurred)
        occurrences = {name: stated}
        if event == "conjunctivitis":
            occurrences[HISTORICAL] = historical_prior(event).robust
        for label, prior in occurrences.items():
            share = prior.posterior(occurred, PATIENTS)
            if not any(row["outcome"] == event and row["priors"] == label for row in rows):
                rows.append(_row(event, event, "", label, share, occurred, PATIENTS))
            if label == name:
                rows.append(
                    _row(outcome, outcome, f"given {event}", label, given, became, occurred)
                )
            product = TwoShares(share, given, "product")
            rows.append(_row(outcome, outcome, "all patients", label, product, became, PATIENTS))
    columns = list(dict.fromkeys([*SUMMARY_COLUMNS, "published_id", "count", "note"]))
    table = pd.DataFrame(rows, columns=columns)
    return table.astype({"visit": "Int64", "n": "Int64", "count": "Int64"})


def _count(event: str) -> int:
    return int(load_paper().number(f"text.ae.{event}.count").numeric)


def _row(
    event: str,
    outcome: str,
    term: str,
    priors: str,
    share: BetaMixture | TwoShares,
    count: int,
    n: int,
) -> dict[str, Any]:
    low, high = share.interval()
    median = float(share.ppf(0.5)) if isinstance(share, BetaMixture) else share.quantile(0.5)
    note = _NOTE
    if isinstance(share, TwoShares):
        note += (
            "; the product of occurrence and outcome given occurrence, independent a priori, so that its own "
            "prior is not uniform"
        )
    return {
        "model": "published.text",
        "variant": "base",
        "priors": priors,
        "evidence": "published",
        "cohort": "",
        "estimand": "share",
        "outcome": outcome,
        "visit": None,
        "term": term,
        "unit": "share",
        "n": n,
        "mean": share.mean(),
        "median": median,
        "sd": share.sd(),
        "ci_low": low,
        "ci_high": high,
        "ci_prob": 0.95,
        "null": float("nan"),
        "prob_direction": float("nan"),
        **dict.fromkeys(("mcse_mean", "ess_bulk", "ess_tail", "r_hat"), float("nan")),
        "flag": "",
        "x": "",
        "published_id": f"text.ae.{event}.count",
        "count": count,
        "note": note,
    }
