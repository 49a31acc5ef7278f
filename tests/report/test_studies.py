"""Other studies and adverse events on the page."""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
from matplotlib.figure import Figure

from adbayes.report.studies import EVENTS, STUDIES, studies, studies_figure
from adbayes.results.run import Run


def test_only_like_with_like_is_compared(run: Run, figures: Mapping[str, Figure]) -> None:
    body = studies(run, figures).body
    found = run.more[STUDIES]
    part = body.split('id="studies-compared"')[1].split("</table>")[0]
    rows = part.count("<tr>") + part.count('<tr class="gt_row')
    assert rows >= (found["comparison"] == "like").sum()
    assert "placebo" not in part
    assert 'id="figure-other_studies"' in body


def test_what_became_of_events_is_nested(run: Run, figures: Mapping[str, Figure]) -> None:
    body = studies(run, figures).body
    events = run.more[EVENTS]
    row = events[events["term"] == "given conjunctivitis"].iloc[0]
    shown = f"{100 * row['median']:.1f} [{100 * row['ci_low']:.1f}, {100 * row['ci_high']:.1f}]"
    assert shown in body
    assert "given conjunctivitis" in body
    assert "not rates" in body


def test_a_run_without_print_has_neither(run: Run) -> None:
    alone = replace(run, more={})
    assert studies(alone, {}).body == ""
    assert studies_figure(alone) == {}
    assert isinstance(run.more[STUDIES], pd.DataFrame)
