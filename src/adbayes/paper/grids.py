"""The values a score can take, and printed means and SDs of such scores."""

from dataclasses import dataclass

from adbayes.paper.ledger import Ledger
from adbayes.paper.published import PublishedNumber

Interval = tuple[float, float]


@dataclass(frozen=True)
class Grid:
    """The values of a score.

    Parameters
    ----------
    low, high : float
        Lowest and highest.
    step : float
        Distance between neighbours; `low` and `high` are whole numbers of steps.
    """

    low: float
    high: float
    step: float = 1


GRIDS: dict[str, Grid] = {
    "nrs": Grid(0, 10),
    "poem": Grid(0, 28),
    "dlqi": Grid(0, 30),
    "easi": Grid(0, 72, 0.1),
}
"""Peak pruritus NRS 0-10; POEM 0-28 (doi:10.1001/archderm.140.12.1513); DLQI 0-30
(doi:10.1111/j.1365-2230.1994.tb01167.x); EASI 0-72 in steps of 0.1
(doi:10.1034/j.1600-0625.2001.100102.x)."""


@dataclass(frozen=True)
class Moments:
    """A printed mean with its SD.

    Parameters
    ----------
    mean, sd : PublishedNumber
        The two prints.
    """

    mean: PublishedNumber
    sd: PublishedNumber

    @property
    def sd_interval(self) -> Interval:
        """The SDs that round to the print; never negative."""
        low, high = self.sd.interval
        return max(low, 0.0), high

    @property
    def text(self) -> str:
        """Mean +- SD, as printed."""
        return f"{self.mean.value} +- {self.sd.value}"


def moments(ledger: Ledger, statistic: str = "mean") -> list[Moments]:
    """The means of all patients that have an SD beside them.

    Parameters
    ----------
    ledger : Ledger
        The printed numbers.
    statistic : {"mean", "pct_change_mean"}
        Of the score or of its percent change.

    Returns
    -------
    list of Moments
        In the order of the ledger.
    """
    spread = {"mean": "sd", "pct_change_mean": "pct_change_sd"}[statistic]
    sds = {
        (one.table, one.variable, one.visit, one.group): one for one in ledger.of_statistic(spread)
    }
    found = []
    for mean in ledger.of_statistic(statistic):
        sd = sds.get((mean.table, mean.variable, mean.visit, mean.group))
        if sd is not None:
            found.append(Moments(mean, sd))
    return found


def baseline_of(ledger: Ledger, one: Moments) -> Moments | None:
    """The moments at visit 0 that belong to those of a later visit.

    Parameters
    ----------
    ledger : Ledger
        The printed numbers.
    one : Moments
        Of a score or a percent change.

    Returns
    -------
    Moments or None
        Of the same table, variable and group.
    """
    key = (one.mean.table, one.mean.variable, one.mean.group)
    for other in moments(ledger):
        mean = other.mean
        if mean.visit == 0 and (mean.table, mean.variable, mean.group) == key:
            return other
    return None
