"""Predictive checks, sensitivity and diagnostics: reported in full, judged by the reader."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from adbayes.checks.power_scaling import MAX_KHAT, THRESHOLD
from adbayes.checks.predictive import DRAWS
from adbayes.inference.diagnostics import MAX_R_HAT, MIN_BFMI, MIN_ESS
from adbayes.plots.labels import fit_label, level_label, outcome_label, statistic_label
from adbayes.report.figures import Group, title_of
from adbayes.report.markup import FLAG, Section, figure, heading, paragraph, table
from adbayes.report.numbers import interval, number, p_value, ratio_interval, tail_area
from adbayes.report.opening import ONE_GENERATOR
from adbayes.results.run import Run

_TAILS = (0.025, 0.975)
FAILED = "a fit of this model failed the convergence gate"


def checks(run: Run, groups: Sequence[Group], figures: Mapping[str, Figure]) -> Section:
    """The section of prior and posterior predictive checks.

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
        Figures of every model, and the statistics that lie in the tails.
    """
    predictive = run.checks["check"].isin(["prior_predictive", "posterior_predictive"])
    found = run.checks[predictive]
    outside = found[(found["tail_area"] < _TAILS[0]) | (found["tail_area"] > _TAILS[1])]
    failed = {group.fits[0].analysis.model for group in groups if group.failed}
    parts = [
        paragraph(
            f"Data: {run.cohort.label.rstrip('.')}. Each statistic of the data beside its 95 % range over "
            f"{DRAWS} data sets that the model makes, before (prior) and after (posterior) "
            f"seeing the data. Tail area: share of replicates at or above the observed value, ties "
            f"half. {len(outside)} of {len(found)} statistics lie outside the central 95 %; all "
            f"{len(found)} are in checks.csv. A statistic in the tails says where the model and "
            "the data part; whether that matters depends on the question."
            + ("" if run.cohort.evidence == "patients" else f" {ONE_GENERATOR}")
        )
    ]
    rows = [
        {
            "Model": fit_label(str(row["model"]), str(row["variant"]), str(row["x"])),
            "Check": str(row["check"]).removesuffix("_predictive"),
            "Outcome": outcome_label(str(row["outcome"])),
            "Statistic": statistic_label(str(row["statistic"])),
            "Week": row["visit"],
            "Data": number(float(row["observed"]), _decimals(row)),
            "Replicated, 95 % range": f"{number(float(row['replicated_low']), _decimals(row))} to "
            f"{number(float(row['replicated_high']), _decimals(row))}",
            "Tail area": tail_area(float(row["tail_area"])),
            FLAG: FAILED if row["model"] in failed else "",
        }
        for row in outside.fillna({"x": "", "outcome": ""}).to_dict("records")
    ]
    parts.append(
        table(
            pd.DataFrame(rows),
            f"Statistics with a tail area below {_TAILS[0]} or above {_TAILS[1]}",
            id="checks-tails",
            left=4,
        )
    )
    parts.append(_left_out(run, failed))
    for group in groups:
        drawn = []
        title = title_of(group)
        for check in ("prior_predictive", "posterior_predictive"):
            name = f"{check}_{group.name}"
            if name in figures:
                words = check.replace("_", " ")
                caption = f"{title}: {words} checks. Data: {run.cohort.label}."
                drawn.append(figure(name, figures[name], caption))
        name = f"prior_posterior_{group.name}"
        if name in figures:
            caption = f"{title}: prior and posterior densities. Data: {run.cohort.label}."
            drawn.append(figure(name, figures[name], caption))
        parts += [heading(f"{group.name}: {title}"), *drawn] if drawn else []
    return Section("checks", "Prior and posterior predictive checks", "".join(parts))


def _left_out(run: Run, failed: set[str]) -> str:
    """Each model predicting patients it has not seen: nothing is left out, whichever way it falls."""
    found = run.checks.fillna({"x": ""})
    rows = []
    for (model, variant, x), own in found.groupby(["model", "variant", "x"], sort=False):
        loo = own[own["check"] == "loo"]
        if loo.empty:
            continue
        uniform = own[(own["check"] == "loo_pit") & (own["statistic"] == "uniformity")]
        calibration = own[(own["check"] == "calibration") & (own["statistic"] == "miscalibration")]
        rows.append(
            {
                "Model": fit_label(str(model), str(variant), str(x)),
                "elpd": number(_observed(loo, "elpd"), 1),
                "SE": number(_observed(loo, "se"), 1),
                "Effective parameters": number(_observed(loo, "p_loo"), 1),
                "Largest Pareto k": number(_observed(loo, "max_k"), 2),
                "LOO-PIT uniform, p by week": _by_week(uniform),
                "Miscalibration, tail area": "".join(
                    tail_area(float(value)) for value in calibration["tail_area"]
                ),
                FLAG: FAILED if model in failed else "",
            }
        )
    if not rows:
        return ""
    k = found[(found["check"] == "loo") & (found["statistic"] == "max_k")]["observed"]
    unreliable = int((k.astype(float) > MAX_KHAT).sum())
    demonstration = "" if run.cohort.evidence == "patients" else f" {ONE_GENERATOR}"
    return paragraph(
        "Each patient predicted from the others (PSIS-LOO by ArviZ, patient effects integrated out): "
        "expected log predictive density (nats, comparable between models of the same rows and "
        "outcome only), uniformity of where the observations fall (POT-C), and whether predicted "
        "probabilities come true (isotonic calibration; near 0: they do not). Where Pareto k is above "
        f"{MAX_KHAT:g}, in {unreliable} of {len(rows)} fits, the row is unreliable.{demonstration}"
    ) + table(pd.DataFrame(rows), "Leave one patient out, by model", id="checks-left-out")


def _by_week(uniform: pd.DataFrame) -> str:
    """Each week's p value; outcomes named where there are several."""
    several = len(set(uniform["outcome"])) > 1
    told = []
    for outcome, rows in uniform.groupby("outcome", sort=False):
        name = f"{outcome_label(str(outcome))} " if several else ""
        weeks = (
            f"{week}: {p_value(float(area))}"
            for week, area in zip(rows["visit"], rows["tail_area"], strict=True)
        )
        told.append(name + "; ".join(weeks))
    return "; ".join(told)


