"""What the print says beyond a posterior each: claims under other choices, and other studies."""

import pandas as pd

from adbayes.checks.claims import claims
from adbayes.checks.multiverse import published_multiverse
from adbayes.checks.sensitivity import published_curves, published_verdicts
from adbayes.results.adverse_events import adverse_events
from adbayes.results.other_studies import other_studies, predicted_from_studies


def printed_tables(ids: list[str] | None = None) -> dict[str, pd.DataFrame]:
    """Tables from print alone that a run writes beside its posteriors.

    Parameters
    ----------
    ids : list of str, optional
        Claims of the first two tables; all if not given.

    Returns
    -------
    dict of str to pandas.DataFrame
        By the name of their file: multiverse.csv (every combination of prior set, likelihood and
        denominator), tipping.csv (posteriors along prior SDs, of claims with a null), claims.csv (a sentence
        on the prior that takes each of these away, and Box's p of prior and print), other_studies.csv,
        predicted_shares.csv (its `evidence_ids` as one text) and adverse_events.csv.
    """
    wanted = [claim for claim in claims() if ids is None or claim.id in ids]
    nulls = [claim.id for claim in wanted if claim.null is not None]
    predicted = predicted_from_studies()
    return {
        "multiverse.csv": published_multiverse([claim.id for claim in wanted]),
        "tipping.csv": published_curves(nulls),
        "claims.csv": published_verdicts(nulls),
        "other_studies.csv": other_studies(),
        "predicted_shares.csv": predicted.assign(
            evidence_ids=predicted["evidence_ids"].map("; ".join)
        ),
        "adverse_events.csv": adverse_events(),
    }
