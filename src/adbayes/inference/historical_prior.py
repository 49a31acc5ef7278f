"""Robust meta-analytic-predictive priors of the paper's shares, from other studies of the same drug."""

from dataclasses import dataclass
from functools import cache

import pandas as pd

from adbayes.errors import DataError
from adbayes.inference.beta_mixture import BetaMixture, divergence
from adbayes.inference.meta_analytic import TAU_SCALE, MetaAnalysis, meta_analysis
from adbayes.paper.evidence import LABELLED_ARMS, load_evidence
from adbayes.shown import as_html

ROBUST_WEIGHT = 0.2
"""Weight of the uniform component: one chance in five that the earlier studies say nothing about this
one. RBesT's worked example has the same (Weber 2021, doi:10.18637/jss.v100.i19)."""

WEEKS: dict[tuple[str, int], tuple[int, int]] = {
    ("easi75", 16): (12, 16),
    ("easi75", 52): (52, 52),
    ("easi90", 52): (26, 52),
    ("conjunctivitis", 52): (26, 104),
}
"""Outcome and week of the paper to the weeks of other studies that stand for it. EASI-90 at week 52 has one
study, so that the nearest weeks are let in; conjunctivitis is counted from the first dose on, and half a year
to two years of it are."""


@dataclass(frozen=True, eq=False, repr=False)
class HistoricalPrior:
    """A prior of a share from other studies, with where it comes from.

    Parameters
    ----------
    name : str
        Such as ``historical.easi75.w52``.
    outcome : str
        easi75, easi90, conjunctivitis.
    visit : int
        Week.
    informative : BetaMixture
        The predictive distribution of a new study's share.
    robust : BetaMixture
        With the uniform component, which is the last: the prior to use. Its `pdf`, `logpdf`, `cdf`,
        `ppf` and `rvs` are called as SciPy's, its `posterior` takes a count.
    weight : float
        Of the uniform component.
    analysis : MetaAnalysis
        What `informative` stands for.
    studies : DataFrame
        Rows of `load_evidence` that entered.
    provenance : str
        Studies, model, priors, fit, size, and what differs between the studies.
    """

    name: str
    outcome: str
    visit: int
    informative: BetaMixture
    robust: BetaMixture
    weight: float
    analysis: MetaAnalysis
    studies: pd.DataFrame
    provenance: str

    def ess(self, method: str = "elir") -> float:
        """How many patients the robust prior is worth.

        Parameters
        ----------
        method : {"elir", "moment", "morita"}
            As `BetaMixture.ess`.

        Returns
        -------
        float
            Patients.
        """
        return self.robust.ess(method)

    def __repr__(self) -> str:
        low, high = self.robust.interval()
        return (
            f"HistoricalPrior {self.name}: {self.robust}\n"
            f"  median {float(self.robust.ppf(0.5)):.3f} ({low:.3f} to {high:.3f}, 95 % equal-tailed), "
            f"worth {self.ess():.1f} patients\n  {self.provenance}"
        )

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return as_html(repr(self), {"Studies": self.studies})


