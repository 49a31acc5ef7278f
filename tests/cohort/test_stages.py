"""The first stages on a small study of another shape: EASI and characteristics."""

import copy

import numpy as np
import pandas as pd
import pytest

from adbayes.cohort.assumptions import Assumptions
from adbayes.cohort.score_stages import ScoreStages
from adbayes.cohort.stages import Effort, Stages
from adbayes.cohort.targets import Targets, reconstruction_targets
from adbayes.errors import DataError


def build(ledger: pd.DataFrame, assumptions: Assumptions | None = None, seed: int = 1) -> Stages:
    small = Effort(easi=60_000, label=300, attempts=1, trials=1)
    targets = Targets(reconstruction_targets(ledger))
    return Stages(seed, assumptions or Assumptions(guesses={}), targets, small, lambda _: None)


def number(ledger: pd.DataFrame, table: str, variable: str, visit: int, statistic: str) -> float:
    found = ledger[
        (ledger["table"] == table)
        & (ledger["variable"] == variable)
        & (ledger["visit"] == visit)
        & (ledger["statistic"] == statistic)
    ]
    assert len(found) == 1
    return float(found["numeric"].iloc[0])


def test_easi_has_every_printed_number(
    people_found: ScoreStages, small_ledger: pd.DataFrame
) -> None:
    x = people_found.values["easi"]
    assert people_found.missed["EASI"] == 0
    for v, week in enumerate((0, 12, 24)):
        change = 100 * (x[0] - x[v]) / x[0]
        wanted = {"mean": x[v].mean() / 10, "sd": x[v].std(ddof=1) / 10}
        if week:
            wanted |= {"pct_change_mean": change.mean(), "pct_change_sd": change.std(ddof=1)}
            for rule, fall in (("easi75", 75), ("easi90", 90)):
                share = 100 * np.mean(100 * (x[0] - x[v]) >= fall * x[0])
                assert share == pytest.approx(number(small_ledger, "fig1", rule, week, "percent"))
        for statistic, value in wanted.items():
            printed = number(small_ledger, "table2", "easi", week, statistic)
            assert value == pytest.approx(printed, abs=0.005 + 1e-9)
    assert x.shape == (3, 40)
    assert x[0].min() >= 160
    assert (x[1:] <= x[0]).all()


def test_what_follows_from_easi(people_found: ScoreStages) -> None:
    x = people_found.values["easi"]
    assert (people_found.response == (100 * (x[0] - x[2]) >= 90 * x[0])).all()
    assert people_found.baseline.mean() == pytest.approx(0, abs=1e-12)
    assert people_found.baseline.std() == pytest.approx(1)
    # Normal scores of the fraction left: the order of the fractions.
    assert people_found.severity.shape == (2, 40)
    for severity, left in zip(people_found.severity, x[1:] / x[0], strict=True):
        assert (np.argsort(np.argsort(severity)) - np.argsort(np.argsort(left))).max() <= 1
    assert people_found.subset.all()


def test_characteristics_have_their_counts_and_rows(people_found: ScoreStages) -> None:
    assert {name: int((z == 1).sum()) for name, z in people_found.labels.items()} == {
        "female": 17, "prior_cyclosporine": 21,
    }  # fmt: skip
    # All four numbers of a row together, in half units of their last digit.
    assert people_found.missed["female"] < 2
    assert people_found.missed["prior_cyclosporine"] < 5


def test_a_characteristic_goes_with_earlier_visits_as_with_the_last(
    people_found: ScoreStages,
) -> None:
    female = people_found._coherence("female", 17 / 40, 40, 1.0)
    nothing = people_found._coherence("female", 17 / 40, 40, 0.0)
    assert len(female) == len(nothing) == 2
    # More women respond: less severe at the earlier visit, more responders there too.
    assert sum(female[0].interval) < 0 < sum(female[1].interval)
    for k in nothing:
        assert sum(k.interval) == pytest.approx(0, abs=1e-9)
    widths = [k.interval[1] - k.interval[0] for k in female]
    assert widths[0] == pytest.approx(2 * 0.7 * np.sqrt(1 / 17 + 1 / 23))
    assert people_found._coherence("adult_onset", 0.5, 40, 1.0) == []


def test_equal_seeds_give_equal_people(small_ledger: pd.DataFrame) -> None:
    ledger = small_ledger[small_ledger["term"] != "prior_cyclosporine"]
    found = []
    for seed in (1, 1, 2):
        stages = build(ledger, seed=seed)
        stages.people()
        found.append((stages.values["easi"], stages.labels["female"]))
    assert all((a == b).all() for a, b in zip(found[0], found[1], strict=True))
    assert (found[0][0] != found[2][0]).any()


