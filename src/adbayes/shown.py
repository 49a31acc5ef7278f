"""How an object shows itself in a notebook: its text, its first line bold, and tables below."""

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_ROWS = 40  # a notebook scrolls; a table of hundreds of rows is asked for by name


def as_html(text: str, tables: "Mapping[str, pd.DataFrame] | None" = None) -> str:
    """The HTML of an object with a text of its own.

    Parameters
    ----------
    text : str
        Its repr: a title, then lines that are kept as they are.
    tables : mapping of str to pandas.DataFrame, optional
        Caption to table, shown below the text; of a long one the first rows, and how many there are.

    Returns
    -------
    str
        HTML without script or style of its own; everything is escaped.
    """
    title, _, rest = text.partition("\n")
    parts = [f"<strong>{escape(title)}</strong>"]
    if rest.strip():
        parts.append(
            f'<pre style="margin:0.3em 0;white-space:pre-wrap;background:none">{escape(rest)}</pre>'
        )
    for caption, table in (tables or {}).items():
        more = f" (first {_ROWS} of {len(table)} rows)" if len(table) > _ROWS else ""
        shown = table.head(_ROWS).to_html(
            index=False, na_rep="", border=0, float_format=lambda value: f"{value:.4g}"
        )
        parts.append(f"<p><em>{escape(caption + more)}</em></p>\n{shown}")
    return f"<div>\n{'\n'.join(parts)}\n</div>"
