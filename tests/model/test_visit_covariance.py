"""Kind `mmrm` against SciPy for every pattern of missing visits, and against PyMC's graph."""

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.read import cohort_from_frame
from adbayes.cohort.simulate import simulate_mixed_model
from adbayes.errors import DataError, SpecError
from adbayes.inference.plan import plan
from adbayes.model import random_intercept, visit_covariance
from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design, bambi_model, design_of
from adbayes.model.compiled import check_swap, swapped
from adbayes.model.covariance_density import value_and_gradient
from adbayes.model.frame import ModelFrame
from adbayes.model.spec import Spec

Parts = tuple[Analysis, ModelFrame, Design]
TEXT = """
name = "own"
title = "own"
[data]
outcome = "y"
missing = "drop"
[model]
kind = "mmrm"
formula = "y ~ week + x"
unit = "subject"
time = "week"
covariance = "unstructured"
[variants.symmetric.model]
covariance = "compound_symmetry"
[variants.symmetric.priors.only]
correlation = { distribution = "Uniform", lower = -0.4, upper = 1, why = "w" }
[variants.intercept.model]
kind = "bambi"
formula = "y ~ week + x + (1|subject)"
family = "gaussian"
[variants.intercept.priors.only]
correlation = false
"1|subject" = { distribution = "Normal", mu = 0, sigma = { distribution = "HalfNormal", sigma = 3 }, why = "w" }
[priors.only]
Intercept = { distribution = "Normal", mu = 20, sigma = 8, why = "w" }
week = { distribution = "Normal", mu = [-5, -9], sigma = [7, 9], why = "w" }
x = { distribution = "Normal", mu = 0, sigma = 3, why = "w" }
sigma = { distribution = "HalfNormal", sigma = 6, why = "w" }
correlation = { distribution = "LKJ", eta = 2.5, why = "w" }
[estimands]
by = "week"
"""
Load = Callable[[str], Spec]


def parts_of(spec: Spec, cohort: Cohort, variant: str) -> Parts:
    (job,) = plan(spec, cohort, variant).jobs
    return (*job, design_of(bambi_model(*job)))


@pytest.fixture(scope="module")
def sparse() -> Cohort:
    """Every pattern of three visits, in no order of rows."""
    frame = simulate_mixed_model(seed=3, n_patients=14, means=(20.0, 14.0, 9.0), visits=(0, 4, 8))
    frame = frame.rename(columns={"patient": "subject", "visit": "week"})
    kept = [(0,), (4,), (8,), (0, 4), (0, 8), (4, 8)] + [(0, 4, 8)] * 8
    wanted = dict(zip(sorted(set(frame["subject"])), kept, strict=True))
    rows = [w in wanted[s] for s, w in zip(frame["subject"], frame["week"], strict=True)]
    generator = np.random.default_rng(5)
    frame = (
        frame[rows]
        .sample(frac=1, random_state=2)
        .assign(
            week=lambda table: "w" + table["week"].astype(str),
            x=lambda table: generator.normal(size=len(table)),
        )
    )
    return cohort_from_frame(frame.reset_index(drop=True), evidence="simulated")


@pytest.fixture(scope="module")
def spec(spec_from: Load) -> Spec:
    return spec_from(TEXT)


def some_draws(parts: Parts, n: int = 3) -> xr.Dataset:
    analysis, frame, design = parts
    return visit_covariance.prior_draws(frame, design, analysis, n, np.random.default_rng(2))


