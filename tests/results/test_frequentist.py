"""The live twin against R, closed forms and its own symmetries."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from adbayes.errors import DataError
from adbayes.results.frequentist import (
    describe_by,
    least_squares,
    logistic,
    random_intercept_reml,
)

REFERENCE = Path(__file__).parents[1] / "reference"
SHARED = Path(__file__).resolve().parents[2] / "../shared/reference/data"

# tests/reference/logistic.R
PRINTED = pd.read_csv(REFERENCE / "logistic.csv")
ROWS = pd.read_csv(REFERENCE / "logistic_data.csv")


def with_intercept(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype(float).assign(**{"(Intercept)": 1.0})


def data_set(name: str, terms: list[str]) -> tuple[pd.DataFrame, pd.Series]:
    long = ROWS[ROWS["set"] == name]
    table = long.pivot_table(index="row", columns="column", values="value")
    return with_intercept(table)[terms], table["y"]


def endometrial() -> tuple[pd.DataFrame, pd.Series]:
    data = pd.read_csv(REFERENCE / "endometrial.csv")
    return with_intercept(data)[["(Intercept)", "NV", "PI", "EH"]], data["HG"]


@pytest.mark.parametrize("name", ["eight", "near", "skewed", "one", "cell", "endometrial"])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_logistic_prints_what_r_prints(name: str, level: float) -> None:
    printed = PRINTED[(PRINTED["set"] == name) & (PRINTED["level"] == level)]
    table = logistic(*data_set(name, list(printed["term"])), ci_prob=level).table
    np.testing.assert_allclose(table["estimate"], printed["estimate"], atol=1e-10)
    # vcov() of the tightest glm is still one iteration behind its estimate.
    np.testing.assert_allclose(table["se"], printed["se"], rtol=1e-6)
    np.testing.assert_allclose(table["ci_low"], printed["low"], atol=1e-7)
    np.testing.assert_allclose(table["ci_high"], printed["high"], atol=1e-7)


def test_logistic_wald_test_of_the_literature() -> None:
    # summary(glm(HG ~ PI + EH, binomial)) of the endometrial data, R 4.2.2
    X, y = endometrial()
    fit = logistic(X[["(Intercept)", "PI", "EH"]], y)
    z, p = fit.table["z"].to_numpy(), fit.table["p_value"].to_numpy()
    np.testing.assert_allclose(z, [3.74817635, -0.56410867, -4.44831669], rtol=1e-7)
    np.testing.assert_allclose(p, [1.78125e-04, 5.7268018e-01, 8.6545865e-06], rtol=1e-6)
    assert (fit.n, fit.events) == (79, 30)


def test_logistic_under_separation_is_the_limit() -> None:
    # tests/reference/logistic.R: uniroot on the deviance for NV, the rows with NV = 0 for the others
    printed = pd.read_csv(REFERENCE / "separated.csv", skipinitialspace=True).set_index("term")
    table = logistic(*endometrial()).table.set_index("term")
    assert table["separated"].tolist() == [False, True, False, False]
    for column, reference in [("estimate", "estimate"), ("ci_low", "low"), ("ci_high", "high")]:
        np.testing.assert_allclose(table[column], printed[reference].loc[table.index], atol=1e-6)
    np.testing.assert_allclose(table["se"], printed["se"].loc[table.index], rtol=1e-6)
    assert table.loc["NV", ["z", "p_value"]].isna().all()


@pytest.mark.parametrize("name", ["endometrial_nv", "eight"])
def test_firth_is_mean_bias_reduction(name: str) -> None:
    # tests/reference/logistic.R: brglm2, type = "AS_mean"
    printed = pd.read_csv(REFERENCE / "firth.csv")
    printed = printed[printed["set"] == name]
    X, y = endometrial() if name == "endometrial_nv" else data_set(name, list(printed["term"]))
    table = logistic(X, y).table
    np.testing.assert_allclose(table["firth_estimate"], printed["estimate"], atol=2e-6)
    assert (table["firth_low"] < table["firth_estimate"]).all()
    assert (table["firth_estimate"] < table["firth_high"]).all()


def test_firth_of_one_proportion_adds_half_an_event() -> None:
    # Jeffreys' prior on one logit: (events + 1/2) / (n + 1), Firth 1993, doi:10.1093/biomet/80.1.27
    y = np.repeat([0.0, 1.0], [8, 74])
    table = logistic(pd.DataFrame({"Intercept": np.ones(82)}), y).table
    assert table["firth_estimate"][0] == pytest.approx(np.log(74.5 / 8.5), abs=1e-7)


@pytest.mark.parametrize("name", ["endometrial_nv", "eight"])
def test_without_firth_the_rest_is_the_same_and_separated_data_have_it_all_the_same(
    name: str,
) -> None:
    printed = pd.read_csv(REFERENCE / "firth.csv")
    terms = list(printed.loc[printed["set"] == name, "term"])
    X, y = endometrial() if name == "endometrial_nv" else data_set(name, terms)
    whole, found = logistic(X, y).table, logistic(X, y, firth=False).table
    beside = [column for column in whole if column.startswith("firth_")]
    pd.testing.assert_frame_equal(found.drop(columns=beside), whole.drop(columns=beside))
    if whole["separated"].any():
        pd.testing.assert_frame_equal(found[beside], whole[beside])
    else:
        assert found[beside].isna().all(axis=None)


def test_complete_separation_has_no_finite_coefficient() -> None:
    x = np.arange(20.0)
    table = logistic(pd.DataFrame({"Intercept": 1.0, "x": x}), (x > 9).astype(float)).table
    assert table["estimate"].tolist() == [-np.inf, np.inf]
    assert table["ci_low"][1] > 0
    assert table["ci_high"][1] == np.inf
    assert np.isfinite(table[["firth_estimate", "firth_low", "firth_high"]]).all(axis=None)


LIMITS = [("ci_low", "ci_high"), ("firth_low", "firth_high")]


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), factor=st.sampled_from([1e-6, 0.3, 7.0, 1e5]))
def test_logistic_symmetries(seed: int, factor: float) -> None:
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({"Intercept": 1.0, "a": rng.binomial(1, 0.4, 60), "b": rng.gamma(2, 8, 60)})
    y = rng.binomial(1, 1 / (1 + np.exp(0.5 - X["a"]))).astype(float)
    table = logistic(X, y).table
    swapped = logistic(X, 1 - y).table
    scaled = logistic(X.assign(b=X["b"] * factor), y).table
    close = {"rtol": 1e-5, "atol": 1e-5}
    # The profile grid follows the standard error of R's penultimate step, equal to 1e-5 only.
    for name in ("estimate", "firth_estimate"):
        np.testing.assert_allclose(table[name], -swapped[name], **close)
        np.testing.assert_allclose(table[name][2], scaled[name][2] * factor, **close)
    for low, high in LIMITS:
        np.testing.assert_allclose(table[low], -swapped[high], **close)
        np.testing.assert_allclose(table[high][2], scaled[high][2] * factor, **close)
    np.testing.assert_allclose(table["p_value"], swapped["p_value"], **close)


def mixed_sets() -> dict[str, tuple[pd.DataFrame, pd.Series, pd.Series]]:
    b = pd.read_csv(REFERENCE / "boundary.csv")
    sets = {"boundary": (with_intercept(b)[["(Intercept)", "x"]], b["y"], b["group"])}
    if SHARED.is_dir():
        s = pd.read_csv(SHARED / "sleepstudy.csv")
        sets["sleepstudy"] = (
            with_intercept(s[["Days"]])[["(Intercept)", "Days"]],
            s["Reaction"],
            s["Subject"],
        )
        h = pd.read_csv(SHARED / "btheb_long.csv").dropna(subset=["bdi"])
        visits = pd.get_dummies(h["visit"], prefix="visit", prefix_sep="").astype(float)
        sets["btheb_visits"] = (visits, h["bdi"], h["subject"])
        both = visits.assign(bdi_pre=h["bdi_pre"], treatmentTAU=(h["treatment"] == "TAU") * 1.0)
        both["(Intercept)"] = 1.0
        terms = ["(Intercept)", "bdi_pre", "visitm3", "visitm5", "visitm8", "treatmentTAU"]
        sets["btheb"] = (both[terms], h["bdi"], h["subject"])
    return sets


@pytest.mark.parametrize("unit", [1.0, 1e4])
@pytest.mark.parametrize("name", ["sleepstudy", "btheb", "btheb_visits", "boundary"])
def test_random_intercept_is_lme4(name: str, unit: float) -> None:
    # tests/reference/mixed.R, lme4 with tolerances of 1e-13
    sets = mixed_sets()
    if name not in sets:
        pytest.skip("the shared reference data are not beside the repository")
    printed = pd.read_csv(REFERENCE / "mixed.csv").query("set == @name")
    X, y, groups = sets[name]
    fit = random_intercept_reml(X, y * unit, groups)
    assert fit.table["term"].tolist() == printed["term"].tolist()
    np.testing.assert_allclose(fit.table["estimate"] / unit, printed["estimate"], rtol=1e-8)
    np.testing.assert_allclose(fit.table["se"] / unit, printed["se"], rtol=1e-7)
    assert fit.tau / unit == pytest.approx(printed["tau"].iloc[0], rel=1e-7, abs=1e-12)
    assert fit.sigma / unit == pytest.approx(printed["sigma"].iloc[0], rel=1e-7)
    shift = (len(y) - X.shape[1]) * np.log(unit)
    logged = printed["log_likelihood"].iloc[0]
    assert fit.log_likelihood + shift == pytest.approx(logged, abs=1e-7)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), groups=st.integers(3, 30), size=st.integers(2, 6))
def test_balanced_reml_is_the_analysis_of_variance(seed: int, groups: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(groups, size)) + rng.normal(size=(groups, 1)) * rng.uniform(0, 2)
    within = table.var(axis=1, ddof=1).mean()
    between = size * table.mean(axis=1).var(ddof=1)
    fit = random_intercept_reml(
        pd.DataFrame({"Intercept": np.ones(table.size)}),
        table.ravel(),
        np.repeat(np.arange(groups), size),
    )
    tau = np.sqrt(max(between - within, 0) / size)
    sigma = np.sqrt(within) if tau > 0 else table.std(ddof=1)
    assert fit.tau == pytest.approx(tau, rel=1e-7, abs=1e-5)
    assert fit.sigma == pytest.approx(sigma, rel=1e-6)
    assert fit.table["estimate"][0] == pytest.approx(table.mean(), abs=1e-10)


def test_unbalanced_reml_agrees_with_statsmodels() -> None:
    # An independent program, but only to 1e-4: its optimiser stops early.
    rng = np.random.default_rng(8)
    patient = np.repeat(np.arange(99), 4)
    week = np.tile([0.0, 16.0, 32.0, 52.0], 99)
    y = 30 - 0.4 * week + 6 * rng.normal(size=99)[patient] + 5 * rng.normal(size=396)
    kept = (week == 0) | (rng.random(396) > 0.2)
    X = pd.DataFrame({"Intercept": 1.0, "week": week})[kept]
    fit = random_intercept_reml(X, y[kept], patient[kept])
    other = sm.MixedLM(y[kept], X, groups=patient[kept]).fit(reml=True)
    np.testing.assert_allclose(fit.table["estimate"], other.fe_params, rtol=1e-5)
    assert fit.tau == pytest.approx(float(np.sqrt(other.cov_re.iloc[0, 0])), rel=1e-4)
    assert fit.sigma == pytest.approx(float(np.sqrt(other.scale)), rel=1e-4)
    assert fit.log_likelihood == pytest.approx(other.llf, abs=1e-5)


def test_least_squares_with_two_groups_is_the_t_test() -> None:
    rng = np.random.default_rng(6)
    x, y = np.repeat([0.0, 1.0], [30, 43]), rng.normal(50, 12, 73)
    fit = least_squares(pd.DataFrame({"Intercept": 1.0, "x": x}), y, ci_prob=0.9)
    test = ttest_ind(y[x == 1], y[x == 0])
    interval = test.confidence_interval(0.9)
    row = fit.table.iloc[1]
    assert (row["z"], row["p_value"]) == pytest.approx((test.statistic, test.pvalue), rel=1e-10)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((interval.low, interval.high))
    assert (fit.n, fit.df) == (73, 71)


def test_describe_by_leaves_out_missing_outcomes() -> None:
    frame = pd.DataFrame({"visit": [16, 0, 0, 0, 16], "easi": [3.0, 20.0, 30.0, np.nan, np.nan]})
    table = describe_by(frame, "easi", "visit")
    assert table.columns.tolist() == ["visit", "n", "mean", "sd"]
    assert table["visit"].tolist() == [0, 16]
    assert table["n"].tolist() == [2, 1]
    assert table["mean"].tolist() == [25.0, 3.0]
    assert table["sd"][0] == pytest.approx(np.sqrt(50))
    assert np.isnan(table["sd"][1])


GOOD = pd.DataFrame({"Intercept": np.ones(6), "x": [0.0, 1, 0, 1, 0, 1]})
BINARY = np.array([0.0, 1, 1, 0, 0, 1])


@pytest.mark.parametrize(
    ("X", "y", "ci_prob", "sentence"),
    [
        (GOOD, BINARY + 1, 0.95, "values other than 0 and 1: 2"),
        (GOOD, BINARY * 0, 0.95, "outcome is 0 in every row"),
        (GOOD, BINARY[:5], 0.95, "6 rows and 2 columns, the outcome the shape"),
        (GOOD.assign(x=np.nan), BINARY, 0.95, "Missing or infinite values in x"),
        (GOOD, np.r_[np.nan, BINARY[1:]], 0.95, "Missing or infinite values in the outcome"),
        (GOOD.assign(z=2 - GOOD["x"]), BINARY, 0.95, "beginning with z"),
        (GOOD, BINARY, 95, "ci_prob is 95"),
        (pd.concat([GOOD, GOOD], axis=1), BINARY, 0.95, "column name twice"),
    ],
)
def test_bad_input_is_refused(
    X: pd.DataFrame, y: np.ndarray, ci_prob: float, sentence: str
) -> None:
    with pytest.raises(DataError, match=sentence):
        logistic(X, y, ci_prob)


@pytest.mark.parametrize(
    ("y", "groups", "sentence"),
    [
        (BINARY, np.arange(6), "6 groups of at most 1 rows"),
        (BINARY, np.zeros(6), "1 groups of at most 6 rows"),
        (BINARY, [1, 1, None, 2, 2, 2], "without gaps"),
        (np.ones(6), [1, 1, 1, 2, 2, 2], "fit the outcome exactly"),
        (np.repeat([1.0, 2.0], 3), [1, 1, 1, 2, 2, 2], "Nothing varies within the groups"),
    ],
)
def test_groups_without_a_variance_are_refused(
    y: np.ndarray, groups: list[object], sentence: str
) -> None:
    with pytest.raises(DataError, match=sentence):
        random_intercept_reml(GOOD[["Intercept"]], y, np.asarray(groups, dtype=object))


def test_no_degree_of_freedom_is_refused() -> None:
    with pytest.raises(DataError, match="2 rows leave no degree of freedom for 2"):
        least_squares(GOOD.head(2), BINARY[:2])
    with pytest.raises(DataError, match="No column 'week'; the table has"):
        describe_by(GOOD, "x", "week")
