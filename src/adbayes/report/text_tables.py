"""The tables of the page as text for other documents: Markdown, and LaTeX for booktabs."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import groupby

import pandas as pd

_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{",
    "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"$<$", ">": r"$>$",
    "≥": r"$\geq$", "≤": r"$\leq$", "−": r"$-$", "–": "--", "×": r"$\times$", "∞": r"$\infty$",
    "±": r"$\pm$", "\u202f": r"\,", "✗": r"$\times$", "²": r"\textsuperscript{2}",
}  # fmt: skip
_FOLDER: "ContextVar[dict[str, Finished] | None]" = ContextVar("tables", default=None)


@dataclass(frozen=True)
class Finished:
    """One table of the page, its cells as they are shown.

    Parameters
    ----------
    frame : pandas.DataFrame
        Text, the headings as columns.
    caption : str
        What it shows.
    notes : tuple of str
        Below it, in the order of their letters a, b, ...
    over : mapping of str to str, optional
        Column to the heading over it and its neighbours.
    """

    frame: pd.DataFrame
    caption: str
    notes: tuple[str, ...]
    over: Mapping[str, str] = field(default_factory=dict)

    def markdown(self) -> str:
        """As a pipe table.

        Returns
        -------
        str
            Caption, table, notes. Markdown has one row of headings: what stands over several columns is
            repeated in each, as in "Paper: p".
        """
        heads = [
            f"{self.over[name]}: {name}" if name in self.over else name
            for name in map(str, self.frame.columns)
        ]
        rows = [heads, *self.frame.to_numpy().tolist()]
        lines = ["| " + " | ".join(map(_piped, row)) + " |" for row in rows]
        lines.insert(1, "|" + " --- |" * len(self.frame.columns))
        return "\n".join([f"**{self.caption}**", "", *lines, *self._below(""), ""])

    def latex(self) -> str:
        r"""As a float for `\input`, with the rules of booktabs.

        Returns
        -------
        str
            LaTeX that needs the package booktabs and nothing else.
        """
        rows = [list(map(str, self.frame.columns)), *self.frame.to_numpy().tolist()]
        body = ["    " + " & ".join(escaped(str(cell)) for cell in row) + r" \\" for row in rows]
        below = [escaped(line) + r"\par" for line in self._below("")[1:]]
        return "\n".join(
            [
                r"\begin{table}",
                rf"  \caption{{{escaped(self.caption)}}}",
                r"  \small",
                rf"  \begin{{tabular}}{{{'l' * len(self.frame.columns)}}}",
                r"    \toprule",
                *self._spanned(),
                body[0],
                r"    \midrule",
                *body[1:],
                r"    \bottomrule",
                r"  \end{tabular}",
                *([r"  \par\footnotesize", *below] if below else []),
                r"\end{table}",
                "",
            ]
        )

    def _spanned(self) -> list[str]:
        """The row of headings over several columns, and the rules under them."""
        if not self.over:
            return []
        cells, rules, at = [], [], 1
        for over, names in groupby(map(str, self.frame.columns), key=self.over.get):
            width = len(list(names))
            if over is None:
                cells += [""] * width
            else:
                cells.append(rf"\multicolumn{{{width}}}{{c}}{{{escaped(over)}}}")
                rules.append(rf"\cmidrule(lr){{{at}-{at + width - 1}}}")
            at += width
        return ["    " + " & ".join(cells) + r" \\", "    " + " ".join(rules)]

    def _below(self, first: str) -> list[str]:
        named = [f"{chr(ord('a') + k % 26) * (k // 26 + 1)}: {n}" for k, n in enumerate(self.notes)]
        return [first, "; ".join(named) + "."] if named else []


@contextmanager
def collected() -> Iterator[dict[str, Finished]]:
    """Keep every table that is made inside, by its id.

    Yields
    ------
    dict of str to Finished
        Filled while the page is written.
    """
    found: dict[str, Finished] = {}
    token = _FOLDER.set(found)
    try:
        yield found
    finally:
        _FOLDER.reset(token)


def keep(
    id: str, frame: pd.DataFrame, caption: str, notes: list[str], over: Mapping[str, str]
) -> None:
    """Keep a table, where tables are collected.

    Parameters
    ----------
    id : str
        Unique on the page.
    frame : pandas.DataFrame
        Text.
    caption : str
        What it shows.
    notes : list of str
        In the order of their letters.
    over : mapping of str to str
        Column to the heading over it and its neighbours.
    """
    found = _FOLDER.get()
    if found is not None:
        found[id] = Finished(frame, caption, tuple(notes), dict(over))


def escaped(text: str) -> str:
    """Plain text as LaTeX.

    Parameters
    ----------
    text : str
        Plain.

    Returns
    -------
    str
        With every character that LaTeX would read as a command escaped.
    """
    return "".join(_LATEX.get(character, character) for character in text)


def _piped(cell: object) -> str:
    return str(cell).replace("|", "\\|").replace("\n", " ")
