"""Every figure of a run, by the name of its file."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from adbayes.inference.fit import Fit
from adbayes.plots.forest import forest
from adbayes.plots.from_tables import (
    draw_forest,
    draw_predictive,
    draw_prior_posterior,
    draw_trajectories,
    has_trajectories,
)
from adbayes.plots.labels import term_label, title_label
from adbayes.plots.share_mcid import share_mcid
from adbayes.report.audited import audit_figure
from adbayes.report.claims import claims_figures
from adbayes.report.classes import classes_figure
from adbayes.report.fidelity import fidelity_figure
from adbayes.report.held_out import FIGURE as HELD_OUT_FIGURE
from adbayes.report.held_out import draw_held_out
from adbayes.report.studies import studies_figure
from adbayes.report.together import published_correlations, published_shrinkage
from adbayes.results.run import Run
from adbayes.results.summary import NOT_CONVERGED, identity

PRINT_LABEL = "Posteriors from the printed numbers alone: the paper's own patients"


@dataclass(frozen=True)
class Group:
    """The fits of one spec in one variant under one prior set.

    Parameters
    ----------
    name : str
        The spec's name, with variant where it has one; unique in a run.
    fits : tuple of Fit
        One, or one a predictor.
    summaries : tuple of pandas.DataFrame
        Summary of each.
    passed : tuple of bool
        Whether each passed the convergence gate.
    """

    name: str
    fits: tuple[Fit, ...]
    summaries: tuple[pd.DataFrame, ...]
    passed: tuple[bool, ...]

    @property
    def failed(self) -> bool:
        """Whether any fit did not pass the gate."""
        return not all(self.passed)

    def of(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows of a run's table that belong here.

        Parameters
        ----------
        table : pandas.DataFrame
            With the columns of `identity`, x aside.

        Returns
        -------
        pandas.DataFrame
            In the order of the table.
        """
        whose = identity(self.fits[0])
        mine = pd.Series(True, index=table.index)
        for name in ("model", "variant", "priors", "evidence", "cohort"):
            mine &= table[name] == whose[name]
        return table[mine]


def groups_of(run: Run) -> tuple[Group, ...]:
    """The fits of a run by spec, in its order.

    Parameters
    ----------
    run : Run
        What was found.

    Returns
    -------
    tuple of Group
        At least one.
    """
    passed = run.own(run.diagnostics)["passed"].astype(bool).to_list()
    members: dict[tuple[str, str, str], dict[str, tuple[Fit, bool]]] = {}
    for fit, ok in zip(run.fits, passed, strict=True):
        a = fit.analysis
        members.setdefault((a.model, a.variant, a.prior_set), {})[a.key] = (fit, ok)
    found: list[Group] = []
    for (model, variant, priors), fits in members.items():
        name = ".".join([model, *([variant] if variant != "base" else [])])
        if any(group.name == name for group in found):
            name = f"{name}.{priors}"
        chosen = tuple(fit for fit, _ in fits.values())
        found.append(
            Group(name, chosen, _summaries(run, chosen), tuple(ok for _, ok in fits.values()))
        )
    return tuple(found)


def title_of(group: Group) -> str:
    """The title of the models of a group.

    Parameters
    ----------
    group : Group
        Fits of one spec.

    Returns
    -------
    str
        Of the spec; with "one predictor at a time" in place of the predictor where there are several.
    """
    a = group.fits[0].analysis
    return title_label(a.title, a.x, several=len(group.fits) > 1)


def _summaries(run: Run, fits: Sequence[Fit]) -> tuple[pd.DataFrame, ...]:
    """Each fit's rows of the summary."""
    a = fits[0].analysis
    s = run.own(run.summary)
    mine = s[(s["model"] == a.model) & (s["variant"] == a.variant) & (s["priors"] == a.prior_set)]
    if len(fits) == 1:
        return (mine,)
    if (
        mine["estimand"] == "odds_ratio"
    ).any():  # of the predictor itself, not what it is adjusted for
        mine = mine[mine["term"].astype(str).str.split("[").str[0] == mine["x"]]
    return tuple(mine[mine["x"] == fit.analysis.x] for fit in fits)


def draw_figures(run: Run, begin: Callable[[Figure], object] | None = None) -> dict[str, Figure]:
    """Make every figure of a run.

    Parameters
    ----------
    run : Run
        What was found.
    begin : callable, optional
        Called with each figure once it is finished, such as to have it drawn meanwhile.

    Returns
    -------
    dict of str to Figure
        Name of the file without suffix to figure, in the order of the report. Each carries the
        label of its data.
    """
    figures = {}
    for name, figure in _each(run):
        if begin is not None:
            begin(figure)
        figures[name] = figure
    return figures


