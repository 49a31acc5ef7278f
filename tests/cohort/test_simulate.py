import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from adbayes.cohort.outcomes import CUTOFFS, OUTCOMES, STUDY_VISITS
from adbayes.cohort.simulate import (
    AGE,
    EASI_BASELINE,
    LABS,
    OUTCOME_CORRELATION,
    RESIDUAL_FRACTION,
    SCORES,
    SHARES,
    simulate_mixed_model,
    simulate_patients,
)
from adbayes.cohort.table import Table, cell
from adbayes.cohort.validate import patient_frame
from adbayes.errors import DataError

LEDGER = Path(__file__).resolve().parents[2] / "../shared/paper/published.csv"
N = 60_000
Z = 4.5  # about 100 comparisons: a false alarm once in 1,500 seeds


@pytest.fixture(scope="module")
def large():
    return simulate_patients(seed=20, n_patients=N)


def at(cohort, visit):
    return cohort.frame[cohort.frame["visit"] == visit]


def wide(frame, name):
    """One row a patient, one column a study visit."""
    assert (frame["visit"].to_numpy().reshape(-1, 4) == STUDY_VISITS).all()
    return frame[name].to_numpy().reshape(-1, 4)


@pytest.mark.parametrize("visit", STUDY_VISITS)
@pytest.mark.parametrize("name", ["easi", "nrs", "poem", "dlqi", "ige", "tec", "ldh"])
def test_means_and_sds_are_the_declared_ones(large, name, visit):
    x = at(large, visit)[name].to_numpy()
    mean, sd = (large.truth[f"{name}_{what}_w{visit}"] for what in ("mean", "sd"))
    assert abs(x.mean() - mean) < Z * sd / np.sqrt(N)
    # the variance's own Monte Carlo error, from the fourth moment; the log scale tests the heavy tails
    if name in LABS:
        x = np.log(x)
        mean, sd = (large.truth[f"{name}_log_{what}_w{visit}"] for what in ("mean", "sd"))
        assert abs(x.mean() - mean) < Z * sd / np.sqrt(N)
    error = np.sqrt(((x - mean) ** 2).var() / N)
    assert abs(x.var() - sd**2) < Z * error + (0.1**2 / 12 if name == "easi" else 0)


@pytest.mark.parametrize("visit", STUDY_VISITS[1:])
def test_residual_fractions_and_responses_are_the_declared_ones(large, visit):
    rows = at(large, visit)
    mean, sd = (large.truth[f"easi_fraction_{what}_w{visit}"] for what in ("mean", "sd"))
    assert abs(rows["easi_fraction"].mean() - mean) < Z * sd / np.sqrt(N)
    error = np.sqrt(((rows["easi_fraction"] - mean) ** 2).var() / N)
    assert abs(rows["easi_fraction"].var() - sd**2) < Z * error
    for rule in ("easi75", "easi90"):
        for suffix, group in (
            ("", rows),
            ("_female", rows[rows["female"] == 1]),
            ("_male", rows[rows["female"] == 0]),
        ):
            p = large.truth[f"{rule}_w{visit}{suffix}"]
            error = np.sqrt(p * (1 - p) / len(group))
            # the 0.1 grid moves a response by at most a few in a thousand
            assert abs(group[rule].mean() - p) < Z * error + 0.004, (rule, suffix)


def test_the_effect_of_sex_on_easi90_is_the_declared_one(large):
    rows = at(large, 52)
    counts = rows.groupby("female")["easi90"].agg(["sum", "count"])
    odds = counts["sum"] / (counts["count"] - counts["sum"])
    error = np.sqrt((1 / counts["sum"] + 1 / (counts["count"] - counts["sum"])).sum())
    assert abs(np.log(odds[1] / odds[0]) - 0.9) < Z * error
    assert large.truth["sex_log_odds_ratio"] == 0.9
    women, men = (large.truth[f"easi90_w52_{sex}"] for sex in ("female", "male"))
    assert special.logit(women) - special.logit(men) == pytest.approx(0.9, abs=1e-6)


def test_the_fraction_is_independent_of_baseline_and_worse_with_high_ldh(large):
    rows = at(large, 52)
    base, fraction = rows["easi_baseline"], rows["easi_fraction"]
    assert abs(np.corrcoef(base, fraction)[0, 1]) < Z / np.sqrt(N)
    logit = special.logit(np.clip(fraction, 0.002, 0.998))
    z = (np.log(rows["ldh_baseline"]) - large.truth["ldh_log_mean_w0"]) / large.truth[
        "ldh_log_sd_w0"
    ]
    slope = np.polyfit(z, logit, 1)[0]
    assert slope == pytest.approx(large.truth["ldh_shift"], abs=Z * logit.std() / np.sqrt(N) + 0.01)
    none = simulate_patients(seed=20, n_patients=20_000, ldh_shift=0.0, sex_log_odds_ratio=0.0)
    rows = at(none, 52)
    assert abs(stats.spearmanr(rows["ldh_baseline"], rows["easi_fraction"])[0]) < Z / np.sqrt(
        20_000
    )
    assert none.truth["sex_shift"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.8])
