"""The audit of printed numbers: every check that a ledger and the claims about it allow."""

from collections.abc import Mapping

import pandas as pd

from adbayes.paper import claims as statements
from adbayes.paper import populations
from adbayes.paper.coherence import coherence, odds_ratio_rows
from adbayes.paper.correlations import correlations
from adbayes.paper.findings import Finding, to_table
from adbayes.paper.grids import GRIDS, Grid
from adbayes.paper.grim import grims
from adbayes.paper.ledger import Ledger
from adbayes.paper.multiplicity import multiplicity
from adbayes.paper.percent import percents
from adbayes.paper.percent_change import percent_changes
from adbayes.paper.published import PublishedNumber, load_published
from adbayes.paper.ranges import ranges
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
    every = Ledger.of(load_published() if ledger is None else ledger)
    numbers, beyond = ranges(every)
    scores = GRIDS if grids is None else grids
    known = (*statements.RELATIONS, *populations.RELATIONS, "total")
    said = [] if claims is None else statements.read_claims(claims, every, known)
    said = _sound(said, numbers)
    found: list[Finding] = [
        *beyond,
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


def _sound(said: list[statements.Claim], numbers: Ledger) -> list[statements.Claim]:
    """The claims that rest on no number, and on no odds ratio, that is impossible by itself."""
    broken = {row.estimate.id for row in odds_ratio_rows(numbers) if not row.ordered}
    whole = {row.estimate.id for row in odds_ratio_rows(numbers)} - broken

    def sound(one: PublishedNumber, relation: str) -> bool:
        needs_row = relation in populations.RELATIONS and one.statistic == "odds_ratio"
        return one.id in numbers.numbers and (not needs_row or one.id in whole)

    return [
        claim
        for claim in said
        if all(sound(one, claim.relation) for one in (*claim.numbers, *claim.against))
    ]