@pytest.mark.parametrize("variant", ["base", "symmetric"])
def test_log_likelihood_of_a_subject_is_scipys_at_the_visits_it_has(
    variant: str, spec: Spec, sparse: Cohort
) -> None:
    parts = analysis, frame, design = parts_of(spec, sparse, variant)
    draws = some_draws(parts)
    found = visit_covariance.log_likelihood(draws, frame, design, analysis)
    names = visit_covariance.times(frame, analysis)
    seen = set()
    for draw in range(3):
        sigma = np.broadcast_to(draws["sigma"].to_numpy()[0, draw], 3)
        rho = np.broadcast_to(draws["correlation"].to_numpy()[0, draw], 3)
        C = np.array([[1, rho[0], rho[1]], [rho[0], 1, rho[2]], [rho[1], rho[2], 1]])
        S = C * np.outer(sigma, sigma)
        beta = design.coefficient_draws(draws)[0, draw]
        for subject in frame.data["subject"].cat.categories:
            own = (frame.data["subject"] == subject).to_numpy()
            at = [names.index(week) for week in frame.data["week"][own]]
            expected = stats.multivariate_normal(design.X[own] @ beta, S[np.ix_(at, at)])
            y = frame.data["y"][own]
            assert float(found.sel(subject=subject)[0, draw]) == pytest.approx(
                expected.logpdf(y), rel=1e-10
            )
            seen.add(tuple(sorted(at)))
    assert len(seen) == 7


@pytest.mark.parametrize("variant", ["base", "symmetric"])
def test_the_sampled_density_is_pymcs_and_the_gradient_its_own(
    variant: str, spec: Spec, sparse: Cohort
) -> None:
    parts = analysis, frame, design = parts_of(spec, sparse, variant)
    data = visit_covariance.swap_data(*parts)
    frozen = visit_covariance.frozen(analysis, frame, design)
    model = visit_covariance.pymc_model(*frozen)
    logp = model.compile_logp(mode="FAST_COMPILE")
    sizes = [len(data[name]) for name in ("prior_mu", "sigma_scale", "correlation_alpha")]
    generator = np.random.default_rng(3)
    for change in (None, *data):
        changed = dict(data)
        if change is not None and change != "present":
            # A datum or prior value moved; sums of squares must stay those of some data.
            factor = 0.9 if change == "correlation_range" else 1.1
            changed[change] = data[change] * factor + (change == "prior_mu")
        with model:
            for name, value in changed.items():
                model.set_data(name, value)
        differences = []
        for _ in range(3 if change is None else 2):
            theta = generator.normal(scale=0.5, size=sum(sizes))
            z, t, s = np.split(theta, np.cumsum(sizes)[:-1])
            point = {
                "coefficients": changed["beta_start"] + changed["beta_root"] @ z,
                "sigma_log__": np.log(changed["sigma_scale"]) + t,
                "position_logodds__": s,
            }
            gradient = np.empty_like(theta)
            value = value_and_gradient(theta, gradient, **changed)
            differences.append(value - float(logp(point)))
            for k in range(len(theta)):
                step = np.zeros_like(theta)
                step[k] = 1e-5
                up, down = (
                    value_and_gradient(theta + sign * step, np.empty_like(theta), **changed)
                    for sign in (1, -1)
                )
                assert gradient[k] == pytest.approx((up - down) / 2e-5, rel=1e-5, abs=1e-4)
        # The densities differ by a constant of the priors.
        assert np.ptp(differences) < 1e-7, change


def test_a_far_tail_is_no_exception(spec: Spec, sparse: Cohort) -> None:
    # nutpie takes an exception for the end of the run; minus infinity is a divergence.
    data = visit_covariance.swap_data(*parts_of(spec, sparse, "base"))
    size = len(data["prior_mu"]) + 6
    for position in range(size):
        for far in (-800.0, -40.0, 40.0, 800.0):
            theta = np.zeros(size)
            theta[position] = far
            value = value_and_gradient(theta, np.empty(size), **data)
            assert value == -np.inf or np.isfinite(value)


def test_compound_symmetry_is_the_random_intercept(spec: Spec, sparse: Cohort) -> None:
    mine, theirs = (parts_of(spec, sparse, v) for v in ("symmetric", "intercept"))
    draws = random_intercept.prior_draws(
        theirs[1], theirs[2], theirs[0], 5, np.random.default_rng(8)
    )
    between, within = draws["1|subject_sigma"] ** 2, draws["sigma"] ** 2
    own = draws.drop_vars("1|subject_sigma").assign(
        sigma=(between + within) ** 0.5, correlation=between / (between + within)
    )
    np.testing.assert_allclose(
        visit_covariance.log_likelihood(own, mine[1], mine[2], mine[0]),
        random_intercept.log_likelihood(draws, theirs[1], theirs[2], theirs[0]),
        rtol=1e-9,
    )


