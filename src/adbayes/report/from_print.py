"""What the printed numbers alone say about the paper's patients: tables and figures."""

import math
from collections.abc import Callable, Mapping

import pandas as pd
from matplotlib.figure import Figure

from adbayes.cohort.derive import timing
from adbayes.paper.published import SUSPECTED_MISPRINT, PublishedNumber
from adbayes.plots.labels import outcome_label, term_label
from adbayes.report.answers import Printed, Row, answers
from adbayes.report.markup import Section, bullets, figure, heading, paragraph, table
from adbayes.report.numbers import interval, probability
from adbayes.report.together import together
from adbayes.results.run import Run

_UNDETERMINED = (
    "Correlations of one patient's visits, and so the variance of changes: their prior (stated in "
    "the methods) decides part of the width of every change of means.",
    "How the odds ratios depend on each other, and the coefficient of baseline EASI: neither "
    "covariances nor the rest of the models is printed.",
    "Numbers of patients at each visit and what was done about missing values: results are given "
    "for the reported denominator and for the others that fit.",
    "Who the responders of Figure 1 are: its percents have 82 patients behind them, the odds "
    "ratios more.",
    "The effect of treatment: there is no control group.",
)


def answer(run: Run) -> Section:
    """The answer in ten lines, from print alone.

    Parameters
    ----------
    run : Run
        What was found.

    Returns
    -------
    Section
        Empty where the run made no posteriors from print.
    """
    title = "The answer, about the paper's patients"
    if not len(run.published):
        return Section("answer", title, "")
    body = bullets(answers(Printed(run.paper, run.published)), "answers")
    body += paragraph(
        "Posteriors from the printed numbers alone, with 95 % equal-tailed intervals; how they come "
        "about is the next section.",
        "small",
    )
    return Section("answer", title, body)


def from_print(run: Run, figures: Mapping[str, Figure]) -> Section:
    """The section of posteriors from print alone.

    Parameters
    ----------
    run : Run
        What was found.
    figures : mapping of str to Figure
        From `draw_figures`.

    Returns
    -------
    Section
        Empty where the run made no posteriors from print.
    """
    title = "Posteriors from the printed numbers alone"
    if not len(run.published):
        return Section("print", title, "")
    printed = Printed(run.paper, run.published)
    parts = [
        paragraph(
            "No data but the print enters this section: likelihoods are built from printed means, "
            "SDs, counts, intervals and p values, and multiplied with the stated priors by "
            "quadrature, so digits are those of the print. Only where many numbers are taken together "
            "are there draws, with a Monte Carlo error below the digits shown."
        ),
        heading("Odds ratios of EASI-90 at week 52", "print-odds"),
    ]
    for number_, caption in (
        ("table5", "One predictor at a time, adjusted for baseline EASI (Table 5)"),
        ("table6", "Seven predictors and baseline EASI together (Table 6)"),
    ):
        parts.append(table(_odds(printed, number_), caption, id=f"print-{number_}", spanners=_ODDS))
        name = f"published_forest_{number_}"
        if name in figures:
            parts.append(figure(name, figures[name], f"{caption}: print and posterior."))
    parts.append(
        paragraph(
            "The paper prints the same cuts with either sign (its rows of Table 5 say LDH > 250 and "
            "TEC > 500, Table 6 and the captions LDH ≥ 250 and TEC ≥ 500). Here each cut has one "
            "name; only a value of exactly 250 or 500 would tell the two apart.",
            "small",
        )
    )
    parts += [
        heading("Means over visits", "print-means"),
        table(
            _means(printed, run),
            "Means by visit and changes from baseline: print and posterior mean [95 % interval]",
            id="print-visits",
            left=2,
            groups="Outcome",
        ),
        paragraph(
            "The percent change is the mean of the patients' own percent changes; positive is "
            "improvement.",
            "small",
        ),
        heading("EASI-75 and EASI-90", "print-responses"),
        table(
            _shares(printed, "response", lambda row: f"{outcome_label(row['outcome'])}"),
            "Share of patients who respond, % [95 % interval]",
            id="print-response",
            left=2,
        ),
        heading("Adverse events", "print-adverse"),
        table(
            _shares(printed, "share", _event, only="text.ae."),
            "Share of patients with an adverse event, % [95 % interval]",
            id="print-events",
        ),
        heading("Percent change by LDH (Table 4)", "print-ldh"),
        table(
            _differences(printed),
            "Difference of the mean percent change at week 52, high minus low LDH, in percentage "
            "points: posterior mean [95 % interval]",
            id="print-table4",
            left=2,
        ),
        heading("Correlations at week 52", "print-correlations"),
        table(_correlations(printed), "Correlation of two scores at week 52", id="print-fig2"),
        together(run, figures),
        heading("What the print cannot determine", "print-limits"),
        bullets(_UNDETERMINED),
        _reasons(run),
        heading("Suspected misprints", "print-misprints"),
        _misprints(run),
        paragraph(
            "The shares of Table 1 and every other denominator and prior are in summary.csv; the "
            "assumptions behind one posterior are printed by the command adbayes published ID.",
            "small",
        ),
    ]
    return Section("print", title, "".join(parts))


