"""NRS of a small study of another shape, given EASI and the groups of LDH."""

import copy
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from adbayes.cohort.assumptions import Assumptions
from adbayes.cohort.score_stages import ScoreStages, _variances
from adbayes.cohort.scores import Grouping
from adbayes.cohort.stages import Effort
from adbayes.cohort.targets import Targets, reconstruction_targets
from adbayes.errors import DataError


def printed(ledger: pd.DataFrame, week: int, statistic: str) -> float:
    rows = ledger[(ledger["table"] == "table2") & (ledger["variable"] == "nrs")]
    rows = rows[(rows["visit"] == week) & (rows["statistic"] == statistic)]
    return float(rows["numeric"].iloc[0])


def test_moments_are_those_of_the_print(
    scores_found: ScoreStages, small_ledger: pd.DataFrame
) -> None:
    x = scores_found.values["nrs"]
    assert x.shape == (3, 40)
    assert x[0].min() >= 1
    assert x.min() >= 0
    assert x.max() <= 10
    units = []
    for v, week in enumerate((0, 12, 24)):
        units += [x[v].mean() - printed(small_ledger, week, "mean")]
        units += [x[v].std(ddof=1) - printed(small_ledger, week, "sd")]
        if week:
            change = 100 * (x[0] - x[v]) / x[0]
            units += [change.mean() - printed(small_ledger, week, "pct_change_mean")]
            units += [change.std(ddof=1) - printed(small_ledger, week, "pct_change_sd")]
    off = np.abs(100 * np.array(units))
    assert off.max() <= 1.5  # units of the last digit
    assert (off <= 0.5 + 1e-6).sum() >= 8  # of ten


def test_groups_and_the_correlation_are_those_of_the_print(
    scores_found: ScoreStages, small_ledger: pd.DataFrame
) -> None:
    x, easi = scores_found.values["nrs"], scores_found.values["easi"]
    change, groups = 100 * (x[0] - x[2]) / x[0], scores_found.labels["ldh_ge_250_w0"]
    rows = small_ledger[(small_ledger["table"] == "table4") & (small_ledger["variable"] == "nrs")]
    low, high, p = rows["numeric"]
    # Printed to one decimal, p and r to two: a unit of the last digit.
    found = change[groups == 0], change[groups == 1]
    assert found[0].mean() == pytest.approx(low, abs=0.1)
    assert found[1].mean() == pytest.approx(high, abs=0.1)
    assert stats.ttest_ind(*found, equal_var=False).pvalue == pytest.approx(p, abs=0.01)
    r = small_ledger.loc[small_ledger["table"] == "fig2", "numeric"].iloc[0]
    assert np.corrcoef(easi[2], x[2])[0, 1] == pytest.approx(r, abs=0.01)


def test_visits_go_together_as_assumed(scores_found: ScoreStages) -> None:
    r = np.corrcoef(scores_found.values["nrs"])
    assumed = scores_found.assumptions
    # 0.1 around a correlation with baseline, 0.04 between later visits; both are choices.
    assert r[0, 1:] == pytest.approx(assumed.baseline_correlation, abs=0.13)
    assert r[1, 2] == pytest.approx(assumed.score_correlation, abs=0.07)


def test_latent_values_are_tied_to_what_was_found_before(scores_found: ScoreStages) -> None:
    def of_seed(seed: int) -> np.ndarray:
        build = copy.copy(scores_found)
        build.seed = seed
        return build._score_latent("nrs", ["easi"], [0.5], 0)

    many = [of_seed(seed) for seed in range(200)]
    easi = [stats.norm.ppf((stats.rankdata(x) - 0.5) / 40) for x in scores_found.values["easi"]]
    for v, wanted in ((0, 0.25), (1, 0.5), (2, 0.5)):
        r = [np.corrcoef(latent[v], easi[v])[0, 1] for latent in many]
        # Four Monte Carlo standard errors of 200 correlations of 40, and 0.02 for their bias.
        assert np.mean(r) == pytest.approx(wanted, abs=4 / np.sqrt(40 * 200) + 0.02)
        assert np.std([latent[v].std() for latent in many]) < 0.2
        assert np.mean([latent[v].var() for latent in many]) == pytest.approx(1, abs=0.07)


