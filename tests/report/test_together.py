"""The part of the page about many printed numbers at once."""

import re
from collections.abc import Mapping
from dataclasses import replace

from matplotlib.figure import Figure

from adbayes.report.together import published_shrinkage, together
from adbayes.results.run import Run


def cells(html: str, id: str) -> list[list[str]]:
    part = html.split(f'id="{id}"')[1].split("</table>")[0]
    rows = re.findall(r"(?s)<tr>(.*?)</tr>", part.split("<tbody")[1])
    return [re.findall(r"<t[dh][^>]*>([^<]*)</t[dh]>", row) for row in rows]


def test_every_row_stands_alone_and_pooled(run: Run, figures: Mapping[str, Figure]) -> None:
    html = together(run, figures)
    odds, differences = (cells(html, f"print-pooled-{place}") for place in ("table5", "table4"))
    assert len(odds) == 17 + 1
    assert len(differences) == 16 + 1
    found = run.published
    row = found[(found["published_id"] == "table5.sex.or") & (found["variant"] == "hierarchical")]
    median, low, high = row[["median", "ci_low", "ci_high"]].iloc[0]
    sex = next(cell for cell in odds if cell[0] == "Female sex")
    assert sex[3] == f"{median:.2f} [{low:.2f}, {high:.2f}]"
    assert sex[4].endswith("(&gt; 1)")
    assert sex[1] == "baseline"
    late = next(cell for cell in odds if cell[0].startswith("LDH ≥ 250, week 52"))
    assert "concurrent" in late[1]
    assert odds[-1][0].startswith("Scale of the effects")


def test_the_matrix_has_correlations_partials_and_differences(run: Run) -> None:
    rows = cells(together(run, {}), "print-joint")
    assert [row[1] for row in rows].count("correlation") == 6
    assert [row[1] for row in rows].count("partial correlation") == 6
    assert rows[0][2] == "0.32"
    assert any(row[0] == "EASI and POEM minus EASI and DLQI" for row in rows)


def test_one_figure_a_table(run: Run) -> None:
    figures = published_shrinkage(run)
    assert list(figures) == ["published_shrinkage_table5", "published_shrinkage_table4"]
    ax = figures["published_shrinkage_table5"].axes[0]
    groups = [text.get_text() for text in ax.texts if text.get_gid() == "group"]
    assert groups == ["Known at baseline", "Under treatment (concurrent)"]
    assert len(ax.get_yticklabels()) == 17


def test_a_run_without_them_says_nothing(run: Run) -> None:
    alone = replace(run, published=run.published[run.published["variant"] == "base"])
    assert together(alone, {}) == ""
    assert published_shrinkage(alone) == {}
