"""Every defensible answer to each claim, in one table: which choice moves it, and which do not matter.

Dimensions: prior set, likelihood, denominator, kind of evidence. From print alone every combination is
computed. Patient-level models are fitted one choice away from the reported ones; the other combinations
are rows with their reason.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import logit

from adbayes.checks.claims import Claim, claims
from adbayes.checks.credibility import STANDS
from adbayes.checks.prior_grid import narrowed
from adbayes.cohort.cohort import Cohort
from adbayes.errors import DataError
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit_analysis
from adbayes.inference.printed import answer
from adbayes.inference.printed_ids import quantity
from adbayes.inference.printed_posterior import PrintedPosterior
from adbayes.inference.printed_priors import in_block, prior_of, prior_sets
from adbayes.inference.printed_quantity import Quantity
from adbayes.model.analysis import Analysis
from adbayes.model.frame import model_frame
from adbayes.model.library import model_names
from adbayes.model.prior_sets import PriorSet
from adbayes.model.spec import load_spec
from adbayes.results.estimands import Estimand, estimands
from adbayes.results.summary import NOT_CONVERGED, prob_direction

COLUMNS = [
    "claim",
    "evidence",
    "cohort",
    "priors",
    "likelihood",
    "denominator",
    "n",
    "estimand",
    "outcome",
    "visit",
    "term",
    "unit",
    "mean",
    "median",
    "ci_low",
    "ci_high",
    "prob_direction",
    "stands",
    "move_in_sd",
    "flag",
    "skipped",
]
DIMENSIONS = ("priors", "likelihood", "denominator")
"""What is chosen within one kind of evidence; the first cell of a claim has the reported choices."""

FIGURE_1 = "the 82 of Fig. 1"
FAILURE = "missing as failure"
ONE_AWAY = "not fitted: patient-level models are one choice away from the reported ones"

_ASKED = ("odds_ratio", "mean_change", "response")  # the estimands of the claims

Progress = Callable[[str, int, int], None]


def published_multiverse(ids: Sequence[str] | None = None) -> pd.DataFrame:
    """Every combination of prior set, likelihood and denominator, from print alone.

    Parameters
    ----------
    ids : sequence of str, optional
        Of claims; all if not given.

    Returns
    -------
    pandas.DataFrame
        The columns of `COLUMNS`, a row a combination. `stands`: whether the probability of the
        direction reaches 0.975 (empty for shares, which have no null). `move_in_sd`: how far the median
        lies from that of the reported choices, in their posterior SDs, on the scale of the prior.
        `skipped`: why a combination has no posterior.
    """
    rows: list[dict[str, Any]] = []
    for claim in _chosen(ids):
        asked = quantity(claim.id)
        shapes = ("base", "wald") if asked.estimand == "odds_ratio" else ("base",)
        for (name, priors), shape, (variant, n) in product(
            prior_sets().items(), shapes, asked.denominators.items()
        ):
            who = _who(claim, asked.unit) | {
                "evidence": "published",
                "cohort": "",
                "priors": name,
                "likelihood": shape,
                "denominator": "reported" if variant == "base" else f"{n} patients",
                "n": n,
                "flag": "",
            }
            likelihood = "wald" if shape == "wald" else "skewed"
            rows.append(who | _from_print(asked, priors, name, n, likelihood))
    return _moved(rows)


def _from_print(
    asked: Quantity, priors: PriorSet, name: str, n: int | None, likelihood: str
) -> dict[str, Any]:
    """One combination, or why it has no posterior of its own."""
    together = in_block(asked, priors)
    if not together and (absent := prior_of(asked, priors).absent):
        return {"skipped": absent}
    if together and likelihood != "skewed":
        return {"skipped": f"{name} takes the rows together with their skewed likelihoods only"}
    found = answer(asked.id, name, n if asked.takes_n else None, likelihood)
    low, high = found.interval()
    direction = found.prob_direction()
    scale = np.log if asked.unit == "ratio" else logit if asked.unit == "share" else float
    ends = [float(scale(value)) for value in (low, found.median(), high)]
    return {
        "mean": found.mean(),
        "median": found.median(),
        "ci_low": low,
        "ci_high": high,
        "prob_direction": direction,
        "stands": "" if np.isnan(direction) else bool(direction >= STANDS),
        "_at": ends[1],
        "_sd": found.grid.moments()[1]
        if isinstance(found, PrintedPosterior)
        else (ends[2] - ends[0]) / (2 * float(stats.norm.ppf(0.975))),
        "skipped": "",
    }


def patients_multiverse(
    cohort: Cohort,
    ids: Sequence[str] | None = None,
    *,
    cores: int | None = None,
    progress: Progress = lambda stage, done, total: None,
    **sampler: Any,
) -> pd.DataFrame:
    """The same claims from patient-level models, one choice away from the reported ones.

    Parameters
    ----------
    cohort : Cohort
        The data.
    ids : sequence of str, optional
        Of claims; all if not given.
    cores : int, optional
        Chains run at once, at most; changes no number.
    progress : callable, optional
        Called with stage, number done and total.
    **sampler : int or float or None
        Keys of `[sampler]` that replace the specs'.

    Returns
    -------
    pandas.DataFrame
        The columns of `COLUMNS`. A combination that cannot be fitted, or is more than one choice away,
        is a row with its reason in `skipped`.
    """
    wanted = _chosen(ids)
    rows: list[dict[str, Any]] = []
    universes = [
        u for name in dict.fromkeys(c.spec for c in wanted) for u in _universes(name, wanted)
    ]
    for number, (analysis, choice, mine) in enumerate(universes):
        progress(f"multiverse: {analysis.key}, {choice['denominator']}", number, len(universes))
        who = choice | {"evidence": cohort.evidence, "cohort": _index(cohort)}
        if all(prior.absent for prior in analysis.priors.values()):
            reason = next(iter(analysis.priors.values())).absent
            rows += [_who(c, "") | who | {"skipped": reason} for c in mine]
            continue
        try:
            frame = model_frame(_on(analysis, choice["denominator"], cohort), cohort)
        except DataError as error:
            rows += [_who(c, "") | who | {"skipped": str(error)} for c in mine]
            continue
        settled = narrowed(_on(analysis, choice["denominator"], cohort), _ASKED)
        settled = settled.with_sampler(**sampler)
        fit = fit_analysis(settled, cohort, frame, cores=cores)
        quantities = {(q.estimand, q.visit, q.term): _as_printed(q) for q in estimands(fit)}
        for claim in mine:
            quantity = quantities.get(_key(claim))
            rows.append(
                _who(claim, "") | who | {"skipped": f"{analysis.key} does not report it"}
                if quantity is None
                else _who(claim, quantity.unit) | who | _summarized(fit, quantity)
            )
    return _moved([*rows, *_unfitted(universes, cohort), *_unstated(wanted, cohort)])


def _unfitted(
    universes: Sequence[tuple[Analysis, dict[str, Any], list[Claim]]], cohort: Cohort
) -> Iterator[dict[str, Any]]:
    """The combinations that differ from the reported one by more than one choice."""
    fitted: dict[Claim, list[tuple[str, ...]]] = {}
    for _, choice, mine in universes:
        for claim in mine:
            fitted.setdefault(claim, []).append(tuple(choice[d] for d in DIMENSIONS))
    for claim, there in fitted.items():
        levels = [dict.fromkeys(values) for values in zip(*there, strict=True)]
        for combination in product(*levels):
            if combination not in there:
                who = dict(zip(DIMENSIONS, combination, strict=True))
                who |= {"evidence": cohort.evidence, "cohort": _index(cohort), "skipped": ONE_AWAY}
                yield _who(claim, "") | who


def _unstated(wanted: Sequence[Claim], cohort: Cohort) -> Iterator[dict[str, Any]]:
    """The prior sets of the print-only posteriors that a claim's patient-level model does not state."""
    there = {claim.spec for claim in wanted} & set(model_names())
    stated = {spec: load_spec(spec).prior_sets for spec in there}
    for claim in wanted:
        for name in prior_sets():
            if name not in stated.get(claim.spec, prior_sets()):
                who = {"evidence": cohort.evidence, "cohort": _index(cohort), "priors": name}
                who |= {"likelihood": "base", "denominator": "reported"}
                yield _who(claim, "") | who | {"skipped": f"{claim.spec} states no such prior set"}


