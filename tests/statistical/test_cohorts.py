"""The embedded cohorts as an ensemble: what each of them must be, and that they are not one another.

Printed numbers agree by construction; this holds the files to it. What may be left over is said here,
and nowhere else.
"""

from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from adbayes.cohort.library import embedded_count, load_cohort, rebuild
from adbayes.cohort.outcomes import OUTCOMES
from adbayes.cohort.reconstructed import ReconstructedCohort
from adbayes.paper.published import load_published
from adbayes.results.fidelity import fidelity, fidelity_by_table, placed

ODDS_MATCHED = 0.85
"""Share of the p values of Table 4 and of Table 5 printed as they were."""

MATCHED = 0.95
"""Share of all 260 targets printed as they were."""

FIDELITY = Path(__file__).parents[1] / "reference" / "fidelity.csv"
"""Counts of printed numbers met, by cohort, table and kind: `fidelity_by_table` of every cohort."""

EXACT = ("table1", "table2", "table3", "fig1", "fig2")
COHORTS = range(embedded_count())


@pytest.fixture(scope="module")
def cohorts() -> list[ReconstructedCohort]:
    return [load_cohort(index) for index in COHORTS]


@pytest.fixture(scope="module")
def exact() -> pd.DataFrame:
    """The ledger of what must agree. Its stars are of mixed models, which no search is shown."""
    ledger = load_published()
    sizes = (ledger["table"] == "table4") & (ledger["statistic"] == "n")
    return ledger[
        (ledger["table"].isin(EXACT) & ~ledger["statistic"].isin({"p_value"})) | sizes
    ]  # fmt: skip


@pytest.mark.parametrize("index", COHORTS)
def test_every_line_says_that_the_patients_are_invented(index: int) -> None:
    text = files("adbayes.cohort").joinpath(f"embedded/cohort{index:02d}.csv").read_text("utf-8")
    head, rows = (
        [line for line in text.splitlines() if line.startswith("#") is wanted]
        for wanted in (True, False)
    )
    assert head[0] == "# synthetic = true"
    assert any("not patient data" in line for line in head)
    assert f"# seed = {index}" in head
    assert rows[0].split(",")[-1] == "synthetic"
    assert len(rows) == 1 + 99 * 4
    assert all(line.endswith(",true") for line in rows[1:])


@pytest.mark.parametrize("index", COHORTS)
def test_shape_grids_and_ranges(index: int) -> None:
    cohort = load_cohort(index)
    frame = cohort.frame
    assert cohort.evidence == "reconstructed"
    assert (frame["synthetic"] == 1).all()
    assert (cohort.n_patients, cohort.visits) == (99, (0, 16, 32, 52))
    assert len(frame) == 99 * 4
    assert len(frame[["patient", "in_figure_1"]].drop_duplicates()) == 99
    assert frame.drop_duplicates("patient")["in_figure_1"].sum() == 82
    for name, outcome in OUTCOMES.items():
        values = frame[name].dropna()
        if outcome.kind == "lab":
            assert (values >= 1).all()
            assert (values == values.round()).all()
            assert values.nunique() > 150  # values, not a few points that have the moments
            continue
        assert len(values) == 99 * 4
        assert values.between(outcome.low, outcome.high).all()
        steps = values / outcome.step
        assert np.abs(steps - steps.round()).max() < 1e-9
    base = frame[frame["visit"] == 0]
    assert (base["easi"] >= 16).all()
    assert (base[["nrs", "poem", "dlqi"]] >= 1).all(axis=None)
    assert (frame["age"] == frame["age"].round()).all()


@pytest.mark.parametrize("index", COHORTS)
def test_moments_counts_and_correlations_are_those_of_the_print(
    index: int, exact: pd.DataFrame
) -> None:
    found = placed(fidelity(load_cohort(index), exact), exact)
    judged = found[(found["role"] == "target")]
    assert len(judged) > 100
    beside = judged[~judged["matched"].astype(bool)]
    assert beside.empty, beside[["published_id", "published", "reconstructed"]].to_string()


def counted(index: int) -> pd.DataFrame:
    found = fidelity_by_table(fidelity(load_cohort(index)))
    return found.astype({"cohort": int})