def test_replicates_have_mean_and_covariance(spec: Spec, sparse: Cohort) -> None:
    parts = analysis, frame, design = parts_of(spec, sparse, "base")
    one = some_draws(parts, 1)
    n = 6000
    many = one.isel(draw=np.zeros(n, dtype=int)).assign_coords(draw=np.arange(n))
    values = visit_covariance.replicate(many, frame, design, analysis, np.random.default_rng(4))[0]
    S = visit_covariance.covariance(one, analysis, visit_covariance.times(frame, analysis))[0, 0]
    unit, time = (frame.data[name].cat.codes.to_numpy() for name in ("subject", "week"))
    expected = np.equal.outer(unit, unit) * S[np.ix_(time, time)]
    spread = np.sqrt(np.diag(expected))
    mean = design.X @ design.coefficient_draws(one)[0, 0]
    assert np.abs((values.mean(axis=0) - mean) / spread * np.sqrt(n)).max() < 4.5
    error = 4.5 * np.sqrt((np.outer(spread, spread) ** 2 + expected**2) / n)
    assert (np.abs(np.cov(values.T) - expected) < error).all()


def test_prior_draws_have_the_priors_and_their_names(spec: Spec, sparse: Cohort) -> None:
    parts = parts_of(spec, sparse, "base")
    draws = some_draws(parts, 4000)
    assert list(draws["sigma"]["sigma_dim"].to_numpy()) == ["w0", "w4", "w8"]
    assert list(draws["correlation"]["correlation_dim"].to_numpy()) == [
        "w0, w4",
        "w0, w8",
        "w4, w8",
    ]
    scale = stats.halfnorm(scale=6).cdf
    assert stats.kstest(draws["sigma"].sel(sigma_dim="w4")[0], scale).pvalue > 1e-4
    margin = parts[0].priors["correlation"].frozen(3).cdf
    for pair in range(3):
        assert stats.kstest(draws["correlation"][0, :, pair], margin).pvalue > 1e-4


def test_arrays_of_another_shape_are_refused(spec: Spec, sparse: Cohort) -> None:
    parts = analysis, frame, design = parts_of(spec, sparse, "base")
    data = visit_covariance.swap_data(*parts)
    frozen = visit_covariance.frozen(analysis, frame, design)
    swapped(visit_covariance, frozen, data)
    model = visit_covariance.pymc_model(*frozen)
    placeholders = {one.name: one.get_value() for one in model.data_vars}
    for name in data:
        wrong = data | {name: np.repeat(data[name], 2, axis=-1)}
        with pytest.raises(ValueError, match=r"must have (width|one length)"):
            check_swap(visit_covariance, placeholders, wrong)


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("sigma = 6", "sigma = [6, 7]", "sigma has 2 values for 3 levels of week"),
        ("lower = -0.4", "lower = -0.6", "one correlation of 3 times lies between -0.5 and 1"),
    ],
)
def test_priors_that_do_not_fit_the_times(
    old: str, new: str, match: str, spec_from: Load, sparse: Cohort
) -> None:
    text = TEXT.replace(old, new, 1)
    variant = "symmetric" if "lower" in old else "base"
    if "[6" in new:
        text = text.replace(
            "[variants.symmetric.priors.only]", "[variants.symmetric.priors.only]\nsigma = "
            '{ distribution = "HalfNormal", sigma = 1, why = "w" }'
        ).replace(
            "[variants.intercept.priors.only]", "[variants.intercept.priors.only]\nsigma = "
            '{ distribution = "HalfNormal", sigma = 1, why = "w" }'
        )  # fmt: skip
    parts = parts_of(spec_from(text), sparse, variant)
    with pytest.raises(SpecError, match=match):
        visit_covariance.swap_data(*parts)


def test_a_visit_twice_is_refused(spec: Spec, sparse: Cohort) -> None:
    frame = sparse.frame
    twice = cohort_from_frame(
        frame.loc[[0, *range(len(frame))]].reset_index(drop=True), evidence="simulated"
    )
    with pytest.raises(DataError, match="1 rows of own repeat another's subject and week"):
        plan(spec, twice)
