"""Kind `gaussian_copula` against PyMC's graph, SciPy's rectangles, and a known copula."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.read import cohort_from_frame
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit
from adbayes.inference.plan import plan
from adbayes.model import copula_structure
from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design, bambi_model, design_of
from adbayes.model.copula_density import value_and_gradient
from adbayes.model.frame import ModelFrame
from adbayes.model.lkj import matrices
from adbayes.model.spec import Spec

Parts = tuple[Analysis, ModelFrame, Design]
TRUTH = np.array([0.7, -0.2, 0.4])
TEXT = """
name = "own"
title = "own"
[data]
outcome = "value"
stack = ["a", "b", "c"]
missing = "drop"
[model]
kind = "gaussian_copula"
unit = "patient"
[priors.only]
correlation = { distribution = "LKJ", eta = 1.5, why = "w" }
margins = { distribution = "Dirichlet", a = 0.5, why = "w" }
[estimands]
report = ["correlation", "partial_correlation"]
by = "score"
"""


def patients(n: int, seed: int, missing: float) -> Cohort:
    """Skewed scores with many ties at a floor; the copula is normal with `TRUTH`."""
    rng = np.random.default_rng(seed)
    z = rng.multivariate_normal(np.zeros(3), matrices(TRUTH), n)
    scores = np.column_stack(
        [
            np.floor(np.exp(2 * z[:, 0])).clip(0, 40),
            np.floor(3 * z[:, 1] + 2).clip(0, 12),
            (z[:, 2] > 0.3) * 1.0 + (z[:, 2] > 1.2),
        ]
    )
    scores[rng.random(scores.shape) < missing] = np.nan
    table = pd.DataFrame(scores, columns=["a", "b", "c"])
    table["patient"] = [f"p{k}" for k in range(n)]
    return cohort_from_frame(table.assign(visit=0), evidence="simulated")


@pytest.fixture(scope="module")
def spec(spec_from: Callable[[str], Spec]) -> Spec:
    return spec_from(TEXT)


@pytest.fixture(scope="module")
def small(spec: Spec) -> Parts:
    (job,) = plan(spec, patients(25, 4, 0.2)).jobs
    return (*job, design_of(bambi_model(*job)))


def test_the_sampled_density_is_pymcs_and_the_gradient_its_own(small: Parts) -> None:
    data = copula_structure.swap_data(*small)
    analysis, frame, design = small
    units, size, total = copula_structure.frozen(analysis, frame, design)
    assert (data["category"] < 0).any()
    model = copula_structure.pymc_model(units, size, total)
    logp = model.compile_logp(mode="FAST_COMPILE")
    generator = np.random.default_rng(3)
    for change in (None, "correlation_shape", "margin_weight"):
        changed = dict(data)
        if change is not None:
            changed[change] = data[change] * 1.3
        with model:
            for name, value in changed.items():
                model.set_data(name, value)
        differences = []
        for _ in range(3):
            theta = generator.uniform(-1.5, 1.5, 3 + total + units * size)
            gradient = np.empty_like(theta)
            value = value_and_gradient(theta, gradient, **changed)
            point = {
                "position_logodds__": theta[:3],
                "gammas_log__": theta[3 : 3 + total],
                "places": theta[3 + total :].reshape(units, size),
            }
            differences.append(float(logp(point)) - value)
            along = generator.normal(size=len(theta))
            ends = [
                value_and_gradient(theta + h * along, np.empty_like(theta), **changed)
                for h in (1e-6, -1e-6)
            ]
            slope = (ends[0] - ends[1]) / 2e-6
            assert gradient @ along == pytest.approx(slope, rel=1e-5, abs=1e-4)
        np.testing.assert_allclose(differences, differences[0], atol=1e-8)


def test_a_patients_probability_is_scipys_rectangle(
    small: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    analysis, frame, design = small
    draws = copula_structure.prior_draws(frame, design, analysis, 3, np.random.default_rng(5))
    draws["correlation"][:] = np.array([TRUTH, -TRUTH / 2, 0.0 * TRUTH])[None]
    monkeypatch.setattr(copula_structure, "POINTS", 2**14)
    found = copula_structure.log_likelihood(draws, frame, design, analysis)
    wide = frame.data.pivot_table(index="patient", columns="score", values="value", observed=True)
    values = copula_structure.values_of(frame)
    errors = []
    for draw in range(3):
        C = matrices(draws["correlation"].to_numpy()[0, draw])
        margins = draws["margins"].to_numpy()[0, draw]
        for patient in wide.index[:8]:
            low, high, start = [], [], 0
            for name, there in values.items():
                edges = np.concatenate([[0], np.cumsum(margins[start : start + len(there)])])
                start += len(there)
                value = wide.loc[patient, name]
                if np.isnan(value):
                    low.append(-9.0)
                    high.append(9.0)
                    continue
                k = int(np.searchsorted(there, value))
                low.append(float(stats.norm.ppf(edges[k])))
                high.append(float(stats.norm.ppf(min(edges[k + 1], 1.0))))
            box = stats.multivariate_normal(np.zeros(3), C, abseps=1e-9, maxpts=10**6)
            expected = box.cdf(np.clip(high, -9, 9), lower_limit=np.clip(low, -9, 9))
            if expected > 1e-7:  # below, SciPy's own error counts
                mine = float(found.sel(patient=patient)[0, draw])
                errors.append(mine - float(np.log(expected)))
    assert len(errors) > 12
    assert np.sqrt(np.mean(np.square(errors))) < 0.005


@pytest.fixture(scope="module")
def known(spec: Spec) -> Fit:
    found = fit(spec, patients(250, 9, 0.1), draws=600, tune=600, cores=2)
    assert isinstance(found, Fit)
    return found


def test_a_known_copula_is_recovered_where_pearsons_coefficient_is_not(known: Fit) -> None:
    assert known.diagnostics()["passed"].all()
    draws = known.posterior["correlation"]
    z = (draws.mean(("chain", "draw")) - TRUTH) / draws.std(("chain", "draw"))
    assert (np.abs(z) < 3.5).all(), z
    wide = known.frame.data.pivot_table(
        index="patient", columns="score", values="value", observed=True
    )
    pearson = wide.corr().to_numpy()[0, 1]
    assert pearson < TRUTH[0] - 0.1
    assert float(draws[..., 0].quantile(0.025)) > pearson


def test_margins_are_those_of_the_data(known: Fit) -> None:
    shares = known.posterior["margins"].mean(("chain", "draw"))
    for name, there in copula_structure.values_of(known.frame).items():
        own = known.frame.data.query("score == @name")["value"]
        for value in there:
            observed, n = float((own == value).mean()), len(own)
            error = np.sqrt(observed * (1 - observed) / n)
            assert abs(float(shares.sel(margins__value_dim=f"{name}, {value:g}")) - observed) < (
                2.5 * error + 0.01
            )


def test_replicates_are_values_that_occur_with_their_shares(known: Fit) -> None:
    rng = np.random.default_rng(1)
    made = copula_structure.replicate(
        known.posterior, known.frame, known.design, known.analysis, rng
    )
    for name, there in copula_structure.values_of(known.frame).items():
        own = made[..., known.frame.outcomes == name]
        assert set(np.unique(own)) <= set(there)
        shares = known.posterior["margins"].mean(("chain", "draw"))
        for value in there[:2]:
            expected = float(shares.sel(margins__value_dim=f"{name}, {value:g}"))
            assert (own == value).mean() == pytest.approx(expected, abs=0.01)


def test_margins_have_no_rows_of_their_own_and_leave_one_out_runs(known: Fit) -> None:
    summary = known.summary()
    assert not summary["term"].str.startswith("margins").any()
    loo = known.loo().set_index("statistic")["observed"]
    assert loo["max_k"] < 1
    assert known.log_prior["margins"].dims == ("chain", "draw")
