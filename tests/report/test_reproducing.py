"""The command, versions and hashes that give the page again."""

import shlex
from dataclasses import replace

from adbayes.cohort.cohort import Cohort
from adbayes.model.library import model_names
from adbayes.report.figures import groups_of
from adbayes.report.reproduce import DEFAULT_COHORTS
from adbayes.report.reproducing import command, limits, reproducing
from adbayes.results.run import Run


def test_the_command_has_what_was_asked_for(run: Run) -> None:
    assert command(run) == "adbayes reproduce --only easi_change --seed 3"
    whole = replace(run, settings={"specs": list(model_names()), "draws": None})
    assert command(whole) == "adbayes reproduce"


def test_the_number_of_cohorts_is_said_where_it_is_not_the_usual_one(ensemble_run: Run) -> None:
    assert command(ensemble_run).endswith("--draws 500 --tune 500 --cohorts 2")
    usual = replace(ensemble_run, settings=ensemble_run.settings | {"cohorts": DEFAULT_COHORTS})
    assert "--cohorts" not in command(usual)
    html = reproducing(ensemble_run, groups_of(ensemble_run), {}).body
    assert all(cohort.hash() in html for cohort in ensemble_run.cohorts)
    assert "held_out.csv" in html
    assert "one generator" in limits(ensemble_run).body


def test_a_file_name_is_quoted(run: Run) -> None:
    own = Cohort(run.cohort.frame, "patients", "label", "my file; rm -rf.csv")
    words = shlex.split(command(replace(run, cohort=own)))
    assert words[:4] == ["adbayes", "reproduce", "--data", "my file; rm -rf.csv"]


def test_identity_of_data_and_fits_is_given(run: Run) -> None:
    html = reproducing(run, groups_of(run), {}).body
    assert run.cohort.hash() in html
    assert all(fit.fingerprint[:12] in html for fit in run.fits)
    assert "one_level" in html.split('id="skipped"')[1]