def prior_studies(
    outcome: str,
    visit: int = 52,
    weeks: tuple[int, int] | None = None,
    evidence: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The studies that may inform a prior of one of the paper's shares.

    Parameters
    ----------
    outcome : str
        easi75, easi90, conjunctivitis, or an outcome of your own table.
    visit : int, optional
        Week.
    weeks : tuple of (int, int), optional
        Earliest and latest week that stands for it; as in `WEEKS`, or the week itself, if not given.
    evidence : DataFrame, optional
        As `load_evidence` returns it; the packaged table if not given.

    Returns
    -------
    DataFrame
        One row a study, at its week nearest to the visit: a share with its count, on the labelled
        dose, without patients of the paper and not part of another study.
    """
    table = load_evidence() if evidence is None else evidence
    low, high = weeks or WEEKS.get((outcome, visit), (visit, visit))
    kept = (
        (table["outcome"] == outcome)
        & (table["quantity"] == "share")
        & table["count"].notna()
        & table["arm"].isin(LABELLED_ARMS)
        & (table["overlaps"] == "")
        & (table["part_of"] == "")
        & table["visit"].between(low, high)
    )
    found = table[kept]
    nearest = (found["visit"] - visit).abs().groupby(found["study"]).idxmin()
    return found.loc[sorted(nearest)].reset_index(drop=True)


def historical_prior(
    outcome: str,
    visit: int = 52,
    weight: float = ROBUST_WEIGHT,
    *,
    weeks: tuple[int, int] | None = None,
    tau_scale: float = TAU_SCALE,
    components: int | None = None,
    evidence: pd.DataFrame | None = None,
) -> HistoricalPrior:
    """The robust meta-analytic-predictive prior of a share.

    Parameters
    ----------
    outcome : str
        easi75 (weeks 16 and 52), easi90, conjunctivitis (week 52), or an outcome of your own table.
    visit : int, optional
        Week.
    weight : float, optional
        Of the uniform component, in (0, 1).
    weeks : tuple of (int, int), optional
        Weeks of other studies that stand for the visit.
    tau_scale : float, optional
        Scale of the half-normal prior of the between-study SD of the log odds.
    components : int, optional
        Betas that stand for the predictive distribution, 1 to 3; the fewest that come close if not
        given.
    evidence : DataFrame, optional
        As `load_evidence` returns it; the packaged table if not given.

    Returns
    -------
    HistoricalPrior
        With its components, size and provenance.

    Raises
    ------
    DataError
        For fewer than two studies, or a weight outside (0, 1).
    """
    if evidence is None:
        return _packaged(outcome, visit, weight, weeks, tau_scale, components)
    return _prior(outcome, visit, weight, weeks, tau_scale, components, evidence)


@cache
def _packaged(
    outcome: str,
    visit: int,
    weight: float,
    weeks: tuple[int, int] | None,
    tau_scale: float,
    components: int | None,
) -> HistoricalPrior:
    return _prior(outcome, visit, weight, weeks, tau_scale, components, load_evidence())


def _prior(
    outcome: str,
    visit: int,
    weight: float,
    weeks: tuple[int, int] | None,
    tau_scale: float,
    components: int | None,
    evidence: pd.DataFrame,
) -> HistoricalPrior:
    studies = prior_studies(outcome, visit, weeks, evidence)
    if len(studies) < 2:
        offered = ", ".join(f"{name} at week {week}" for name, week in WEEKS)
        raise DataError(
            f"{outcome} at week {visit}: {len(studies)} studies with a count, at least 2 are needed for a "
            f"prior; those with enough are {offered}; others need wider weeks or a table of your own."
        )
    analysis = meta_analysis(studies, tau_scale)
    informative = analysis.mixture(components)
    robust = informative.robust(weight)
    return HistoricalPrior(
        f"historical.{outcome}.w{visit}",
        outcome,
        visit,
        informative,
        robust,
        weight,
        analysis,
        studies,
        _provenance(studies, analysis, informative, robust, weight),
    )


def _provenance(
    studies: pd.DataFrame,
    analysis: MetaAnalysis,
    informative: BetaMixture,
    robust: BetaMixture,
    weight: float,
) -> str:
    groups = []
    for handling, rows in studies.groupby("handling", sort=False):
        named = ", ".join(
            f"{row['label']} {row['count']}/{row['denominator']} (week {row['weeks']})"
            for row in rows.to_dict("records")
        )
        groups.append(f"{handling}: {named}")
    uncertain = studies.loc[studies["count_basis"] == "nearest", "label"].tolist()
    return (
        f"From {len(studies)} studies ({'; '.join(groups)}). Binomial counts, log odds normal between "
        f"studies, their SD half-normal({analysis.tau_scale:g}), mean log odds normal(0, "
        f"{analysis.mean_sd:g}). {len(informative.weights)} betas, Kullback-Leibler divergence "
        f"{divergence(analysis.predictive, informative):.1e} nats; weight {weight:g} on Beta(1, 1); worth "
        f"{robust.ess():.1f} patients (expected local information ratio)."
        + (f" Counts nearest to a percentage: {', '.join(uncertain)}." if uncertain else "")
    )
