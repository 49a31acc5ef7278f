"""Predictors of a response: imputation, shrinkage, and print beside patients."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from adbayes.cohort.library import load_cohort
from adbayes.cohort.read import cohort_from_frame
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit
from adbayes.model.spec import Spec
from adbayes.paper.published import load_paper
from adbayes.results.frequentist import logistic
from adbayes.results.refit import refit
from adbayes.results.summary import diagnose

HEAD = """
name = "known"
title = "known truth"
[data]
outcome = "y"
missing = "model"
[model]
kind = "imputed_logistic"
"""
IMPUTE = """
impute_intercept = { distribution = "Normal", mu = 0, sigma = 2, why = "w" }
impute_slope = { distribution = "Normal", mu = 0, sigma = 2, why = "w" }
impute_sigma = { distribution = "HalfNormal", sigma = 2, why = "w" }
"""
TEXT = (
    HEAD
    + """
formula = "y ~ x + lab"
impute = ["lab"]
[priors.wide]
Intercept = { distribution = "Normal", mu = 0, sigma = 5, why = "w" }
slopes = { distribution = "Normal", mu = 0, sigma = 5, why = "w" }
"""
    + IMPUTE
)
TRUTH = pd.Series({"Intercept": -0.4, "x": 0.8, "lab": 1.0})
ROWS, GAPS = 900, 360


def known_truth(seed: int) -> tuple[pd.DataFrame, np.random.Generator]:
    """A 0/1 predictor, a laboratory value that depends on it, and the outcome of both."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 2, ROWS).astype(float)
    lab = 0.5 * x + rng.normal(0, 0.8, ROWS)
    p = expit(TRUTH["Intercept"] + TRUTH["x"] * x + TRUTH["lab"] * lab)
    return pd.DataFrame({"y": (rng.random(ROWS) < p).astype(float), "x": x, "lab": lab}), rng


