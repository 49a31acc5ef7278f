"""Figure 2 as one matrix: correlations, partial correlations and contrasts between correlations."""

from functools import cache
from itertools import combinations

import numpy as np

from adbayes.errors import SpecError
from adbayes.inference.correlation_matrix import (
    as_matrix,
    matrix_posterior,
    partial_correlations,
    rank_inflation,
)
from adbayes.inference.printed_answer import SCALES
from adbayes.inference.printed_draws import PrintedDraws
from adbayes.inference.printed_quantity import PATIENTS, RESPONDER_PATIENTS
from adbayes.inference.weighted import WeightedDraws
from adbayes.model.priors import Prior
from adbayes.paper.published import PublishedNumber, load_paper

JOINT = "joint"
"""The variant of all six correlations taken together."""

KIND = "correlation_matrix"
"""Key of the prior in models/published.toml: Beta on (r + 1) / 2, the margin of an LKJ prior."""

SCORES = ("easi", "nrs", "poem", "dlqi")
_PAIRS = tuple(combinations(SCORES, 2))
# The text calls the first of each pair significant, or high, and not the second.
_CONTRASTS = (
    (("easi", "poem"), ("easi", "dlqi")),
    (("easi", "nrs"), ("easi", "dlqi")),
    (("easi", "nrs"), ("easi", "poem")),
    (("nrs", "dlqi"), ("easi", "nrs")),
)
_SEED = 20211130


def joint_variants() -> dict[str, int]:
    """The denominators that are reported for the matrix.

    Returns
    -------
    dict of str to int
        Variant to number of patients, the reported one first.
    """
    return {JOINT: PATIENTS, f"{JOINT}_n{RESPONDER_PATIENTS}": RESPONDER_PATIENTS}


def joint_ids() -> tuple[str, ...]:
    """Ids of what the matrix answers.

    Returns
    -------
    tuple of str
        The six printed correlations, ``fig2.<a>_<b>.partial`` (given the other two scores), and
        ``fig2.<a>_<b>.minus_<c>_<d>`` (the first correlation minus the second).
    """
    pairs = ["_".join(pair) for pair in _PAIRS]
    return (
        *(f"fig2.{pair}.r" for pair in pairs),
        *(f"fig2.{pair}.partial" for pair in pairs),
        *(f"fig2.{'_'.join(one)}.minus_{'_'.join(other)}" for one, other in _CONTRASTS),
    )


def lkj_eta(prior: Prior) -> float:
    """The LKJ parameter whose margins a prior states.

    Parameters
    ----------
    prior : Prior
        Beta of (r + 1) / 2 with both parameters the same; over four scores LKJ(eta) has eta + 1.

    Returns
    -------
    float
        eta, > 0.

    Raises
    ------
    SpecError
        For another distribution, unequal parameters, or ones that no positive eta gives.
    """
    if prior.distribution != "Beta" or prior["alpha"] != prior["beta"]:
        raise SpecError(
            f"The prior of a correlation matrix is {prior}; it must be Beta with alpha = beta = eta + 1, "
            "the margin of LKJ(eta) over four scores."
        )
    alpha = prior["alpha"]
    assert isinstance(alpha, float)
    if alpha <= len(SCORES) / 2 - 1:
        raise SpecError(f"The prior of a correlation matrix is {prior}; alpha must exceed 1.")
    return alpha + 1 - len(SCORES) / 2


@cache
def _matrix(n: int, eta: float) -> WeightedDraws:
    return matrix_posterior([one.interval for one in _printed()], n, eta, _SEED)


@cache
def _printed() -> tuple[PublishedNumber, ...]:
    return tuple(load_paper().number(f"fig2.{'_'.join(pair)}.r") for pair in _PAIRS)


def joint_answer(id: str, n: int, prior: Prior, priors: str) -> PrintedDraws:
    """The posterior of one quantity from the whole matrix.

    Parameters
    ----------
    id : str
        Of `joint_ids`.
    n : int
        Patients behind all six correlations, at least 5.
    prior : Prior
        As `lkj_eta` reads it.
    priors : str
        Name of its set.

    Returns
    -------
    PrintedDraws
        With Monte Carlo errors below a thousandth.

    Raises
    ------
    SpecError
        For a prior that is no margin of an LKJ prior.
    DataError
        For too few patients.
    """
    eta = lkj_eta(prior)
    matrix = _matrix(n, eta)
    pair, statistic = id.removeprefix("fig2.").split(".")
    one = _PAIRS.index(_pair(pair))
    numbers = [_printed()[one]]
    first, second = _PAIRS[one]
    if statistic == "r":
        values, estimand, term = matrix.values[:, one], "correlation", second
        scale, what = "fisher_z", "the correlation"
        values = np.arctanh(values)
    elif statistic == "partial":
        values, estimand, term = _partials(n, eta)[:, one], "partial_correlation", second
        scale, what = "fisher_z", "the correlation given the other two scores"
        values = np.arctanh(values)
    else:
        other = _PAIRS.index(_pair(statistic.removeprefix("minus_")))
        numbers.append(_printed()[other])
        values = matrix.values[:, one] - matrix.values[:, other]
        term = f"{'~'.join(_PAIRS[one])} - {'~'.join(_PAIRS[other])}"
        scale, estimand, what = "identity", "correlation_difference", "the difference"
    variant = JOINT if n == PATIENTS else f"{JOINT}_n{n}"
    return PrintedDraws(
        id=id,
        place="; ".join(f"{number.place}: {number.value}" for number in numbers),
        scale=SCALES[scale],
        prior=prior,
        priors=priors,
        variant=variant,
        estimand=estimand,
        outcome=first,
        term=term,
        unit="correlation",
        visit=numbers[0].visit,
        n=n,
        null=0.0,
        note=_note(what, n, eta, numbers),
        draws=WeightedDraws(values[:, None], matrix.weight, matrix.pareto_k),
    )


@cache
def _partials(n: int, eta: float) -> np.ndarray:
    return partial_correlations(_matrix(n, eta).values)


def _pair(text: str) -> tuple[str, str]:
    first, second = text.split("_")
    return first, second


def _note(what: str, n: int, eta: float, numbers: list[PublishedNumber]) -> str:
    wider = max(np.sqrt(rank_inflation(number.numeric)) for number in numbers)
    return (
        f"{what}, from the exact likelihood of all six printed correlations of {n} patients under a "
        f"multivariate normal with free SDs, and LKJ({eta:g}); whether they are Pearson's or "
        "Spearman's is not printed: taken as Pearson's, and if they are Spearman's the interval should "
        f"be about {100 * (wider - 1):.0f} % wider (Bonett and Wright 2000); n is not printed"
    )


def printed_matrix() -> np.ndarray:
    """The printed correlations of the four scores at week 52.

    Returns
    -------
    numpy.ndarray
        ``(4, 4)``, in the order of `SCORES`.
    """
    return as_matrix(np.array([number.numeric for number in _printed()]))
