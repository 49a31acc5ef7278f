"""The paper beside other studies of the drug, like with like, and what those studies would have predicted."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from adbayes.errors import DataError
from adbayes.inference.historical_prior import ROBUST_WEIGHT, WEEKS, historical_prior, prior_studies
from adbayes.inference.printed import posterior
from adbayes.inference.printed_priors import PRIOR_FILE, prior_sets
from adbayes.inference.printed_quantity import PATIENTS, RESPONDER_PATIENTS
from adbayes.inference.two_shares import TwoShares, as_mixture
from adbayes.model.prior_sets import choose_set
from adbayes.paper.evidence import LABELLED_ARMS, load_evidence
from adbayes.paper.likelihood import count_of
from adbayes.paper.published import load_paper
from adbayes.results.result_table import as_result

NEAR = 4
"""Weeks by which a visit may differ and still count as the same."""

COLUMNS = (
    "evidence_id", "study", "label", "year", "design", "arm", "outcome", "visit", "weeks", "quantity",
    "handling", "value", "count", "n", "count_basis", "median", "ci_low", "ci_high", "paper_variant",
    "paper_visit", "paper_handling", "paper_count", "paper_n", "paper_median", "paper_ci_low",
    "paper_ci_high", "difference", "difference_low", "difference_high", "prob_paper_higher",
    "comparison", "in_prior", "overlaps", "part_of", "priors", "evidence", "source", "note",
)  # fmt: skip

PREDICTION_COLUMNS = (
    "outcome", "visit", "studies", "between_study_sd", "between_study_sd_low", "between_study_sd_high",
    "predicted", "predicted_low", "predicted_high", "paper_variant", "paper_handling", "paper_count",
    "paper_n", "prob_as_low", "prob_as_high", "tail_area", "ess_elir", "ess_moment", "ess_robust",
    "robust_weight", "robust_weight_after", "posterior_median", "posterior_low", "posterior_high", "evidence",
    "evidence_ids", "provenance",
)  # fmt: skip

_VISITS = (16, 32, 52)
_AS_OBSERVED, _AS_FAILURE, _TREATED = "as observed", "missing as failure", "all treated"


@dataclass(frozen=True)
class _PaperShare:
    """A share of the paper under one denominator."""

    variant: str
    visit: int | None
    handling: str
    count: int
    n: int


def _of_paper(outcome: str, visit: int) -> list[_PaperShare]:
    """The paper's shares of an outcome at its visit nearest to another; none where it has no such."""
    paper = load_paper()
    if outcome in ("easi75", "easi90"):
        own = min(_VISITS, key=lambda week: abs(week - visit))
        number = paper.number(f"fig1.{outcome}.w{own}.pct")
        count = count_of(number.interval, RESPONDER_PATIENTS)
        return [
            _PaperShare("base", own, _AS_OBSERVED, count, RESPONDER_PATIENTS),
            _PaperShare(f"n{PATIENTS}", own, _AS_FAILURE, count, PATIENTS),
        ]
    if outcome in ("conjunctivitis", "facial_erythema"):
        count = int(paper.number(f"text.ae.{outcome}.count").numeric)
        return [_PaperShare("base", 52, _TREATED, count, PATIENTS)]
    return []