_ODDS = {
    "Paper": ["Odds ratio", "95 % CI", "p"],
    "Posterior from print": ["Median [95 % interval]", "P(direction)"],
}


def _odds(printed: Printed, place: str) -> pd.DataFrame:
    rows = []
    for row in printed.rows("odds_ratio"):
        if not row["published_id"].startswith(place):
            continue
        stem = row["published_id"].removesuffix(".or")
        low, high, p = (printed.number(f"{stem}.{part}") for part in ("ci_low", "ci_high", "p"))
        ratio = printed.number(row["published_id"])
        side = "> 1" if row["median"] > 1 else "< 1"
        notes = [timing(row["term"])] + [n.note for n in (ratio, low, high, p) if n.status]
        rows.append(
            {
                "Predictor": term_label(row["term"]),
                "Odds ratio": ratio.value,
                "95 % CI": f"{low.value} to {high.value}",
                "p": p.value,
                "Median [95 % interval]": interval(row, ratio.decimals, middle="median"),
                "P(direction)": f"{probability(row['prob_direction'])} ({side})",
                "Note": "; ".join(filter(None, notes)),
            }
        )
    return pd.DataFrame(rows)


def _means(printed: Printed, run: Run) -> pd.DataFrame:
    """Means, changes and percent changes, one row a visit and quantity."""
    names = {"mean": "mean", "mean_change": "change", "mean_percent_change": "percent change"}
    rows = []
    for row in printed.rows(*names):
        if row["published_id"].split(".")[0] not in ("table2", "table3"):
            continue
        found = run.paper.number(row["published_id"]) if _is_printed(run, row) else None
        decimals = 2 if found is None else found.decimals
        others = [
            f"{interval(other, decimals)} (n = {other['n']:.0f})"
            for other in printed.others(row["published_id"])
        ]
        rows.append(
            {
                "Outcome": outcome_label(row["outcome"]),
                "Week": f"{row['visit']:.0f}",
                "Quantity": names[row["estimand"]],
                "Print": "–" if found is None else _with_sd(run, found),
                "n": f"{row['n']:.0f}",
                "Posterior": interval(row, decimals),
                "With another n": "; ".join(others),
            }
        )
    outcomes = list(dict.fromkeys(row["Outcome"] for row in rows))
    quantities = list(names.values())
    rows.sort(key=lambda r: (outcomes.index(r["Outcome"]), quantities.index(r["Quantity"])))
    return pd.DataFrame(rows)


def _known(run: Run) -> set[str]:
    return set(run.paper.ids())


def _is_printed(run: Run, row: Row) -> bool:
    return row["published_id"] in _known(run)


def _with_sd(run: Run, found: PublishedNumber) -> str:
    """The printed mean with the SD beside it."""
    sd = found.id.removesuffix("mean") + "sd"
    if sd not in _known(run):
        return found.value
    beside = run.paper.number(sd)
    mark = " (suspected misprint)" if beside.status else ""
    return f"{found.value} ± {beside.value}{mark}"


