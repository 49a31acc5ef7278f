"""How to get the same page again, what was written beside it, and what it leaves out."""

import platform
import shlex
from collections.abc import Mapping, Sequence
from html import escape

import pandas as pd
from matplotlib.figure import Figure

from adbayes.inference.store import versions
from adbayes.model.library import model_names
from adbayes.report.figures import Group
from adbayes.report.markup import Section, bullets, heading, paragraph, table
from adbayes.report.opening import ONE_GENERATOR, about_paper
from adbayes.report.reproduce import DEFAULT_COHORTS
from adbayes.results.run import Run

FILES = {
    "summary.csv": "every posterior summary, print-only ones first",
    "comparison.csv": "one row a printed number and model",
    "diagnostics.csv": "convergence of every fit",
    "checks.csv": "every statistic of the predictive checks",
    "sensitivity.csv": "power-scaling of every quantity",
    "held_out.csv": "what a reconstruction did not see, refitted on every embedded cohort",
    "fidelity.csv": "every printed number beside the cohort's",
    "judgement.csv": "printed statistics beside what each model of an outcome makes",
    "multiverse.csv": "claims under every combination of prior, likelihood and denominator, from print",
    "tipping.csv": "claims along the width of their prior, from print",
    "claims.csv": "what would take each claim away, in a sentence, and Box's p, from print",
    "other_studies.csv": "other studies beside the paper, like with like",
    "predicted_shares.csv": "what those studies predict",
    "adverse_events.csv": "adverse events and what became of them, from print",
    "tables/": "the tables of this page as Markdown and LaTeX",
    "figures/": "the figures of this page",
    "posteriors/": "the draws, one netCDF file a fit",
    "run.json": "versions, seeds, hashes, rows used and dropped, seconds per stage",
}
_SAMPLER = ("draws", "tune", "chains", "seed")


def command(run: Run) -> str:
    """The command that gives this page.

    Parameters
    ----------
    run : Run
        What was found.

    Returns
    -------
    str
        One line for a shell.
    """
    parts = ["adbayes", "reproduce"]
    if run.cohort.evidence == "patients":
        parts += ["--data", run.cohort.source]
    specs = [str(name) for name in run.settings.get("specs", [])]
    if specs and specs != list(model_names()):
        for name in specs:
            parts += ["--only", name]
    for key in _SAMPLER:
        if run.settings.get(key) is not None:
            parts += [f"--{key}", str(run.settings[key])]
    cohorts = run.settings.get("cohorts")
    embedded = run.cohort.evidence == "reconstructed" and run.cohort.index is not None
    if embedded and cohorts not in (None, DEFAULT_COHORTS):
        parts += ["--cohorts", str(cohorts)]
    return shlex.join(parts)


def reproducing(run: Run, groups: Sequence[Group], figures: Mapping[str, Figure]) -> Section:
    """The section of reproduction and files.

    Parameters
    ----------
    run : Run
        What was found.
    groups : sequence of Group
        Its fits by spec.
    figures : mapping of str to Figure
        From `draw_figures`.

    Returns
    -------
    Section
        Never empty.
    """
    stated = {**versions(), "python": platform.python_version()}
    fits = [
        {
            "Model": fit.analysis.key,
            "Seed": str(fit.analysis.sampler.seed),
            "Rows": str(fit.frame.n_rows),
            "Data": fit.frame.hash()[:12],
            "Fingerprint": fit.fingerprint[:12],
        }
        for group in groups
        for fit in group.fits
    ]
    skipped = [f"{name}: {reason}." for name, reason in run.skipped.items()]
    body = paragraph("Same data, seed and versions give the same tables byte for byte:")
    body += f"<pre>{escape(command(run))}</pre>\n"
    body += bullets(
        [
            f"Data: {run.cohort.source}; SHA-256 of the values {run.cohort.hash()}.",
            *(
                f"Further data: {one.source}; SHA-256 of the values {one.hash()}."
                for one in run.cohorts[1:]
            ),
            *(str(message) for message in run.cohort.messages),
            "Versions: " + ", ".join(f"{name} {number}" for name, number in stated.items()) + ".",
        ],
        "small",
    )
    body += table(pd.DataFrame(fits), "Fits with seed and identity", id="fits", left=1)
    if skipped:
        body += heading("Not fitted", "skipped") + bullets(skipped, "small")
    body += heading("Files beside this page", "files")
    absent = {name for name in FILES if name.endswith(".csv")} - set(run.tables)
    body += bullets(
        (f"{name}: {what}" for name, what in FILES.items() if name not in absent), "small"
    )
    body += paragraph(f"{len(figures)} figures were drawn.", "small")
    return Section("reproducing", "How to reproduce this page", body)


def limits(run: Run) -> Section:
    """The section of limits.

    Parameters
    ----------
    run : Run
        What was found.

    Returns
    -------
    Section
        Never empty.
    """
    return Section("limits", "Limits", bullets(_limits(run)))


def _limits(run: Run) -> list[str]:
    found = [
        "A posterior holds under its likelihood and its priors; the checks above say where the "
        "likelihood and the data part.",
        "Rows with a missing value are dropped unless a spec says otherwise, which assumes that "
        "they are missing at random given what the model holds.",
    ]
    analyses = [fit.analysis for fit in run.fits]
    if any(
        a.kind == "bambi" and a.family.name == "gaussian" and set(a.formulas) == {"mu"}
        for a in analyses
    ):
        found.append(
            "The Gaussian models with a patient intercept have one SD for all visits and symmetric "
            "errors; scores are bounded, laboratory values skewed, and their spread falls with treatment."
        )
    if about_paper(run) and any(a.link == "logit" for a in analyses):
        found += [
            "Responders are a continuous score cut in two, and labs are cut in two; this follows "
            "the paper and discards information.",
            "Several odds ratios of one outcome are reported without a joint model of all of them.",
        ]
    if run.cohort.evidence in ("simulated", "reconstructed"):
        found.append(ONE_GENERATOR)
    return found
