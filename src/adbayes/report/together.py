"""What the print says when its numbers are taken together: one matrix, and effects under one scale."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from adbayes.cohort.derive import concurrent
from adbayes.inference.printed_correlations import JOINT
from adbayes.inference.printed_dependence import HIERARCHICAL
from adbayes.paper.published import Paper
from adbayes.plots.correlations import correlations
from adbayes.plots.labels import outcome_label, term_label
from adbayes.plots.shrinkage import ALONE, TOGETHER, shrinkage
from adbayes.report.answers import Printed, Row
from adbayes.report.markup import figure, heading, paragraph, table
from adbayes.report.numbers import interval, probability
from adbayes.results.run import Run

CORRELATIONS = "published_correlations"
"""Name of the figure of Figure 2."""

_LABEL = "Posteriors from the printed numbers alone: the paper's own patients"
_KINDS = {"table5": "odds_ratio", "table4": "mean_difference"}
_CONCURRENT = "concurrent"
_RELIES = (
    "Most of this shrinkage rests on what is stated, not printed: with independent rows the scale is "
    "about twice as large. The differences at week 52 are those of six patients with high LDH, whose "
    "likelihoods have long tails and give way to the other rows."
)
_DEPENDENCES = {
    f"{HIERARCHICAL}_independent": "Rows independent",
    f"{HIERARCHICAL}_high": "Stronger correlation",
    f"{HIERARCHICAL}_exchangeable": "Effects unrelated",
}


def together(run: Run, figures: Mapping[str, Figure]) -> str:
    """The part of the page about many printed numbers at once.

    Parameters
    ----------
    run : Run
        What was found.
    figures : mapping of str to Figure
        From `draw_figures`.

    Returns
    -------
    str
        HTML; empty where the run has no such posteriors.
    """
    printed = Printed(run.paper, run.published)
    if printed.get("table5.tau", HIERARCHICAL) is None:
        return ""
    parts = [
        heading("Many printed numbers together", "print-together"),
        paragraph(
            "Seventeen odds ratios and sixteen differences were looked at, and the largest of many is "
            "large by chance too. Here the effects of one table are taken as normal about no effect "
            "with one scale, which the table itself informs, so each is drawn in by as much as the "
            "others say. Every row keeps its own skewed likelihood. The same patients are behind all "
            "rows; how the rows correlate is not printed but stated, and the columns on the right show "
            "what other statements would give. Laboratory values under treatment are concurrent "
            "associations and no predictors."
        ),
    ]
    for place, caption in (
        ("table5", "Odds ratios of Table 5, alone and partially pooled"),
        (
            "table4",
            "Differences of Table 4 (high minus low LDH, points), alone and partially pooled",
        ),
    ):
        parts.append(table(_rows(printed, place), caption, id=f"print-pooled-{place}", left=2))
        if place == "table4":
            parts.append(paragraph(_RELIES, "small"))
        name = f"published_shrinkage_{place}"
        if name in figures:
            parts.append(figure(name, figures[name], f"{caption}."))
    parts += [
        heading("Correlations as one matrix", "print-matrix"),
        paragraph(
            "All six correlations of Figure 2 at once, under a multivariate normal with free standard "
            "deviations and an LKJ prior. A partial correlation is given the other two scores. The text "
            "reads significant against not significant; the differences say how far the correlations "
            "themselves differ."
        ),
        figure(
            CORRELATIONS,
            figures[CORRELATIONS],
            "Correlations of scores at week 52: print and posteriors.",
        )
        if CORRELATIONS in figures
        else "",
        table(
            _matrix(printed), "Correlations, partial correlations, differences", id="print-joint"
        ),
    ]
    return "".join(parts)


def _rows(printed: Printed, place: str) -> pd.DataFrame:
    ratio = place == "table5"
    decimals, no_effect = (2, 1.0) if ratio else (1, 0.0)
    rows = []
    for alone in printed.rows(_KINDS[place]):
        id = alone["published_id"]
        pooled = printed.get(id, HIERARCHICAL)
        if not id.startswith(place) or pooled is None:
            continue
        side = f"{'>' if pooled['median'] > no_effect else '<'} {no_effect:g}"
        shown = {
            "Effect": _name(alone, place),
            "Kind": _CONCURRENT if concurrent(alone["term"]) else "baseline",
            "Alone": interval(alone, decimals, middle="median"),
            "Pooled": interval(pooled, decimals, middle="median"),
            "P(direction)": f"{probability(pooled['prob_direction'])} ({side})",
        }
        for variant, name in _DEPENDENCES.items():
            other = printed.get(id, variant)
            shown[name] = "" if other is None else interval(other, decimals, middle="median")
        rows.append(shown)
    scale = {
        "Effect": "Scale of the effects (SD, log odds)" if ratio else "Scale of the effects (SD)"
    }
    reported = printed.get(f"{place}.tau", HIERARCHICAL)
    assert reported is not None
    scale |= {"Kind": "", "Alone": "", "Pooled": interval(reported, 2, middle="median")}
    scale["P(direction)"] = ""
    for variant, name in _DEPENDENCES.items():
        other = printed.get(f"{place}.tau", variant)
        scale[name] = "" if other is None else interval(other, 2, middle="median")
    return pd.DataFrame([*rows, scale])


def _name(row: Row, place: str) -> str:
    term = term_label(str(row["term"]))
    return term if place == "table5" else f"{outcome_label(str(row['outcome']))}, {term}"


def _matrix(printed: Printed) -> pd.DataFrame:
    names = {
        "correlation": "correlation",
        "partial_correlation": "partial correlation",
        "correlation_difference": "difference",
    }
    t = printed.table
    rows = []
    for id in t.loc[t["variant"] == JOINT, "published_id"]:
        row = printed.get(str(id), JOINT)
        other = printed.get(str(id), f"{JOINT}_n82")
        assert row is not None
        rows.append(
            {
                "Scores": _pair(row),
                "Quantity": names[row["estimand"]],
                "Print": printed.number(str(id)).value if row["estimand"] == "correlation" else "–",
                f"Posterior mean (n = {row['n']:.0f})": interval(row, 2),
                "P(above 0)": probability(
                    row["prob_direction"] if row["median"] > 0 else 1 - row["prob_direction"]
                ),
                "With n = 82": "" if other is None else interval(other, 2),
            }
        )
    return pd.DataFrame(rows)


def _pair(row: Row) -> str:
    if row["estimand"] != "correlation_difference":
        return f"{outcome_label(str(row['outcome']))} and {outcome_label(str(row['term']))}"
    one, other = (
        " and ".join(outcome_label(name) for name in pair.split("~"))
        for pair in str(row["term"]).split(" - ")
    )
    return f"{one} minus {other}"


def published_correlations(run: Run) -> dict[str, Figure]:
    """Correlations of Figure 2: as printed, one by one, as one matrix, and given the other scores.

    Parameters
    ----------
    run : Run
        With print-only posteriors.

    Returns
    -------
    dict of str to Figure
        Name to figure; empty where they were not taken together.
    """
    printed = Printed(run.paper, run.published)
    t = printed.table
    drawn = []
    for id in t.loc[t["variant"] == JOINT, "published_id"]:
        row = printed.get(str(id), JOINT)
        if row is None or row["estimand"] not in ("correlation", "partial_correlation"):
            continue
        partial = row["estimand"] == "partial_correlation"
        pair = {
            "pair": _pair(row),
            "panel": "Given the other two scores" if partial else "By itself",
        }
        found = [("All six as one matrix", row)]
        alone = None if partial else printed.get(str(id), "base")
        if alone is not None:
            found.insert(0, ("One by one", alone))
            value = printed.number(str(id)).numeric
            nothing = dict.fromkeys(("ci_low", "ci_high"), float("nan"))
            drawn.append(
                pair | {"series": "Print", "estimate": value, "evidence": "published"} | nothing
            )
        drawn += [
            pair
            | {"series": name, "estimate": one["mean"], "evidence": "published"}
            | {key: one[key] for key in ("ci_low", "ci_high", "n")}
            for name, one in found
        ]
    if not drawn:
        return {}
    return {CORRELATIONS: correlations(pd.DataFrame(drawn), label=_LABEL)}


def published_shrinkage(run: Run) -> dict[str, Figure]:
    """Effects alone and partially pooled, one figure a table of the paper.

    Parameters
    ----------
    run : Run
        With print-only posteriors.

    Returns
    -------
    dict of str to Figure
        Name to figure; empty where nothing was pooled.
    """
    return shrinkage_figures(run.paper, run.published)


def shrinkage_figures(paper: Paper, published: pd.DataFrame) -> dict[str, Figure]:
    """As `published_shrinkage`, without a run.

    Parameters
    ----------
    paper : Paper
        The printed numbers.
    published : pandas.DataFrame
        From `published_summary`.

    Returns
    -------
    dict of str to Figure
        Name to figure; empty where nothing was pooled.
    """
    printed = Printed(paper, published)
    figures = {}
    for place, estimand in _KINDS.items():
        drawn = []
        for alone in printed.rows(estimand):
            pooled = printed.get(alone["published_id"], HIERARCHICAL)
            if not alone["published_id"].startswith(place) or pooled is None:
                continue
            group, name = _grouped(alone, place)
            for series, row in ((ALONE, alone), (TOGETHER, pooled)):
                drawn.append(
                    {"group": group, "term_label": name, "series": series, "evidence": "published"}
                    | {"estimate": row["median"]}
                    | {key: row[key] for key in ("ci_low", "ci_high", "n")}
                )
        if not drawn:
            continue
        frame = pd.DataFrame(drawn)
        ratio = place == "table5"
        figures[f"published_shrinkage_{place}"] = shrinkage(
            # Groups together, in the order of their first row.
            frame.sort_values("group", key=lambda g: g.map(list(g.unique()).index), kind="stable"),
            label=_LABEL,
            title=(
                "EASI-90 at week 52, Table 5: odds ratios alone and under one scale"
                if ratio
                else "Percent change at week 52, Table 4: high minus low LDH, alone and under one scale"
            ),
            quantity="Odds ratio (log scale)" if ratio else "Difference, percentage points",
            ratio=ratio,
            decimals=2 if ratio else 1,
        )
    return figures


def _grouped(row: Row, place: str) -> tuple[str, str]:
    term = str(row["term"])
    if place == "table4":
        week = term.rsplit("_w", 1)[1]
        when = "LDH at baseline" if week == "0" else f"LDH at week {week} (concurrent)"
        return outcome_label(str(row["outcome"])), when
    if concurrent(term):
        return "Under treatment (concurrent)", term_label(term)
    return "Known at baseline", term_label(term)