def as_committed(index: int) -> None:
    """Every count of printed numbers met is the one in the table that the README quotes."""
    committed = pd.read_csv(FIDELITY, keep_default_na=False)
    committed = committed[committed["cohort"] == index].reset_index(drop=True)
    pd.testing.assert_frame_equal(counted(index), committed, check_dtype=False, rtol=1e-6)


@pytest.mark.parametrize("index", list(COHORTS)[:1])
def test_fidelity_is_as_committed(index: int) -> None:
    as_committed(index)


@pytest.mark.slow
@pytest.mark.parametrize("index", list(COHORTS)[1:])
def test_fidelity_of_every_cohort_is_as_committed(index: int) -> None:
    as_committed(index)


@pytest.mark.parametrize("index", COHORTS)
def test_groups_and_odds_ratios_are_near_the_print(index: int) -> None:
    committed = pd.read_csv(FIDELITY)
    mine = committed[(committed["cohort"] == index) & (committed["role"] == "target")]
    assert mine["numbers"].sum() == 260
    groups = mine[
        ((mine["table"] == "table4") & (mine["kind"] == "p")) | (mine["table"] == "table5")
    ]
    assert groups["numbers"].sum() == 84
    assert groups["matched"].sum() / 84 >= ODDS_MATCHED, groups.to_string()
    assert groups["close"].sum() == 84, groups.to_string()
    means = mine[(mine["table"] == "table4") & (mine["kind"] == "mean")]
    assert int(means["matched"].sum()) == 32, means.to_string()
    assert mine["matched"].sum() / 260 >= MATCHED, mine.to_string()


def test_cohorts_are_not_one_another(cohorts: list[ReconstructedCohort]) -> None:
    seen = [c.frame[c.frame["visit"] == 52].reset_index(drop=True) for c in cohorts]
    for i, one in enumerate(seen):
        for other in seen[:i]:
            # Sorted, so that another order of the same patients would be seen.
            for name in ("easi", "ldh", "tec"):
                mine, theirs = (np.sort(x[name].dropna().to_numpy()) for x in (one, other))
                assert len(mine) != len(theirs) or (mine != theirs).mean() > 0.3
            keys = ["easi", "nrs", "poem", "dlqi", "female"]
            both = one[keys].merge(other[keys], how="inner")
            assert len(both) < 30
    assert len({str(sorted(c.assumptions.describe().items())) for c in cohorts}) == len(cohorts)


@pytest.mark.parametrize("index", COHORTS)
def test_the_visits_of_a_patient_go_together(index: int) -> None:
    frame = load_cohort(index).frame
    pairs = [(0, 16), (0, 32), (0, 52), (16, 32), (16, 52), (32, 52)]
    for name, outcome in OUTCOMES.items():
        values = frame.pivot_table(index="patient", columns="visit", values=name)
        values = np.log(values) if outcome.kind == "lab" else values
        r = values.corr()
        found = np.array([r.loc[a, b] for a, b in pairs])
        # Scores start near their ceiling, which says little of what follows (0.05 and more is assumed, and
        # a search comes within 0.1); between later visits no pair is below 0, and their mean is above
        # two and a half standard errors of a correlation of 99.
        low = -0.1 if outcome.kind == "score" and name != "easi" else 0.0
        assert (found[:3] > low).all(), (name, found)
        assert (found[3:] > 0).all(), (name, found)
        assert found[3:].mean() > 2.5 / np.sqrt(99), (name, found)
        assert (found < 0.97).all(), (name, found)


def test_what_the_print_leaves_open_differs(cohorts: list[ReconstructedCohort]) -> None:
    correlations = []
    for cohort in cohorts:
        wide = cohort.frame.pivot_table(index="patient", columns="visit", values="nrs")
        correlations.append(wide.corr().loc[16, 32])
    # The assumption is drawn between 0.35 and 0.7.
    assert np.std(correlations) > 0.05


@pytest.mark.slow
def test_a_file_is_what_its_seed_gives() -> None:
    text = files("adbayes.cohort").joinpath("embedded/cohort00.csv").read_text("utf-8")
    assert rebuild(0) == text
