"""The job behind `adbayes sensitivity`: a model's claims, or all of the paper's, against other priors."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from adbayes.analysis import Progress, default_cohort, silent
from adbayes.checks.claims import Claim, claims
from adbayes.checks.multiverse import moves, patients_multiverse, published_multiverse
from adbayes.checks.sensitivity import published_curves, published_sensitivity
from adbayes.checks.sensitivity import sensitivity as of_model
from adbayes.cohort.cohort import Cohort
from adbayes.errors import DataError
from adbayes.model.spec import Spec, load_spec
from adbayes.paper.published import load_paper
from adbayes.plots.labels import outcome_label, term_label
from adbayes.plots.multiverse import multiverse
from adbayes.plots.tipping import tipping
from adbayes.plots.tornado import tornado
from adbayes.report.output import check_folder, replacing, write_table
from adbayes.report.pictures import png
from adbayes.results.summary import NOT_CONVERGED
from adbayes.shown import as_html

PUBLISHED = "published"
"""In place of a model's name: the claims of the paper from print alone."""

FROM_PRINT = "From the printed numbers alone"
"""Label of a figure that shows no patients."""

_KINDS = {
    "odds_ratio": "Odds ratios of EASI-90 at week 52",
    "mean_change": "Mean changes from baseline",
    "response": "Responders",
}


@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity:
    """What other beliefs would have given.

    Parameters
    ----------
    label : str
        On which data.
    sensitivity : pandas.DataFrame
        The columns of `adbayes.checks.power_scaling.COLUMNS`, and `published_id`.
    multiverse : pandas.DataFrame
        The columns of `adbayes.checks.multiverse.COLUMNS`; empty where the model answers no claim of the
        paper.
    figures : dict of str to Figure
        By file name.
    """

    label: str
    sensitivity: pd.DataFrame
    multiverse: pd.DataFrame
    figures: dict[str, Figure]

    @property
    def passed(self) -> bool:
        """Whether every fit converged."""
        failed = self.sensitivity["diagnosis"].eq(NOT_CONVERGED).any()
        return not failed and not self.multiverse["flag"].eq(NOT_CONVERGED).any()

    @property
    def sentences(self) -> pd.DataFrame:
        """One row a claim: evidence, what it is, and the prior that would take it away."""
        rows = self.sensitivity[self.sensitivity["method"] == "reverse_bayes"]
        what = rows["term"].where(rows["term"].astype(bool), "week " + rows["visit"].astype(str))
        return pd.DataFrame(
            {
                "evidence": rows["evidence"],
                "estimand": rows["estimand"],
                "outcome": rows["outcome"],
                "of": what,
                "model": rows["model"],
                "sentence": rows["diagnosis"],
            }
        )

    @property
    def moves(self) -> pd.DataFrame:
        """Which choice moves each claim most; the columns of `adbayes.checks.multiverse.moves`."""
        return moves(self.multiverse)

    def __repr__(self) -> str:
        shown = self.sentences.to_dict("records")
        lines = [
            f"  {row['outcome']}, {row['of']} [{row['evidence']}]: {row['sentence']}"
            for row in shown
        ]
        return "\n".join([f"What other beliefs would have given. {self.label}", *lines])

    def _repr_html_(self) -> str:
        moved = {"How far one choice alone moves each claim, in posterior SDs": self.moves}
        return as_html(repr(self), moved if len(self.multiverse) else {})

    def write(self, folder: Path) -> None:
        """Write tables and figures.

        Parameters
        ----------
        folder : pathlib.Path
            Made if needed; sensitivity.csv, multiverse.csv, moves.csv and figures/.
        """
        write_table(self.sensitivity, folder / "sensitivity.csv")
        if len(self.multiverse):
            write_table(self.multiverse, folder / "multiverse.csv")
            write_table(self.moves, folder / "moves.csv")
        for name, figure in self.figures.items():
            with replacing(folder / "figures" / f"{name}.png") as temporary:
                temporary.write_bytes(png(figure))