def _shares(
    printed: Printed,
    estimand: str,
    name: Callable[[Row], str],
    only: str = "",
) -> pd.DataFrame:
    rows = []
    for row in printed.rows(estimand):
        if not row["published_id"].startswith(only):
            continue
        found = printed.number(row["published_id"])
        shown = {"Quantity": name(row)}
        if not math.isnan(row["visit"]):
            shown["Week"] = f"{row['visit']:.0f}"
        shown["Print"] = (
            f"{found.numeric:.0f} of {row['n']:.0f}" if found.statistic == "count" else found.value
        )
        shown["n"] = f"{row['n']:.0f}"
        shown["Posterior mean"] = interval(row, 1, factor=100)
        others = printed.others(row["published_id"])
        shown["With another n"] = "; ".join(
            f"{interval(o, 1, factor=100)} (n = {o['n']:.0f})" for o in others
        )
        rows.append(shown)
    frame = pd.DataFrame(rows)
    if len(frame) and not frame["With another n"].str.len().any():
        frame = frame.drop(columns="With another n")
    return frame


_EVENT_PARTS = {"itraconazole": "given itraconazole", "discontinued": "treatment stopped"}


def _event(row: Row) -> str:
    name = str({"sle": "lupus"}.get(row["outcome"], row["outcome"]))
    for event in ("facial_erythema", "conjunctivitis"):
        if name.startswith(f"{event}_"):
            what = name.removeprefix(f"{event}_")
            name = f"{event}, {_EVENT_PARTS.get(what, what)}"
    return name.replace("_", " ").capitalize()


def _differences(printed: Printed) -> pd.DataFrame:
    rows = []
    for row in printed.rows("mean_difference"):
        stem = row["published_id"].removesuffix(".difference")
        low, high = (printed.number(f"{stem}.{part}.mean") for part in ("lo", "hi"))
        rows.append(
            {
                "Outcome": outcome_label(row["outcome"]),
                "LDH at": "baseline"
                if row["term"].endswith("_w0")
                else term_label(row["term"]).split(", ", 1)[1],
                "Paper, low (n)": f"{low.value} ({low.denominator})",
                "Paper, high (n)": f"{high.value} ({high.denominator})",
                "p": printed.number(f"{stem}.p").value,
                "Difference [95 % interval]": interval(row, low.decimals),
                "P(below 0)": probability(
                    row["prob_direction"] if row["median"] < 0 else 1 - row["prob_direction"]
                ),
            }
        )
    return pd.DataFrame(rows)


def _correlations(printed: Printed) -> pd.DataFrame:
    rows = []
    for row in printed.rows("correlation"):
        others = printed.others(row["published_id"])
        rows.append(
            {
                "Scores": f"{outcome_label(row['outcome'])} and {outcome_label(row['term'])}",
                "Print": printed.number(row["published_id"]).value,
                "n": f"{row['n']:.0f}",
                "Posterior mean": interval(row, 2),
                "P(above 0)": probability(row["prob_direction"]),
                "With another n": "; ".join(f"{interval(o, 2)} (n = {o['n']:.0f})" for o in others),
            }
        )
    return pd.DataFrame(rows)


def _reasons(run: Run) -> str:
    c = run.comparison
    found = c[(c["evidence"] == "published") & (c["role"] == "not_addressable")]
    counted = found["note"].value_counts(sort=True)
    return paragraph("Printed numbers without a posterior of their own, by reason:") + bullets(
        (
            f"{count} number{'s' if count > 1 else ''}: {reason}."
            for reason, count in counted.items()
        ),
        "small",
    )


def _misprints(run: Run) -> str:
    suspected = [run.paper.number(id) for id in run.paper.ids()]
    return paragraph("Kept in the ledger as printed, never corrected and never fitted:") + bullets(
        f"{n.place}, {n.value}: {n.note}." for n in suspected if n.status == SUSPECTED_MISPRINT
    )
