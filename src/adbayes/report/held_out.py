"""What the reconstruction did not see: a test of it, reported as it falls."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from adbayes.plots.held_out import SERIES, held_out
from adbayes.plots.labels import term_label
from adbayes.report.markup import FLAG, Section, figure, paragraph, table
from adbayes.report.numbers import RATIO_DECIMALS, interval, number, ratio, ratio_interval
from adbayes.results.held_out import placed
from adbayes.results.run import Run
from adbayes.results.summary import NOT_CONVERGED, unconverged

FIGURE = "held_out"
"""Name of the figure."""

TITLE = "Table 6, held out"


def held_out_section(run: Run, figures: Mapping[str, Figure]) -> Section:
    """The section of the odds ratios that the reconstruction was not made to agree with.

    Parameters
    ----------
    run : Run
        What was found.
    figures : mapping of str to Figure
        From `draw_figures`.

    Returns
    -------
    Section
        Empty where nothing was held out.
    """
    if run.held_out.empty:
        return Section("held-out", TITLE, "")
    places = placed(run.held_out)
    body = "".join(paragraph(text) for text in _sentences(run, places))
    if FIGURE in figures:
        caption = (
            f"{TITLE}: printed odds ratios with 95 % limits, the maximum-likelihood estimate of every "
            "embedded cohort, and the posterior pooled over the cohorts that were sampled."
        )
        body += figure(FIGURE, figures[FIGURE], caption)
    body += table(
        _rows(run, places),
        f"{TITLE}: printed odds ratios among those of {places['cohorts'].iloc[0]} reconstructed cohorts",
        id="held-out-table",
        spanners={"All embedded cohorts, ML": ["Median", "Lowest to highest"]},
    )
    return Section("held-out", TITLE, body)


def draw_held_out(run: Run) -> Figure:
    """Draw what was held out.

    Parameters
    ----------
    run : Run
        With refits of what was held out.

    Returns
    -------
    Figure
        As `adbayes.plots.held_out.held_out`.
    """
    rows = []
    paper, cohorts, first, pooled = SERIES
    for place in placed(run.held_out).to_dict("records"):
        name = {"term_label": term_label(place["term"])}
        printed = {"estimate": place["published"], "ci_low": place["published_low"]}
        rows.append(
            name
            | printed
            | {"ci_high": place["published_high"], "series": paper, "evidence": "published"}
        )
        for cohort, row in _by_cohort(run, place["term"]).items():
            own = cohort == _first(run)
            made = {"series": first if own else cohorts, "evidence": "reconstructed"}
            rows.append(name | {"estimate": row["odds_ratio"]} | made)
        for found in _posterior(run, place["term"]).to_dict("records"):
            made = {"series": pooled, "evidence": "reconstructed", "estimate": found["median"]}
            rows.append(name | made | {key: found[key] for key in ("ci_low", "ci_high")})
    number_of = int(placed(run.held_out)["cohorts"].iloc[0])
    sizes, model = run.held_out["n"].astype(int), run.held_out["model"].iloc[0]
    return held_out(
        pd.DataFrame(rows),
        label=(
            f"{number_of} reconstructed cohorts (synthetic patients), n = {sizes.min()} to {sizes.max()} each, "
            f"beside the print{unconverged(run.pooled[run.pooled['model'] == model])}"
        ),
        title=f"{TITLE}: odds ratios of EASI-90 at week 52 that the reconstruction did not see",
    )


def _sentences(run: Run, places: pd.DataFrame) -> list[str]:
    count, cohorts = len(places), int(places["cohorts"].iloc[0])
    outside = count * places["chance_outside"].iloc[0]
    furthest = max(places.to_dict("records"), key=lambda place: abs(place["distance"]))
    sizes = run.held_out["n"].astype(int)
    away = places["distance"].abs()
    return [
        "The reconstruction was not made to agree with these numbers, so they test it: its base model "
        "and its assumptions, where the printed numbers that were targets leave room. They say nothing "
        "new about the paper's patients. Every embedded cohort has the joint logistic regression by "
        f"maximum likelihood, with {sizes.min()} to {sizes.max()} complete patients.",
        f"{int(places['inside'].sum())} of {count} printed odds ratios lie within the range of the "
        f"{cohorts} cohorts. If the study were one more case of the same kind as the cohorts, each would "
        f"lie outside with probability {number(places['chance_outside'].iloc[0], 2)}, and "
        f"{number(outside, 1)} of {count} would be expected to. The spread over cohorts is what the "
        "print and the assumptions leave open; it is not a sampling error. In standard errors of the "
        f"printed estimate, the median cohort is {number(away.min(), 2)} to {number(away.max(), 2)} away "
        f"from the print, furthest for {term_label(furthest['term'])} "
        f"({number(furthest['distance'], 2)}; median {number(away.median(), 2)}).",
    ]


def _rows(run: Run, places: pd.DataFrame) -> pd.DataFrame:
    shown = []
    for place in places.to_dict("records"):
        printed = {"estimate": place["published"], "ci_low": place["published_low"]}
        printed["ci_high"] = place["published_high"]
        line = {
            "Predictor": term_label(place["term"]),
            "Paper OR [95 % CI]": interval(printed, RATIO_DECIMALS, middle="estimate"),
        }
        own = _by_cohort(run, place["term"]).get(_first(run))
        if own is not None:
            line[f"Cohort {_first(run)}, ML [95 % CI]"] = ratio_interval(own, "odds_ratio", 3)
        below = place["below"]
        line |= {
            "Median": ratio(place["median"], 3),
            "Lowest to highest": f"{ratio(place['lowest'])} to {ratio(place['highest'])}",
            "Cohorts below the print": number(below, 0 if below == int(below) else 1),
            "Cohorts whose interval holds it": str(place["covering"]),
            "Distance, SEs": number(place["distance"], 2),
        }
        for found in _posterior(run, place["term"]).to_dict("records"):
            line["Posterior, pooled [95 %]"] = ratio_interval(found, "median")
            line[FLAG] = NOT_CONVERGED if found["flag"] == NOT_CONVERGED else ""
        shown.append(line)
    return pd.DataFrame(shown).fillna("")


def _by_cohort(run: Run, term: str) -> dict[str, dict[str, float]]:
    """Cohort to its odds ratio, limits and p value of one predictor."""
    found: dict[str, dict[str, float]] = {}
    for row in run.held_out[run.held_out["term"] == term].to_dict("records"):
        found.setdefault(str(row["cohort"]), {})[str(row["statistic"])] = float(row["refit"])
    return found


def _first(run: Run) -> str:
    return "" if run.cohort.index is None else str(run.cohort.index)


def _posterior(run: Run, term: str) -> pd.DataFrame:
    """The pooled posterior of an odds ratio that was held out; no row where nothing was pooled."""
    pooled = run.pooled
    mine = (pooled["model"] == run.held_out["model"].iloc[0]) & (pooled["term"] == term)
    rows: pd.DataFrame = pooled[mine & (pooled["estimand"] == "odds_ratio")]
    return rows