@as_result
def other_studies(priors: str | None = None, evidence: pd.DataFrame | None = None) -> pd.DataFrame:
    """Each result of another study beside the paper's, on every denominator the paper allows.

    Parameters
    ----------
    priors : str, optional
        A set of models/published.toml; its ``response`` or ``share`` prior is taken for the paper and
        for each study alike. The reported set if not given.
    evidence : DataFrame, optional
        As `load_evidence` returns it; the packaged table if not given.

    Returns
    -------
    DataFrame
        `COLUMNS`, one row a result and denominator of the paper (``base``: the 82 with a value, as
        printed, or all 99 for adverse events; ``n99``: the other 17 counted as failures). value in
        percent as printed; median and interval (95 % equal-tailed) of the study's share; the
        paper's likewise; difference, paper minus study, and prob_paper_higher from the two
        independent posteriors. comparison is ``like`` or ``unlike: ...`` with the first reason that
        applies; numbers of unlike rows are given where they exist, and mean little. Mean percent
        changes have the paper's posterior only, in percent, because no study here has its own SD
        and n at the visit. in_prior says whether the row enters `historical_prior`.

    Raises
    ------
    SpecError
        For an unknown prior set, or one whose prior of a share is no Beta.
    """
    name, chosen = choose_set(prior_sets(), priors, PRIOR_FILE)
    table = load_evidence() if evidence is None else evidence
    used = {
        id
        for outcome, visit in WEEKS
        for id in prior_studies(outcome, visit, evidence=evidence)["id"]
    }
    rows = []
    for entry in table.to_dict("records"):
        record: dict[str, Any] = {str(key): value for key, value in entry.items()}
        outcome, visit = str(record["outcome"]), int(record["visit"])
        row = _study(record) | {"priors": name, "in_prior": record["id"] in used}
        if record["quantity"] != "share":
            rows.append(row | _mean(outcome, visit, record, name))
            continue
        prior = as_mixture(chosen["response" if outcome.startswith("easi") else "share"])
        own = None
        if pd.notna(record["count"]):
            own = prior.posterior(int(record["count"]), int(record["denominator"]))
            low, high = own.interval()
            row |= {"median": float(own.ppf(0.5)), "ci_low": low, "ci_high": high}
        shares = _of_paper(outcome, visit)
        if not shares:
            rows.append(row | {"comparison": "unlike: the paper has no such number"})
        for share in shares:
            paper = prior.posterior(share.count, share.n)
            low, high = paper.interval()
            beside = {
                "paper_variant": share.variant,
                "paper_visit": share.visit,
                "paper_handling": share.handling,
                "paper_count": share.count,
                "paper_n": share.n,
                "paper_median": float(paper.ppf(0.5)),
                "paper_ci_low": low,
                "paper_ci_high": high,
                "comparison": _comparison(record, share.visit, share.handling),
            }
            if own is not None:
                gap = TwoShares(paper, own, "difference")
                low, high = gap.interval()
                beside |= {
                    "difference": gap.quantile(0.5),
                    "difference_low": low,
                    "difference_high": high,
                    "prob_paper_higher": 1 - gap.cdf(0.0),
                }
            rows.append(row | beside)
    whole = dict.fromkeys(("count", "n", "paper_count", "paper_n", "paper_visit"), "Int64")
    floats = [name for name in COLUMNS if name.startswith(("difference", "ci_", "paper_ci"))]
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    return found.astype(
        {**whole, **dict.fromkeys([*floats, "median", "paper_median", "prob_paper_higher"], float)}
    )


def _study(record: dict[str, Any]) -> dict[str, Any]:
    same = ("study", "label", "year", "design", "arm", "outcome", "visit", "weeks", "quantity")
    also = ("handling", "value", "count", "count_basis", "overlaps", "part_of", "source", "note")
    return {
        "evidence_id": record["id"],
        **{key: record[key] for key in (*same, *also)},
        "n": record["denominator"],
        "evidence": "published",
    }


def _mean(outcome: str, visit: int, record: dict[str, Any], priors: str) -> dict[str, Any]:
    own = min(_VISITS, key=lambda week: abs(week - visit))
    found = posterior(f"table2.{outcome}.w{own}.pct_change_mean", priors=priors)
    low, high = found.interval()
    reason = _reason(record, own)
    return {
        "paper_variant": found.variant,
        "paper_visit": own,
        "paper_handling": "not stated",
        "paper_n": found.n,
        "paper_median": found.median(),
        "paper_ci_low": low,
        "paper_ci_high": high,
        "comparison": f"unlike: {reason or 'no SD with the n at the visit is given'}",
    }


