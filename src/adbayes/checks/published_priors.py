"""The priors of the print-only posteriors: reason, source, range, size, and how much lies out of bounds."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from adbayes.checks.prior_size import EVEN_ODDS_RATIO, FISHER_Z, effective_patients
from adbayes.checks.priors import TABLE_COLUMNS, cards
from adbayes.cohort.outcomes import OUTCOMES
from adbayes.errors import DataError
from adbayes.inference.printed_ids import quantity, quantity_ids
from adbayes.inference.printed_priors import chosen_set, key_of
from adbayes.inference.printed_quantity import Quantity
from adbayes.model.prior_sets import PriorSet
from adbayes.model.priors import Prior

_OTHER_SCALES = {
    "within_patient": "fisher_z",
    "correlation_matrix": "beta",
    "log_odds_ratio_block": "log",
}
"""Kinds of priors that no quantity has by itself, and the scale they are stated on."""


def published_priors(priors: str | None = None) -> pd.DataFrame:
    """The provenance of every prior of the print-only posteriors.

    Parameters
    ----------
    priors : str, optional
        A set of models/published.toml; the reported one if not given.

    Returns
    -------
    pandas.DataFrame
        One row a prior; the columns of `adbayes.checks.priors.TABLE_COLUMNS`. `ess`: patients it is
        worth (`adbayes.checks.prior_size`), by the SD behind the print; for a prior of several quantities
        the median of them. `outside`: % of its mass beyond the instrument's bounds.

    Raises
    ------
    SpecError
        For an unknown set.
    """
    name, chosen = chosen_set(priors)
    of: dict[str, list[Quantity]] = {key: [] for key in chosen}
    for id in quantity_ids():
        asked = quantity(id)
        of[key_of(asked, chosen)].append(asked)
    return pd.DataFrame(
        [_row(name, key, prior, of[key], chosen) for key, prior in chosen.items()]
    ).reindex(columns=TABLE_COLUMNS)


def published_cards(
    priors: str | None = None, data: object = None, variant: str | None = None
) -> str:
    """The same for a screen, as the command line asks for it.

    Parameters
    ----------
    priors : str, optional
        As in `published_priors`.
    data, variant : object, optional
        Refused: the printed numbers have neither.

    Returns
    -------
    str
        As `adbayes.checks.priors.cards` gives it.

    Raises
    ------
    DataError
        For data or a variant.
    SpecError
        For an unknown set.
    """
    if data is not None or variant is not None:
        raise DataError(
            "published is about the printed numbers, which have neither a file nor a variant; leave out "
            "--data and --variant"
        )
    return cards(published_priors(priors))


def _row(
    name: str, key: str, prior: Prior, asked: Sequence[Quantity], chosen: PriorSet
) -> dict[str, object]:
    kind = key.split(".")[0]
    scale = asked[0].scale if asked else _OTHER_SCALES.get(kind, "")
    low, high = (float(np.min(prior.frozen().ppf(q))) for q in (0.025, 0.975))
    shown = asked[0].unit if asked else "scale"
    if scale == "log":
        low, high, shown = float(np.exp(low)), float(np.exp(high)), "odds ratio"
    elif scale == "fisher_z":
        low, high, shown = float(np.tanh(low)), float(np.tanh(high)), "correlation"
    elif scale == "beta":
        low, high, shown = 2 * low - 1, 2 * high - 1, "correlation"
    sizes = [effective_patients(prior, _information(one, chosen)) for one in asked]
    return {
        "model": "published",
        "variant": "base",
        "priors": name,
        "parameter": key,
        "prior": str(prior),
        "low": low,
        "high": high,
        "scale": shown,
        "why": prior.reason,
        "source": prior.source,
        "ess": float(np.median(sizes)) if sizes else float("nan"),
        "outside": _outside(kind, key, prior, asked),
    }


def _information(asked: Quantity, chosen: PriorSet) -> float:
    """Of one patient about a quantity."""
    n = asked.denominators["base"]
    if asked.scale == "log":
        return EVEN_ODDS_RATIO
    if asked.scale == "fisher_z":
        return FISHER_Z
    if asked.scale == "logit" or n is None:
        return float("nan")
    return 1 / (n * asked.build(n, chosen, "skewed").scale ** 2)


def _outside(kind: str, key: str, prior: Prior, asked: Sequence[Quantity]) -> float:
    """% of the prior's mass where no value of the quantity can be."""
    if not asked or asked[0].scale != "identity":
        return float("nan") if not asked else 0.0
    frozen = prior.frozen()
    if kind in ("percent_change", "difference"):
        # A score can fall by no more than all of it; it can rise without limit.
        return 100 * float(1 - frozen.cdf(100)) if kind == "percent_change" else float("nan")
    instrument = OUTCOMES[asked[0].outcome]
    low = -np.inf if instrument.low is None else float(instrument.low)
    high = np.inf if instrument.high is None else float(instrument.high)
    if kind == "change":
        low, high = (low - high, high - low) if np.isfinite(high) else (-np.inf, np.inf)
    return 100 * float(frozen.cdf(low) + 1 - frozen.cdf(high))
