"""The top of the page says what the data are, for every kind of evidence."""

from dataclasses import replace
from typing import Literal

import pytest

from adbayes.cohort.cohort import Cohort
from adbayes.report.figures import groups_of
from adbayes.report.opening import KINDS, ONE_GENERATOR, about_paper, opening, title
from adbayes.results.run import Run


@pytest.mark.parametrize("evidence", ["simulated", "reconstructed", "patients"])
def test_each_kind_of_evidence_is_named(
    run: Run, evidence: Literal["simulated", "reconstructed", "patients"]
) -> None:
    cohort = Cohort(run.cohort.frame, evidence, "A label & more", "file.csv")
    html = opening(replace(run, cohort=cohort), groups_of(run))
    assert f'<div class="label {evidence}">Data: A label &amp; more</div>' in html
    for kind, words in KINDS.items():
        assert (words.split(".")[0].replace("'", "&#x27;") in html) == (kind == evidence)


def test_a_users_own_models_say_nothing_of_the_paper(run: Run) -> None:
    first = run.fits[0]
    own = replace(first, analysis=replace(first.analysis, published=()))
    alone = replace(
        run,
        fits=(own,),
        diagnostics=run.diagnostics.iloc[:1],
        published=run.published.iloc[:0],
    )
    assert about_paper(run)
    assert not about_paper(alone)
    html = opening(alone, groups_of(alone))
    assert "dupilumab in atopic" not in html.lower()
    assert "10.1038" not in html
    assert title(alone) == f"Bayesian models of {run.cohort.source}"


def test_the_cohorts_are_named(ensemble_run: Run) -> None:
    html = opening(ensemble_run, groups_of(ensemble_run))
    assert "Data: reconstructed cohort 0 (synthetic patients" in html
    assert "run on reconstructed cohort 0 (synthetic patients); they were fitted to 1 more" in html
    alone = replace(ensemble_run, further=())
    html = opening(alone, groups_of(alone))
    assert "run on reconstructed cohort 0 (synthetic patients). Every" in html


def test_made_data_favour_their_generator(run: Run) -> None:
    assert ONE_GENERATOR.split(":")[0] in opening(run, groups_of(run))
    real = replace(run, cohort=Cohort(run.cohort.frame, "patients", "mine", "mine.csv"))
    assert ONE_GENERATOR.split(":")[0] not in opening(real, groups_of(real))


def test_a_failed_fit_is_named_at_the_top(failed_run: Run) -> None:
    html = opening(failed_run, groups_of(failed_run))
    assert '<p class="failed">The convergence gate failed for easi_change' in html