def _each(run: Run) -> Iterator[tuple[str, Figure]]:
    if len(run.published):
        yield from published_forests(run).items()
        yield from published_shrinkage(run).items()
        yield from published_correlations(run).items()
    yield from studies_figure(run).items()
    groups = groups_of(run)
    for group in groups:
        yield from _of_group(run, group, first=group is groups[0])
    yield from share_mcid_figure(run).items()
    yield from classes_figure(run).items()
    if len(run.held_out):
        yield HELD_OUT_FIGURE, draw_held_out(run)
    yield from fidelity_figure(run).items()
    yield from claims_figures(run).items()
    yield from audit_figure(run).items()


def _of_group(run: Run, group: Group, *, first: bool) -> Iterator[tuple[str, Figure]]:
    fits, failed = group.fits, group.failed
    reported = {name for fit in fits for name in fit.analysis.estimands.report}
    if "odds_ratio" in reported:
        again = [run.refits.get(fit.analysis.key) for fit in fits]
        yield (
            f"forest_{group.name}",
            draw_forest(fits, group.summaries, again, run.paper, failed=failed),
        )
    base = fits[0].analysis.variant == "base"
    for fit, summary, ok in zip(fits, group.summaries, group.passed, strict=True):
        if has_trajectories(fit):
            x = f".{fit.analysis.x}" if len(fits) > 1 else ""
            yield (
                f"trajectories_{group.name}{x}",
                draw_trajectories(fit, summary, failed=not ok),
            )
    # A variant is judged by the data it makes; its priors are in the tables and in `check`.
    if base or first:
        yield f"prior_posterior_{group.name}", draw_prior_posterior(fits, failed=failed)
    checks = group.of(run.checks)
    for check in ("prior_predictive", "posterior_predictive")[0 if base else 1 :]:
        yield f"{check}_{group.name}", draw_predictive(fits, checks, failed=failed, check=check)


def published_forests(run: Run) -> dict[str, Figure]:
    """Odds ratios from print alone beside the print, one figure a table of the paper.

    Parameters
    ----------
    run : Run
        With print-only posteriors.

    Returns
    -------
    dict of str to Figure
        Name to figure.
    """
    found = run.published
    odds = found[(found["estimand"] == "odds_ratio") & (found["variant"] == "base")]
    odds = odds[odds["published_id"].str.startswith("table")]
    figures = {}
    for table, rows in odds.groupby(odds["published_id"].str.split(".").str[0], sort=False):
        drawn = []
        for _, row in rows.iterrows():
            stem = row["published_id"].removesuffix(".or")
            low, middle, high = (
                run.paper.number(f"{stem}.{part}").numeric for part in ("ci_low", "or", "ci_high")
            )
            shared = {"term_label": term_label(row["term"]), "n": row["n"]}
            shared |= {"flag": "", "evidence": "published"}
            drawn += [
                shared | {"series": "Paper", "estimate": middle, "ci_low": low, "ci_high": high},
                shared
                | {"series": "Posterior from print", "estimate": row["median"]}
                | {"ci_low": row["ci_low"], "ci_high": row["ci_high"]},
            ]
        number = str(table).removeprefix("table")
        figures[f"published_forest_{table}"] = forest(
            pd.DataFrame(drawn),
            label=PRINT_LABEL,
            title=f"EASI-90 at week 52, Table {number}: odds ratios with 95 % intervals",
        )
    return figures


def share_mcid_figure(run: Run) -> dict[str, Figure]:
    """Draw the shares of patients who improve by the MCID, of every model that reports them.

    Parameters
    ----------
    run : Run
        What was found.

    Returns
    -------
    dict of str to Figure
        Empty where no model reports one.
    """
    own = run.own(run.summary)
    rows = own[own["estimand"] == "share_mcid"]
    limits = {
        fit.frame.outcome: fit.analysis.estimands.mcid.value
        for fit in run.fits
        if fit.analysis.estimands.mcid is not None
    }
    if rows.empty:
        return {}
    table = rows.assign(mcid=rows["outcome"].map(limits))
    diagnosed = run.own(run.diagnostics)
    failed = set(diagnosed.loc[~diagnosed["passed"].astype(bool), "model"])
    named = [str(model) for model in dict.fromkeys(rows["model"]) if model in failed]
    warning = f"; {NOT_CONVERGED.upper()}: {', '.join(named)}" if named else ""
    return {"share_mcid": share_mcid(table, label=run.cohort.label + warning)}