def test_of_several_trials_the_nearest_is_kept(
    small_ledger: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages = build(small_ledger)
    stages.effort = Effort(trials=3)
    misses = [5.0, 1.0, 3.0]

    def easi(number: int) -> None:
        stages.values["easi"] = np.full(3, number)

    def characteristics(enough: float) -> None:
        assert enough == (np.inf, 5.0, 1.0)[int(stages.values["easi"][0])]
        number = int(stages.values["easi"][0])
        stages.labels["female"] = np.full(2, number, dtype=np.int8)
        stages.missed["female"] = misses[number]

    monkeypatch.setattr(stages, "easi", easi)
    monkeypatch.setattr(stages, "characteristics", characteristics)
    stages.people()
    assert stages.missed == {"female": 1.0}
    assert stages.values["easi"].tolist() == [1, 1, 1]
    assert stages.labels["female"].tolist() == [1, 1]


def test_the_first_of_equal_attempts_that_agrees_ends_the_search(
    small_ledger: pd.DataFrame,
) -> None:
    stages = build(small_ledger)
    tried: list[int] = []

    def attempt(k: int) -> tuple[str, float]:
        tried.append(k)
        return f"attempt {k}", [2.0, 0.0, 1.0][k]

    assert stages._best("x", attempt, 3) == "attempt 1"
    assert (tried, stages.missed["x"]) == ([0, 1], 0.0)


@pytest.mark.parametrize(("far_until", "calls"), [(0, 3), (4, 5), (99, 9)])
def test_a_search_goes_on_while_nothing_is_near(
    small_ledger: pd.DataFrame, far_until: int, calls: int
) -> None:
    tried: list[int] = []

    def attempt(k: int) -> tuple[int, float]:
        tried.append(k)
        return k, 10.0 - k

    found = build(small_ledger)._best("x", attempt, 3, lambda k: k >= far_until)
    assert (len(tried), found) == (calls, calls - 1)


def test_a_print_without_responses_takes_everybody(small_ledger: pd.DataFrame) -> None:
    stages = build(small_ledger[small_ledger["table"] != "fig1"])
    stages.easi()
    assert stages.subset.all()
    assert stages.response.sum() == 20  # half of them, for want of a number


def test_patients_outside_a_figure_are_told_apart(small_ledger: pd.DataFrame) -> None:
    shares = {
        ("easi75", 12): 83.33,
        ("easi75", 24): 93.33,
        ("easi90", 12): 26.67,
        ("easi90", 24): 46.67,
    }
    few = small_ledger.copy()
    for (rule, week), share in shares.items():
        here = (few["table"] == "fig1") & (few["variable"] == rule) & (few["visit"] == week)
        few.loc[here, "numeric"] = share
    few = few[~few["variable"].isin({"easi"}) | (few["table"] != "table4")]
    stages = build(few, Assumptions(guesses={}, other_responders=4))
    assert set(stages.targets.response_counts().values()) == {(25, 30), (28, 30), (8, 30), (14, 30)}
    stages.easi()
    assert stages.subset.sum() == 30
    x = stages.values["easi"][:, stages.subset]
    reached = [int((100 * (x[0] - x[v]) >= 90 * x[0]).sum()) for v in (1, 2)]
    assert reached == pytest.approx([8, 14], abs=1)
    assert stages.response.sum() == pytest.approx(18, abs=1)


def test_age_over_30_is_counted_by_the_reading_of_the_bins(small_ledger: pd.DataFrame) -> None:
    rows = small_ledger.iloc[:3].assign(
        variable=["age20_30", "age30_40", "age40_50"], statistic="count", numeric=[25, 10, 5]
    )
    ledger = pd.concat([small_ledger, rows.assign(id=["a", "b", "c"])], ignore_index=True)
    closed = Assumptions(guesses={}, age_bins="right_closed")
    open_ = Assumptions(guesses={}, age_bins="left_closed", aged_at_cut=3)
    assert build(ledger, closed)._over_30() == 15
    assert build(ledger, open_)._over_30() == 12


def test_a_guess_stands_for_a_suspected_misprint(small_ledger: pd.DataFrame) -> None:
    ledger = small_ledger.copy()
    at = ledger.index[
        (ledger["variable"] == "easi")
        & (ledger["visit"] == 12)
        & (ledger["statistic"] == "pct_change_sd")
    ]
    ledger.loc[at, "status"] = "suspected_misprint"
    free = build(ledger)._moments("table2", "pct_change_sd", "easi")
    assert np.isinf(free[1]).all()
    assert np.isfinite(free[2]).all()
    guess = Assumptions(guesses={str(ledger.loc[at[0], "id"]): 9.0})
    assert build(ledger, guess)._moments("table2", "pct_change_sd", "easi")[1] == pytest.approx(
        [8.5, 9.5]
    )


def test_every_stage_has_a_stream_of_its_own(small_ledger: pd.DataFrame) -> None:
    one, same, other = build(small_ledger), build(small_ledger), build(small_ledger, seed=2)
    assert one._number("easi", 0) == same._number("easi", 0)
    numbers = {one._number("easi", 0), one._number("easi", 1), one._number("x"), other._number("x")}
    assert len(numbers) == 4


def test_correlations_fall_with_the_number_of_visits(people_found: ScoreStages) -> None:
    r = people_found._decaying(0.64)
    assert r == pytest.approx(np.array([[1, 0.64, 0.512], [0.64, 1, 0.64], [0.512, 0.64, 1]]))
    with_first = people_found._decaying(0.64, 0.2)
    assert with_first[0] == pytest.approx([1, 0.2, 0.2])
    assert with_first[1, 2] == pytest.approx(0.64)


def test_a_print_that_lacks_what_a_search_needs_is_refused(small_ledger: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="no moments of easi at two visits in table2"):
        build(small_ledger[small_ledger["variable"] != "easi"])
    without = small_ledger[
        ~((small_ledger["variable"] == "easi") & (small_ledger["statistic"] == "sd"))
    ]
    with pytest.raises(DataError, match="table2 prints no sd of easi at week 0"):
        copy.copy(build(without)).easi()