def test_a_handful_is_found_first_and_kept(
    scores_found: ScoreStages, monkeypatch: pytest.MonkeyPatch
) -> None:
    from adbayes.cohort import score_stages

    moved: list[tuple[int, int | None]] = []
    settle = score_stages.settle

    def watched(problem, state, schedule, rng):
        movable = getattr(problem, "movable", np.ones(40, dtype=bool))
        windows = getattr(problem, "windows", None)
        moved.append((int(movable.sum()), None if windows is None else len(windows)))
        return settle(problem, state, schedule, rng)

    monkeypatch.setattr(score_stages, "settle", watched)
    build = copy.copy(scores_found)
    short = ((1000, 10.0, 1.0),)
    build.effort = replace(
        build.effort,
        rough=short,
        few=short,
        cool=short,
        mend=short,
        finish=short,
        jumps=1,
    )
    build.values, build.missed = dict(build.values), {}
    build.labels = dict(build.labels)
    few = np.where(np.arange(40) < 6, 1, np.where(np.arange(40) < 35, 0, -1))
    build.labels["ldh_ge_250_w0"] = few.astype(np.int8)
    build._score("nrs", ["easi"])
    # All roughly, the six alone on their mean and p, then the others; the visit between has no groups.
    assert moved[:3] == [(40, None), (6, 2), (34, None)]
    # So short a search comes nowhere near: the score is drawn again, and found in the same way.
    again = moved.index((6, 2), 2)
    assert moved[again - 1 : again + 2] == moved[:3]
    assert moved.count((6, 2)) == 1 + 3 * build.effort.redrawn
    assert set(moved) == {(40, None), (6, 2), (34, None)}


def test_variances_are_those_for_which_means_and_p_go_together() -> None:
    n, sizes, sd = 99, (30, 43), 29.3
    labels = np.repeat(np.array([0, 1, -1], dtype=np.int8), [*sizes, 26])
    t = stats.t.isf(0.92 / 2, sum(sizes) - 2)
    asked = Grouping(labels, (67.6, 67.6), (66.9, 66.9), (0.92, 0.92))
    found = _variances([asked], sd, n)
    error = 0.7 / t
    assert found[labels == 0][0] / 30 + found[labels == 1][0] / 43 == pytest.approx(
        (error / sd) ** 2
    )
    assert found.sum() == pytest.approx(n)
    # Equal variances have a standard error of their own: nothing to mend then.
    equal = sd * np.sqrt(1 / 30 + 1 / 43) * t
    mended = Grouping(labels, (67.6, 67.6), (67.6 - equal, 67.6 - equal), (0.92, 0.92))
    assert _variances([mended], sd, n) == pytest.approx(1, abs=1e-9)
    # A bound says nothing of a standard error.
    assert (_variances([replace(asked, p_value=(0.0, 0.001))], sd, n) == 1).all()
    assert _variances([replace(asked, p_value=(0.999, 0.999))], sd, n).max() == 2.25


def test_a_moment_that_is_not_printed_is_missed(scores_found: ScoreStages) -> None:
    with pytest.raises(DataError, match="table2 prints no mean of poem at week 0"):
        scores_found._score_problem("poem", 2, [], [], free_base=True)
    with pytest.raises(DataError, match="moments of ldh, which is no bounded score"):
        scores_found._score_problem("ldh", 2, [], [], free_base=True)


@pytest.mark.parametrize(
    ("draws", "taken", "drawn"),
    [
        # near (no printed number but p is left over, and every p within 0.002), beside, missed
        ([(True, 0, 1.0)], 0, 1),  # agrees at once
        ([(True, 0, 9.0), (True, 0, 5.0), (True, 0, 7.0)], 1, 3),  # near: the nearest of the usual number
        ([(False, 0, 4.0), (False, 0, 5.0), (False, 1, 4.0), (True, 0, 6.0)], 3, 4),  # on until one is
        ([(False, 1, 4.0)] * 6 + [(False, 0, 9.0)], 6, 7),  # never: means before p values
        ([(False, 0, 90.0)] + [(False, 1, 4.0)] * 6, 1, 7),  # never: what is far off comes last
    ],
)  # fmt: skip
def test_a_score_is_drawn_again_until_it_is_near(
    draws: list[tuple[bool, int, float]], taken: int, drawn: int,
    small_ledger: pd.DataFrame, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    targets = Targets(reconstruction_targets(small_ledger))
    stages = ScoreStages(1, Assumptions(guesses={}), targets, Effort(redrawn=2), lambda _: None)
    numbers: list[int] = []

    def draw(name: str, done: list[str], number: int) -> np.ndarray:
        numbers.append(number)
        near, beside, missed = draws[number]
        stages.near, stages.beside = near, beside
        stages.missed[f"{name}, week 24"] = missed
        return np.array([number])

    monkeypatch.setattr(stages, "_score_drawn", draw)
    stages._score("nrs", [])
    assert stages.values["nrs"].tolist() == [taken]
    assert len(numbers) == drawn
    assert stages.missed == {"nrs, week 24": draws[taken][2]}
