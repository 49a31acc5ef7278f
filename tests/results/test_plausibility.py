"""Plausible patients pass, and each kind of artefact is seen by the row that is there for it."""

import numpy as np
import pandas as pd
import pytest
from scipy import special

from adbayes.cohort.assumptions import Assumptions
from adbayes.cohort.derive import derive, is_derived
from adbayes.cohort.reconstructed import ReconstructedCohort
from adbayes.cohort.simulate import simulate_patients
from adbayes.cohort.targets import reconstruction_targets
from adbayes.errors import DataError
from adbayes.paper.published import load_published
from adbayes.results.plausibility import COLUMNS, plausibility
from adbayes.results.recomputed import Recomputed

ASSUMED = Assumptions(
    fraction_correlation=0.5,
    score_correlation=0.5,
    baseline_correlation=0.5,
    lab_correlation=0.5,
    persistence=1.0,
)
# One predictor is enough where the others are not looked at.
PRINTED = load_published()
SEX_ONLY = PRINTED[(PRINTED["table"] != "table5") | (PRINTED["term"] == "female")]


def cohort_of(frame: pd.DataFrame, assumptions: Assumptions = ASSUMED) -> ReconstructedCohort:
    raw = frame[[name for name in frame.columns if not is_derived(str(name))]]
    return ReconstructedCohort(
        derive(raw), "reconstructed", "made up", "x", index=3, assumptions=assumptions
    )


@pytest.fixture(scope="module")
def plausible() -> ReconstructedCohort:
    frame = simulate_patients(seed=6, n_patients=200, correlation=0.5, missing_labs=0.1).frame
    labs = frame[["ige", "tec", "ldh"]].round().clip(lower=1)
    return cohort_of(frame.assign(**labs))


@pytest.fixture(scope="module")
def table(plausible: ReconstructedCohort) -> pd.DataFrame:
    return plausibility(plausible, SEX_ONLY)


@pytest.fixture(scope="module")
def artefacts(plausible: ReconstructedCohort) -> pd.DataFrame:
    """Two points, a heap, a visit that knows nothing of the others, a constant."""
    frame = plausible.frame.copy()
    at = frame["visit"] == 32
    frame.loc[at, "poem"] = np.where(frame.loc[at, "poem"] > 9, 14.0, 3.0)
    frame.loc[at, "dlqi"] = frame.loc[at, "dlqi"].sample(frac=1, random_state=1).to_numpy()
    frame.loc[(frame["visit"] == 16) & frame["tec"].between(500, 560), "tec"] = 501.0
    frame.loc[frame["visit"] == 52, "nrs"] = 2.0
    return plausibility(cohort_of(frame), SEX_ONLY)


def one(table: pd.DataFrame, kind: str, outcome: str, visit: int, other: str = "") -> pd.Series:
    found = table[
        (table["kind"] == kind)
        & (table["outcome"] == outcome)
        & (table["visit"] == visit)
        & (table["with"] == other)
    ]
    return found.iloc[0]


def test_every_feature_has_its_row(table: pd.DataFrame) -> None:
    assert tuple(table.columns) == COLUMNS
    counts = table["kind"].value_counts()
    assert counts.to_dict() == {
        "margin": 28, "distinct": 28, "commonest": 28, "visits": 42, "outcomes": 24,
        "response_odds": 2,
    }  # fmt: skip
    assert not table.duplicated(["kind", "outcome", "visit", "with"]).any()
    assert set(table["cohort"]) == {3}


def test_draws_of_the_base_model_are_plausible(table: pd.DataFrame) -> None:
    shapes = table[table["kind"].isin(["margin", "distinct", "commonest"])]
    assert shapes["distance"].abs().max() < 5
    # Agreeing moments make a sample closer to its margin than the usual sample is.
    assert shapes.loc[shapes["kind"] == "margin", "distance"].median() < 0
    assert abs(shapes.loc[shapes["kind"] == "distinct", "distance"].mean()) < 1
    # The simulator's correlation is latent, and that of whole numbers a little smaller.
    near = table[(table["kind"] == "visits") & (table["expected"] == 0.5)]
    assert len(near) > 20
    assert near["distance"].abs().median() < 2


