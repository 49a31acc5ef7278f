"""Posteriors from print alone: the only ones about the paper's real patients."""

from numbers import Integral

import numpy as np
import pandas as pd

from adbayes.errors import DataError, SpecError
from adbayes.inference.printed_answer import SCALES, Answer, summary_table
from adbayes.inference.printed_hierarchy import horseshoe_answer
from adbayes.inference.printed_ids import quantity, quantity_ids, reason
from adbayes.inference.printed_posterior import PrintedPosterior, prior_on
from adbayes.inference.printed_priors import BLOCK, chosen_set, in_block, prior_of
from adbayes.inference.printed_quantity import Quantity
from adbayes.inference.printed_together import all_together, together, together_ids
from adbayes.inference.quadrature import Grid
from adbayes.model.prior_sets import PriorSet
from adbayes.model.priors import Prior
from adbayes.paper.likelihood import Likelihood
from adbayes.paper.published import Paper


def posterior(
    id: str,
    priors: str | Prior | None = None,
    n: int | None = None,
    likelihood: str = "skewed",
) -> PrintedPosterior:
    """The posterior of a quantity from printed numbers alone.

    Parameters
    ----------
    id : str
        A printed id, such as ``table5.sex.or`` or ``fig1.easi90.w52.pct``; an interval end or a p
        stands for its odds ratio, a star for its change. Or a derived one:
        ``table2.<outcome>.w<visit>.change``, ``table3.<outcome>.w<visit>.change``,
        ``table4.<outcome>.ldh_<visit>.difference``.
    priors : str or Prior, optional
        A set of models/published.toml, or one prior: of the log odds ratio, of Fisher's z of a
        correlation, otherwise of the quantity itself. The reported set if not given.
    n : int, optional
        Another denominator than the reported one.
    likelihood : {"skewed", "wald"}
        For an odds ratio: through the printed interval ends and p, or normal with the interval's
        width. All other quantities know ``skewed`` only.

    Returns
    -------
    PrintedPosterior
        By quadrature, accurate to `quadrature.ACCURACY` posterior SDs.

    Raises
    ------
    DataError
        For an unknown id, a suspected misprint, a number that print alone cannot answer, an n or a
        likelihood that the quantity does not take, or a set with one prior of many rows (``horseshoe``).
    SpecError
        For an unknown prior set, or what is neither a set's name nor a prior.
    """
    _check_priors(priors)
    asked, variant, n = _asked(id, n, likelihood)
    if isinstance(priors, str) and in_block(asked, _chosen(priors)[1]):
        raise DataError(
            f"{asked.id}: {priors} is one prior of all rows of the table, whose posterior is drawn and not "
            "on a grid; ask `load_paper().posterior`"
        )
    return _posterior(asked, variant, n, priors)


def answer(
    id: str,
    priors: str | Prior | None = None,
    n: int | None = None,
    likelihood: str = "skewed",
    variant: str | None = None,
) -> Answer:
    """The posterior of a quantity from printed numbers, by itself or together with others.

    Parameters
    ----------
    id : str
        As for `posterior`, or a quantity that only exists together with others:
        ``fig2.<a>_<b>.partial``, ``fig2.<a>_<b>.minus_<c>_<d>``, ``table5.tau``, ``table4.tau``.
    priors : str or Prior, optional
        As for `posterior`; together with others one prior is of the correlation matrix (the margin of
        an LKJ prior) or of the scale tau.
    n : int, optional
        As for `posterior`; of what is taken together only Figure 2 takes another.
    likelihood : str, optional
        As for `posterior`.
    variant : str, optional
        To take numbers together: ``joint`` or ``joint_n82`` for a correlation of Figure 2, from all
        six; ``hierarchical`` (with ``_independent``, ``_high`` or ``_exchangeable`` for another stated
        dependence) for a row of Table 5 or a difference of Table 4, partially pooled.

    Returns
    -------
    Answer
        By itself a `PrintedPosterior`; together with others weighted draws, with their Monte Carlo
        error.

    Raises
    ------
    DataError
        As `posterior`, and for a variant that the quantity does not have.
    SpecError
        As `posterior`, and for one prior that is of another kind than is needed.
    """
    alone = id not in together_ids() or id in quantity_ids()
    if variant is None and alone:
        _check_priors(priors)
        asked, found, n = _asked(id, n, likelihood)
        name, chosen = _chosen(priors)
        if isinstance(priors, Prior) or not in_block(asked, chosen):
            return _posterior(asked, found, n, priors)
        if found != "base":
            raise DataError(f"{asked.id} under {name} knows the likelihood 'skewed' only.")
        return horseshoe_answer(asked.id, chosen[BLOCK], name, chosen["log_sd_ratio"])
    _check_priors(priors)
    _check_whole(n)
    if likelihood != "skewed":
        raise DataError(f"{id} taken together with others has no likelihood {likelihood!r}.")
    name, chosen = _chosen(priors)
    given = priors if isinstance(priors, Prior) else None
    return together(quantity(id).id if alone else id, variant, n, name, chosen, given)


