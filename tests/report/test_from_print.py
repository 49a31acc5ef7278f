"""The section from print: every printed odds ratio, the misprints, what print cannot say."""

import re
from collections.abc import Mapping
from dataclasses import replace

from matplotlib.figure import Figure

from adbayes.report.from_print import answer, from_print
from adbayes.results.run import Run


def cells(html: str, id: str) -> list[list[str]]:
    part = html.split(f'id="{id}"')[1].split("</table>")[0]
    rows = re.findall(r"(?s)<tr>(.*?)</tr>", part.split("<tbody")[1])
    return [re.findall(r"<t[dh][^>]*>([^<]*)</t[dh]>", row) for row in rows]


def test_the_odds_ratios_stand_beside_the_print(run: Run, figures: Mapping[str, Figure]) -> None:
    html = from_print(run, figures).body
    alone, joint = cells(html, "print-table5"), cells(html, "print-table6")
    assert len(alone) == 17
    assert len(joint) == 7
    found = run.published
    row = found[(found["published_id"] == "table5.ldh_w52.or") & (found["variant"] == "base")]
    median, low, high = row[["median", "ci_low", "ci_high"]].iloc[0]
    last = alone[-1]
    assert last[:4] == ["LDH ≥ 250, week 52 (concurrent)", "0.068", "0.003 to 0.600", "0.037"]
    assert last[4] == f"{median:.3f} [{low:.3f}, {high:.3f}]"
    assert last[5].endswith("(&lt; 1)")
    assert last[6] == "a"
    assert alone[0][6] == ""


def test_means_have_their_other_denominators(run: Run) -> None:
    html = from_print(run, {}).body
    rows = cells(html, "print-visits")
    first = next(row for row in rows if row[:2] == ["0", "mean"])
    assert first[2] == "30.02 ± 10.84"
    assert first[3] == "99"
    assert first[5].endswith("(n = 82)")
    assert html.count("<figure") == 0


def test_responses_and_events_are_percents(run: Run) -> None:
    html = from_print(run, {}).body
    row = cells(html, "print-response")[-1]
    assert row[:4] == ["EASI-90", "52", "53.66%", "82"]
    assert row[4].startswith("53.6 [42.9, 64.1]")
    events = {row[0]: row for row in cells(html, "print-events")}
    assert events["Facial erythema"][1:3] == ["19 of 99", "99"]
    assert events["Conjunctivitis, treatment stopped"][1] == "0 of 17"


def test_differences_by_ldh_are_high_minus_low(run: Run) -> None:
    rows = cells(from_print(run, {}).body, "print-table4")
    assert len(rows) == 16
    found = run.published
    row = found[
        (found["published_id"] == "table4.easi.ldh_w32.difference") & (found["variant"] == "base")
    ].iloc[0]
    shown = next(r for r in rows if r[:2] == ["EASI", "week 32 (concurrent)"])
    assert shown[5] == f"{row['mean']:.2f} [{row['ci_low']:.2f}, {row['ci_high']:.2f}]".replace(
        "-", "−"
    )
    assert shown[6] == "&gt; 0.999"


def test_misprints_are_listed_and_never_fitted(run: Run) -> None:
    html = from_print(run, {}).body
    listed = html.split('id="print-misprints"')[1]
    assert "5.42" in listed
    assert "61.01" in listed
    assert "never fitted" in listed
    fitted = set(run.published["published_id"])
    assert not {"table2.dlqi.w32.pct_change_mean", "table2.nrs.w16.pct_change_mean"} & fitted


def test_what_print_cannot_determine_is_said(run: Run) -> None:
    html = from_print(run, {}).body
    limits = html.split('id="print-limits"')[1].split("<h3")[0]
    assert "no control group" in limits
    c = run.comparison
    absent = c[(c["evidence"] == "published") & (c["role"] == "not_addressable")]
    counted = sum(int(n) for n in re.findall(r"<li>(\d+) numbers?:", limits))
    assert counted == len(absent)


def test_a_run_without_print_has_no_such_section(run: Run) -> None:
    assert from_print(replace(run, published=run.published.iloc[:0]), {}).body == ""


def test_the_answer_comes_from_print_and_only_with_it(run: Run) -> None:
    body = answer(run).body
    assert 10 <= body.count("<li>") <= 12
    assert "printed numbers alone" in body
    assert answer(replace(run, published=run.published.iloc[:0])).body == ""
