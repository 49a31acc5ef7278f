"""The page: one HTML file without scripts that loads nothing, for screens and paper."""

from collections.abc import Mapping
from html import escape
from importlib.resources import files

from matplotlib.figure import Figure

from adbayes.report.audited import audited
from adbayes.report.checking import checks, diagnostics, sensitivity
from adbayes.report.claims import claims_section
from adbayes.report.classes import classes_section
from adbayes.report.fidelity import fidelity_section
from adbayes.report.figures import groups_of
from adbayes.report.from_print import answer, from_print
from adbayes.report.held_out import held_out_section
from adbayes.report.judged import judged
from adbayes.report.ldh_groups import ldh_groups
from adbayes.report.markup import Section, table_style
from adbayes.report.methods import methods
from adbayes.report.models import mixed_models, odds_ratios
from adbayes.report.opening import opening, title
from adbayes.report.pooling import pooling
from adbayes.report.reproducing import limits, reproducing
from adbayes.report.studies import studies
from adbayes.report.two_studies import two_studies
from adbayes.results.run import Run
from adbayes.version import __version__


def render_page(run: Run, figures: Mapping[str, Figure]) -> str:
    """Write the report of a run.

    Parameters
    ----------
    run : Run
        What was found.
    figures : mapping of str to Figure
        From `draw_figures`; a figure that is absent is left out.

    Returns
    -------
    str
        A whole HTML document: style, tables and figures inside, no script, no resource of another
        file or address; links go to doi.org only. Sections without content are left out.
    """
    groups = groups_of(run)
    sections = [
        section
        for section in (
            answer(run),
            two_studies(run),
            from_print(run, figures),
            studies(run, figures),
            mixed_models(run, groups, figures),
            ldh_groups(run, groups),
            odds_ratios(run, groups, figures),
            classes_section(run, figures),
            held_out_section(run, figures),
            fidelity_section(run, figures),
            pooling(run),
            judged(run),
            checks(run, groups, figures),
            diagnostics(run),
            sensitivity(run, groups),
            claims_section(run, figures),
            audited(run, figures),
            methods(run, groups),
            limits(run),
            reproducing(run, groups, figures),
        )
        if section.body
    ]
    style = files("adbayes.report").joinpath("page.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title(run))}</title>\n"
        f"<style>\n{table_style()}\n{style}</style>\n</head>\n<body>\n"
        f"<header>\n{opening(run, groups)}</header>\n"
        f"{_contents(sections)}"
        f"<main>\n{''.join(map(_section, sections))}</main>\n"
        f"<footer><p>Made by adbayes {escape(__version__)}. {escape(run.cohort.label)}</p></footer>\n"
        "</body>\n</html>\n"
    )


def _contents(sections: list[Section]) -> str:
    lines = "".join(f'<li><a href="#{s.id}">{escape(s.title)}</a></li>\n' for s in sections)
    return f'<nav class="contents" aria-label="Contents">\n<h2>Contents</h2>\n<ol>\n{lines}</ol>\n</nav>\n'


def _section(section: Section) -> str:
    return (
        f'<section id="{section.id}">\n<h2>{escape(section.title)}</h2>\n{section.body}</section>\n'
    )