def with_gaps(frame: pd.DataFrame, weight: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Just `GAPS` values missing, rows chosen with probability that follows the weights."""
    gone = np.argsort(rng.exponential(size=ROWS) / weight)[:GAPS]
    return frame.assign(lab=frame["lab"].mask(frame.index.isin(gone)))


def complete_cases(frame: pd.DataFrame) -> pd.DataFrame:
    kept = frame.dropna()
    X = kept[["x", "lab"]].assign(Intercept=1.0)
    return logistic(X, kept["y"]).table.set_index("term").loc[list(TRUTH.index)]


def posterior(text: str, frame: pd.DataFrame, load: Callable[[str], Spec]) -> Fit:
    found = fit(load(text), cohort_from_frame(frame, evidence="simulated"), cores=2)
    assert isinstance(found, Fit)
    assert found.gate.passed
    return found


def moments(found: Fit) -> tuple[pd.Series, pd.Series]:
    draws = found.posterior[list(TRUTH.index)].to_dataframe()[list(TRUTH.index)]
    return draws.mean(), draws.std()


def test_imputation_recovers_what_complete_cases_distort(spec_from: Callable[[str], Spec]) -> None:
    """Missing at random given predictor and outcome, so that the complete cases are selected."""
    frame, rng = known_truth(11)
    weight = np.where((frame["y"] == 1) & (frame["x"] == 1), 8.0, 1.0)
    frame = with_gaps(frame, weight, rng)
    complete = complete_cases(frame)
    z = (complete["estimate"] - TRUTH) / complete["se"]
    assert z["x"] < -4  # exposed responders are those that lack the value
    mean, sd = moments(posterior(TEXT, frame, spec_from))
    assert (np.abs(mean - TRUTH) < 3 * sd).all()
    assert mean["x"] - complete["estimate"]["x"] > 4 * sd["x"]


def test_imputation_keeps_what_complete_cases_throw_away(
    spec_from: Callable[[str], Spec],
) -> None:
    """Missing completely at random: both are right, and imputation knows more."""
    frame, rng = known_truth(12)
    frame = with_gaps(frame, np.ones(ROWS), rng)
    complete = complete_cases(frame)
    mean, sd = moments(posterior(TEXT, frame, spec_from))
    assert (np.abs(mean - TRUTH) < 3 * sd).all()
    assert (np.abs(complete["estimate"] - TRUTH) < 3 * complete["se"]).all()
    # Of the value that is missing in 40 %, little is gained; of the predictor that never is, much.
    assert sd["x"] < 0.9 * complete["se"]["x"]
    assert sd["x"] > np.sqrt(1 - GAPS / ROWS) * complete["se"]["x"] * 0.95


SHRINK = (
    HEAD
    + """
formula = "y ~ strong + a + b + c + d + e + f + lab"
impute = ["lab"]
[priors.normal]
Intercept = { distribution = "Normal", mu = 0, sigma = 2.5, why = "w" }
slopes = { distribution = "Normal", mu = 0, sigma = 1.5, why = "w" }
"""
    + IMPUTE
    + """
[priors.horseshoe]
inherits = "normal"
[priors.horseshoe.slopes]
distribution = "RegularizedHorseshoe"
relevant = 1
predictors = 8
patients = 150
slab_scale = 1.5
slab_df = 4
why = "w"
"""
)


@pytest.mark.slow
def test_the_horseshoe_shrinks_what_is_nothing_and_spares_what_is_strong(
    spec_from: Callable[[str], Spec],
) -> None:
    rng = np.random.default_rng(4)
    n, nothing = 150, list("abcdef")
    frame = pd.DataFrame(rng.integers(0, 2, (n, 7)), columns=["strong", *nothing], dtype=float)
    frame["lab"] = rng.normal(0, 0.5, n)
    frame["y"] = (rng.random(n) < expit(-1.2 + 2.4 * frame["strong"])).astype(float)
    frame.loc[rng.choice(n, 30, replace=False), "lab"] = np.nan
    spec = spec_from(SHRINK)
    cohort = cohort_from_frame(frame, evidence="simulated")
    shrunk, plain = (fit(spec, cohort, priors=name, cores=2) for name in ("horseshoe", "normal"))
    assert isinstance(shrunk, Fit)
    assert isinstance(plain, Fit)
    assert shrunk.gate.passed
    assert shrunk.gate.divergences == 0
    nulls = [*nothing, "lab"]
    size = {k: np.abs([float(f.posterior[n].median()) for n in nulls]).mean()
            for k, f in (("horseshoe", shrunk), ("normal", plain))}  # fmt: skip
    assert size["horseshoe"] < 0.4 * size["normal"]
    spread = [float(shrunk.posterior[n].std() / plain.posterior[n].std()) for n in nothing]
    # One whose estimate happens to lie away from nothing is torn between the two: most, not all.
    assert np.median(spread) < 0.8
    kept = float(shrunk.posterior["strong"].median() / plain.posterior["strong"].median())
    assert kept > 0.8


@pytest.mark.slow
@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("priors", ["weakly_informative", "horseshoe"])
def test_the_papers_model_converges_on_embedded_cohorts(number: int, priors: str) -> None:
    found = fit("easi90_predictors", load_cohort(number), priors=priors, cores=2)
    assert isinstance(found, Fit)
    assert found.frame.n_rows == 99
    assert found.retries <= 1  # the one retry that is recorded
    assert diagnose(found)["passed"].item()


@pytest.mark.parametrize("priors", ["weakly_informative", "skeptical"])
@pytest.mark.parametrize(("x", "row"), [("female", "sex"), ("age_over_30", "age_over_30")])
def test_print_and_patients_agree_where_the_patients_give_the_printed_row(
    x: str, row: str, priors: str
) -> None:
    """One likelihood is drawn through three printed numbers, the other is the patients'."""
    paper, cohort = load_paper(), load_cohort(0)
    found = fit("easi90_univariable", cohort, x=x, priors=priors, draws=4000, cores=2)
    assert isinstance(found, Fit)
    again = refit(found)
    assert again is not None
    statistics = again.statistics[again.statistics["term"] == x].set_index("statistic")["value"]
    for name, end in (("odds_ratio", "or"), ("ci_low", "ci_low"), ("ci_high", "ci_high")):
        printed = paper.number(f"table5.{row}.{end}")
        assert round(statistics[name], printed.decimals) == pytest.approx(printed.numeric)
    printed = paper.posterior(f"table5.{row}.or", priors=priors)
    draws = found.posterior[x].to_numpy().ravel()
    sd = draws.std()
    low, high = np.log(printed.interval())
    assert abs(np.median(draws) - np.log(printed.median())) < 0.15 * sd
    assert abs(np.quantile(draws, 0.025) - low) < 0.15 * sd
    assert abs(np.quantile(draws, 0.975) - high) < 0.15 * sd
    # A prior that pulls harder is told apart by the same measure.
    other = "skeptical" if priors == "weakly_informative" else "weakly_informative"
    apart = np.log(paper.posterior(f"table5.{row}.or", priors=other).median())
    assert abs(np.median(draws) - apart) > 0.15 * sd