def printed_likelihood(
    id: str, priors: str | None = None, n: int | None = None, likelihood: str = "skewed"
) -> tuple[Quantity, Likelihood, Prior]:
    """What the print says about a quantity before any prior on it, and the prior it is given.

    Parameters
    ----------
    id : str
        As in `posterior`.
    n : int, optional
        As in `posterior`.
    likelihood : str, optional
        As in `posterior`.
    priors : str, optional
        The set; it also holds what is not printed, such as the correlation of two visits.

    Returns
    -------
    tuple of (Quantity, Likelihood, Prior)
        The likelihood and the prior are on the quantity's working scale, but for a share, whose prior
        is stated for the share.

    Raises
    ------
    DataError, SpecError
        As `posterior`.
    """
    asked, variant, n = _asked(id, n, likelihood)
    _, chosen = chosen_set(priors)
    shape = asked.build(n, chosen, "wald" if variant == "wald" else "skewed")
    return asked, shape, prior_of(asked, chosen)


def _asked(id: str, n: int | None, likelihood: str) -> tuple[Quantity, str, int | None]:
    """The quantity, its variant and the number of patients, all checked."""
    asked = quantity(id)
    _check_whole(n)
    if n is not None and not asked.takes_n:
        raise DataError(
            f"{asked.id} does not take another n: its likelihood is fixed by the print."
        )
    if likelihood not in ("skewed", "wald"):
        raise DataError(f"No likelihood {likelihood!r}; it is 'skewed' or 'wald'.")
    if likelihood == "wald" and asked.estimand != "odds_ratio":
        raise DataError(f"{asked.id} is no odds ratio; only those have the likelihood 'wald'.")
    reported = asked.denominators["base"]
    variant = "wald" if likelihood == "wald" else "base"
    if n is not None and n != reported:
        variant = f"n{n}"
    return asked, variant, reported if n is None else n


def _check_priors(priors: object) -> None:
    if not (priors is None or isinstance(priors, str | Prior)):
        raise SpecError(f"priors is a set's name or one Prior, found {type(priors).__name__}.")


def _check_whole(n: int | None) -> None:
    if n is not None and (isinstance(n, bool) or not isinstance(n, Integral)):
        raise DataError(f"n is {n!r}; it must be a whole number of patients.")


def _posterior(
    asked: Quantity, variant: str, n: int | None, priors: str | Prior | None
) -> PrintedPosterior:
    given = isinstance(priors, Prior)
    name, chosen = _chosen(priors)
    prior = priors if isinstance(priors, Prior) else prior_of(asked, chosen)
    shape = asked.build(n, chosen, "wald" if variant == "wald" else "skewed")
    scale = SCALES[asked.scale]
    log_prior = prior_on(scale, prior)
    grid = Grid.of(
        lambda theta: shape.log(theta) + log_prior(theta),
        shape.centre,
        shape.scale,
    )
    return PrintedPosterior(
        id=asked.id,
        place=asked.place,
        theta=grid.theta,
        density=grid.density,
        prior_density=np.exp(log_prior(grid.theta)),
        scale=scale,
        prior=prior,
        priors="given" if given else name,
        variant=variant,
        estimand=asked.estimand,
        outcome=asked.outcome,
        term=asked.term,
        unit=asked.unit,
        visit=asked.visit,
        n=n,
        null=asked.null,
        note="; ".join(part for part in (shape.note, asked.caveat) if part),
        grid=grid,
    )


def _chosen(priors: str | Prior | None) -> tuple[str, PriorSet]:
    """The named set, the reported one beside a prior of the caller's."""
    return chosen_set(None if isinstance(priors, Prior) else priors)


def published_summary(paper: Paper, priors: str | None = None) -> pd.DataFrame:
    """Every quantity that print alone answers, with its other denominators and likelihoods.

    Parameters
    ----------
    paper : Paper
        The published study.
    priors : str, optional
        A set of models/published.toml; the reported one if not given.

    Returns
    -------
    DataFrame
        Summary rows in the order of the paper, and `published_id`: the quantity's id. The variant is
        ``base`` for the reported n and likelihood, ``n82`` and so on for another n, ``wald`` for a
        normal likelihood of an odds ratio. After them those that take numbers together: ``joint``
        and ``hierarchical`` variants as `answer` names them.
    """
    wanted = set(paper.published["quantity"])
    posteriors: list[Answer] = []
    for asked in (quantity(id) for id in quantity_ids() if id in wanted):
        variants = dict(asked.denominators)
        if in_block(asked, _chosen(priors)[1]):
            posteriors.append(answer(asked.id, priors))
            continue
        if asked.estimand == "odds_ratio":
            variants["wald"] = variants["base"]
        posteriors += [_posterior(asked, variant, n, priors) for variant, n in variants.items()]
    posteriors += all_together(*_chosen(priors))
    return summary_table(posteriors).assign(published_id=[each.id for each in posteriors])


def published_note(id: str) -> str:
    """What to know about the posterior of a printed number, or why there is none.

    Parameters
    ----------
    id : str
        A printed or a derived id.

    Returns
    -------
    str
        The assumptions of its posterior, or the reason.

    Raises
    ------
    DataError
        For an unknown id.
    """
    if id not in quantity_ids():
        number = Paper().number(id)
        if not number.quantity:
            return reason(number)
    return posterior(id).note


def unanswered(paper: Paper) -> pd.DataFrame:
    """The printed numbers that have no posterior from print alone.

    Parameters
    ----------
    paper : Paper
        The published study.

    Returns
    -------
    DataFrame
        published_id, place, published (as printed), status (``suspected_misprint`` or empty), reason.
    """
    numbers = [paper.number(id) for id in paper.ids()]
    return pd.DataFrame(
        [
            {
                "published_id": number.id,
                "place": number.place,
                "published": number.value,
                "status": number.status,
                "reason": reason(number),
            }
            for number in numbers
            if not number.quantity
        ]
    )