def sensitivity(
    spec: Spec | str | Path,
    cohort: Cohort | None = None,
    *,
    variant: str | None = None,
    out: str | Path | None = None,
    jobs: int | None = None,
    progress: Progress = silent,
    **sampler: Any,
) -> Sensitivity:
    """Ask what other beliefs would have given: claims against other priors and other choices.

    For one fit from its own draws, in seconds, ask `fit.sensitivity()`; this refits.

    Parameters
    ----------
    spec : Spec, str or path
        A model, its name or its file; ``"published"`` for the paper's claims from print alone.
    cohort : Cohort, optional
        The data; embedded cohort 0 if not given. Not with ``"published"``.
    variant : str, optional
        A variant of the spec. Not with ``"published"``.
    out : str or path, optional
        Folder to write sensitivity.csv, multiverse.csv, moves.csv and figures/ to.
    jobs : int, optional
        Chains run at once, at most; changes no number.
    progress : callable, optional
        Called with stage, number done and total.
    **sampler : int or float or None
        Keys of `[sampler]` that replace the specs'.

    Returns
    -------
    Sensitivity
        `sentences`, `sensitivity`, `multiverse`, `moves` and `figures`. Print-only rows of the claims that
        the spec answers come first.

    Raises
    ------
    SpecError, DataError
        For what cannot be used; nothing is written then.
    """
    folder = None if out is None else check_folder(out)
    if str(spec) == PUBLISHED:
        if cohort is not None or variant is not None:
            raise DataError(
                "published is about the printed numbers, which have neither patients nor a variant; leave "
                "out --data and --variant (in Python the cohort and variant=), or give a model's name"
            )
        progress("priors of the print-only posteriors", 0, 2)
        table = published_sensitivity()
        progress("multiverse from print", 1, 2)
        found = _assembled(claims(), table, published_multiverse(), load_paper().citation)
    else:
        loaded = spec if isinstance(spec, Spec) else load_spec(spec)
        cohort = default_cohort() if cohort is None else cohort
        mine = tuple(claim for claim in claims() if claim.spec == loaded.name)
        tables = []
        if with_null := [claim.id for claim in mine if claim.null is not None]:
            progress("priors of the print-only posteriors", 0, 1)
            tables.append(published_sensitivity(with_null))
        of_patients = of_model(loaded, cohort, variant, cores=jobs, progress=progress, **sampler)
        table = pd.concat([*tables, of_patients], ignore_index=True)
        found = _assembled(
            mine, table, _multiverse(mine, cohort, jobs, progress, sampler), cohort.label
        )
    if folder is not None:
        progress("writing tables and figures", 0, 1)
        found.write(folder)
    return found


def _multiverse(
    mine: tuple[Claim, ...],
    cohort: Cohort,
    jobs: int | None,
    progress: Progress,
    sampler: dict[str, Any],
) -> pd.DataFrame:
    ids = [claim.id for claim in mine]
    if not ids:
        return published_multiverse([]).iloc[:0]
    patients = patients_multiverse(cohort, ids, cores=jobs, progress=progress, **sampler)
    return pd.concat([published_multiverse(ids), patients], ignore_index=True)


def _assembled(
    mine: tuple[Claim, ...], table: pd.DataFrame, universe: pd.DataFrame, label: str
) -> Sensitivity:
    figures: dict[str, Figure] = {}
    odds = [claim for claim in mine if claim.estimand == "odds_ratio"]
    names = {claim.id: claim_name(claim) for claim in mine}
    if odds:
        curves = published_curves([claim.id for claim in odds])
        rows = curves.assign(panel=curves["published_id"].map(names))
        figures["tipping"] = tipping(rows, label=FROM_PRINT)
    if mine:
        figures |= tornados(universe, label)
    for claim in mine:
        cells = universe[(universe["claim"] == claim.id) & universe["median"].notna()]
        figures[f"multiverse/{claim.id}"] = multiverse(
            cells,
            label=label,
            title=f"{names[claim.id]}: every combination of choices",
            quantity=claim_quantity(claim, str(cells["unit"].iloc[0])),
            null=claim.null,
            ratio=claim.estimand == "odds_ratio",
        )
    return Sensitivity(label, table, universe, figures)


def tornados(universe: pd.DataFrame, label: str) -> dict[str, Figure]:
    """Draw how far one choice alone moves each claim.

    Parameters
    ----------
    universe : DataFrame
        The columns of `adbayes.checks.multiverse.COLUMNS`.
    label : str
        Which data the figures show.

    Returns
    -------
    dict of str to Figure
        One for each kind of claim that has a choice, by file name; n is that of the reported choices.
    """
    known = {claim.id: claim for claim in claims()}
    sizes = universe[universe["median"].notna()].drop_duplicates(["claim", "evidence", "cohort"])
    moved = moves(universe).merge(
        sizes[["claim", "evidence", "cohort", "n"]], on=["claim", "evidence", "cohort"], how="left"
    )
    moved["claim_label"] = [claim_name(known[id]) for id in moved["claim"]]
    kinds = moved["claim"].map(lambda id: known[id].estimand)
    return {
        f"tornado-{kind}": tornado(
            moved[kinds == kind], label=label, title=f"{what}: how far one choice alone moves each"
        )
        for kind, what in _KINDS.items()
        if (kinds == kind).any()
    }


def claim_name(claim: Claim) -> str:
    """What a claim is called in figures and tables.

    Parameters
    ----------
    claim : Claim
        The claim.

    Returns
    -------
    str
        Short.
    """
    if claim.estimand == "odds_ratio":
        return term_label(claim.term) + (", joint model" if claim.x is None else "")
    return f"{outcome_label(claim.outcome)}, week {claim.visit}"


def claim_quantity(claim: Claim, unit: str) -> str:
    """What the axis of a claim is called.

    Parameters
    ----------
    claim : Claim
        The claim.
    unit : str
        Of its posterior.

    Returns
    -------
    str
        With the unit.
    """
    if claim.estimand == "odds_ratio":
        return "Odds ratio"
    what = "Mean change" if claim.estimand == "mean_change" else "Responders"
    return f"{what} ({unit})" if unit else what
