"""The audit's findings on the page: each once, with its condition and what would be possible."""

import dataclasses
import html
import re

import pandas as pd
import pytest

from adbayes.paper.findings import distinct
from adbayes.paper.published import load_paper
from adbayes.report.audited import FIGURE, audit_figure, audited
from adbayes.results.run import Run


@pytest.fixture(scope="module")
def findings() -> pd.DataFrame:
    return load_paper().audit()


def test_every_finding_has_one_row(run: Run, findings: pd.DataFrame) -> None:
    body = audited(dataclasses.replace(run, findings=findings), {}).body
    for grade in ("impossible", "inconsistent", "rounding"):
        names = distinct(findings, grade)
        part = body[body.index(f'id="audit-{grade}"') :]
        part = part[: part.index("</table>")]
        assert len(re.findall("<tr>", part[part.index("<tbody") :])) == len(names)
        assert f"({len(names)})" in part
    text = html.unescape(re.sub("<[^>]+>", " ", body))
    assert "25.42" in text
    assert f"{len(findings)} checks" in text


def test_a_run_without_the_print_has_no_such_section(run: Run) -> None:
    assert audited(dataclasses.replace(run, findings=pd.DataFrame()), {}).body == ""


def test_the_glance_stands_above_the_tables(run: Run, findings: pd.DataFrame) -> None:
    found = dataclasses.replace(run, findings=findings)
    figures = audit_figure(found)
    body = audited(found, figures).body
    assert body.index(f'id="figure-{FIGURE}"') < body.index('id="audit-impossible"')
    assert audit_figure(dataclasses.replace(run, findings=pd.DataFrame())) == {}