def _decimals(row: Mapping[Any, Any]) -> int:
    """Whole numbers for numbers of patients."""
    return 0 if str(row["statistic"]).endswith(("count", "responders")) else 2


def _observed(rows: pd.DataFrame, statistic: str) -> float:
    """One statistic of a check; NaN where it was not computed."""
    found = rows.loc[rows["statistic"] == statistic, "observed"]
    return float(found.iloc[0]) if len(found) else float("nan")


def sensitivity(run: Run, groups: Sequence[Group]) -> Section:
    """The section of power-scaling.

    Parameters
    ----------
    run : Run
        What was found.
    groups : sequence of Group
        Its fits by spec.

    Returns
    -------
    Section
        One line a model, and every quantity with a diagnosis.
    """
    title = "Sensitivity to prior and likelihood"
    found = run.sensitivity
    if found.empty:
        return Section("sensitivity", title, "")
    failed = {group.fits[0].analysis.model for group in groups if group.failed}
    prior = found[found["setting"].str.startswith("prior")]
    lines = []
    for group in groups:
        rows = group.of(prior)
        if rows.empty:
            continue
        diagnosed = rows["diagnosis"].fillna("").astype(str).str.len() > 0
        lines.append(
            {
                "Model": group.name,
                "Quantities": str(len(rows)),
                "With a diagnosis": str(int(diagnosed.sum())),
                "Largest move of a mean, posterior SDs": number(
                    float(rows["shift_in_sd"].astype(float).abs().max()), 2
                ),
                "Largest Pareto k": number(float(rows["khat"].astype(float).max()), 2),
                FLAG: FAILED if group.failed else "",
            }
        )
    marked = prior[prior["diagnosis"].fillna("").astype(str).str.len() > 0]
    details = [
        {
            "Model": fit_label(str(row["model"]), str(row["variant"])),
            "Quantity": str(row["estimand"]).replace("_", " "),
            "Outcome": outcome_label(str(row["outcome"])),
            "Week": row["visit"],
            "Of": level_label(str(row["term"])),
            "With prior^0.8 [95 % interval]": (
                ratio_interval(row, "median")
                if row["estimand"] in ("odds_ratio", "risk_ratio")
                else interval(row, 2)
            ),
            "Move, SDs": number(float(row["shift_in_sd"]), 2),
            "Diagnosis": row["diagnosis"],
            FLAG: FAILED if row["model"] in failed else "",
        }
        for row in marked.fillna({"term": ""}).to_dict("records")
    ]
    body = paragraph(
        "Power-scaling raises the prior, or the likelihood, to a power a little off 1 and sees what "
        f"moves (Kallioinen et al. 2024, doi:10.1007/s11222-023-10366-5). A sensitivity above "
        f"{THRESHOLD:g} to the prior alone is called a strong prior or weak likelihood, to both a "
        f"prior-data conflict; Pareto k above {MAX_KHAT:g} would make the weights unreliable. The "
        "moves below are with the prior to the power 0.8, ratios as medians, all else as means; all rows "
        "are in sensitivity.csv."
    )
    body += table(
        pd.DataFrame(lines), "Power-scaling of the prior, by model", id="sensitivity-models"
    )
    body += table(
        pd.DataFrame(details), "Quantities with a diagnosis", id="sensitivity-rows", left=5
    )
    return Section("sensitivity", title, body)


