"""The pieces of the page: sections, paragraphs, tables and figures, everything from data escaped."""

import base64
import itertools
import re
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

import great_tables as gt
import pandas as pd
from matplotlib.figure import Figure

from adbayes.report.pictures import webp
from adbayes.report.text_tables import keep

FLAG = "Flag"
"""Heading of the column that says what failed; anything in it is red."""

_PLACE = "table-style"
_SCOPED = re.compile(r'<td headers="[^"]*"')
"""The headings have a scope; a list of them in every cell is a third of the page without its figures."""


@dataclass(frozen=True)
class Section:
    """One part of the page.

    Parameters
    ----------
    id : str
        Anchor.
    title : str
        Heading, plain text.
    body : str
        HTML; empty where there is nothing to say, and the section is left out.
    """

    id: str
    title: str
    body: str


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph of plain text.

    Parameters
    ----------
    text : str
        Escaped here.
    kind : str, optional
        Class of the style sheet.

    Returns
    -------
    str
        HTML.
    """
    return f"<p{_class(kind)}>{linked(text)}</p>\n"


def bullets(items: Iterable[str], kind: str = "") -> str:
    """A list of plain sentences.

    Parameters
    ----------
    items : iterable of str
        Escaped here.
    kind : str, optional
        Class of the style sheet.

    Returns
    -------
    str
        HTML; empty without items.
    """
    lines = "".join(f"<li>{linked(item)}</li>\n" for item in items)
    return f"<ul{_class(kind)}>\n{lines}</ul>\n" if lines else ""


def heading(text: str, id: str = "") -> str:
    """A heading within a section.

    Parameters
    ----------
    text : str
        Escaped here.
    id : str, optional
        Anchor.

    Returns
    -------
    str
        HTML.
    """
    anchor = f' id="{escape(id)}"' if id else ""
    return f"<h3{anchor}>{escape(text)}</h3>\n"


_PRINT, _SMALLEST = 7.5, 5.6
"""Points of the tables on paper, and the least to which a wide one is reduced."""

_POINTS = 860.0
"""Points times characters of a digit's width across the paper."""

_WORD = 24
"""Characters that a column of words needs."""

_WORDS = 48
"""Characters of a cell beyond which it is text, broken into lines."""


def linked(text: str) -> str:
    """Escape plain text and make every doi in it a link, the only links that leave the page.

    Parameters
    ----------
    text : str
        Plain.

    Returns
    -------
    str
        HTML.
    """
    return re.sub(
        r"\bdoi:(10\.\d{4,}/[^\s;,)&]*[^\s;,.)&])",
        r'<a href="https://doi.org/\1">doi:\1</a>',
        escape(text),
    )


def table(
    frame: pd.DataFrame,
    caption: str,
    *,
    id: str,
    spanners: Mapping[str, Sequence[str]] | None = None,
    left: int = 1,
    groups: str | None = None,
) -> str:
    """A table of finished text.

    Parameters
    ----------
    frame : pandas.DataFrame
        Cells as they are shown; the column `FLAG` is dropped where it is empty and red where not.
    caption : str
        What the table shows. The texts of a column "Note" go below it, each once, by letter.
    id : str
        Unique on the page.
    spanners : mapping of str to sequence of str, optional
        Heading over several columns to those columns.
    left : int, optional
        How many leading columns are text; `FLAG` and "Note" are always.
    groups : str, optional
        Column whose values become rows that head the rows below.

    Returns
    -------
    str
        HTML; empty for a table without rows.
    """
    if frame.empty:
        return ""
    shown = frame.astype(object).where(frame.notna(), "").astype(str)
    if FLAG in shown and not shown[FLAG].str.len().any():
        shown = shown.drop(columns=FLAG)
    notes = list(dict.fromkeys(shown.get("Note", pd.Series(dtype=str))))
    notes = [note for note in notes if note]
    letters = dict(zip(notes, _letters(), strict=False))
    if "Note" in shown:
        shown["Note"] = [letters.get(note, "") for note in shown["Note"]]
        shown = shown if notes else shown.drop(columns="Note")
    columns = [name for name in shown.columns if name != groups]
    over = {
        name: title
        for title, members in (spanners or {}).items()
        for name in members
        if name in columns
    }
    keep(id, shown, caption, notes, over)
    made = gt.GT(shown, id=id, groupname_col=groups)
    wordy = [c for c in columns if c in (FLAG, "Note", "Why", "In words") or c in columns[:left]]
    wordy += [c for c in columns if c not in wordy and shown[c].str.len().max() > _WORDS]
    made = made.cols_align("right", [c for c in columns if c not in wordy])
    made = made.cols_align("left", wordy)
    for title, members in (spanners or {}).items():
        present = [name for name in members if name in columns]
        if present:
            made = made.tab_spanner(title, present)
    if FLAG in shown:
        rows = [k for k, flag in enumerate(shown[FLAG]) if flag]
        red = gt.style.text(color="#b00020", weight="bold")
        made = made.tab_style(red, gt.loc.body(columns=FLAG, rows=rows))
    # It fills a frame of strings cell by cell, which those of Arrow are slow at.
    with pd.option_context("mode.string_storage", "python"):
        html = _SCOPED.sub("<td", made.as_raw_html())
    start, end = html.index("<table"), html.index("</table>") + len("</table>")
    titled = html[start:end].replace(">", f"><caption><span>{linked(caption)}</span></caption>", 1)
    below = "; ".join(f"<sup>{letter}</sup> {linked(note)}" for note, letter in letters.items())
    size = _print_size(shown, columns, wordy)
    smaller = f' style="--print: {size:.1f}pt"' if size < _PRINT else ""
    return f'<div class="gt" id="{escape(id)}"{smaller} tabindex="0">{titled}</div>\n' + (
        f'<p class="small notes">{below}.</p>\n' if below else ""
    )


def _print_size(shown: pd.DataFrame, columns: Sequence[str], wordy: Sequence[str]) -> float:
    """Points at which a table fits on the paper: numbers are not broken into lines, words are."""
    longest = {name: int(shown[name].str.len().max()) for name in columns}
    across = sum(min(n, _WORD) + 1 if c in wordy else n + 1 for c, n in longest.items())
    return max(_SMALLEST, min(_PRINT, _POINTS / across))


def _letters() -> Iterator[str]:
    """a, b, ..., z, aa, bb, ..."""
    for times in itertools.count(1):
        yield from (letter * times for letter in string.ascii_lowercase)


def table_style() -> str:
    """The style of all tables, once.

    Returns
    -------
    str
        CSS for the class ``gt``.
    """
    html = gt.GT(pd.DataFrame({"a": ["b"]}), id=_PLACE).as_raw_html()
    css = html[html.index("<style>") + len("<style>") : html.index("</style>")]
    return css.replace(f"#{_PLACE}", ".gt")


def figure(name: str, drawn: Figure, caption: str) -> str:
    """A figure, its bytes inside the page.

    Parameters
    ----------
    name : str
        Of its file, without suffix.
    drawn : Figure
        The figure.
    caption : str
        What it shows; also what is read aloud in its place.

    Returns
    -------
    str
        HTML.
    """
    data = base64.b64encode(webp(drawn)).decode("ascii")
    width, height = (round(float(side) * 96) for side in drawn.get_size_inches())
    return (
        f'<figure id="figure-{escape(name)}">'
        f'<img src="data:image/webp;base64,{data}" width="{width}" height="{height}" '
        f'alt="{escape(caption)}">'
        f"<figcaption>{linked(caption)}</figcaption></figure>\n"
    )


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
