"""Pieces of the page: escaped, flagged, self-contained."""

import base64
import re

import pandas as pd
import pytest
from matplotlib.figure import Figure

from adbayes.report.markup import (
    FLAG,
    bullets,
    figure,
    heading,
    linked,
    paragraph,
    table,
    table_style,
)

EVIL = '<script>alert("x")</script>'


def test_text_is_escaped_everywhere() -> None:
    frame = pd.DataFrame(
        {EVIL: [EVIL, "b"], "v": [EVIL, "1"], "Note": [EVIL, ""], "g": [EVIL, EVIL]}
    )
    drawn = Figure()
    for html in (
        paragraph(EVIL),
        bullets([EVIL]),
        heading(EVIL, EVIL),
        table(frame, EVIL, id="t", spanners={EVIL: ["v"]}, groups="g"),
        table(pd.DataFrame({"a": ["x"], FLAG: [EVIL]}), EVIL, id="t"),
        figure("name", drawn, EVIL),
    ):
        assert "<script" not in html
        assert "&lt;script&gt;" in html
        assert 'alert("x")' not in re.sub(r">[^<]*<", "><", html)


def test_only_dois_become_links() -> None:
    assert linked("(Firth 1993, doi:10.1093/biomet/80.1.27).") == (
        '(Firth 1993, <a href="https://doi.org/10.1093/biomet/80.1.27">'
        "doi:10.1093/biomet/80.1.27</a>)."
    )
    assert "<a" not in linked("https://example.org and javascript:alert(1)")
    for hostile in ('doi:10.1000/"onmouseover=x', 'doi:10.1000/a"onmouseover=x'):
        assert '"onmouseover' not in linked(hostile)


def test_a_flag_is_red_and_its_column_absent_where_nothing_failed() -> None:
    frame = pd.DataFrame({"a": ["x", "y"], "b": ["1", "2"], FLAG: ["", "not converged"]})
    html = table(frame, "c", id="t")
    cells = re.findall(r"<td[^>]*>[^<]*</td>", html)
    (red,) = [cell for cell in cells if "#b00020" in cell]
    assert "not converged" in red
    assert FLAG not in table(frame.assign(**{FLAG: ""}), "c", id="t")


def test_notes_are_written_once_below() -> None:
    frame = pd.DataFrame({"a": list("wxyz"), "Note": ["first", "second", "", "first"]})
    html = table(frame, "c", id="t")
    assert html.count("first") == 1
    assert re.findall(r"<td[^>]*>([^<]*)</td>", html)[1::2] == ["a", "b", "", "a"]
    assert "<sup>a</sup> first; <sup>b</sup> second." in html


def test_a_table_brings_no_style_of_its_own() -> None:
    html = table(pd.DataFrame({"a": ["x"]}), "c", id="t")
    assert "<style" not in html
    assert "<caption><span>c</span></caption>" in html
    assert ".gt .gt_table" in table_style()
    assert "#" not in re.sub(r"#[0-9A-Fa-f]{3,6}\b", "", table_style())


def test_a_table_without_rows_is_nothing() -> None:
    assert table(pd.DataFrame(), "c", id="t") == ""
    assert bullets([]) == ""


@pytest.mark.parametrize("size", [(3.0, 2.0), (7.2, 4.0)])
def test_a_figure_is_inside_with_its_size_and_words(size: tuple[float, float]) -> None:
    html = figure("plot", Figure(figsize=size), "What it shows")
    data = re.search(r"base64,([^\"]+)", html)
    assert data is not None
    assert base64.b64decode(data[1]).startswith(b"RIFF")
    assert f'width="{round(96 * size[0])}" height="{round(96 * size[1])}"' in html
    assert 'alt="What it shows"' in html


def test_a_table_wider_than_the_paper_is_printed_smaller() -> None:
    cells = {f"c{k}": ["0.65 [0.29, 1.41]"] for k in range(8)}
    few = {name: cells[name] for name in list(cells)[:3]}
    assert "--print" not in table(pd.DataFrame({"a": ["b"]} | few), "t", id="t")
    wide = table(pd.DataFrame({"a": ["b"]} | cells), "t", id="t")
    assert 'style="--print: 5.9pt"' in wide  # 860 points over 8 times 18 characters, and 2
    # A long text is broken into lines instead.
    words = table(pd.DataFrame({"a": ["b"], "p": ["16: 0.04; " * 20]}), "t", id="t")
    assert "--print" not in words
    assert 'gt_left">16: 0.04' in words