def test_visits_are_correlated_as_declared_on_the_latent_scale(correlation):
    cohort = simulate_patients(
        seed=3, n_patients=20_000, correlation=correlation, sex_log_odds_ratio=0.0, ldh_shift=0.0
    )
    assert cohort.truth["correlation"] == correlation
    error = Z * (1 - correlation**2) / np.sqrt(20_000)
    upper = np.triu_indices(4, 1)
    for name in LABS:
        logs = np.log(wide(cohort.frame, name))
        assert np.abs(np.corrcoef(logs.T)[upper] - correlation).max() < error
    # rank correlation of the latent normals: 6/pi asin(rho/2), exact for a Gaussian copula
    fractions = wide(cohort.frame, "easi_fraction")[:, 1:]
    rank = 6 / np.pi * np.arcsin(correlation / 2)
    found = stats.spearmanr(fractions)[0][np.triu_indices(3, 1)]
    assert np.abs(found - rank).max() < 1.5 * Z / np.sqrt(20_000)


def test_outcomes_of_one_visit_are_correlated_as_declared():
    cohort = simulate_patients(seed=3, n_patients=20_000, sex_log_odds_ratio=0.0, ldh_shift=0.0)
    rows = at(cohort, 16)[["easi_fraction", "nrs", "poem", "dlqi"]]
    rank = 6 / np.pi * np.arcsin(np.array(OUTCOME_CORRELATION) / 2)
    # ties of the whole numbers lower a rank correlation a little
    assert np.abs(stats.spearmanr(rows)[0] - rank).max() < 1.5 * Z / np.sqrt(20_000) + 0.01


def test_over_many_seeds_of_the_study_size_the_average_is_the_truth():
    cohorts = [simulate_patients(seed=seed) for seed in range(200)]
    for name, visit in (("easi", 52), ("nrs", 16), ("dlqi", 0), ("ldh", 32)):
        means = np.array([at(c, visit)[name].mean() for c in cohorts])
        truth, sd = (cohorts[0].truth[f"{name}_{what}_w{visit}"] for what in ("mean", "sd"))
        assert abs(means.mean() - truth) < Z * sd / np.sqrt(200 * 99)
        # cohorts differ as independent samples do: 200 seeds give the SD of the mean to 5 %
        assert means.std() == pytest.approx(sd / np.sqrt(99), rel=0.25)


def test_every_value_is_one_a_patient_file_may_hold():
    cohort = simulate_patients(seed=6, n_patients=5_000)
    raw = cohort.frame[
        [c for c in cohort.frame if c in OUTCOMES or c in ("patient", "visit", "age", *SHARES)]
    ]
    cells = {name: [cell(x) for x in raw[name].tolist()] for name in raw}
    found, messages = patient_frame(Table("simulated", cells, tuple(range(len(raw))), "row"))
    pd.testing.assert_frame_equal(found, raw)
    assert messages == ()
    assert at(cohort, 0)["easi"].between(*EASI_BASELINE[2:]).all()


def test_characteristics_have_the_shares_of_the_study():
    cohort = simulate_patients(seed=8)
    patients = at(cohort, 0)
    counts = patients[list(SHARES)].sum().to_dict()
    assert counts == {"female": 41, "adult_onset": 6, "concomitant": 17, "prior_cyclosporine": 53}
    big = at(simulate_patients(seed=8, n_patients=N), 0)
    mean, sd, low, high = AGE
    assert abs(big["age"].mean() - mean) < Z * sd / np.sqrt(N)
    assert big["age"].std() == pytest.approx(sd, rel=0.02)
    assert (big["age"].min(), big["age"].max()) == (low, high)
    assert cohort.frame.groupby("patient")[list(SHARES)].nunique().eq(1).all(axis=None)


def test_cut_offs_are_exceeded_as_declared(large):
    for name, cutoff in CUTOFFS.items():
        for visit in STUDY_VISITS:
            column = f"{name}_{'ge' if cutoff.inclusive else 'gt'}_{cutoff.value:g}_w{visit}"
            p = large.truth[column]
            assert abs(at(large, 0)[column].mean() - p) < Z * np.sqrt(p * (1 - p) / N) + 5e-4