def _reason(record: dict[str, Any], visit: int | None) -> str:
    """Why a result is not like the paper's, apart from how missing patients are counted."""
    if record["overlaps"] == "same centre":
        return "its patients are in all likelihood among the paper's"
    if record["overlaps"]:
        return "it may include the paper's own patients"
    if record["arm"].startswith("placebo"):
        return "placebo"
    if record["arm"] not in LABELLED_ARMS:
        return "another dose"
    if visit is not None and abs(record["visit"] - visit) > NEAR:
        return f"week {record['weeks']}, the paper's is {visit}"
    return ""


def _comparison(record: dict[str, Any], visit: int | None, handling: str) -> str:
    reason = _reason(record, visit)
    if not reason and pd.isna(record["count"]):
        reason = "no number of patients is given"
    if not reason and record["handling"] != handling:
        reason = f"patients without a value: {record['handling']}, in the paper {handling}"
    return f"unlike: {reason}" if reason else "like"


@as_result
def predicted_from_studies(
    weight: float = ROBUST_WEIGHT, evidence: pd.DataFrame | None = None
) -> pd.DataFrame:
    """What other studies predict for the paper, how far out its counts lie, and what both say together.

    Parameters
    ----------
    weight : float, optional
        Of the uniform component of the robust prior, in (0, 1).
    evidence : DataFrame, optional
        As `load_evidence` returns it; the packaged table if not given. Only shares with at least two
        studies are answered.

    Returns
    -------
    DataFrame
        `PREDICTION_COLUMNS`, one row a share of `WEEKS` and denominator of the paper. predicted and its
        95 % equal-tailed interval: the share of a further study. prob_as_low and prob_as_high: that a
        further study of paper_n patients has at most, or at least, the paper's count; tail_area is
        twice the smaller, at most 1. ess_*: patients the predictive prior is worth (`ess_elir`,
        `ess_moment`) and the robust one (`ess_robust`, by elir). posterior_*: the paper's share under
        the robust prior; robust_weight_after: what is left of the belief in the other studies is one
        minus this. evidence_ids: the results that entered.

    Raises
    ------
    DataError
        Where no share has two studies.
    """
    rows: list[dict[str, Any]] = []
    answered = [key for key in WEEKS if len(prior_studies(*key, evidence=evidence)) > 1]
    if not answered:
        offered = ", ".join(f"{name} at week {week}" for name, week in WEEKS)
        raise DataError(
            f"The table has no two studies of one share; the shares are {offered}; add studies."
        )
    for outcome, visit in answered:
        prior = historical_prior(outcome, visit, weight, evidence=evidence)
        said = prior.analysis.summary().set_index("quantity")
        new, between = said.loc["new_study"], said.loc["between_study_sd"]
        for share in _of_paper(outcome, visit):
            chance = prior.analysis.count_probabilities(share.n)
            low = min(float(chance[: share.count + 1].sum()), 1.0)
            high = min(float(chance[share.count :].sum()), 1.0)
            after = prior.robust.posterior(share.count, share.n)
            ends = after.interval()
            rows.append(
                {
                    "outcome": outcome,
                    "visit": visit,
                    "studies": len(prior.studies),
                    "between_study_sd": between["median"],
                    "between_study_sd_low": between["ci_low"],
                    "between_study_sd_high": between["ci_high"],
                    "predicted": new["median"],
                    "predicted_low": new["ci_low"],
                    "predicted_high": new["ci_high"],
                    "paper_variant": share.variant,
                    "paper_handling": share.handling,
                    "paper_count": share.count,
                    "paper_n": share.n,
                    "prob_as_low": low,
                    "prob_as_high": high,
                    "tail_area": min(2 * min(low, high), 1.0),
                    "ess_elir": prior.informative.ess(),
                    "ess_moment": prior.informative.ess("moment"),
                    "ess_robust": prior.ess(),
                    "robust_weight": weight,
                    "robust_weight_after": after.weights[-1],
                    "posterior_median": float(after.ppf(0.5)),
                    "posterior_low": ends[0],
                    "posterior_high": ends[1],
                    "evidence": "published",
                    "evidence_ids": tuple(prior.studies["id"]),
                    "provenance": prior.provenance,
                }
            )
    return pd.DataFrame(rows, columns=list(PREDICTION_COLUMNS))