def _chosen(ids: Sequence[str] | None) -> list[Claim]:
    known = {claim.id: claim for claim in claims()}
    if ids is None:
        return list(known.values())
    unknown = [id for id in ids if id not in known]
    if unknown:
        raise DataError(
            f"{', '.join(unknown)} is no claim; `adbayes sensitivity published` lists them all"
        )
    return [known[id] for id in ids]


def _who(claim: Claim, unit: str) -> dict[str, Any]:
    return {
        "claim": claim.id,
        "estimand": claim.estimand,
        "outcome": claim.outcome,
        "visit": "" if claim.visit is None else str(claim.visit),
        "term": claim.term,
        "unit": unit,
    }


def _index(cohort: Cohort) -> str:
    return "" if cohort.index is None else str(cohort.index)


def _universes(
    name: str, wanted: Sequence[Claim]
) -> Iterator[tuple[Analysis, dict[str, Any], list[Claim]]]:
    """The analyses of a spec that differ from the reported one by at most one choice."""
    if name not in model_names():
        return
    spec = load_spec(name)
    mine = [claim for claim in wanted if claim.spec == name]
    reported = next(iter(spec.prior_sets))
    choices = [(reported, "base", "reported")]
    choices += [(priors, "base", "reported") for priors in list(spec.prior_sets)[1:]]
    choices += [(reported, variant, "reported") for variant in spec.variants if variant != "base"]
    choices += [(reported, "base", FIGURE_1)]
    if spec.analyses()[0].family.name == "bernoulli":
        choices += [(reported, "base", FAILURE)]
    for priors, variant, denominator in choices:
        sets = spec.prior_sets if variant == "base" else spec.variant_sets[variant]
        if priors not in sets:
            continue
        for analysis in spec.analyses(variant, priors):
            own = [c for c in mine if c.x == analysis.x]
            choice = {"priors": priors, "likelihood": variant, "denominator": denominator}
            if own:
                yield analysis, choice, own


