"""Tables as text: every cell in its place, nothing that another program would read as a command."""

import pandas as pd

from adbayes.report.markup import table
from adbayes.report.text_tables import Finished, collected, escaped

FRAME = pd.DataFrame(
    {"Term": ["a_b & c", "x | y"], "OR": ["0.5 [−1, ∞]", "< 1"], "Note": ["first", "second"]}
)


def test_tables_of_the_page_are_kept_as_they_are_shown() -> None:
    with collected() as found:
        table(FRAME, "A caption", id="one")
        table(FRAME.iloc[:0], "Empty", id="none")
    table(FRAME, "Outside", id="other")
    assert list(found) == ["one"]
    assert found["one"].caption == "A caption"
    assert found["one"].frame["Note"].tolist() == ["a", "b"]
    assert found["one"].notes == ("first", "second")


def test_markdown_has_a_row_a_row_and_no_stray_bar() -> None:
    lines = Finished(FRAME, "Cap", ("why",)).markdown().splitlines()
    assert lines[0] == "**Cap**"
    assert lines[2] == "| Term | OR | Note |"
    assert lines[3] == "| --- | --- | --- |"
    assert lines[5] == r"| x \| y | < 1 | second |"
    assert lines[-1] == "a: why."


def test_latex_is_escaped_and_closed() -> None:
    text = Finished(FRAME, "50 % of #1", ()).latex()
    assert r"\caption{50 \% of \#1}" in text
    assert r"a\_b \& c & 0.5 [$-$1, $\infty$] & first \\" in text
    assert r"x | y & $<$ 1 & second \\" in text
    assert text.count(r"\begin{") == text.count(r"\end{") == 2
    assert "footnotesize" not in text
    assert text.isascii()
    assert escaped("\\{}~^") == r"\textbackslash{}\{\}\textasciitilde{}\textasciicircum{}"


def test_headings_over_several_columns_are_kept() -> None:
    frame = pd.DataFrame({"Predictor": ["Sex"], "OR": ["2.51"], "p": ["0.03"], "Median": ["2.38"]})
    spanners = {"Paper & co": ["OR", "p", "absent"], "Bayes": ["Median"]}
    with collected() as found:
        table(frame, "Odds", id="odds", spanners=spanners)
    made = found["odds"]
    assert "| Predictor | Paper & co: OR | Paper & co: p | Bayes: Median |" in made.markdown()
    lines = [line.strip() for line in made.latex().splitlines()]
    at = lines.index(r"\toprule")
    assert lines[at + 1 : at + 4] == [
        r" & \multicolumn{2}{c}{Paper \& co} & \multicolumn{1}{c}{Bayes} \\".strip(),
        r"\cmidrule(lr){2-3} \cmidrule(lr){4-4}",
        r"Predictor & OR & p & Median \\",
    ]