def diagnostics(run: Run) -> Section:
    """The section of convergence.

    Parameters
    ----------
    run : Run
        What was found.

    Returns
    -------
    Section
        One row a fit.
    """
    rows = []
    for fit, (_, row) in zip(run.fits, run.own(run.diagnostics).iterrows(), strict=True):
        a = fit.analysis
        rows.append(
            {
                "Model": fit_label(a.model, a.variant, a.x),
                "Divergences": number(float(row["divergences"]), 0),
                "Retries": number(float(row["retries"]), 0),
                "Largest R-hat": number(float(row["max_r_hat"]), 4),
                "Smallest bulk ESS": number(float(row["min_ess_bulk"]), 0),
                "Smallest tail ESS": number(float(row["min_ess_tail"]), 0),
                "E-BFMI": number(float(row["min_bfmi"]), 2),
                "At maximal depth, %": number(100 * float(row["max_treedepth_share"]), 1),
                FLAG: "" if row["passed"] else f"FAILED: {', '.join(_faults(row))}",
            }
        )
    state = (
        "Every fit passed."
        if run.passed
        else "Some fits failed: flagged here and in every table and figure they reach."
    )
    body = paragraph(
        f"The gate, on every sampled parameter and every reported quantity: no divergence, R-hat below "
        f"{MAX_R_HAT:g}, bulk and tail effective sample size above {MIN_ESS:g} (Vehtari et al. 2021, "
        f"doi:10.1214/20-BA1221), E-BFMI above {MIN_BFMI:g} (Betancourt 2016, arXiv 1604.00695). A "
        f"fit that fails is sampled once more at a target acceptance of 0.99. {state}",
        "" if run.passed else "failed",
    )
    body += table(
        pd.DataFrame(rows), "Convergence of each fit, worst value", id="diagnostics-table"
    )
    body += table(
        _further(run),
        "Convergence of the fits to further cohorts, worst value of each model",
        id="diagnostics-further",
    )
    return Section("diagnostics", "Diagnostics", body)


def _further(run: Run) -> pd.DataFrame:
    """One row a model, over its fits to further cohorts."""
    found = run.diagnostics.drop(index=run.own(run.diagnostics).index)
    return pd.DataFrame(
        [
            {
                "Model": str(model),
                "Cohorts": str(mine["cohort"].nunique()),
                "Fits": str(len(mine)),
                "Divergences": number(float(mine["divergences"].sum()), 0),
                "Retries": number(float(mine["retries"].sum()), 0),
                "Largest R-hat": number(float(mine["max_r_hat"].max(skipna=False)), 4),
                "Smallest bulk ESS": number(float(mine["min_ess_bulk"].min(skipna=False)), 0),
                "Smallest tail ESS": number(float(mine["min_ess_tail"].min(skipna=False)), 0),
                "E-BFMI": number(float(mine["min_bfmi"].min(skipna=False)), 2),
                FLAG: _failures(mine["passed"].astype(bool)),
            }
            for model, mine in found.groupby("model", sort=False)
        ]
    )


def _failures(passed: "pd.Series[bool]") -> str:
    return "" if passed.all() else f"FAILED: {int((~passed).sum())} of {len(passed)} fits"


def _faults(row: "pd.Series[float]") -> list[str]:
    """Which thresholds a fit does not meet; a NaN meets none."""
    judged = {
        "divergences": row["divergences"] == 0,
        "R-hat": row["max_r_hat"] < MAX_R_HAT,
        "bulk ESS": row["min_ess_bulk"] > MIN_ESS,
        "tail ESS": row["min_ess_tail"] > MIN_ESS,
        "E-BFMI": row["min_bfmi"] > MIN_BFMI,
    }
    return [name for name, fine in judged.items() if not fine]
