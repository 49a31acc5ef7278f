"""The audit of printed numbers: every check that a ledger and the claims about it allow."""

from collections.abc import Mapping

import pandas as pd

from adbayes.paper import claims as statements
from adbayes.paper import populations
from adbayes.paper.coherence import coherence
from adbayes.paper.correlations import correlations
from adbayes.paper.findings import Finding, to_table
from adbayes.paper.grids import GRIDS, Grid
from adbayes.paper.grim import grims
from adbayes.paper.ledger import Ledger
from adbayes.paper.multiplicity import multiplicity
from adbayes.paper.percent import percents
from adbayes.paper.percent_change import percent_changes
from adbayes.paper.published import load_published
from adbayes.paper.repeats import repeated_values, repeats, thresholds
from adbayes.paper.shapes import shapes
from adbayes.paper.shares import shares
from adbayes.paper.two_groups import two_groups


def audit(
    ledger: pd.DataFrame | None = None,
    claims: pd.DataFrame | None = None,
    grids: Mapping[str, Grid] | None = None,
) -> pd.DataFrame:
    """Recompute what printed numbers say about each other.

    Which checks apply is read from the ledger: a percentage with a count beside it, a mean with its
    SD, an odds ratio with interval and p, and so on. What only the sentences of a paper say comes
    from the claims.

    Parameters
    ----------
    ledger : pandas.DataFrame, optional
        Printed numbers with the columns of `load_published`, of any paper; those of the packaged
        paper if not given.
    claims : pandas.DataFrame, optional
        Sentences as relations between ids, with the columns of `adbayes.paper.claims.COLUMNS`; those
        of the packaged paper where the ledger is not given either, else none.
    grids : mapping of str to Grid, optional
        The values a score can take, by variable; `GRIDS` if not given.

    Returns
    -------
    pandas.DataFrame
        One check a row. Columns, all text: check (its id), topic, published_ids (separated by
        spaces), printed, computed, possible (the values that would be possible), condition (what the
        verdict rests on), arithmetic, class, and finding (shared by the checks that are views of one
        finding; empty where consistent). Classes: ``consistent``, the print can hold; ``rounding``,
        off by less than one unit of the last digit; ``inconsistent``, contradicts another statement;
        ``impossible``, no data set prints it under the condition.

    Raises
    ------
    DataError
        For a ledger or claims that cannot be read.
    """
    if ledger is None and claims is None:
        claims = statements.load_claims()
    numbers = Ledger.of(load_published() if ledger is None else ledger)
    scores = GRIDS if grids is None else grids
    known = (*statements.RELATIONS, *populations.RELATIONS, "total")
    said = [] if claims is None else statements.read_claims(claims, numbers, known)
    found: list[Finding] = [
        *percents(numbers),
        *repeats(numbers),
        *repeated_values(numbers),
        *thresholds(numbers),
        *grims(numbers, scores),
        *percent_changes(numbers, scores),
        *shapes(numbers, scores),
        *shares(numbers),
        *correlations(numbers),
        *two_groups(numbers, statements.totals_of(said)),
        *coherence(numbers),
        *multiplicity(numbers),
    ]
    setting = populations.Setting(numbers, scores, populations.group_sizes(said, numbers))
    for claim in said:
        if claim.relation in statements.RELATIONS:
            found.append(statements.RELATIONS[claim.relation](claim, numbers))
        elif claim.relation in populations.RELATIONS:
            found.append(populations.RELATIONS[claim.relation](claim, setting))
    return to_table(found)
