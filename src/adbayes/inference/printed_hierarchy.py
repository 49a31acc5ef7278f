"""Table 5's odds ratios and Table 4's differences, each table shrunk towards no effect by one scale."""

from functools import cache

import numpy as np

from adbayes.errors import SpecError
from adbayes.inference.hierarchy import Pooled, Rows
from adbayes.inference.printed_answer import SCALES, Answer
from adbayes.inference.printed_dependence import (
    HIERARCHICAL,
    dependence_of,
    dependences,
    row_ids,
)
from adbayes.inference.printed_draws import PrintedDraws
from adbayes.inference.printed_posterior import PrintedPosterior
from adbayes.inference.printed_quantity import Quantity, build_quantity
from adbayes.inference.shrunken_rows import ShrunkenRows
from adbayes.inference.weighted import WeightedDraws
from adbayes.model.priors import Prior
from adbayes.paper.root_table import RootTable


def scale_id(table: str) -> str:
    """The id of a table's scale.

    Parameters
    ----------
    table : str
        Of `TABLES`.

    Returns
    -------
    str
        ``table5.tau``, ``table4.tau``.
    """
    return f"{table}.tau"


@cache
def _roots(table: str, log_sd_ratio: Prior) -> tuple[RootTable, ...]:
    # Of the stated priors only the one of the unprinted group SDs is part of a likelihood.
    stated = {"log_sd_ratio": log_sd_ratio}
    built = [build_quantity(id).build(None, stated, "skewed") for id in row_ids(table)]
    return tuple(RootTable.of(likelihood) for likelihood in built)


@cache
def _pool(table: str, variant: str, prior: Prior, log_sd_ratio: Prior) -> Pooled:
    dependence = dependences()[variant]
    correlation = dependence_of(table, dependence)
    effects = correlation if dependence.effects else np.eye(len(correlation))
    return Rows(_roots(table, log_sd_ratio), correlation, effects).pool(prior.frozen())


def hierarchical_answer(
    id: str, variant: str, prior: Prior, priors: str, log_sd_ratio: Prior
) -> Answer:
    """The posterior of one row, or of the scale, after partial pooling.

    Parameters
    ----------
    id : str
        Of `row_ids`, or a `scale_id`.
    variant : str
        Of `dependences`.
    prior : Prior
        Of the scale, on the positive numbers.
    priors : str
        Name of its set.
    log_sd_ratio : Prior
        Of the log ratio of two group SDs, for Table 4.

    Returns
    -------
    PrintedDraws or PrintedPosterior
        A row, or the scale.

    Raises
    ------
    SpecError
        For a prior that reaches zero or below.
    """
    table = id.split(".")[0]
    low = float(prior.frozen().ppf(1e-6))
    if not low > 0:
        raise SpecError(f"The prior of a scale is {prior}; it must lie on the positive numbers.")
    pooled = _pool(table, variant, prior, log_sd_ratio)
    if id == scale_id(table):
        return _scale(table, pooled, variant, prior, priors)
    draws = pooled.effects[row_ids(table).index(id)]
    return _row(id, variant, prior, priors, _note(table, variant), draws)


def _row(
    id: str, variant: str, prior: Prior, priors: str, note: str, draws: WeightedDraws
) -> PrintedDraws:
    quantity = build_quantity(id)
    return PrintedDraws(
        id=id,
        place=quantity.place,
        scale=SCALES[quantity.scale],
        prior=prior,
        priors=priors,
        variant=variant,
        estimand=quantity.estimand,
        outcome=quantity.outcome,
        term=quantity.term,
        unit=quantity.unit,
        visit=quantity.visit,
        n=quantity.denominators["base"],
        null=quantity.null,
        note=f"{note}; {quantity.caveat}",
        draws=draws,
    )


@cache
def _shrunken(prior: Prior, log_sd_ratio: Prior) -> WeightedDraws:
    correlation = dependence_of("table5", dependences()[HIERARCHICAL])
    return ShrunkenRows(_roots("table5", log_sd_ratio), correlation, prior.frozen()).draws()


def horseshoe_answer(id: str, prior: Prior, priors: str, log_sd_ratio: Prior) -> PrintedDraws:
    """The posterior of one row of Table 5 with all its rows under one regularised horseshoe.

    Parameters
    ----------
    id : str
        Of ``row_ids("table5")``.
    prior : Prior
        A RegularizedHorseshoe of as many predictors as the table has rows.
    priors : str
        Name of its set.
    log_sd_ratio : Prior
        As in `hierarchical_answer`; no part of these rows' likelihoods.

    Returns
    -------
    PrintedDraws
        The row; the estimates of all rows correlate as in the variant ``hierarchical``.

    Raises
    ------
    SpecError
        For another prior, or another number of predictors.
    """
    rows = row_ids("table5")
    if prior.distribution != "RegularizedHorseshoe" or prior["predictors"] != float(len(rows)):
        raise SpecError(
            f"The prior of the rows of Table 5 together is a RegularizedHorseshoe of {len(rows)} "
            f"predictors, found {prior}."
        )
    labs = dependences()[HIERARCHICAL]
    note = (
        f"the {len(rows)} odds ratios of the table are under one regularised horseshoe, independent "
        "beforehand, each row with its own skewed likelihood; their estimates correlate as for laboratory "
        f"values that correlate by {labs.same_lab:g} between visits and by {labs.other_lab:g} with each "
        "other before they are cut in two (stated, not printed)"
    )
    draws = _shrunken(prior, log_sd_ratio)[rows.index(id)]
    return _row(id, "base", prior, priors, note, draws)


def _scale(table: str, pooled: Pooled, variant: str, prior: Prior, priors: str) -> PrintedPosterior:
    grid = pooled.log_scale
    one: Quantity = build_quantity(row_ids(table)[0])
    tau = np.exp(np.minimum(grid.theta, 700))
    return PrintedPosterior(
        id=scale_id(table),
        place=f"Table {table[5:]}, all {len(row_ids(table))} rows",
        theta=grid.theta,
        density=grid.density,
        prior_density=np.asarray(prior.frozen().pdf(tau)) * tau,
        scale=SCALES["log"],
        prior=prior,
        priors=priors,
        variant=variant,
        estimand="parameter",
        outcome="easi90" if table == "table5" else "",
        term="tau",
        unit="log odds ratio" if table == "table5" else one.unit,
        visit=one.visit,
        n=None,
        null=float("nan"),
        note=_note(table, variant),
        grid=grid,
    )


def _note(table: str, variant: str) -> str:
    dependence = dependences()[variant]
    what = "odds ratios" if table == "table5" else "differences"
    if not dependence.same_lab:
        related = "the rows are taken as independent, which rows of the same patients are not"
    else:
        labs = f"laboratory values that correlate by {dependence.same_lab:g} between visits"
        others = (
            f"and by {dependence.other_lab:g} with each other before they are cut in two"
            if table == "table5"
            else "before they are cut in two, and outcomes that correlate as in Figure 2"
        )
        truly = "the effects too" if dependence.effects else "the effects are exchangeable"
        related = f"estimates correlate as for {labs} {others} (stated, not printed), {truly}"
    return (
        f"the {len(row_ids(table))} {what} of the table are normal about no effect with one scale tau; "
        f"each row enters with its own skewed likelihood; {related}"
    )
