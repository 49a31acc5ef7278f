"""Printed odds ratios that a reconstruction did not see, refitted on every cohort of the ensemble."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.targets import HELD_OUT
from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import bambi_model, design_of
from adbayes.model.frame import model_frame
from adbayes.paper.published import Paper
from adbayes.results.frequentist import logistic
from adbayes.results.readings import roles

COLUMNS = [
    "published_id",
    "model",
    "term",
    "visit",
    "statistic",
    "cohort",
    "n",
    "published",
    "decimals",
    "refit",
]
_STATISTICS = ("odds_ratio", "ci_low", "ci_high", "p_value")


def held_out_ids(analysis: Analysis, paper: Paper) -> list[str]:
    """The printed numbers of an analysis that the reconstruction was not made to agree with.

    Parameters
    ----------
    analysis : Analysis
        What answers them.
    paper : Paper
        The printed numbers.

    Returns
    -------
    list of str
        Ids of odds ratios, their limits and p values, in the order of the paper; empty for an
        analysis that is no logistic regression without groups.
    """
    if analysis.link != "logit" or analysis.family.name != "bernoulli" or analysis.mean.groups:
        return []
    played = roles(paper)
    ids = dict.fromkeys(id for pattern in analysis.published for id in paper.ids(pattern))
    return [
        id for id in ids if played[id] == HELD_OUT and paper.number(id).statistic in _STATISTICS
    ]


def held_out_refits(analysis: Analysis, cohorts: Sequence[Cohort], paper: Paper) -> pd.DataFrame:
    """Refit an analysis by maximum likelihood on every cohort, beside the numbers held out.

    Parameters
    ----------
    analysis : Analysis
        A logistic regression that answers printed numbers; another kind has no such refit.
    cohorts : sequence of Cohort
        The ensemble.
    paper : Paper
        The printed numbers.

    Returns
    -------
    pandas.DataFrame
        The columns of `COLUMNS`, one row a printed number and cohort, empty where nothing is held
        out. `n` is the number of patients used, `refit` the statistic as R's `glm` and `confint`
        give it (an odds ratio or a limit of it, 0 or infinite where the data separate; a Wald p).

    Raises
    ------
    DataError
        For a cohort that cannot be used.
    """
    if analysis.kind != "bambi":
        return pd.DataFrame(columns=COLUMNS)
    numbers = [paper.number(id) for id in held_out_ids(analysis, paper)]
    rows = []
    for cohort in cohorts if numbers else ():
        frame = model_frame(analysis, cohort)
        design = design_of(bambi_model(analysis, frame))
        outcome = frame.data[frame.outcome].to_numpy()
        prob = analysis.sampler.ci_prob
        found = logistic(design.table, outcome, prob, firth=False).table.set_index("term")
        with np.errstate(over="ignore"):
            values = {
                "odds_ratio": np.exp(found["estimate"]).to_dict(),
                "ci_low": np.exp(found["ci_low"]).to_dict(),
                "ci_high": np.exp(found["ci_high"]).to_dict(),
                "p_value": found["p_value"].to_dict(),
            }
        rows += [
            {
                "published_id": number.id,
                "model": analysis.model,
                "term": number.term,
                "visit": "" if number.visit is None else f"{number.visit:g}",
                "statistic": number.statistic,
                "cohort": "" if cohort.index is None else str(cohort.index),
                "n": frame.n_units,
                "published": number.numeric,
                "decimals": number.decimals,
                "refit": values[number.statistic][str(number.term)],
            }
            for number in numbers
        ]
    return pd.DataFrame(rows, columns=COLUMNS)


def placed(table: pd.DataFrame) -> pd.DataFrame:
    """Where each held-out odds ratio lies among those of the cohorts.

    Parameters
    ----------
    table : pandas.DataFrame
        From `held_out_refits`.

    Returns
    -------
    pandas.DataFrame
        One row a printed odds ratio: term, published (ratio), published_low, published_high (its
        printed limits), lowest, median, highest (of the cohorts' odds ratios), cohorts (their
        number), below (how many are below the print, ties half), inside (whether the print lies
        between lowest and highest), covering (how many cohorts' own intervals contain the print),
        distance (log of the median cohort's odds ratio over the print, in standard errors that the
        printed interval implies: its width on the log scale over 2 x 1.96), chance_outside
        (probability that the print lies outside the range of the cohorts if it were one more draw
        of the same kind: 2 / (cohorts + 1)).
    """
    rows = []
    for term, mine in table.groupby("term", sort=False):
        wide = mine.pivot_table(
            index="cohort", columns="statistic", values="refit", sort=False, dropna=False
        )
        printed = mine.drop_duplicates("statistic").set_index("statistic")["published"]
        ratio, value = wide["odds_ratio"], float(printed["odds_ratio"])
        error = np.log(printed["ci_high"] / printed["ci_low"]) / (2 * 1.96)
        covered = (wide["ci_low"] <= value) & (value <= wide["ci_high"])
        rows.append(
            {
                "term": term,
                "published": value,
                "published_low": float(printed["ci_low"]),
                "published_high": float(printed["ci_high"]),
                "lowest": float(ratio.min()),
                "median": float(ratio.median()),
                "highest": float(ratio.max()),
                "cohorts": len(ratio),
                "below": float((ratio < value).sum() + (ratio == value).sum() / 2),
                "inside": bool(ratio.min() <= value <= ratio.max()),
                "covering": int(covered.sum()),
                "distance": float(np.log(ratio.median() / value) / error),
                "chance_outside": 2 / (len(ratio) + 1),
            }
        )
    return pd.DataFrame(rows)
