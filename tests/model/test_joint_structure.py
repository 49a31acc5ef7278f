"""Kind `joint_scores` against nlme, SciPy and PyMC's graph, and on patients of known truth."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.read import cohort_from_frame
from adbayes.errors import DataError, SpecError
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit
from adbayes.inference.plan import plan
from adbayes.model import joint_structure
from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design, bambi_model, design_of
from adbayes.model.compiled import swapped
from adbayes.model.frame import ModelFrame
from adbayes.model.joint_density import value_and_gradient
from adbayes.model.joint_scores import effect_covariance, residual_covariance
from adbayes.model.lkj import matrices
from adbayes.model.spec import Spec

REFERENCE = Path(__file__).parents[1] / "reference"
Parts = tuple[Analysis, ModelFrame, Design]
Load = Callable[[str], Spec]
TEXT = """
name = "own"
title = "own"
[data]
outcome = "value"
stack = ["a", "b", "c"]
missing = "drop"
[model]
kind = "joint_scores"
formula = "value ~ 0 + score:visit"
unit = "patient"
time = "visit"
[variants.by_time.model]
residuals = "by_time"
[priors.only]
"score:visit" = { distribution = "Normal", mu = 15, sigma = 30, why = "w" }
effect_sd = { distribution = "HalfNormal", sigma = [6, 5, 7], why = "w" }
sigma = { distribution = "HalfNormal", sigma = [5, 6, 4], why = "w" }
effect_correlation = { distribution = "LKJ", eta = 1.5, why = "w" }
residual_correlation = { distribution = "LKJ", eta = 2.5, why = "w" }
[estimands]
report = ["correlation", "partial_correlation"]
"""


def cohort_of(wide: pd.DataFrame) -> Cohort:
    return cohort_from_frame(wide, evidence="simulated")


@pytest.fixture(scope="module")
def wide() -> pd.DataFrame:
    """The simulated patients of joint.R, about one value in eight missing."""
    return pd.read_csv(REFERENCE / "joint_data.csv").rename(columns={"week": "visit"})


@pytest.fixture(scope="module")
def spec(spec_from: Load) -> Spec:
    return spec_from(TEXT)


def parts_of(spec: Spec, cohort: Cohort, variant: str) -> Parts:
    (job,) = plan(spec, cohort, variant).jobs
    return (*job, design_of(bambi_model(*job)))


def r_estimates() -> pd.Series:
    return pd.read_csv(REFERENCE / "joint.csv").set_index("term")["estimate"]


def draws_of_r(parts: Parts) -> xr.Dataset:
    """One draw at the estimates of nlme."""
    analysis, frame, design = parts
    r = r_estimates()
    values = {
        "effect_sd": np.array([r[f"effect_sd_{k}"] for k in "abc"]),
        "sigma": np.array([[r[f"sigma_{w}_{k}"] for k in "abc"] for w in (0, 8, 16)]),
        "effect_correlation": np.array([r[f"effect_correlation_{k}"] for k in (1, 2, 3)]),
        "residual_correlation": np.array([[r[f"residual_correlation_{k}"] for k in (1, 2, 3)]]),
    }
    beta = [
        r[f"score{level.split(', ')[0]}:visit{level.split(', ')[1]}"]
        for level in design.terms[0].levels
    ]
    one = {name: value[None, None] for name, value in values.items()}
    return joint_structure._labelled(np.array(beta)[None, None], one, frame, design, analysis)


def test_the_likelihood_is_nlmes_with_a_value_in_eight_missing(
    spec: Spec, wide: pd.DataFrame
) -> None:
    parts = analysis, frame, design = parts_of(spec, cohort_of(wide), "base")
    assert sum(frame.dropped.values()) == wide[["a", "b", "c"]].isna().sum().sum()
    draws = draws_of_r(parts)
    found = joint_structure.log_likelihood(draws, frame, design, analysis)
    assert found.sizes["patient"] == 60
    # nlme ends its search with a tolerance of 1e-9 in its own units; the sum is printed to 15 digits
    assert float(found.sum()) == pytest.approx(r_estimates()["log_likelihood"], abs=1e-6)
    # It is their maximum: any estimate moved lowers it.
    for name in ("effect_sd", "sigma", "effect_correlation", "residual_correlation"):
        for factor in (0.9, 1.1):
            moved = draws.assign({name: draws[name] * factor})
            other = joint_structure.log_likelihood(moved, frame, design, analysis)
            assert float(other.sum()) < float(found.sum())


def test_a_patients_likelihood_is_scipys(spec: Spec, wide: pd.DataFrame) -> None:
    analysis, frame, design = parts_of(spec, cohort_of(wide), "by_time")
    draws = joint_structure.prior_draws(frame, design, analysis, 2, np.random.default_rng(4))
    found = joint_structure.log_likelihood(draws, frame, design, analysis)
    times, scores = ["0", "8", "16"], ["a", "b", "c"]
    assert list(frame.data["visit"].cat.categories) == times
    for draw in range(2):
        one = draws.isel(draw=draw)
        sd = one["effect_sd"].to_numpy()[0]
        D = matrices(one["effect_correlation"].to_numpy()[0]) * np.outer(sd, sd)
        S = np.zeros((9, 9))
        for t in range(3):
            sigma = one["sigma"].to_numpy()[0, t]
            R = matrices(one["residual_correlation"].to_numpy()[0, t]) * np.outer(sigma, sigma)
            S[3 * t : 3 * t + 3, 3 * t : 3 * t + 3] = R
        S += np.tile(D, (3, 3))
        beta = design.coefficient_draws(draws)[0, draw]
        for patient in ("p01", "p07", "p31"):
            own = (frame.data["patient"] == patient).to_numpy()
            rows = frame.data[own]
            at = [
                3 * times.index(week) + scores.index(score)
                for week, score in zip(rows["visit"], rows["score"], strict=True)
            ]
            expected = stats.multivariate_normal(design.X[own] @ beta, S[np.ix_(at, at)])
            assert float(found.sel(patient=patient)[0, draw]) == pytest.approx(
                expected.logpdf(rows["value"]), rel=1e-9
            )


@pytest.mark.parametrize("variant", ["base", "by_time"])
def test_the_sampled_density_is_pymcs_and_the_gradient_its_own(
    variant: str, spec: Spec, wide: pd.DataFrame
) -> None:
    parts = analysis, frame, design = parts_of(spec, cohort_of(wide), variant)
    data = joint_structure.swap_data(*parts)
    width, times, size, groups = joint_structure.frozen(analysis, frame, design)
    model = joint_structure.pymc_model(width, times, size, groups)
    logp = model.compile_logp(mode="FAST_COMPILE")
    ends = np.cumsum([width, size, times * size, 3])
    generator = np.random.default_rng(3)
    for change in (None, *data):
        if change in ("row_of", "pattern_of", "present"):
            continue  # places, not values
        changed = dict(data)
        if change is not None:  # every datum and every prior value has a part in it
            changed[change] = data[change] * 1.1 + (change in ("prior_mu", "y"))
        with model:
            for name, value in changed.items():
                model.set_data(name, value)
        differences = []
        for _ in range(2):
            theta = generator.uniform(-1, 1, ends[-1] + 3 * groups)
            gradient = np.empty_like(theta)
            value = value_and_gradient(theta, gradient, **changed)
            z, e, s, p, q = np.split(theta, ends)
            point = {
                "coefficients": changed["beta_start"] + changed["beta_root"] @ z,
                "effect_sd_log__": e + np.log(changed["effect_scale"]),
                "sigma_log__": s.reshape(times, size) + np.log(changed["sigma_scale"]),
                "effect_position_logodds__": p,
                "residual_position_logodds__": q.reshape(groups, 3),
            }
            differences.append(float(logp(point)) - value)
            along = generator.normal(size=len(theta))
            ends_of = [
                value_and_gradient(theta + h * along, np.empty_like(theta), **changed)
                for h in (1e-5, -1e-5)
            ]
            slope = (ends_of[0] - ends_of[1]) / 2e-5
            assert gradient @ along == pytest.approx(slope, rel=1e-6, abs=1e-4), change
        # Constants of the priors and the scales of the sampler are left out of it.
        assert differences[0] == pytest.approx(differences[1], abs=1e-7), change


def test_two_residuals_of_nearly_one_line_leave_value_and_gradient_in_step(
    spec: Spec, wide: pd.DataFrame
) -> None:
    # Residual correlation -1 + 1e-6: a shorter formula lost all digits here, and a chain stopped.
    parts = analysis, frame, design = parts_of(spec, cohort_of(wide), "base")
    data = joint_structure.swap_data(*parts)
    width, times, size, _ = joint_structure.frozen(analysis, frame, design)
    theta = np.zeros(width + size + times * size + 6)
    theta[width : width + size] = 2.0
    theta[-3] = -14.0
    gradient = np.empty_like(theta)
    value_and_gradient(theta, gradient, **data)
    for k in (0, width, width + size, len(theta) - 2):
        moved = [
            value_and_gradient(theta + h * np.eye(len(theta))[k], np.empty_like(theta), **data)
            for h in (1e-6, -1e-6)
        ]
        slope = (moved[0] - moved[1]) / 2e-6
        assert gradient[k] == pytest.approx(slope, rel=1e-4, abs=1.0)


@pytest.fixture(scope="module")
def truth() -> dict[str, np.ndarray]:
    return {
        "effect_sd": np.array([3.0, 2.0, 4.0]),
        "effect_correlation": np.array([0.6, -0.2, 0.3]),
        "sigma": np.array([[2.0, 3.0, 1.0], [4.0, 2.0, 2.0]]),
        "residual_correlation": np.array([[0.5, 0.1, 0.4], [-0.3, 0.2, 0.0]]),
    }


@pytest.fixture(scope="module")
def known(spec: Spec, truth: dict[str, np.ndarray]) -> Fit:
    """300 patients of a known model, some values missing."""
    rng = np.random.default_rng(8)
    n, rows = 300, []
    sd = truth["effect_sd"]
    D = matrices(truth["effect_correlation"]) * np.outer(sd, sd)
    b = rng.multivariate_normal(np.zeros(3), D, n)
    for t, week in enumerate((0, 8)):
        s = truth["sigma"][t]
        R = matrices(truth["residual_correlation"][t]) * np.outer(s, s)
        y = np.array([20.0, 10, 30]) - 5 * t + b + rng.multivariate_normal(np.zeros(3), R, n)
        y[rng.random(y.shape) < 0.1] = np.nan
        rows.append(pd.DataFrame(y, columns=["a", "b", "c"]).assign(visit=week, patient=range(n)))
    table = pd.concat(rows)
    table["patient"] = "p" + table["patient"].astype(str)
    found = fit(spec, cohort_of(table), "by_time", draws=500, tune=500, cores=2)
    assert isinstance(found, Fit)
    return found


def test_known_values_are_recovered(known: Fit, truth: dict[str, np.ndarray]) -> None:
    assert known.diagnostics()["passed"].all()
    z = np.concatenate(
        [
            (
                (known.posterior[name].mean(("chain", "draw")) - value)
                / known.posterior[name].std(("chain", "draw"))
            )
            .to_numpy()
            .ravel()
            for name, value in truth.items()
        ]
    )
    assert len(z) == 18
    assert (np.abs(z) < 4).all(), z
    assert 0.3 < z.std() < 1.7  # their scatter is that of a posterior, neither narrower nor wider


def test_replicates_have_the_models_covariance(known: Fit) -> None:
    one = known.posterior.isel(chain=[0], draw=[0])
    many = xr.concat([one] * 400, "draw", coords="minimal", compat="override")
    rng = np.random.default_rng(1)
    made = joint_structure.replicate(many, known.frame, known.design, known.analysis, rng)[0]
    first = known.frame.data["patient"].cat.codes == 0
    cells = list(
        zip(known.frame.data["visit"][first], known.frame.data["score"][first], strict=True)
    )
    if len(cells) < 6:
        pytest.fail("the first patient is meant to be complete")
    own = np.cov(made[:, first.to_numpy()].T)
    expected = np.tile(effect_covariance(one)[0, 0], (2, 2))
    residual = residual_covariance(one)[0, 0]
    expected[:3, :3] += residual[0]
    expected[3:, 3:] += residual[1]
    # Standard error of a sample covariance of 400 draws
    error = np.sqrt((expected**2 + np.outer(np.diag(expected), np.diag(expected))) / 399)
    assert (np.abs(own - expected) < 4.5 * error).all()


def test_every_prior_has_draws_of_its_family(spec: Spec, wide: pd.DataFrame) -> None:
    analysis, frame, design = parts_of(spec, cohort_of(wide), "by_time")
    draws = joint_structure.prior_draws(frame, design, analysis, 4000, np.random.default_rng(2))
    sigma = draws["sigma"].to_numpy()[0]
    assert sigma.shape == (4000, 3, 3)
    mean = np.sqrt(2 / np.pi) * np.array([5, 6, 4])
    np.testing.assert_allclose(sigma.mean(axis=(0, 1)), mean, rtol=0.04)
    eta = {"effect_correlation": 1.5, "residual_correlation": 2.5}
    for name, value in eta.items():
        spread = draws[name].to_numpy()[0].std(axis=0)
        # Variance of a margin of LKJ(eta) over three: 1 / (2 eta + 2)
        np.testing.assert_allclose(spread, np.sqrt(1 / (2 * value + 2)), rtol=0.06)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (("[6, 5, 7]", "[6, 5]"), r"'effect_sd': sigma has 2 values for 3 scores \(a, b, c\)"),
        (('outcome = "value"', 'outcome = "a"'), "stack puts values into 'value', but outcome"),
        (("value ~ 0 + score:visit", "value ~ 0 + visit"), "formula has no 'score'"),
        (('unit = "patient"', 'unit = "visit"'), "unit is 'visit' and time is 'visit'"),
        (('score:visit"\n', 'score:visit + (1|patient)"\n'), r"'1\|patient' is a group effect"),
        (('["a", "b", "c"]', '["a", "a"]'), "two or more different columns are needed"),
        (('missing = "drop"', 'missing = "drop"\nlog2 = ["a"]'), "leave out log2"),
    ],
)
def test_wrong_specs_are_said_in_a_sentence(
    change: tuple[str, str], match: str, spec_from: Load, wide: pd.DataFrame
) -> None:
    assert change[0] in TEXT
    with pytest.raises(SpecError, match=match):
        joint_structure.swap_data(
            *parts_of(spec_from(TEXT.replace(*change, 1)), cohort_of(wide), "base")
        )


def test_wrong_data_are_said_in_a_sentence(spec: Spec, wide: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="'b' holds text and cannot be stacked by own"):
        plan(spec, cohort_of(wide.assign(b="x")))
    with pytest.raises(DataError, match="'c', an outcome of own, has 1 different values"):
        plan(spec, cohort_of(wide.assign(c=2.0)))
    with pytest.raises(DataError, match="no column 'c', which own needs"):
        plan(spec, cohort_of(wide.drop(columns="c")))
    with pytest.raises(DataError, match="'visit' of own has one level"):
        plan(spec, cohort_of(wide[wide["visit"] == 0]))


def test_new_rows_are_swapped_in_and_a_wrong_shape_is_refused(
    spec: Spec, wide: pd.DataFrame
) -> None:
    parts = analysis, frame, design = parts_of(spec, cohort_of(wide), "base")
    fewer = parts_of(spec, cohort_of(wide[wide["patient"] < "p30"]), "base")
    frozen = joint_structure.frozen(analysis, frame, design)
    assert joint_structure.frozen(*fewer) == frozen
    swapped(joint_structure, frozen, joint_structure.swap_data(*fewer))
    data = joint_structure.swap_data(*parts)
    with pytest.raises(ValueError, match="width 3 along score"):
        swapped(joint_structure, frozen, data | {"sigma_scale": np.ones(2)})