def _on(analysis: Analysis, denominator: str, cohort: Cohort) -> Analysis:
    """The analysis on another set of patients."""
    data = analysis.data
    if denominator == FIGURE_1:
        if "in_figure_1" not in cohort.frame.columns:
            raise DataError("only reconstructed cohorts say who the 82 of Fig. 1 are")
        if data.where and " or " in data.where:
            raise DataError(f"{data.where!r} cannot be narrowed: it joins conditions by or")
        both = " and ".join([*([data.where] if data.where else []), "in_figure_1 == 1"])
        data = data.model_copy(update={"where": both})
    elif denominator == FAILURE:
        filled = data.model_copy(update={"missing": "failure"})
        # At baseline nobody has a response, so the column itself does not tell.
        here, all_here = (
            model_frame(replace(analysis, data=one), cohort).n_rows for one in (data, filled)
        )
        if here == all_here:
            raise DataError(f"no {data.outcome} is missing")
        data = filled
    return replace(analysis, data=data)


def _key(claim: Claim) -> tuple[str, str, str]:
    if claim.estimand == "response":
        return "response", str(claim.visit), claim.outcome
    return claim.estimand, str(claim.visit), claim.term


def _as_printed(quantity: Estimand) -> Estimand:
    """A share on the scale of the print-only posteriors, 0 to 1 and not in %."""
    if quantity.estimand != "response":
        return quantity
    return replace(quantity, unit="share", draws=quantity.draws / 100)


