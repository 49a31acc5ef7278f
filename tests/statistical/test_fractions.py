"""Fraction of baseline: known truth comes back, and the print lies where the model says it should."""

import numpy as np
import pandas as pd
import pytest

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.derive import derive
from adbayes.cohort.library import load_cohort
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit
from adbayes.paper.published import load_paper
from adbayes.results.fractions import baselines

pytestmark = pytest.mark.slow
MU, CHANGE, TAU, SHAPE, ABOVE = -1.3, (-0.5, -0.8), 0.4, (9.0, 5.0, 2.5), (0.99, 0.98, 0.95)


def simulated(n: int = 300) -> Cohort:
    """Patients whose fraction of baseline is a hurdle gamma variable with known parameters."""
    rng = np.random.default_rng(20)
    before = np.round(rng.uniform(16, 60, n), 1)
    effect = TAU * rng.standard_normal(n)
    scores = {0: before}
    for k, week in enumerate((16, 32, 52)):
        mean = np.exp(MU + (0.0, *CHANGE)[k] + effect)
        fraction = rng.gamma(SHAPE[k], mean / SHAPE[k]) * (rng.random(n) < ABOVE[k])
        scores[week] = fraction * before
    names = np.array([f"{k:03d}" for k in range(n)])
    frame = pd.concat(
        pd.DataFrame({"patient": names, "visit": week, "easi": score})
        for week, score in scores.items()
    ).sort_values(["patient", "visit"], ignore_index=True)
    table = derive(frame)
    # Off the grid of 0.1, so that the likelihood is exactly the model's.
    table["easi_fraction"] = np.where(
        table["visit"] > 0, table["easi"] / table["easi_baseline"], np.nan
    )
    return Cohort(table, "simulated", "known truth", "seed 20")


def test_known_parameters_and_percent_changes_come_back() -> None:
    found = fit("easi_fraction", simulated(), cores=2)
    assert isinstance(found, Fit)
    assert found.gate.passed
    s = found.summary().set_index(["estimand", "visit", "term"])
    truth = {
        ("parameter", "", "Intercept"): MU,
        ("parameter", "", "visit[32]"): CHANGE[0],
        ("parameter", "", "visit[52]"): CHANGE[1],
        ("parameter", "", "1|patient_sigma"): TAU,
    }
    for k, week in enumerate(("16", "32", "52")):
        truth["parameter", "", f"alpha_visit[{week}]"] = np.log(SHAPE[k])
        mean = ABOVE[k] * np.exp(MU + (0.0, *CHANGE)[k] + TAU**2 / 2)
        square = mean**2 / ABOVE[k] * np.exp(TAU**2) * (1 + 1 / SHAPE[k])
        truth["mean_percent_change", week, ""] = 100 * (1 - mean)
        truth["percent_change_sd", week, ""] = 100 * np.sqrt(square - mean**2)
    z = [(s.loc[key, "mean"] - value) / s.loc[key, "sd"] for key, value in truth.items()]
    assert np.abs(z).max() < 3.5
    assert np.mean(np.abs(z) < 2) > 0.7


def test_the_print_lies_where_the_fraction_says_and_not_where_the_score_does() -> None:
    """SDs of scores by visit: the Gaussian model of the paper has one for all visits."""
    cohort, paper = load_cohort(0), load_paper()
    rng = np.random.default_rng(1)
    gaussian, fraction = fit("easi_change", cohort, cores=2), fit("easi_fraction", cohort, cores=2)
    assert isinstance(gaussian, Fit)
    assert isinstance(fraction, Fit)
    p = gaussian.posterior.stack(sample=("chain", "draw"))
    spread = np.sqrt(p["1|patient_sigma"] ** 2 + p["sigma"] ** 2).to_numpy()
    # The sample variance of n normal scores is theirs times chi-squared over n - 1.
    n = cohort.n_patients
    sds = spread * np.sqrt(rng.chisquare(n - 1, len(spread)) / (n - 1))
    q = fraction.posterior.stack(sample=("chain", "draw"))
    effect = q["1|patient_sigma"].to_numpy()[:, None] * rng.standard_normal((len(spread), n))
    before = baselines(fraction)
    for week in ("16", "32", "52"):
        printed = paper.number(f"table2.easi.w{week}.sd").numeric
        low, high = np.quantile(sds, [0.025, 0.975])
        assert not low < printed < high
        eta = q["Intercept"] + (q["visit"].sel(visit_dim=week) if week != "16" else 0)
        mean = np.exp(eta.to_numpy()[:, None] + effect)
        shape = np.exp(q["alpha_visit"].sel(alpha_visit_dim=week).to_numpy())[:, None]
        scores = np.round(rng.gamma(shape, mean / shape) * before, 1)
        low, high = np.quantile(scores.std(axis=1, ddof=1), [0.025, 0.975])
        assert low < printed < high


def test_dichotomising_costs_information() -> None:
    from adbayes.results.information import information

    cohort = load_cohort(0)
    specs = ("easi_fraction", "easi_classes", "easi90_visits")
    fits = [fit(spec, cohort, cores=2) for spec in specs]
    table = information([one for one in fits if isinstance(one, Fit)])
    ratios = table.pivot_table(index="visit", columns="model", values="variance_ratio")
    assert (ratios["easi_classes"] > 1.1).all()
    assert (ratios["easi90_visits"] > ratios["easi_classes"]).all()
