"""Quantities over an ensemble: each by hand on its cohorts, and the place of a printed number."""

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.derive import derive
from adbayes.cohort.reconstructed import ReconstructedCohort
from adbayes.cohort.simulate import simulate_patients
from adbayes.errors import DataError
from adbayes.paper.published import load_published
from adbayes.results.undetermined import COLUMNS, undetermined


@pytest.fixture(scope="module")
def cohorts() -> list[ReconstructedCohort]:
    made = []
    for index in range(3):
        frame = simulate_patients(seed=20 + index, correlation=0.3 + 0.2 * index, ldh_shift=0).frame
        frame = derive(frame.assign(ige=frame["ige"] / 20))
        made.append(ReconstructedCohort(frame, "reconstructed", "made up", "x", index=index))
    return made


@pytest.fixture(scope="module")
def table(cohorts: list[ReconstructedCohort]) -> pd.DataFrame:
    return undetermined(cohorts)


def one(table: pd.DataFrame, quantity: str, **where: object) -> pd.Series:
    found = table[table["quantity"] == quantity]
    for column, value in where.items():
        found = found[found[column] == value]
    assert len(found) == 1
    return found.iloc[0]


def test_the_quantities(table: pd.DataFrame) -> None:
    assert tuple(table.columns) == COLUMNS
    assert table["quantity"].value_counts().to_dict() == {
        "random_intercept_sd": 4,
        "residual_sd": 4,
        "visit_correlation": 42,
        "baseline_easi_log_odds": 18,
        "odds_ratio": 7,
    }
    assert (table["smallest"] <= table["median"]).all()
    assert (table["median"] <= table["largest"]).all()
    assert (table["published_id"] != "").sum() == 7


def test_correlations_spread_as_the_cohorts_do(
    table: pd.DataFrame, cohorts: list[ReconstructedCohort]
) -> None:
    values = []
    for cohort in cohorts:
        wide = cohort.frame.pivot_table(index="patient", columns="visit", values="poem")
        values.append(float(np.corrcoef(wide[16], wide[52])[0, 1]))
    row = one(table, "visit_correlation", outcome="poem", visit=52, **{"with": "week 16"})
    assert row[["smallest", "median", "largest"]].tolist() == pytest.approx(sorted(values))
    assert row["sd"] == pytest.approx(np.std(values, ddof=1))
    assert row["cohorts"] == 3
    assert pd.isna(row["below"])


def test_the_random_intercept_is_statsmodels(
    table: pd.DataFrame, cohorts: list[ReconstructedCohort]
) -> None:
    taus = [
        float(
            np.sqrt(
                smf.mixedlm("nrs ~ C(visit)", cohort.frame, groups="patient")
                .fit(reml=True)
                .cov_re.iloc[0, 0]
            )
        )
        for cohort in cohorts
    ]
    row = one(table, "random_intercept_sd", outcome="nrs")
    assert row[["smallest", "median", "largest"]].tolist() == pytest.approx(sorted(taus), rel=1e-3)


def test_the_joint_regression_is_statsmodels(
    table: pd.DataFrame, cohorts: list[ReconstructedCohort]
) -> None:
    terms = [
        "age_over_30", "female", "adult_onset", "concomitant", "prior_cyclosporine",
        "tec_gt_500_w0", "ldh_ge_250_w0",
    ]  # fmt: skip
    severity, sex = [], []
    for cohort in cohorts:
        last = cohort.frame[cohort.frame["visit"] == 52]
        X = sm.add_constant(last[[*terms, "easi_baseline"]].astype(float))
        params = sm.Logit(last["easi90"], X).fit(disp=0, method="newton").params
        severity.append(params["easi_baseline"])
        sex.append(math.exp(params["female"]))
    row = one(table, "baseline_easi_log_odds", term="all")
    assert row[["smallest", "median", "largest"]].tolist() == pytest.approx(sorted(severity))
    row = one(table, "odds_ratio", term="female")
    assert row[["smallest", "median", "largest"]].tolist() == pytest.approx(sorted(sex))
    assert row["published_id"] == "table6.sex.or"
    assert row["published"] == 3.321
    assert row["below"] == sum(value < 3.321 for value in sex)


def test_a_place_outside_the_ensemble_is_seen(cohorts: list[ReconstructedCohort]) -> None:
    ledger = load_published()
    for printed, below in ((0.001, 0), (1000.0, 3)):
        ledger.loc[ledger["id"] == "table6.sex.or", "numeric"] = printed
        assert one(undetermined(cohorts, ledger), "odds_ratio", term="female")["below"] == below


def test_what_a_cohort_does_not_determine_is_left_out_of_the_spread(
    cohorts: list[ReconstructedCohort],
) -> None:
    same = Cohort(cohorts[0].frame.assign(female=1.0), "reconstructed", "x", "x")
    table = undetermined([same, cohorts[1]])
    row = one(table, "baseline_easi_log_odds", term="female")
    assert row["cohorts"] == 1
    assert math.isnan(row["sd"])
    assert row["smallest"] == row["largest"]


def test_no_cohort_is_refused() -> None:
    with pytest.raises(DataError, match="no cohort is given"):
        undetermined([])