def test_missing_visits_are_as_many_as_declared_and_change_nothing_else():
    full = simulate_patients(seed=9, n_patients=10_000).frame
    gaps = simulate_patients(seed=9, n_patients=10_000, missing=0.2, missing_labs=0.3).frame
    later = gaps[gaps["visit"] > 0]
    tolerance = Z * 0.5 / np.sqrt(30_000)
    assert later["easi"].isna().mean() == pytest.approx(0.2, abs=tolerance)
    assert later["ldh"].isna().mean() == pytest.approx(1 - 0.8 * 0.7, abs=tolerance)
    first = gaps[gaps["visit"] == 0]
    assert not first["easi"].isna().any()
    assert first["ldh"].isna().mean() == pytest.approx(0.3, abs=tolerance * np.sqrt(3))
    assert (later["easi"].isna() == later["nrs"].isna()).all()
    for name in OUTCOMES:
        seen = gaps[name].notna()
        assert (gaps.loc[seen, name] == full.loc[seen, name]).all()


def test_a_cohort_says_what_it_is_and_repeats_with_its_seed():
    cohort = simulate_patients(seed=1)
    assert cohort.evidence == "simulated"
    assert (
        cohort.label
        == "SIMULATED patients (seed 1) with known parameters: not the paper's patients"
    )
    assert (cohort.n_patients, cohort.visits, cohort.source) == (99, STUDY_VISITS, "seed 1")
    assert simulate_patients(seed=1).hash() == cohort.hash() != simulate_patients(seed=2).hash()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"n_patients": 1}, "n_patients is 1, allowed is 2"),
        ({"correlation": 1.0}, "correlation is 1, allowed is 0 to 1"),
        ({"correlation": -0.1}, r"correlation is -0\.1, allowed is 0"),
        ({"missing": 1.0}, "missing is 1, allowed"),
        ({"missing_labs": -1}, "missing_labs is -1, allowed"),
        ({"seed": -1}, "seed is -1, allowed is 0"),
        ({"ldh_shift": 40.0}, "cannot have the declared mean, SD and effect"),
    ],
)
def test_impossible_wishes_are_refused(changes, sentence):
    with pytest.raises(DataError, match=sentence):
        simulate_patients(**changes)


def test_declared_moments_are_the_printed_ones():
    if not LEDGER.exists():
        pytest.skip(
            "the printed numbers (../shared/paper/published.csv) are not beside the repository"
        )
    with LEDGER.open(encoding="utf-8", newline="") as file:
        printed = {row["id"]: row["numeric"] for row in csv.DictReader(file)}

    def moments(name, visit, table):
        place = "baseline" if visit == 0 else f"w{visit}"
        return tuple(float(printed[f"{table}.{name}.{place}.{what}"]) for what in ("mean", "sd"))

    assert moments("easi", 0, "table2") == EASI_BASELINE[:2]
    for table, declared in (("table2", SCORES), ("table3", LABS)):
        for name, values in declared.items():
            assert tuple(moments(name, visit, table) for visit in STUDY_VISITS) == values, name
    for visit, (mean, sd) in RESIDUAL_FRACTION.items():
        assert 100 - 100 * mean == pytest.approx(
            float(printed[f"table2.easi.w{visit}.pct_change_mean"])
        )
        assert 100 * sd == pytest.approx(float(printed[f"table2.easi.w{visit}.pct_change_sd"]))
    assert AGE[0] == float(printed["table1.age.mean"])


def test_mixed_model_draws_have_the_declared_moments():
    means, tau, sigma, n = (30.0, 8.0, 5.0, 3.5), 3.0, 4.0, 40_000
    frame = simulate_mixed_model(seed=5, n_patients=n, means=means, tau=tau, sigma=sigma)
    assert list(frame.columns) == ["patient", "visit", "y"]
    y = wide(frame, "y")
    total = tau**2 + sigma**2
    assert np.abs(y.mean(0) - means).max() < Z * np.sqrt(total / n)
    covariance = np.cov(y.T)
    assert np.abs(np.diag(covariance) - total).max() < Z * total * np.sqrt(2 / n)
    between = covariance[np.triu_indices(4, 1)]
    assert np.abs(between - tau**2).max() < Z * np.sqrt((total**2 + tau**4) / n)
    assert (np.abs(stats.skew(y)) < Z * np.sqrt(6 / n)).all()


def test_mixed_model_takes_any_visits_and_refuses_what_does_not_match():
    frame = simulate_mixed_model(
        seed=1, n_patients=2, means=(1.0, 2.0), visits=(0, 8), tau=0, sigma=0
    )
    assert frame["y"].tolist() == [1, 2, 1, 2]
    assert frame["visit"].tolist() == [0, 8, 0, 8]
    assert frame["patient"].tolist() == ["S001", "S001", "S002", "S002"]
    with pytest.raises(DataError, match="2 means for 4 visits: give one mean a visit"):
        simulate_mixed_model(means=(1.0, 2.0))
    with pytest.raises(DataError, match="sigma is -1, allowed is 0"):
        simulate_mixed_model(sigma=-1)