def test_a_seed_makes_the_samples(plausible: ReconstructedCohort) -> None:
    small = plausibility(plausible, SEX_ONLY, samples=5)
    pd.testing.assert_frame_equal(plausibility(plausible, SEX_ONLY, samples=5), small)
    other = plausibility(plausible, SEX_ONLY, samples=5, seed=1)
    assert not other["expected"].equals(small["expected"])
    with pytest.raises(DataError, match="samples is 1, at least 2"):
        plausibility(plausible, samples=1)


def test_two_points_are_seen(artefacts: pd.DataFrame) -> None:
    assert one(artefacts, "margin", "poem", 32)["distance"] > 5
    assert one(artefacts, "distinct", "poem", 32)["value"] == 2
    assert one(artefacts, "distinct", "poem", 32)["distance"] < -5
    assert one(artefacts, "commonest", "poem", 32)["distance"] > 5


def test_a_heap_of_one_laboratory_value_is_seen(artefacts: pd.DataFrame) -> None:
    assert one(artefacts, "commonest", "tec", 16)["distance"] > 5
    assert one(artefacts, "commonest", "tec", 32)["distance"] < 5


def test_visits_that_know_nothing_of_each_other_are_seen(artefacts: pd.DataFrame) -> None:
    row = one(artefacts, "visits", "dlqi", 32, "week 16")
    assert row["expected"] == 0.5
    assert row["distance"] < -5
    expected = (np.arctanh(row["value"]) - np.arctanh(0.5)) * np.sqrt(200 - 3)
    assert row["distance"] == pytest.approx(expected)
    assert one(artefacts, "outcomes", "poem", 32, "dlqi")["distance"] < -5


def test_what_has_no_smooth_margin_says_why(artefacts: pd.DataFrame) -> None:
    row = one(artefacts, "margin", "nrs", 52)
    assert np.isnan(row["distance"])
    assert row["note"] == "nrs does not vary among the 200 patients"
    assert np.isnan(one(artefacts, "visits", "nrs", 52, "week 32")["value"])


def test_correlations_are_taken_on_the_scale_of_the_base_model(
    plausible: ReconstructedCohort, table: pd.DataFrame
) -> None:
    wide = plausible.frame.pivot_table(index="patient", columns="visit", values=["easi", "ige"])
    fractions = wide["easi"].div(wide["easi"][0], axis=0)
    row = one(table, "visits", "easi", 52, "week 16")
    assert row["value"] == pytest.approx(fractions[16].corr(fractions[52]))
    assert row["expected"] == pytest.approx(0.5**1.5)
    assert one(table, "visits", "easi", 52, "week 0")["expected"] == 0
    logs = np.log(wide["ige"])
    expected = logs[32].corr(logs[52])
    assert one(table, "visits", "ige", 52, "week 32")["value"] == pytest.approx(expected)


@pytest.fixture(scope="module")
def late_effect() -> pd.DataFrame:
    """Sex decides week 52 alone: the fraction of EASI left is independent of it before."""
    rng = np.random.default_rng(8)
    n = 300
    female = 1.0 * (rng.random(n) < 0.5)
    base = np.round(16 + 40 * rng.random(n), 1)
    latent = rng.standard_normal(n)
    rows = []
    for week, effect in ((0, 0.0), (16, 0.0), (32, 0.0), (52, 1.8)):
        logit = -2 + 0.7 * latent + 0.7 * rng.standard_normal(n) - effect * (female - 0.5)
        easi = base if week == 0 else np.round(base * special.expit(logit), 1)
        rows.append(
            pd.DataFrame({"patient": range(n), "visit": week, "easi": easi, "female": female})
        )
    frame = pd.concat(rows).sort_values(["patient", "visit"], ignore_index=True)
    return frame.assign(patient=frame["patient"].astype(str))


def test_a_predictor_that_works_at_the_last_visit_alone_is_seen(late_effect: pd.DataFrame) -> None:
    odd = cohort_of(late_effect)
    found = plausibility(odd, SEX_ONLY, samples=5)
    row = one(found, "response_odds", "easi90", 32, "female")
    assert row["distance"] < -3
    last = Recomputed(odd, reconstruction_targets(SEX_ONLY)).odds(("female",), 52)
    assert not isinstance(last, str)
    assert row["expected"] == pytest.approx(float(last.loc["female", "firth"]))
    none = cohort_of(late_effect, Assumptions(persistence=0.0))
    row = one(plausibility(none, SEX_ONLY, samples=5), "response_odds", "easi90", 32, "female")
    assert row["expected"] == 0
    assert abs(row["distance"]) < 3
