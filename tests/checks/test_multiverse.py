"""Every combination is there: computed, or with the reason why not."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from adbayes.checks.multiverse import (
    COLUMNS,
    DIMENSIONS,
    FAILURE,
    FIGURE_1,
    ONE_AWAY,
    _as_printed,
    _on,
    moves,
    patients_multiverse,
    published_multiverse,
)
from adbayes.cohort.cohort import Cohort
from adbayes.cohort.library import load_cohort
from adbayes.errors import DataError
from adbayes.inference.printed import posterior
from adbayes.inference.printed_ids import quantity
from adbayes.inference.printed_priors import prior_sets
from adbayes.model.spec import load_spec
from adbayes.results.estimands import Estimand

UNSTATED = "states no such prior set"
IDS = ["table2.easi.w52.change", "fig1.easi90.w52.pct", "table6.sex.or"]


@pytest.fixture(scope="module")
def printed() -> pd.DataFrame:
    return published_multiverse(IDS)


@pytest.fixture(scope="module")
def of_patients(patients: Cohort) -> pd.DataFrame:
    return patients_multiverse(patients, ["table6.sex.or", "table6.ldh_baseline.or"], draws=500)


def test_print_alone_answers_every_combination(printed: pd.DataFrame) -> None:
    assert list(printed.columns) == COLUMNS
    sets = len(prior_sets())
    assert printed.groupby("claim").size().to_dict() == {
        "table2.easi.w52.change": 2 * sets,  # 99 and 82 patients
        "fig1.easi90.w52.pct": 2 * sets,  # 82, and 99 with the others as failures
        "table6.sex.or": 2 * sets,  # skewed and Wald
    }
    assert not printed.duplicated(["claim", "priors", "likelihood", "denominator"]).any()
    # What a set does not state is no answer of its own: a row with the reason, and no number.
    skipped = printed[printed["skipped"].ne("")]
    assert skipped["median"].isna().all()
    assert set(skipped["priors"]) == {
        "enthusiastic", "horseshoe", "separation", "separation_cauchy",
    }  # fmt: skip
    of_sex = skipped[skipped["claim"] == "table6.sex.or"]
    assert set(of_sex["priors"]) == {"horseshoe"}
    assert of_sex["skipped"].str.contains("so as in weakly_informative").all()


def test_cells_are_posteriors(printed: pd.DataFrame) -> None:
    for row in printed[printed["skipped"].eq("")].sample(6, random_state=1).to_dict("records"):
        n = int(row["n"]) if row["claim"] != "table6.sex.or" else None
        shape = "wald" if row["likelihood"] == "wald" else "skewed"
        exact = posterior(row["claim"], row["priors"], n, shape)
        assert row["median"] == pytest.approx(exact.median())
        assert (row["ci_low"], row["ci_high"]) == pytest.approx(exact.interval())
        if not np.isnan(exact.prob_direction()):
            assert row["stands"] == (exact.prob_direction() >= 0.975)


def test_moves_are_in_sds_of_the_reported_posterior(printed: pd.DataFrame) -> None:
    rows = printed[printed["claim"] == "table6.sex.or"].set_index(["priors", "likelihood"])
    reported = posterior("table6.sex.or")
    _, sd = reported.grid.moments()
    assert rows.loc[("weakly_informative", "base"), "move_in_sd"] == 0
    wanted = (np.log(rows.loc[("skeptical", "wald"), "median"]) - np.log(reported.median())) / sd
    assert rows.loc[("skeptical", "wald"), "move_in_sd"] == pytest.approx(wanted, rel=1e-6)


def test_a_share_has_no_direction_to_stand(printed: pd.DataFrame) -> None:
    share = printed[(printed["claim"] == "fig1.easi90.w52.pct") & printed["skipped"].eq("")]
    assert share["stands"].eq("").all()
    assert share["prob_direction"].isna().all()


def test_patients_are_asked_one_choice_away(of_patients: pd.DataFrame) -> None:
    sets = list(load_spec("easi90_multivariable").prior_sets)
    asked = of_patients[
        of_patients["skipped"].ne(ONE_AWAY) & ~of_patients["skipped"].str.contains(UNSTATED)
    ]
    for _, cells in asked.groupby("claim"):
        choices = list(cells[list(DIMENSIONS)].itertuples(index=False, name=None))
        assert choices[0] == (sets[0], "base", "reported")
        assert [c[0] for c in choices if c[1:] == ("base", "reported")] == sets
        away = [
            sum(a != b for a, b in zip(choice, choices[0], strict=True)) for choice in choices[1:]
        ]
        assert set(away) == {1}
        assert {c[2] for c in choices} == {"reported", FIGURE_1, FAILURE}


def test_what_cannot_be_asked_says_why(of_patients: pd.DataFrame) -> None:
    sets = len(load_spec("easi90_multivariable").prior_sets)
    # Every combination of prior set and denominator has a row: fitted, or with its reason.
    unstated = of_patients["skipped"].str.contains(UNSTATED)
    assert set(of_patients.loc[unstated, "priors"]) == {"horseshoe"}
    of_patients = of_patients[~unstated]
    assert (of_patients.groupby("claim").size() == sets * 3).all()
    assert not of_patients.duplicated(["claim", *DIMENSIONS]).any()
    skipped = of_patients[of_patients["skipped"].ne("") & of_patients["skipped"].ne(ONE_AWAY)]
    assert set(skipped["denominator"]) == {FIGURE_1}
    assert skipped["skipped"].str.contains("only reconstructed cohorts").all()
    assert skipped["median"].isna().all()
    filled = of_patients[of_patients["skipped"].eq("")]
    assert filled["median"].notna().all()
    # Counting missing responses as failures adds patients.
    by = filled[filled["claim"] == "table6.sex.or"].groupby("denominator")["n"].first()
    assert by[FAILURE] > by["reported"]


def test_failures_are_asked_for_only_where_a_response_is_missing(patients: Cohort) -> None:
    (analysis,) = load_spec("easi90_multivariable").analyses()
    assert _on(analysis, FAILURE, patients).data.missing == "failure"
    complete = load_cohort(0)  # a response for all 99 at week 52, none at baseline
    with pytest.raises(DataError, match="no easi90 is missing"):
        _on(analysis, FAILURE, complete)


def test_which_choice_moves_a_claim_most(printed: pd.DataFrame, of_patients: pd.DataFrame) -> None:
    both = pd.concat([printed, of_patients], ignore_index=True)
    found = moves(both).set_index(["claim", "evidence", "dimension"]).sort_index()
    sex = found.loc[("table6.sex.or", "published")]
    cells = printed[(printed["claim"] == "table6.sex.or") & (printed["likelihood"] == "base")]
    cells = cells[cells["skipped"].eq("")]
    moved = cells["move_in_sd"].astype(float)
    assert sex.loc["priors", "range"] == pytest.approx(moved.max() - moved.min())
    assert sex.loc["priors", "range"] > sex.loc["likelihood", "range"] > 0
    assert sex.loc["priors", "fallen"] == (~cells["stands"].astype(bool)).sum()
    assert "skeptical" in sex.loc["priors", "which"]
    assert "denominator" not in sex.index  # the print of an odds ratio has one
    assert ("table6.sex.or", "simulated", "evidence") in found.index
    assert ("table6.ldh_baseline.or", "simulated", "evidence") not in found.index


def test_a_share_of_patients_is_on_the_scale_of_the_print() -> None:
    draws = xr.DataArray(np.full((1, 4), 53.0), dims=("chain", "draw"))
    percent = Estimand("response", "easi_fraction", "52", "easi90", "%", float("nan"), draws)
    found = _as_printed(percent)
    assert found.unit == quantity("fig1.easi90.w52.pct").unit
    np.testing.assert_allclose(found.draws, 0.53)
    ratio = Estimand("odds_ratio", "easi90", "52", "female", "ratio", 1.0, draws)
    assert _as_printed(ratio) is ratio


def test_an_unknown_claim_is_refused() -> None:
    with pytest.raises(DataError, match=r"table1\.female\.count is no claim"):
        published_multiverse(["table1.female.count"])


def test_the_horseshoe_enters_for_the_rows_that_it_takes_together() -> None:
    found = published_multiverse(["table5.ldh_w32.or"]).set_index(["priors", "likelihood"])
    shrunk = found.loc[("horseshoe", "base")]
    assert shrunk["skipped"] == ""
    assert shrunk["median"] > found.loc[("weakly_informative", "base"), "median"]  # towards 1
    assert "skewed likelihoods only" in found.loc[("horseshoe", "wald"), "skipped"]
