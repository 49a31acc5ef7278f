"""Several predictors in one regression: brought nearer to print, while each keeps its own row."""

import numpy as np
import pandas as pd
import pytest

from adbayes.cohort.joint import JointProblem, fit_joint, search_joint
from adbayes.cohort.labels import LabelProblem, search_labels
from adbayes.cohort.odds_row import OddsRow
from adbayes.cohort.polish import excess
from adbayes.cohort.score_stages import ScoreStages
from adbayes.errors import DataError
from adbayes.results.frequentist import logistic

N = 60


def row(X: pd.DataFrame, y: np.ndarray, term: str) -> OddsRow:
    """A row as it would be printed: ratios to two decimals, p to three."""
    found = logistic(X, y.astype(float)).table.set_index("term").loc[term]
    ratios = np.exp(found[["estimate", "ci_low", "ci_high"]].to_numpy(dtype=float)).round(2)
    p = round(float(found["p_value"]), 3)
    return OddsRow(*((v - 0.005, v + 0.005) for v in ratios), p_value=(p - 0.0005, p + 0.0005))


def known() -> tuple[JointProblem, np.ndarray]:
    """A problem rounded from known labels, and the labels."""
    rng = np.random.default_rng(4)
    x = rng.standard_normal(N).round(1)
    x = (x - x.mean()) / x.std()
    z = (rng.random((3, N)) < [[0.5], [0.4], [0.35]]).astype(np.int8)
    z[2, rng.permutation(N)[:8]] = -1
    p = 1 / (1 + np.exp(-0.5 * x - 0.9 * z[0] + 0.7 * z[1] - 0.3 * z[2]))
    y = (rng.random(N) < p).astype(np.int8)
    own = []
    for k in range(3):
        seen = z[k] >= 0
        X = pd.DataFrame({"Intercept": 1.0, "z": z[k, seen].astype(float), "x": x[seen]})
        own.append(LabelProblem(x, y, row(X, y[seen], "z"), masks_move=k == 2))
    seen = z[2] >= 0
    X = pd.DataFrame(
        {"Intercept": 1.0, "x": x[seen], **dict(zip("abc", z[:, seen] * 1.0, strict=True))}
    )
    return JointProblem(x, y, own, [row(X, y[seen], term) for term in "abc"]), z


@pytest.fixture(scope="module")
def start() -> np.ndarray:
    """Labels that have their own rows, found without a look at the joint regression."""
    problem, z = known()
    found = []
    for k, own in enumerate(problem.own):
        rng = np.random.default_rng(k)
        mixed = z[k].copy()
        mixed[z[k] >= 0] = rng.permutation(z[k][z[k] >= 0])
        found.append(search_labels(own, [mixed], 2000, k)[0])
    return np.array(found)


@pytest.fixture(scope="module")
def found(start: np.ndarray) -> np.ndarray:
    return search_joint(known()[0], start, 4, 4, 1)


def test_the_known_labels_have_the_printed_joint_numbers() -> None:
    problem, z = known()
    assert problem.missed(z) == 0
    assert problem.cost(problem.numbers(z[None]), 1e-3)[0] == 0


def test_limits_of_the_present_state_stand_in_for_those_of_a_near_one() -> None:
    problem, z = known()
    exact = problem.numbers(z[None])
    se = exact[0, :, 0] / exact[0, :, 3]
    skew = exact[0, :, 1:3] - exact[0, :, :1] - 1.959963984540054 * np.outer(se, [-1, 1])
    assert problem.numbers(z[None], skew) == pytest.approx(exact, abs=1e-9)
    assert np.abs(skew).max() > 0.01  # Wald limits alone would not do


def test_the_joint_regression_comes_nearer(start: np.ndarray, found: np.ndarray) -> None:
    problem, _ = known()
    assert problem.missed(start) > 50
    assert problem.missed(found) < problem.missed(start) / 10


def test_every_predictor_keeps_its_own_row_and_counts(start: np.ndarray, found: np.ndarray) -> None:
    problem, _ = known()
    assert (found != start).any(1).all()
    for own, before, after in zip(problem.own, start, found, strict=True):
        rows = own.rows(np.array([before, after]))
        missed = excess(rows, np.ones(rows.shape[1]))
        assert missed[1] <= missed[0] + 1e-9
        assert np.bincount(after + 1).tolist() == np.bincount(before + 1).tolist()
    assert (found >= 0).all(0).sum() == (start >= 0).all(0).sum()


def test_equal_seeds_give_equal_labels(start: np.ndarray) -> None:
    problem, _ = known()
    one, same, other = (search_joint(problem, start, 1, 1, seed) for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()


def test_labels_that_separate_have_no_joint_numbers(start: np.ndarray) -> None:
    problem, _ = known()
    apart = start.copy()
    apart[0] = problem.response
    assert np.isnan(problem.numbers(apart[None])).all()
    assert problem.missed(apart) > 1e3


def test_a_predictor_that_is_not_reconstructed_is_refused(classes_found: ScoreStages) -> None:
    table = classes_found.targets.table
    joint = table[table["table"] == "table5"].assign(table="table6", term="smoker")
    classes_found.targets = type(classes_found.targets)(pd.concat([table, joint]))
    with pytest.raises(DataError, match="table6 has the predictor smoker"):
        fit_joint(classes_found)


def test_without_a_joint_table_nothing_changes(classes_found: ScoreStages) -> None:
    before = {name: z.copy() for name, z in classes_found.labels.items()}
    fit_joint(classes_found)
    assert all((classes_found.labels[name] == z).all() for name, z in before.items())
