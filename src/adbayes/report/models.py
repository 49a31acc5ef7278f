"""Fitted models beside their refit and the print: scores over visits, and odds ratios."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from adbayes.cohort.outcomes import OUTCOMES
from adbayes.inference.fit import Fit
from adbayes.plots.from_tables import SEPARATED, printed_ratio, separated
from adbayes.plots.labels import level_label, outcome_label, term_label
from adbayes.report.figures import Group
from adbayes.report.markup import FLAG, Section, bullets, figure, heading, paragraph, table
from adbayes.report.numbers import (
    ABSENT,
    RATIO_DECIMALS,
    SCORE_DECIMALS,
    interval,
    number,
    p_value,
    probability,
    ratio_interval,
    supported,
)
from adbayes.results.events import warned
from adbayes.results.run import Run
from adbayes.results.summary import NOT_CONVERGED

GATE = "fit failed the convergence gate"
_ANOTHER = "another quantity than the printed one"
_QUANTITIES = {
    "mean": "mean",
    "mean_change": "change of the mean",
    "ratio_of_means": "percent change",
    "predictive_sd": "SD of patients (predictive)",
    "share_mcid": "share of patients who improve by the MCID",
    "icc": "correlation of two visits of a patient",
    "correlation": "correlation of two visits of a patient",
    "partial_correlation": "correlation given the other scores",
    "mean_percent_change": "mean of the patients' percent changes",
    "percent_change_sd": "SD of the patients' percent changes",
    "mean_score": "mean score",
    "score_sd": "SD of scores (predictive)",
    "response": "share of patients with a response",
    "share_mild": "share of patients with at most mild disease",
    "geometric_mean_ratio": "ratio of geometric means",
    "share_floor": "share of patients at the floor",
    "share_ceiling": "share of patients at the ceiling",
    "share_above": "share of patients beyond the cut-off",
    "fraction_ratio": "ratio of the mean fraction of baseline that is left",
}
_PRINTED = {
    "mean": ("mean", "mean_score"),
    "sd": ("predictive_sd", "score_sd"),
    "percent": ("ratio_of_means", "response"),
    "pct_change_mean": ("ratio_of_means", "mean_percent_change"),
    "pct_change_sd": ("percent_change_sd",),
    "p_value": ("mean_change",),
    "correlation": ("correlation",),
}
"""Printed statistic to the quantities that answer it; a model reports one of them."""
_LEFT_OVER = {
    "pct_change_sd": "SD of percent changes, %",
    "n": "number of patients beyond the cut-off",
}
"""Printed statistics that a model answers without reporting a quantity of its own."""


def mixed_models(run: Run, groups: Sequence[Group], figures: Mapping[str, Figure]) -> Section:
    """The section of models of scores and laboratory values.

    Parameters
    ----------
    run : Run
        What was found.
    groups : sequence of Group
        Its fits by spec.
    figures : mapping of str to Figure
        From `draw_figures`.

    Returns
    -------
    Section
        Empty where no such model was fitted.
    """
    parts = []
    for group in groups:
        for fit, summary, ok in zip(group.fits, group.summaries, group.passed, strict=True):
            if "mean_difference" in fit.analysis.estimands.report:
                continue  # groups, not visits: `adbayes.report.ldh_groups`
            rows = summary[summary["estimand"].isin(list(_QUANTITIES))]
            if len(rows):
                suffix = f".{fit.analysis.x}" if len(group.fits) > 1 else ""
                parts.append(_score(run, group, fit, rows, ok, suffix, figures))
    intro = ""
    if parts:
        intro = paragraph(
            f"{_whose(run)} Bayes: posterior mean [95 % equal-tailed interval]. Refit: what the "
            "paper printed, computed from the same rows: raw means, SDs, percent changes, shares and "
            "correlations, and for a linear mixed model p by restricted maximum likelihood."
        )
    if "share_mcid" in figures:
        parts += [
            heading("Patients who improve by what they notice", "mcid"),
            figure(
                "share_mcid",
                figures["share_mcid"],
                "Posterior predictive share of patients who improve by at least the minimal clinically "
                f"important difference. Data: {run.cohort.label}.",
            ),
            paragraph(_sources(run), "small"),
        ]
    body = intro + "".join(parts) if parts else ""
    return Section("mixed-models", "Scores and laboratory values over visits", body)


def _sources(run: Run) -> str:
    """Where each minimal clinically important difference comes from."""
    told = {
        outcome_label(fit.frame.outcome): f"{limit.value:g} ({limit.source})"
        for fit in run.fits
        if (limit := fit.analysis.estimands.mcid) is not None
    }
    listed = "; ".join(f"{name} {said}" for name, said in told.items())
    return f"Differences: {listed}. They are about one patient, not about the change of a mean."


def odds_ratios(run: Run, groups: Sequence[Group], figures: Mapping[str, Figure]) -> Section:
    """The section of logistic models.

    Parameters
    ----------
    run : Run
        What was found.
    groups : sequence of Group
        Its fits by spec.
    figures : mapping of str to Figure
        From `draw_figures`.

    Returns
    -------
    Section
        Empty where no such model was fitted.
    """
    parts = []
    for group in groups:
        frame = _odds(run, group)
        if frame.empty:
            continue
        first = group.fits[0]
        title = first.analysis.title.replace(str(first.analysis.x), "one predictor at a time")
        parts.append(heading(title if len(group.fits) > 1 else first.analysis.title))
        parts.append(_model_line(group, group.fits))
        name = f"forest_{group.name}"
        if name in figures:
            caption = f"{title}: odds ratios with 95 % intervals. Data: {run.cohort.label}."
            parts.append(figure(name, figures[name], caption))
        paper = ["Paper OR [95 % CI]", "Paper p"]
        refit = ["ML OR [95 % CI]", "ML p", "Firth OR [95 % CI]"]
        bayes = ["Median [95 % interval]", "P(direction)", "Risk difference, % points"]
        parts.append(
            table(
                frame,
                f"{title}. Data: {run.cohort.label}",
                id=f"odds-{group.name}",
                spanners={_paper_heading(run): paper, "Refit": refit, "Bayes": bayes},
            )
        )
        skipped = [
            f"{term_label(name)} left out: {reason}."
            for key, reason in run.skipped.items()
            for spec, _, name in [key.removesuffix("]").partition(" [")]
            if spec == first.analysis.model and name
        ]
        few = [warned(one.analysis, one.frame, one.design) for one in group.fits]
        parts.append(bullets([*skipped, *(f"Few events: {one}." for one in few if one)], "small"))
    intro = ""
    if parts:
        intro = paragraph(
            f"{_whose(run)} One-predictor and joint odds ratios are different quantities (odds "
            "ratios are not collapsible). Refit: maximum likelihood with profile-likelihood "
            "intervals and Wald p, Firth's estimate beside it, which stays finite where the data "
            "separate. Risk differences average over the patients within each draw."
        )
    return Section("odds-ratios", "Odds ratios", intro + "".join(parts) if parts else "")


def flag(found: str, passed: bool) -> str:
    """What a table says of a row that did not converge.

    Parameters
    ----------
    found : str
        The row's own flag in the summary.
    passed : bool
        Whether its fit passed the gate.

    Returns
    -------
    str
        Empty where all is well; a constant over draws is judged through its parameters.
    """
    if found == NOT_CONVERGED:
        return NOT_CONVERGED
    return "" if passed else GATE


def _whose(run: Run) -> str:
    return f"Data: {run.cohort.label.rstrip('.')}."


def _paper_heading(run: Run) -> str:
    return "Paper" if run.cohort.evidence == "reconstructed" else "Paper (other patients)"


def _model_line(group: Group, fits: Sequence[Fit]) -> str:
    """Which model it is, and of how many rows; of several that differ in a predictor, as one."""
    a = fits[0].analysis
    several = len(fits) > 1
    formula = re.sub(rf"\b{re.escape(a.x)}\b", "x", a.mean.text) if several and a.x else a.mean.text
    used = f"{_range_of([fit.frame.n_rows for fit in fits])} rows"
    if fits[0].frame.unit:
        used += f" of {_range_of([fit.frame.n_units for fit in fits])} patients"
    left = []
    if not several:
        frame = fits[0].frame
        left = [f"{n} dropped ({_reason(reason)})" for reason, n in frame.dropped.items() if n]
        left += [f"{n} values of {term_label(name)} imputed" for name, n in frame.gaps.items() if n]
    dropped = ", ".join(left)
    each = f", x each of {len(fits)} predictors" if several else ""
    return (
        f'<p class="small">{escape(group.name)}: <code>{escape(formula)}</code>{each}, '
        f"{escape(a.family.name.replace('_', ' '))}; "
        f"{escape(used)}{'; ' + escape(dropped) if dropped else ''}; priors: "
        f"{escape(a.prior_set.replace('_', ' '))}.</p>\n"
    )


def _range_of(counts: Sequence[int]) -> str:
    return str(counts[0]) if len(set(counts)) == 1 else f"{min(counts)} to {max(counts)}"


def _reason(reason: str) -> str:
    """Why rows were dropped, the column in words."""
    name, _, rest = reason.partition(" ")
    return f"{term_label(outcome_label(name))} {rest}".rstrip()


def _score(
    run: Run,
    group: Group,
    fit: Fit,
    rows: pd.DataFrame,
    ok: bool,
    suffix: str,
    figures: Mapping[str, Figure],
) -> str:
    a = fit.analysis
    parts = [heading(a.title), _model_line(group, [fit])]
    name = f"trajectories_{group.name}{suffix}"
    if name in figures:
        caption = (
            f"{a.title}: posterior means, predictive band and patients. Data: {run.cohort.label}."
        )
        parts.append(figure(name, figures[name], caption))
    beside = group.of(run.comparison)
    if not a.data.stack:
        beside = beside[beside["outcome"] == fit.frame.outcome]
    frame = _beside_print(run, beside, rows, ok)
    parts.append(
        table(
            frame,
            f"{a.title}: posterior"
            f"{' beside refit and print' if 'Refit' in frame else ''}. Data: {run.cohort.label}",
            id=f"model-{group.name}{suffix}",
            groups="Quantity",
        )
    )
    mcid = a.estimands.mcid
    if mcid is not None and (rows["estimand"] == "share_mcid").any():
        parts.append(
            paragraph(
                f"MCID: a fall of at least {mcid.value:g} points in one patient ({mcid.source}).",
                "small",
            )
        )
    return "".join(parts)


def _beside_print(run: Run, beside: pd.DataFrame, rows: pd.DataFrame, ok: bool) -> pd.DataFrame:
    """Every reported quantity, with the printed number and the refit where there are any."""
    shown = []
    used: set[int] = set()
    printed_rows = beside.to_dict("records")
    for row in rows.to_dict("records"):
        answers = [
            str(one["visit"]) == str(row["visit"])
            and row["estimand"] in _PRINTED.get(one["statistic"], ())
            and (row["estimand"] != "response" or _response(run, one) == row["term"])
            and (
                one["statistic"] != "correlation"
                or (one["outcome"], one["term"]) == (row["outcome"], row["term"])
            )
            for one in printed_rows
        ]
        found = beside[np.array(answers, dtype=bool)]
        used |= set(found.index)
        decimals = supported(row["mcse_mean"], 1 if row["unit"] == "%" else SCORE_DECIMALS)
        line = {
            "Quantity": _named(row),
            "Week": row["visit"],
            "Paper": "",
            "Refit": "",
            "Bayes": interval(row, decimals),
            "P(direction)": "" if np.isnan(row["null"]) else probability(row["prob_direction"]),
            "Note": "",
            FLAG: flag(row["flag"], ok),
        }
        notes = [str(row["note"] or "")]
        for printed in found.to_dict("records"):
            one = run.paper.number(printed["published_id"])
            p = one.statistic == "p_value"
            value = f"p < {one.numeric:g}" if p and one.bound else one.value
            if value in line["Paper"].split("; "):
                continue  # the text repeats its tables
            line["Paper"] = "; ".join(part for part in (line["Paper"], value) if part)
            again = float(printed["frequentist"])
            shown_again = number(again, one.decimals) if not p else ABSENT
            if p and not np.isnan(again):
                shown_again = f"p {p_value(again)}".replace("p 0", "p = 0")
            line["Refit"] = "; ".join(part for part in (line["Refit"], shown_again) if part)
            if not p:
                doubt = f"{one.status.replace('_', ' ')}: " if one.status else ""
                notes.append(doubt + str(printed["note"] or ""))
        line["Note"] = "; ".join(dict.fromkeys(note for note in notes if note))
        shown.append(line)
    frame = pd.DataFrame(shown)
    for printed in beside[~beside.index.isin(used)].to_dict("records"):
        one = run.paper.number(printed["published_id"])
        frame.loc[len(frame)] = {
            "Quantity": _LEFT_OVER.get(one.statistic, one.statistic),
            "Week": printed["visit"],
            "Paper": one.value,
            "Refit": number(float(printed["frequentist"]), one.decimals),
            "Bayes": interval(
                {"mean": printed["bayes"], "ci_low": printed["bayes_low"]}
                | {"ci_high": printed["bayes_high"]},
                1,
            ),
            "P(direction)": "",
            "Note": printed["note"],
            FLAG: "",
        }
    if not frame["Paper"].str.len().any():
        frame = frame.drop(columns=["Paper", "Refit"])
    elif run.cohort.evidence != "reconstructed":
        frame = frame.rename(columns={"Paper": _paper_heading(run)})
    return frame


def _response(run: Run, printed: Mapping[Any, Any]) -> str:
    """The response that a printed share is of."""
    return run.paper.number(str(printed["published_id"])).variable


def _named(row: Mapping[Any, Any]) -> str:
    """A quantity in words, with what it is of and its unit."""
    of = ""
    if row["estimand"] in ("response", "fraction_ratio"):
        of = f", {level_label(str(row['term']))}"
    if row["estimand"] in ("correlation", "partial_correlation") and row["outcome"] in OUTCOMES:
        second, _, part = str(row["term"]).partition(", ")
        if second in OUTCOMES:
            given = (
                _QUANTITIES["partial_correlation"]
                if "partial" in row["estimand"]
                else "correlation"
            )
            both = f"{outcome_label(str(row['outcome']))} and {outcome_label(second)}"
            return ", ".join(filter(None, [given, both, part]))
    pair = ""
    if row["estimand"] == "correlation" and row["term"]:
        visits = str(row["term"]).split(", ")
        weeks = "weeks " if all(visit.isdigit() for visit in visits) else ""
        pair = f", {weeks}{' and '.join(visits)}"
    unit = str(row["unit"])
    unit = f", {unit}" if unit not in ("", "ratio", "nan") else ""
    return _QUANTITIES[row["estimand"]] + of + pair + unit


def _odds(run: Run, group: Group) -> pd.DataFrame:
    shown = []
    for fit, summary, ok in zip(group.fits, group.summaries, group.passed, strict=True):
        again = run.refits.get(fit.analysis.key)
        odds = summary[summary["estimand"] == "odds_ratio"]
        if fit.analysis.x is not None:
            odds = odds[odds["term"].str.split("[").str[0] == fit.analysis.x]
        differences = summary[summary["estimand"] == "risk_difference"]
        for row in odds.to_dict("records"):
            term = str(row["term"])
            printed = printed_ratio(fit, term, run.paper)
            p = [
                n.value
                for pattern in fit.analysis.published
                for n in map(run.paper.number, run.paper.ids(pattern))
                if n.term == term and n.statistic == "p_value"
            ]
            line = {"Predictor": term_label(term)}
            line["Paper OR [95 % CI]"] = (
                interval(printed, RATIO_DECIMALS, middle="estimate") if printed else ""
            )
            line["Paper p"] = p[0] if p else ""
            notes = [str(row["note"] or ""), _another(group, run, term) if printed else ""]
            if again is not None:
                line |= _refitted(again.coefficients, term)
                notes += [SEPARATED] if separated(again, term) else []
            # An odds ratio's Monte Carlo error is relative: significant digits, not decimals.
            digits = 3 if _mcse_of_log_median(row, summary) < 0.0025 else 2
            line["Median [95 % interval]"] = ratio_interval(row, "median", digits)
            side = "> 1" if row["median"] > 1 else "< 1"
            line["P(direction)"] = f"{probability(row['prob_direction'])} ({side})"
            line["Risk difference, % points"] = ""
            for d in differences[differences["term"] == term].to_dict("records"):
                shown_d = interval(d, supported(d["mcse_mean"], 1))
                line["Risk difference, % points"] = shown_d
            line["n"] = number(float(row["n"]), 0)
            line["Note"] = "; ".join(filter(None, notes))
            line[FLAG] = flag(row["flag"], ok)
            shown.append(line)
    frame = pd.DataFrame(shown, dtype=object).fillna("")
    return frame.loc[:, [c for c in frame if c == "Predictor" or frame[c].str.len().any()]]


def _another(group: Group, run: Run, term: str) -> str:
    """What a printed odds ratio is instead, where it is not the quantity of this model."""
    beside = group.of(run.comparison)
    beside = beside[(beside["term"] == term) & (beside["statistic"] == "odds_ratio")]
    other = beside[beside["same_quantity"].astype(str) == "False"]["note"].astype(str)
    parts = [part for note in other for part in note.split("; ") if part.startswith(_ANOTHER)]
    return "; ".join(dict.fromkeys(parts))


def _mcse_of_log_median(row: Mapping[Any, Any], summary: pd.DataFrame) -> float:
    """Relative Monte Carlo error of a median odds ratio, from that of the log odds ratio.

    The error of the mean of a ratio is ruled by its upper tail, which the median does not feel; the
    median of a normal has an error sqrt(pi / 2) times that of its mean.
    """
    mine = (summary["estimand"] == "parameter") & (summary["term"] == row["term"])
    found = summary.loc[mine, "mcse_mean"].astype(float)
    if found.empty:
        return float(row["mcse_mean"] / row["median"])
    return float(np.sqrt(np.pi / 2) * found.iloc[0])


def _refitted(coefficients: pd.DataFrame, term: str) -> dict[str, str]:
    row = coefficients[coefficients["term"] == term].to_dict("records")[0]
    names = ("estimate", "ci_low", "ci_high")
    with np.errstate(over="ignore"):
        ml = {name: float(np.exp(row[name])) for name in names}
        firth = {name: float(np.exp(row[f"firth_{name.removeprefix('ci_')}"])) for name in names}
    return {
        "ML OR [95 % CI]": ratio_interval(ml, "estimate", 3),
        "ML p": p_value(float(row["p_value"])),
        "Firth OR [95 % CI]": ratio_interval(firth, "estimate", 3),
    }