def _summarized(fit: Fit, quantity: Estimand) -> dict[str, Any]:
    values = np.ravel(quantity.draws.to_numpy())
    prob = fit.analysis.sampler.ci_prob
    low, high = np.quantile(values, [(1 - prob) / 2, (1 + prob) / 2])
    direction = prob_direction(values, quantity.null)
    working = np.log(values) if quantity.unit == "ratio" else values
    return {
        "n": fit.frame.n,
        "mean": values.mean(),
        "median": np.median(values),
        "ci_low": low,
        "ci_high": high,
        "prob_direction": direction,
        "stands": "" if np.isnan(direction) else bool(direction >= STANDS),
        "_at": float(np.median(working)),
        "_sd": float(working.std(ddof=1)),
        "flag": "" if fit.gate.passed else NOT_CONVERGED,
        "skipped": "",
    }


def _moved(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Fill in how far each cell lies from the reported one of its claim."""
    reported: dict[str, tuple[float, float]] = {}
    for row in rows:  # the reported choices come first
        if "_at" in row and row["claim"] not in reported:
            reported[row["claim"]] = row["_at"], row["_sd"]
    for row in rows:
        if "_at" in row:
            at, sd = reported[row["claim"]]
            row["move_in_sd"] = (row["_at"] - at) / sd
    return pd.DataFrame(rows).reindex(columns=COLUMNS)


def moves(table: pd.DataFrame) -> pd.DataFrame:
    """Which choice moves each claim most.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `published_multiverse` and `patients_multiverse`, one below the other.

    Returns
    -------
    pandas.DataFrame
        A row a claim, evidence and dimension that has a choice: `smallest` and `largest` move of the
        median from the reported choices by that dimension alone, in posterior SDs; `range`; `cells`;
        `fallen`, how many cells in which the claim does not stand though it does (or the other way round)
        in the reported one; `which` they are. The dimension ``evidence`` compares patients with print; on
        a reconstructed cohort an agreement is by construction.
    """
    filled = table[table["median"].notna()]
    rows = []
    reported: dict[str, pd.Series] = {}
    for (claim, evidence, cohort), cells in filled.groupby(
        ["claim", "evidence", "cohort"], sort=False
    ):
        first = cells.iloc[0]
        who = {"claim": claim, "evidence": evidence, "cohort": cohort}
        same = {d: cells[d].eq(first[d]) for d in DIMENSIONS}
        for dimension in DIMENSIONS:
            others = [mask for name, mask in same.items() if name != dimension]
            alone = cells[np.logical_and.reduce(others)]
            if len(alone) > 1:
                rows.append(who | _spread(alone, dimension))
        if claim in reported:
            apart = _apart(reported[str(claim)], first)
            both = pd.DataFrame([reported[str(claim)], first]).assign(move_in_sd=[0.0, apart])
            rows.append(who | _spread(both, "evidence"))
        elif evidence == "published":
            reported[str(claim)] = first
    return pd.DataFrame(rows)


def _spread(cells: pd.DataFrame, dimension: str) -> dict[str, Any]:
    """What one dimension does, the cell of the reported choices first."""
    moved = cells["move_in_sd"].astype(float)
    otherwise = cells["stands"].ne(cells["stands"].iloc[0])
    return {
        "dimension": dimension,
        "smallest": moved.min(),
        "largest": moved.max(),
        "range": moved.max() - moved.min(),
        "cells": len(cells),
        "fallen": int(otherwise.sum()),
        "which": ", ".join(cells.loc[otherwise, dimension].astype(str)),
    }


def _apart(one: pd.Series, other: pd.Series) -> float:
    """How far the second median lies from the first, in the first's SDs, from its interval."""
    scale = np.log if one["unit"] == "ratio" else np.asarray
    low, high, here, there = (
        float(scale(float(v)))
        for v in (one["ci_low"], one["ci_high"], one["median"], other["median"])
    )
    return (there - here) / ((high - low) / (2 * float(stats.norm.ppf(0.975))))
