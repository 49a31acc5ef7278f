"""The top of the page: what it is, which data it shows, and what it cannot show."""

from html import escape
from typing import TYPE_CHECKING

from adbayes.report.markup import bullets, paragraph
from adbayes.results.run import Run

if TYPE_CHECKING:
    from adbayes.report.figures import Group

KINDS = {
    "simulated": (
        "Sections that fit models use simulated patients with known parameters. They are not the "
        "paper's patients: their numbers show the method, say nothing about dupilumab, and no "
        "agreement with print is claimed for them."
    ),
    "reconstructed": (
        "Sections that fit models use reconstructed patients: synthetic ones, made to agree with the "
        "printed numbers, and not to be taken for the paper's. "
        "A printed number that was a target of the reconstruction agrees by construction; what the "
        "paper never printed is a demonstration of the method."
    ),
    "patients": (
        "Sections that fit models use the data of the file named above. Where they stand beside "
        "the paper, two studies of different patients are compared: a difference is not an error "
        "of either, and no agreement with print is judged."
    ),
}
ONE_GENERATOR = (
    "Data made by one generator favour models like that generator: how well a model or a variant fits "
    "these patients, or which fits better, is no evidence about the paper's patients."
)
ONE_ARM = (
    "One arm, no comparison: every change from baseline contains regression to the mean (entry "
    "needed an EASI of 16 or more) and whatever else changed with time. It is not the effect of a "
    "drug."
)
LABS = (
    "Laboratory values after baseline are measured under treatment, those of week 52 together with "
    "the outcome: their odds ratios are concurrent associations, not predictors."
)


def about_paper(run: Run) -> bool:
    """Whether a run has to do with the published study.

    Parameters
    ----------
    run : Run
        What was found.

    Returns
    -------
    bool
        False for a user's own models of a user's own table.
    """
    return len(run.published) > 0 or any(fit.analysis.published for fit in run.fits)


def title(run: Run) -> str:
    """The title of the page.

    Parameters
    ----------
    run : Run
        What was found.

    Returns
    -------
    str
        Plain text.
    """
    if about_paper(run) and run.cohort.evidence == "patients":
        return f"{run.cohort.source} beside a published study of dupilumab in atopic dermatitis"
    if about_paper(run):
        return "Dupilumab in atopic dermatitis over 52 weeks: a published study as Bayesian models"
    return f"Bayesian models of {run.cohort.source}"


def opening(run: Run, groups: "tuple[Group, ...]") -> str:
    """Title, three sentences, data label and warnings.

    Parameters
    ----------
    run : Run
        What was found.
    groups : tuple of Group
        Its fits by spec.

    Returns
    -------
    str
        HTML.
    """
    evidence = run.cohort.evidence
    paper = about_paper(run)
    parts = [f"<h1>{escape(title(run))}</h1>\n"]
    what = f"{len(groups)} Bayesian model{'s' if len(groups) > 1 else ''}"
    if paper:
        first = (
            "A single-arm study of 99 Korean adults with moderate to severe atopic dermatitis "
            "reported severity scores, laboratory values and predictors of EASI-90 over 52 weeks "
            "of dupilumab."
        )
        second = f"This page gives its analyses as {what}"
        second += f" of {run.cohort.source}" if evidence == "patients" else ""
        second += (
            ", after posteriors of the paper's own patients from the printed numbers alone."
            if len(run.published)
            else ", beside what the paper printed."
        )
    else:
        first = f"This page reports {what} of the data named below."
        second = "Each is given with its priors, predictive checks, sensitivity and diagnostics."
    if evidence == "reconstructed" and run.cohort.index is not None:
        pooled = (
            f"; they were fitted to {len(run.cohorts) - 1} more such cohorts too, and pooled"
            if run.further
            else ""
        )
        second += f" The models run on reconstructed cohort {run.cohort.index} (synthetic patients){pooled}."
    third = (
        "Every interval is a 95 % equal-tailed one; numbers have no more digits than Monte Carlo "
        "error and print support; whatever did not converge is marked in red wherever it appears."
    )
    parts.append(paragraph(f"{first} {second} {third}"))
    parts.append(f'<div class="label {evidence}">Data: {escape(run.cohort.label)}</div>\n')
    warnings = [KINDS[evidence]] if paper or evidence != "patients" else []
    if paper:
        if len(run.published):
            warnings.append(
                "The posteriors from print alone are the only ones on this page about the paper's "
                "patients."
            )
        warnings += [ONE_ARM, LABS]
    if evidence != "patients":
        warnings.append(ONE_GENERATOR)
    if warnings:
        parts.append(f'<div class="warning">{bullets(warnings)}</div>\n')
    failed = [group.name for group in groups if group.failed]
    if failed:
        parts.append(
            paragraph(
                f"The convergence gate failed for {', '.join(failed)}: numbers from these fits are "
                "flagged and should not be used.",
                "failed",
            )
        )
    if paper:
        parts.append(paragraph(run.paper.citation, "small"))
    return "".join(parts)
