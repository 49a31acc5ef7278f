"""How near the patients come, on the page."""

from dataclasses import replace

import pandas as pd
import pytest

from adbayes.cohort.library import load_cohort
from adbayes.report.fidelity import FIDELITY, FIGURE, fidelity_figure, fidelity_section
from adbayes.results.fidelity import fidelity
from adbayes.results.run import Run


@pytest.fixture(scope="module")
def reconstructed(run: Run) -> Run:
    return replace(run, cohort=load_cohort(0), more={FIDELITY: fidelity(load_cohort(0))})


def test_targets_that_match_are_counted(reconstructed: Run) -> None:
    figures = fidelity_figure(reconstructed)
    body = fidelity_section(reconstructed, figures).body
    found: pd.DataFrame = reconstructed.more[FIDELITY]
    targets = found[found["role"] == "target"]
    assert f"{int(targets['matched'].sum())} of {len(targets)} targets" in body
    assert "agree by construction" in body
    assert "Table 2" in body
    assert "table2" not in body
    assert f'id="figure-{FIGURE}"' in body
    assert "held out" in body


def test_patients_that_were_not_reconstructed_have_none(run: Run) -> None:
    assert fidelity_section(run, {}).body == ""
    assert fidelity_figure(run) == {}
